"""The rows of a catalog: in memory, or in Parquet files of which only what is asked for is read.

Both give the columns that are light whole, and of the others the values of one row, or a column in pieces.
"""

import shutil
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from aion.catalog import folder as files
from aion.catalog.columns import HEALPIX, is_light
from aion.catalog.healpix import cut
from aion.catalog.manifest import Manifest
from aion.errors import InputError

KEPT = 32
"""Groups of rows that stay in memory after one of their rows was looked at."""


class Rows(Protocol):
    """n rows in a fixed order. Safe to use from several threads."""

    @property
    def names(self) -> Sequence[str]:
        """All columns."""

    def light(self) -> pa.Table:
        """The columns that are read whole: one value of each row."""

    def values(self, row: int, names: Sequence[str]) -> dict[str, Any]:
        """Of one row, those of the columns ``names`` that there are; None where unknown."""

    def pieces(self, name: str) -> Iterator[pa.Array]:
        """A column from its first row to its last."""

    def write(self, folder: Path, manifest: Manifest) -> None:
        """All files of a catalog into a folder that is there and empty."""


class RowsInMemory:
    """A table whose rows stand as in a folder: see `aion.catalog.folder`."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table.combine_chunks()

    @property
    def names(self) -> Sequence[str]:
        names: Sequence[str] = self.table.column_names
        return names

    def light(self) -> pa.Table:
        """The columns that are read whole."""
        return self.table.select(
            [field.name for field in self.table.schema if is_light(field.name, field.type)]
        )

    def values(self, row: int, names: Sequence[str]) -> dict[str, Any]:
        """Of one row."""
        return {name: self.table[name][row].as_py() for name in names if name in self.names}

    def pieces(self, name: str) -> Iterator[pa.Array]:
        """A column from its first row to its last."""
        yield from self.table[name].chunks

    def write(self, folder: Path, manifest: Manifest) -> None:
        """Rows with a position by pixels of the sky, the others beside them."""
        placed = self.table.slice(0, len(self.table) - self.table[HEALPIX].null_count)
        unplaced = self.table.slice(len(placed)).drop_columns(HEALPIX)
        pixels = placed[HEALPIX].to_numpy()
        for order, pixel, rows in cut(pixels, files.PARTITION) if len(placed) else ():
            part = placed.slice(int(rows[0]), len(rows))  # they stand together
            files.write_rows(folder / files.partition_path(order, pixel), part)
        if len(unplaced):
            files.write_rows(folder / files.UNPLACED, unplaced)
        files.finish(folder, manifest)


class RowsInFolder:
    """The rows of a folder.

    Raises:
        InputError: there are none, or a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, tuple[str, ...]], pa.Table] = OrderedDict()
        paths = files.row_files(folder)
        if not paths:
            raise InputError(f"{folder} is not a catalog: it has no rows")
        try:
            self._files = [pq.ParquetFile(path, read_dictionary=_shared_texts(path)) for path in paths]
        except (OSError, ValueError) as exc:
            raise InputError(f"{folder} is not a catalog: {exc}") from exc
        self._groups = [(file, group) for file in self._files for group in range(file.num_row_groups)]
        self._starts = [0]
        for file, group in self._groups:
            self._starts.append(self._starts[-1] + file.metadata.row_group(group).num_rows)

    def __len__(self) -> int:
        return self._starts[-1]

    @cached_property
    def names(self) -> Sequence[str]:
        """All columns, but for the index of the sky."""
        return [name for name in self._files[-1].schema_arrow.names if name != HEALPIX]

    def light(self) -> pa.Table:
        """The columns that are read whole; texts that rows share are read once."""
        schema = self._files[-1].schema_arrow
        names = [field.name for field in schema if is_light(field.name, field.type)]
        with self._lock:
            parts = [file.read(columns=names) for file in self._files]
        return pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()

    def values(self, row: int, names: Sequence[str]) -> dict[str, Any]:
        """Of one row, read with its group."""
        number = bisect_right(self._starts, row) - 1
        group = self._group(number, tuple(name for name in names if name in self.names))
        return {name: group[name][row - self._starts[number]].as_py() for name in group.column_names}

    def pieces(self, name: str) -> Iterator[pa.Array]:
        """A column from its first row to its last, a group at a time."""
        for file, group in self._groups:
            with self._lock:
                piece = file.read_row_group(group, columns=[name])[name].combine_chunks()
            yield piece

    def write(self, folder: Path, manifest: Manifest) -> None:
        """A copy of the files."""
        for path in files.row_files(self.folder):
            copy = folder / path.relative_to(self.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        files.finish(folder, manifest)

    def _group(self, number: int, names: tuple[str, ...]) -> pa.Table:
        """Some columns of a group of rows."""
        with self._lock:
            if (number, names) not in self._kept:
                file, group = self._groups[number]
                self._kept[number, names] = file.read_row_group(group, columns=list(names))
            self._kept.move_to_end((number, names))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[number, names]


def _shared_texts(path: Path) -> list[str]:
    """The columns of texts, which many rows share, but for the ids."""
    return [
        field.name
        for field in pq.read_schema(path)
        if field.name != "id" and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    ]


def read_whole(rows: RowsInFolder) -> RowsInMemory:
    """The same in memory, where the folder may go."""
    tables = [pq.read_table(path, partitioning=None) for path in files.row_files(rows.folder)]
    whole = pa.concat_tables(tables, promote_options="default")
    if HEALPIX not in whole.column_names:
        whole = whole.append_column(HEALPIX, pa.nulls(len(whole), pa.int64()))
    return RowsInMemory(whole)
