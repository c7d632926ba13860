"""How many threads are begun and how they wait: by what machine, container and environment say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aion import processors


@pytest.fixture
def four_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3}, raising=False)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("150000 100000", 2),
        ("800000 100000", 4),
        ("max 100000", 4),
        ("", 4),
        ("100000 0", 4),
    ],
)
def test_a_container_gets_as_many_threads_as_its_time_fills(four_processors, tmp_path: Path, written, count):
    (tmp_path / "cpu.max").write_text(written + "\n")
    assert processors.usable_processors(tmp_path) == count


@pytest.mark.parametrize(("quota", "count"), [("200000", 2), ("-1", 4)])
def test_the_files_of_older_kernels_are_read_too(four_processors, tmp_path: Path, quota, count):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert processors.usable_processors(tmp_path) == count


def test_without_a_limit_every_processor_that_may_be_used_counts(four_processors, tmp_path: Path):
    assert processors.usable_processors(tmp_path) == 4


def test_threads_that_wait_sleep_and_are_as_many_as_processors(four_processors, tmp_path: Path):
    added = processors.thread_variables({}, tmp_path)
    assert added == {"OMP_NUM_THREADS": "4", "OMP_WAIT_POLICY": "passive"}


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", *processors.WAITING])
def test_what_the_environment_says_already_is_kept(tmp_path: Path, name):
    added = processors.thread_variables({name: "3"}, tmp_path)
    assert name not in added and len(added) == 1


def test_the_command_line_says_it_before_torch_is_loaded(root: Path):
    script = (
        "import os, sys; from aion import __main__ as command\n"
        "command.share_processors = lambda: print('torch' in sys.modules)\n"
        "command.main(['embed', 'no-file', '--out', 'x'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["False"], done.stderr
