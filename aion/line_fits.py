"""Lines fitted to a spectrum: those that overlap together, each a Gaussian of free flux on a continuum that
they share (a parabola through its surroundings).

Flux in 1e-17 erg/s/cm2/Å, wavelengths in vacuum Å, observed frame. At a redshift and a velocity width the
fluxes follow from linear least squares. Lines have their sign; narrow ones of hydrogen and helium either.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.lines import Line

Floats = NDArray[np.floating[Any]]

APART = 10
"""Widths from one line to the next below which both are fitted together."""
FEWEST_PIXELS, LARGEST_GAP = 20, 0.25
"""Good pixels around lines, and the largest share of the stretch without any, else nothing is fitted."""
SPIKE, SHARED = 8.0, 0.25
"""Sigmas by which a spike stands out of its surroundings, and the share of it that both its neighbors stay
below: the center of a line as narrow as an instrument resolves (FWHM of two pixels) has two with half."""


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
    in_stars: bool
    """Whether the atmospheres of stars make the permitted ones too, in absorption."""

    def sign(self, line: Line) -> int:
        """1 emission, -1 absorption, 0 either."""
        if line.broad and self.in_stars:
            return 0
        return 1 if line.feature == "emission" else -1


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


@dataclass(frozen=True, eq=False)
class Pixels:
    """Good pixels."""

    log_wavelength: Floats
    """(n,) natural logarithm, of Å."""
    flux: Floats
    weight: Floats
    """(n,) inverse variance."""

    def between(self, low: float, high: float) -> "Pixels":
        part = slice(*np.searchsorted(self.log_wavelength, [low, high]))
        return Pixels(self.log_wavelength[part], self.flux[part], self.weight[part])

    def without_spikes(self) -> "Pixels":
        """All but single ones that stand out, up or down, as no line does: cosmic rays and defects."""
        if not len(self.flux):
            return self
        # of each pixel: three before it, itself, three after it
        around = np.lib.stride_tricks.sliding_window_view(np.pad(self.flux, 3, mode="edge"), 7)
        above = around[:, 2:5] - np.median(around[:, [0, 1, 5, 6]], axis=1, keepdims=True)
        left, height, right = (above * np.sign(above[:, 1:2])).T
        spike = (height * np.sqrt(self.weight) > SPIKE) & (np.maximum(left, right) < SHARED * height)
        return Pixels(self.log_wavelength[~spike], self.flux[~spike], self.weight[~spike])


def overlapping(kind: LineKind) -> list[tuple[Line, ...]]:
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
class Blend:
    """Lines that overlap, with the pixels around them."""

    lines: tuple[Line, ...]
    signs: Floats
    """(lines,) 1 emission, -1 absorption, 0 either."""
    data: Pixels
    base: Floats
    """(3, n) the continuum: parabolas, orthonormal under the weights."""
    scale: float = 1.0
    """Of the variance: how much more most pixels scatter around the best fit than their noise says."""
    tried: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """(places, widths) of chi2 that these lines explain, at all that are tried."""

    @classmethod
    def of(cls, data: Pixels, lines: tuple[Line, ...], places: Floats, kind: LineKind) -> "Blend | None":
        """None where too little of it is in the spectrum."""
        reach = kind.reach / SPEED_OF_LIGHT
        low, high = np.log(lines[0].rest) + places[0] - reach, np.log(lines[-1].rest) + places[-1] + reach
        here = data.between(low, high)
        gaps = np.diff(np.concatenate([[low], here.log_wavelength, [high]]))
        if len(here.flux) < FEWEST_PIXELS or gaps.max() > LARGEST_GAP * (high - low):
            return None
        signs = np.array([kind.sign(line) for line in lines], dtype=float)
        blend = cls(lines, signs, here, _parabolas(here))
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
        gain: Floats = (_signed(matrix, vector, self.signs) * vector).sum(axis=-1) / self.scale
        return gain.reshape(len(places), len(widths))

    def left(self, place: float, width: float) -> float:
        """chi2 that the fit leaves."""
        return float(self.data.weight @ self._residual(place, width) ** 2) / self.scale

    def fluxes(self, place: float, width: float) -> list[LineFlux]:
        """Of each line."""
        profiles = self._profiles(np.array([place]), np.array([width]))
        matrix, vector = self._normal(profiles)
        flux = _signed(matrix, vector, self.signs)[0]
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

    def _residual(self, place: float, width: float) -> Floats:
        """(n,) flux without continuum and lines."""
        profiles = self._profiles(np.array([place]), np.array([width]))
        flux = _signed(*self._normal(profiles), self.signs)[0]
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


def _parabolas(data: Pixels) -> Floats:
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
