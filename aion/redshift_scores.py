"""Densities over z against true redshifts: N densities on one grid, and what each says of its truth.
Pure functions of arrays; knows no file, no model and no class of object.

dz = (z - z_true) / (1 + z_true); sigma_NMAD = 1.4826 median|dz - median(dz)|. The density is constant within
each bin, and every number here is exact for that. Without any object a number is NaN.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aion.redshift import RedshiftPDF

Array = NDArray[Any]
Floats = NDArray[np.float64]
Point = Literal["mode", "median"]
"""Which number of a density stands for it: the middle of its densest bin, or what halves it."""

LEVELS = tuple(round(0.1 * k, 1) for k in range(1, 10))
"""Probabilities at which coverage is compared with what was promised."""
FINE_LEVELS = tuple(round(0.02 * k, 2) for k in range(1, 50))
"""The same for a curve."""
PEAK_BINS = 3
"""Bins on both sides of the mode that belong to its peak."""
RESAMPLES = 100
"""Bootstrap resamples behind an error."""
_PIT_EDGE = 1e-6
"""What Anderson and Darling's logarithms see of a truth outside of the grid, whose PIT is 0 or 1."""
_PART = 2_000
"""Densities that are scored together: a matrix of so many and a thousand bins is 16 MB."""


@dataclass(frozen=True)
class Columns:
    """Arrays with one entry per object; members add the fields."""

    def __getitem__(self, chosen: Array) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All objects of all parts; at least one."""
        return cls(
            **{field.name: _joined([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        )


@dataclass(frozen=True)
class Redshifts(Columns):
    """What N densities say, and the truth; (N,) each."""

    truth: Floats
    mode: Floats
    median: Floats
    peak: Floats
    """Probability within `PEAK_BINS` of the mode."""
    below: Floats
    """Probability below the truth (PIT); uniform in 0..1 when calibrated."""
    level: Floats
    """Smallest highest-density region that holds the truth; inf where none does."""
    crps: Floats
    """Integral over z of (cumulative - step at the truth) squared."""
    density: Floats
    """At the truth, per unit of z; 0 outside of the grid."""
    squared: Floats
    """Integral over z of the density squared."""

    @classmethod
    def of(cls, pdfs: Sequence[RedshiftPDF], truth: Array) -> Self:
        """From densities of one grid and true redshifts."""
        edges = pdfs[0].edges if pdfs else np.arange(2.0)
        probability = np.array([pdf.probability for pdf in pdfs]).reshape(len(pdfs), len(edges) - 1)
        return cls.of_arrays(probability, edges, truth)

    @classmethod
    def of_arrays(cls, probability: Array, edges: Array, truth: Array) -> Self:
        """From probabilities (N, bins), each adding up to 1, between edges (bins + 1,), and truths (N,)."""
        truth, edges = np.asarray(truth, dtype=float), np.asarray(edges, dtype=float)
        firsts = range(0, max(len(truth), 1), _PART)
        parts = [slice(first, first + _PART) for first in firsts]
        return cls.joined([cls._part(np.asarray(probability[p], float), edges, truth[p]) for p in parts])

    @classmethod
    def _part(cls, p: Floats, edges: Floats, truth: Floats) -> Self:
        width = np.diff(edges)
        density = p / width
        cumulative = np.concatenate([np.zeros((len(p), 1)), p.cumsum(1)], axis=1)
        bins = (np.searchsorted(edges, truth) - 1).clip(0, len(width) - 1)
        inside = (truth >= edges[0]) & (truth <= edges[-1])
        rows = np.arange(len(p))
        within = ((truth - edges[bins]) / width[bins]).clip(0, 1)
        below = cumulative[rows, bins] + within * p[rows, bins]
        median = _medians(p, cumulative, edges)
        top = density.argmax(1)
        return cls(
            truth=truth,
            mode=((edges[1:] + edges[:-1]) / 2)[top],
            median=median,
            peak=cumulative[rows, (top + PEAK_BINS + 1).clip(max=len(width))]
            - cumulative[rows, (top - PEAK_BINS).clip(0)],
            below=below,
            level=np.where(inside, _levels(p, density, edges, median, bins, within), np.inf),
            crps=_crps(p, cumulative, edges, bins, within, below, truth),
            density=np.where(inside, density[rows, bins], 0.0),
            squared=(density * p).sum(1),
        )

    @property
    def error(self) -> Floats:
        """dz (N,) of the modes."""
        return redshift_errors(self.mode, self.truth)

    def errors(self, point: Point) -> Floats:
        """dz (N,) of the modes or of the medians."""
        return redshift_errors(getattr(self, point), self.truth)


def redshift_errors(predicted: Floats, truth: Floats) -> Floats:
    """dz (N,)."""
    return (np.asarray(predicted) - truth) / (1 + np.asarray(truth))


def sigma_nmad(error: Floats) -> float:
    """Robust scatter of dz."""
    return float(1.4826 * np.median(np.abs(error - np.median(error)))) if len(error) else np.nan


def ks_distance(values: Floats) -> float:
    """Largest distance between the distribution of values in 0..1 and the uniform one."""
    ordered, n = np.sort(values), len(values)
    if not n:
        return np.nan
    steps = np.arange(n + 1) / n
    return float(max(np.abs(steps[1:] - ordered).max(), np.abs(steps[:-1] - ordered).max()))


def anderson_darling(values: Floats) -> float:
    """A² of values in 0..1 against the uniform distribution: 1 when they follow it, above 2.49 in one case
    of twenty, and it grows with the number of values where they do not."""
    ordered, n = np.sort(values).clip(_PIT_EDGE, 1 - _PIT_EDGE), len(values)
    if not n:
        return np.nan
    odd = 2 * np.arange(1, n + 1) - 1
    return float(-n - (odd * (np.log(ordered) + np.log1p(-ordered[::-1]))).sum() / n)


def covered_shares(found: Redshifts, levels: Sequence[float] = FINE_LEVELS) -> Floats:
    """(levels,) share of truths within the highest-density region of each level."""
    shares = [np.mean(found.level <= level) if len(found.level) else np.nan for level in levels]
    return np.array(shares, dtype=float)


def coverage_error(found: Redshifts) -> float:
    """Largest |share - level| at `LEVELS`."""
    return float(np.abs(covered_shares(found, LEVELS) - np.array(LEVELS)).max())


def measures(point: Point, beyond: float) -> dict[str, Callable[[Redshifts], float]]:
    """Name of a number -> how it follows; accuracy by ``point``, outliers |dz| > ``beyond``."""
    return {
        "bias": lambda found: _median(found.errors(point)),
        "σ_NMAD": lambda found: sigma_nmad(found.errors(point)),
        f"outliers > {beyond:g}": lambda found: _mean(np.abs(found.errors(point)) > beyond),
        "68 % region covers": lambda found: _mean(found.level <= 0.68),
        "largest coverage error": coverage_error,
        "PIT KS": lambda found: ks_distance(found.below),
        "PIT A²": lambda found: anderson_darling(found.below),
        "CRPS": lambda found: _mean(found.crps),
        "CDE loss": lambda found: _mean(found.squared) - 2 * _mean(found.density),
    }


@dataclass(frozen=True)
class Measured:
    """A number with its bootstrap error."""

    value: float
    error: float


def summarize(
    found: Redshifts, point: Point, beyond: float, *, resamples: int = RESAMPLES
) -> dict[str, Measured]:
    """Every number of `measures` with the scatter of it over resamples of the objects, the same ones each
    time; NaN without objects, the error also of a single one."""
    n, generator = len(found.truth), np.random.default_rng(n_seed(len(found.truth)))
    values: dict[str, list[float]] = {name: [] for name in measures(point, beyond)}
    for _ in range(resamples if n > 1 else 0):
        resample = found[generator.integers(0, n, n)]
        for name, measure in measures(point, beyond).items():
            values[name].append(measure(resample))
    return {
        name: Measured(measure(found), float(np.std(values[name], ddof=1)) if values[name] else np.nan)
        for name, measure in measures(point, beyond).items()
    }


def by_group(
    found: Redshifts, groups: Mapping[str, Array], point: Point, beyond: float
) -> dict[str, tuple[int, dict[str, Measured]]]:
    """Group -> how many objects it has, and its numbers; ``groups``: masks (N,)."""
    return {
        name: (int(chosen.sum()), summarize(found[chosen], point, beyond)) for name, chosen in groups.items()
    }


def n_seed(n: int) -> int:
    """Of the resamples of ``n`` objects, so that the same objects have the same errors."""
    return 20_261 + n


def _medians(p: Floats, cumulative: Floats, edges: Floats) -> Floats:
    """z (N,) that halves each."""
    start = (cumulative[:, 1:] < 0.5 * cumulative[:, -1:]).sum(1).clip(max=p.shape[1] - 1)
    rows = np.arange(len(p))
    mass = p[rows, start]
    inside = (0.5 * cumulative[:, -1] - cumulative[rows, start]) / np.where(mass > 0, mass, 1.0)
    medians: Floats = edges[start] + inside.clip(0, 1) * np.diff(edges)[start]
    return medians


def _levels(p: Floats, density: Floats, edges: Floats, median: Floats, bins: Array, within: Floats) -> Floats:
    """(N,) probability of the highest-density region that has the truth at its end, as
    `RedshiftPDF.region` grows: bins by density, ties nearest the median first, and as much of the last bin
    as is needed, from the side where its neighbor is in the region already."""
    rows, numbers = np.arange(len(p)), np.arange(p.shape[1])
    own = density[rows, bins][:, None]
    distance = np.abs((edges[1:] + edges[:-1]) / 2 - median[:, None])
    nearer = distance[rows, bins][:, None]
    earlier = (distance < nearer) | ((distance == nearer) & (numbers < bins[:, None]))
    whole = np.pad((density > own) | ((density == own) & earlier), ((0, 0), (1, 1)))
    left, right = whole[rows, bins], whole[rows, bins + 2]
    share = np.where(left, within, np.where(right, 1 - within, np.abs(2 * within - 1)))
    levels: Floats = (p * whole[:, 1:-1]).sum(1) + share * p[rows, bins]
    return levels


def _crps(
    p: Floats, cumulative: Floats, edges: Floats, bins: Array, within: Floats, below: Floats, truth: Floats
) -> Floats:
    """(N,) exact for a cumulative that is straight within each bin."""
    width, rows = np.diff(edges), np.arange(len(p))
    low, high = cumulative[:, :-1], cumulative[:, 1:]
    rising = _square(low, high) * width
    falling = _square(1 - low, 1 - high) * width
    first = np.concatenate([np.zeros((len(p), 1)), rising.cumsum(1)], axis=1)[rows, bins]
    rest = np.concatenate([np.zeros((len(p), 1)), falling.cumsum(1)], axis=1)
    own = width[bins]
    split = _square(low[rows, bins], below) * within * own
    split = split + _square(1 - below, 1 - high[rows, bins]) * (1 - within) * own
    outside = np.maximum(edges[0] - truth, 0) + np.maximum(truth - edges[-1], 0)
    crps: Floats = first + split + rest[:, -1] - rest[rows, bins + 1] + outside
    return crps


def _square(a: Floats, b: Floats) -> Floats:
    """Mean of the square of what goes straight from a to b."""
    mean: Floats = (a * a + a * b + b * b) / 3
    return mean


def _mean(values: Array) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _median(values: Array) -> float:
    return float(np.median(values)) if len(values) else np.nan


def _joined(parts: list[Any]) -> Any:
    return type(parts[0]).joined(parts) if isinstance(parts[0], Columns) else np.concatenate(parts)
