"""Where on the sky a row is, as HATS counts it: pixels of HEALPix, nested. The sphere is cut into twelve, and
each pixel of an order into four of the next (Górski et al. 2005, ApJ 622, 759). Degrees, ICRS.

Only this direction is needed, and in numpy it is shorter than what a library would bring with it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

ORDER = 29
"""Of the spatial index of a row: pixels of 0.4 milliarcseconds."""
Pixels = NDArray[np.int64]


def healpix(ra: NDArray[np.floating[Any]], dec: NDArray[np.floating[Any]]) -> Pixels:
    """(n,) pixels of `ORDER` of positions (n,) in degrees, all of them finite."""
    side = 1 << ORDER
    height, radius = np.sin(np.radians(dec)), np.cos(np.radians(dec))
    quarter = np.mod(ra, 360.0) / 90.0
    # the belt, where the grid's lines are straight in (ra, sin dec)
    rising, falling = side * (0.5 + quarter - 0.75 * height), side * (0.5 + quarter + 0.75 * height)
    up, down = rising.astype(np.int64), falling.astype(np.int64)
    row, column = up >> ORDER, down >> ORDER
    belt_face = np.where(row == column, row % 4 + 4, np.where(row < column, row % 4, column % 4 + 8))
    belt = belt_face, down & (side - 1), side - 1 - (up & (side - 1))
    # the caps, where they meet at the pole
    cap_number = np.minimum(quarter.astype(np.int64), 3)
    along, spread = quarter - cap_number, side * radius / np.sqrt((1 + np.abs(height)) / 3)
    up = np.minimum((along * spread).astype(np.int64), side - 1)
    down = np.minimum(((1 - along) * spread).astype(np.int64), side - 1)
    is_north = height > 0
    cap = (
        np.where(is_north, cap_number, cap_number + 8),
        np.where(is_north, side - 1 - down, up),
        np.where(is_north, side - 1 - up, down),
    )
    is_belt = np.abs(height) <= 2 / 3
    face, x, y = (np.where(is_belt, one, other) for one, other in zip(belt, cap, strict=True))
    pixels: Pixels = (face << (2 * ORDER)) | _spread(x) | (_spread(y) << 1)
    return pixels


def cut(pixels: Pixels, most: int) -> list[tuple[int, int, Pixels]]:
    """Rows (n,) in as few pixels as hold at most so many each, as (order, pixel, rows as the sky has them),
    in the order of a HATS catalog: by order, then by pixel."""
    rows = np.argsort(pixels, kind="stable")
    return sorted(_parts(pixels[rows], rows, 0, most), key=lambda part: part[:2])


def _parts(pixels: Pixels, rows: Pixels, order: int, most: int) -> Iterator[tuple[int, int, Pixels]]:
    """Of rows that are sorted by their pixels."""
    numbers = pixels >> 2 * (ORDER - order)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        if stop - start <= most or order == ORDER:
            yield order, int(numbers[start]), rows[start:stop]
        else:
            yield from _parts(pixels[start:stop], rows[start:stop], order + 1, most)


def _spread(numbers: Pixels) -> Pixels:
    """The bits of numbers below 2^29 with a zero before each."""
    spread = numbers.astype(np.uint64)
    for shift, kept in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(kept)
    bits: Pixels = spread.astype(np.int64)
    return bits
