"""Unit vectors (n, D), float32, in memory or in a file, read a few at a time.
Knows nothing of what they are of or how they are searched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aion.errors import SearchError

ROWS_AT_ONCE = 20_000
"""Vectors of a piece: 60 MB at D = 768."""

Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]


def unit_rows(vectors: ArrayLike, *, dimension: int | None = None, first: int = 0) -> Vectors:
    """(n, D) of length 1, of any length but zero; a copy, in C order as FAISS needs it.

    Args:
        dimension: The D that is expected, if one is.
        first: Row of the first one, for messages.

    Raises:
        SearchError: another shape, or a vector that is zero or not finite.
    """
    rows = np.array(vectors, dtype=np.float32, order="C")
    if rows.ndim != 2 or 0 in rows.shape or (dimension is not None and rows.shape[1] != dimension):
        raise SearchError(f"vectors have shape {rows.shape}; (n, {dimension or 'D'}) is expected")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    broken = np.flatnonzero(~np.isfinite(length[:, 0]) | (length[:, 0] == 0))
    if len(broken):
        raise SearchError(
            f"{len(broken)} vectors are zero or not finite, the first in row {first + broken[0]}; "
            "they have no direction"
        )
    rows /= length
    return rows


class UnitVectors:
    """In memory: a copy of what is given, scaled to length 1.

    Raises:
        SearchError: as for `unit_rows`.
    """

    def __init__(self, vectors: ArrayLike) -> None:
        self._matrix = unit_rows(vectors)
        self.dimension: int = self._matrix.shape[1]

    def __len__(self) -> int:
        return len(self._matrix)

    def rows(self, chosen: Rows) -> Vectors:
        """(m, D) those of rows (m,)."""
        rows: Vectors = self._matrix[chosen]
        return rows

    def pieces(self) -> Iterator[tuple[int, Vectors]]:
        """All in their order, as (first row, vectors that are not to be written to)."""
        for first in range(0, len(self), ROWS_AT_ONCE):
            yield first, self._matrix[first : first + ROWS_AT_ONCE]


class UnitVectorFile:
    """In an .npy file of any float type, which must stay as it is; scaled to length 1 as they are read.
    It is read, not mapped: pages of a mapped file count as memory of the process that looked at them.

    Raises:
        SearchError: the file is no array of (n, D) floats in C order.
    """

    def __init__(self, path: Path) -> None:
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as exc:
            raise SearchError(f"{path} is no array of vectors: {exc}") from exc
        if not (isinstance(array, np.memmap) and array.ndim == 2 and array.dtype.kind == "f"):
            raise SearchError(f"{path} is no .npy file of floats (n, D)")
        if 0 in array.shape or not array.flags.c_contiguous:
            raise SearchError(f"{path} has an array of shape {array.shape}; (n, D) in C order is expected")
        self._path, self._start, self._type = path, array.offset, array.dtype
        self._rows: int = array.shape[0]
        self.dimension: int = array.shape[1]

    def __len__(self) -> int:
        return self._rows

    def rows(self, chosen: Rows) -> Vectors:
        """(m, D) those of rows (m,)."""
        if not len(chosen):
            return np.empty((0, self.dimension), dtype=np.float32)
        return unit_rows(self._read([(int(row), 1) for row in chosen]))

    def pieces(self) -> Iterator[tuple[int, Vectors]]:
        """All in their order, as (first row, vectors that are not to be written to)."""
        for first in range(0, len(self), ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, len(self) - first)
            yield first, unit_rows(self._read([(first, count)]), first=first)

    def _read(self, spans: list[tuple[int, int]]) -> NDArray[np.floating[Any]]:
        """(m, D) as they lie there, of (first row, number of rows)."""
        bytes_per_row = self.dimension * self._type.itemsize
        content = bytearray()
        with self._path.open("rb", buffering=0) as file:
            for first, count in spans:
                file.seek(self._start + first * bytes_per_row)
                content += file.read(count * bytes_per_row)
        if len(content) != sum(count for _, count in spans) * bytes_per_row:
            raise SearchError(f"{self._path} is shorter than it was; build the index again")
        return np.frombuffer(content, dtype=self._type).reshape(-1, self.dimension)
