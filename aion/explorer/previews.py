"""What is shown of an object of a catalog at a glance: a small picture and a small spectrum. For people, never for the model."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

from aion.explorer.figures import stretch
from aion.modalities import Image, Spectrum

FIELD = 96
"""Pixels on a side, cut from the middle: what the model reads."""
QUALITY = 80
"""Of WebP, 0 to 100: about 3 kB, noise smoothed a little, no visible blocks."""
EDGES = np.geomspace(3600.0, 9824.0, 161)
"""Of the pixels of a small spectrum, vacuum Å: 0.6 % wide, what SDSS and DESI cover together."""


def picture(image: Image) -> bytes:
    """An upright WebP of a batch of one, whose first row is the lowest as in FITS."""
    flux = image.flux[0].numpy()
    top, left = (max(size - FIELD, 0) // 2 for size in flux.shape[-2:])
    field = flux[:, top : top + FIELD, left : left + FIELD]
    pixels = stretch.colour(field, image.bands, stretch.colour_stretch(field, image.bands))
    stream = io.BytesIO()
    Pictures.fromarray(np.ascontiguousarray(pixels[::-1])).save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()


def wavelength() -> NDArray[np.float32]:
    """(m,) middles of the pixels of a small spectrum, vacuum Å."""
    return np.sqrt(EDGES[1:] * EDGES[:-1]).astype(np.float32)


def small_spectrum(spectrum: Spectrum) -> NDArray[np.float16]:
    """(m,) mean flux of the good pixels in each small one, weighted by ivar, of a batch of one; NaN where there is none."""
    flux, ivar, angstrom = (values[0].double().numpy() for values in (spectrum.flux, spectrum.ivar, spectrum.wavelength))
    pixel = np.digitize(angstrom, EDGES) - 1
    keep = ~spectrum.mask[0].numpy() & (ivar > 0) & np.isfinite(flux) & (pixel >= 0) & (pixel < len(EDGES) - 1)
    total = np.bincount(pixel[keep], ivar[keep], len(EDGES) - 1)
    summed = np.bincount(pixel[keep], (ivar * flux)[keep], len(EDGES) - 1)
    mean = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    small: NDArray[np.float16] = mean.clip(-6e4, 6e4).astype(np.float16)  # float16 ends at 65504
    return small
