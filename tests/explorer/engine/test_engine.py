"""The engine with tiny random weights: what an analysis holds, that batches and threads change no number, and what it refuses."""

import copy
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from aion.errors import ConfigError, InputError, WeightsNotFoundError
from aion.explorer.engine import Engine
from aion.explorer.engine.checks import chi2_check, distance_check
from aion.explorer.engine.neighbor_distance import NeighborDistance
from aion.explorer.engine.quantiles import TABLE, chi2_quantiles
from aion.explorer.settings import Settings
from aion.io import ImageFrame, SkyObject
from aion.modalities import LegacySurveyImage, SDSSSpectrum
from aion.redshift import LOW_COVERAGE


@pytest.fixture(scope="module")
def analysis(engine):
    from tests.explorer.conftest import sky_object

    return engine.analyze(sky_object(1, id="new"), k=5)


def same_numbers(one, two, rtol=1e-4):
    assert one.id == two.id and one.used == two.used
    for key in one.tokens:
        np.testing.assert_array_equal(one.tokens[key], two.tokens[key])
    np.testing.assert_allclose(one.redshift.probability, two.redshift.probability, rtol=rtol)
    np.testing.assert_allclose(one.embedding, two.embedding, atol=1e-5)
    assert [n.id for n in one.neighbors] == [n.id for n in two.neighbors]


def test_an_analysis_holds_tokens_redshift_embedding_and_neighbors(analysis):
    assert analysis.used == ("tok_image", "tok_spectrum_sdss", "tok_flux_g", "tok_flux_r")
    assert {key: len(ids) for key, ids in analysis.tokens.items()} == {
        "tok_image": 576,
        "tok_spectrum_sdss": 273,
        "tok_flux_g": 1,
        "tok_flux_r": 1,
    }
    assert analysis.redshift.probability.sum() == pytest.approx(1) and len(analysis.redshift.z) == 1023
    assert np.linalg.norm(analysis.embedding) == pytest.approx(1, abs=1e-5)
    assert (
        len(analysis.neighbors) == 5 and analysis.neighbors[0].similarity >= analysis.neighbors[1].similarity
    )
    assert analysis.z_reference == 0.25 and analysis.ignored == {}
    assert {"encode", "model", "decode", "neighbors"} <= analysis.seconds.keys()


def test_the_image_is_the_middle_of_the_input_beside_its_decoding(analysis, make_object):
    (image,) = analysis.images
    given = make_object(1).modalities[0].flux[0].numpy()
    np.testing.assert_allclose(image.original, given[:, 7:103, 4:100])
    assert (
        image.decoded.shape == (4, 96, 96) and image.survey == "Legacy Survey" and image.pixel_scale == 0.262
    )
    rms = np.sqrt(np.mean((image.decoded - image.original) ** 2, axis=(1, 2)))
    np.testing.assert_allclose(image.residual_rms, rms)
    np.testing.assert_allclose(image.flux_ratio, image.decoded.sum((1, 2)) / image.original.sum((1, 2)))


def test_the_spectrum_is_decoded_on_its_own_pixels_with_residuals_in_sigma(analysis, make_object):
    (spectrum,) = analysis.spectra
    given = make_object(1).modalities[1]
    np.testing.assert_allclose(spectrum.wavelength, given.wavelength[0])
    assert spectrum.bad[:20].all() and not spectrum.bad[20:].any()
    assert np.isnan(spectrum.sigma[100:103]).all() and np.isnan(spectrum.residual[:20]).all()
    usable = np.isfinite(spectrum.residual)
    assert usable.sum() > 3000 and spectrum.reduced_chi2 == pytest.approx(
        np.mean(spectrum.residual[usable] ** 2)
    )
    np.testing.assert_allclose(spectrum.residual[usable], (spectrum.flux - spectrum.decoded)[usable])


def test_scalars_show_what_their_tokens_stand_for(analysis):
    fluxes = {scalar.name: scalar for scalar in analysis.scalars}
    assert fluxes["FLUX_R"].original == 9.0 and fluxes["FLUX_R"].decoded == pytest.approx(9.0, rel=0.05)
    assert fluxes["FLUX_R"].unit == "nanomaggies"


def test_an_hsc_image_is_shown_in_nanomaggies(engine, hsc_image):
    (image,) = engine.analyze(SkyObject("hsc", (hsc_image,), ())).images
    assert image.survey == "HSC" and image.bands[4] == "HSC-Y"
    np.testing.assert_allclose(image.original, hsc_image.flux[0].numpy() / 63.0957, rtol=1e-5)
    assert np.isfinite(image.decoded).all()


def test_the_input_is_not_changed(engine, make_object):
    target = make_object(2)
    before = copy.deepcopy(target)
    engine.analyze(target)
    for one, two in zip(target.modalities[:2], before.modalities[:2], strict=True):
        torch.testing.assert_close(one.flux, two.flux, rtol=0, atol=0)


def test_only_what_is_switched_on_is_read_and_the_rest_says_so(engine, make_object):
    analysis = engine.analyze(make_object(1), use=["tok_spectrum_sdss"])
    assert analysis.used == ("tok_spectrum_sdss",)
    assert analysis.ignored == dict.fromkeys(("tok_image", "tok_flux_g", "tok_flux_r"), "switched off")
    assert len(analysis.images) == 1, "what is switched off is still shown"
    alone = engine.analyze(SkyObject("alone", (make_object(1).modalities[1],), ()))
    np.testing.assert_allclose(analysis.redshift.probability, alone.redshift.probability, rtol=1e-5)


def test_the_redshift_is_never_read(engine, make_object, redshift_modality):
    with_z, without = (
        engine.analyze(make_object(1, redshift_modality), use=None),
        engine.analyze(make_object(1)),
    )
    assert (
        "never given" in with_z.ignored["tok_z"]
        and "tok_z" not in with_z.used
        and "tok_z" not in with_z.tokens
    )
    same_numbers(with_z, without)
    asked_for = engine.analyze(make_object(1, redshift_modality), use=["tok_z", "tok_image"])
    assert asked_for.used == ("tok_image",)


def test_what_the_weights_do_not_read_is_ignored_with_the_reason(tiny_weights, tmp_path, make_object):
    from aion.model import AION, AIONConfig

    model = AION.from_pretrained(tiny_weights)
    few = AIONConfig(
        dim=32,
        encoder_depth=1,
        decoder_depth=1,
        num_heads=4,
        domains_in=("tok_image", "tok_z"),
        domains_out=("tok_z",),
    )
    AION(few).save_pretrained(tmp_path)
    (tmp_path / "codecs").mkdir()
    for name in ("image", "spectrum", "Z"):
        (tmp_path / "codecs" / name).symlink_to(tiny_weights / "codecs" / name)
    engine = Engine(Settings(model=str(tmp_path), catalog=tmp_path / "none"))
    analysis = engine.analyze(make_object(1))
    assert analysis.used == ("tok_image",) and analysis.neighbors == ()
    assert (
        "not a stream" in analysis.ignored["tok_spectrum_sdss"]
        and "no codec for FLUX_G" in analysis.ignored["tok_flux_g"]
    )
    engine.close()
    assert model.config.dim == 32


def test_a_modality_that_cannot_be_encoded_is_ignored_with_its_message(engine, make_object):
    small = LegacySurveyImage(flux=np.ones((1, 50, 50)), bands=["DES-R"])
    target = make_object(1)
    analysis = engine.analyze(SkyObject("small", (small, *target.modalities[1:]), ()))
    assert "50" in analysis.ignored["tok_image"] and "tok_spectrum_sdss" in analysis.used
    with pytest.raises(InputError, match=r"nothing of small can be given to the model: image: .*50"):
        engine.analyze(SkyObject("small", (small,), ()))
    with pytest.raises(InputError, match="no modality"):
        engine.analyze(SkyObject("empty", (), ()))
    with pytest.raises(InputError, match="switched off"):
        engine.analyze(target, use=[])


def test_assumptions_of_the_reader_are_notes_and_facts_are_not(analysis):
    assert any("medium: vacuum" in note for note in analysis.notes)
    assert not any("1e-17" in note and "header" in note for note in analysis.notes)


def test_a_batch_gives_the_numbers_of_single_objects(engine, make_object):
    targets = [
        make_object(1),
        SkyObject("spectrum", (make_object(5).modalities[1],), ()),
        make_object(2),
        make_object(3),
    ]
    for one, two in zip(engine.batch(targets), [engine.analyze(target) for target in targets], strict=True):
        same_numbers(one, two)
    np.testing.assert_allclose(
        engine.embed(targets), [engine.analyze(target).embedding for target in targets], atol=1e-5
    )
    assert engine.embed([]).shape == (0, 32) and engine.batch([]) == []


def test_eight_threads_get_the_numbers_of_one(engine, make_object):
    targets = [make_object(i) for i in range(8)]
    alone = [engine.analyze(target) for target in targets]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(engine.analyze, targets))
    for one, two in zip(alone, together, strict=True):
        same_numbers(one, two)


def test_a_bad_object_in_a_batch_does_not_disturb_another_caller(engine, make_object):
    with ThreadPoolExecutor(4) as pool:
        good = [pool.submit(engine.analyze, make_object(i)) for i in range(3)]
        bad = pool.submit(engine.analyze, SkyObject("empty", (), ()))
        assert [future.result().id for future in good] == [f"object {i}" for i in range(3)]
        assert isinstance(bad.exception(), InputError)


def test_an_object_of_the_catalog_is_analyzed_from_its_tokens(engine, make_object):
    analysis = engine.analyze(engine.catalog.entry("object 1"), k=4)
    same = engine.analyze(make_object(1), k=4)
    np.testing.assert_allclose(analysis.redshift.probability, same.redshift.probability, rtol=1e-4)
    (image,), (spectrum,) = analysis.images, analysis.spectra
    assert image.original is None and image.residual_rms is None and image.decoded.shape == (4, 96, 96)
    assert spectrum.flux is None and 3799 < spectrum.wavelength[0] < spectrum.wavelength[-1] < 9201
    assert analysis.scalars[0].original is None and analysis.z_reference == pytest.approx(2 / 11)
    assert "object 1" not in [found.id for found in analysis.neighbors] and len(analysis.neighbors) == 4


def test_neighbors_leave_out_the_object_itself_and_carry_class_and_redshift(engine, catalog, make_object):
    found = engine.analyze(make_object(1), k=11).neighbors
    assert len(found) == 11 and "object 1" not in [neighbor.id for neighbor in found]
    by_id = {neighbor.id: neighbor for neighbor in found}
    assert (
        by_id["object 3"].z is None
        and by_id["object 2"].z == pytest.approx(4 / 11)
        and by_id["object 2"].kind == "quasar"
    )
    copy_of_it = engine.analyze(make_object(1, id="a copy"), k=1).neighbors[0]
    assert copy_of_it.id == "object 1" and copy_of_it.similarity == pytest.approx(1, abs=1e-4)


def test_an_image_is_compared_with_images(engine, make_object):
    image_alone = SkyObject("image", make_object(3).modalities[:1], ())
    best = engine.analyze(image_alone, k=1).neighbors[0]
    assert best.id == "object 3" and best.similarity == pytest.approx(1, abs=1e-4)


def test_photometry_alone_and_bad_spectra_have_low_coverage(engine, make_object):
    target = make_object(1)
    numbers = engine.analyze(SkyObject("numbers", target.modalities[2:], ()))
    assert LOW_COVERAGE in numbers.redshift.flags and any(
        "catalog numbers alone" in note for note in numbers.notes
    )
    whole = target.modalities[1]
    mask = whole.mask.clone()
    mask[:, :3000] = True
    cut = SDSSSpectrum(flux=whole.flux, ivar=whole.ivar, mask=mask, wavelength=whole.wavelength)
    poor = engine.analyze(SkyObject("cut", (cut,), ()))
    assert LOW_COVERAGE in poor.redshift.flags and any(
        "of the survey's wavelength range" in note for note in poor.notes
    )
    for good in (SkyObject("spectrum", (whole,), ()), SkyObject("image", target.modalities[:1], ())):
        assert LOW_COVERAGE not in engine.analyze(good).redshift.flags


def test_a_catalog_of_other_weights_is_not_used_and_a_note_says_so(
    settings, tiny_weights, tmp_path, make_object
):
    from tests.tiny import write_tiny

    other = Engine(replace(settings, model=str(write_tiny(tmp_path / "other", seed=1))))
    analysis = other.analyze(make_object(1))
    assert (
        other.catalog is None
        and analysis.neighbors == ()
        and any("other weights" in note for note in analysis.notes)
    )
    other.close()


def test_what_the_model_is_is_known(engine, tiny_weights):
    info = engine.info
    assert (
        info.id == str(tiny_weights)
        and info.revision is None
        and len(info.sha256) == 64
        and info.device == "cpu"
    )
    assert info.parameters > 1000 and "tok_z" in info.writes and "tok_image" in info.reads
    assert (
        info.title == str(tiny_weights)
        and info.notice is None
        and {"aion", "torch", "numpy"} <= info.versions.keys()
    )


def test_the_card_of_an_embedded_model_gives_its_title_and_notice(tiny_weights, tmp_path):
    for path in tiny_weights.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "model_card.json").write_text(
        '{"title": "AION-sim (embedded)", "notice": "trained on a simulated survey"}'
    )
    engine = Engine(Settings(model=str(tmp_path), catalog=tmp_path / "none"))
    assert (
        engine.info.title == "AION-sim (embedded)" and engine.info.notice == "trained on a simulated survey"
    )
    engine.close()


def test_warming_up_reports_its_progress_to_the_end(engine):
    steps = []
    engine.warm_up(lambda step, share: steps.append((step, share)))
    shares = [share for _, share in steps]
    assert (
        shares == sorted(shares) and steps[-1] == ("Ready", 1.0) and any("codec" in step for step, _ in steps)
    )


def test_weights_that_cannot_be_used_are_refused(tmp_path, tiny_weights):
    with pytest.raises(WeightsNotFoundError, match="no folder"):
        Engine(Settings(model=str(tmp_path / "nowhere")))
    with pytest.raises(ConfigError, match="AION_DEVICE"):
        Settings(device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no CUDA device"):
            Engine(Settings(model=str(tiny_weights), device="cuda"))


def test_settings_come_from_the_environment_and_hide_the_token(tmp_path):
    settings = Settings.from_environment(
        {"AION_MODEL": "a/b", "AION_CATALOG": str(tmp_path), "HF_TOKEN": "secret", "AION_DEVICE": ""}
    )
    assert (
        settings.model == "a/b"
        and settings.catalog == tmp_path
        and settings.device == "auto"
        and settings.token == "secret"
    )
    assert "secret" not in repr(settings)
    assert Settings.from_environment({}).model.endswith("aion-sim")


def test_each_choice_of_modalities_has_its_own_density(engine, make_object):
    target = make_object(1)
    alone = engine.redshifts(target, {"image": ["tok_image"], "spectrum": ["tok_spectrum_sdss"], "all": None})
    assert list(alone) == ["image", "spectrum", "all"]
    for name, use in (("image", ["tok_image"]), ("all", None)):
        np.testing.assert_allclose(
            alone[name].probability, engine.analyze(target, use=use).redshift.probability, rtol=1e-4
        )
    assert not np.allclose(alone["image"].probability, alone["spectrum"].probability)


def test_the_distance_to_the_catalog_is_a_percentile_of_its_own_distances():
    vectors = np.random.default_rng(0).normal(size=(400, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = NeighborDistance(vectors)
    assert known.percentile(np.ones(5)) == 0.0
    assert known.percentile(np.full(5, -1.0)) == 1.0
    shares = []
    for row in range(0, 400, 10):
        similarity = np.sort(np.delete(vectors @ vectors[row], row))[::-1]
        shares.append(known.percentile(similarity))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.15)


def test_an_object_is_compared_with_vectors_made_from_the_same_kinds_of_data(engine, make_object):
    def rank(analysis):
        return next(check for check in analysis.trust if "catalog" in check.name).value

    def most_similar(view, vector):
        return pytest.approx(float(max(engine.catalog.indexes[view].vectors() @ vector)), abs=1e-5)

    target = make_object(1, id="new")
    whole = engine.analyze(target)
    assert list(whole.compared) == ["all"] and np.array_equal(whole.compared["all"], whole.embedding)
    assert whole.neighbors[0].similarity == most_similar("all", whole.embedding)
    partly = engine.analyze(target, use=["tok_image", "tok_spectrum_sdss", "tok_flux_g"])
    assert list(partly.compared) == ["image"] and not np.allclose(partly.compared["image"], partly.embedding)
    np.testing.assert_allclose(
        partly.compared["image"], engine.embed([target], use=["tok_image"])[0], atol=1e-6
    )
    assert partly.neighbors[0].similarity == most_similar("image", partly.compared["image"])
    assert "rank image" in rank(partly) and "image" not in rank(whole)
    numbers = engine.analyze(target, use=["tok_flux_g"])
    assert "not comparable" in rank(numbers)


ORDINARY = [
    (0.5, "ordinary", True),
    (0.94, "ordinary", True),
    (0.97, "at its edge", True),
    (0.99, "unlike its objects", False),
]


@pytest.mark.parametrize(("rank", "word", "fine"), ORDINARY)
def test_an_ordinary_object_reads_as_ordinary(rank, word, fine):
    check = distance_check({"all": rank})
    assert check.value == f"{word}, rank {rank:.0%}" and check.passed is fine


@pytest.mark.parametrize(("chi2", "fine"), [(0.7, False), (0.95, True), (1.9, True), (2.1, False)])
def test_a_reconstruction_is_fine_while_it_loses_less_than_the_noise_hides(chi2, fine):
    check = chi2_check("Reconstruction", chi2, 5000, None)
    assert (
        check.passed is fine and check.value == f"reduced χ² {chi2:.2f}, rank not measured for these weights"
    )
    assert "1 ± 0.02 on 5,000 pixels" in check.explanation and "from 2 on" in check.explanation


def test_a_reconstruction_has_a_rank_among_those_of_held_out_objects():
    row = {"n": 3201, "0.05": 0.9, "0.5": 1.2, "0.95": 1.8, "note": 3}
    known = chi2_quantiles(
        {TABLE: {"tok_spectrum_sdss": row, "tok_image": {"n": 3}, "tok_image_hsc": {"0.1": 2, "0.9": 1}}}
    )
    assert list(known) == ["tok_spectrum_sdss"], "a row without a distribution is none"
    told = [chi2_check("", chi2, 5000, known["tok_spectrum_sdss"]) for chi2 in (0.85, 1.2, 1.5, 1.9)]
    assert [check.value.split(", ", 1)[1] for check in told] == [
        "below 5% of 3,201 held-out objects",
        "rank 50% of 3,201 held-out objects",
        "rank 72% of 3,201 held-out objects",
        "above 95% of 3,201 held-out objects",
    ]
    assert [check.passed for check in told] == [True, True, True, False]
    assert chi2_quantiles({}) == chi2_quantiles({TABLE: 3}) == {}


def test_the_distribution_of_held_out_objects_is_read_beside_the_weights(tiny_weights, make_object, tmp_path):
    folder = shutil.copytree(tiny_weights, tmp_path / "weights")
    rows = {"tok_spectrum_sdss": {"n": 10, "0.1": 1.0, "0.9": 1e9}, "tok_image": {"0.1": 0.0, "0.9": 1e9}}
    (folder / "metrics.json").write_text(json.dumps({TABLE: rows}))
    engine = Engine(Settings(model=str(folder), device="cpu", catalog=tmp_path))
    target = replace(
        make_object(1),
        frames={"tok_image": ImageFrame(0.262, {}, np.full((4, 110, 104), 4.0, dtype=np.float32))},
    )
    told = {check.name: check.value for check in engine.analyze(target).trust}
    engine.close()
    assert "of 10 held-out objects" in told["Reconstruction of the SDSS spectrum"]
    assert "of held-out objects" in told["Reconstruction of the Legacy Survey image"]


def test_reasons_to_doubt_are_measured_on_the_data(engine, make_object):
    checks = {check.name: check for check in engine.analyze(make_object(1)).trust}
    assert checks["Field"].value == "96 × 96 of 110 × 104 pixels are read"
    assert checks["Clamped pixels"].value == "0.00%" and checks["Clamped pixels"].passed
    assert checks["Wavelengths covered by the SDSS spectrum"].passed
    assert "reduced χ²" in checks["Reconstruction of the SDSS spectrum"].value
    assert "Distance to the reference catalog" in checks


def test_the_noise_the_cutout_and_the_wcs_of_an_image_reach_the_result(engine, make_object):
    ivar = np.full((4, 110, 104), 4.0, dtype=np.float32)
    ivar[0, 55, 52] = 0
    header = {"CRPIX1": 50.0, "CRPIX2": 60.0, "CDELT1": -1e-4, "NAXIS1": 104}
    target = replace(make_object(1), frames={"tok_image": ImageFrame(0.262, header, ivar)})
    (image,) = engine.analyze(target).images
    assert np.nanmax(image.sigma) == np.nanmin(image.sigma) == 0.5
    assert np.isnan(image.sigma[0, 55 - 7, 52 - 4])
    assert image.whole.shape == (4, 110, 104)
    assert image.wcs == {"CRPIX1": 46.0, "CRPIX2": 53.0, "CDELT1": -1e-4}
