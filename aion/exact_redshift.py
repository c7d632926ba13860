"""The exact redshift of a spectrum: its lines fitted within the bins of a peak of p(z).

Flux in 1e-17 erg/s/cm2/Å, wavelengths in vacuum Å, observed frame. Every line of the one table that the
spectrum covers is a Gaussian of free flux on a continuum of its own (a parabola through its surroundings);
all have one velocity and one width. The best redshift is where they explain most of chi2, with masked pixels
and spikes left out and noise raised where the fit leaves more than it. Forbidden and stellar lines have their
sign, the Balmer lines either. Narrow lines come first; where they do not hold a redshift, broad ones are
tried, which lie up to 1,000 km/s from the rest of a quasar, and only in emission: a passive galaxy's
continuum has wide dips too. p(z) is not changed by any of this.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.line_fits import Blend, Floats, LineFlux, LineKind, Pixels, overlapping
from aion.lines import ATMOSPHERE, LINES
from aion.redshift import Peak, RedshiftPDF

BINS_AROUND = 2
"""Bins of the grid on both sides of a peak's highest one in which the exact redshift is looked for."""
STEPS_WITHIN = 12
"""Finer steps for each step of redshifts that are tried."""
CHANCE = 36.0
"""Of chi2: more than this lines must explain beyond what as many free fluxes explain of noise; with
25, two of 150 spectra of noise had a redshift; with this and `FEWEST_LINES`, none."""
FEWEST_LINES = 2
"""Lines that must count: a single one may be another."""
RIVAL = 9.0
"""Of chi2, by which the best redshift must beat every other maximum."""
LINE_FROM = 3.0
"""S/N of its flux from which a line counts."""
NARROW = LineKind(
    "narrow",
    widths=(65.0, 105.0, 170.0, 280.0),
    step=50.0,
    reach=1200.0,
    lines=tuple(line for line in LINES if line.rest > 3000 and line.name != "[Ne III] + Hε"),
    in_stars=True,
)
BROAD = LineKind(
    "broad",
    widths=(800.0, 1500.0, 2500.0, 4500.0),
    step=100.0,
    reach=9000.0,
    lines=tuple(line for line in LINES if line.broad),
    in_stars=False,
)


@dataclass(frozen=True)
class ExactRedshift:
    """What the lines say within one peak."""

    z: float
    error: float
    """One sigma, statistical."""
    velocity_width: float
    """km/s, Gaussian sigma of the lines, with that of the instrument."""
    kind: str
    """``"narrow"`` or ``"broad"``: which lines it rests on."""
    improvement: float
    """How much of chi2 the lines explain."""
    lead: float
    """By how much of chi2 it beats the next best redshift within the peak."""
    lines: tuple[LineFlux, ...]
    """All that the spectrum covers."""

    def __str__(self) -> str:
        """``"0.302784 ± 0.000020"``: two digits of the error."""
        if not math.isfinite(self.error):
            return f"{self.z:.4f}, its error is not known"
        decimals = max(4, 1 - math.floor(math.log10(self.error)))
        return f"{self.z:.{decimals}f} ± {self.error:.{decimals}f}"

    def summary(self) -> str:
        """One sentence for people."""
        return f"The {len(self.used)} {self.kind} lines within the best peak give z = {self}."

    @property
    def used(self) -> tuple[LineFlux, ...]:
        """Those of S/N ``LINE_FROM`` or more."""
        return tuple(one for one in self.lines if one.significance >= LINE_FROM)


@dataclass(frozen=True)
class NotRefined:
    """Why a peak has no exact redshift."""

    reason: str

    def __str__(self) -> str:
        return f"not refined: {self.reason}"

    def summary(self) -> str:
        """One sentence for people."""
        return f"The best peak was not refined: {self.reason}."


NONE_COVERED = NotRefined("the spectrum covers none of the lines there")
NOT_READ = NotRefined("the model did not read the spectrum, and a peak without it is too wide for its lines")


def refine(
    wavelength: Floats,
    flux: Floats,
    ivar: Floats,
    bad: NDArray[np.bool_],
    pdf: RedshiftPDF,
    peaks: Sequence[Peak],
) -> tuple[ExactRedshift | NotRefined, ...]:
    """The exact redshift within each of some peaks of ``pdf``, in their order.

    Args:
        wavelength: (n,) vacuum Å, increasing, observed frame.
        flux: (n,) 1e-17 erg/s/cm2/Å.
        ivar: (n,) inverse variance; 0 = not used.
        bad: (n,) True = not used.
    """
    good = ~bad & (ivar > 0) & np.isfinite(flux) & (wavelength > 0)
    for region in ATMOSPHERE:
        good &= (wavelength < region.low) | (wavelength > region.high)
    data = Pixels(np.log(wavelength[good]), flux[good].astype(float), ivar[good].astype(float))
    data = data.without_spikes()
    return tuple(_refined(data, *_window(pdf, peak)) for peak in peaks)


def surest(answers: Sequence[ExactRedshift | NotRefined]) -> ExactRedshift | NotRefined:
    """What several spectra say within one peak: the answer of the smallest error."""
    return min(answers, key=lambda one: one.error if isinstance(one, ExactRedshift) else math.inf)


def _window(pdf: RedshiftPDF, peak: Peak) -> tuple[float, float]:
    """Redshifts between which the exact one is looked for."""
    top = int(np.abs(pdf.z - peak.z).argmin())
    low, high = pdf.edges[max(top - BINS_AROUND, 0)], pdf.edges[min(top + BINS_AROUND + 1, len(pdf.z))]
    missing = max(BINS_AROUND - top, 0)  # of bins below the grid: stars come towards us as often as they go
    return float(low - missing * (pdf.edges[1] - pdf.edges[0])), float(high)


def _refined(data: Pixels, low: float, high: float) -> ExactRedshift | NotRefined:
    """From narrow lines, or else from broad ones."""
    narrow = _fit(data, low, high, NARROW)
    if isinstance(narrow, ExactRedshift):
        return narrow
    broad = _fit(data, low, high, BROAD)
    return narrow if broad == NONE_COVERED else broad


def _fit(data: Pixels, low: float, high: float, kind: LineKind) -> ExactRedshift | NotRefined:
    start, end = np.log1p(low), np.log1p(high)
    places = np.arange(start, end, kind.step / SPEED_OF_LIGHT)
    tried = np.array(kind.widths)
    found = [Blend.of(data, lines, places, kind) for lines in overlapping(kind)]
    blends = [blend for blend in found if blend is not None]
    if not blends:
        return NONE_COVERED
    gains = np.sum([blend.tried for blend in blends], axis=0)
    best = gains.max(axis=1)
    top = int(best.argmax())
    if best[top] < CHANCE + sum(len(blend.lines) for blend in blends):
        return NotRefined("no line stands out of the noise there")
    if top in (0, len(places) - 1):
        return NotRefined("the lines would fit better outside this peak")
    lead = float(best[top] - _rival(best, top))
    if lead < RIVAL:
        return NotRefined("two redshifts within this peak fit the lines alike")
    exact = _exact(blends, float(places[top]), float(tried[gains[top].argmax()]), kind, lead)
    if len(exact.used) < FEWEST_LINES:
        return NotRefined("fewer than two lines stand out of the noise there")
    return exact


def _rival(best: Floats, top: int) -> float:
    """The next best maximum: of redshifts beyond the valley on either side of the best one."""
    rivals = [0.0]
    for side in (best[top:], best[top::-1]):
        rises = np.flatnonzero(np.diff(side) > 0)
        if len(rises):
            rivals.append(float(side[rises[0] :].max()))
    return max(rivals)


def _exact(blends: Sequence[Blend], near: float, width: float, kind: LineKind, lead: float) -> ExactRedshift:
    """The maximum of what the lines explain around a redshift, its error, and the lines there."""
    step = kind.step / STEPS_WITHIN / SPEED_OF_LIGHT
    offsets = step * np.arange(-STEPS_WITHIN, STEPS_WITHIN + 1)
    widths = width * np.geomspace(1 / 1.4, 1.4, 5)
    gains = _gains(blends, near + offsets, widths)
    best = gains.max(axis=1)
    top = int(best.argmax())
    near_top = slice(max(top - 3, 0), top + 4)
    curve = np.polyfit(offsets[near_top], best[near_top], 2)
    place = near + float(np.clip(-curve[1] / (2 * curve[0]), offsets[0], offsets[-1]))
    best_width = float(widths[gains[top].argmax()])
    # where the profiles are no Gaussians, more is left than noise, and the error is larger
    left = max(1.0, sum(blend.left(place, best_width) for blend in blends) / sum(map(len, blends)))
    error = np.exp(place) * np.sqrt(left / -curve[0]) if curve[0] < 0 else np.inf
    lines = [line for blend in blends for line in blend.fluxes(place, best_width)]
    return ExactRedshift(
        z=float(np.expm1(place)),
        error=float(error),
        velocity_width=best_width,
        kind=kind.name,
        improvement=float(best[top]),
        lead=lead,
        lines=tuple(sorted(lines, key=lambda line: line.line.rest)),
    )


def _gains(blends: Sequence[Blend], places: Floats, widths: Floats) -> Floats:
    """(places, widths) how much of chi2 the lines explain."""
    total: Floats = np.sum([blend.gains(places, widths) for blend in blends], axis=0)
    return total
