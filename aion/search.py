"""Similarity search over unit vectors (n, D): cosine, with ids beside it.
Knows nothing of where vectors come from or are kept.

An index never changes, so several threads may ask the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

from aion.errors import SearchError

EXACT_BELOW = 50_000
"""Vectors up to which every one is compared: about 10 ms at D = 384. Above, a graph (HNSW) is walked."""
LINKS = 32
"""Graph neighbours per vector (HNSW M): the usual choice for hundreds of dimensions."""
BUILD_BEAM, SEARCH_BEAM = 200, 256
"""Candidates kept while the graph is built and walked; recall@10 stays above 0.95 on
random vectors, the hardest case."""


@dataclass(frozen=True)
class Match:
    """One answer. ``similarity`` is a cosine, -1 to 1; ``row`` counts in the order the vectors were given."""

    id: str
    similarity: float
    row: int


class Index:
    """Vectors and their ids. Make one with `build`."""

    def __init__(self, engine: Any, ids: tuple[str, ...]) -> None:
        self._engine = engine
        self.ids = ids

    @classmethod
    def build(cls, vectors: ArrayLike, ids: Sequence[str]) -> "Index":
        """An index of vectors (n, D), scaled to length 1; exact up to ``EXACT_BELOW`` of them, HNSW above.

        Raises:
            SearchError: shapes differ, ids repeat, or a vector is zero or not finite.
        """
        rows = _unit_rows(vectors)
        names = tuple(map(str, ids))
        if len(names) != len(rows):
            raise SearchError(f"{len(rows)} vectors but {len(names)} ids")
        if len(set(names)) != len(names):
            raise SearchError(f"id {max(names, key=names.count)!r} is given twice; ids must be unique")
        dimension = rows.shape[1]
        if len(rows) <= EXACT_BELOW:
            engine: Any = faiss.IndexFlatIP(dimension)
        else:
            engine = faiss.IndexHNSWFlat(dimension, LINKS, faiss.METRIC_INNER_PRODUCT)
            engine.hnsw.efConstruction = BUILD_BEAM
        engine.add(rows)
        return cls(engine, names)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dimension(self) -> int:
        return int(self._engine.d)

    @property
    def is_exact(self) -> bool:
        """True where every vector is compared, False where a graph is walked."""
        return isinstance(self._engine, faiss.IndexFlat)

    def vectors(self) -> NDArray[np.float32]:
        """(n, D) unit vectors, a copy."""
        held: NDArray[np.float32] = self._engine.reconstruct_n(0, len(self))
        return held

    def vector(self, row: int) -> NDArray[np.float32]:
        """(D,) the unit vector of a row."""
        held: NDArray[np.float32] = self._engine.reconstruct(int(row))
        return held

    def similarities(self, vector: ArrayLike) -> NDArray[np.float32]:
        """(n,) cosines of ``vector`` (D,) with every vector of the index, in its order; always exact."""
        question = _unit_rows(np.asarray(vector)[None], dimension=self.dimension)
        cosines: NDArray[np.float32] = np.clip(self._held() @ question[0], -1, 1)
        return cosines

    def nearest(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows and cosines, (n, k) each, of the ``k`` most similar to every vector but itself, best first.

        Raises:
            SearchError: there are no ``k`` others.
        """
        if not 1 <= k < len(self):
            raise SearchError(f"k is {k}; each of {len(self)} vectors has {len(self) - 1} others")
        cosines, rows = self._engine.search(self._held(), k + 1)
        others = rows != np.arange(len(self))[:, None]
        others[others.all(axis=1), -1] = (
            False  # among copies of one vector the row itself may be missing: the last one gives way
        )
        return rows[others].reshape(-1, k).astype(np.int64), np.clip(cosines[others].reshape(-1, k), -1, 1)

    def query(self, vector: ArrayLike, k: int, where: NDArray[np.bool_] | None = None) -> list[Match]:
        """The ``k`` most similar, best first; fewer where the index or ``where`` holds fewer.

        Args:
            vector: (D,), any length but zero.
            where: (n,) True = may be an answer. It takes part in the search,
                so ``k`` answers come back when there are ``k``.

        Raises:
            SearchError: k is below 1, or a shape does not fit.
        """
        if k < 1:
            raise SearchError(f"k is {k}; at least one neighbour must be asked for")
        question = _unit_rows(np.asarray(vector)[None], dimension=self.dimension)
        allowed = np.arange(len(self)) if where is None else np.flatnonzero(self._checked(where))
        if len(allowed) == 0:
            return []
        if not self.is_exact and (where is None or len(allowed) > EXACT_BELOW):
            beam = max(SEARCH_BEAM, 2 * k)
            walk: Any = getattr(faiss, "SearchParametersHNSW")  # noqa: B009 - faiss's type stubs lack it
            options = (
                walk(efSearch=beam)
                if where is None
                else walk(efSearch=beam, sel=faiss.IDSelectorBatch(allowed))
            )
            similarity, rows = self._engine.search(question, min(k, len(allowed)), params=options)
        elif where is None:
            similarity, rows = self._engine.search(question, min(k, len(self)))
        else:  # few enough to compare each: the graph would miss answers behind a narrow filter
            held = self._held() @ question[0] if self.is_exact else None
            compared = (
                self._engine.reconstruct_batch(allowed) @ question[0] if held is None else held[allowed]
            )
            best = np.argsort(-compared, kind="stable")[:k]
            similarity, rows = compared[None, best], allowed[None, best]
        found = zip(similarity[0], rows[0], strict=True)
        return [
            Match(self.ids[row], float(np.clip(cosine, -1, 1)), int(row)) for cosine, row in found if row >= 0
        ]

    def _held(self) -> NDArray[np.float32]:
        """(n, D) the vectors, not to be written to: the index's own memory if it is exact, else a copy."""
        if not self.is_exact:
            return self.vectors()
        rows: NDArray[np.float32] = faiss.rev_swig_ptr(
            self._engine.get_xb(), len(self) * self.dimension
        ).reshape(len(self), -1)
        return rows

    def _checked(self, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        where = np.asarray(where)
        if where.dtype != bool or where.shape != (len(self),):
            raise SearchError(
                f"the filter is {where.dtype} of shape {where.shape}; "
                f"one bool per row is expected, {len(self)} in all"
            )
        return where


def _unit_rows(vectors: ArrayLike, *, dimension: int | None = None) -> NDArray[np.float32]:
    """(n, D) float32 of length 1; a copy, in C order as FAISS needs it."""
    rows = np.array(vectors, dtype=np.float32, order="C")
    if rows.ndim != 2 or 0 in rows.shape or (dimension is not None and rows.shape[1] != dimension):
        raise SearchError(f"vectors have shape {rows.shape}; (n, {dimension or 'D'}) is expected")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    broken = np.flatnonzero(~np.isfinite(length[:, 0]) | (length[:, 0] == 0))
    if len(broken):
        raise SearchError(
            f"{len(broken)} vectors are zero or not finite, the first in row {broken[0]}; "
            "they have no direction"
        )
    unit: NDArray[np.float32] = rows / length
    return unit
