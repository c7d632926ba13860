"""Labeled objects -> a head, and how good it is: by cross-validation in which all that is known of one object
on the sky stands on one side, beside nearest neighbors, photometry alone and shuffled labels.
Needs scikit-learn.

Two methods: kNN (10 neighbors) and a linear one, ridge for numbers and multinomial logistic regression for
classes, on standardized columns. The strength of the regularization is chosen within each training part, on a
fifth of its objects. Only the linear one is kept: kNN would need the vectors of training beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import aion
from aion.errors import InputError
from aion.heads.head import LEVEL, Floats, Head, HeadFacts, leverages, softmax
from aion.heads.report import (
    EMBEDDING,
    FOLDS,
    KNN,
    LINEAR,
    NEIGHBORS,
    PHOTOMETRY,
    SHUFFLED,
    TOGETHER,
    CurvePoint,
    HeadReport,
    MethodScore,
    class_scores,
    mean_and_scatter,
    number_scores,
    scores_by_fold,
)
from aion.heads.samples import SEED, LabeledObjects

STRENGTHS = {"number": (0.1, 1.0, 10.0, 100.0, 1e3, 1e4), "class": (1.0, 10.0, 100.0, 1e3)}
"""λ that are tried."""
CURVE = (25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800)
"""Labels of the learning curve, before all that there are."""
CURVE_FOLDS = 3
IN_BIN, MOST_BINS = 50, 8
"""Objects of a stretch of predicted values that has an error of its own, and how many stretches."""
REACH = 0.995
"""Share of objects, as they were held out, that count as lying among those of training."""
Tell = Callable[[str, float], None]
"""What is done at present, and how much of it, 0 to 1."""


def train_head(objects: LabeledObjects, tell: Tell = lambda step, share: None) -> HeadReport:
    """The head of all labels, and everything that is measured beside it.

    Args:
        tell: Told before every step; what it raises ends the training.

    Raises:
        InputError: there are fewer objects on the sky than are needed to hold some out.
    """
    if len(np.unique(objects.groups)) < 2 * FOLDS:
        raise InputError(
            f"the {len(objects):,} labels are of {len(np.unique(objects.groups))} objects on the sky; "
            f"{2 * FOLDS} or more are needed to hold some out"
        )
    folds = list(_folds(objects))
    x, labels = objects.vectors.astype(float), objects.labels
    tell("Cross-validation of embeddings", 0.0)
    ours = _linear_folds(objects, x, folds)
    scores = [
        MethodScore(
            EMBEDDING, KNN, scores_by_fold(objects, labels, folds, _nearest(objects, x, labels, folds))
        ),
        MethodScore(EMBEDDING, LINEAR, scores_by_fold(objects, labels, folds, ours.predicted)),
    ]
    tell("Cross-validation of the photometry", 0.25)
    photometry = objects.photometry.to_numpy(float)
    if photometry.shape[1]:
        nearest = _nearest(objects, _standard_photometry(photometry), labels, folds)
        scores.append(MethodScore(PHOTOMETRY, KNN, scores_by_fold(objects, labels, folds, nearest)))
        both = np.concatenate([x, photometry], axis=1)
        for name, columns in ((PHOTOMETRY, photometry), (TOGETHER, both)):
            found = _linear_folds(objects, columns, folds).predicted
            scores.append(MethodScore(name, LINEAR, scores_by_fold(objects, labels, folds, found)))
    tell("Cross-validation of shuffled labels", 0.5)
    scores += _shuffled(objects, x, folds, ours.strengths)
    curve = _curve(objects, {EMBEDDING: x, PHOTOMETRY: photometry}, folds, scores, tell)
    tell("Training on all labels", 0.95)
    return _finished(objects, x, folds, ours, tuple(scores), curve)


@dataclass(frozen=True, eq=False)
class _HeldOut:
    """What the linear method says of every object by the folds that it is not in."""

    predicted: NDArray[Any]
    outputs: Floats
    """(n, K) before probabilities are made of them."""
    leverage: Floats
    strengths: list[float]


def _folds(objects: LabeledObjects) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to train on and rows held out; no object on the sky is among both."""
    splitter: Any = StratifiedGroupKFold if objects.kind == "class" else GroupKFold
    folds = splitter(FOLDS, shuffle=True, random_state=SEED)
    yield from folds.split(objects.vectors, objects.labels, objects.groups)


def _linear(objects: LabeledObjects, strength: float) -> Pipeline:
    """Of columns of which values may be missing."""
    is_number = objects.kind == "number"
    model = Ridge(strength) if is_number else LogisticRegression(C=1 / strength, max_iter=1_000, tol=1e-3)
    fill = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return Pipeline([("fill", fill), ("scale", StandardScaler()), ("model", model)])


def _choose_strength(
    objects: LabeledObjects, x: Floats, labels: NDArray[Any], rows: NDArray[np.int64]
) -> float:
    """The λ that is best on a fifth of the objects of some rows, when it learns from the others."""
    if len(np.unique(objects.groups[rows])) < 2:
        return STRENGTHS[objects.kind][-1]
    split = GroupShuffleSplit(1, test_size=0.2, random_state=SEED)
    ((first, second),) = split.split(rows, groups=objects.groups[rows])
    first, second = rows[first], rows[second]
    if objects.kind == "class" and len(set(labels[first])) < 2:
        return STRENGTHS["class"][-1]
    losses = [
        _loss(objects, _linear(objects, one).fit(x[first], labels[first]), x[second], labels[second])
        for one in STRENGTHS[objects.kind]
    ]
    return STRENGTHS[objects.kind][int(np.argmin(losses))]


def _loss(objects: LabeledObjects, model: Pipeline, x: Floats, labels: NDArray[Any]) -> float:
    """Mean square, or mean -ln of the probability of the label."""
    if objects.kind == "number":
        return float(np.mean((model.predict(x) - labels) ** 2))
    p, place = model.predict_proba(x), {name: number for number, name in enumerate(model.classes_)}
    held = [p[row, place[label]] if label in place else 0.0 for row, label in enumerate(labels)]
    return float(-np.log(np.clip(held, 1e-6, 1)).mean())


def _linear_folds(objects: LabeledObjects, x: Floats, folds: Sequence[Any]) -> _HeldOut:
    classes = sorted(set(objects.labels)) if objects.kind == "class" else [""]
    outputs = np.full((len(x), len(classes)), -np.inf)
    leverage, strengths = np.zeros(len(x)), []
    for train, test in folds:
        strengths.append(_choose_strength(objects, x, objects.labels, train))
        model = _linear(objects, strengths[-1]).fit(x[train], objects.labels[train])
        outputs[test] = _outputs(model, x[test], classes)
        seen = model[:-1].transform(x[train])
        leverage[test] = leverages(model[:-1].transform(x[test]), _precision(seen, strengths[-1]))
    predicted = (
        outputs[:, 0] if objects.kind == "number" else np.array(classes, dtype=object)[outputs.argmax(1)]
    )
    return _HeldOut(predicted, outputs, leverage, strengths)


def _outputs(model: Pipeline, x: Floats, classes: Sequence[str]) -> Floats:
    """(n, K) of a fitted pipeline: numbers, or logits of all classes, -inf of those that it never saw."""
    if len(classes) == 1:
        return np.asarray(model.predict(x), dtype=float)[:, None]
    outputs = np.full((len(x), len(classes)), -np.inf)
    outputs[:, [classes.index(one) for one in model.classes_]] = np.log(model.predict_proba(x).clip(1e-12))
    return outputs


def _nearest(objects: LabeledObjects, x: Floats, labels: NDArray[Any], folds: Sequence[Any]) -> NDArray[Any]:
    """(n,) the mean or the vote of the nearest, for objects held out."""
    predicted = np.zeros(len(x), dtype=float if objects.kind == "number" else object)
    for train, test in folds:
        method: Any = KNeighborsRegressor if objects.kind == "number" else KNeighborsClassifier
        model = method(NEIGHBORS, weights="distance").fit(x[train], labels[train])
        predicted[test] = model.predict(x[test])
    return predicted


def _standard_photometry(photometry: Floats) -> Floats:
    """For distances: standardized, the mean where unknown, and whether it is unknown."""
    fill = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return np.asarray(StandardScaler().fit_transform(fill.fit_transform(photometry)))


def _shuffled(
    objects: LabeledObjects, x: Floats, folds: Sequence[Any], strengths: Sequence[float]
) -> list[MethodScore]:
    """What labels give that belong to other objects: nothing but what their frequencies tell."""
    labels = np.random.default_rng(SEED).permutation(objects.labels)
    linear = np.zeros(len(x), dtype=float if objects.kind == "number" else object)
    for (train, test), strength in zip(folds, strengths, strict=True):
        linear[test] = _linear(objects, strength).fit(x[train], labels[train]).predict(x[test])
    found = {KNN: _nearest(objects, x, labels, folds), LINEAR: linear}
    return [
        MethodScore(SHUFFLED, name, scores_by_fold(objects, labels, folds, one))
        for name, one in found.items()
    ]


def _curve(
    objects: LabeledObjects,
    data: dict[str, Floats],
    folds: Sequence[Any],
    scores: Sequence[MethodScore],
    tell: Tell,
) -> tuple[CurvePoint, ...]:
    """Of ever more labels, tested on the same objects; the last point is the cross-validation itself."""
    most = min(len(train) for train, _ in folds)
    sizes = [size for size in CURVE if size < 0.8 * most]
    points = []
    for number, size in enumerate(sizes):
        tell(f"Learning curve: {size:,} labels", 0.6 + 0.35 * number / len(sizes))
        for name, x in data.items():
            if x.shape[1]:
                found = [_learned(objects, x, size, *fold) for fold in folds[:CURVE_FOLDS]]
                points.append(CurvePoint(name, LINEAR, size, *mean_and_scatter(found)))
    whole = [one for one in scores if one.data in data]
    points += [CurvePoint(one.data, one.method, most, *next(iter(one.score.values()))) for one in whole]
    return tuple(points)


def _learned(
    objects: LabeledObjects, x: Floats, size: int, train: NDArray[np.int64], test: NDArray[np.int64]
) -> float:
    """The main score of the linear method with some of the labels; whole objects, drawn at random."""
    labels, generator = objects.labels, np.random.default_rng(SEED)
    groups = objects.groups[train]
    order = generator.permutation(len(np.unique(groups)))
    rank = order[np.unique(groups, return_inverse=True)[1]]
    some = train[np.argsort(rank, kind="stable")[:size]]
    if objects.kind == "class" and len(set(labels[some])) < 2:
        return float(np.mean(labels[test] == labels[some][0]))
    model = _linear(objects, _choose_strength(objects, x, labels, some)).fit(x[some], labels[some])
    measure = number_scores if objects.kind == "number" else class_scores
    return next(iter(measure(labels[test], model.predict(x[test])).values()))


def _precision(x: Floats, strength: float) -> Floats:
    """(D, D) of standardized columns (n, D)."""
    return np.asarray(np.linalg.inv(x.T @ x + strength * np.eye(x.shape[1])), dtype=float)


def _finished(
    objects: LabeledObjects,
    x: Floats,
    folds: Sequence[Any],
    ours: _HeldOut,
    scores: tuple[MethodScore, ...],
    curve: tuple[CurvePoint, ...],
) -> HeadReport:
    """The head of all labels, whose errors are of the objects as they were held out."""
    strength = float(np.exp(np.mean(np.log(ours.strengths))))
    scale = StandardScaler().fit(x)
    model = _linear(objects, strength).fit(x, objects.labels)[-1]
    weights, intercepts = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    at: Floats = np.zeros(0)
    errors: Floats = np.zeros(0)
    probabilities: Floats = np.zeros((len(x), 0))
    classes: tuple[str, ...] = ()
    if objects.kind == "number":
        at, errors = _errors(objects, ours, np.arange(len(x)))
        held_out = _errors_by_fold(objects, ours, folds)
    else:
        classes = tuple(map(str, model.classes_))
        if len(classes) == 2:  # one logit stands for both
            weights, intercepts = (np.concatenate([-one / 2, one / 2]) for one in (weights, intercepts))
        sharpness = _sharpness(ours.outputs, objects.labels, classes)
        weights, intercepts = weights * sharpness, intercepts * sharpness
        probabilities = softmax(ours.outputs * sharpness)
        held_out = 1 - probabilities.max(1)
    facts = _facts(objects, classes, strength, float(np.quantile(ours.leverage, REACH)))
    precision = _precision(scale.transform(x), strength)
    head = Head(facts, scale.mean_, scale.scale_, weights, intercepts, precision, at, errors)
    report = HeadReport(head, objects, ours.predicted, held_out, probabilities, scores, curve)
    return replace(report, head=_with_scores(report))


def _facts(objects: LabeledObjects, classes: tuple[str, ...], strength: float, reach: float) -> HeadFacts:
    return HeadFacts(
        sha256=objects.sha256,
        view=objects.view,
        streams=objects.streams,
        label=objects.label,
        kind=objects.kind,
        unit=objects.unit,
        is_log=objects.is_log,
        classes=classes,
        n=len(objects),
        groups=len(np.unique(objects.groups)),
        origin=objects.origin,
        strength=strength,
        reach=reach,
        versions={"aion": aion.__version__, "scikit-learn": sklearn.__version__},
    )


def _errors_by_fold(objects: LabeledObjects, ours: _HeldOut, folds: Sequence[Any]) -> Floats:
    """(n,) of every object, from the objects of the other folds."""
    found = np.zeros(len(objects))
    for train, test in folds:
        at, errors = _errors(objects, ours, train)
        found[test] = np.interp(ours.predicted[test], at, errors) * np.sqrt(1 + ours.leverage[test])
    return found


def _with_scores(report: HeadReport) -> Head:
    """As its file has it: with the scores, in single precision."""
    found = {
        f"{one.data}, {one.method}: {name}": value
        for one in report.scores
        for name, (value, _) in one.score.items()
    }
    name = "68 % regions cover" if report.objects.kind == "number" else "mean probability - accuracy"
    facts = replace(report.head.facts, scores=found | {name: report.covered})
    return Head.from_bytes(replace(report.head, facts=facts).to_bytes())


def _errors(
    objects: LabeledObjects, ours: _HeldOut, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted values (m,), and half of the region that holds 68 % of labels there, without leverage: of
    stretches with equally many objects."""
    predicted = ours.predicted[rows].astype(float)
    off = np.abs(predicted - objects.labels[rows]) / np.sqrt(1 + ours.leverage[rows])
    count = int(np.clip(len(rows) // IN_BIN, 1, MOST_BINS))
    bins = np.array_split(np.argsort(predicted, kind="stable"), count)
    at = np.array([np.median(predicted[one]) for one in bins])
    half = [np.quantile(off[one], min(1.0, LEVEL * (1 + 1 / len(one)))) for one in bins]
    return at, np.array(half)


def _sharpness(outputs: Floats, labels: NDArray[Any], classes: Sequence[str]) -> float:
    """What logits (n, K) of objects held out are multiplied by, so that their labels are likeliest."""
    place = np.array([classes.index(label) for label in labels])
    finite = np.maximum(outputs, -50.0)
    tried = np.geomspace(0.2, 3.0, 55)
    losses = [
        -np.log(softmax(finite * one)[np.arange(len(place)), place].clip(1e-12)).mean() for one in tried
    ]
    return float(tried[int(np.argmin(losses))])
