"""The exact redshift of a spectrum: its lines fitted within the bins of a peak of p(z).

Flux in 1e-17 erg/s/cm2/Å, wavelengths in vacuum Å, observed frame. Every line of the one table that the
spectrum covers is a Gaussian of free flux on a continuum of its own (a parabola through its surroundings);
all have one velocity and one width. The best redshift is where they explain most of chi2, with masked pixels
left out and noise raised where the fit leaves more than it. Forbidden and stellar lines have their sign, the
Balmer lines either. Narrow lines come first; where they do not hold a redshift, broad ones are tried, which
lie up to 1,000 km/s from the rest of a quasar. p(z) is not changed by any of this.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.lines import ATMOSPHERE, LINES, Line
from aion.redshift import Peak, RedshiftPDF

Floats = NDArray[np.floating[Any]]

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
APART = 10
"""Widths from one line to the next below which both are fitted together."""
FEWEST_PIXELS, LARGEST_GAP = 20, 0.25
"""Good pixels around lines, and the largest share of the stretch without any, else nothing is fitted."""


@dataclass(frozen=True)
class LineKind:
    """Lines of one kind of gas, or of stars."""

    name: str
    widths: tuple[float, ...]
    """km/s, Gaussian sigma with that of the instrument, which are tried."""
    step: float
    """km/s between redshifts that are tried."""
    reach: float
    """km/s of continuum on both sides, beyond the redshifts that are tried."""
    lines: tuple[Line, ...]


NARROW = LineKind(
    "narrow",
    widths=(65.0, 105.0, 170.0, 280.0),
    step=50.0,
    reach=1200.0,
    lines=tuple(line for line in LINES if line.rest > 3000 and line.name != "[Ne III] + Hε"),
)
BROAD = LineKind(
    "broad",
    widths=(800.0, 1500.0, 2500.0, 4500.0),
    step=100.0,
    reach=9000.0,
    lines=tuple(line for line in LINES if line.broad),
)


@dataclass(frozen=True)
class LineFlux:
    """One line at the exact redshift."""

    line: Line
    flux: float
    """1e-17 erg/s/cm2; negative in absorption."""
    error: float
    equivalent_width: float
    """In the rest frame, Å, positive in emission; NaN where there is no continuum."""
    equivalent_width_error: float

    @property
    def significance(self) -> float:
        """Flux over its error, positive where the line is there as it should be."""
        return abs(self.flux) / self.error


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


@dataclass(frozen=True, eq=False)
class _Pixels:
    """Good pixels."""

    log_wavelength: Floats
    """(n,) natural logarithm, of Å."""
    flux: Floats
    weight: Floats
    """(n,) inverse variance."""

    def between(self, low: float, high: float) -> "_Pixels":
        part = slice(*np.searchsorted(self.log_wavelength, [low, high]))
        return _Pixels(self.log_wavelength[part], self.flux[part], self.weight[part])


def refine(
    wavelength: Floats, flux: Floats, ivar: Floats, bad: NDArray[np.bool_], pdf: RedshiftPDF
) -> tuple[ExactRedshift | NotRefined, ...]:
    """The exact redshift within each of ``pdf.peaks``, in their order.

    Args:
        wavelength: (n,) vacuum Å, increasing, observed frame.
        flux: (n,) 1e-17 erg/s/cm2/Å.
        ivar: (n,) inverse variance; 0 = not used.
        bad: (n,) True = not used.
    """
    good = ~bad & (ivar > 0) & np.isfinite(flux) & (wavelength > 0)
    for region in ATMOSPHERE:
        good &= (wavelength < region.low) | (wavelength > region.high)
    data = _Pixels(np.log(wavelength[good]), flux[good].astype(float), ivar[good].astype(float))
    return tuple(_refined(data, *_window(pdf, peak)) for peak in pdf.peaks)


def _window(pdf: RedshiftPDF, peak: Peak) -> tuple[float, float]:
    """Redshifts between which the exact one is looked for."""
    top = int(np.abs(pdf.z - peak.z).argmin())
    low, high = pdf.edges[max(top - BINS_AROUND, 0)], pdf.edges[min(top + BINS_AROUND + 1, len(pdf.z))]
    missing = max(BINS_AROUND - top, 0)  # of bins below the grid: stars come towards us as often as they go
    return float(low - missing * (pdf.edges[1] - pdf.edges[0])), float(high)


def _refined(data: _Pixels, low: float, high: float) -> ExactRedshift | NotRefined:
    """From narrow lines, or else from broad ones."""
    narrow = _fit(data, low, high, NARROW)
    if isinstance(narrow, ExactRedshift):
        return narrow
    broad = _fit(data, low, high, BROAD)
    return narrow if broad == NONE_COVERED else broad


def _fit(data: _Pixels, low: float, high: float, kind: LineKind) -> ExactRedshift | NotRefined:
    start, end = np.log1p(low), np.log1p(high)
    places = np.arange(start, end, kind.step / SPEED_OF_LIGHT)
    tried = np.array(kind.widths)
    found = [_Blend.of(data, lines, places, kind) for lines in _overlapping(kind)]
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


def _exact(
    blends: "Sequence[_Blend]", near: float, width: float, kind: LineKind, lead: float
) -> ExactRedshift:
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


def _gains(blends: "Sequence[_Blend]", places: Floats, widths: Floats) -> Floats:
    """(places, widths) how much of chi2 the lines explain."""
    total: Floats = np.sum([blend.gains(places, widths) for blend in blends], axis=0)
    return total


def _overlapping(kind: LineKind) -> list[tuple[Line, ...]]:
    """Lines that overlap share a fit."""
    blends: list[list[Line]] = []
    apart = APART * kind.widths[1] / SPEED_OF_LIGHT
    for line in sorted(kind.lines, key=lambda line: line.rest):
        if blends and np.log(line.rest / blends[-1][-1].rest) < apart:
            blends[-1].append(line)
        else:
            blends.append([line])
    return [tuple(blend) for blend in blends]


@dataclass(frozen=True, eq=False)
class _Blend:
    """Lines that overlap, with the pixels around them."""

    lines: tuple[Line, ...]
    data: _Pixels
    base: Floats
    """(3, n) the continuum: parabolas, orthonormal under the weights."""
    scale: float = 1.0
    """Of the variance: how much more most pixels scatter around the best fit than their noise says."""
    tried: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """(places, widths) of chi2 that these lines explain, at all that are tried."""

    @classmethod
    def of(cls, data: _Pixels, lines: tuple[Line, ...], places: Floats, kind: LineKind) -> "_Blend | None":
        """None where too little of it is in the spectrum."""
        reach = kind.reach / SPEED_OF_LIGHT
        low, high = np.log(lines[0].rest) + places[0] - reach, np.log(lines[-1].rest) + places[-1] + reach
        here = data.between(low, high)
        gaps = np.diff(np.concatenate([[low], here.log_wavelength, [high]]))
        if len(here.flux) < FEWEST_PIXELS or gaps.max() > LARGEST_GAP * (high - low):
            return None
        blend = cls(lines, here, _parabolas(here))
        widths = np.array(kind.widths)
        gains = blend.gains(places, widths)
        top, at = np.unravel_index(int(gains.argmax()), gains.shape)
        residual = blend._residual(float(places[top]), float(widths[at]))
        # the median of chi2 of one degree of freedom is 0.455; a few pixels do not move it
        scale = max(1.0, float(np.median(here.weight * residual**2)) / 0.455)
        return replace(blend, scale=scale, tried=gains / scale)

    def __len__(self) -> int:
        return len(self.data.flux)

    def gains(self, places: Floats, widths: Floats) -> Floats:
        """(places, widths) of chi2 that these lines explain."""
        at, width = (grid.ravel() for grid in np.meshgrid(places, widths, indexing="ij"))
        matrix, vector = self._normal(self._profiles(at, width))
        gain: Floats = (_signed(matrix, vector, self._signs) * vector).sum(axis=-1) / self.scale
        return gain.reshape(len(places), len(widths))

    def left(self, place: float, width: float) -> float:
        """chi2 that the fit leaves."""
        return float(self.data.weight @ self._residual(place, width) ** 2) / self.scale

    def fluxes(self, place: float, width: float) -> list[LineFlux]:
        """Of each line."""
        profiles = self._profiles(np.array([place]), np.array([width]))
        matrix, vector = self._normal(profiles)
        flux = _signed(matrix, vector, self._signs)[0]
        errors = np.sqrt(np.diag(np.linalg.pinv(matrix[0])) * self.scale)
        level = self._base_of(
            self.data.flux - flux @ self._gaussians(np.array([place]), np.array([width]))[0]
        )
        found = []
        for line, value, error in zip(self.lines, flux.tolist(), errors.tolist(), strict=True):
            continuum = float(np.interp(np.log(line.rest) + place, self.data.log_wavelength, level))
            per_width = float(np.exp(place)) * continuum if continuum > 0 else float("nan")
            found.append(LineFlux(line, value, error, value / per_width, error / per_width))
        return found

    @property
    def _signs(self) -> Floats:
        """(lines,) 1 emission, -1 absorption, 0 either."""
        return np.array([0 if line.broad else 1 if line.feature == "emission" else -1 for line in self.lines])

    def _residual(self, place: float, width: float) -> Floats:
        """(n,) flux without continuum and lines."""
        profiles = self._profiles(np.array([place]), np.array([width]))
        flux = _signed(*self._normal(profiles), self._signs)[0]
        residual: Floats = self.data.flux - self._base_of(self.data.flux) - flux @ profiles[0]
        return residual

    def _base_of(self, flux: Floats) -> Floats:
        """(..., n) the part that the continuum could be."""
        part: Floats = ((flux * self.data.weight) @ self.base.T) @ self.base
        return part

    def _profiles(self, places: Floats, widths: Floats) -> Floats:
        """(t, lines, n) lines of flux 1, without the part that the continuum could be."""
        gaussians = self._gaussians(places, widths)
        return gaussians - self._base_of(gaussians)

    def _gaussians(self, places: Floats, widths: Floats) -> Floats:
        """(t, lines, n) lines of flux 1, per Å."""
        sigma = (widths / SPEED_OF_LIGHT)[:, None, None]
        centers = (places[:, None] + np.log([line.rest for line in self.lines]))[..., None]
        height = 1 / (np.exp(centers) * sigma * np.sqrt(2 * np.pi))
        profile: Floats = height * np.exp(-0.5 * ((self.data.log_wavelength - centers) / sigma) ** 2)
        return profile

    def _normal(self, profiles: Floats) -> tuple[Floats, Floats]:
        """(t, lines, lines) and (t, lines) of the normal equations."""
        weighted = profiles * self.data.weight
        return weighted @ profiles.swapaxes(1, 2), weighted @ self.data.flux


def _parabolas(data: _Pixels) -> Floats:
    """(3, n) orthonormal under the weights."""
    scaled = (data.log_wavelength - data.log_wavelength.mean()) / np.ptp(data.log_wavelength)
    root = np.sqrt(data.weight)
    q, _ = np.linalg.qr((np.stack([np.ones_like(scaled), scaled, scaled**2]) * root).T)
    base: Floats = q.T / root
    return base


def _signed(matrix: Floats, vector: Floats, signs: Floats) -> Floats:
    """(t, lines) fluxes that solve the normal equations; one that would have the wrong sign is 0, and the
    others are fitted without it."""
    if vector.shape[1] == 1:
        flux: Floats = vector / matrix[:, 0]
        return np.where(flux * signs < 0, 0.0, flux)
    free = np.ones(vector.shape, dtype=bool)
    floor = 1e-9 * np.einsum("tll->tl", matrix).max(axis=1, keepdims=True) + 1e-300  # no line is like another
    for _ in range(vector.shape[1]):
        kept = np.where(free[:, :, None] & free[:, None, :], matrix, 0.0)
        kept += np.where(free, floor, 1.0)[:, :, None] * np.eye(vector.shape[1])
        flux = np.linalg.solve(kept, np.where(free, vector, 0.0)[..., None])[..., 0]
        wrong = free & (flux * signs < 0)
        if not wrong.any():
            return flux
        free &= ~wrong
    return np.where(free, flux, 0.0)
