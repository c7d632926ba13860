"""The small picture of a simulated object."""

import numpy as np
from astropy.visualization import make_lupton_rgb
from numpy.typing import NDArray

from aion import previews

COLORS = {False: (3, 1, 0), True: (2, 1, 0)}
"""Bands shown as red, green and blue: z, r, g of the Legacy Survey, i, r, g of HSC."""


def picture(flux: NDArray[np.float64], *, with_hsc: bool) -> bytes:
    """An upright WebP of one image (bands, height, width), whose first row is the lowest as in FITS."""
    red, green, blue = (flux[band] * weight for band, weight in zip(COLORS[with_hsc], (0.7, 1.0, 1.5), strict=True))
    # noise is seen, but does not fill the range: a faint source stays brighter than it
    noise = max(float(np.median(np.abs(plane - np.median(plane)))) for plane in (red, green, blue))
    return previews.webp(make_lupton_rgb(red, green, blue, stretch=8 * noise + 0.12 * float(np.percentile(green, 99.7)), Q=6))
