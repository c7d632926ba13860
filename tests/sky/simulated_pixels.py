"""Spectra, images and photometry of the simulated sky: those of ``assets/examples``, so that the embedded
model has something sensible to say of them. Fluxes of spectra in 1e-17 erg/s/cm²/Å over vacuum Å; images in
nanomaggies per pixel of 0.262 arcsec.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from astropy.io import fits
from astropy.table import Table

from tests.sky.simulated_sky import SpectrumEntry

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
BANDS = "griz"
STAMP_SCALE = 0.262
"""Arcsec per pixel."""
BAD_PIXEL = 1 << 24
"""A bit of SDSS that speaks of one pixel."""
SDSS_GRID = 10 ** (3.5797 + 1e-4 * np.arange(3850))
"""Å, vacuum."""


@dataclass(frozen=True)
class SpectrumPixels:
    """Arrays of one length."""

    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    mask: np.ndarray
    """0 is good."""

    @property
    def snr(self) -> float:
        """Median per good pixel."""
        good = (self.mask == 0) & (self.ivar > 0)
        return float(np.median(self.flux[good] * np.sqrt(self.ivar[good])))


@cache
def pixels(entry: SpectrumEntry) -> SpectrumPixels:
    """The spectrum on the grid of its survey."""
    found = example_spectrum(entry.target.example)
    if entry.release.startswith("SDSS") and len(found.wavelength) == 7781:
        found = _on_grid(found, SDSS_GRID)
    if not entry.noise:
        return found
    sigma = np.where(found.ivar > 0, 1 / np.sqrt(np.where(found.ivar > 0, found.ivar, 1)), 0)
    added = random("spectrum", entry.specid).normal(0, entry.noise * sigma)
    ivar = found.ivar / (1 + entry.noise**2)
    return SpectrumPixels(found.wavelength, found.flux + added, ivar, found.mask)


@cache
def example_spectrum(example: str) -> SpectrumPixels:
    """As it ships; the arms of DESI are joined into one grid of 0.8 Å, weighted where they overlap."""
    with fits.open(EXAMPLES / example / "spectrum.fits") as hdus:
        if "COADD" in hdus:
            rows = hdus["COADD"].data
            columns = (rows[name].astype(np.float64) for name in ("loglam", "flux", "ivar"))
            loglam, flux, ivar = columns
            return SpectrumPixels(10**loglam, flux, ivar, rows["and_mask"].astype(int))
        wavelength = 3600 + 0.8 * np.arange(7781)
        weighted, weight, mask = np.zeros(7781), np.zeros(7781), np.full(7781, -1)
        for arm in "BRZ":
            start = round((hdus[f"{arm}_WAVELENGTH"].data[0] - 3600) / 0.8)
            flux, ivar, bad = (hdus[f"{arm}_{kind}"].data[0] for kind in ("FLUX", "IVAR", "MASK"))
            part = slice(start, start + len(flux))
            weighted[part] += flux * ivar
            weight[part] += ivar
            mask[part] &= bad
    flux = np.divide(weighted, weight, out=np.zeros(7781), where=weight > 0)
    return SpectrumPixels(wavelength, flux, weight, np.maximum(mask, 0))


@cache
def example_class(example: str) -> tuple[str, float]:
    """``"GALAXY"``, ``"QSO"`` or ``"STAR"``, and the redshift."""
    listed = json.loads((EXAMPLES / "examples.json").read_text())
    z = next(one["z"] for one in listed if one["slug"] == example)
    kinds = {"quasar": "QSO", "star": "STAR"}
    return kinds.get(example.removesuffix("-low-z").removesuffix("-high-z"), "GALAXY"), z


@cache
def stamp(example: str) -> np.ndarray:
    """(4, 96, 96) nanomaggies, in the order of `BANDS`, the object in the middle."""
    with fits.open(EXAMPLES / example / "image.fits") as hdus:
        return np.asarray(hdus[0].data, np.float32)


@cache
def sky_noise() -> tuple[float, ...]:
    """Of a pixel in each of `BANDS`, nanomaggies: what the corners of an image scatter by."""
    corners = stamp("image-only")[:, :20, :20].reshape(len(BANDS), -1)
    return tuple(1.4826 * np.median(np.abs(corners - np.median(corners, axis=1)[:, None]), axis=1))


@cache
def photometry(example: str) -> dict[str, float]:
    """As it ships, with names in lower case; nothing where the example has none."""
    path = EXAMPLES / example / "photometry.ecsv"
    if not example or not path.is_file():
        return {}
    row = Table.read(path)[0]
    return {name.lower(): float(row[name]) for name in row.colnames if name != "id"}


def random(*what: object) -> np.random.Generator:
    """The same for the same words, in every process."""
    return np.random.default_rng(crc32(repr(what).encode()))


def _on_grid(found: SpectrumPixels, wavelength: np.ndarray) -> SpectrumPixels:
    flux, ivar = (np.interp(wavelength, found.wavelength, values) for values in (found.flux, found.ivar))
    is_bad = found.mask[np.searchsorted(found.wavelength, wavelength)] != 0
    return SpectrumPixels(wavelength, flux, ivar, np.where(is_bad, BAD_PIXEL, 0))
