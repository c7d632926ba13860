"""The history of ratios: what is added, and the commit that a later run is compared with."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import history


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one commit and a history of its own."""
    monkeypatch.setattr(history, "HISTORY", tmp_path / "history.csv")
    root = tmp_path / "clone"
    root.mkdir()
    (root / "file.txt").write_text("first")
    (root / ".gitignore").write_text(".cache/\n")
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for arguments in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


def test_a_changed_tree_is_of_no_commit(repository: Path) -> None:
    assert history.commit_of(repository)
    (repository / "file.txt").write_text("second")
    assert history.commit_of(repository) is None


def test_the_last_recorded_commit_is_unpacked_as_it_was(repository: Path) -> None:
    commit = history.commit_of(repository)
    assert commit and history.recorded_commit() is None
    history.record([("one object", "4.10×", ""), ("memory", "1.10×", "")], commit)
    (repository / "file.txt").write_text("second")
    assert history.recorded_commit() == commit
    folder = history.unpack(commit, repository)
    assert folder and (folder / "file.txt").read_text() == "first"


def test_a_commit_that_the_clone_lacks_is_left_out(repository: Path) -> None:
    assert history.unpack("0" * 12, repository) is None


def test_lines_are_added_behind_the_earlier_ones(repository: Path) -> None:
    history.record([("one object", "4.00×", "")], "aaa")
    history.record([("one object", "4.20×", "1.05×")], "bbb")
    lines = history.HISTORY.read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("aaa,one object,4.00×,,")
    assert lines[2].endswith("bbb,one object,4.20×,aaa,1.05×")
