"""The sky of the twins: one line spectrum, one Gaussian galaxy, where they are, and FITS files as bytes."""

import gzip
import io

import numpy as np
from astropy.io import fits

RA, DEC = 150.1, 2.2
REDSHIFT = 0.25
TARGETS = (39627652591521792, 39627652591521793)
"""As long as real ones: a float would round them."""
RNG = np.random.default_rng(7)


def spectrum(wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flux (1e-17 erg/s/cm2/Å) with [O II] to Hα at REDSHIFT, and its inverse variance."""
    flux = 5 + wavelength / 5000
    for rest, peak in ((3728.5, 8), (4862.7, 4), (5008.2, 10), (6564.6, 15)):
        flux = flux + peak * np.exp(-0.5 * ((wavelength - rest * (1 + REDSHIFT)) / 4) ** 2)
    noise = np.round(RNG.normal(0, 0.5, len(wavelength)), 2)
    return (flux + noise).astype(np.float32), np.full(len(wavelength), 4.0, np.float32)


def galaxy(size: int, peak: float) -> np.ndarray:
    """(size, size) Gaussian blob on rounded noise."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return (
        np.round(RNG.normal(0, 0.02, (size, size)), 2) + np.round(peak * np.exp(-(x**2 + y**2) / 50), 2)
    ).astype(np.float32)


def wcs_cards(size: int, scale: float, **more: object) -> fits.Header:
    """TAN projection, north up, east left, RA and DEC in the middle;
    `scale` arcsec per pixel; and other cards."""
    cards = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": RA,
        "CRVAL2": DEC,
        "CRPIX1": (size + 1) / 2,
        "CRPIX2": (size + 1) / 2,
    }
    return fits.Header(
        cards | {"CD1_1": -scale / 3600, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": scale / 3600} | more
    )


def packed(hdus: list, zipped: bool = False) -> bytes:
    """The HDUs as the bytes of a FITS file."""
    stream = io.BytesIO()
    fits.HDUList(hdus).writeto(stream)
    return gzip.compress(stream.getvalue(), mtime=0) if zipped else stream.getvalue()
