"""Fluxes of emission lines above their local continuum, to tell whether a decoded spectrum keeps them.

Wavelengths in vacuum Å, observed frame; flux densities in any one unit.
"""

from dataclasses import dataclass

import numpy as np

from aion.constants import SPEED_OF_LIGHT
from aion.lines import LINE
from aion.redshift_scores import Array, Columns, Floats
from aion.training.metrics import Row, mean, median, percentile

SURE = 10.0
"""Signal-to-noise of a line in the data from which it is compared."""


@dataclass(frozen=True)
class LineWindow:
    """A line or a blend, and where it is measured; velocities in km/s from its wavelength."""

    name: str
    lines: tuple[str, ...]
    """Of the table of lines; the window lies around their middle."""
    half_width: float
    """The line lies within it."""
    continuum: tuple[float, float]
    """The continuum is read between these, on both sides."""

    @property
    def wavelength(self) -> float:
        """Å, vacuum, at rest."""
        return sum(LINE[line].rest for line in self.lines) / len(self.lines)


NARROW = (
    LineWindow("[OII]3728", ("[O II] 3727", "[O II] 3730"), 1000, (1200, 4000)),
    LineWindow("Hbeta", ("Hβ 4863",), 800, (1000, 4000)),
    # the weaker of the pair begins at 2500 km/s
    LineWindow("[OIII]5008", ("[O III] 5008",), 1000, (1200, 2200)),
    LineWindow("Halpha+[NII]", ("Hα 6565",), 1500, (1800, 5000)),
    LineWindow("[SII]6725", ("[S II] 6718", "[S II] 6733"), 900, (1100, 4000)),
)
BROAD = (
    LineWindow("Lya", ("Lyα 1216",), 5000, (9000, 14_000)),
    LineWindow("CIV", ("C IV 1549",), 6000, (9000, 14_000)),
    LineWindow("CIII]", ("C III] 1909",), 6000, (9000, 14_000)),
    LineWindow("MgII", ("Mg II 2796", "Mg II 2804"), 6000, (8000, 13_000)),
    LineWindow("Hbeta", ("Hβ 4863",), 2200, (12_000, 16_000)),
    LineWindow("Halpha", ("Hα 6565",), 8000, (10_000, 15_000)),
)
WINDOWS = {"galaxy": NARROW, "quasar": BROAD}


@dataclass(frozen=True)
class LineFluxes(Columns):
    """Lines whose flux is sure in the data."""

    row: Array
    """Which spectrum it is from."""
    name: Array
    ratio: Floats
    """Decoded over reference flux."""
    signal_to_noise: Floats
    """Of the flux in the data."""


def line_flux(wavelength: Floats, flux: Floats, center: float, line: LineWindow) -> float:
    """Flux of the line at observed ``center`` above a straight continuum between the medians of both sides;
    NaN where it is not covered."""
    velocity = SPEED_OF_LIGHT * (wavelength / center - 1)
    inside, sides = _windows(velocity, line)
    if not _covered(velocity, inside, sides, line):
        return float("nan")
    low, high = ((np.median(wavelength[side]), np.median(flux[side])) for side in sides)
    continuum = low[1] + (high[1] - low[1]) * (wavelength[inside] - low[0]) / (high[0] - low[0])
    return float(((flux[inside] - continuum) * np.gradient(wavelength)[inside]).sum())


def line_noise(wavelength: Floats, sigma: Floats, center: float, line: LineWindow) -> float:
    """Standard deviation of `line_flux` for pixel noise ``sigma``, that of the continuum with it."""
    velocity = SPEED_OF_LIGHT * (wavelength / center - 1)
    inside, sides = _windows(velocity, line)
    step = np.gradient(wavelength)[inside]
    variance = ((sigma[inside] * step) ** 2).sum()
    for side in sides:  # the median of n pixels is pi / 2 times less certain than their mean
        variance += np.pi / 2 * (sigma[side] ** 2).mean() / max(side.sum(), 1) * (step.sum() / 2) ** 2
    return float(np.sqrt(variance))


def compare(
    wavelength: Floats,
    decoded: Floats,
    reference: Floats,
    data: Floats,
    sigma: Floats,
    z: Floats,
    kinds: tuple[str, ...],
) -> LineFluxes:
    """Lines of N spectra, arrays (N, n), that are sure in ``data``; bad pixels have a NaN sigma."""
    rows: list[tuple[int, str, float, float]] = []
    for i, kind in enumerate(kinds):
        good = np.isfinite(sigma[i]) & np.isfinite(decoded[i])
        w, error = wavelength[i][good], sigma[i][good]
        for line in WINDOWS.get(kind, ()):
            center = line.wavelength * (1 + z[i])
            observed = line_flux(w, data[i][good], center, line)
            noise = line_noise(w, error, center, line) if np.isfinite(observed) else np.inf
            if observed > SURE * noise:
                found, true = (line_flux(w, flux[i][good], center, line) for flux in (decoded, reference))
                ratio = found / true
                rows.append((i, line.name, ratio, observed / noise))
    row, name, ratios, sure = zip(*rows, strict=True) if rows else ((), (), (), ())
    return LineFluxes(
        np.array(row, dtype=int),
        np.array(name, dtype=str),
        np.array(ratios, dtype=float),
        np.array(sure, dtype=float),
    )


def line_reconstruction(lines: LineFluxes) -> Row:
    """How many lines keep their flux."""
    error = np.abs(lines.ratio - 1)
    return {
        "n": len(error),
        "within 15 %": mean(error < 0.15),
        "within 5 %": mean(error < 0.05),
        "80 % within": percentile(error, 80),
        "median ratio": median(lines.ratio),
    }


def _windows(velocity: Floats, line: LineWindow) -> tuple[Array, tuple[Array, Array]]:
    near, far = line.continuum
    return np.abs(velocity) <= line.half_width, (
        (velocity >= -far) & (velocity <= -near),
        (velocity >= near) & (velocity <= far),
    )


def _covered(velocity: Floats, inside: Array, sides: tuple[Array, Array], line: LineWindow) -> bool:
    """Enough good pixels, on both sides and without a hole of a quarter of the line."""
    if min(side.sum() for side in sides) < 5 or inside.sum() < 5:
        return False
    seen = np.concatenate([[-line.half_width], velocity[inside], [line.half_width]])
    return bool(np.diff(seen).max() < line.half_width / 4)
