"""Long series made short without losing a line: min-max decimation, runs of masked pixels, ranges that show
the data. numpy only."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

POINTS = 9_000
"""Points a browser draws without effort; a DESI spectrum (7781 pixels) is drawn whole."""


def decimate(values: Floats, *, points: int = POINTS) -> NDArray[np.intp]:
    """Indices to draw, increasing: everything when short, else the lowest and the highest value of each of
    ``points // 2`` bins.

    A line of one pixel stays as high as it is; a bin without a finite value keeps a pixel: gaps stay gaps.
    """
    n = len(values)
    if n <= points:
        return np.arange(n)
    starts = np.linspace(0, n, points // 2 + 1).astype(int)
    kept = []
    for start, stop in itertools.pairwise(starts):
        piece = values[start:stop]
        if np.isfinite(piece).any():
            kept += [start + int(np.nanargmin(piece)), start + int(np.nanargmax(piece))]
        else:
            kept.append(int(start))
    return np.unique(np.array(kept))


def smooth(flux: Floats, sigma: Floats, bad: NDArray[np.bool_], pixels: int) -> tuple[Floats, Floats]:
    """Running mean over an odd number of pixels, weighted by 1/sigma², masked ones by 0, and its error.

    NaN where no pixel of the window can be used.
    """
    if pixels < 2:
        return flux, sigma
    usable = ~bad & np.isfinite(flux) & np.isfinite(sigma) & (sigma > 0)
    weight = np.where(usable, 1 / np.where(usable, sigma, 1.0) ** 2, 0.0)
    window = np.ones(pixels)
    total = np.convolve(weight, window, mode="same")
    summed = np.convolve(weight * np.where(usable, flux, 0.0), window, mode="same")
    known = total > 0
    divisor = np.where(known, total, 1.0)
    return np.where(known, summed / divisor, np.nan), np.where(known, 1 / np.sqrt(divisor), np.nan)


def runs(flags: NDArray[np.bool_], *, bridge: int = 3) -> list[tuple[int, int]]:
    """(first, last) index of each stretch of True; at most ``bridge`` pixels apart, two are one."""
    where = np.flatnonzero(flags)
    if not where.size:
        return []
    parts = np.split(where, np.flatnonzero(np.diff(where) > bridge + 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]


def flux_range(flux: Floats, decoded: Floats, bad: NDArray[np.bool_]) -> tuple[float, float]:
    """Lowest and highest flux to show: every feature of two pixels or more, no single hot pixel."""
    good = np.where(bad, np.nan, flux)
    good = good[np.isfinite(good)]
    calm = _median_of_three(good)
    seen = np.concatenate([calm, decoded[np.isfinite(decoded)]])
    if not seen.size:
        return 0.0, 1.0
    low, high = float(np.percentile(seen, 0.3)), float(seen.max())
    low = max(low, -0.25 * high) if high > 0 else low
    margin = 0.06 * (high - low) or 1.0
    return min(low, 0.0) - margin, high + margin


def _median_of_three(values: Floats) -> Floats:
    if len(values) < 3:
        return values
    calm: Floats = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return calm
