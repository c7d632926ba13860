"""Images arrive in nanomaggies (Legacy Survey) or counts of zero-point 27 (HSC), with bands and position."""

import io

import numpy as np
import pytest
import torch
from astropy import units as u
from astropy.io import fits

from aion.errors import ConfigError, FormatError, ModalityError
from aion.io import Overrides, images, read
from aion.io.filters import names_a_band
from aion.modalities import HSCImage, LegacySurveyImage


def only(objects):
    assert len(objects) == 1
    return objects[0]


def cube(planes=3, size=120, **cards) -> bytes:
    """A FITS cube with a WCS; the target pixel (80, 50) counted from 0 is brighter than the rest."""
    data = (
        np.zeros((planes, size, size), np.float32) + np.arange(1, planes + 1, dtype=np.float32)[:, None, None]
    )
    data[:, 50, 80] = 100
    wcs = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": 150.0,
        "CRVAL2": 2.0,
        "CRPIX1": 81.0,
        "CRPIX2": 51.0,
    }
    header = fits.Header(
        wcs | {"CD1_1": -0.262 / 3600, "CD2_2": 0.262 / 3600, "CD1_2": 0.0, "CD2_1": 0.0} | cards
    )
    stream = io.BytesIO()
    fits.PrimaryHDU(data, header).writeto(stream)
    return stream.getvalue()


def test_a_viewer_cutout_has_bands_position_scale_and_inverse_variance(twins, entry):
    found = only(read(twins / "ls_cutout.fits.gz"))
    (image,) = found.modalities
    assert isinstance(image, LegacySurveyImage)
    assert image.bands == ["DES-G", "DES-R", "DES-Z"] and image.flux.shape == (1, 3, 120, 120)
    assert (round(found.ra, 5), round(found.dec, 5)) == (150.1, 2.2)
    assert found.frames["tok_image"].pixel_scale == pytest.approx(0.262, rel=1e-6)
    assert (
        found.frames["tok_image"].ivar.shape == (3, 120, 120) and found.frames["tok_image"].ivar.max() == 2500
    )
    assert found.frames["tok_image"].mask.shape == (120, 120)
    assert found.frames["tok_image"].header["CTYPE1"] == "RA---TAN"
    assert entry(found, "image inverse variance").value == "HDU 1"
    assert entry(found, "image mask").value == "HDU 2"
    assert entry(found, "survey").how == "header"
    assert found.id == "ls_cutout"


def test_a_subimage_gives_the_brick_with_most_of_the_field(twins, entry):
    found = only(read(twins / "ls_subimage.fits.gz"))
    assert found.modalities[0].bands == ["DES-G", "DES-R"] and found.modalities[0].flux.shape[-1] == 100
    assert entry(found, "brick").value == "1501p022"
    assert found.frames["tok_image"].ivar.shape == (2, 100, 100)


def test_a_brick_is_cut_around_the_position_that_is_set(twins, entry):
    whole = only(read(twins / "ls_brick.fits.fz"))
    assert whole.modalities[0].flux.shape == (1, 1, 300, 300)
    found = only(read(twins / "ls_brick.fits.fz", overrides=Overrides(position=(150.102, 2.2))))
    assert found.modalities[0].flux.shape == (1, 1, 244, 244)  # 27.5 pixels from the middle
    assert (found.ra, found.dec) == (150.102, 2.2)
    assert entry(found, "position").how == "you set"


def test_the_position_lands_in_the_middle_of_the_cut():
    found = only(read(cube(size=200, BANDS="grz"), overrides=Overrides(position=(150.0, 2.0)), name="cube"))
    flux = found.modalities[0].flux[0]
    assert flux.shape == (3, 100, 100)  # 50 pixels to the nearest edge
    assert (flux[:, 50, 50] == 100).all()


def test_a_position_at_the_edge_or_outside_is_refused_with_where_it_is():
    with pytest.raises(
        ModalityError, match=r"at pixel \(.*\) of an image of 120x120; 48 pixels on each side"
    ):
        read(cube(BANDS="grz"), overrides=Overrides(position=(150.01, 2.0)))
    with pytest.raises(ModalityError, match="48 pixels"):
        read(cube(BANDS="grz"), overrides=Overrides(position=(10.0, -60.0)))


def test_an_image_too_large_for_one_object_asks_for_a_position(twins, monkeypatch):
    monkeypatch.setattr(images, "MAX_FIELD_PIXELS", 200)
    with pytest.raises(FormatError, match=r"300x300 pixels.*set the position"):
        read(twins / "ls_brick.fits.fz")
    assert only(read(twins / "ls_brick.fits.fz", overrides=Overrides(position=(150.1, 2.2)))).modalities


def test_an_inverse_variance_brick_is_refused():
    data = cube(1, BRICKNAM="1501p022", FILTER="r", IMTYPE="invvar")
    with fits.open(io.BytesIO(data)) as hdus:
        stream = io.BytesIO()
        fits.PrimaryHDU(hdus[0].data[0], hdus[0].header).writeto(stream)
    with pytest.raises(FormatError, match="invvar stack"):
        read(stream.getvalue())


def test_hsc_bands_in_files_of_their_own_become_one_image(twins, entry):
    found = only(read([twins / "hsc_r.fits.gz", twins / "hsc_g.fits.gz"]))
    (image,) = found.modalities
    assert isinstance(image, HSCImage) and image.bands == ["HSC-G", "HSC-R"]
    assert image.flux.shape == (1, 2, 100, 100)
    assert (
        found.frames["tok_image_hsc"].ivar.shape == (2, 100, 100)
        and found.frames["tok_image_hsc"].ivar.max() == 4
    )
    assert (
        found.frames["tok_image_hsc"].mask[0, :5].all()
        and not found.frames["tok_image_hsc"].mask[0, 5:].any()
    )
    assert found.frames["tok_image_hsc"].pixel_scale == pytest.approx(0.168, rel=1e-6)
    assert "FLUXMAG0" in entry(found, "flux unit").note
    g = only(read(twins / "hsc_g.fits.gz"))
    assert (image.flux[0, 0] == g.modalities[0].flux[0, 0]).all()


def test_several_hsc_bands_in_one_file_are_one_image(twins):
    hdus = [fits.PrimaryHDU(header=fits.Header({"FLUXMAG0": 63095734448.0194}))]
    for band in "gri":
        for kind in ("IMAGE", "MASK", "VARIANCE"):
            data = np.full((96, 96), 3 if kind == "MASK" else 2, np.int32 if kind == "MASK" else np.float32)
            hdus.append(
                fits.ImageHDU(data, fits.Header({"FILTER": f"HSC-{band.upper()}", "MP_SAT": 1}), name=kind)
            )
    stream = io.BytesIO()
    fits.HDUList(hdus).writeto(stream)
    found = only(read(stream.getvalue()))
    assert found.modalities[0].bands == ["HSC-G", "HSC-R", "HSC-I"]
    assert (
        found.frames["tok_image_hsc"].ivar.shape == (3, 96, 96) and found.frames["tok_image_hsc"].mask.all()
    )


@pytest.mark.parametrize(
    "card, value, factor",
    [("FLUXMAG0", 10 ** (30 / 2.5), 10 ** ((27 - 30) / 2.5)), ("BUNIT", "nJy", 10 ** ((27 - 31.4) / 2.5))],
)
def test_hsc_pixels_of_another_zero_point_are_scaled_to_27(card, value, factor, entry):
    found = only(read(cube(5, BANDS="grizy", **{card: value})))
    assert isinstance(found.modalities[0], HSCImage)
    assert found.modalities[0].flux[0, 0, 0, 0].item() == pytest.approx(factor, rel=1e-5)
    assert "scaled to 27" in entry(found, "flux unit").note


def test_northern_images_are_read_as_a_proxy_and_say_so(entry):
    found = only(read(cube(BANDS="grz", CRVAL1=180.0, CRVAL2=50.0)))
    assert found.modalities[0].bands == ["DES-G", "DES-R", "DES-Z"]
    assert entry(found, "survey proxy").how == "detected"
    south = only(read(cube(BANDS="grz", CRVAL1=180.0, CRVAL2=20.0)))
    assert "survey proxy" not in {entry.what for entry in south.reports[0].entries}


def test_a_pixel_scale_unlike_the_surveys_is_noted_not_resampled(entry):
    found = only(read(cube(BANDS="grz", CD1_1=-0.5 / 3600, CD2_2=0.5 / 3600)))
    assert found.modalities[0].flux.shape[-1] == 120
    assert "not resampled" in entry(found, "pixel scale differs").note


def test_bands_the_codec_does_not_know_and_empty_bands_are_dropped_by_name(entry):
    data = fits.open(io.BytesIO(cube(4, BANDS="ugrz")))
    data[0].data[3] = 0
    stream = io.BytesIO()
    data.writeto(stream)
    found = only(read(stream.getvalue()))
    assert found.modalities[0].bands == ["DES-G", "DES-R"]
    dropped = {entry.value: entry.note for entry in found.reports[0].entries if entry.how == "dropped"}
    assert set(dropped) == {"u", "DES-Z"} and "zero" in dropped["DES-Z"]


def test_planes_without_names_are_assumed_or_asked_for(entry):
    assert entry(only(read(cube(3))), "bands").how == "assumed"
    with pytest.raises(ModalityError, match="2 planes and does not say which bands"):
        read(cube(2))
    named = only(read(cube(2), overrides=Overrides(bands=("r", "z"))))
    assert named.modalities[0].bands == ["DES-R", "DES-Z"]
    with pytest.raises(ModalityError, match=r"3 bands .* for an image of 2 planes"):
        read(cube(2), overrides=Overrides(bands=("g", "r", "z")))


def test_a_cube_of_a_few_planes_without_any_card_is_an_image_and_its_bands_are_assumed_or_asked_for(entry):
    def bare(planes):
        stream = io.BytesIO()
        fits.PrimaryHDU(np.random.default_rng(0).normal(size=(planes, 110, 120)).astype("f4")).writeto(stream)
        return stream.getvalue()

    found = only(read(bare(3)))
    assert found.modalities[0].bands == ["DES-G", "DES-R", "DES-Z"] and entry(found, "bands").how == "assumed"
    with pytest.raises(ModalityError, match="2 planes and does not say which bands"):
        read(bare(2))
    assert only(read(bare(2), overrides=Overrides(bands=("g", "r")))).modalities[0].bands == [
        "DES-G",
        "DES-R",
    ]


def test_an_npz_cube_with_band_names_is_an_image(twins, entry):
    found = only(read(twins / "cube.npz"))
    assert isinstance(found.modalities[0], HSCImage) and found.frames["tok_image_hsc"].ivar.max() == 2
    assert entry(found, "survey").how == "detected"


def test_npz_planes_named_by_band_and_npy_cubes_are_images():
    stream = io.BytesIO()
    np.savez(stream, g=np.ones((96, 96)), r=np.ones((96, 96)), z=np.ones((96, 96)))
    assert only(read(stream.getvalue())).modalities[0].bands == ["DES-G", "DES-R", "DES-Z"]
    stream = io.BytesIO()
    np.save(stream, np.ones((100, 110, 4)))  # bands last
    assert only(read(stream.getvalue())).modalities[0].flux.shape == (1, 4, 100, 110)
    assert isinstance(
        only(read(stream.getvalue(), overrides=Overrides(survey="HSC"))).modalities[0], HSCImage
    )


def test_an_mmu_image_row_brings_bands_scale_and_photometry(twins):
    found = only(read(twins / "mmu_legacysurvey.hdf5"))
    assert found.id == "1234p567-8901" and found.frames["tok_image"].pixel_scale == pytest.approx(0.262)
    assert found.modalities[0].bands == ["DES-G", "DES-R", "DES-I", "DES-Z"]
    assert {modality.name for modality in found.modalities} == {"image", "FLUX_R", "EBV"}
    assert found.frames["tok_image"].ivar.shape == (4, 100, 100) and found.ra == 150.1


def test_a_small_image_is_read_and_its_size_is_said(entry):
    found = only(read(cube(3, size=90, BANDS="grz", CRPIX1=45.0, CRPIX2=45.0)))
    assert "too small" in entry(found, "position").note


def test_missing_pixels_are_counted(entry):
    data = fits.open(io.BytesIO(cube(3, BANDS="grz")))
    data[0].data[:, :12] = np.nan
    stream = io.BytesIO()
    data.writeto(stream)
    assert entry(only(read(stream.getvalue())), "missing pixels").value == "10.00 %"


def test_what_a_person_sets_for_an_image_is_used_and_reported(entry):
    found = only(
        read(
            cube(3, BANDS="grz"),
            overrides=Overrides(image_flux_scale=2.0, pixel_scale=0.4, survey="Legacy Survey"),
        )
    )
    assert found.frames["tok_image"].pixel_scale == 0.4 and found.modalities[0].flux[0, 0, 0, 0] == 2
    assert {entry(found, what).how for what in ("flux unit", "pixel scale", "survey")} == {"you set"}


@pytest.mark.parametrize(
    "values, message",
    [
        ({"survey": "Euclid"}, "survey is 'Euclid'; it can be 'Legacy Survey', 'HSC', 'SDSS', 'DESI'"),
        ({"medium": "water"}, "medium is 'water'"),
        ({"mask_sense": "up"}, "mask_sense"),
        ({"wavelength_unit": "parsec"}, "wavelength_unit"),
        ({"image_flux_scale": -1.0}, "positive number"),
        ({"pixel_scale": 0.0}, "positive number"),
        ({"position": (400.0, 0.0)}, "RA .0 to 360. and Dec"),
        ({"position": "here"}, "RA .0 to 360. and Dec"),
        ({"bands": ("g", "g")}, "named twice"),
        ({"bands": ("g", "q")}, "not a band"),
        ({"bands": ("g", "y"), "survey": "Legacy Survey"}, "not a band"),
    ],
)
def test_an_impossible_override_is_refused_when_it_is_made(values, message):
    with pytest.raises(ConfigError, match=message):
        Overrides(**values)


@pytest.mark.parametrize(
    "values", [{"bands": ("g", "r")}, {"position": (150.0, 2.0)}, {"pixel_scale": 0.3}, {"survey": "HSC"}]
)
def test_an_override_that_nothing_can_use_is_refused(twins, values):
    with pytest.raises(ConfigError, match=f"{next(iter(values))} was set .* but nothing in what was given"):
        read(twins / "sdss_spec.fits", overrides=Overrides(**values))


def test_the_field_is_stated_in_the_pixels_of_the_image_not_of_the_survey(entry):
    found = only(read(cube(BANDS="grz", CD1_1=-0.396 / 3600, CD2_2=0.396 / 3600)))
    sentences = " ".join(found.reports[0].sentences())
    assert '38.0"' in entry(found, "position").note and "25.2" not in sentences


def test_the_field_of_an_image_without_scale_is_stated_in_pixels(entry):
    found = only(read({"image": np.ones((3, 120, 120)), "bands": "grz"}))
    assert "96x96 pixels there" in entry(found, "position").note


def test_a_telescope_called_north_is_not_the_northern_legacy_survey():
    found = only(
        read(cube(BANDS="grz", INSTRUME="GMOS-N", TELESCOP="Gemini-North", CRVAL1=180.0, CRVAL2=50.0))
    )
    assert not {"survey proxy"} & {entry.what for entry in found.reports[0].entries}


@pytest.mark.parametrize("setting", ["bands", "flux unit", "survey"])
def test_an_assumption_about_an_image_offers_settings_of_which_the_first_is_what_is_read(setting, entry):
    source = {"image": np.random.default_rng(0).normal(1, 1, (4, 120, 120))}
    found = only(read(source))
    choices = entry(found, setting).choices
    assert entry(found, setting).how == "assumed" and len(choices) > 1
    again = [only(read(source, overrides=Overrides.parse((choice,)))).modalities[0] for choice in choices]
    assert again[0].bands == found.modalities[0].bands and (again[0].flux == found.modalities[0].flux).all()
    assert any(one.bands != again[0].bands or not torch.equal(one.flux, again[0].flux) for one in again[1:])


def test_a_unit_of_an_array_is_that_of_its_fluxes(entry):
    found = only(read({"image": np.full((3, 120, 120), 3.631) * u.uJy, "bands": "grz", "pixel_scale": 0.262}))
    assert found.modalities[0].flux.numpy() == pytest.approx(1, rel=1e-3)
    assert "BUNIT = uJy" in entry(found, "flux unit").note
    assert entry(found, "pixel scale").note == "from PIXEL_SCALE"


def test_distortions_of_a_wcs_count_for_the_position():
    plain = only(read(cube(BANDS="grz")))
    sip = {
        "CTYPE1": "RA---TAN-SIP",
        "CTYPE2": "DEC--TAN-SIP",
        "A_ORDER": 2,
        "B_ORDER": 2,
        "A_2_0": 1e-3,
        "B_0_2": 0.0,
    }
    bent = only(read(cube(BANDS="grz", **sip)))
    assert abs(bent.ra - plain.ra) * 3600 > 0.05  # 21 pixels from CRPIX1: 0.4 pixels


def test_the_unit_of_a_legacy_survey_cutout_is_known_without_a_card(entry):
    found = only(read(cube(BANDS="grz", SURVEY="LegacySurvey", VERSION="DR10")))
    assert (
        entry(found, "flux unit").how == "header" and "are in nanomaggies" in entry(found, "flux unit").note
    )
    assert entry(found, "survey").how == "header"


@pytest.mark.parametrize("name", ["g", "DES-G", "hsc_g", "IMAGE-G", "SCI_G", "SDSS g", "HSC-R2"])
def test_the_name_of_an_hdu_can_be_a_band(name):
    assert names_a_band(name)


@pytest.mark.parametrize("name", ["R_FLUX", "g_err", "des_r_mask", "flux", "I_BESSEL", ""])
def test_the_name_of_an_hdu_with_a_letter_is_not_always_a_band(name):
    assert not names_a_band(name)


def test_the_rotation_that_pan_starrs_writes_counts_for_the_position():
    old = {"CDELT1": -0.25 / 3600, "CDELT2": 0.25 / 3600, "PC001001": 0.6, "PC001002": -0.8, "PC002001": 0.8}
    data = fits.open(io.BytesIO(cube(BANDS="grz")))
    for card in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
        del data[0].header[card]
    data[0].header.update(old | {"PC002002": 0.6})
    stream = io.BytesIO()
    data.writeto(stream)
    found = only(read(stream.getvalue()))
    right, up = 59.5 - 80, 59.5 - 50  # pixels of the middle from the reference
    assert (found.dec - 2.0) * 3600 / 0.25 == pytest.approx(0.8 * right + 0.6 * up, abs=0.01)
    assert found.frames["tok_image"].pixel_scale == pytest.approx(0.25)


def test_an_inverse_variance_of_another_size_is_left_out_by_name(entry):
    hdus = fits.open(io.BytesIO(cube(BANDS="grz")))
    hdus.append(fits.ImageHDU(np.ones((2, 120, 120), "f4"), name="INVVAR"))
    stream = io.BytesIO()
    hdus.writeto(stream)
    found = only(read(stream.getvalue()))
    assert found.frames["tok_image"].ivar is None
    assert (
        entry(found, "image inverse variance")
        .sentence()
        .startswith("image inverse variance: HDU 1 (INVVAR) (dropped")
    )


def test_masks_and_holes_of_bands_in_hdus_stay_with_their_band():
    good, holed = np.ones((120, 120), "f4"), np.ones((120, 120), "f4")
    holed[:10] = np.nan
    hdus = [fits.PrimaryHDU()]
    for band, pixels, flag in (("z", holed, 4), ("g", good, 0)):
        hdus += [
            fits.ImageHDU(pixels, name=band),
            fits.ImageHDU(np.full((120, 120), flag, "i2"), name=f"MASK_{band}"),
        ]
    stream = io.BytesIO()
    fits.HDUList(hdus).writeto(stream)
    found = only(read(stream.getvalue()))
    assert found.modalities[0].bands == ["DES-Z", "DES-G"]
    assert np.isnan(found.modalities[0].flux[0].numpy()).sum((1, 2)).tolist() == [1200, 0]
    assert found.frames["tok_image"].mask.max((1, 2)).tolist() == [4, 0]
