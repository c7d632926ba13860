"""How well the tokens of held-out objects kept them: quantiles of reduced chi², from the ``metrics.json``
beside the weights.

    {"reconstruction chi2 quantiles":
        {"tok_spectrum_sdss": {"n": 3201, "0.05": 0.97, "0.5": 1.9, "0.95": 7.2}, "tok_image": {...}}}

One row per token stream; every key that is a number is a share of the objects, its value the reduced chi²
that they stay below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

TABLE = "reconstruction chi2 quantiles"


@dataclass(frozen=True)
class Quantiles:
    """The distribution of one stream."""

    shares: tuple[float, ...]
    """0 to 1, increasing."""
    values: tuple[float, ...]
    """Reduced chi², not decreasing."""
    count: int | None
    """Objects that it was measured on."""

    def rank(self, value: float) -> float:
        """0 to 1: the share of the objects that lie below, between the first and the last stored share."""
        return float(np.interp(value, self.values, self.shares))


def chi2_quantiles(metrics: Mapping[str, Any]) -> dict[str, Quantiles]:
    """Token key -> its distribution; only those that were measured and make sense."""
    table = metrics.get(TABLE)
    read = (
        {key: _quantiles(row) for key, row in table.items() if isinstance(row, dict)}
        if isinstance(table, dict)
        else {}
    )
    return {key: found for key, found in read.items() if found is not None}


def _quantiles(row: Mapping[str, Any]) -> Quantiles | None:
    pairs = sorted(
        (float(key), float(value))
        for key, value in row.items()
        if _is_share(key) and isinstance(value, (int, float))
    )
    values = tuple(value for _, value in pairs)
    if len(pairs) < 2 or any(later < earlier for earlier, later in pairwise(values)):
        return None
    count = row.get("n")
    return Quantiles(tuple(share for share, _ in pairs), values, count if isinstance(count, int) else None)


def _is_share(key: str) -> bool:
    try:
        return 0 <= float(key) <= 1
    except ValueError:
        return False
