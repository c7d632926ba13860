"""Fluxes of spectra through the real filter curves, and what each survey's catalogue would measure.

B objects, n wavelengths. Spectra are F_λ in 1e-17 erg/s/cm²/Å over observed vacuum Å;
fluxes are nanomaggies (AB, 22.5 mag = 1). Knows nothing of redshift, dust or images.
"""

from collections.abc import Sequence

import numpy as np
import speclite.filters
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from aion.constants import AB_ZERO_FLUX, NANOMAGGY_ZERO_POINT

LS_BANDS = ("FLUX_G", "FLUX_R", "FLUX_I", "FLUX_Z", "FLUX_W1", "FLUX_W2", "FLUX_W3", "FLUX_W4")
HSC_BANDS = ("HSC-G", "HSC-R", "HSC-I", "HSC-Z", "HSC-Y")

FILTERS = {
    **{f"{prefix}{band.upper()}": f"decamDR1-{band}" for prefix in ("FLUX_", "DES-") for band in "griz"},
    **{f"FLUX_{band}": f"wise2010-{band}" for band in ("W1", "W2", "W3", "W4")},
    **{f"HSC-{band.upper()}": f"hsc2017-{band}" for band in "grizy"},
}
"""Name in the surveys' catalogues and images -> filter curve of speclite."""

DEPTH = {
    "FLUX_G": 24.0, "FLUX_R": 23.4, "FLUX_I": 23.3, "FLUX_Z": 22.5,
    "FLUX_W1": 21.0, "FLUX_W2": 20.3, "FLUX_W3": 16.7, "FLUX_W4": 14.7,
    "HSC-G": 26.5, "HSC-R": 26.1, "HSC-I": 25.9, "HSC-Z": 25.1, "HSC-Y": 24.4,
}  # fmt: skip
"""5σ depth, AB magnitudes: Legacy Surveys (Dey et al. 2019; WISE coadds of Schlafly et al. 2019),
HSC Wide (Aihara et al. 2022)."""

HSC_EXTINCTION = {"HSC-G": 3.240, "HSC-R": 2.276, "HSC-I": 1.633, "HSC-Z": 1.263, "HSC-Y": 1.075}
"""A_λ / E(B−V), SFD scale, of the HSC pipeline (obs_subaru, config/hsc/extinctionCoeffs.py)."""

_LIGHT_SPEED = 2.99792458e18  # Å/s
_CALIBRATION_FLOOR = 0.01  # relative error that no exposure time removes


class Photometer:
    """Filter curves laid on one wavelength grid: nanomaggies are then one matrix product."""

    def __init__(self, wavelength: Tensor, bands: Sequence[str]) -> None:
        """``wavelength``: (n,) Å, vacuum, observed, increasing; ``bands``: names in `FILTERS`.

        Raises:
            ValueError: a band is unknown, or the wavelengths do not cover it.
        """
        unknown = [band for band in bands if band not in FILTERS]
        if unknown:
            raise ValueError(f"no filter curve for {', '.join(unknown)}; known are {', '.join(FILTERS)}")
        grid = wavelength.detach().cpu().numpy().astype(np.float64)
        self.bands = tuple(bands)
        self.matrix = torch.as_tensor(
            np.stack([_weights(grid, band) for band in bands], axis=1), dtype=torch.float32
        )

    def fluxes(self, flux: Tensor) -> Tensor:
        """(B, n) 1e-17 erg/s/cm²/Å -> (B, bands) nanomaggies."""
        return flux @ self.matrix


def fluxes(wavelength: Tensor, flux: Tensor, bands: Sequence[str]) -> Tensor:
    """Nanomaggies (B, bands) of ``flux`` (B, n) on ``wavelength`` (n,);
    keep a `Photometer` when the grid is used again."""
    return Photometer(wavelength, bands).fluxes(flux)


def magnitudes(flux: Tensor) -> Tensor:
    """AB magnitudes of nanomaggies; NaN where the flux is not positive."""
    return torch.where(flux > 0, NANOMAGGY_ZERO_POINT - 2.5 * torch.log10(flux.clamp(min=1e-30)), torch.nan)


def nanomaggies(magnitude: Tensor) -> Tensor:
    """Nanomaggies of AB magnitudes."""
    return 10 ** ((NANOMAGGY_ZERO_POINT - magnitude) / 2.5)


def measure(
    flux: Tensor, bands: Sequence[str], generator: Generator, *, half_light: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Measured fluxes and their σ, both (B, bands) nanomaggies, for true ``flux`` (B, bands).

    The depth of each object scatters by 0.15 mag around `DEPTH`;
    ``half_light`` (B,) arcsec makes large objects noisier.
    """
    scatter = 0.15 * torch.randn(len(flux), 1, generator=generator)
    depth = torch.tensor([DEPTH[band] for band in bands]) + scatter
    sigma = nanomaggies(depth) / 5
    if half_light is not None:
        # noise grows with the aperture beyond the seeing
        sigma = sigma * torch.sqrt(1 + (half_light[:, None] / 0.8) ** 2)
    sigma = torch.hypot(sigma, _CALIBRATION_FLOOR * flux)
    return flux + sigma * torch.randn(flux.shape, generator=generator), sigma


def hsc_magnitudes(flux: Tensor, generator: Generator, *, half_light: Tensor | None = None) -> Tensor:
    """Measured cmodel magnitudes (B, 5) in `HSC_BANDS` of true ``flux`` (B, 5) nanomaggies;
    NaN where nothing is detected."""
    measured, _ = measure(flux, HSC_BANDS, generator, half_light=half_light)
    return magnitudes(measured)


def hsc_extinction(reddening: Tensor) -> Tensor:
    """A_λ (B, 5) in `HSC_BANDS`, magnitudes, for E(B−V) (B,)."""
    return reddening[:, None] * torch.tensor([HSC_EXTINCTION[band] for band in HSC_BANDS])


def _weights(wavelength: NDArray[np.float64], band: str) -> NDArray[np.float64]:
    """(n,) weights whose product with F_λ, linear between grid points, is the flux in nanomaggies.

    f = ∫ F_λ R λ dλ / ∫ (3631 Jy) c/λ² R λ dλ, the photon-counting AB flux (Bessell & Murphy 2012).
    """
    curve = speclite.filters.load_filter(FILTERS[band])
    edges, response = np.asarray(curve.wavelength, float), np.asarray(curve.response, float)
    fine = np.union1d(
        np.linspace(edges[0], edges[-1], 2000), wavelength[(wavelength > edges[0]) & (wavelength < edges[-1])]
    )
    step = np.gradient(fine)  # trapezoid: half the distance between the two neighbours
    step[[0, -1]] /= 2
    photons = np.interp(fine, edges, response) * fine * step
    inside = (fine >= wavelength[0]) & (fine <= wavelength[-1])
    if photons[inside].sum() < 0.995 * photons.sum():
        raise ValueError(
            f"{band} spans {edges[0]:.0f}-{edges[-1]:.0f} Å; "
            f"wavelengths {wavelength[0]:.0f}-{wavelength[-1]:.0f} Å do not cover it"
        )
    reference = (photons * AB_ZERO_FLUX * _LIGHT_SPEED / fine**2).sum()
    right = np.clip(np.searchsorted(wavelength, fine), 1, len(wavelength) - 1)
    share = (fine - wavelength[right - 1]) / (wavelength[right] - wavelength[right - 1])
    weights = np.zeros(len(wavelength))
    np.add.at(weights, right[inside], (photons * share)[inside])
    np.add.at(weights, right[inside] - 1, (photons * (1 - share))[inside])
    scaled: NDArray[np.float64] = weights * (1e-17 * 1e9 / reference)
    return scaled
