"""How unusual an object is: its distance to its nearest neighbors, ranked among the same distance of the
catalog's own objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

NEAREST = 5
"""Neighbors whose mean distance counts: one alone may be a twin by chance."""
SAMPLE = 2_000
"""Objects of the catalog whose distances make the distribution: its percentiles are good to about 1 %."""
ROWS_AT_ONCE = 250


class NeighborDistance:
    """The distribution for one set of embeddings, (n, D) unit vectors."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        rows = np.random.default_rng(0).permutation(len(vectors))[:SAMPLE]
        k = min(NEAREST, len(vectors) - 1)
        pieces = []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            chosen = rows[start : start + ROWS_AT_ONCE]
            similarity = vectors[chosen] @ vectors.T
            similarity[np.arange(len(chosen)), chosen] = -np.inf  # nobody is their own neighbor
            pieces.append(1 - np.partition(similarity, -k, axis=1)[:, -k:].mean(axis=1))
        self.distances: NDArray[np.float64] = np.sort(np.concatenate(pieces)).astype(np.float64)
        """(sample,) mean of 1 - cosine to the nearest, increasing."""

    def percentile(self, similarities: NDArray[np.floating[Any]]) -> float:
        """0 to 1: the share of the catalog that lies closer to its neighbors than an object with these
        similarities, best first."""
        distance = 1 - float(np.mean(similarities[:NEAREST]))
        return float(np.searchsorted(self.distances, distance, side="left") / len(self.distances))
