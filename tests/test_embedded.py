"""What ships with the application: the embedded weights, the reference catalog
and the examples belong together and do their work."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aion import read
from aion.catalog import Catalog
from aion.explorer.engine import Engine
from aion.explorer.engine.occlusion import occlude
from aion.explorer.settings import Settings
from aion.io import SkyObject
from aion.redshift import Peak

ASSETS = Path(__file__).parents[1] / "assets"
WEIGHTS = ASSETS / "models" / "aion-sim"
EXAMPLES = json.loads((ASSETS / "examples" / "examples.json").read_text())


@pytest.fixture(scope="module")
def weights():
    from aion.training.evaluate import Weights

    return Weights.load(WEIGHTS)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def test_weights_and_catalog_stay_small():
    assert _megabytes(WEIGHTS) < 60
    assert _megabytes(ASSETS / "catalog") < 120


def test_the_redshift_grid_is_uniform_in_ln_1_plus_z_up_to_five(weights):
    steps = torch.log1p(weights.buckets.double()).diff()
    assert len(weights.buckets) == 1024
    assert weights.buckets[0] == 0
    assert weights.buckets[-1] >= 4.999
    assert torch.allclose(steps, steps.mean().expand_as(steps), rtol=1e-3)


def test_real_redshifts_are_right_and_move_with_the_wavelengths(weights, real_data):
    from aion.training import real

    spectra = real.parts(real.load(real_data), reserved=False)["development"]
    spectra = [s for s in spectra if s.kind in ("galaxy", "quasar") and s.signal_to_noise >= 5 and s.z < 5]
    found = real.evaluate(weights.of_spectrum, weights.round_trip, spectra, 5.0, part="development")
    bright = found["real spectra, development: redshifts"]["galaxies and quasars, S/N >= 5"]
    checks = {name: row["within 0.01"] for name, row in found["real spectra, development: checks"].items()}
    assert bright["n"] >= 15
    assert bright["within 0.01"] >= 0.93
    assert checks["stretched, moved redshift"] >= 0.85
    assert checks["stretched, old redshift"] <= 0.01
    assert max(share for name, share in checks.items() if name.startswith("null")) <= 0.13  # two of sixteen


def test_the_model_card_shows_the_numbers_that_were_measured():
    card = (WEIGHTS / "README.md").read_text()
    metrics = json.loads((WEIGHTS / "metrics.json").read_text())
    assert "simulated" in json.loads((WEIGHTS / "model_card.json").read_text())["notice"]
    for section in metrics:
        assert section in card


def test_the_catalog_was_made_by_these_weights_and_says_it_is_simulated(weights):
    catalog = Catalog.load(ASSETS / "catalog")
    assert catalog.manifest.model_sha256 == weights.model.sha256
    assert catalog.manifest.label == "simulated" and catalog.manifest.simulated
    assert len(catalog) == 10_000
    first = catalog.table["id"][0]
    assert Image.open(io.BytesIO(catalog.picture(first))).size == (96, 96)
    assert np.isfinite(catalog.small_spectrum(first).flux).sum() > 50
    assert {"pca_1", "pca_2"} <= set(catalog.table.columns)


@pytest.fixture(scope="module")
def engine():
    return Engine(Settings(model=str(WEIGHTS), catalog=ASSETS / "catalog", device="cpu"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["slug"] for example in EXAMPLES])
def test_every_example_is_read_and_analyzed(engine, example):
    [target] = read([ASSETS / "examples" / example["slug"] / name for name in example["files"]])
    analysis = engine.analyze(target)
    assert len(analysis.neighbors) == 12
    assert len(analysis.images) + len(analysis.spectra) + len(analysis.scalars) > 0
    if any("spectrum" in name for name in example["files"]) and example["slug"] != "low-signal":
        is_right = abs(analysis.redshift.mode - example["z"]) / (1 + example["z"]) < 0.01
        assert is_right == (example["slug"] != "misread")


def test_a_catalog_object_comes_back_with_neighbors_other_than_itself(engine):
    entry = engine.catalog.entry(str(engine.catalog.table["id"].iloc[7]))
    analysis = engine.analyze(entry, k=5)
    assert entry.id not in [neighbor.id for neighbor in analysis.neighbors]
    assert np.isclose(np.linalg.norm(analysis.embedding), 1, atol=1e-4)


def test_the_parts_that_a_redshift_rests_on_matter_more_than_others():
    """Without the tenth of the tokens of highest evidence, odds at the truth fall by far more than without
    a tenth drawn at random."""
    engine = Engine(Settings.from_environment({"AION_DEVICE": "cpu"}))
    assert engine.catalog is not None
    table = engine.catalog.table
    ids = table[(table["spectrograph"] == "SDSS") & (table["snr"].between(3, 20))]["id"].head(6)
    lost = np.array([_odds_lost(engine, engine.catalog.entry(id), seed) for seed, id in enumerate(ids)])
    engine.close()
    chosen, drawn = lost.mean(axis=0)
    assert chosen > 4
    assert chosen > 5 * drawn


def _odds_lost(engine: Engine, entry: SkyObject, seed: int) -> tuple[float, float]:
    """Log odds that the true redshift loses without a tenth of the spectrum: the best and random ones."""
    key, z = "tok_spectrum_sdss", entry.z_reference
    assert z is not None
    found = occlude(engine, engine.analyze(replace(entry, tokens={key: entry.tokens[key]}), k=0))
    peak = Peak(z, 1.0, z, z)
    order = np.argsort(-found.evidence(peak) / [len(group.positions) for group in found.groups])
    shuffled = np.random.default_rng(seed).permutation(len(order))
    lost = []
    for some in (order, shuffled):
        hidden = np.concatenate([found.groups[i].positions for i in some])[:27]
        ids = entry.tokens[key].copy()
        ids[hidden] = -1
        rest = engine.analyze(replace(entry, tokens={key: ids}), k=0).redshift.probability
        lost.append(float(replace(found, without=rest[None]).evidence(peak)[0]))
    return lost[0], lost[1]
