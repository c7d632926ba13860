"""The indexes of a catalog's views, each opened when it is first asked for.

Few vectors come into memory from their column. Of many, a matrix and the lists of the index lie in files that
are made once, beside the rows or, where nobody may write there, in a cache. Where the folder has a table of
LanceDB of a view, that is asked in their place.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from aion import search
from aion.catalog.columns import vector_column
from aion.catalog.filters import FILTERED
from aion.catalog.folder import INDEX
from aion.catalog.manifest import MANIFEST
from aion.catalog.rows import Rows, RowsInFolder
from aion.errors import SearchError
from aion.ids import Ids
from aion.lance_index import VECTOR, LanceIndex
from aion.search import Index
from aion.vector_index import VectorIndex

TABLES = "lance"
"""Folder of the tables of LanceDB, in that of the indexes."""
LOOKED_AT = 8
"""Vectors of a matrix that are compared with their rows, to know whether it is of these."""
Report = Callable[[str, float], None]
"""What is done at present, for people, and how much of it, 0 to 1."""


class ViewIndexes(Mapping[str, VectorIndex]):
    """View -> the index of its vectors, in the order of the rows. Safe to use from several threads."""

    def __init__(
        self, rows: Rows, dimensions: Mapping[str, int], ids: Ids, cache: Path | None = None
    ) -> None:
        self._rows, self._dimensions, self._ids, self._cache = rows, dimensions, ids, cache
        self._open: dict[str, VectorIndex] = {}
        self._lock = threading.Lock()

    def __getitem__(self, view: str) -> VectorIndex:
        with self._lock:
            if view not in self._open:
                self._open[view] = self._opened(view)
            return self._open[view]

    def __contains__(self, view: object) -> bool:  # a Mapping's own would open it
        return view in self._dimensions

    def __iter__(self) -> Iterator[str]:
        return iter(self._dimensions)

    def __len__(self) -> int:
        return len(self._dimensions)

    def make_missing(self, report: Report) -> None:
        """The files of every view, so that nobody waits for them later."""
        if not isinstance(self._rows, RowsInFolder) or len(self._ids) <= search.EXACT_BELOW:
            return
        for number, view in enumerate(self):
            report(f"Indexing {len(self._ids):,} objects, once ({view})", number / len(self))
            with self._lock:
                if view not in self._open and not self._has_table(self._rows, view):
                    self._from_files(self._rows, view)

    def write_tables(self, table: pd.DataFrame, report: Report) -> None:
        """A table of LanceDB for every view, with the columns of a table (n rows) that are filtered by.

        Raises:
            SearchError: the rows are in memory.
        """
        if not isinstance(self._rows, RowsInFolder):
            raise SearchError("tables of LanceDB are made of a catalog in a folder; save it first")
        held = table[[name for name in FILTERED if name in table]]
        for number, view in enumerate(self):
            report(f"Writing {len(self._ids):,} vectors ({view})", number / len(self))
            batches = _batches(self._rows.pieces(vector_column(view)), held)
            LanceIndex.build(self._rows.folder / INDEX / TABLES, view, batches, self._ids)
        report("Ready", 1.0)

    def _has_table(self, rows: RowsInFolder, view: str) -> bool:
        return (rows.folder / INDEX / TABLES / f"{view}.lance").is_dir()

    def _opened(self, view: str) -> VectorIndex:
        rows, dimension = self._rows, self._dimensions[view]
        if isinstance(rows, RowsInFolder) and self._has_table(rows, view):
            index = LanceIndex(rows.folder / INDEX / TABLES, view, self._ids)
            some = _some(len(self._ids))
            if np.allclose(index.rows(some), _vectors(rows, view, some), atol=1e-3):
                return index
            raise SearchError(
                f"the table of LanceDB for {view} in {rows.folder} is of other vectors; write it again with "
                "aion catalog index"
            )
        if isinstance(rows, RowsInFolder) and len(self._ids) > search.EXACT_BELOW:
            return self._from_files(rows, view)
        pieces = [_matrix(piece, dimension) for piece in rows.pieces(vector_column(view))]
        return Index.build(np.concatenate(pieces), self._ids)

    def _from_files(self, rows: RowsInFolder, view: str) -> Index:
        problem: OSError | None = None
        for place in self._places(rows.folder):
            matrix, lists = place / f"{view}.npy", place / f"{view}.index"
            try:
                if not self._are_of(matrix, rows, view):
                    lists.unlink(missing_ok=True)
                    self._write_matrix(matrix, rows, view)
                return _index(lists, matrix, self._ids)
            except OSError as exc:
                problem = exc
        places = " or ".join(map(str, self._places(rows.folder)))
        raise SearchError(f"the index of {rows.folder} cannot be written to {places}: {problem}")

    def _are_of(self, matrix: Path, rows: RowsInFolder, view: str) -> bool:
        """Whether a file has the vectors of these rows, judged by some."""
        try:
            held = np.load(matrix, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            return False
        if held.shape != (len(self._ids), self._dimensions[view]):
            return False
        some = _some(len(held))
        return np.array_equal(held[some], _vectors(rows, view, some))

    def _places(self, folder: Path) -> list[Path]:
        """Where the files of a catalog's index may lie, the better place first."""
        name = hashlib.sha256(f"{folder.resolve()}\n".encode() + (folder / MANIFEST).read_bytes()).hexdigest()
        return [folder / INDEX, *([self._cache / name[:32]] if self._cache else [])]

    def _write_matrix(self, path: Path, rows: RowsInFolder, view: str) -> None:
        """There whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside, shape = path.with_name(f"{view}.{uuid4().hex}"), (len(self._ids), self._dimensions[view])
        try:
            with beside.open("wb") as file:
                header = {"descr": "<f2", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for piece in rows.pieces(vector_column(view)):
                    file.write(_matrix(piece, shape[1]).tobytes())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _index(lists: Path, matrix: Path, ids: Ids) -> Index:
    """From its file, or made anew into it."""
    if lists.is_file():
        try:
            return Index.load(lists, matrix, ids)
        except SearchError as exc:
            logging.getLogger(__name__).warning("%s; it is built again", exc)
    index, beside = Index.build(matrix, ids), lists.with_name(f"{lists.name}.{uuid4().hex}")
    try:
        index.save(beside)
        beside.replace(lists)
    finally:
        beside.unlink(missing_ok=True)
    return index


def _matrix(piece: pa.Array, dimension: int) -> NDArray[np.float16]:
    """(n, D) of a piece of a column of vectors, none of which is missing."""
    rows: NDArray[np.float16] = piece.flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
    return rows


def _some(count: int) -> NDArray[np.int64]:
    """Rows that are looked at."""
    return np.linspace(0, count - 1, LOOKED_AT).astype(np.int64)


def _vectors(rows: RowsInFolder, view: str, some: NDArray[np.int64]) -> NDArray[np.float16]:
    """(m, D) of some rows."""
    name = vector_column(view)
    return np.array([rows.values(row, [name])[name] for row in some.tolist()], np.float16)


def _batches(pieces: Iterator[pa.Array], held: pd.DataFrame) -> Iterator[pa.RecordBatch]:
    """Vectors with what is filtered by."""
    first = 0
    for piece in pieces:
        part = held.iloc[first : first + len(piece)]
        first += len(piece)
        columns = {name: pa.Array.from_pandas(_plain(part[name])) for name in part}
        yield pa.record_batch({VECTOR: piece} | columns)


def _plain(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as doubles, anything else as text."""
    is_number = pd.api.types.is_numeric_dtype(values.dtype)
    return values.astype("float64") if is_number else values.astype("str")
