"""What is handed in, cut into partitions: the same input gives the same ones, in the same order.

A partition is the unit of work: what is read, embedded, written and, where something went wrong, done again
together, and so what memory is needed for. Files of the same name but for its ending are never parted.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from aion.explorer.survey.contract import Failure
from aion.io import Overrides, SkyObject, read_many

FILES = 256
"""Files of a partition at most, and objects of one that is cut from a file of many rows."""
MEMBER_BYTES = 2 * 2**30
"""Size of a file in a zip, unpacked, above which it is left out: it is read into memory."""
FILES_BYTES = 128 * 2**20
"""Size of the files of a partition, above which it is closed; a single file may be larger."""


@dataclass(frozen=True)
class PartitionInput:
    """What a partition holds."""

    targets: Sequence[SkyObject]
    failures: Sequence[Failure] = ()
    kept: Sequence[Mapping[str, Any]] = ()
    """Columns of the input that are kept, of each target; empty without any."""


class Partition(Protocol):
    """A part of the input. Can be pickled: other processes read it."""

    @property
    def name(self) -> str:
        """For people, such as the name of its first file."""

    @property
    def size(self) -> int:
        """About how many objects it holds."""

    @property
    def inputs(self) -> Sequence[Path]:
        """Files that it is read from."""

    def read(self) -> PartitionInput:
        """Its objects.

        Raises:
            AIONError: nothing of it can be read.
            OSError: it could not be read this time.
        """


@dataclass(frozen=True)
class SurveySource:
    """All of the input."""

    partitions: Sequence[Partition]
    kind: str
    """For people: ``"files"``."""
    inputs: Sequence[tuple[str, int]]
    """Name, without the folder that all share, and size of each file, bytes."""
    kept: Mapping[str, pa.DataType] = field(default_factory=dict)
    """Columns of the input that are kept, by the names that they get."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """How it is read, as plain values."""
    pixels: Sequence[tuple[int, int]] = ()
    """(order, pixel) of the partitions of a HATS catalog, which the new one keeps; empty: they follow from
    where the objects are."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the names and sizes of its files and of how they are read."""
        parts = [self.kind, *map(list, self.inputs), dict(self.settings), len(self.partitions)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class InputFile:
    """A file on disk, or one in a zip."""

    path: Path
    member: str = ""
    """Its name in the zip at ``path``; empty: the file itself."""
    size: int = 0
    """Bytes."""

    @property
    def name(self) -> str:
        """With its folder, for people and for the order."""
        return self.member or str(self.path)

    def open(self) -> "Path | _Unzipped":
        """What `aion.io` reads."""
        if not self.member:
            return self.path
        with zipfile.ZipFile(self.path) as archive:
            return _Unzipped(archive.read(self.member), Path(self.member).name)


@dataclass(frozen=True)
class ReadPartition:
    """Some objects of files that are read already."""

    name: str
    given: PartitionInput
    inputs: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Objects."""
        return len(self.given.targets)

    def read(self) -> PartitionInput:
        """The objects."""
        return self.given


class _Unzipped(io.BytesIO):
    """A file out of a zip, in memory."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


@dataclass(frozen=True)
class FilePartition:
    """Some files; what several of them say of one object is joined."""

    files: tuple[InputFile, ...]
    overrides: Overrides
    strict: bool

    @property
    def name(self) -> str:
        """That of the first file, and how many more there are."""
        more = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return f"{Path(self.files[0].name).name}{more}"

    @property
    def size(self) -> int:
        """One object a file, as far as is known before they are read."""
        return len(self.files)

    @property
    def inputs(self) -> list[Path]:
        """The files, or the zip that they are in."""
        return list(dict.fromkeys(one.path for one in self.files))

    def read(self) -> PartitionInput:
        """Its objects, in the order of the files."""
        large = [one for one in self.files if one.member and one.size > MEMBER_BYTES]
        opened = (one.open() for one in self.files if one not in large)
        targets, unread = read_many(opened, overrides=self.overrides, strict=self.strict)
        failures = [Failure("", one.source, one.why) for one in unread]
        why = f"it has more than {MEMBER_BYTES / 2**30:.0f} GB unpacked; unpack the zip and give its files"
        return PartitionInput(targets, [*failures, *(Failure("", one.name, why) for one in large)])
