"""Redshift from logits: (B, 1, bins) -> a probability density over z. Knows no files, models or figures.

The density is constant within a bin of the checkpoint's own grid, and every number here is exact
for that step function: the credible intervals hold exactly 68 % and 95 %, the median halves the
area, points are bin mid-points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.errors import InputError

Floats = NDArray[np.floating[Any]]
Interval = tuple[float, float]

MERGE_BELOW = 1_000.0
"""km/s between two peaks that count as one: surveys call a larger error catastrophic (DESI, SDSS)."""
VALLEY = 0.5
"""Two peaks are one unless the density between them falls below this share of the lower peak:
ripples on a hump are not peaks."""
MAX_PEAKS = 5
"""Peaks listed at most: nobody compares more by eye."""
MIN_PEAK_PROBABILITY = 0.01
"""A peak with less is not listed, unless it is the best one."""
MULTIMODAL_FROM = 0.1
"""The second peak's probability from which the answer is ambiguous: one chance in ten is worth a look."""
REGION_SHARE = 1 / 3
"""Of what a region may leave out: a peak with less has no part in it where regions follow the peaks."""
EDGE_BINS = 3
"""Bins at the upper end of the grid that count as its edge: a peak at z beyond the grid piles up there."""
EDGE_FROM = 0.05
"""Probability within ``EDGE_BINS`` from which the redshift may lie beyond the grid."""
BROAD_FROM = 0.1
"""Total length of the 68 % region over 1 + z from which it is broad:
+-0.05 is about what good photometry gives, spectra give less."""

MULTIMODAL, EDGE, BROAD, LOW_COVERAGE = "multimodal", "edge", "broad", "low coverage"


@dataclass(frozen=True)
class Peak:
    """One hump of the density."""

    z: float
    """Mid-point of its highest bin."""
    probability: float
    """Mass between the valleys on both sides."""
    low: float
    high: float
    """Between them lies the central 68 % of this peak's own mass."""


@dataclass(frozen=True, eq=False)
class RedshiftPDF:
    """A probability density over z, constant within each bin."""

    edges: Floats
    """(n + 1,) increasing."""
    probability: Floats
    """(n,) mass per bin, sums to 1."""
    spare: float = 0.0
    """Probability of the logits without a bin, before it was dropped and the rest renormalised."""
    given_flags: tuple[str, ...] = ()
    """Flags that only the caller can know, such as ``"low coverage"``."""
    regions_of_peaks: bool = False
    """Whether regions have one piece for each peak that matters, rather than the densest bins: for densities
    that are jagged from bin to bin."""

    @cached_property
    def z(self) -> Floats:
        """(n,) bin mid-points."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @cached_property
    def density(self) -> Floats:
        """(n,) probability per unit of z; integrates to 1."""
        return self.probability / np.diff(self.edges)

    @cached_property
    def mode(self) -> float:
        """Mid-point of the densest bin."""
        return float(self.z[int(np.argmax(self.density))])

    @cached_property
    def median(self) -> float:
        """z that halves the area."""
        return float(_quantiles(self.edges, self.probability, np.array([0.5]))[0])

    def quantiles(self, shares: Sequence[float]) -> Floats:
        """Redshifts below which lie ``shares``, each 0 to 1, of the probability."""
        return _quantiles(self.edges, self.probability, np.asarray(shares, dtype=float))

    @cached_property
    def mean(self) -> float:
        return float(self.probability @ self.z)

    @cached_property
    def ci68(self) -> tuple[Interval, ...]:
        """The highest-density region of 68 %; several intervals where there are several peaks."""
        return self.region(0.68)

    @cached_property
    def ci95(self) -> tuple[Interval, ...]:
        """The highest-density region of 95 %."""
        return self.region(0.95)

    @cached_property
    def peaks(self) -> tuple[Peak, ...]:
        """Up to ``MAX_PEAKS``, most probable first."""
        found = _peak_bins(self.z, self.density)
        masses = [float(self.probability[bins].sum()) for _, bins in found]
        order = sorted(range(len(found)), key=lambda i: -masses[i])
        listed = [i for i in order if masses[i] >= MIN_PEAK_PROBABILITY][:MAX_PEAKS] or order[:1]
        return tuple(self._peak(*found[i], masses[i]) for i in listed)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """What a person must know before quoting this redshift; thresholds are constants of this file."""
        length = sum(high - low for low, high in self.ci68)
        computed = (
            (MULTIMODAL, len(self.peaks) > 1 and self.peaks[1].probability >= MULTIMODAL_FROM),
            (EDGE, float(self.probability[-EDGE_BINS:].sum()) >= EDGE_FROM),
            (BROAD, length / (1 + self.median) >= BROAD_FROM),
        )
        return tuple(name for name, holds in computed if holds) + self.given_flags

    def _peak(self, top: int, bins: slice, mass: float) -> Peak:
        edges = self.edges[bins.start : bins.stop + 1]
        low, high = _quantiles(edges, self.probability[bins], np.array([0.16, 0.84]))
        return Peak(float(self.z[top]), mass, float(low), float(high))

    def region(self, level: float) -> tuple[Interval, ...]:
        """Redshifts that hold ``level`` (0 to 1) of the probability, as intervals in increasing z.

        The smallest such set; with `regions_of_peaks` the smallest of which each peak has one piece at most,
        and peaks with less than `REGION_SHARE` of 1 - level none, unless the others do not hold so much.
        """
        if not 0 < level < 1:
            raise ValueError(f"level is {level}; a credible region needs a level between 0 and 1")
        if self.regions_of_peaks:
            order = _order_by_peaks(self.z, self.density, self.probability, REGION_SHARE * (1 - level))
        else:  # the densest first, ties nearest the median
            order = np.lexsort((np.abs(self.z - self.median), -self.density))
        return _region(self.edges, self.probability, order, level)

    def coverage(self, low: float, high: float) -> float:
        """Probability of low < z <= high."""
        cumulative = np.concatenate([[0.0], np.cumsum(self.probability)])
        below = np.interp([low, high], self.edges, cumulative)
        return float(below[1] - below[0])

    def times(self, weight: Floats) -> "RedshiftPDF":
        """The density multiplied by ``weight``, (n,) one non-negative value per bin, and normalised again.

        Raises:
            InputError: the weights do not fit the grid, or nothing is left.
        """
        weight = np.asarray(weight, dtype=float)
        if weight.shape != self.probability.shape or not np.isfinite(weight).all() or (weight < 0).any():
            raise InputError(
                f"weights have shape {weight.shape}; "
                f"one finite, non-negative value per bin is expected, {len(self.z)} in all"
            )
        product = self.probability * weight
        if not product.sum() > 0:
            raise InputError("nothing of the density is left when it is multiplied with these weights")
        return replace(self, probability=product / product.sum())

    def with_flag(self, flag: str) -> "RedshiftPDF":
        """The same density, with one more flag."""
        return self if flag in self.given_flags else replace(self, given_flags=(*self.given_flags, flag))

    def summary(self) -> str:
        """One sentence for people."""
        region = " or ".join(f"{low:.4f} to {high:.4f}" for low, high in self.ci68[:3])
        more = f" or {len(self.ci68) - 3} more" if len(self.ci68) > 3 else ""
        flags = f" Flags: {', '.join(self.flags)}." if self.flags else ""
        best = self.peaks[0]
        peak = f"the best peak holds {best.probability:.0%} near z = {best.z:.4f}"
        return f"z = {self.mode:.4f}; 68 % region {region}{more}; {peak}.{flags}"


def redshift_pdfs(logits: Any, buckets: Any) -> list[RedshiftPDF]:
    """One density per object.

    Args:
        logits: (B, 1, bins) or (B, bins), torch or numpy, with at least as many bins as ``buckets``.
            Token t stands for (buckets[t-1], buckets[t]]. Logits beyond the grid (the spare 1025th) are
            dropped and the rest renormalised.
        buckets: (bins,) increasing upper edges, from the checkpoint's Z codec.

    Token 0 means z <= buckets[0]. Where buckets[0] > 0 it is the bin from 0 to buckets[0], and there are
    as many bins as buckets; where the grid starts at 0 (or below) its mass is folded into the bin above
    it, and there is one bin less.

    Raises:
        InputError: the shapes do not fit, the grid does not increase, or logits are not finite.
    """
    edges = _array(buckets).reshape(-1)
    values = _array(logits)
    values = values[:, 0] if values.ndim == 3 and values.shape[1] == 1 else values
    if values.ndim != 2 or values.shape[1] < len(edges):
        raise InputError(
            f"logits have shape {tuple(values.shape)}; "
            f"expected (B, 1, bins) with bins >= {len(edges)}, the redshift grid"
        )
    if len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise InputError("the redshift grid must have at least two edges, strictly increasing")
    if not np.isfinite(values).all():
        raise InputError("logits hold NaN or infinity; the model's weights or its inputs are damaged")

    share = np.exp(values - values.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    spare = share[:, len(edges) :].sum(axis=1)
    kept = share[:, : len(edges)]
    kept = kept / np.maximum(kept.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    if edges[0] > 0:
        edges = np.concatenate([[0.0], edges])
    else:
        kept = np.concatenate([kept[:, :1] + kept[:, 1:2], kept[:, 2:]], axis=1)
    return [
        RedshiftPDF(edges, probability, float(lost)) for probability, lost in zip(kept, spare, strict=True)
    ]


def _array(values: Any) -> NDArray[np.float64]:
    """float64 from a torch tensor of any device and precision, or from numpy."""
    if hasattr(values, "detach"):
        values = values.detach().double().cpu().numpy()
    return np.asarray(values, dtype=np.float64)


def _quantiles(edges: Floats, probability: Floats, shares: Floats) -> Floats:
    """z below which lie ``shares`` of the mass, exact for a step density."""
    cumulative = np.concatenate([[0.0], np.cumsum(probability)])
    filled = np.concatenate([[True], probability > 0])  # a flat stretch of the cumulative has no inverse
    wanted = shares * cumulative[-1]
    starts = np.searchsorted(cumulative[1:], wanted, side="left").clip(0, len(probability) - 1)
    inside = (wanted - cumulative[starts]) / np.where(filled[starts + 1], probability[starts], 1.0)
    quantiles: Floats = edges[starts] + inside.clip(0, 1) * np.diff(edges)[starts]
    return quantiles


def _order_by_peaks(z: Floats, density: Floats, probability: Floats, least: float) -> NDArray[np.intp]:
    """Bins by what is left of the density when the dips on both sides of each peak are filled, from the peak
    outwards; those of peaks with less than ``least`` of the probability last."""
    filled, steps, is_minor = density.copy(), np.zeros(len(z)), np.zeros(len(z), dtype=bool)
    for top, bins in _peak_bins(z, density):
        left, right = density[bins.start : top + 1], density[top : bins.stop]
        filled[bins.start : top + 1] = np.maximum.accumulate(left)
        filled[top : bins.stop] = np.maximum.accumulate(right[::-1])[::-1]
        steps[bins] = np.abs(np.arange(bins.start, bins.stop) - top)
        is_minor[bins] = probability[bins].sum() < least
    return np.lexsort((steps, -filled, is_minor))


def _region(
    edges: Floats, probability: Floats, order: NDArray[np.intp], level: float
) -> tuple[Interval, ...]:
    """Bins in this order, and as much of the last as the level needs."""
    reached = np.cumsum(probability[order])
    last = int(np.searchsorted(reached, level * reached[-1]).clip(0, len(order) - 1))
    whole = np.zeros(len(probability), dtype=bool)
    whole[order[:last]] = True

    marginal = int(order[last])
    need = level * reached[-1] - (reached[last - 1] if last else 0.0)
    width = edges[marginal + 1] - edges[marginal]
    length = width * min(need / probability[marginal], 1.0)
    touches_left = marginal > 0 and whole[marginal - 1]
    touches_right = marginal + 1 < len(whole) and whole[marginal + 1]
    if not touches_left and not touches_right:
        start = edges[marginal] + (width - length) / 2
    else:
        start = edges[marginal] if touches_left else edges[marginal + 1] - length

    step = np.diff(np.concatenate([[0], whole.astype(np.int8), [0]]))
    pieces = list(zip(edges[np.flatnonzero(step == 1)], edges[np.flatnonzero(step == -1)], strict=True))
    return _joined([*pieces, (start, start + length)])


def _joined(pieces: list[tuple[Any, Any]]) -> tuple[Interval, ...]:
    """Sorted intervals, those that touch made one."""
    joined: list[Interval] = []
    for low, high in sorted((float(low), float(high)) for low, high in pieces):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def _peak_bins(z: Floats, density: Floats) -> list[tuple[int, slice]]:
    """The highest bin and all bins of each hump: of local maxima, merged where they are close or where no
    valley parts them."""
    tops, cuts = _merged(z, density, *_humps(density))
    bounds = [0, *cuts, len(density)]
    return [(top, slice(*ends)) for top, ends in zip(tops, pairwise(bounds), strict=True)]


def _humps(density: Floats) -> tuple[list[int], list[int]]:
    """Bins of the local maxima, and between each two the bin of the lowest density, where they part."""
    padded = np.concatenate([[-np.inf], density, [-np.inf]])
    rises = padded[1:-1] > padded[:-2]
    # the first bin of a plateau stands for it: it must rise before and not rise after the plateau ends
    changes = np.flatnonzero(rises | (padded[1:-1] < padded[:-2]))
    ends = np.append(changes[1:], len(density))
    tops = [
        int((start + end - 1) // 2)
        for start, end in zip(changes, ends, strict=True)
        if rises[start] and padded[end + 1] < density[start]
    ]
    cuts = [left + int(np.argmin(density[left : right + 1])) for left, right in pairwise(tops)]
    return tops, cuts


def _merged(z: Floats, density: Floats, tops: list[int], cuts: list[int]) -> tuple[list[int], list[int]]:
    """Neighbouring maxima united, highest valley first, until all are apart in velocity and by a valley.

    One look at each valley is enough: of two maxima that are united the higher one stays, farther from the
    next and not lower, so that what is apart remains so.
    """
    redshift, height = z.tolist(), density.tolist()
    top = list(tops)  # of those that are united, at the place of the first of them
    first, last = list(range(len(tops))), list(range(len(tops)))  # of those that are united, at the other end
    apart = set(range(len(cuts)))
    for i in sorted(apart, key=lambda i: (-height[cuts[i]], i)):
        left, right = top[first[i]], top[i + 1]
        mean = 1 + (redshift[left] + redshift[right]) / 2
        velocity = SPEED_OF_LIGHT * (redshift[right] - redshift[left]) / mean
        if velocity < MERGE_BELOW or height[cuts[i]] > VALLEY * min(height[left], height[right]):
            apart.remove(i)
            start, end = first[i], last[i + 1]
            top[start] = right if height[left] < height[right] else left
            last[start], first[end] = end, start
    return [top[i + 1] for i in (-1, *sorted(apart))], [cuts[i] for i in sorted(apart)]
