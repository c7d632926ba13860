"""What is shown of a catalog object at a glance: a small picture and a small spectrum. For people, never for the model."""

import io

import numpy as np
from astropy.visualization import make_lupton_rgb
from numpy.typing import NDArray
from PIL import Image

from aion.training.simulate.instruments import ObservedSpectra

WAVELENGTH = np.geomspace(3600.0, 9824.0, 161)
"""Edges of the pixels of a small spectrum, vacuum Å: 0.6 % wide, what SDSS and DESI cover together."""
QUALITY = 80
"""Of WebP, 0 to 100: about 3 kB for 96 x 96 pixels, noise smoothed a little, no visible blocks."""
COLORS = {False: (3, 1, 0), True: (2, 1, 0)}
"""Bands shown as red, green and blue: z, r, g of the Legacy Survey, i, r, g of HSC."""


def picture(flux: NDArray[np.float64], *, with_hsc: bool) -> bytes:
    """An upright WebP of one image (bands, height, width), whose first row is the lowest as in FITS."""
    red, green, blue = (flux[band] * weight for band, weight in zip(COLORS[with_hsc], (0.7, 1.0, 1.5), strict=True))
    # noise is seen, but does not fill the range: a faint source stays brighter than it
    noise = max(float(np.median(np.abs(plane - np.median(plane)))) for plane in (red, green, blue))
    rgb = make_lupton_rgb(red, green, blue, stretch=8 * noise + 0.12 * float(np.percentile(green, 99.7)), Q=6)
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb[::-1])).save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()


def centers() -> NDArray[np.float32]:
    """(m,) middles of the pixels of a small spectrum, vacuum Å."""
    return np.sqrt(WAVELENGTH[1:] * WAVELENGTH[:-1]).astype(np.float32)


def small_spectra(spectra: ObservedSpectra) -> NDArray[np.float16]:
    """(B, m) mean flux of the good pixels in each small one, weighted by ivar, 1e-17 erg/s/cm2/Å; NaN where there is none."""
    keep = (~spectra.mask) & (spectra.ivar > 0) & spectra.flux.isfinite()
    weight = np.where(keep.numpy(), spectra.ivar.double().numpy(), 0.0)
    flux = np.where(keep.numpy(), spectra.flux.double().numpy(), 0.0)
    pixel = np.digitize(spectra.wavelength.double().numpy(), WAVELENGTH) - 1
    rows = []
    for w, f, p in zip(weight, flux, pixel, strict=True):
        inside = (p >= 0) & (p < len(WAVELENGTH) - 1)
        total = np.bincount(p[inside], w[inside], len(WAVELENGTH) - 1)
        summed = np.bincount(p[inside], (w * f)[inside], len(WAVELENGTH) - 1)
        rows.append(np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0))
    return np.stack(rows).clip(-6e4, 6e4).astype(np.float16)
