"""What lies in the folder of a batch: what was handed in, what was made of it, and how far that is.

``inputs/`` holds the files as they were given, ``targets/`` what was fetched of a list, ``catalog/`` the
result, and ``batch.json`` the rest. A folder is there whole or not at all. Knows no engine.
"""

import hashlib
import io
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self
from uuid import uuid4

from aion.catalog.manifest import MANIFEST
from aion.explorer.survey.work import write_whole

try:
    import fcntl
except ImportError:  # Windows, where two applications should not share a folder
    fcntl = None  # type: ignore[assignment]

MARKER = ".aion-user-catalog"
"""In every folder that was made here, also by earlier versions; as old as the last question for it."""
KEPT_DAYS = 7
"""After which a folder that nobody asked for is deleted."""
RECORD, INPUTS = "batch.json", "inputs"

File = io.BytesIO | Path
"""An upload with its ``name``, or a file on disk."""
State = Literal["open", "cancelled", "failed", "done"]
"""Of the work: waiting or under way; ended by a person; ended by itself without a catalog; complete."""


@dataclass(frozen=True)
class BatchRecord:
    """What is known of a batch beside its files."""

    label: str
    """For people: names of its files."""
    kind: Literal["files", "list"]
    inputs: tuple[str, ...]
    """Files below ``inputs/``, in their order."""
    size: int
    """Bytes of these."""
    plan: Mapping[str, Any]
    """Weights, settings and version that its catalog depends on, as plain values."""
    begun: float
    """Seconds since 1970."""
    kinds: tuple[str, ...] = ()
    """What is fetched of the targets of a list."""
    overrides: tuple[str, ...] = ()
    """``NAME=VALUE``, in place of what is detected."""
    state: State = "open"
    problem: str = ""
    """Why it failed."""
    rows: int = 0
    """Objects of its catalog; of one that was cancelled, so far."""
    failures: int = 0
    may_pass: int = 0
    """Of the failures, those that may not come again."""

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """As it was kept."""
        stated: dict[str, Any] = json.loads(data)
        lists = {name: tuple(stated[name]) for name in ("inputs", "kinds", "overrides")}
        return cls(**{**stated, **lists})


@dataclass(frozen=True, order=True)
class InputCopy:
    """A file as it was given; ordered by name and content, so that the order of an upload does not matter."""

    name: str
    sha256: str
    file: File = field(compare=False)

    @classmethod
    def of(cls, file: File) -> Self:
        """With its hash."""
        name = re.sub(r"[\x00-\x1f]|^\.+$", "_", Path(str(getattr(file, "name", ""))).name) or "upload"
        if isinstance(file, Path):
            with file.open("rb") as stream:
                return cls(name, hashlib.file_digest(stream, "sha256").hexdigest(), file)
        return cls(name, hashlib.sha256(file.getbuffer()).hexdigest(), file)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.file.stat().st_size if isinstance(self.file, Path) else self.file.getbuffer().nbytes

    def write(self, path: Path) -> None:
        """A copy."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.file, Path):
            shutil.copyfile(self.file, path)
        else:
            path.write_bytes(self.file.getbuffer())


@dataclass(frozen=True)
class BatchFolder:
    """The folder of a batch; its name is the key of the batch."""

    path: Path

    @property
    def catalog(self) -> Path:
        """Where its catalog lies when there is one."""
        return self.path / "catalog"

    @property
    def targets(self) -> Path:
        """What was fetched of its list."""
        return self.path / "targets"

    def catalog_time(self) -> int:
        """When it was made, in nanoseconds, be it of a part; 0 where there is none."""
        try:
            return (self.catalog / MANIFEST).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def read(self) -> BatchRecord | None:
        """What is known of it; None where there is no such batch."""
        try:
            return BatchRecord.from_json((self.path / RECORD).read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def change(self, **values: Any) -> BatchRecord | None:
        """Keep other values of some fields; None where it was deleted."""
        record = self.read()
        if record is None:
            return None
        record = replace(record, **values)
        with suppress(FileNotFoundError):
            self._write(record)
        return record

    def input_files(self, record: BatchRecord) -> list[Path]:
        """The files as they were given."""
        return [self.path / INPUTS / name for name in record.inputs]

    def touch(self) -> None:
        """It is still asked for."""
        with suppress(FileNotFoundError):
            (self.path / MARKER).touch()

    def delete(self) -> None:
        """All of it: the record first, so that half of it is not taken for a batch."""
        (self.path / RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)

    @classmethod
    def create(cls, root: Path, key: str, record: BatchRecord, copies: Sequence[InputCopy]) -> Self:
        """A new one; where there is one of that key already, that."""
        folder = cls(root / key)
        draft = cls(root / f".draft-{uuid4().hex}")
        try:
            for copy, name in zip(copies, record.inputs, strict=True):
                copy.write(draft.path / INPUTS / name)
            draft._write(record)
            (draft.path / MARKER).touch()
            if folder.read() is None:
                shutil.rmtree(folder.path, ignore_errors=True)  # what is left of one that was deleted
            with suppress(OSError):  # others have made the same meanwhile
                draft.path.rename(folder.path)
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)
        return folder

    @contextmanager
    def reserved(self) -> Iterator[bool]:
        """Whether nobody else works on it now; until the end of the block it is this one's."""
        with (self.path / ".lock").open("w") as lock:
            try:
                if fcntl is not None:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _write(self, record: BatchRecord) -> None:
        write_whole(self.path / RECORD, (json.dumps(asdict(record), indent=1) + "\n").encode())


def input_names(copies: Sequence[InputCopy]) -> tuple[str, ...]:
    """Where each of the files lies: under its name, which others may have as well."""
    names: list[str] = []
    for copy in copies:
        earlier = sum(Path(name).name == copy.name for name in names)
        names.append(f"{earlier + 1}/{copy.name}" if earlier else copy.name)
    return tuple(names)


def batch_key(copies: Sequence[InputCopy], **settings: Any) -> str:
    """Name of the folder for these files and what is to be done with them."""
    content = [[(copy.name, copy.sha256) for copy in copies], settings]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def batch_label(names: Sequence[str]) -> str:
    """``a.fits and 11 more``"""
    return names[0] + (f" and {len(names) - 1:,} more" if len(names) > 1 else "")


def forget_old(root: Path, *, days: float = KEPT_DAYS) -> None:
    """Delete the folders made here that nobody asked for so many days."""
    for marker in root.glob(f"*/{MARKER}"):
        with suppress(FileNotFoundError):
            if time.time() - marker.stat().st_mtime > days * 86_400:
                BatchFolder(marker.parent).delete()
