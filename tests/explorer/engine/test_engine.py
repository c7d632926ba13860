"""The engine with tiny random weights: what an analysis holds,
that batches and threads change no number, and what it refuses."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from aion.errors import InputError
from aion.exact_redshift import NOT_READ
from aion.io import ImageFrame, SkyObject
from aion.modalities import LegacySurveyImage
from tests.explorer.engine.conftest import same_numbers


@pytest.fixture(scope="module")
def analysis(engine):
    from tests.explorer.conftest import sky_object

    return engine.analyze(sky_object(1, id="new"), k=5)


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
    assert len(analysis.neighbors) == 5
    assert analysis.neighbors[0].similarity >= analysis.neighbors[1].similarity
    assert analysis.z_reference == 0.25 and analysis.ignored == {}
    assert {"encode", "model", "decode", "neighbors"} <= analysis.seconds.keys()


def test_the_image_is_the_middle_of_the_input_beside_its_decoding(analysis, make_object):
    (image,) = analysis.images
    given = make_object(1).modalities[0].flux[0].numpy()
    np.testing.assert_allclose(image.original, given[:, 7:103, 4:100])
    assert image.decoded.shape == (4, 96, 96) and image.survey == "Legacy Survey"
    assert image.pixel_scale == 0.262
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
    assert usable.sum() > 3000
    assert spectrum.reduced_chi2 == pytest.approx(np.mean(spectrum.residual[usable] ** 2))
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


def test_lines_of_a_spectrum_that_was_not_read_refine_no_peak(engine, make_object):
    analysis = engine.analyze(make_object(1), use=["tok_image"])
    assert analysis.spectra and set(analysis.exact) == {NOT_READ}
    assert analysis.z == analysis.redshift.peaks[0].z


def test_the_redshift_is_never_read(engine, make_object, redshift_modality):
    with_z, without = (
        engine.analyze(make_object(1, redshift_modality), use=None),
        engine.analyze(make_object(1)),
    )
    assert "never given" in with_z.ignored["tok_z"] and "tok_z" not in with_z.used
    assert "tok_z" not in with_z.tokens
    same_numbers(with_z, without)
    asked_for = engine.analyze(make_object(1, redshift_modality), use=["tok_z", "tok_image"])
    assert asked_for.used == ("tok_image",)


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


def test_each_choice_of_modalities_has_its_own_density(engine, make_object):
    target = make_object(1)
    alone = engine.redshifts(target, {"image": ["tok_image"], "spectrum": ["tok_spectrum_sdss"], "all": None})
    assert list(alone) == ["image", "spectrum", "all"]
    for name, use in (("image", ["tok_image"]), ("all", None)):
        np.testing.assert_allclose(
            alone[name].redshift.probability, engine.analyze(target, use=use).redshift.probability, rtol=1e-4
        )
    assert not np.allclose(alone["image"].redshift.probability, alone["spectrum"].redshift.probability)


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
    assert image.sky is None


def test_every_pixel_of_the_field_has_its_place_on_the_sky(engine, make_object):
    step = 0.262 / 3600
    header = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 60.0, "CRPIX1": 53.0}
    header |= {"CRPIX2": 56.0, "CDELT1": -step, "CDELT2": step}
    target = replace(make_object(1), frames={"tok_image": ImageFrame(0.262, header)})
    (image,) = engine.analyze(target).images
    ra, dec = image.sky[:, 55 - 7, 52 - 4]  # the field begins at row 7, column 4 of the cutout
    assert (ra, dec) == pytest.approx((150, 60), abs=1e-9)
    east, north = image.sky[:, 48, 38], image.sky[:, 58, 48]
    assert (east[0] - 150) * 0.5 == pytest.approx(10 * step, rel=1e-3)
    assert north[1] - 60 == pytest.approx(10 * step, rel=1e-3)
