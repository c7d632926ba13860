"""Distances on the sphere, and angles for people."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def separation(ra: ArrayLike, dec: ArrayLike, ra0: ArrayLike, dec0: ArrayLike) -> NDArray[np.floating[Any]]:
    """Great-circle distance between positions, arcsec; all in degrees, and of shapes that broadcast.

    Vincenty's formula, which is exact at small and large distances, across RA 0 and at the poles.
    """
    lon, lat, lon0, lat0 = (np.radians(np.asarray(one, np.float64)) for one in (ra, dec, ra0, dec0))
    step = lon - lon0
    across = np.cos(lat) * np.sin(step)
    along = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(step)
    ahead = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(step)
    return np.asarray(np.degrees(np.arctan2(np.hypot(across, along), ahead)) * 3600)


def angle_text(arcsec: float) -> str:
    """``12.3 arcsec``, ``2.5 degrees``."""
    return f"{arcsec:.1f} arcsec" if arcsec < 3600 else f"{arcsec / 3600:.1f} degrees"
