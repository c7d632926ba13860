"""The indexes of a catalog's views, each opened when it is first asked for.

Few vectors come into memory from their column. Of many, a matrix and the lists of the index lie in files that
are made once, beside the rows or, where nobody may write there, below `CACHE`.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aion import search
from aion.catalog.columns import vector_column
from aion.catalog.folder import INDEX
from aion.catalog.manifest import MANIFEST
from aion.catalog.rows import Rows, RowsInFolder
from aion.errors import SearchError
from aion.ids import Ids
from aion.search import Index

CACHE = Path.home() / ".cache" / "aion-explorer" / "indexes"
LOOKED_AT = 8
"""Vectors of a matrix that are compared with their rows, to know whether it is of these."""
Report = Callable[[str, float], None]
"""What is done at present, for people, and how much of it, 0 to 1."""


class ViewIndexes(Mapping[str, Index]):
    """View -> the index of its vectors, in the order of the rows. Safe to use from several threads."""

    def __init__(self, rows: Rows, dimensions: Mapping[str, int], ids: Ids) -> None:
        self._rows, self._dimensions, self._ids = rows, dimensions, ids
        self._open: dict[str, Index] = {}
        self._lock = threading.Lock()

    def __getitem__(self, view: str) -> Index:
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
                if view not in self._open:
                    self._from_files(self._rows, view)

    def _opened(self, view: str) -> Index:
        rows, dimension = self._rows, self._dimensions[view]
        if isinstance(rows, RowsInFolder) and len(self._ids) > search.EXACT_BELOW:
            return self._from_files(rows, view)
        pieces = [_matrix(piece, dimension) for piece in rows.pieces(vector_column(view))]
        return Index.build(np.concatenate(pieces), self._ids)

    def _from_files(self, rows: RowsInFolder, view: str) -> Index:
        problem: OSError | None = None
        for place in _places(rows.folder):
            matrix, lists = place / f"{view}.npy", place / f"{view}.index"
            try:
                if not self._are_of(matrix, rows, view):
                    lists.unlink(missing_ok=True)
                    self._write_matrix(matrix, rows, view)
                return _index(lists, matrix, self._ids)
            except OSError as exc:
                problem = exc
        raise SearchError(
            f"the index of {rows.folder} can be written neither there nor below {CACHE}: {problem}"
        )

    def _are_of(self, matrix: Path, rows: RowsInFolder, view: str) -> bool:
        """Whether a file has the vectors of these rows, judged by some."""
        try:
            held = np.load(matrix, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            return False
        if held.shape != (len(self._ids), self._dimensions[view]):
            return False
        name, some = vector_column(view), np.linspace(0, len(held) - 1, LOOKED_AT).astype(int)
        return all(np.array_equal(held[row], rows.values(int(row), [name])[name]) for row in some)

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


def _places(folder: Path) -> tuple[Path, Path]:
    """Where the files of a catalog's index may lie, the better place first."""
    name = hashlib.sha256(f"{folder.resolve()}\n".encode() + (folder / MANIFEST).read_bytes()).hexdigest()
    return folder / INDEX, CACHE / name[:32]
