"""Answers of services on disk, by what was asked. A folder with a size limit; knows no service.

Each answer is two files: the bytes as they came, and JSON of what was asked and when. Both are written under
another name and renamed, and the SHA-256 is compared when they are read: a process that is killed leaves no
half of an answer that anybody would take for one.
"""

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True)
class Answer:
    """What a service sent."""

    data: bytes
    url: str
    """With its query; of a POST, with what was posted after a ``#``."""
    time: str
    """UTC, ISO 8601, when it arrived."""
    sha256: str
    """Of `data`."""
    file_size: int | None = None
    """Bytes of the whole file, where a part of it was asked for."""


class Cache:
    """A folder of answers; threads and processes may share it."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        self._lock = threading.Lock()

    def find(self, url: str) -> Answer | None:
        """What was kept of this question; None where nothing whole is."""
        data_path, about_path = self._paths(url)
        try:
            data = data_path.read_bytes()
            about = json.loads(about_path.read_bytes())
            answer = Answer(data, **about)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if answer.url != url or hashlib.sha256(data).hexdigest() != answer.sha256:
            return None
        with suppress(OSError):
            os.utime(data_path)
        return answer

    def keep(self, answer: Answer) -> None:
        """Write it, and let the oldest go where the folder is too large. A folder that cannot be written to
        keeps nothing, and nothing else happens."""
        data_path, about_path = self._paths(answer.url)
        about = {name: value for name, value in asdict(answer).items() if name != "data"}
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(about_path, json.dumps(about).encode())
            _write(data_path, answer.data)
            with self._lock:
                self._shrink()

    def _paths(self, url: str) -> tuple[Path, Path]:
        key = hashlib.sha256(url.encode()).hexdigest()[:40]
        return self.folder / f"{key}.data", self.folder / f"{key}.json"

    def _shrink(self) -> None:
        """The files of an answer go together; so does what a killed process left of one."""
        answers: dict[str, list[tuple[float, int, Path]]] = {}
        for path in self.folder.iterdir():
            about = path.stat()
            answers.setdefault(path.name.partition(".")[0], []).append((about.st_mtime, about.st_size, path))
        size = sum(count for files in answers.values() for _, count, _ in files)
        for files in sorted(answers.values(), key=max):
            if size <= self.most_bytes:
                return
            for _, count, path in files:
                path.unlink(missing_ok=True)
                size -= count


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
