"""Answers on disk: whole or not at all, and no more than the folder may hold."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from aion.sky.cache import Answer, Cache
from tests.sky.asked import archive_of
from tests.sky.fake_archive import FakeArchive
from tests.sky.test_archive import QUESTION

TIME = "2026-01-01T00:00:00Z"


def answer(url: str, size: int = 1_000) -> Answer:
    data = url.encode() * size
    return Answer(data, url, TIME, hashlib.sha256(data).hexdigest())


def test_an_answer_comes_back_with_what_was_asked_and_when(tmp_path: Path):
    Cache(tmp_path / "new" / "folder", 10_000).keep(answer("a"))
    assert Cache(tmp_path / "new" / "folder", 10_000).find("a") == answer("a")
    assert Cache(tmp_path / "new" / "folder", 10_000).find("b") is None


def test_what_was_not_asked_for_the_longest_goes_first(tmp_path: Path):
    cache = Cache(tmp_path, 3_000)
    for url in "ba":
        cache.keep(answer(url))
        for path in tmp_path.iterdir():
            os.utime(path, (path.stat().st_mtime - 100,) * 2)
    assert cache.find("b")
    cache.keep(answer("c"))
    assert cache.find("a") is None and cache.find("b") == answer("b") and cache.find("c") == answer("c")


def test_the_folder_never_holds_more_than_it_may(tmp_path: Path):
    cache = Cache(tmp_path, 5_000)
    (tmp_path / "0.data.of a killed process").write_bytes(bytes(4_000))
    os.utime(tmp_path / "0.data.of a killed process", (0, 0))
    for url in "abcdefgh":
        cache.keep(answer(url))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5_000
    assert cache.find("h") and not list(tmp_path.glob("*killed*"))


def test_an_answer_larger_than_the_folder_is_not_kept(tmp_path: Path):
    cache = Cache(tmp_path, 500)
    cache.keep(answer("a"))
    assert cache.find("a") is None and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["data", "json"])
@pytest.mark.parametrize("left", [b"", b"{", b"[]", b"aaa"])
def test_half_an_answer_on_disk_counts_as_none(tmp_path: Path, ending: str, left: bytes):
    cache = Cache(tmp_path, 10_000)
    cache.keep(answer("a"))
    [path] = tmp_path.glob(f"*.{ending}")
    path.write_bytes(left)
    assert cache.find("a") is None
    cache.keep(answer("a"))
    assert cache.find("a") == answer("a")


def test_threads_that_share_a_folder_lose_nothing(tmp_path: Path):
    def work() -> None:
        cache = Cache(tmp_path, 10**6)
        for url in "abcdefgh":
            cache.keep(answer(url))
            assert cache.find(url) in (answer(url), None)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache = Cache(tmp_path, 10**6)
    assert all(cache.find(url) == answer(url) for url in "abcdefgh")
    assert len(list(tmp_path.iterdir())) == 16


def test_a_cache_that_cannot_be_written_keeps_nothing_and_harms_nothing(archive: FakeArchive, tmp_path: Path):
    (tmp_path / "sky").write_text("a file where the folder should be")
    assert archive_of(archive, tmp_path).ask(QUESTION).data
