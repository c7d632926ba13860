"""What is learned, what it is compared with, and which labels are refused."""

import numpy as np
import pandas as pd
import pytest

from aion.catalog import Catalog
from aion.errors import InputError
from aion.heads import samples
from aion.heads.report import EMBEDDING, KNN, PHOTOMETRY, SHUFFLED, TOGETHER
from aion.heads.samples import LabelChoice, detect_kind, label_objects, magnitudes
from aion.heads.training import train_head
from tests.heads.labeled import NOISE, N, labeled_table, labeled_vectors, law


def test_numbers_are_learned_better_than_from_photometry_and_not_at_all_when_shuffled(of_numbers):
    r2 = {one: of_numbers.score(one)["R²"][0] for one in (EMBEDDING, PHOTOMETRY, SHUFFLED)}
    assert r2[EMBEDDING] > 0.98 > 0.9 > r2[PHOTOMETRY] > 0.2 > 0.1 > r2[SHUFFLED]
    assert r2[EMBEDDING] - 0.01 < of_numbers.score(TOGETHER)["R²"][0] <= 1, "nothing is lost together"
    assert of_numbers.score(EMBEDDING)["rms"][0] == pytest.approx(NOISE, rel=0.4)
    assert of_numbers.score(EMBEDDING, KNN)["R²"][0] < r2[EMBEDDING]


def test_errors_of_numbers_hold_68_percent_of_labels_that_nobody_saw(of_numbers):
    assert of_numbers.covered == pytest.approx(0.683, abs=0.06)
    fresh = labeled_vectors(2_000, seed=5)
    truth = labeled_table(fresh, seed=6)["mass"]
    found = of_numbers.head.predict(fresh)
    assert np.mean(np.abs(found.values - truth) < found.errors) == pytest.approx(0.683, abs=0.08)
    assert np.corrcoef(found.values, fresh @ law())[0, 1] > 0.99


def test_classes_are_learned_with_probabilities_that_mean_what_they_say(of_classes):
    assert of_classes.score(EMBEDDING)["accuracy"][0] > 0.75
    largest = pd.Series(of_classes.objects.labels).value_counts(normalize=True).iloc[0]
    assert of_classes.score(SHUFFLED)["accuracy"][0] == pytest.approx(largest, abs=0.1)
    assert of_classes.head.facts.classes == ("heavy", "light", "middle")
    assert of_classes.confusion.sum() == N
    assert np.trace(of_classes.confusion) / N == pytest.approx(
        of_classes.score(EMBEDDING)["accuracy"][0], abs=0.01
    )
    assert abs(of_classes.covered) < 0.05
    fresh = labeled_vectors(2_000, seed=5)
    found = of_classes.head.predict(fresh)
    assert np.allclose(found.probabilities.sum(1), 1)
    right = found.values == labeled_table(fresh, seed=6)["class"].to_numpy()
    assert np.mean(1 - found.errors) == pytest.approx(right.mean(), abs=0.08)


def test_two_classes_are_learned_too(catalog):
    table = catalog.table.assign(is_heavy=catalog.table["mass"] > 0)
    report = train_head(label_objects(catalog, LabelChoice("is_heavy", view="spectrum"), table))
    assert report.head.facts.classes == ("False", "True")
    found = report.head.predict(report.objects.vectors)
    assert (found.values == report.objects.labels).mean() > 0.95 and found.probabilities.shape == (N, 2)


def test_two_spectra_of_one_object_are_held_out_together(catalog):
    by_position = label_objects(catalog, LabelChoice("luck", view="spectrum"))
    assert len(set(by_position.groups)) == N // 2 and "1″" in by_position.grouped_by
    assert train_head(by_position).score(EMBEDDING, KNN)["R²"][0] < 0.1
    apart = label_objects(catalog, LabelChoice("luck", view="spectrum", group="id"))
    assert train_head(apart).score(EMBEDDING, KNN)["R²"][0] > 0.5, "what leaks where they are not"


def test_what_is_one_object_can_be_a_column(catalog):
    found = label_objects(catalog, LabelChoice("mass", view="spectrum", group="night"))
    assert len(set(found.groups)) == N // 8 and found.grouped_by == "the same night is one object"


def test_the_learning_curve_rises_to_the_cross_validation(of_numbers):
    own = [one for one in of_numbers.curve if (one.data, one.method) == (EMBEDDING, "linear")]
    assert [one.n for one in own] == [25, 50, 100, 192]
    assert own[0].mean < own[-1].mean == of_numbers.score(EMBEDDING)["R²"][0]
    assert {one.data for one in of_numbers.curve} == {EMBEDDING, PHOTOMETRY}


def test_the_same_labels_give_the_same_head(catalog, of_numbers):
    again = train_head(label_objects(catalog, LabelChoice("mass", unit="dex", view="spectrum")))
    assert again.head.digest == of_numbers.head.digest


def test_the_worst_come_first(of_numbers, of_classes):
    numbers, classes = of_numbers.worst(10), of_classes.worst(10)
    assert (np.diff(numbers["off by (errors)"].abs()) <= 0).all() and len(numbers) == 10
    assert (classes["label"] != classes["predicted"]).all() and (np.diff(classes["probability"]) <= 0).all()


def with_labels(catalog: Catalog, values: object, name: str = "label") -> pd.DataFrame:
    return pd.DataFrame({"id": catalog.table["id"], name: values})


def test_missing_labels_are_left_out_and_counted(catalog):
    values = catalog.table["mass"].to_numpy(float).copy()
    values[:7], values[7:10] = np.nan, np.inf
    found = label_objects(catalog, LabelChoice("label"), with_labels(catalog, values))
    assert len(found) == N - 10 and found.left_out == ("10 without a number",)
    rare = np.array(catalog.table["class"].astype(str), dtype=object)
    rare[:3], rare[3:5] = "odd", ""
    found = label_objects(catalog, LabelChoice("label"), with_labels(catalog, rare))
    assert found.left_out == ("2 without a class", "3 of a class with fewer than 10 objects")


def test_the_logarithm_of_a_label_is_learned_where_there_is_one(catalog):
    values = 10.0 ** catalog.table["mass"].to_numpy(float)
    values[:4] = -1.0
    found = label_objects(catalog, LabelChoice("label", is_log=True), with_labels(catalog, values))
    assert np.allclose(found.labels, catalog.table["mass"][4:]) and found.unit == "dex"
    assert found.left_out == ("4 without a number above 0, of which there is a logarithm",)
    assert train_head(found).head.facts.title == "log10(label)"


@pytest.mark.parametrize(
    ("values", "choice", "reason"),
    [
        (lambda mass: np.where(np.arange(N) < 49, mass, np.nan), {}, "49 objects have a label .*50 or more"),
        (
            lambda mass: np.array([f"class {row % 60}" for row in range(N)]),
            {},
            r"0 objects have a label .* \(left out: 240 of a class with fewer than 10 objects\)",
        ),
        (lambda mass: np.full(N, 2.5), {"kind": "number"}, "all 240 objects have the same number"),
        (lambda mass: np.full(N, "star", dtype=object), {}, "one class with 10 objects or more, 'star'"),
        (lambda mass: np.full(N, "star", dtype=object), {"kind": "number"}, "holds text, not numbers"),
        (lambda mass: np.full(N, "star", dtype=object), {"is_log": True}, "classes have no logarithm"),
        (lambda mass: mass, {"view": "image"}, "no vectors of 'image'; it has all, spectrum"),
        (lambda mass: mass, {"group": "plate"}, "there is no column 'plate'; there are id, label"),
    ],
)
def test_labels_that_nothing_can_be_learned_of_are_refused(catalog, values, choice, reason):
    table = with_labels(catalog, values(catalog.table["mass"].to_numpy(float)))
    with pytest.raises(InputError, match=reason):
        label_objects(catalog, LabelChoice("label", **choice), table)


def test_more_classes_than_can_be_learned_are_refused_with_what_to_do(catalog, monkeypatch):
    monkeypatch.setattr(samples, "MOST_LEARNED", 3)
    table = with_labels(catalog, np.array([f"class {row % 4}" for row in range(N)]))
    with pytest.raises(InputError, match="4 classes with 10 objects or more; up to 3 can be learned: join"):
        label_objects(catalog, LabelChoice("label"), table)


def test_labels_of_few_objects_on_the_sky_are_refused(catalog):
    table = with_labels(catalog, catalog.table["mass"]).assign(source=np.arange(N) % 4)
    found = label_objects(catalog, LabelChoice("label", group="source"), table)
    with pytest.raises(InputError, match="240 labels are of 4 objects on the sky; 10 or more"):
        train_head(found)


def test_of_many_labels_some_are_drawn_and_that_is_said(catalog, monkeypatch):
    monkeypatch.setattr(samples, "MOST", 100)
    found = label_objects(catalog, LabelChoice("mass"))
    assert len(found) == 100 and found.left_out == ("140 more that were not drawn",)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.5, 1.5, 2.0], "number"),
        ([1, 2, 3, 1], "class"),
        ([1.0, 2.0, np.nan], "class"),
        (range(100), "number"),
        ([True, False], "class"),
        (["a", "b"], "class"),
    ],
)
def test_whole_numbers_of_few_values_and_texts_are_classes(values, kind):
    assert detect_kind(pd.Series(list(values))) == kind


def test_fluxes_become_magnitudes_and_the_label_is_none_of_them():
    table = pd.DataFrame(
        {"FLUX_R": [1.0, 100.0, -0.2], "mag_r": [22.5, 17.5, np.nan], "EBV": [0.1, 0.1, 0.2]}
    )
    found = magnitudes(table)
    assert list(found) == ["FLUX_R", "EBV"], "what follows from the fluxes is none"
    assert found["FLUX_R"][:2].tolist() == pytest.approx([22.5, 17.5], abs=0.02) and found["FLUX_R"][2] > 24.9
    assert list(magnitudes(table, without="FLUX_R")) == ["EBV"]
    assert list(magnitudes(table[["mag_r"]])) == ["mag_r"]
