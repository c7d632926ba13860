"""How unusual an object is: its distance to its nearest neighbors, ranked among the same distance of the
catalog's own objects."""

from collections.abc import Collection, Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.catalog import Catalog, Vector
from aion.vector_index import VectorIndex

NEAREST = 5
"""Neighbors whose mean distance counts: one alone may be a twin by chance."""
SAMPLE = 2_000
"""Objects of the catalog whose distances make the distribution: its percentiles are good to about 1 %."""


class NeighborDistance:
    """The distribution for the embeddings of one index."""

    def __init__(self, index: VectorIndex) -> None:
        rows = np.random.default_rng(0).permutation(len(index))[:SAMPLE]
        similarities = index.nearest(min(NEAREST, len(index) - 1), rows)[1]
        self.distances: NDArray[np.float64] = np.sort(1 - similarities.mean(axis=1)).astype(np.float64)
        """(sample,) mean of 1 - cosine to the nearest, increasing."""

    def percentile(self, similarities: NDArray[np.floating[Any]]) -> float:
        """0 to 1: the share of the catalog that lies closer to its neighbors than an object with these
        similarities, best first."""
        distance = 1 - float(np.mean(similarities[:NEAREST]))
        return float(np.searchsorted(self.distances, distance, side="left") / len(self.distances))


class DistanceRanks:
    """How far from a catalog objects are. Its own distances are computed once for each index, also where two
    ask for the same."""

    def __init__(self) -> None:
        self._known: dict[VectorIndex, NeighborDistance] = {}
        self._ranking = Lock()

    def of(
        self, catalog: Catalog, used: Collection[str], vectors: Mapping[str, Vector], itself: int | None
    ) -> dict[str, float] | None:
        """View that can be compared -> percentile, as a share, of an object without the one in the row of
        ``itself``; empty where there is none; None where the catalog is too small to tell."""
        if len(catalog) <= NEAREST:
            return None
        ranks = {}
        for view in catalog.comparable(used):
            index = catalog.indexes[view]
            with self._ranking:
                if index not in self._known:
                    self._known[index] = NeighborDistance(index)
            matches = index.query(vectors[view], NEAREST + 1)
            nearest = [match.similarity for match in matches if match.row != itself]
            ranks[view] = self._known[index].percentile(np.array(nearest))
        return ranks
