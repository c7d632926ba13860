"""What the engine generates: the same tokens for the same seed in any number, nothing that was withheld, a
truth beside it, an end at once, and others in between."""

import json
import time

import numpy as np
import pytest

from aion import hub
from aion.errors import InputError, StoppedError
from aion.explorer.engine import Engine
from aion.explorer.engine.generation import GenerationJob, draw_samples, generation_targets
from aion.explorer.engine.generation_passes import ROWS, GenerationProgress, GenerationRequest
from aion.explorer.results.generated import MARK, Withheld, compare_withheld, mark
from aion.generate import GENERATION, Sampling
from aion.io import SkyObject
from aion.resources import resource


def request(target: str, samples: int = 3, seed: int = 1, **sampling) -> GenerationRequest:
    return GenerationRequest(target, samples, Sampling(seed=seed, **sampling))


def test_the_same_seed_gives_the_same_tokens_however_many_are_drawn(engine: Engine, make_object) -> None:
    target = make_object(2)
    few, many, other = (
        draw_samples(engine, target, request("spectrum_desi", samples, seed))
        for samples, seed in ((2, 1), (ROWS + 2, 1), (2, 7))
    )
    tokens = many.tokens["tok_spectrum_desi"]
    assert tokens.shape == (ROWS + 2, 273) and len({row.tobytes() for row in tokens}) == ROWS + 2
    np.testing.assert_array_equal(few.tokens["tok_spectrum_desi"], tokens[:2])
    assert not np.array_equal(other.tokens["tok_spectrum_desi"], tokens[:2])
    assert many.spectrum is not None and many.spectrum.truth is None and many.agreement is None
    assert many.spectrum.samples.shape == (ROWS + 2, len(many.spectrum.wavelength))
    low, high = many.spectrum.band(0.68)
    assert (low <= high).all()


def test_what_is_withheld_is_not_read_and_lies_beside_what_is_drawn(engine: Engine, make_object) -> None:
    target = make_object(2)
    found = draw_samples(engine, target, request("spectrum_sdss"))
    assert "tok_spectrum_sdss" not in found.used and "tok_image" in found.used
    assert found.spectrum is not None and found.spectrum.truth is not None
    np.testing.assert_allclose(found.spectrum.truth.flux, target.modalities[1].flux[0])
    agreement = found.agreement
    assert agreement is not None and agreement.chi2 is not None and agreement.level == "mean flux"
    assert 0 <= agreement.covered68 <= agreement.covered95 <= 1 and 0 <= agreement.rank <= 3
    without = SkyObject(target.id, (target.modalities[0], *target.modalities[2:]))
    alone = draw_samples(engine, without, request("spectrum_sdss"))
    np.testing.assert_array_equal(alone.tokens["tok_spectrum_sdss"], found.tokens["tok_spectrum_sdss"])


def test_an_image_is_compared_with_the_field_that_was_withheld(engine: Engine, make_object) -> None:
    found = draw_samples(engine, make_object(2), request("image", 2, method="sample"))
    assert found.image is not None and found.image.truth is not None
    assert found.image.samples.shape == (2, 4, 96, 96) == (2, *found.image.truth.original.shape)
    assert found.agreement is not None and found.agreement.chi2 is not None and found.steps == 1


def test_numbers_have_densities_and_samples_that_go_together(engine: Engine, make_object) -> None:
    found = draw_samples(engine, make_object(2), request("photometry", 4))
    assert [one.name for one in found.numbers][:4] == ["FLUX_G", "FLUX_R", "FLUX_I", "FLUX_Z"]
    assert {"tok_flux_g", "tok_flux_r"}.isdisjoint(found.used)
    for number in found.numbers:
        assert number.probability.sum() == pytest.approx(1) and (np.diff(number.edges) >= 0).all()
        assert number.samples.shape == (4,) and number.quantile(0.16) <= number.quantile(0.84)
    assert found.numbers[0].truth == 7.0 and found.numbers[2].truth is None
    assert found.agreement is not None and found.agreement.chi2 is None


def test_an_object_of_the_catalog_is_compared_with_what_its_tokens_keep(engine: Engine) -> None:
    found = draw_samples(engine, engine.catalog.entry("object 1"), request("spectrum_sdss"))
    assert found.spectrum is not None and found.spectrum.withheld is not None
    assert found.spectrum.withheld.chi2 is None  # it has no noise


def test_the_most_probable_is_one_without_a_band(engine: Engine, make_object) -> None:
    found = draw_samples(engine, make_object(2), request("flux_w1", 16, method="argmax"))
    assert found.samples == 1 and "the most probable" in mark(found) and "seed" not in mark(found)
    assert found.tokens["tok_flux_w1"][0, 0] == found.numbers[0].probability.argmax()


def test_it_ends_at_once_and_others_are_answered_in_between(engine: Engine, make_object) -> None:
    job = GenerationJob(engine, make_object(2), request("image", 200))
    while job.is_running and not job.progress.total:
        time.sleep(0.001)
    analysis = engine.analyze(make_object(3))
    assert (
        analysis.id == "object 3" and job.is_running and job.progress.done < job.progress.total == 200 * 576
    )
    job.stop()
    assert not job.is_running
    job.wait(60)
    assert job.result is None and job.problem is None
    stopped = GenerationProgress()
    stopped.stop()
    with pytest.raises(StoppedError):
        draw_samples(engine, make_object(2), request("image"), stopped)


def test_a_finished_job_has_counted_every_token(engine: Engine, make_object) -> None:
    job = GenerationJob(engine, make_object(2), request("spectrum_desi", 3))
    job.wait(60)
    assert job.result is not None and job.progress.done == job.progress.total == 3 * 273
    refused = GenerationJob(engine, make_object(2), request("z"))
    refused.wait(60)
    assert "'z' is nothing that these weights generate" in str(refused.problem)


def test_what_cannot_be_done_is_refused(engine: Engine, make_object) -> None:
    targets = generation_targets(engine.info.writes)
    assert {"spectrum_desi", "image_hsc", "photometry", "photometry_hsc", "flux_g"} <= targets.keys()
    assert "z" not in targets
    lonely = SkyObject("lonely", (make_object(1).modalities[1],))
    with pytest.raises(InputError, match="nothing is left to read: spectrum is all that is known of lonely"):
        draw_samples(engine, lonely, request("spectrum_sdss"))
    with pytest.raises(InputError, match="300 samples were asked for; 1 to 256 can be drawn"):
        request("image", 300)


def test_a_truth_of_the_same_distribution_is_covered_as_it_should_be() -> None:
    rng = np.random.default_rng(1)
    truth, sigma = rng.normal(0, 1, 4000), np.full(4000, 0.5)
    samples = rng.normal(0, 1, (16, 4000))
    data = truth + rng.normal(0, 0.5, 4000)
    for seen, noise in ((truth, 0 * sigma), (data, sigma)):
        found = compare_withheld(samples, seen, noise, samples.mean(axis=1), 9.0, "mean")
        assert isinstance(found, Withheld)
        assert found.covered68 == pytest.approx(0.68, abs=0.05) and found.rank == 16
        assert found.covered95 > 0.85
    assert found.chi2 == pytest.approx(
        1.15, abs=0.15
    )  # of 16 samples, the median and the variance are not exact
    far = compare_withheld(samples, truth + 9, 0 * sigma, samples.mean(axis=1), 9.0, "mean")
    assert far is not None and far.covered68 == 0 and far.rank == 16


def test_what_is_said_of_the_embedded_weights_is_of_those_weights() -> None:
    folder = resource("assets/models/aion-sim")
    measured = json.loads((folder / GENERATION).read_text())
    assert measured["sha256"] == hub.sha256(folder / "model.safetensors")
    writes = json.loads((folder / "config.json").read_text())["domains_out"]
    known = {key for keys in generation_targets(writes).values() for key in keys}
    for row in measured["cautions"]:
        assert set(row["targets"]) <= known and row["sentence"].endswith(".") and MARK not in row["sentence"]
