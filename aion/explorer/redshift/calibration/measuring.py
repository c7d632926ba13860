"""A sample with true redshifts -> numbers by groups of its objects, and what corrects its p(z)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.errors import InputError
from aion.explorer.redshift.calibration.samples import Sample
from aion.recalibration import Method, Recalibration, fit
from aion.redshift_scores import Measured, Point, Redshifts, by_group

Masks = dict[str, NDArray[np.bool_]]
SNR_STEPS = (-np.inf, 1.0, 3.0, 5.0, 10.0, np.inf)
MAGNITUDE_STEPS = (-np.inf, 18.0, 20.0, 21.0, 22.0, np.inf)
REDSHIFT_STEPS = (-np.inf, 0.005, 0.5, 1.0, 2.0, np.inf)
"""Ends of the bins of groups; a redshift below the second is a star's."""
MOST_VALUES = 8
"""Classes or surveys that are groups of their own; of more, those with most objects."""
IN_BIN = 50
"""Objects of a bin of S/N from which a recalibration has a correction of its own for it."""
SPLIT_SEED = 20_261


@dataclass(frozen=True, eq=False)
class Measurement:
    """What a sample says of its p(z)."""

    sample: Sample
    found: Redshifts
    point: Point
    beyond: float
    groups: dict[str, tuple[int, dict[str, Measured]]]
    """Group -> how many objects, and its numbers with bootstrap errors; ``"all"`` is the first."""

    @property
    def table(self) -> pd.DataFrame:
        """One row for each group: ``group``, ``n``, and each number with its error beside it."""
        rows = []
        for name, (n, numbers) in self.groups.items():
            row: dict[str, Any] = {"group": name, "n": n}
            for key, one in numbers.items():
                row |= {key: one.value, f"{key} error": one.error}
            rows.append(row)
        return pd.DataFrame(rows)

    @property
    def outliers(self) -> pd.DataFrame:
        """Objects with |dz| beyond the limit, the farthest first: truth, redshift, dz, what p(z) said."""
        error = self.found.errors(self.point)
        far = np.flatnonzero(np.abs(error) > self.beyond)
        far = far[np.argsort(-np.abs(error[far]), kind="stable")]
        known = self.sample.table.iloc[far]
        return pd.DataFrame(
            {
                "id": known["id"].astype(str).to_numpy(),
                "z true": self.found.truth[far],
                f"z ({self.point})": getattr(self.found, self.point)[far],
                "Δz/(1+z)": error[far],
                "peak probability": self.found.peak[far],
                "probability below the truth": self.found.below[far],
                **{name: known[name].to_numpy() for name in ("class", "snr", "mag_r") if name in known},
            }
        )


@dataclass(frozen=True, eq=False)
class Fitted:
    """A recalibration, and the half of the sample that it was not fitted on, before and after."""

    recalibration: Recalibration
    before: Measurement
    after: Measurement


def measure(sample: Sample, *, point: Point = "mode", beyond: float = 0.15) -> Measurement:
    """Of all objects, and of each class, survey and bin of S/N, magnitude and redshift that has any.

    Raises:
        InputError: it has no true redshifts, or ``beyond`` is none of a distance.
    """
    if not 0 < beyond < np.inf:
        raise InputError(f"outliers lie beyond a |Δz|/(1+z) above 0, not {beyond:g}")
    if len(sample.truth) != len(sample) or not len(sample):
        raise InputError("these objects have no true redshifts; say which column holds them")
    found = Redshifts.of_arrays(sample.probability, sample.edges, sample.truth)
    return Measurement(sample, found, point, beyond, by_group(found, groups_of(sample), point, beyond))


def groups_of(sample: Sample) -> Masks:
    """Name -> which objects, the whole first."""
    table = sample.table
    masks: Masks = {"all": np.full(len(sample), True)}
    for column, name in (("class", "class"), ("survey", "imaging"), ("spectrograph", "spectrograph")):
        if column in table:
            values = table[column].astype(object)
            for value in values.value_counts().index[:MOST_VALUES]:
                masks[f"{name}: {value}"] = (values == value).fillna(False).to_numpy(dtype=bool)
    for column, name, steps in (("snr", "S/N", SNR_STEPS), ("mag_r", "r", MAGNITUDE_STEPS)):
        if column in table:
            masks |= _bins(pd.to_numeric(table[column], errors="coerce").to_numpy(float), name, steps)
    masks |= _bins(np.asarray(sample.truth, dtype=float), "z", REDSHIFT_STEPS)
    return {name: chosen for name, chosen in masks.items() if chosen.any()}


def fit_half(sample: Sample, sha256: str, method: Method, *, point: Point, beyond: float) -> Fitted:
    """Fitted on a random half and judged on the other; by S/N where there are enough objects.

    Raises:
        InputError: p(z) is recalibrated already, or of other weights.
        ConfigError: there are too few objects.
    """
    if sample.is_recalibrated:
        raise InputError(
            "p(z) of these objects is recalibrated already; make them again with --recalibration no"
        )
    if sample.sha256 not in ("", sha256):
        raise InputError(
            f"p(z) of these objects is of the weights {sample.sha256[:12]}…, those in use are {sha256[:12]}…"
        )
    order = np.random.default_rng(SPLIT_SEED).permutation(len(sample))
    first, second = sample[order[: len(sample) // 2]], sample[order[len(sample) // 2 :]]
    corrections = [fit(first.probability, first.edges, first.truth, method=method)]
    for snr, chosen in _snr_bins(first):
        if chosen.sum() >= IN_BIN:
            part = first[chosen]
            corrections.append(fit(part.probability, part.edges, part.truth, method=method, snr=snr))
    found = Recalibration(sha256, f"{len(first):,} of {sample.origin}", tuple(corrections))
    after = replace(second, probability=recalibrate(second, found))
    return Fitted(found, *(measure(half, point=point, beyond=beyond) for half in (second, after)))


def recalibrate(sample: Sample, recalibration: Recalibration) -> NDArray[np.float64]:
    """p(z) (N, bins) after the corrections for any data, by the S/N of each object."""
    changed = np.array(sample.probability, dtype=float)
    snr = _snr(sample)
    chosen = [recalibration.correction((), None if np.isnan(one) else float(one)) for one in snr]
    for correction in {id(one): one for one in chosen if one is not None}.values():
        rows = np.array([one is correction for one in chosen])
        changed[rows] = correction.apply(changed[rows], sample.edges)
    return changed


def _snr(sample: Sample) -> NDArray[np.float64]:
    if "snr" not in sample.table:
        return np.full(len(sample), np.nan)
    return np.asarray(pd.to_numeric(sample.table["snr"], errors="coerce"), dtype=float)


def _snr_bins(sample: Sample) -> list[tuple[tuple[float, float], NDArray[np.bool_]]]:
    snr = _snr(sample)
    return [((low, high), (snr >= low) & (snr < high)) for low, high in pairwise(SNR_STEPS)]


def _bins(values: NDArray[np.float64], name: str, steps: Sequence[float]) -> Masks:
    masks: Masks = {}
    for low, high in pairwise(steps):
        text = f"< {high:g}" if np.isinf(low) else f"≥ {low:g}" if np.isinf(high) else f"{low:g}–{high:g}"
        masks[f"{name} {text}"] = (values >= low) & (values < high)
    return masks
