"""Files with an object in each row, read a range of rows at a time: Parquet and HDF5 as the Multimodal
Universe has them, and the Parquet files of HATS catalogs, of which rows may hold tokens in place of data.

https://github.com/MultimodalUniverse/MultimodalUniverse and
https://github.com/astronomy-commons/lsdb-foundation-model
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aion.errors import AIONError, InputError
from aion.explorer.survey.contract import Failure, kept_columns
from aion.explorer.survey.sources import Partition, PartitionInput
from aion.io import Overrides, SkyObject, read
from aion.modalities import MODALITIES

ROWS = 256
"""Of a partition."""
WHOLE_UP_TO = 20_000
"""Rows of a Parquet file of plain numbers up to which it is read as a whole, as it may be one spectrum."""
_PARQUET, _HDF5 = b"PAR1", b"\x89HDF\r\n\x1a\n"
_MMU = ("spectrum_flux", "image_array", "image_flux")
_IDS = ("id", "object_id", "targetid", "TARGETID", "specobjid")


@dataclass(frozen=True)
class RowPartition:
    """A range of rows of one file."""

    path: str
    """On disk, or an address that fsspec opens."""
    start: int
    stop: int
    overrides: Overrides
    strict: bool
    is_hdf5: bool = False

    @property
    def name(self) -> str:
        """The file and the rows, counted from one."""
        return f"{Path(self.path).name}, rows {self.start + 1} to {self.stop}"

    @property
    def size(self) -> int:
        """Rows."""
        return self.stop - self.start

    @property
    def inputs(self) -> list[Path]:
        """The file, if it is on disk."""
        return [] if "://" in self.path else [Path(self.path)]

    def read(self) -> PartitionInput:
        """Its objects, each with the columns of its row that are kept."""
        with open_binary(self.path) as stream:
            table, columns = (_hdf5_rows if self.is_hdf5 else _parquet_rows)(stream, self.start, self.stop)
        sha256 = _file_sha256(self.path, *(one.stat().st_mtime_ns for one in self.inputs))
        names = kept_columns(columns.schema)
        kept = columns.select(list(names)).rename_columns([name for name, _ in names.values()]).to_pylist()
        targets, rows, failures = [], [], []
        for number, found in enumerate(self._objects(table, len(columns))):
            if isinstance(found, AIONError):
                failures.append(
                    Failure("", f"{Path(self.path).name}, row {self.start + number + 1}", str(found))
                )
            else:
                targets.append(self._named(found, number, sha256))
                rows.append(kept[number])
        return PartitionInput(targets, failures, rows)

    def _objects(self, table: Any, count: int) -> list[SkyObject | AIONError]:
        """Of each row its object, or why there is none."""
        if isinstance(table, pa.Table) and (streams := token_columns(table.schema)):
            return list(objects_of_tokens(table, streams))
        try:
            found = self._read(table)
        except AIONError:
            found = []
        if len(found) == count:
            return list(found)
        return [self._one(row) for row in _single_rows(table)]

    def _one(self, row: Any) -> SkyObject | AIONError:
        try:
            return self._read(row)[0]
        except AIONError as exc:
            return exc

    def _read(self, rows: Any) -> list[SkyObject]:
        return read(rows, name=Path(self.path).name, overrides=self.overrides, strict=self.strict)

    def _named(self, target: SkyObject, number: int, sha256: str) -> SkyObject:
        """With the number of its row in the file where it has no name of its own, and the file's hash."""
        name = Path(self.path).name
        own = target.id not in (name, f"{name}#{number + 1}", f"{name}#1", f"#{number + 1}")
        reports = tuple(replace(report, sha256=sha256) for report in target.reports)
        return replace(target, id=target.id if own else f"{name}#{self.start + number + 1}", reports=reports)


@lru_cache(maxsize=64)
def _file_sha256(path: str, *changed: int) -> str:
    """Of all of a file: computed once for its many ranges, unless it was ``changed`` since."""
    with open_binary(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def row_partitions(
    path: str, overrides: Overrides, strict: bool, most: int | None = None
) -> tuple[list[Partition], pa.Schema] | None:
    """The rows of a file in ranges, and the types of its columns; None where it is not
    read by rows.

    Args:
        most: Rows of a range at most; None: `ROWS`.
    """
    with open_binary(path) as stream:
        start = stream.read(8)
        stream.seek(0)
        if start.startswith(_PARQUET):
            file = pq.ParquetFile(stream)
            count, schema = file.metadata.num_rows, file.schema_arrow
            by_rows = count > WHOLE_UP_TO or any(pa.types.is_nested(kind) for kind in schema.types)
        elif start.startswith(_HDF5):
            with h5py.File(stream, "r") as held:
                by_rows = any(name in held for name in _MMU)
                columns = _hdf5_columns(held, 0, 1) if by_rows else None
                count = len(next(held[name] for name in _MMU if name in held)) if by_rows else 0
            schema = columns.schema if columns is not None else pa.schema([])
        else:
            return None
    if not by_rows:
        return None
    return cut_rows(path, count, overrides, strict, most, is_hdf5=start == _HDF5), schema


def token_columns(schema: pa.Schema) -> list[str]:
    """Columns of tokens, as aion-hats and this program write them."""
    return [
        field.name
        for field in schema
        if field.name in MODALITIES
        and (
            pa.types.is_integer(field.type)
            or (pa.types.is_struct(field.type) and field.type.names == ["token"])
        )
    ]


def objects_of_tokens(table: pa.Table, streams: Sequence[str]) -> Iterator[SkyObject]:
    """Each row as the tokens that it holds, with what is said of its object."""
    about = table.select([name for name in (*_IDS, "ra", "dec", "z", "class") if name in table.column_names])
    held = table.select(list(streams)).to_pylist()
    for number, (row, tokens) in enumerate(zip(about.to_pylist(), held, strict=True)):
        ids = {
            key: np.atleast_1d(np.array(value["token"] if isinstance(value, dict) else value, np.int64))
            for key, value in tokens.items()
            if value is not None
        }
        name = next((str(row[name]) for name in _IDS if row.get(name) is not None), f"#{number + 1}")
        ra, dec, z = (row.get(key) for key in ("ra", "dec", "z"))
        yield SkyObject(name, ra=ra, dec=dec, z_reference=z, kind=row.get("class") or "", tokens=ids)


def cut_rows(
    path: str,
    count: int,
    overrides: Overrides,
    strict: bool,
    most: int | None = None,
    *,
    is_hdf5: bool = False,
) -> list[Partition]:
    """So many rows of a file in ranges of at most ``most``, else `ROWS`."""
    most = most or ROWS
    return [
        RowPartition(path, first, min(first + most, count), overrides, strict, is_hdf5)
        for first in range(0, count, most)
    ]


@contextmanager
def open_binary(path: str) -> Iterator[BinaryIO]:
    """A file on disk, or at an address such as hf:// or s3://.

    Raises:
        InputError: an address whose kind cannot be opened here.
    """
    if "://" not in path:
        with Path(path).open("rb") as stream:
            yield stream
        return
    try:
        import fsspec

        opened = fsspec.open(path, "rb")
    except (ImportError, ValueError) as exc:
        raise InputError(
            f"{path} cannot be opened here ({exc}); install what its kind of address needs, or download it"
        ) from exc
    with opened as stream:
        yield stream


def _parquet_rows(stream: BinaryIO, start: int, stop: int) -> tuple[pa.Table, pa.Table]:
    """Rows of a file, from the groups of rows that they lie in."""
    file = pq.ParquetFile(stream)
    counts = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    ends = np.cumsum(counts)
    groups = [n for n, end in enumerate(ends) if end > start and end - counts[n] < stop]
    before = int(ends[groups[0]] - counts[groups[0]])
    table = file.read_row_groups(groups, use_threads=False).slice(start - before, stop - start)
    return table, table


def _hdf5_rows(stream: BinaryIO, start: int, stop: int) -> tuple[dict[str, Any], pa.Table]:
    """Rows of a file as records, and the columns of one value a row."""
    with h5py.File(stream, "r") as file:
        count = len(next(file[name] for name in _MMU if name in file))
        held = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset) and item.ndim}
        values = {name: item[start:stop] for name, item in held.items() if len(item) == count}
        columns = _hdf5_columns(file, start, stop)
    records = [{name: column[i] for name, column in values.items()} for i in range(stop - start)]
    return {"records": records}, columns


def _hdf5_columns(file: Any, start: int, stop: int) -> pa.Table:
    flat = {
        name: item[start:stop]
        for name, item in file.items()
        if isinstance(item, h5py.Dataset) and item.ndim == 1
    }
    texts = (np.dtype("O"), np.dtype("S"))
    return pa.table(
        {
            name: pa.array(
                [one.decode() if isinstance(one, bytes) else str(one) for one in values], pa.string()
            )
            if values.dtype in texts or values.dtype.kind == "S"
            else pa.array(values)
            for name, values in flat.items()
        }
    )


def _single_rows(rows: Any) -> Sequence[Any]:
    if isinstance(rows, Mapping):
        return [{"records": [one]} for one in rows["records"]]
    return [rows.slice(number, 1) for number in range(len(rows))]
