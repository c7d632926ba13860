"""Truths of the simulator, and what is measured with them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Generator

from aion.errors import InputError
from aion.heads import samples
from aion.training import heads
from aion.training.simulate.survey import TRUTHS, _truths
from tests.heads.labeled import labeled_catalog
from tests.training.toy import toy_config, toy_survey


def test_truths_are_of_the_objects_that_the_survey_draws():
    survey = toy_survey()
    objects = survey.draw(30, Generator().manual_seed(3), with_images=False)
    z, truths = survey.draw_truths(30, Generator().manual_seed(3))
    assert torch.equal(z, objects.z)
    is_galaxy = np.array(objects.kind) == "galaxy"
    assert tuple(truths) == TRUTHS
    for name in ("log_mass", "log_halpha_width"):
        assert (np.isfinite(truths[name].numpy()) == is_galaxy).all()
    forms_stars = np.isin(objects.subtype, ["star-forming", "starburst"])
    is_passive = np.array(objects.subtype) == "passive"
    rate = truths["log_ssfr"].numpy()
    assert np.isfinite(rate[forms_stars]).all() and np.isnan(rate[is_passive]).all()


def test_the_mass_follows_the_light_of_the_galaxy():
    """Of the same source ten times as bright ten times as much."""
    survey = toy_survey()
    targets = survey.population.draw_kind("galaxy", 8, Generator().manual_seed(1))
    sources = [survey.sources.galaxies(targets, Generator().manual_seed(2))]
    once, ten = (_truths(sources, torch.full((8,), scale), sources[0].z)["log_mass"] for scale in (1.0, 10.0))
    assert torch.allclose(ten - once, torch.ones(8), atol=1e-4)


def test_a_catalog_of_another_simulation_is_refused(tmp_path):
    made = labeled_catalog(tmp_path / "made")
    with pytest.raises(InputError, match="of another simulation than seed"):
        heads.draw_truths(made, toy_survey(), toy_config())


def test_what_is_measured_names_its_label_view_data_and_method(tmp_path: Path, monkeypatch):
    made = labeled_catalog(tmp_path / "made")
    made.table["mag_r"] = 20.0 + made.table["mass"]
    truths = pd.DataFrame({"id": made.table["id"]} | dict.fromkeys(TRUTHS, made.table["mass"]))
    monkeypatch.setattr(samples, "MOST", 100)
    numbers, classes = heads.measure_heads(made, truths.assign(log_mass=made.table["mass"]).iloc[::-1])
    assert numbers["log_mass, spectrum: embedding, linear"]["R²"] > 0.9
    assert numbers["log_mass_of_r_20, spectrum: embedding, linear"]["R²"] > 0.9
    assert "calibration" in numbers["log_ssfr, all: embedding, linear"]
    assert classes["class, spectrum: embedding, linear"]["n"] == 100
