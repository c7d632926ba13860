"""How services are asked: in turn, at their pace, once, again where they are busy, and never after a stop."""

import threading
import time
from pathlib import Path

import pytest
from requests import Timeout

from aion.errors import ArchiveError, StoppedError
from aion.sky import archive as asking
from aion.sky.archive import Archive, Request
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
        times = [request.time for request in archive.requests_of(service)]
        assert len(times) >= 4 and archive.most_at_once[service] == 1
        assert times[-1] - times[0] > 0.15 * (len(times) - 1)  # when they arrive depends on the machine too


def test_nothing_is_asked_twice_also_by_the_next_process(archive: FakeArchive, tmp_path: Path):
    look_up(GALAXY.name, archive_of(archive, tmp_path))
    count = len(archive.requests)
    again = look_up(GALAXY.name, archive_of(archive, tmp_path))
    assert len(archive.requests) == count and again.missing == ()


def test_we_say_who_asks(archive: FakeArchive, tmp_path: Path):
    archive_of(archive, tmp_path).ask(QUESTION)
    assert archive.requests[0].user_agent.startswith("aion-explorer")


@pytest.mark.parametrize("day", ["500", "503", "429"])
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


def test_an_answer_that_stalls_is_given_up(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(asking, "READ_SECONDS", 0.3)
    archive.fail("sesame", "stalled")
    with pytest.raises(ArchiveError, match="does not answer in time"):
        archive_of(archive, tmp_path).ask(QUESTION)


def test_an_answer_that_dribbles_is_stopped_in_the_middle(archive: FakeArchive, tmp_path: Path):
    archive.fail("viewer", "slow", slow_seconds=20)
    search = Search(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    while not any("kB" in state for state in dict(search.progress.steps).values()):
        time.sleep(0.05)
    start = time.monotonic()
    search.stop()
    assert not search.is_running
    search.wait(10)
    assert time.monotonic() - start < 3 and search.finding is None and search.problem is None


def test_a_few_bytes_now_and_then_do_not_keep_anybody(archive: FakeArchive, tmp_path: Path):
    archive.fail("sesame", "slow", slow_seconds=20)
    progress = SearchProgress()
    threading.Timer(1.5, progress.stop).start()
    start = time.monotonic()
    with pytest.raises(StoppedError):
        archive_of(archive, tmp_path).ask(QUESTION, progress)
    assert time.monotonic() - start < 5


def test_an_answer_that_takes_too_long_is_given_up(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(asking, "MOST_SECONDS", 0.3)
    archive.fail("sesame", "slow", slow_seconds=20)
    start = time.monotonic()
    with pytest.raises(ArchiveError, match="is not done; try later"):
        archive_of(archive, tmp_path).ask(QUESTION)
    assert time.monotonic() - start < 5


def test_an_answer_that_is_too_large_is_refused(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(asking, "MOST_BYTES", 100)
    with pytest.raises(ArchiveError, match="sends more than 0 kB; ask for less"):
        archive_of(archive, tmp_path).ask(QUESTION)


def test_a_refusal_is_told_in_the_words_of_the_service(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    account = {"search": [["data_release", "DESI-DR2"]]}
    for request, words in (
        (Request("viewer", "fits-cutout"), r"refuses \(400 BAD REQUEST\): Need ra,dec keywords"),
        (Request("sparcl", "find/", body=account), "uname='ANONYMOUS' is declined access to datasets"),
        (Request("sesame", "nowhere"), r"refuses \(404 NOT FOUND\): it does not say why"),
    ):
        with pytest.raises(ArchiveError, match=words) as caught:
            ours.ask(request)
        assert not {"{", "<"} & set(str(caught.value))


@pytest.mark.parametrize("stated", ["soon", "Fri, 27 Nov 2026 10:00:00 GMT", "\xb2", ""])
def test_a_retry_after_that_is_no_number_says_nothing(archive: FakeArchive, tmp_path: Path, stated: str):
    archive.fail("sesame", "429", 1, retry_after=stated)
    assert archive_of(archive, tmp_path).ask(QUESTION).data
    assert len(archive.requests) == 2


def test_who_was_stopped_while_waiting_asks_nothing(archive: FakeArchive, tmp_path: Path):
    progress = SearchProgress()
    progress.stop()
    with pytest.raises(StoppedError):
        archive_of(archive, tmp_path).ask(QUESTION, progress)
    assert archive.requests == []
