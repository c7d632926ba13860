"""How services are asked: in turn, at their pace, once, again where they are busy, and never after a stop."""

import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from requests import Timeout

from aion.errors import ArchiveError, StoppedError
from aion.sky import archive as asking
from aion.sky.archive import Archive, Request
from aion.sky.cache import Answer, Cache
from aion.sky.search import Search
from aion.sky.search_progress import SearchProgress
from tests.sky.asked import archive_of, look_up, services
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_sky import GALAXY

QUESTION = Request("sesame", "A?NGC%209999", step="name")


def test_the_pace_of_a_service_holds_for_all_who_ask(archive: FakeArchive, tmp_path: Path):
    ours = Archive(services(archive, tmp_path, pace=0.2))
    places = [f"{GALAXY.ra + step} {GALAXY.dec}" for step in (0, 1, 2)]
    threads = [threading.Thread(target=look_up, args=(place, ours)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for service in ("viewer", "sparcl"):
        times = [request.time for request in archive.asked(service)]
        assert len(times) >= 4 and archive.most_at_once[service] == 1
        assert min(later - earlier for earlier, later in pairwise(times)) > 0.15


def test_nothing_is_asked_twice_also_by_the_next_process(archive: FakeArchive, tmp_path: Path):
    look_up(GALAXY.name, archive_of(archive, tmp_path))
    count = len(archive.requests)
    again = look_up(GALAXY.name, archive_of(archive, tmp_path))
    assert len(archive.requests) == count and again.missing == ()


def test_we_say_who_asks(archive: FakeArchive, tmp_path: Path):
    archive_of(archive, tmp_path).ask(QUESTION)
    assert archive.requests[0].user_agent.startswith("aion-explorer")


@pytest.mark.parametrize("day", ["500", "429"])
def test_a_busy_service_is_asked_twice_more(archive: FakeArchive, tmp_path: Path, day):
    archive.fail("sesame", day, 2, retry_after="0")
    assert archive_of(archive, tmp_path).ask(QUESTION).data
    assert len(archive.requests) == 3
    archive.fail("sesame", day, retry_after="0")
    with pytest.raises(ArchiveError, match=f"is busy \\({day}"):
        archive_of(archive, tmp_path / "other").ask(QUESTION)
    assert len(archive.requests) == 6


def test_pauses_grow_and_retry_after_goes_before_them(archive: FakeArchive, tmp_path: Path):
    archive.fail("sesame", "500", 2)
    archive_of(archive, tmp_path, pauses=(0.1, 0.3)).ask(QUESTION)
    first, second, third = (request.time for request in archive.requests)
    assert second - first >= 0.1 and third - second >= 0.3
    archive.fail("sesame", "429", 1, retry_after="1")
    archive_of(archive, tmp_path / "other", pauses=(0.0, 0.0)).ask(QUESTION)
    *_, before, after = (request.time for request in archive.requests)
    assert after - before >= 1


def test_a_service_that_asks_for_an_hour_is_not_waited_for(archive: FakeArchive, tmp_path: Path):
    archive.fail("sesame", "429", retry_after="3600")
    with pytest.raises(ArchiveError, match="is busy"):
        archive_of(archive, tmp_path).ask(QUESTION)
    assert len(archive.requests) == 1


def test_a_service_that_says_nothing_is_given_up(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(asking, "READ_SECONDS", 0.3)
    archive.fail("sesame", "timeout")
    with pytest.raises(ArchiveError, match="does not answer in time") as caught:
        archive_of(archive, tmp_path).ask(QUESTION)
    assert isinstance(caught.value.__cause__, Timeout)


def test_an_answer_that_dribbles_is_stopped_in_the_middle(archive: FakeArchive, tmp_path: Path):
    archive.fail("viewer", "slow", slow_seconds=20)
    search = Search(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    while not any("kB" in state for state in dict(search.progress.steps).values()):
        time.sleep(0.05)
    start = time.monotonic()
    search.stop()
    assert not search.is_running
    search.wait(10)
    assert time.monotonic() - start < 8 and search.finding is None and search.problem is None


def test_an_answer_that_takes_too_long_is_given_up(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(asking, "MOST_SECONDS", 0.3)
    archive.fail("viewer", "slow", slow_seconds=10)
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    assert any("is not done; try later" in sentence for sentence in finding.missing)


def test_who_was_stopped_while_waiting_asks_nothing(archive: FakeArchive, tmp_path: Path):
    progress = SearchProgress()
    progress.stop()
    with pytest.raises(StoppedError):
        archive_of(archive, tmp_path).ask(QUESTION, progress)
    assert archive.requests == []


def test_answers_are_kept_until_the_folder_is_full(tmp_path: Path):
    cache = Cache(tmp_path, 2_500)
    for name in ("a", "b", "c"):
        cache.keep(
            Answer(name.encode() * 1_000, name, "2026-01-01T00:00:00Z", _sha256(name.encode() * 1_000))
        )
        time.sleep(0.02)
    assert cache.find("a") is None
    assert all((kept := cache.find(name)) and kept.data == name.encode() * 1_000 for name in ("b", "c"))


def test_half_an_answer_on_disk_counts_as_none(tmp_path: Path):
    cache = Cache(tmp_path, 10_000)
    cache.keep(Answer(b"whole", "url", "2026-01-01T00:00:00Z", _sha256(b"whole")))
    [path] = tmp_path.glob("*.data")
    path.write_bytes(b"who")
    assert cache.find("url") is None


def test_a_cache_that_cannot_be_written_keeps_nothing_and_harms_nothing(archive: FakeArchive, tmp_path: Path):
    (tmp_path / "sky").write_text("a file where the folder should be")
    assert archive_of(archive, tmp_path).ask(QUESTION).data


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
