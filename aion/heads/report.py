"""How good a head is: what was measured on objects that were held out. Knows no scikit-learn. n labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.error_text import with_error
from aion.heads.head import Floats, Head
from aion.heads.samples import LabeledObjects

FOLDS = 5
"""Of the cross-validation."""
NEIGHBORS = 10
"""Of kNN."""
EMBEDDING, PHOTOMETRY, SHUFFLED = "embedding", "photometry alone", "embedding, shuffled labels"
TOGETHER = "embedding and photometry"
KNN, LINEAR = f"{NEIGHBORS} nearest", "linear"
"""Names of what is compared."""

Score = dict[str, tuple[float, float]]
"""Name -> mean over the folds, and the scatter between them."""


@dataclass(frozen=True)
class MethodScore:
    """How good one method is on one kind of data."""

    data: str
    method: str
    score: Score


@dataclass(frozen=True)
class CurvePoint:
    """What one method makes of so many labels."""

    data: str
    method: str
    n: int
    mean: float
    scatter: float


@dataclass(frozen=True, eq=False)
class HeadReport:
    """A head, and what was measured on objects that were held out. n labels."""

    head: Head
    objects: LabeledObjects
    predicted: NDArray[Any]
    """(n,) by the head of the folds that an object was not in."""
    errors: Floats
    """(n,) as `aion.heads.head.Predictions` has them, from other folds than that of the object."""
    probabilities: Floats
    """(n, classes) of classes, as calibrated."""
    scores: tuple[MethodScore, ...]
    curve: tuple[CurvePoint, ...]

    @property
    def main_score(self) -> str:
        """Which of the numbers the learning curve shows."""
        return "R²" if self.objects.kind == "number" else "accuracy"

    @property
    def confusion(self) -> NDArray[np.int64]:
        """(classes, classes) labels by predictions."""
        classes = self.head.facts.classes
        place = {name: number for number, name in enumerate(classes)}
        found = np.zeros((len(classes), len(classes)), dtype=np.int64)
        for truth, guess in zip(self.objects.labels, self.predicted, strict=True):
            found[place[truth], place[guess]] += 1
        return found

    @property
    def covered(self) -> float:
        """Share of labels within one error of what was predicted (number); 0.68 is wanted. Of classes the
        mean probability of what was predicted less the accuracy; 0 is wanted."""
        labels = self.objects.labels
        if self.objects.kind == "number":
            return float(np.mean(np.abs(self.predicted - labels) <= self.errors))
        return float(np.mean(1 - self.errors) - np.mean(self.predicted == labels))

    def sentences(self) -> list[str]:
        """What was learned on what, for people."""
        one, facts = self.objects, self.head.facts
        data = {"all": "all data", "spectrum": "spectra", "image": "images"}.get(facts.view, facts.view)
        unit = f" ({facts.unit})" if facts.unit else ""
        what = f"{len(facts.classes)} classes" if facts.kind == "class" else f"numbers{unit}"
        left_out = f" Left out: {', '.join(one.left_out)}." if one.left_out else ""
        share = f"{100 * abs(self.covered):.1f} %"
        if facts.kind == "number":
            calibrated = f"{share} of labels lie within the error of their prediction (68.3 % wanted)"
        else:
            side = "above" if self.covered > 0 else "below"
            calibrated = f"Probabilities are {share} {side} the share that is right, on average"
        return [
            f"{facts.title}: {what}; from embeddings of {data} of {one.origin}.{left_out}",
            f"{FOLDS} folds of {facts.groups:,} objects on the sky ({one.grouped_by}); each number is the "
            f"mean of the folds and the scatter between them. {calibrated}.",
        ]

    def table(self) -> pd.DataFrame:
        """A row for each kind of data and method: each number with the scatter between the folds."""
        rows = [
            {"Data": one.data, "Method": one.method}
            | {name: with_error(mean, scatter) for name, (mean, scatter) in one.score.items()}
            for one in self.scores
        ]
        return pd.DataFrame(rows)

    def means(self) -> pd.DataFrame:
        """The numbers of `table` without the scatter."""
        return pd.DataFrame([{name: mean for name, (mean, _) in one.score.items()} for one in self.scores])

    def worst(self, count: int) -> pd.DataFrame:
        """Objects farthest from their labels, the farthest first: ``id``, label, prediction and how far that
        is, in errors; or the probability of the class that was predicted in place of the label."""
        labels, found = self.objects.labels, {"id": self.objects.ids}
        if self.objects.kind == "number":
            off = (self.predicted - labels) / self.errors
            far, order = {"error": self.errors, "off by (errors)": off}, np.argsort(-np.abs(off))
        else:
            is_wrong = self.predicted != labels
            p = self.probabilities.max(1)
            far, order = {"probability": p}, np.argsort(-p * is_wrong)[: is_wrong.sum()]
        table = pd.DataFrame(found | {"label": labels, "predicted": self.predicted} | far)
        rounded = table.map(lambda value: float(f"{value:.4g}") if isinstance(value, float) else value)
        return rounded.iloc[order[:count]].reset_index(drop=True)

    def score(self, data: str, method: str = LINEAR) -> Score:
        """Of one method; empty where it was not measured."""
        return next((one.score for one in self.scores if (one.data, one.method) == (data, method)), {})


def scores_by_fold(
    objects: LabeledObjects, labels: NDArray[Any], folds: Sequence[Any], predicted: NDArray[Any]
) -> Score:
    """Of predictions (n,) of objects that were held out, fold by fold."""
    measure = number_scores if objects.kind == "number" else class_scores
    each = [measure(labels[test], predicted[test]) for _, test in folds]
    return {name: mean_and_scatter([one[name] for one in each]) for name in each[0]}


def mean_and_scatter(values: Sequence[float]) -> tuple[float, float]:
    """Over the folds."""
    return float(np.mean(values)), float(np.std(values, ddof=1))


def number_scores(labels: Floats, predicted: Floats) -> dict[str, float]:
    """Of labels and predictions (n,), in the unit of the label but for R²."""
    off = predicted - labels
    center = np.median(off)
    return {
        "R²": float(1 - np.mean(off**2) / max(float(np.var(labels)), 1e-30)),
        "rms": float(np.sqrt(np.mean(off**2))),
        "σ_NMAD": float(1.4826 * np.median(np.abs(off - center))),
        "bias": float(off.mean()),
    }


def class_scores(labels: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Shares of labels that are predicted: of all, and averaged over the classes."""
    right = labels == predicted
    of_each = [float(right[labels == one].mean()) for one in sorted(set(labels))]
    return {"accuracy": float(right.mean()), "balanced accuracy": float(np.mean(of_each))}
