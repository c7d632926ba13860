"""How unusual an object is: its distance to its nearest neighbors, ranked among the same distance of the
catalog's own objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
