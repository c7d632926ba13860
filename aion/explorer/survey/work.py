"""What a run keeps until its catalog is complete: its plan, and a file for each partition that is done.

Everything is written beside its place and renamed, so that it is there whole or not at all, whenever the
process ends. The same input, weights and settings give the same bytes.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aion.catalog.columns import TOKENS
from aion.errors import InputError
from aion.explorer.survey.contract import Failure
from aion.explorer.survey.sources import Partition

WORK, DONE = ".work", ".work-done"
"""Folders in that of a catalog: of a run that is not over, and of one whose catalog is complete."""
PLAN = "plan.json"
_SUMMARY = b"aion_summary"
"""Metadata of a partition's file: JSON of its `Summary`."""


@dataclass(frozen=True)
class Summary:
    """What is said of a partition as a whole."""

    rows: int
    known: Mapping[str, int]
    """Column -> rows that have a value."""
    widths: Mapping[str, int]
    """Token key -> tokens of an object that has any."""
    stream_sets: Sequence[Sequence[str]]
    """The different sets of token keys that objects have, each sorted."""
    failures: Sequence[Failure]
    """What is not in it."""

    @classmethod
    def of(cls, rows: pa.Table, failures: Sequence[Failure]) -> Self:
        """Of the rows of a partition."""
        known = {name: len(rows) - rows[name].null_count for name in rows.column_names}
        keys = sorted(name for name, count in known.items() if name.startswith(TOKENS) and count)
        widths = {key: _width(rows[key]) for key in keys}
        held = np.zeros((len(rows), len(keys)), dtype=bool)
        for column, key in enumerate(keys):
            held[:, column] = rows[key].is_valid().to_numpy()
        sets = [[key for key, has in zip(keys, row, strict=True) if has] for row in np.unique(held, axis=0)]
        return cls(len(rows), known, widths, sets, failures)

    @classmethod
    def read(cls, path: Path) -> Self:
        """That of a partition's file."""
        stated = json.loads(pq.read_schema(path).metadata[_SUMMARY])
        return cls(**{**stated, "failures": [Failure(**one) for one in stated["failures"]]})

    @property
    def may_pass(self) -> bool:
        """Whether the same partition, done again, may have more rows."""
        return any(one.may_pass for one in self.failures)


def _width(tokens: pa.ChunkedArray) -> int:
    if not pa.types.is_struct(tokens.type):
        return 1
    return int(pc.max(pc.list_value_length(pc.struct_field(tokens, "token"))).as_py())


@dataclass(frozen=True)
class WorkFolder:
    """The folder of a run that is not over."""

    out: Path
    """The folder of the catalog that is to be."""

    @property
    def path(self) -> Path:
        """The folder."""
        return self.out / WORK

    def open(self, plan: dict[str, Any]) -> None:
        """Make it, or go on with what is there.

        Raises:
            InputError: it is of other input, weights or settings.
        """
        keep_plan(self.path / PLAN, plan, self.out)

    def part(self, number: int) -> Path:
        """The file of a partition."""
        return self.path / "parts" / f"{number:06d}.parquet"

    def is_done(self, number: int, partition: Partition) -> bool:
        """Whether it is written, after its input was, and nothing of it may go better next time."""
        path = self.part(number)
        try:
            written = path.stat().st_mtime
            if any(one.stat().st_mtime > written for one in partition.inputs):
                return False
        except FileNotFoundError:
            return False
        return not Summary.read(path).may_pass

    def write(self, number: int, rows: pa.Table, failures: Sequence[Failure]) -> None:
        """The file of a partition."""
        stated = json.dumps(asdict(Summary.of(rows, failures))).encode()
        path = self.part(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = _beside(path)
        pq.write_table(rows.replace_schema_metadata({_SUMMARY: stated}), beside, compression="lz4")
        beside.replace(path)

    def remove(self) -> None:
        """When the catalog is complete: under another name first, so that half of it is not taken for it."""
        self.forget_done()
        self.path.rename(self.out / DONE)
        self.forget_done()

    def forget_done(self) -> None:
        """What is left of a folder whose removal was interrupted."""
        shutil.rmtree(self.out / DONE, ignore_errors=True)


def keep_plan(path: Path, plan: dict[str, Any], out: Path) -> None:
    """The file of a plan for a folder. Raises InputError: there is one of another."""
    if path.is_file():
        check_same(json.loads(path.read_text(encoding="utf-8")), plan, out)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(plan, indent=1) + "\n").encode())


def check_same(kept: dict[str, Any], plan: dict[str, Any], out: Path) -> None:
    """Raises InputError: what lies in a folder was made of other input, by other weights or settings."""
    differing = [name for name in plan if kept.get(name) != plan[name]]
    if differing:
        raise InputError(
            f"{out} holds a catalog or unfinished work with another {', '.join(differing)}; choose another "
            "folder, or delete this one"
        )


def write_whole(path: Path, data: bytes) -> None:
    """A file that is there whole or not at all, whoever else writes the same."""
    beside = _beside(path)
    beside.write_bytes(data)
    beside.replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}")
