"""What the data say about a redshift, without the model: the lines it predicts and their signal-to-noise.

Flux in 1e-17 erg/s/cm2/Å, wavelengths in vacuum Å, observed frame. A line is measured in a window around
where it must be: the flux above (emission) or below (absorption) a straight continuum through both sides,
summed, over the error of that sum. The error is the given noise and that of the continuum, raised where the
sides scatter more than their noise says. Nothing is chosen by what it shows: each line has one window, and
what several spectra say of it is averaged, so that noise alone gives zero on average.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.explorer.results import SpectrumResult
from aion.lines import ATMOSPHERE, LINES, Line, observed

Floats = NDArray[np.floating[Any]]

FOUND_FROM = 3.0
"""S/N from which a line counts as found."""


@dataclass(frozen=True)
class LineWindow:
    """Where a line is summed and where its continuum is taken, in km/s from its center."""

    half: float
    gap: float
    """The continuum starts here, on both sides."""
    reach: float


NARROW = LineWindow(400.0, 600.0, 3000.0)  # holds a line of a galaxy with sigma up to 200 km/s at R = 2000
BROAD = LineWindow(3000.0, 4500.0, 12000.0)  # the width of a quasar's lines
GOOD_SHARE = 0.5
"""Share of a window's pixels that must be good, else nothing is said."""
MIN_SIDE_PIXELS = 5


@dataclass(frozen=True)
class LineVote:
    """One predicted line, or one group of lines of a name that share a window, and what is there."""

    line: Line
    wavelength: float
    """Å, observed."""
    significance: float
    """S/N, positive where the feature is there as predicted, and of a person's own line where there is light;
    NaN where too few good pixels tell."""


@dataclass(frozen=True)
class Votes:
    """All lines that one redshift predicts in the range of the data."""

    z: float
    lines: tuple[LineVote, ...]

    @property
    def measured_lines(self) -> tuple[LineVote, ...]:
        """Those of the table that could be measured; nobody says which sign a person's own line has."""
        return tuple(
            vote for vote in self.lines if vote.line.feature != "own" and math.isfinite(vote.significance)
        )

    @property
    def found_count(self) -> int:
        """Lines at ``FOUND_FROM`` or more."""
        return sum(vote.significance >= FOUND_FROM for vote in self.measured_lines)

    @property
    def total(self) -> float:
        """Sum of the S/N over the root of their number, so that lines that are predicted and not there count
        against z; NaN without any."""
        measured_lines = self.measured_lines
        return (
            sum(vote.significance for vote in measured_lines) / math.sqrt(len(measured_lines))
            if measured_lines
            else math.nan
        )


def votes(spectra: Sequence[SpectrumResult], z: float, own: Sequence[Line] = ()) -> Votes:
    """The major lines that ``z`` predicts in spectra that have data, and a person's ``own``; where several
    cover a line, their mean, weighted by the variances."""
    excesses: dict[tuple[Line, ...], list[_Excess]] = {}
    for spectrum in spectra:
        for group, excess in _excesses(spectrum, z, own).items():
            excesses.setdefault(group, []).append(excess)
    found = [
        LineVote(group[0], _center(group, z), _signal_to_noise(several))
        for group, several in excesses.items()
    ]
    return Votes(z, tuple(sorted(found, key=lambda vote: vote.wavelength)))


@dataclass(frozen=True)
class _Excess:
    """Flux of a line, positive where the feature is there as predicted, 1e-17 erg/s/cm2."""

    flux: float
    variance: float
    """Infinite where too few good pixels tell."""


NOTHING = _Excess(0.0, math.inf)


def _signal_to_noise(several: Sequence[_Excess]) -> float:
    """Of the weighted mean."""
    weight = sum(1 / excess.variance for excess in several)
    return (
        sum(excess.flux / excess.variance for excess in several) / math.sqrt(weight) if weight else math.nan
    )


def _excesses(spectrum: SpectrumResult, z: float, own: Sequence[Line]) -> dict[tuple[Line, ...], _Excess]:
    """Of every group of lines in the range of one spectrum, and of every own one."""
    if spectrum.flux is None or spectrum.sigma is None:
        return {}
    low, high = float(spectrum.wavelength[0]), float(spectrum.wavelength[-1])
    good = _good(spectrum)
    groups = [*_groups(z), *((line,) for line in own)]
    return {group: _excess(spectrum, good, group, z) for group in groups if low <= _center(group, z) <= high}


def _center(group: Sequence[Line], z: float) -> float:
    """Å, observed."""
    return sum(observed(line, z) for line in group) / len(group)


def _groups(z: float) -> list[tuple[Line, ...]]:
    """Major lines; neighbors of one name whose windows overlap are one group."""
    groups: list[list[Line]] = []
    for line in sorted((line for line in LINES if line.major), key=lambda line: line.rest):
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and last.name == line.name
            and SPEED_OF_LIGHT * (line.rest / last.rest - 1) < 2 * NARROW.half
        ):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [tuple(group) for group in groups]


def _good(spectrum: SpectrumResult) -> NDArray[np.bool_]:
    """Pixels that are not masked, have noise, and that the atmosphere does not spoil."""
    assert spectrum.flux is not None and spectrum.sigma is not None
    good: NDArray[np.bool_] = (
        ~spectrum.bad & np.isfinite(spectrum.flux) & np.isfinite(spectrum.sigma) & (spectrum.sigma > 0)
    )
    for region in ATMOSPHERE:
        good &= (spectrum.wavelength < region.low) | (spectrum.wavelength > region.high)
    return good


def _excess(spectrum: SpectrumResult, good: NDArray[np.bool_], group: Sequence[Line], z: float) -> _Excess:
    """What the window of the group holds above (emission) or below (absorption) its continuum."""
    assert spectrum.flux is not None and spectrum.sigma is not None
    x, window = spectrum.wavelength, BROAD if group[0].broad else NARROW
    first, last = observed(group[0], z), observed(group[-1], z)
    inside = _between(x, first, last, window.half)
    sides = _between(x, first, last, window.reach) & ~_between(x, first, last, window.gap) & good
    for line in LINES:  # the continuum is free of other lines
        if line not in group and line.major:
            sides &= ~_between(x, observed(line, z), observed(line, z), NARROW.half)
    used = inside & good
    center = (first + last) / 2
    left, right = sides & (x < center), sides & (x > center)
    if (
        not inside.any()
        or used.sum() < GOOD_SHARE * inside.sum()
        or min(left.sum(), right.sum()) < MIN_SIDE_PIXELS
    ):
        return NOTHING
    scale = window.reach / SPEED_OF_LIGHT * center
    side = np.stack([np.ones(int(sides.sum())), (x[sides] - center) / scale], axis=1)
    here = np.stack([np.ones(int(used.sum())), (x[used] - center) / scale], axis=1)
    weight = 1 / spectrum.sigma[sides] ** 2
    covariance = np.linalg.inv(side.T @ (side * weight[:, None]))
    fit = covariance @ (side.T @ (weight * spectrum.flux[sides]))
    scatter = float(weight @ (spectrum.flux[sides] - side @ fit) ** 2) / (len(side) - 2)
    width = np.gradient(x)[used]
    reach = width @ here
    flux = float(width @ (spectrum.flux[used] - here @ fit))
    variance = float(width**2 @ spectrum.sigma[used] ** 2 + reach @ covariance @ reach) * max(scatter, 1.0)
    return _Excess(-flux if group[0].feature == "absorption" else flux, variance)


def _between(x: Floats, first: float, last: float, velocity: float) -> NDArray[np.bool_]:
    """Pixels from ``velocity`` (km/s) below the first wavelength to as much above the last."""
    share = velocity / SPEED_OF_LIGHT
    inside: NDArray[np.bool_] = (x >= first * (1 - share)) & (x <= last * (1 + share))
    return inside
