"""The best of many objects by a score that follows from cosines in one or several indexes, without a look at
all: R. Fagin, A. Lotem, M. Naor 2003, J. Comput. Syst. Sci. 66, 614, the threshold algorithm.

Of each index come the nearest few; an object that is in none of them cannot score above what the last of each
allows. Where as many score better, they are the best of all; else more are taken.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from aion.unit_vectors import Rows, Vectors
from aion.vector_index import RowFilter, VectorIndex

FIRST, MOST, FACTOR = 1_000, 64_000, 4
"""Objects that are taken of each index at first and at last, and how many times more each time."""


def best_by_threshold(
    queries: Sequence[tuple[VectorIndex, Vectors]],
    score: Callable[[Rows], Vectors],
    bound: Callable[[Sequence[float]], float],
    k: int,
    where: RowFilter | None,
) -> tuple[Rows, NDArray[np.floating]] | None:
    """Rows and scores of the ``k`` best, best first; fewer where fewer may be an answer. None: they cannot
    be told without a look at all.

    Args:
        queries: Indexes of the same rows, and the direction (D,) in each that high scores lie in.
        score: Of rows (m,), (m,).
        bound: Given the cosine of each query that an object does not reach, what it can score at most.
    """
    count = max(FIRST, 4 * k)
    while count <= MOST:
        found = [index.query(direction, count, where) for index, direction in queries]
        rows = np.unique([match.row for matches in found for match in matches]).astype(np.int64)
        scores = score(rows)
        best = np.argsort(-scores, kind="stable")[:k]
        is_all = any(len(matches) < count for matches in found)
        limits = [matches[-1].similarity for matches in found if matches]
        if is_all or (len(best) == k and scores[best[-1]] >= bound(limits)):
            return rows[best], scores[best]
        count *= FACTOR
    return None
