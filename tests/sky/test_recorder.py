"""What services answered is written down, and the fake archive gives it again."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from aion.__main__ import main
from aion.sky.services import PACE
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_sky import GALAXY, NOTHING


def fetch(fake: FakeArchive, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, bytes]:
    """Name -> bytes of what ``aion fetch`` writes, with a cache of its own."""
    for service in PACE:
        monkeypatch.setenv(f"AION_SKY_{service.upper()}", fake.base_urls[service])
    monkeypatch.setenv("AION_SKY", "yes")
    monkeypatch.setenv("AION_SKY_CACHE", str(folder / "cache"))
    monkeypatch.setenv("AION_SKY_PACE", "0")
    out = folder / "out"
    main(["fetch", *words, "--out", str(out)])
    return {path.name: path.read_bytes() for path in out.iterdir()} if out.is_dir() else {}


def test_recorded_answers_give_the_same_files_again(
    archive: FakeArchive, sky_server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.fail("sparcl", "html", 1, path="spectras/")  # so that a part of a file of DESI is asked for
    record = ["--record", str(tmp_path / "record")]
    first = fetch(archive, tmp_path / "first", monkeypatch, GALAXY.name, *record)
    assert {name.partition("-")[0] for name in first} == {"ls", "hsc", "tractor", "SDSS", "DESI"}
    sky_server.clear()
    replay = FakeArchive(sky_server, tmp_path / "record")
    again = fetch(replay, tmp_path / "again", monkeypatch, GALAXY.name)
    replay.close()
    assert again == first
    assert len({(one.service, one.path) for one in replay.requests}) >= 6


def test_a_recorded_answer_says_what_was_asked_and_when(
    archive: FakeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(archive, tmp_path, monkeypatch, f"{NOTHING.ra} {NOTHING.dec}", "--record", str(tmp_path / "record"))
    about = [json.loads(path.read_text()) for path in (tmp_path / "record").glob("*.json")]
    image = next(one for one in about if "layer=ls-dr10" in one["path"])
    assert (image["service"], image["method"], image["status"]) == ("viewer", "GET", 500)
    find = next(one for one in about if one["path"].startswith("find/"))
    assert find["method"] == "POST" and find["body"]["search"] and find["headers"]["Content-Type"]
    assert all(one["time"].endswith("Z") for one in about)


def test_what_was_kept_before_is_asked_anew_to_be_recorded(
    archive: FakeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(archive, tmp_path, monkeypatch, GALAXY.name)
    count = len(archive.requests)
    fetch(archive, tmp_path, monkeypatch, GALAXY.name, "--record", str(tmp_path / "record"))
    assert len(archive.requests) == 2 * count


def test_a_question_that_was_not_recorded_is_told_as_one(
    archive: FakeArchive, sky_server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    sky_server.clear()
    replay = FakeArchive(sky_server, tmp_path / "nothing")
    assert fetch(replay, tmp_path, monkeypatch, GALAXY.name) == {}
    replay.close()
    assert "not recorded: GET A?NGC%209999" in capsys.readouterr().err
