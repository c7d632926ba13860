"""An object at a glance: a small picture and a small spectrum. For people, never for the model."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion import color_image
from aion.modalities import Spectrum

EDGES = np.geomspace(3600.0, 9824.0, 161)
"""Of the pixels of a small spectrum, vacuum Å: 0.6 % wide, what SDSS and DESI cover together."""
QUALITY = 80
"""Of WebP, 0 to 100: about 3 kB for 96 x 96 pixels, noise smoothed a little, no visible blocks."""


def webp(pixels: NDArray[np.uint8]) -> bytes:
    """An upright WebP of colors (height, width, 3), whose first row is the lowest as in FITS."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[::-1])).save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()


def picture(flux: NDArray[np.floating[Any]], bands: Sequence[str]) -> bytes:
    """An upright WebP in color of one image (bands, height, width), with the stretch that suits it."""
    return webp(color_image.color(flux, bands, color_image.color_stretch(flux, bands)))


def wavelength() -> NDArray[np.float32]:
    """(m,) middles of the pixels of a small spectrum, vacuum Å."""
    return np.sqrt(EDGES[1:] * EDGES[:-1]).astype(np.float32)


def small_spectra(spectra: Spectrum) -> NDArray[np.float16]:
    """(B, m) mean flux of the good pixels in each small one, weighted by ivar, 1e-17 erg/s/cm2/Å;
    NaN where there is none."""
    count = len(EDGES) - 1
    small = np.full((len(spectra.flux), count), np.nan)
    columns = (values.double().numpy() for values in (spectra.flux, spectra.ivar, spectra.wavelength))
    for row, (flux, ivar, angstrom, masked) in enumerate(zip(*columns, spectra.mask.numpy(), strict=True)):
        pixel = np.digitize(angstrom, EDGES) - 1
        keep = ~masked & (ivar > 0) & np.isfinite(flux) & (pixel >= 0) & (pixel < count)
        total, summed = (np.bincount(pixel[keep], weight[keep], count) for weight in (ivar, ivar * flux))
        np.divide(summed, total, out=small[row], where=total > 0)
    return small.clip(-6e4, 6e4).astype(np.float16)  # float16 ends at 65504
