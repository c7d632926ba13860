"""Small made-up results, one of each kind, that figures and pages can be tried on."""

import numpy as np

from aion.catalog import Neighbor, SmallSpectrum
from aion.explorer.results import ImageResult, SpectrumResult
from aion.explorer.results.arms import SpectrumArm, SpectrumArms
from aion.redshift import RedshiftPDF, redshift_pdfs

GRID = np.expm1(np.linspace(0, np.log(6.0), 1024))


def pdf(*peaks: tuple[float, float, float]) -> RedshiftPDF:
    """A density with peaks (z, width, weight)."""
    density = sum(weight * np.exp(-0.5 * ((GRID - z) / width) ** 2) for z, width, weight in peaks)
    logits = np.log(density + 1e-12)
    return redshift_pdfs(logits[None, None], GRID)[0]


def arms(blue: RedshiftPDF, red: RedshiftPDF) -> SpectrumArms:
    """The two of an SDSS spectrum."""
    parts = (
        SpectrumArm("the blue arm", 3800.0, 6000.0, blue, red),
        SpectrumArm("the red arm", 6000.0, 9200.0, red, blue),
    )
    return SpectrumArms("tok_spectrum_sdss", parts, blue)


def image(
    *,
    with_original: bool = True,
    pixel_scale: float | None = 0.262,
    bands: tuple[str, ...] = ("DES-G", "DES-R", "DES-Z"),
    sigma: float | None = None,
    whole: int | None = None,
) -> ImageResult:
    """A round galaxy in some noise; ``sigma`` of the noise,
    and pixels of a larger cutout around it, if wanted."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[-47.5:48, -47.5:48]
    galaxy = np.exp(-np.hypot(x, y) / 8)[None] * np.arange(1, len(bands) + 1)[:, None, None]
    original = galaxy + rng.normal(0, 0.01, galaxy.shape)
    ones = (1.0,) * len(bands)
    if not with_original:
        return ImageResult("Legacy Survey", bands, None, galaxy, pixel_scale, None, None)
    noise = None if sigma is None else np.full(galaxy.shape, sigma)
    around = None if whole is None else np.zeros((len(bands), whole, whole))
    return ImageResult("Legacy Survey", bands, original, galaxy, pixel_scale, ones, ones, noise, around)


def spectrum(
    *, pixels: int = 4000, with_data: bool = True, masked: slice = slice(100, 140)
) -> SpectrumResult:
    """A flat continuum with one line of one pixel, 40 masked pixels."""
    wavelength = np.linspace(3800.0, 9200.0, pixels)
    flux = 10 + np.random.default_rng(2).normal(0, 1, pixels)
    flux[pixels // 2] = 80.0
    bad = np.zeros(pixels, dtype=bool)
    bad[masked] = True
    sigma = np.where(bad, np.nan, 1.0)
    decoded = np.full(pixels, 10.0)
    residual = np.where(bad, np.nan, flux - decoded)
    if not with_data:
        return SpectrumResult(
            "SDSS", wavelength, None, None, np.zeros(pixels, dtype=bool), decoded, None, None
        )
    return SpectrumResult("SDSS", wavelength, flux, sigma, bad, decoded, residual, 1.0)


def neighbors() -> tuple[Neighbor, ...]:
    return (
        Neighbor("a", 0.98, 0.31, "galaxy"),
        Neighbor("b", 0.91, None, "galaxy"),
        Neighbor("c", 0.88, 2.2, "quasar"),
    )


def small_spectrum() -> SmallSpectrum:
    """A slope on 60 pixels with a gap of two."""
    flux = np.linspace(1, 3, 60)
    flux[30:32] = np.nan
    return SmallSpectrum(np.geomspace(3600, 9800, 60), flux)
