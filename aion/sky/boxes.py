"""Boxes of right ascension and declination around a position. Degrees; nothing but geometry."""

import math

Box = tuple[float, float, float, float]
"""RA from, RA to, Dec from, Dec to; degrees; RA within 0..360, and never across 360."""


def boxes(ra: float, dec: float, radius: float) -> list[Box]:
    """One or two boxes that hold all within `radius` (arcsec) of a position: two where they reach over RA
    360, and one around the whole sky where they reach over a pole."""
    reach = radius / 3600
    low, high = max(dec - reach, -90.0), min(dec + reach, 90.0)
    if abs(dec) + reach >= 90:
        return [(0.0, 360.0, low, high)]
    # The meridian touches the circle at this difference of RA, which is larger than reach / cos(dec).
    wide = math.degrees(math.asin(math.sin(math.radians(reach)) / math.cos(math.radians(dec))))
    start, end = ra - wide, ra + wide
    if start < 0:
        return [(start + 360, 360.0, low, high), (0.0, end, low, high)]
    if end > 360:
        return [(start, 360.0, low, high), (0.0, end - 360, low, high)]
    return [(start, end, low, high)]
