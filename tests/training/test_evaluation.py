"""The evaluation as a whole, with weights that know nothing:
every bar has its number, and a second run gives the same."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.explorer.engine.quantiles import chi2_quantiles
from aion.training import card, evaluate, stages
from aion.training.__main__ import main
from aion.training.evaluate import Weights
from aion.training.evaluate.bars import Bar, judge, shown, within
from aion.training.evaluate.generation import share_of_code
from aion.training.evaluate.samples import by_magnitude, by_spectrum
from aion.training.masked_modeling import IMAGES, SPECTRA
from tests.training.toy import toy_run, toy_survey

ABOUT = {"weights": "abc", "seed": 1}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> tuple[evaluate.Report, evaluate.Report]:
    """Twelve objects of the toy survey, measured twice."""
    survey = toy_survey()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages.Run, "survey", lambda self: survey)
        run = toy_run(tmp_path_factory.mktemp("run"))
        for stage in (stages.simulate, stages.codecs, stages.tokens, stages.model):
            stage(run)
    weights, config = Weights.load(run.export), replace(run.config, held_out=12)
    first, second = (
        {
            title: table
            for part in evaluate.PARTS.values()
            for title, table in part(weights, survey, config).items()
        }
        for _ in range(2)
    )
    return first, second


@pytest.mark.slow
def test_the_explorer_ranks_a_reconstruction_among_those_of_the_report(found):
    report, _ = found
    known = chi2_quantiles(report)
    assert known and set(known) <= {*SPECTRA, *IMAGES}


@pytest.mark.slow
def test_every_simulated_bar_points_at_a_number_of_the_report(found):
    report, _ = found
    for bar in judge(report):
        if not bar["sample"].startswith("real"):
            title, _, sample = bar["sample"].partition("; ")
            assert sample in report[title], bar["sample"]


@pytest.mark.slow
def test_the_same_weights_give_the_same_numbers_again_and_none_is_infinite(found):
    first, second = found
    for row in (row for report in found for row in report["simulated: exact redshifts"].values()):
        assert row.pop("ms a spectrum") > 0  # the only number that is not of the weights
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)


@pytest.mark.slow
def test_every_row_says_how_many_things_it_is_about(found):
    assert all("n" in row for table in found[0].values() for row in table.values())


TABLES = {
    "real spectra, development: redshifts": {
        "galaxies and quasars, S/N >= 5": {"n": 16, "within 0.01": 0.9, "sure misses": 0}
    }
}


def bars(tables: evaluate.Report) -> dict[str, dict[str, object]]:
    return {str(row["quantity"]): row for row in judge(tables)}


def test_a_bar_is_met_missed_or_not_measured():
    found = bars(TABLES)
    assert found["|Δz|/(1+z) < 0.01"]["met"] is False and found["|Δz|/(1+z) < 0.01"]["n"] == 16
    assert found["Misses beyond 0.01 with peak probability > 0.9"]["met"] is True
    assert found["Photometric σ_NMAD"]["met"] is None and found["Photometric σ_NMAD"]["measured"] is None


def test_real_bars_are_about_all_spectra_once_the_reserved_half_was_read():
    assert bars(TABLES)["|Δz|/(1+z) < 0.01"]["sample"].startswith("real spectra, development")
    better = {"galaxies and quasars, S/N >= 5": {"n": 38, "within 0.01": 1.0}}
    found = bars({**TABLES, "real spectra, all: redshifts": better})["|Δz|/(1+z) < 0.01"]
    assert found["n"] == 38 and found["met"] is True


@pytest.mark.parametrize(
    ("limits", "text", "inside", "outside"),
    [
        ((0.97, None), "≥ 0.97", 0.97, 0.96),
        ((None, 0.05), "≤ 0.05", 0.05, 0.06),
        ((0.55, 0.8), "0.55 to 0.8", 0.6, 0.9),
    ],
)
def test_limits_hold_on_both_sides_and_are_shown(limits, text, inside, outside):
    assert shown(limits) == text and within(inside, limits) and not within(outside, limits)


def test_the_bars_come_first_and_older_tables_stay_only_with_the_same_weights():
    old = evaluate.document(TABLES, ABOUT, {})
    assert list(old)[:2] == ["bars", "about"]
    new = {"simulated: stars": {"S/N >= 3": {"n": 2, "mode below 0.005": 1.0}}}
    assert set(evaluate.document(new, ABOUT, old)) == {"bars", "about", *TABLES, *new}
    assert set(evaluate.document(new, {**ABOUT, "weights": "other"}, old)) == {"bars", "about", *new}


def test_a_report_is_read_back_as_it_was_written_and_its_bars_open_the_text(tmp_path):
    report = evaluate.document(TABLES, ABOUT, {})
    evaluate.write(report, tmp_path)
    assert evaluate.read(tmp_path) == report and evaluate.read(tmp_path / "nowhere") == {}
    text = evaluate.to_markdown(report)
    assert text.startswith("### bars") and "✗ not met" in text and "not measured" in text
    assert "| galaxies and quasars, S/N >= 5 | 16 | 0.9 | 0 |" in text
    assert "\\|Δz\\|/(1+z) < 0.01" in text, "a bar of absolute value would split the table"


def test_a_truth_of_the_same_density_lies_in_its_bands_as_often_as_they_say():
    random = np.random.default_rng(0)
    density = random.dirichlet(np.full(30, 0.5), 4_000)
    ids = (density.cumsum(1) < random.random((4_000, 1))).sum(1)
    for level in (0.68, 0.95):
        assert share_of_code(density, ids, level).mean() == pytest.approx(level, abs=0.02)
    assert share_of_code(np.array([[0.1, 0.8, 0.1]]), np.array([1]), 0.68) == pytest.approx(0.68 / 0.8)
    assert np.isnan(share_of_code(density[:1], np.array([-1]), 0.68)).all()


def evaluated(monkeypatch, tmp_path, *arguments: str) -> tuple[int, evaluate.Document, list[str]]:
    """`evaluate` of weights with older numbers beside them, of which nothing is really measured: the code of
    the command, the numbers that it leaves, and the parts it asked for."""
    asked: list[str] = []
    old = {"simulated: stars": {"S/N >= 3": {"n": 2, "mode below 0.005": 1.0}}}
    weights = SimpleNamespace(model=SimpleNamespace(sha256="abc"))

    def measured(part: str):
        return lambda *_: asked.append(part) or {f"simulated: {part}": {"all": {"n": 1}}}

    about = {"weights": "abc", "seed": 20261, "held-out objects": 12}
    evaluate.write(evaluate.document(old, about, {}), tmp_path)
    for part in evaluate.PARTS:
        monkeypatch.setitem(evaluate.PARTS, part, measured(part))
    monkeypatch.setattr(Weights, "load", lambda folder: weights)
    monkeypatch.setattr(stages.Run, "survey", lambda self: None)
    monkeypatch.setattr(card, "write", lambda *_: None)
    code = main(["evaluate", "--config", "smoke", "--model", str(tmp_path), *arguments])
    return code, evaluate.read(tmp_path), asked


def test_parts_of_the_evaluation_are_measured_alone_and_the_other_numbers_stay(monkeypatch, tmp_path):
    code, found, asked = evaluated(monkeypatch, tmp_path, "--only", "exact")
    assert code == 0 and asked == ["exact"]
    assert set(found) == {"bars", "about", "simulated: stars", "simulated: exact"}


def test_without_a_choice_all_parts_are_measured(monkeypatch, tmp_path):
    code, _, asked = evaluated(monkeypatch, tmp_path)
    assert code == 0 and asked == list(evaluate.PARTS)


def test_real_spectra_alone_need_their_folder(monkeypatch, tmp_path, capsys):
    code, _, asked = evaluated(monkeypatch, tmp_path, "--only", "real", "exact")
    assert code == 2 and not asked and "name it with --real FOLDER" in capsys.readouterr().out


def test_samples_are_cut_by_class_survey_and_signal_to_noise():
    kind, survey = (
        np.array(["galaxy", "quasar", "star", "galaxy"]),
        np.array(["SDSS", "SDSS", "DESI", "DESI"]),
    )
    rows = {
        name: np.flatnonzero(chosen).tolist()
        for name, chosen in by_spectrum(kind, survey, np.array([20.0, 2.0, 4.0, 7.0]), 3.0).items()
    }
    assert rows["galaxies and quasars, S/N >= 3"] == [0, 3] and rows["galaxies and quasars, S/N 1-3"] == [1]
    assert rows["stars, DESI, S/N 3-5"] == [2] and rows["galaxies, SDSS, S/N > 10"] == [0]
    assert "stars, SDSS, S/N 3-5" not in rows


def test_samples_are_cut_by_magnitude():
    rows = by_magnitude(np.array([18.0, 19.9, 20.5]))
    assert {name: chosen.tolist() for name, chosen in rows.items()} == {
        "r 18-20": [True, True, False],
        "r 20-21": [False, False, True],
    }


def test_a_bar_reads_one_number_of_one_table():
    row = Bar("a", "table", "all", "x", (1.0, None), (2.0, None)).judged(
        {"table": {"all": {"n": 3, "x": 1.5}}}
    )
    assert row == {
        "quantity": "a",
        "sample": "table; all",
        "bar": "≥ 1",
        "moonshot": "≥ 2",
        "measured": 1.5,
        "n": 3,
        "met": True,
    }
