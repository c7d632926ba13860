"""From nothing to shipped weights, a catalog and examples, on a toy survey:
every stage runs, resumes and writes what others read."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.catalog import Catalog
from aion.codecs.manager import CodecManager
from aion.errors import ConfigError
from aion.io import read
from aion.modalities import DESISpectrum, LegacySurveyImage, SDSSSpectrum
from aion.model import AION
from aion.training import card, catalog, examples, initial_weights, masked_modeling, stages
from aion.training.evaluate import Weights, document
from aion.training.examples import Recipe
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import POOLS, load_pool
from tests.training.toy import toy_run, toy_survey

TRAINED = ("spectrum", "spectrum-decoder", "image", "model")
PATH = (stages.simulate, stages.codecs, stages.tokens, stages.model)


@pytest.fixture(scope="module")
def survey():
    return toy_survey()


@pytest.fixture(scope="module")
def run(tmp_path_factory, survey):
    """A run whose stages have all been through once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages.Run, "survey", lambda self: survey)
        run = toy_run(tmp_path_factory.mktemp("run"))
        for stage in PATH:
            stage(run)
        yield run


@pytest.fixture(scope="module")
def weights(run) -> Weights:
    return Weights.load(run.export)


def histories(run) -> dict[str, list[dict[str, float]]]:
    return {name: json.loads((run.folder / name / "history.json").read_text()) for name in TRAINED}


def hashes(folder: Path) -> dict[str, str]:
    """Of every file, weights by their tensors: safetensors writes its metadata in any order."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(content(path)).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def content(path: Path) -> bytes:
    if path.suffix != ".safetensors":
        return path.read_bytes()
    return b"".join(
        name.encode() + tensor.numpy().tobytes() for name, tensor in sorted(load_file(path).items())
    )


def test_every_stage_leaves_its_numbers_and_its_loss_curve(run):
    assert all((run.folder / f"{name}.md").exists() for name in ("simulate", "codecs", "tokenize", "model"))
    assert all((run.folder / name / "loss.png").exists() for name in TRAINED)
    assert {name: len(history) for name, history in histories(run).items()} == dict.fromkeys(TRAINED, 3)


def test_pools_hold_as_many_objects_as_asked_and_tokens_in_range(run):
    sizes = (run.config.photometry_sample, run.config.spectra_sample, run.config.image_sample)
    for pool, size in zip(POOLS, sizes, strict=True):
        shard = load_pool(run.folder / "tokens", pool)
        assert all(len(tokens) == size and tokens.min() >= -1 for tokens in shard.values())
        assert shard["bins"].min() >= 0 and shard["bins"].max() < run.config.correlation.bins


def test_the_export_loads_and_gives_a_density_that_sums_to_one(weights, survey):
    objects = survey.draw(1, torch.Generator().manual_seed(1), with_images=False)
    answer = weights.of_spectrum(as_modality(objects.spectra, torch.device("cpu")))
    assert torch.as_tensor(answer.probability).isfinite().all()
    assert answer.probability.sum() == pytest.approx(1.0) and answer.edges[-1] == pytest.approx(5.0, rel=1e-4)


def test_the_codecs_load_one_by_one_from_the_export(run):
    manager = CodecManager("cpu", run.export, local_files_only=True)
    assert manager.codec(SDSSSpectrum) is not None and manager.codec(LegacySurveyImage) is not None


def test_running_the_stages_again_repeats_no_step_and_changes_no_file(run):
    before, weights_before = histories(run), hashes(run.export)
    for stage in PATH:
        stage(run)
    assert histories(run) == before
    assert hashes(run.export) == weights_before and "model.safetensors" in weights_before


def test_a_folder_of_another_recipe_is_not_gone_on_with(run, tmp_path):
    before = hashes(run.folder)
    with pytest.raises(
        ConfigError, match=r"begun with another recipe \(image_sample was 4, is 8\); choose another folder"
    ):
        stages.tokens(replace(run, config=replace(run.config, image_sample=8)))
    with pytest.raises(ConfigError, match="start was None, is "):
        stages.model(replace(run, start=run.export))
    assert hashes(run.folder) == before
    (tmp_path / "checkpoint.pt").touch()
    with pytest.raises(ConfigError, match="files of an unknown recipe"):
        stages.simulate(replace(run, folder=tmp_path))


def test_weights_to_go_on_from_keep_their_codecs_but_that_of_images(run, tmp_path):
    again = replace(run, folder=tmp_path / "again", start=run.export)
    for stage in PATH:
        stage(again)
    assert not (again.folder / "spectrum").exists() and not (again.folder / "photometry.pt").exists()
    assert Weights.load(again.export)
    old, new = (
        {str(path.relative_to(one.export)): content(path) for path in one.export.rglob("*.safetensors")}
        for one in (run, again)
    )
    assert old.keys() == new.keys()
    assert {name for name in old if name.startswith("codecs") and old[name] != new[name]} <= {
        "codecs/image/model.safetensors"
    }


def test_a_card_tells_the_history_of_its_own_weights_only(run, tmp_path):
    measured = document({}, {"weights": "none"}, {})
    card.write(tmp_path, run.config, measured)
    assert "earlier" not in (tmp_path / "README.md").read_text()
    assert "History" not in (tmp_path / "README.md").read_text()
    (tmp_path / card.HISTORY).write_text("They went on twice.\n")
    card.write(tmp_path, run.config, measured)
    assert "## History\n\nThey went on twice.\n" in (tmp_path / "README.md").read_text()


def test_image_codes_are_forgotten_and_nothing_else(run):
    model = AION.from_pretrained(run.export, local_files_only=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    after = initial_weights.without_images(model, seed=7).state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(set(name.split(".")) & set(masked_modeling.IMAGES) for name in changed)
    assert any("encoder_embeddings" in name for name in changed)
    assert any("decoder_embeddings" in name for name in changed)


def test_a_lost_shard_is_made_again_as_it_was(run):
    path = sorted((run.folder / "tokens").glob("spectra-*.pt"))[0]
    before = torch.load(path, weights_only=True)
    path.unlink()
    stages.tokens(run)
    after = torch.load(path, weights_only=True)
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)


def test_the_catalog_loads_in_the_explorer_with_an_index_of_these_weights(run, weights, survey, tmp_path):
    catalog.build(weights, survey, run.config, tmp_path)
    found = Catalog.load(tmp_path)
    assert len(found) == run.config.catalog and found.manifest.simulated
    assert found.manifest.label == "simulated"
    assert found.manifest.model_sha256 == weights.model.sha256
    assert set(found.table["class"]) <= {"galaxy", "quasar", "star"}


def test_examples_are_files_that_the_explorer_reads_back(run, weights, survey, tmp_path, monkeypatch):
    # the toy model was hardly trained: what it reads is wrong
    first = Recipe("one", "One", "A galaxy.", lambda o, i: o.kind[i] == "galaxy", misread=True)
    second = Recipe(
        "two", "Two", "Another.", lambda o, i: o.kind[i] == "galaxy", ("spectrum",), "DESI", misread=True
    )
    monkeypatch.setattr(examples, "RECIPES", (first, second))
    examples.build(weights, survey, run.config, tmp_path)
    one, two = json.loads((tmp_path / "examples.json").read_text())
    assert one["files"] == ["image.fits", "spectrum.fits", "photometry.ecsv"]
    assert two["files"] == ["spectrum.fits"]
    (joined,) = read([tmp_path / "one" / name for name in one["files"]])
    kinds = {type(modality).__name__: modality for modality in joined.modalities}
    assert {"LegacySurveyImage", "SDSSSpectrum", "LegacySurveyFluxR"} <= set(kinds)
    assert kinds["LegacySurveyImage"].flux.shape == (1, 4, 96, 96)
    assert joined.z_reference == pytest.approx(one["z"], abs=1e-4)
    (desi,) = read(tmp_path / "two" / "spectrum.fits")
    assert [type(modality) for modality in desi.modalities] == [DESISpectrum]
