"""Similarity search over unit vectors (n, D): cosine, with ids beside it.
Knows nothing of where vectors come from.

Up to ``EXACT_BELOW`` vectors every one is compared. Beyond, vectors lie in lists around centers of k-means,
a byte for each number. A query goes through the nearest lists; the best that it meets are compared again as
they are, so every cosine of an answer is exact. How far a query must go is measured when the index is built.

An index never changes, so several threads may ask the same one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

from aion.errors import IndexMismatchError, SearchError
from aion.ids import Ids
from aion.unit_vectors import Rows, UnitVectorFile, UnitVectors, Vectors
from aion.vector_index import Match, RowFilter, VectorIndex

EXACT_BELOW = 50_000
"""Vectors up to which every one is compared: about 10 ms at D = 384."""
LISTS_PER_ROOT = 2
"""Lists for each square root of the number of vectors: 2,000 for a million."""
TRAINING_ROWS = 50
"""Vectors for each list that k-means sees; FAISS wants 39 or more."""
NEIGHBORS, RECALL, QUERIES = 100, 0.995, 200
"""A query goes as far as it takes to meet this share of this many nearest vectors, on average over
this many vectors of the index."""
FEWEST = 5_000
"""Vectors that a query goes through at least: where a filter keeps fewer, all of them are compared."""
SPARE = 50
"""Vectors beyond twice ``k`` that are compared again: bytes order them nearly, not quite, as they are."""
QUERIES_AT_ONCE = 64


class Index(VectorIndex):
    """Vectors and their ids, in this process. Make one with `build`."""

    def __init__(
        self, vectors: UnitVectors | UnitVectorFile, ids: Sequence[str], lists: "_Lists | None"
    ) -> None:
        self._vectors = vectors
        self._lists = lists
        self.ids = ids

    @classmethod
    def build(cls, vectors: ArrayLike | Path, ids: Sequence[str]) -> Self:
        """An index of vectors (n, D) of any length but zero; the same vectors give the same index.

        Args:
            vectors: An array, which is copied; or an .npy file, which must stay as it is: more than
                ``EXACT_BELOW`` vectors are left there and read where they are needed.

        Raises:
            SearchError: shapes differ, ids repeat, a vector is zero or not finite, or a file has none.
        """
        rows = _opened(vectors)
        names = _checked_ids(ids, len(rows))
        return cls(rows, names, None if len(rows) <= EXACT_BELOW else _Lists.build(rows))

    @classmethod
    def load(cls, path: Path, vectors: ArrayLike | Path, ids: Sequence[str]) -> Self:
        """The index that `save` wrote, of the vectors and ids that `build` had.

        Raises:
            SearchError: as for `build`, or the file is no index of this version.
            IndexMismatchError: it was built from other vectors.
        """
        rows = _opened(vectors)
        names = _checked_ids(ids, len(rows))
        lists = _Lists.load(path)
        if not lists.hold(rows):
            raise IndexMismatchError(
                f"the index in {path} was built from other vectors than these {len(rows)}; build it again"
            )
        return cls(rows, names, lists)

    def save(self, path: Path) -> None:
        """What took long to build, into a file: a byte for each number. Vectors and ids are not in it.

        Raises:
            SearchError: every vector is compared, so nothing took long.
        """
        if self._lists is None:
            raise SearchError(
                f"an index of up to {EXACT_BELOW} vectors is these and nothing else; "
                "keep them and build it again, which takes no time"
            )
        self._lists.save(path)

    @property
    def dimension(self) -> int:
        return self._vectors.dimension

    @property
    def is_exact(self) -> bool:
        """True where every vector is compared, False where a query goes through the nearest lists."""
        return self._lists is None

    def rows(self, chosen: Rows) -> Vectors:
        """(m, D) unit vectors of rows (m,), a copy."""
        return self._vectors.rows(np.asarray(chosen, dtype=np.int64))

    def pieces(self) -> Iterator[tuple[int, Vectors]]:
        """All vectors in their order, some at a time, with the row of the first; not to be changed."""
        return self._vectors.pieces()

    def nearest(self, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """As `VectorIndex.nearest`."""
        queries = self._others(k, rows)
        parts = [queries[i : i + QUERIES_AT_ONCE] for i in range(0, len(queries), QUERIES_AT_ONCE)]
        pairs = [self._best(self._vectors.rows(part), k + 1) for part in parts]
        neighbors, cosines = (np.concatenate(part) for part in zip(*pairs, strict=True))
        others = neighbors != queries[:, None]
        others[others.all(axis=1), -1] = False  # copies may hide the row itself: the last one gives way
        return neighbors[others].reshape(-1, k), cosines[others].reshape(-1, k)

    def query(
        self, vector: ArrayLike, k: int, where: "NDArray[np.bool_] | RowFilter | None" = None
    ) -> list[Match]:
        """As `VectorIndex.query`."""
        question = self._question(vector, k)
        keep = None if where is None else self._checked(where)
        if self._lists is None:
            rows = np.arange(len(self)) if keep is None else np.flatnonzero(keep)
            cosines = self.similarities(question)[rows]
        else:
            rows = np.sort(self._lists.candidates(question[None], k, keep)[0])
            cosines = np.clip(self._vectors.rows(rows) @ question, -1, 1)
        best = np.argsort(-cosines, kind="stable")[:k]
        return [Match(self.ids[rows[i]], float(cosines[i]), int(rows[i])) for i in best]

    def _best(self, questions: Vectors, k: int) -> tuple[Rows, Vectors]:
        """Rows and cosines, (m, k) each, of the ``k`` most similar to each of (m, D), best first."""
        if self._lists is None:
            return _nearest_of_all(self._vectors, questions, k)
        rows = np.sort(self._lists.candidates(questions, k), axis=1)
        candidates = self._vectors.rows(rows.ravel()).reshape(*rows.shape, -1)
        return _first(rows, np.einsum("mcd,md->mc", candidates, questions), k)


class _Lists:
    """Vectors in lists around centers, as FAISS keeps them."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        """Its ``nprobe`` says how far a query goes, in lists of mean size."""
        self._sizes = np.array([engine.invlists.list_size(i) for i in range(engine.nlist)])
        self._list_of = np.empty(engine.ntotal, dtype=np.int32)
        for i, size in enumerate(self._sizes.tolist()):
            if size:  # the ids of an empty one are nowhere
                self._list_of[faiss.rev_swig_ptr(engine.invlists.get_ids(i), size)] = i

    @classmethod
    def build(cls, vectors: UnitVectors | UnitVectorFile) -> Self:
        """All vectors are read twice: to put each into its list, and to measure how far a query must go."""
        generator, n = np.random.default_rng(0), len(vectors)
        count = round(LISTS_PER_ROOT * n**0.5)
        engine: Any = faiss.index_factory(vectors.dimension, f"IVF{count},SQ8", faiss.METRIC_INNER_PRODUCT)
        engine.train(vectors.rows(_drawn(generator, n, TRAINING_ROWS * count)))
        for _, piece in vectors.pieces():
            engine.add(piece)
        lists = cls(engine)
        queries = _drawn(generator, n, QUERIES)
        questions = vectors.rows(queries)
        neighbors, _ = _nearest_of_all(vectors, questions, NEIGHBORS + 1)
        steps = lists._steps(questions, neighbors)[neighbors != queries[:, None]]
        engine.nprobe = int(np.ceil(max(np.quantile(steps, RECALL), FEWEST) * count / n))
        return lists

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises SearchError: there is none of this version."""
        try:
            engine = faiss.read_index(str(path))
        except RuntimeError as exc:
            raise SearchError(f"{path} is no index: {exc}") from exc
        if not isinstance(engine, faiss.IndexIVFScalarQuantizer):
            raise SearchError(
                f"the index in {path} was written by another version of this program "
                f"({type(engine).__name__} is not read any more); build it again"
            )
        return cls(engine)

    def save(self, path: Path) -> None:
        faiss.write_index(self._engine, str(path))

    def hold(self, vectors: UnitVectors | UnitVectorFile) -> bool:
        """Whether these vectors are in their lists, judged by some."""
        if (self._engine.ntotal, self._engine.d) != (len(vectors), vectors.dimension):
            return False
        rows = _drawn(np.random.default_rng(0), len(vectors), QUERIES)
        nearest = self._engine.quantizer.assign(vectors.rows(rows), 1)[:, 0]
        return bool(
            np.mean(nearest == self._list_of[rows]) > 0.9
        )  # rounding moves what is between two centers

    def candidates(self, questions: Vectors, k: int, where: NDArray[np.bool_] | None = None) -> Rows:
        """(m, c) rows, of those that ``where`` keeps, among which the ``k`` nearest to each of (m, D) are.

        The nearest lists are gone through until as many vectors that may be an answer were met as it takes
        without a filter: where one in twenty may be, in twenty times the lists, or in all that have one.
        """
        allowed = self._sizes
        if where is not None:
            allowed = np.bincount(self._list_of[np.flatnonzero(where)], minlength=len(self._sizes))
        total = int(allowed.sum())
        count = min(2 * k + SPARE, total)
        if not count:
            return np.empty((len(questions), 0), dtype=np.int64)
        way = self._engine.nprobe * self._engine.ntotal / self._engine.nlist * max(1, k / NEIGHBORS)
        steps = np.cumsum(allowed[self._order(questions)], axis=1)
        lists = 1 + int((steps < min(max(way, count), total)).sum(axis=1).max())
        bitmap: Any = faiss.IDSelectorBitmap  # faiss's type stubs know neither's arguments
        parameters: Any = faiss.SearchParametersIVF
        selector = None if where is None else bitmap(np.packbits(where, bitorder="little"))
        rows: Rows = self._engine.search(questions, count, params=parameters(nprobe=lists, sel=selector))[1]
        return rows

    def _order(self, questions: Vectors) -> Rows:
        """(m, lists) nearest to each of (m, D) first."""
        order: Rows = self._engine.quantizer.search(questions, self._engine.nlist)[1]
        return order

    def _steps(self, questions: Vectors, rows: Rows) -> Rows:
        """(m, c) how many vectors each of (m, D) meets until the list of a row (m, c) is done."""
        order = self._order(questions)
        steps = np.empty_like(order)
        np.put_along_axis(steps, order, np.cumsum(self._sizes[order], axis=1), axis=1)
        return np.take_along_axis(steps, self._list_of[rows].astype(np.int64), axis=1)


def _opened(vectors: ArrayLike | Path) -> UnitVectors | UnitVectorFile:
    """Few of a file come into memory."""
    if not isinstance(vectors, Path):
        return UnitVectors(vectors)
    file = UnitVectorFile(vectors)
    return file if len(file) > EXACT_BELOW else UnitVectors(file.rows(np.arange(len(file))))


def _checked_ids(ids: Sequence[str], n: int) -> Sequence[str]:
    names = ids if isinstance(ids, Ids) else tuple(map(str, ids))
    if len(names) != n:
        raise SearchError(f"{n} vectors but {len(names)} ids")
    if not isinstance(names, Ids) and len(set(names)) != n:
        raise SearchError(f"id {Counter(names).most_common(1)[0][0]!r} is given twice; ids must be unique")
    return names


def _nearest_of_all(
    vectors: UnitVectors | UnitVectorFile, questions: Vectors, k: int
) -> tuple[Rows, Vectors]:
    """Rows and cosines, (m, k) each, of the ``k`` most similar to each of (m, D), every vector compared."""
    rows, cosines = np.empty((len(questions), 0), np.int64), np.empty((len(questions), 0), np.float32)
    for first, piece in vectors.pieces():
        near, at = faiss.knn(questions, piece, min(k, len(piece)), metric=faiss.METRIC_INNER_PRODUCT)
        rows, cosines = _first(np.hstack([rows, at + first]), np.hstack([cosines, near]), k)
    return rows, cosines


def _first(rows: Rows, cosines: Vectors, k: int) -> tuple[Rows, Vectors]:
    """The ``k`` of the highest cosines of rows (m, c), best first; (m, k) each."""
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, best, axis=1), np.clip(np.take_along_axis(cosines, best, axis=1), -1, 1)


def _drawn(generator: np.random.Generator, n: int, count: int) -> Rows:
    """(count,) of n rows, in order; all where there are fewer."""
    return np.sort(generator.choice(n, min(n, count), replace=False))
