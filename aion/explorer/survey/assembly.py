"""The files of all partitions -> the folder of a catalog: rows where they are on the sky, as HATS wants them.

What is in memory is where each row goes, and the rows of one file of the catalog; the others wait on disk.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion import maps, previews
from aion.catalog.columns import HEALPIX, RECORD, REDSHIFT, vector_column
from aion.catalog.folder import (
    DATASET,
    FAILURES,
    INDEX,
    PARTITION,
    PARTITIONS,
    UNPLACED,
    finish,
    partition_path,
    write_rows,
)
from aion.catalog.healpix import ORDER, cut
from aion.catalog.manifest import MANIFEST, Manifest
from aion.errors import InputError
from aion.explorer.survey.contract import VIEWS, Failure, failures_table
from aion.explorer.survey.work import Summary, WorkFolder

MAPPED = 20_000
"""Rows up to which places on maps of the vectors are computed with the catalog."""
WAITING_BYTES = 512 * 2**20
"""Rows in memory that wait for the others of their file; more are put on disk."""
_FILES = (UNPLACED, FAILURES, PARTITIONS, "hats.properties", "properties")
Rows = NDArray[np.int64]


def assemble(
    work: WorkFolder,
    parts: Sequence[Path],
    pixels: Sequence[tuple[int, int]],
    manifest: Manifest,
    *,
    width: int,
) -> None:
    """The catalog of partitions in its folder, its manifest last.

    Args:
        parts: Their files.
        pixels: (order, pixel) of the files of rows; empty: they follow from where the objects are.
        width: Numbers of a vector.

    Raises:
        InputError: none of the partitions has a row.
    """
    summaries = [Summary.read(path) for path in parts]
    failures = [one for summary in summaries for one in summary.failures]
    total = sum(one.rows for one in summaries)
    if not total:
        named = [(one.id or one.source, one.why) for one in failures[:3]]
        reasons = "; ".join(why if name in why else f"{name}: {why}" for name, why in named)
        raise InputError(f"none of the objects could be embedded: {reasons or 'there are none'}")
    known = {name: sum(one.known[name] for one in summaries) for name in summaries[0].known}
    built = work.path / "catalog"
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir()
    _write_all_rows(parts, _columns(known), pixels, work.path / "waiting", built)
    if failures:
        pq.write_table(failures_table(failures), built / FAILURES)
    finish(built, _completed(manifest, summaries, known, width, len(failures)))
    _move(built, work.out)


def read_failures(folder: Path) -> list[Failure]:
    """What is not in the catalog of a folder."""
    path = folder / FAILURES
    return [Failure(**one) for one in pq.read_table(path).to_pylist()] if path.is_file() else []


def _columns(known: dict[str, int]) -> list[str]:
    """Those that any row has a value of, and those that every catalog has."""
    always = {HEALPIX, "id", *REDSHIFT, *RECORD}
    return [name for name, count in known.items() if count or name in always]


def _completed(
    manifest: Manifest, summaries: Sequence[Summary], known: dict[str, int], width: int, failures: int
) -> Manifest:
    """With what follows from the rows."""
    total = sum(one.rows for one in summaries)
    widths = {key: width for one in summaries for key, width in one.widths.items()}
    sets = sorted({tuple(held) for one in summaries for held in one.stream_sets})
    return replace(
        manifest,
        details={**manifest.details, "failures": failures},
        rows=total,
        widths=dict(sorted(widths.items())),
        dimensions={view: width for view in VIEWS if known.get(vector_column(view)) == total},
        stream_sets=sets,
        wavelength=previews.wavelength().tolist(),
    )


def _write_all_rows(
    parts: Sequence[Path], columns: list[str], pixels: Sequence[tuple[int, int]], waiting: Path, built: Path
) -> None:
    index = pa.concat_tables([pq.read_table(path, columns=["id", HEALPIX]) for path in parts])
    places = index[HEALPIX].to_numpy()
    destinations = _destinations(np.nan_to_num(places, nan=-1).astype(np.int64), pixels)
    added = {"id": _different(index["id"]), **_map_columns(parts, len(index))}
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir()
    gathering = [Gathering(rows, waiting / f"{n}.parquet") for n, (_, rows) in enumerate(destinations)]
    home = np.empty(len(index), np.int64)
    for number, (_, rows) in enumerate(destinations):
        home[rows] = number
    first = 0
    for path in parts:
        table = pq.read_table(path, columns=columns)
        numbers = np.arange(first, first + len(table))
        first += len(table)
        for name, values in added.items():
            column = pa.array(values[numbers])
            place = table.schema.get_field_index(name)
            table = table.append_column(name, column) if place < 0 else table.set_column(place, name, column)
        for number in np.unique(home[numbers]):
            mine = np.flatnonzero(home[numbers] == number)
            gathering[number].add(table.take(mine), numbers[mine])
        _spill(gathering)
    for (path, _), gathered in zip(destinations, gathering, strict=True):
        rows = gathered.in_order()
        write_rows(built / path, rows.drop_columns(HEALPIX) if path.name == UNPLACED else rows)
    shutil.rmtree(waiting)


def _destinations(places: Rows, pixels: Sequence[tuple[int, int]]) -> list[tuple[Path, Rows]]:
    """File of the catalog -> rows (n,) in their order, in the order of the files."""
    placed, unplaced = np.flatnonzero(places >= 0), np.flatnonzero(places < 0)
    parts = _given(places[placed], pixels) or (cut(places[placed], PARTITION) if len(placed) else [])
    found = [(partition_path(order, pixel), placed[rows]) for order, pixel, rows in parts]
    return [*found, *([(Path(UNPLACED), unplaced)] if len(unplaced) else [])]


def _given(places: Rows, pixels: Sequence[tuple[int, int]]) -> list[tuple[int, int, Rows]]:
    """Rows by the pixels of the input; nothing where a row lies in none of them."""
    order = np.argsort(places, kind="stable")
    found = []
    for level, pixel in sorted(pixels):
        first, end = np.searchsorted(places[order], np.array([pixel, pixel + 1]) << 2 * (ORDER - level))
        if first < end:
            found.append((level, pixel, order[first:end]))
    return found if sum(len(rows) for *_, rows in found) == len(places) else []


@dataclass
class Gathering:
    """Rows of one file of the catalog, as they come."""

    order: Rows
    """Numbers of the rows in the order in which they stand in the file."""
    path: Path
    """Where those wait that are not in memory."""
    tables: list[pa.Table] = field(default_factory=list)
    numbers: list[Rows] = field(default_factory=list)
    spills: int = 0

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(table.nbytes for table in self.tables)

    def add(self, table: pa.Table, numbers: Rows) -> None:
        """Some rows with their numbers."""
        self.tables.append(table)
        self.numbers.append(numbers)

    def spill(self) -> None:
        """What is in memory goes to disk."""
        pq.write_table(pa.concat_tables(self.tables), self._spilled(self.spills), compression="lz4")
        self.tables, self.spills = [], self.spills + 1

    def in_order(self) -> pa.Table:
        """All of them, as they stand in the file."""
        spilled = [pq.read_table(self._spilled(number)) for number in range(self.spills)]
        rows = pa.concat_tables([*spilled, *self.tables])
        self.tables = []
        place = pd.Index(np.concatenate(self.numbers)).get_indexer(self.order)
        return rows.take(place)

    def _spilled(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.stem}-{number}.parquet")


def _spill(gathering: Sequence[Gathering]) -> None:
    """The largest go to disk until enough memory is free."""
    sizes = {i: one.size for i, one in enumerate(gathering) if one.tables}
    excess = sum(sizes.values()) - WAITING_BYTES
    for i in sorted(sizes, key=lambda i: -sizes[i]):
        if excess <= 0:
            return
        gathering[i].spill()
        excess -= sizes[i]


def _different(ids: pa.ChunkedArray) -> NDArray[np.object_]:
    """(n,) ids of which no two are the same: the second of one gets a number, ``a (2)``."""
    names = ids.to_pandas().astype(object)
    while names.duplicated().any():
        count = names.groupby(names).cumcount()
        names = names.where(count == 0, names + " (" + (count + 1).astype(str) + ")")
    different: NDArray[np.object_] = names.to_numpy(dtype=object)
    return different


def _map_columns(parts: Sequence[Path], total: int) -> dict[str, NDArray[np.float32]]:
    """Places on maps; none of very many rows."""
    if total > MAPPED:
        return {}
    column = vector_column("all")
    vectors = [_matrix(pq.read_table(path, columns=[column])[column]) for path in parts]
    return maps.columns(np.concatenate([rows for rows in vectors if len(rows)]))


def _matrix(vectors: pa.ChunkedArray) -> NDArray[np.float32]:
    joined = vectors.combine_chunks()
    flat: NDArray[np.float16] = joined.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(joined), joined.type.list_size).astype(np.float32)


def _move(built: Path, out: Path) -> None:
    """Into its place, the manifest last; what lay there of an earlier catalog goes."""
    (out / MANIFEST).unlink(missing_ok=True)
    for name in _FILES:
        (out / name).unlink(missing_ok=True)
    for name in (DATASET, INDEX):
        shutil.rmtree(out / name, ignore_errors=True)
    names = sorted(path.name for path in built.iterdir() if path.name != MANIFEST)
    for name in (*names, MANIFEST):
        (built / name).rename(out / name)
