"""The nearest of other positions to each of some, within a small radius. Degrees, ICRS."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.catalog.healpix import ORDER, healpix
from aion.sphere import separation

RADIUS = 1.0
"""Arcsec, within which two positions are of one object: the width of a fiber and of good seeing."""
LEVEL = 13
"""Order of the pixels that are looked through: 26 arcsec, far wider than the radius."""
_AROUND = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
Degrees = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]


def pixels_around(ra: Degrees, dec: Degrees) -> Rows:
    """(n, 9) pixels of `ORDER` of each position (n,) and of points around it: whatever is within the radius
    lies in one of their pixels of `LEVEL`."""
    step = 3 * RADIUS / 3600
    across = step / np.maximum(np.cos(np.radians(dec)), 1e-3)
    points = [healpix(ra + x * across, np.clip(dec + y * step, -90, 90)) for x, y in _AROUND]
    return np.stack(points, axis=1)


def nearest_within(ra: Degrees, dec: Degrees, others: tuple[Degrees, Degrees]) -> tuple[Rows, Degrees]:
    """Row of the nearest of the others (m,), -1 where none is within `RADIUS`, and its distance, arcsec,
    for each position (n,)."""
    nearest, distance = np.full(len(ra), -1), np.full(len(ra), np.nan)
    if not len(others[0]):
        return nearest, distance
    shift = 2 * (ORDER - LEVEL)
    held = healpix(*others) >> shift
    order = np.argsort(held, kind="stable")
    looked_at = np.sort(pixels_around(ra, dec) >> shift, axis=1)
    is_new = np.diff(looked_at, axis=1, prepend=-1) > 0
    rows, column = np.nonzero(is_new)
    first, end = (np.searchsorted(held[order], looked_at[rows, column], side) for side in ("left", "right"))
    counts = end - first
    pairs = np.repeat(rows, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    found = order[np.repeat(first, counts) + within]
    apart = separation(ra[pairs], dec[pairs], others[0][found], others[1][found])
    best = np.lexsort((apart, pairs))
    best = best[apart[best] <= RADIUS]
    best = best[np.diff(pairs[best], prepend=-1) > 0]
    nearest[pairs[best]], distance[pairs[best]] = found[best], apart[best]
    return nearest, distance
