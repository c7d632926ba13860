"""The temperature of the level of a spectrum: weighed samples are worth new ones, and the fit finds the
temperature at which the truths were drawn."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.generate import GENERATION
from aion.training import level, stages
from aion.training.__main__ import main
from aion.training.config import smoke_config
from aion.training.evaluate import Weights
from tests.training.toy import toy_survey

WEIGHTS = Path(__file__).parents[2] / "assets" / "models" / "aion-sim"


def made_batch(temperature: float, objects: int, seed: int = 0) -> level.Batch:
    """Spectra of one pixel, their level, of which the model says N(0, 1) and the truth is drawn at a
    temperature."""
    random = np.random.default_rng(seed)
    samples = random.normal(0, level.DRAWN_AT**0.5, (objects, level.SAMPLES))
    truth = random.normal(0, temperature**0.5, (objects, 1))
    survey = np.array(["DESI", "SDSS"])[np.arange(objects) % 2]
    return {
        "survey": survey,
        "ln_p": -(samples**2) / 2,
        "below": (samples < truth)[..., None].astype(np.int8),
    }


def test_samples_weighed_for_another_temperature_are_as_if_drawn_at_it():
    samples = np.random.default_rng(1).normal(0, level.DRAWN_AT**0.5, 200_000)
    for temperature in level.TEMPERATURES:
        weight = level.weights_at(-(samples**2) / 2, temperature)
        assert weight.sum() == pytest.approx(1)
        assert weight @ samples**2 == pytest.approx(temperature, rel=0.02)


@pytest.mark.parametrize("temperature", [0.65, 0.8, 1.0])
def test_the_fit_finds_the_temperature_at_which_truths_were_drawn(temperature):
    batches = [made_batch(temperature, 800, seed) for seed in range(2)]
    assert level.fit(batches) == pytest.approx(temperature, abs=0.11)
    row = level.table(batches)[f"{temperature:g}: both"]
    assert row["n"] == 1_600 and row["68 % band covers"] == pytest.approx(0.68, abs=0.03)
    assert row["95 % band covers"] == pytest.approx(0.95, abs=0.03)


def test_pixels_that_are_not_known_do_not_count():
    batch = made_batch(0.8, 10)
    unknown = np.full((10, level.SAMPLES, 3), -1, dtype=np.int8)
    wider = {**batch, "below": np.concatenate([batch["below"], unknown], axis=2)}
    assert level.table([wider]) == level.table([batch])


@pytest.mark.slow
def test_a_batch_is_one_spectrum_of_each_object_by_the_two_surveys_in_turn(monkeypatch):
    monkeypatch.setattr(level, "OBJECTS", 2)
    monkeypatch.setattr(level, "SAMPLES", 3)
    batch = level.draw_batch(Weights.load(WEIGHTS), toy_survey(), smoke_config(), 0)
    assert sorted(batch["survey"]) == ["DESI", "SDSS"]
    assert batch["ln_p"].shape == (2, 3) and (batch["ln_p"] < 0).all()
    known = (batch["below"] >= 0).all(axis=1).sum(axis=1)
    pixels = dict(zip(batch["survey"], known, strict=True))
    assert batch["below"].shape == (2, 3, 7781) and pixels["DESI"] > 4620 >= pixels["SDSS"] > 3000


def test_cautions_stay_with_their_weights():
    known = {"sha256": "abc", "first_temperature": {}, "cautions": [{"sentence": "No images."}]}
    same, other = (level.document(known, sha256, 0.8) for sha256 in ("abc", "other"))
    assert same["cautions"] == known["cautions"] and other["cautions"] == []
    assert set(same["first_temperature"].values()) == {0.8} and other["sha256"] == "other"


def test_the_command_writes_what_it_fitted_and_draws_no_batch_twice(monkeypatch, tmp_path, capsys):
    drawn: list[int] = []

    def draw_batch(weights, survey, config, number: int) -> level.Batch:
        drawn.append(number)
        return made_batch(0.8, 200, number)

    weights = SimpleNamespace(model=SimpleNamespace(sha256="abc"))
    monkeypatch.setattr(Weights, "load", lambda folder: weights)
    monkeypatch.setattr(stages.Run, "survey", lambda self: None)
    monkeypatch.setattr(level, "draw_batch", draw_batch)
    for _ in range(2):
        assert main(["level", "--run", str(tmp_path), "--model", str(tmp_path)]) == 0
    found = json.loads((tmp_path / GENERATION).read_text())
    assert drawn == list(level.BATCHES) and "| 0.8: both | 800 |" in capsys.readouterr().out
    assert found == level.document({}, "abc", level.fit([made_batch(0.8, 200, n) for n in level.BATCHES]))
