"""The axes of a spectrum: where an observed wavelength stands, and in what its flux is drawn. What is
clicked, and the residual, know nothing of them."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.explorer.figures.sampling import flux_range
from aion.explorer.results import SpectrumResult
from aion.lines import Line

Floats = NDArray[np.floating[Any]]
FluxScale = Literal["Fλ", "Fν", "AB"]

FLUX_TITLE = "Flux (1e-17 erg s⁻¹ cm⁻² Å⁻¹)"
FLUX_TITLES: dict[FluxScale, str] = {"Fλ": FLUX_TITLE, "Fν": "Flux density (µJy)", "AB": "AB magnitude"}
WAVELENGTH_TITLE = "Observed wavelength, vacuum (Å)"
MICROJANSKY = 1e-17 / (SPEED_OF_LIGHT * 1e13) / 1e-29
"""µJy of 1e-17 erg/s/cm2/Å at 1 Å; it grows with the square of the wavelength."""
MICROJANSKY_ZERO_POINT = 23.9
"""AB magnitude of 1 µJy."""
REACH = 6000.0
"""km/s shown on both sides of a line."""


@dataclass(frozen=True)
class SpectralAxis:
    """Observed wavelengths as they are, at rest, or as velocities from a line."""

    stretch: float = 1.0
    """1 + z of what is at rest."""
    around: Line | None = None
    """The line that velocities are counted from; None: wavelengths are drawn."""

    @classmethod
    def at(cls, z: float | None, *, rest: bool, around: Line | None) -> "SpectralAxis":
        """For an object at a redshift; where that is not known, as observed."""
        if z is None or not (rest or around):
            return cls()
        return cls(1 + z, around)

    @property
    def title(self) -> str:
        """With the unit."""
        if self.around is not None:
            return f"Velocity from {self.around.name} at z = {self.stretch - 1:.4f} (km/s)"
        if self.stretch != 1.0:
            return f"Rest wavelength at z = {self.stretch - 1:.4f}, vacuum (Å)"
        return WAVELENGTH_TITLE

    def of(self, observed: Any) -> Any:
        """Places of observed wavelengths, Å."""
        rest = observed / self.stretch
        return rest if self.around is None else SPEED_OF_LIGHT * (rest / self.around.rest - 1)

    def seen(self, wavelength: Floats) -> tuple[float, float]:
        """Lowest and highest observed wavelength that is drawn of a spectrum."""
        low, high = float(wavelength[0]), float(wavelength[-1])
        if self.around is None:
            return low, high
        center, reach = self.around.rest * self.stretch, REACH / SPEED_OF_LIGHT
        return center * (1 - reach), center * (1 + reach)


def scaled(result: SpectrumResult, scale: FluxScale) -> SpectrumResult:
    """Flux per wavelength as it is, or per frequency in µJy, of which magnitudes are made."""
    if scale == "Fλ":
        return result
    factor = MICROJANSKY * result.wavelength.astype(float) ** 2
    flux, sigma = (None if one is None else one * factor for one in (result.flux, result.sigma))
    return replace(result, flux=flux, sigma=sigma, decoded=result.decoded * factor)


def as_drawn(flux: Floats, scale: FluxScale) -> Floats:
    """Of scaled fluxes: themselves, or magnitudes, NaN where there is no light."""
    if scale != "AB":
        return flux
    positive = np.where(flux > 0, flux, np.nan)
    magnitude: Floats = MICROJANSKY_ZERO_POINT - 2.5 * np.log10(positive)
    return magnitude


def flux_limits(result: SpectrumResult, scale: FluxScale) -> tuple[float, float]:
    """Lower and upper end of the axis for a scaled spectrum; of magnitudes, the faint end is the lower."""
    flux = result.decoded if result.flux is None else result.flux
    if not flux.size:
        return 0.0, 1.0
    if scale != "AB":
        return flux_range(flux, result.decoded, result.bad)
    seen = as_drawn(np.concatenate([flux[~result.bad], result.decoded]), scale)
    seen = seen[np.isfinite(seen)]
    if not seen.size:
        return 30.0, 10.0
    bright, faint = np.percentile(seen, [0.05, 98])
    margin = 0.06 * (faint - bright) or 0.5
    return float(faint + margin), float(bright - margin)
