"""What every index of unit vectors (n, D) does, whoever keeps them: cosine, with ids beside it.

An index never changes, so several threads may ask the same one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aion.errors import SearchError
from aion.unit_vectors import Rows, Vectors, unit_rows


@dataclass(frozen=True)
class Match:
    """One answer. ``similarity`` is a cosine, -1 to 1; ``row`` counts in the order the vectors were given."""

    id: str
    similarity: float
    row: int


class RowFilter(Protocol):
    """Which rows may be an answer."""

    @property
    def keep(self) -> NDArray[np.bool_]:
        """(n,) True = may be."""

    def sql(self) -> str:
        """The same, on the columns of a table whose rows these are."""


class VectorIndex(ABC):
    """Vectors and their ids."""

    ids: Sequence[str]

    @abstractmethod
    def rows(self, chosen: Rows) -> Vectors:
        """(m, D) unit vectors of rows (m,), a copy."""

    @abstractmethod
    def pieces(self) -> Iterator[tuple[int, Vectors]]:
        """All vectors in their order, some at a time, with the row of the first; not to be changed."""

    @abstractmethod
    def query(
        self, vector: ArrayLike, k: int, where: NDArray[np.bool_] | RowFilter | None = None
    ) -> list[Match]:
        """The ``k`` most similar, best first; fewer where the index or ``where`` holds fewer.

        Args:
            vector: (D,), any length but zero.
            where: (n,) True = may be an answer, or a filter that says so. It takes part in the search,
                so ``k`` answers come back when there are ``k``.

        Raises:
            SearchError: k is below 1, or a shape does not fit.
        """

    @abstractmethod
    def nearest(self, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """Rows and cosines, (n, k) each, of the ``k`` most similar to every vector but itself, best first.

        Args:
            rows: (m,) Those whose neighbors are wanted, if not of all: (m, k) come back.

        Raises:
            SearchError: there are no ``k`` others.
        """

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Numbers of a vector."""

    @property
    @abstractmethod
    def is_exact(self) -> bool:
        """True where every vector is compared, False where a query goes through the nearest lists."""

    def __len__(self) -> int:
        return len(self.ids)

    def vectors(self, rows: Rows | None = None) -> Vectors:
        """(n, D) unit vectors, a copy; (m, D) where only those of ``rows`` (m,) are wanted."""
        return np.concatenate([piece for _, piece in self.pieces()]) if rows is None else self.rows(rows)

    def vector(self, row: int) -> Vectors:
        """(D,) the unit vector of a row."""
        unit: Vectors = self.rows(np.array([row]))[0]
        return unit

    def similarities(self, vector: ArrayLike) -> Vectors:
        """(n,) cosines of ``vector`` (D,) with every vector of the index, in its order; always exact."""
        question = self._question(vector)
        cosines: Vectors = np.concatenate([piece @ question for _, piece in self.pieces()])
        return cosines.clip(-1, 1)

    def _question(self, vector: ArrayLike, k: int = 1) -> Vectors:
        """(D,) of length 1."""
        if k < 1:
            raise SearchError(f"k is {k}; at least one neighbor must be asked for")
        question: Vectors = unit_rows(np.asarray(vector)[None], dimension=self.dimension)[0]
        return question

    def _checked(self, where: NDArray[np.bool_] | RowFilter) -> NDArray[np.bool_]:
        """(n,) True = may be an answer."""
        keep = where if isinstance(where, np.ndarray) else where.keep
        if keep.dtype != bool or keep.shape != (len(self),):
            raise SearchError(
                f"the filter is {keep.dtype} of shape {keep.shape}; "
                f"one bool per row is expected, {len(self)} in all"
            )
        return keep

    def _others(self, k: int, rows: Rows | None) -> Rows:
        """(m,) rows whose ``k`` neighbors are sought."""
        if not 1 <= k < len(self):
            raise SearchError(f"k is {k}; each of {len(self)} vectors has {len(self) - 1} others")
        return np.arange(len(self)) if rows is None else np.asarray(rows, dtype=np.int64)
