"""From the vectors of one kind of data to those of another, and the search for what lies there."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aion.catalog.filters import FilteredTable
from aion.unit_vectors import Vectors
from aion.vector_index import VectorIndex

RIDGE = 1e-5
"""Regularization of the bridge between two parts, per object it is fitted on: chosen on the shipped catalog,
the optimum is flat."""
CANDIDATES = 4_000
"""Objects of a large index whose cosines are computed as they are: of those for which the search is most
sensitive, which are the best ones to first order."""


@dataclass(frozen=True)
class Bridge:
    """A ridge regression from the vectors of one view to those of another, both around their means."""

    start: Vectors
    end: Vectors
    turn: Vectors

    @classmethod
    def fit(cls, queries: Vectors, entries: Vectors) -> Self:
        """From vectors of the same objects, (n, D) each."""
        start, end = queries.mean(axis=0), entries.mean(axis=0)
        left, right = (queries - start).astype(np.float64), (entries - end).astype(np.float64)
        penalty = RIDGE * len(queries) * np.eye(queries.shape[1])
        return cls(start, end, np.linalg.solve(left.T @ left + penalty, left.T @ right).astype(np.float32))

    def cosines(self, queries: Vectors, entries: Vectors) -> Vectors:
        """(q, n) between queries (q, D) and vectors (n, D) of the other view, around its mean."""
        cosines: Vectors = self._carried(queries) @ unit(entries - self.end).T
        return cosines

    def search(
        self, index: VectorIndex, query: Vectors, k: int, where: FilteredTable | None, *, least: bool = False
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Rows and cosines of the ``k`` of highest cosine with a query (D,), or of lowest, best first."""
        sign = -1 if least else 1
        if index.is_exact:
            rows = np.arange(len(index)) if where is None else np.flatnonzero(where.keep)
            entries = index.vectors()[rows]
        else:
            rows = self._candidates(index, sign * self._carried(query[None])[0], k, where)
            entries = index.rows(rows)
        cosines = self.cosines(query[None], entries)[0]
        best = np.argsort(-sign * cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def _carried(self, queries: Vectors) -> Vectors:
        return unit(((queries - self.start) @ self.turn).astype(np.float32))

    def _candidates(
        self, index: VectorIndex, direction: Vectors, k: int, where: FilteredTable | None
    ) -> NDArray[np.int64]:
        """Of cosines around the mean the index knows nothing: it is asked for what lies in the direction in
        which they rise at the best of those that lie in the direction itself."""
        first = [match.row for match in index.query(direction, max(100, 2 * k), where)]
        if not first:
            return np.empty(0, np.int64)
        around = index.rows(np.array(first)) - self.end
        length = np.linalg.norm(around, axis=1)
        cosines = around @ direction / length
        best = np.argsort(-cosines)[:k]
        rising = direction + float(np.mean(cosines[best] / length[best])) * self.end
        matches = index.query(rising, max(CANDIDATES, 4 * k), where)
        return np.unique([*first, *(match.row for match in matches)]).astype(np.int64)


def unit(rows: Vectors) -> Vectors:
    """(..., D) of length 1; what is zero stays so."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Vectors = rows / np.maximum(length, 1e-12)
    return scaled
