"""p(z) against truths: where both come from, the numbers by groups, the report, and a recalibration."""

import json

import numpy as np
import pandas as pd
import pytest

from aion.__main__ import main
from aion.errors import InputError
from aion.explorer.redshift.calibration import (
    Sample,
    ask_model,
    fit_half,
    join_truths,
    measure,
    read_p_z,
    truth_columns,
    write_p_z,
)
from aion.explorer.redshift.calibration.report import measurement_dict, measurement_html
from aion.recalibration import Recalibration

EDGES = np.linspace(0.0, 2.0, 201)
MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2
N = 400


def sample(claimed: float = 0.05) -> Sample:
    """Gaussians whose truths scatter by 0.1; every tenth object is a star far off."""
    generator = np.random.default_rng(3)
    truth = generator.uniform(0.5, 1.5, N)
    middle = truth + generator.normal(0, 0.1, N)
    truth[::10] = 0.001
    p = np.exp(-0.5 * ((MIDDLES - middle[:, None]) / claimed) ** 2) + 1e-9
    table = pd.DataFrame(
        {
            "id": [f"object {row}" for row in range(N)],
            "class": np.where(np.arange(N) % 10 == 0, "star", "galaxy"),
            "snr": np.where(np.arange(N) < N // 2, 0.5, 7.0),
            "z_spec": truth,
            "z_best": middle,
        }
    )
    return Sample(table, p / p.sum(1, keepdims=True), EDGES, "made objects", sha256="a" * 64)


@pytest.fixture(scope="module")
def measured():
    return measure(join_truths(sample(), "z_spec"), beyond=0.15)


def test_truths_are_a_column_of_the_objects_or_of_another_table_by_id():
    own = sample()
    assert own.candidates[0] == "z_spec" and "z_best" not in own.candidates
    other = pd.DataFrame({"TARGETID": ["object 3", "object 1", "stranger"], "z_true": [0.3, 0.1, 9.0]})
    joined = join_truths(own, "z_true", other)
    assert joined.table["id"].tolist() == ["object 1", "object 3"] and joined.truth.tolist() == [0.1, 0.3]
    assert joined.left_out == ("398 without a true redshift",)


def test_true_redshifts_of_a_table_are_sought_in_what_is_called_so_and_not_in_its_ids():
    table = pd.DataFrame({"TARGETID": [39627640566453451], "MASS": [1e10], "SURE": [True], "Z_SPEC": ["0.5"]})
    assert truth_columns(table.assign(note="none", z_bad=-99.0)) == ["Z_SPEC", "MASS"]


@pytest.mark.parametrize(
    ("column", "other", "reason"),
    [
        ("z_none", None, "no column 'z_none'"),
        ("z", {"id": ["a"], "z": [1.0]}, "nothing in common"),
        ("z", {"id": ["a", "a"], "z": [1.0, 2.0]}, "'a' is there twice"),
        ("z", {"star": ["a"], "z": [1.0]}, "which column holds the ids"),
        ("z", {"id": ["object 1"], "z": [-99.0]}, "it holds no number above -1"),
    ],
)
def test_truths_that_cannot_be_joined_are_refused(column, other, reason):
    with pytest.raises(InputError, match=reason):
        join_truths(sample(), column, None if other is None else pd.DataFrame(other))


@pytest.mark.parametrize("beyond", [0.0, -0.1, float("nan")])
def test_outliers_beyond_no_distance_are_refused(beyond):
    with pytest.raises(InputError, match="outliers lie beyond"):
        measure(join_truths(sample(), "z_spec"), beyond=beyond)


def test_every_group_has_its_numbers_and_its_count(measured):
    groups = measured.groups
    assert next(iter(groups)) == "all" and groups["all"][0] == N
    assert groups["class: star"][0] == N // 10 and groups["S/N < 1"][0] == N // 2
    assert groups["class: galaxy"][1]["outliers > 0.15"].value < 0.1
    assert groups["class: star"][1]["outliers > 0.15"].value == 1
    assert groups["class: galaxy"][1]["68 % region covers"].value == pytest.approx(0.38, abs=0.08)


def test_the_farthest_outlier_comes_first(measured):
    far = measured.outliers
    assert len(far) >= N // 10 and far["Δz/(1+z)"].abs().is_monotonic_decreasing
    assert far["class"].iloc[0] == "star"


def test_the_report_needs_no_network_and_escapes_what_it_is_given(measured):
    hostile = join_truths(sample(), "z_spec")
    hostile.table.loc[0, "id"] = "<script>alert(1)</script>"
    page = measurement_html(measure(hostile, beyond=0.15))
    assert "Plotly" in page and "class: star" in page and "<script>alert" not in page
    assert "made objects" in page and "not recalibrated" in page
    assert json.loads(json.dumps(measurement_dict(measured)))["groups"][0]["n"] == N


def test_a_recalibration_is_fitted_on_one_half_and_judged_on_the_other():
    galaxies = join_truths(sample(), "z_spec")
    galaxies = galaxies[galaxies.table["class"].to_numpy() == "galaxy"]
    fitted = fit_half(galaxies, "a" * 64, "temperature", point="mode", beyond=0.15)
    covers = [half.groups["all"][1]["68 % region covers"].value for half in (fitted.before, fitted.after)]
    assert abs(covers[0] - 0.68) > 0.2 and abs(covers[1] - 0.68) < 0.1
    ids = set(fitted.before.sample.table["id"])
    assert len(ids) == len(galaxies) // 2 and {one.snr for one in fitted.recalibration.corrections} > {None}
    with pytest.raises(InputError, match="of the weights aaaaaaaaaaaa"):
        fit_half(galaxies, "b" * 64, "PIT", point="mode", beyond=0.15)


def test_a_file_of_p_z_comes_back_as_it_was(tmp_path):
    path = tmp_path / "pz.hdf5"
    path.write_bytes(write_p_z(join_truths(sample(), "z_spec")))
    back = read_p_z(path)
    np.testing.assert_allclose(back.probability, sample().probability, atol=1e-12)
    assert back.sha256 == "a" * 64 and back.table["id"].tolist() == sample().table["id"].tolist()
    np.testing.assert_allclose(join_truths(back, "z_true").truth, sample().table["z_spec"])


def test_what_holds_no_p_z_is_refused(tmp_path):
    (tmp_path / "no.txt").write_text("nothing")
    for path in (tmp_path, tmp_path / "no.txt"):
        with pytest.raises(InputError, match="holds no p"):
            read_p_z(path)


def test_the_model_is_asked_about_objects_of_a_catalog(engine):
    asked = ask_model(engine.catalog, engine, [1, 2, 5])
    assert asked.table["id"].tolist() == engine.catalog.table["id"].iloc[[1, 2, 5]].tolist()
    one = engine.analyze(engine.catalog.entry(asked.table["id"][1])).redshift
    np.testing.assert_allclose(asked.probability[1], one.probability, rtol=1e-3, atol=1e-7)
    assert len(join_truths(asked, "z")) == 3


def test_calibrate_prints_groups_writes_reports_and_a_recalibration(tmp_path, capsys):
    path, out = tmp_path / "pz.hdf5", tmp_path / "mine.json"
    path.write_bytes(write_p_z(join_truths(sample(), "z_spec")))
    reports = [tmp_path / f"report.{ending}" for ending in ("html", "json", "csv")]
    words = ["calibrate", str(path), "--truth", "z_true", "--fit", "pit", "--out", str(out)]
    assert main([*words, *(word for report in reports for word in ("--report", str(report)))]) == 0
    captured = capsys.readouterr()
    assert f"{N} objects with true redshifts" in captured.out and "σ_NMAD" in captured.out
    assert all(report.stat().st_size > 500 for report in reports)
    assert Recalibration.read(out, sha256="a" * 64).corrections[0].pit
    assert main(["calibrate", str(path), "--truth", "z_true", "--report", "report.pdf"]) == 2
    assert "report.pdf ends in" in capsys.readouterr().err
