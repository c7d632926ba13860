"""A file of an archive that is read where it is, part by part: of hundreds of megabytes a few are fetched.
Knows no format.
"""

import io
from dataclasses import replace
from typing import Any

from aion.sky.archive import Archive, Request
from aion.sky.search_progress import SearchProgress

BLOCK = 2**16
"""Bytes that are fetched at least: one header of FITS, and what follows it."""


class RemoteFile(io.RawIOBase):
    """The file that a request would fetch. Reading raises as `Archive.ask` does."""

    def __init__(self, request: Request, archive: Archive, progress: SearchProgress | None) -> None:
        super().__init__()
        self._request, self._archive, self._progress = request, archive, progress
        self._position = 0
        self._part_start, self._part = 0, b""
        self.url, self.time, self.size = "", "", 0
        self._fetch(0, BLOCK)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Asks nobody."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """All that is asked for, up to the end of the file."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self.size - self._position))
        start = self._position - self._part_start
        if count and not 0 <= start <= len(self._part) - count:
            self._fetch(self._position, max(count, BLOCK))
            start = 0
        view[:count] = self._part[start : start + count]
        self._position += count
        return count

    def _fetch(self, start: int, count: int) -> None:
        answer = self._archive.ask(replace(self._request, span=(start, start + count - 1)), self._progress)
        self._part_start, self._part = start, answer.data
        self.url, self.time, self.size = answer.url.partition("#")[0], answer.time, answer.file_size or 0
