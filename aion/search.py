"""Similarity search over unit vectors (n, D): cosine, with ids and metadata beside it. Knows nothing of where vectors come from.

An index never changes: ``add`` returns a new one, so several threads may ask the same index.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aion.errors import IndexMismatchError, SearchError

EXACT_BELOW = 50_000
"""Vectors up to which every one is compared: about 10 ms at D = 384. Above, a graph (HNSW) is walked."""
LINKS = 32
"""Graph neighbours per vector (HNSW M): the usual choice for hundreds of dimensions."""
BUILD_BEAM, SEARCH_BEAM = 200, 256
"""Candidates kept while the graph is built and walked; recall@10 stays above 0.95 on random vectors, the hardest case."""


@dataclass(frozen=True)
class Match:
    """One answer. ``similarity`` is a cosine, -1 to 1; ``row`` counts in the order the vectors were given."""

    id: str
    similarity: float
    row: int


class Index:
    """Vectors, their ids, and metadata row by row. Make one with `build` or `load`."""

    def __init__(self, engine: Any, ids: tuple[str, ...], metadata: pd.DataFrame | None, model_sha256: str) -> None:
        self._engine = engine
        self.ids = ids
        self.metadata = metadata
        """One row per vector, in the same order, or None."""
        self.model_sha256 = model_sha256
        """Of the weights that made the vectors."""

    @classmethod
    def build(
        cls,
        vectors: ArrayLike,
        ids: Sequence[str],
        metadata: pd.DataFrame | None = None,
        *,
        model_sha256: str,
    ) -> "Index":
        """An index of vectors (n, D), scaled to length 1; exact up to ``EXACT_BELOW`` of them, HNSW above.

        Raises:
            SearchError: shapes differ, ids repeat, or a vector is zero or not finite.
        """
        rows = _unit_rows(vectors)
        _check_rows(len(rows), ids, metadata)
        dimension = rows.shape[1]
        if len(rows) <= EXACT_BELOW:
            engine: Any = faiss.IndexFlatIP(dimension)
        else:
            engine = faiss.IndexHNSWFlat(dimension, LINKS, faiss.METRIC_INNER_PRODUCT)
            engine.hnsw.efConstruction = BUILD_BEAM
        engine.add(rows)
        return cls(engine, tuple(map(str, ids)), _numbered(metadata), model_sha256)

    def add(self, vectors: ArrayLike, ids: Sequence[str], metadata: pd.DataFrame | None = None) -> "Index":
        """A new index with more vectors at its end.

        Raises:
            SearchError: as `build`, or the width differs, or only one of the two has metadata.
        """
        rows = _unit_rows(vectors, dimension=self.dimension)
        _check_rows(len(rows), (*self.ids, *map(str, ids)), metadata, held=len(self))
        if (metadata is None) != (self.metadata is None):
            raise SearchError("either both the index and what is added have metadata, or neither")
        together = None if metadata is None else pd.concat([self.metadata, metadata], ignore_index=True)
        if self.is_exact and len(self) + len(rows) > EXACT_BELOW:
            everything = np.concatenate([self.vectors(), rows])
            return Index.build(everything, (*self.ids, *ids), together, model_sha256=self.model_sha256)
        engine = faiss.clone_index(self._engine)
        engine.add(rows)
        return Index(engine, (*self.ids, *map(str, ids)), together, self.model_sha256)

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
        """Rows and cosines, (n, k) each, of the ``k`` most similar to every vector, best first, without itself.

        Raises:
            SearchError: there are no ``k`` others.
        """
        if not 1 <= k < len(self):
            raise SearchError(f"k is {k}; each of {len(self)} vectors has {len(self) - 1} others")
        cosines, rows = self._engine.search(self._held(), k + 1)
        others = rows != np.arange(len(self))[:, None]
        others[others.all(axis=1), -1] = False  # among copies of one vector the row itself may be missing: the last one gives way
        return rows[others].reshape(-1, k).astype(np.int64), np.clip(cosines[others].reshape(-1, k), -1, 1)

    def query(self, vector: ArrayLike, k: int, where: NDArray[np.bool_] | None = None) -> list[Match]:
        """The ``k`` most similar, best first; fewer where the index or ``where`` holds fewer.

        Args:
            vector: (D,), any length but zero.
            where: (n,) True = may be an answer. It takes part in the search, so ``k`` answers come back when there are ``k``.

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
            walk: Any = getattr(faiss, "SearchParametersHNSW")  # noqa: B009 - missing from faiss's own type stubs
            options = walk(efSearch=beam) if where is None else walk(efSearch=beam, sel=faiss.IDSelectorBatch(allowed))
            similarity, rows = self._engine.search(question, min(k, len(allowed)), params=options)
        elif where is None:
            similarity, rows = self._engine.search(question, min(k, len(self)))
        else:  # few enough to compare each: the graph would miss answers behind a narrow filter
            held = self._held() @ question[0] if self.is_exact else None
            compared = self._engine.reconstruct_batch(allowed) @ question[0] if held is None else held[allowed]
            best = np.argsort(-compared, kind="stable")[:k]
            similarity, rows = compared[None, best], allowed[None, best]
        found = zip(similarity[0], rows[0], strict=True)
        return [Match(self.ids[row], float(np.clip(cosine, -1, 1)), int(row)) for cosine, row in found if row >= 0]

    def save(self, folder: str | Path) -> None:
        """``vectors.faiss``, ``rows.parquet`` and, last, ``index.json``, which makes the folder an index."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self._engine, str(folder / "vectors.faiss"))
        rows = pd.DataFrame({"id": self.ids}) if self.metadata is None else self.metadata.drop(columns="id", errors="ignore")
        if self.metadata is not None:
            rows.insert(0, "id", list(self.ids))
        rows.to_parquet(folder / "rows.parquet", index=False)
        about = {"model_sha256": self.model_sha256, "count": len(self), "has_metadata": self.metadata is not None}
        (folder / "index.json").write_text(json.dumps(about, indent=2) + "\n")

    @classmethod
    def load(cls, folder: str | Path, *, model_sha256: str | None = None) -> "Index":
        """An index from a folder that `save` wrote; ``model_sha256`` None accepts vectors of any weights.

        Raises:
            IndexMismatchError: the index was made by other weights.
            SearchError: the folder holds no index, or its files do not belong together.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "index.json").read_text())
            rows = pd.read_parquet(folder / "rows.parquet")
            engine = faiss.read_index(str(folder / "vectors.faiss"))
            made_by, count, has_metadata = str(about["model_sha256"]), int(about["count"]), bool(about["has_metadata"])
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise SearchError(f"{folder} does not hold a readable index: {exc}") from exc
        if model_sha256 is not None and made_by != model_sha256:
            raise IndexMismatchError(
                f"the index in {folder} was made by weights {made_by[:12]}…, these are {model_sha256[:12]}…; build it again with these"
            )
        if not count == engine.ntotal == len(rows):
            raise SearchError(f"{folder} should hold {count} vectors; it has {engine.ntotal} vectors and {len(rows)} rows")
        return cls(engine, tuple(rows["id"].astype(str)), rows if has_metadata else None, made_by)

    def _held(self) -> NDArray[np.float32]:
        """(n, D) the vectors, not to be written to: where they lie in memory if the index is exact, else a copy."""
        if not self.is_exact:
            return self.vectors()
        rows: NDArray[np.float32] = faiss.rev_swig_ptr(self._engine.get_xb(), len(self) * self.dimension).reshape(len(self), -1)
        return rows

    def _checked(self, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        where = np.asarray(where)
        if where.dtype != bool or where.shape != (len(self),):
            raise SearchError(f"the filter is {where.dtype} of shape {where.shape}; one bool per row is expected, {len(self)} in all")
        return where


def _unit_rows(vectors: ArrayLike, *, dimension: int | None = None) -> NDArray[np.float32]:
    """(n, D) float32 of length 1; a copy, in C order as FAISS needs it."""
    rows = np.array(vectors, dtype=np.float32, order="C")
    if rows.ndim != 2 or 0 in rows.shape or (dimension is not None and rows.shape[1] != dimension):
        raise SearchError(f"vectors have shape {rows.shape}; (n, {dimension or 'D'}) is expected")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    broken = np.flatnonzero(~np.isfinite(length[:, 0]) | (length[:, 0] == 0))
    if len(broken):
        raise SearchError(f"{len(broken)} vectors are zero or not finite, the first in row {broken[0]}; they have no direction")
    unit: NDArray[np.float32] = rows / length
    return unit


def _check_rows(count: int, ids: Sequence[str], metadata: pd.DataFrame | None, *, held: int = 0) -> None:
    """Raises SearchError unless there is one id per vector, each once, and one row of metadata per new vector."""
    if len(ids) != count + held:
        raise SearchError(f"{count} vectors but {len(ids) - held} ids")
    if len(set(map(str, ids))) != len(ids):
        seen: set[str] = set()
        twice = next(name for name in map(str, ids) if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise SearchError(f"id {twice!r} is given twice; ids must be unique")
    if metadata is not None and len(metadata) != count:
        raise SearchError(f"{count} vectors but {len(metadata)} rows of metadata")


def _numbered(metadata: pd.DataFrame | None) -> pd.DataFrame | None:
    """A copy whose row labels are 0, 1, 2 ..."""
    return None if metadata is None else metadata.reset_index(drop=True)
