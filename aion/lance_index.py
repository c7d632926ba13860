"""Similarity search in a table of LanceDB: for more vectors than one process holds, on a disk or in an object
store, with many readers. Needs ``requirements-survey.txt``. Knows nothing of where vectors come from.

The table has the vectors in half precision, their ids, their rows and what can be filtered by. Up to
``EXACT_BELOW`` vectors every one is compared. Beyond, vectors lie in lists around centers, a byte for each
number; a query goes through the nearest lists until about `MET` vectors that may be an answer were met, and
the best are compared again as they are stored.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from aion.errors import ConfigError, SearchError
from aion.unit_vectors import ROWS_AT_ONCE, Rows, Vectors, unit_rows
from aion.vector_index import Match, RowFilter, VectorIndex

EXACT_BELOW = 50_000
"""Vectors up to which every one is compared."""
MET = 5_000
"""Vectors that may be an answer and that a query meets at least."""
REFINED = 5
"""Times as many as are wanted that are compared again."""
ROW, ID, VECTOR = "row", "id", "vector"


class LanceIndex(VectorIndex):
    """The table of that name in a folder or at an address. Made by `build`.

    Raises:
        ConfigError: LanceDB is not installed.
        SearchError: there is no such table.
    """

    def __init__(self, place: str | Path, name: str, ids: Sequence[str]) -> None:
        connection = _lancedb().connect(str(place))
        try:
            self._table: Any = connection.open_table(name)
        except (ValueError, OSError) as exc:
            raise SearchError(f"{place} has no table {name} of LanceDB: {exc}") from exc
        if self._table.count_rows() != len(ids):
            raise SearchError(
                f"the table {name} in {place} has {self._table.count_rows()} vectors, and there are "
                f"{len(ids)} ids; build it again"
            )
        self.ids = ids
        self._lists = _list_count(len(ids))

    @classmethod
    def build(
        cls, place: str | Path, name: str, batches: Iterable[pa.RecordBatch], ids: Sequence[str]
    ) -> Self:
        """A new table, in place of one of that name.

        Args:
            batches: In the order of the ids and all of one schema: ``vector``, fixed lists of numbers of any
                length but zero, and columns to filter by.

        Raises:
            SearchError: a vector is zero or not finite.
        """
        numbered = _numbered(batches, ids)
        first = next(numbered)
        problems: list[SearchError] = []
        reader = pa.RecordBatchReader.from_batches(first.schema, _chained(first, numbered, problems))
        try:
            table = _lancedb().connect(str(place)).create_table(name, data=reader, mode="overwrite")
        except RuntimeError as exc:  # as which what is wrong with a batch comes back
            raise problems[0] if problems else SearchError(f"{place}: {exc}") from exc
        if len(ids) > EXACT_BELOW:
            lists = import_module("lancedb.index").IvfSq
            table.create_index(
                VECTOR, config=lists(distance_type="cosine", num_partitions=_list_count(len(ids)))
            )
        return cls(place, name, ids)

    @property
    def dimension(self) -> int:
        return int(self._table.schema.field(VECTOR).type.list_size)

    @property
    def is_exact(self) -> bool:
        """True where every vector is compared."""
        return len(self) <= EXACT_BELOW

    def rows(self, chosen: Rows) -> Vectors:
        """(m, D) unit vectors of rows (m,), a copy."""
        if not len(chosen):
            return np.empty((0, self.dimension), np.float32)
        offsets, back = np.unique(np.asarray(chosen, np.int64), return_inverse=True)
        held = self._table.take_offsets(offsets.tolist()).select([ROW, VECTOR]).to_arrow()
        order = np.argsort(held[ROW].to_numpy())
        return self._unit(held[VECTOR].combine_chunks())[order][back]

    def pieces(self) -> Iterator[tuple[int, Vectors]]:
        """All vectors in their order, some at a time, with the row of the first."""
        for first in range(0, len(self), ROWS_AT_ONCE):
            yield first, self.rows(np.arange(first, min(first + ROWS_AT_ONCE, len(self))))

    def query(
        self, vector: ArrayLike, k: int, where: NDArray[np.bool_] | RowFilter | None = None
    ) -> list[Match]:
        """As `VectorIndex.query`; a filter is asked as SQL, a mask as the rows that it keeps."""
        search = self._table.search(self._question(vector, k), vector_column_name=VECTOR)
        search = search.distance_type("cosine").select([ROW, "_distance"]).limit(k)
        count = len(self)
        if isinstance(where, np.ndarray):
            where = _Rows(self._checked(where))
        if where is not None:
            clause = where.sql()
            search, count = search.where(clause, prefilter=True), self._table.count_rows(clause)
        if not count:
            return []
        if not self.is_exact:
            probes = -(-MET * max(1, k // 100) * self._lists // count)
            search = search.nprobes(min(probes, self._lists)).refine_factor(REFINED)
        held = search.to_arrow()
        cosines, rows = 1 - held["_distance"].to_numpy(), held[ROW].to_numpy()
        order = np.lexsort((rows, -cosines))
        return [Match(self.ids[int(rows[i])], float(np.clip(cosines[i], -1, 1)), int(rows[i])) for i in order]

    def nearest(self, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """As `VectorIndex.nearest`, a query for each."""
        chosen = self._others(k, rows)
        found = [self.query(self.vector(row), k + 1) for row in chosen.tolist()]
        others = [
            ([one for one in matches if one.row != row] or matches)[:k]
            for row, matches in zip(chosen.tolist(), found, strict=True)
        ]
        return (
            np.array([[one.row for one in matches] for matches in others], np.int64),
            np.array([[one.similarity for one in matches] for matches in others], np.float32),
        )

    def _unit(self, column: pa.FixedSizeListArray) -> Vectors:
        return unit_rows(column.flatten().to_numpy(zero_copy_only=False).reshape(-1, self.dimension))


def _numbered(batches: Iterable[pa.RecordBatch], ids: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """With the row and the id of each."""
    first = 0
    for batch in batches:
        vectors = batch.column(VECTOR)
        width = vectors.type.list_size
        unit_rows(vectors.flatten().to_numpy(zero_copy_only=False).reshape(-1, width), first=first)
        rows = np.arange(first, first + len(batch))
        first += len(batch)
        names = ids[rows[0] : first]
        added = {ROW: pa.array(rows), ID: pa.array([*names, *[""] * (len(rows) - len(names))], pa.string())}
        held = {name: batch.column(name) for name in batch.schema.names if name not in added}
        yield pa.record_batch(held | added)
    if first != len(ids):
        raise SearchError(f"{first} vectors but {len(ids)} ids")


def _chained(
    first: pa.RecordBatch, rest: Iterator[pa.RecordBatch], problems: list[SearchError]
) -> Iterator[pa.RecordBatch]:
    yield first
    try:
        yield from rest
    except SearchError as exc:
        problems.append(exc)
        raise


def _list_count(vectors: int) -> int:
    return round(math.sqrt(vectors))


@dataclass(frozen=True, eq=False)
class _Rows:
    """A mask as a filter."""

    keep: NDArray[np.bool_]

    def sql(self) -> str:
        rows = np.flatnonzero(self.keep).tolist()
        return f"{ROW} IN ({', '.join(map(str, rows))})" if rows else "false"


def _lancedb() -> Any:
    try:
        return import_module("lancedb")
    except ImportError as exc:
        raise ConfigError("LanceDB is not installed; pip install 'aion-explorer[survey]'") from exc
