"""Modalities take what astronomers have, refuse what would give wrong tokens,
and never change what they are given."""

import numpy as np
import pytest
import torch

from aion import modalities as m
from aion.errors import AssumptionWarning, ModalityError, ModalityTypeError

EVERY = list(m.MODALITIES.values())
WAVELENGTH = np.linspace(3600, 9824, 500)


def spectrum(kind: type[m.Spectrum] = m.DESISpectrum, **changes: object) -> m.Spectrum:
    fields = {
        "flux": np.full(500, 3.0),
        "ivar": np.ones(500),
        "mask": np.zeros(500, bool),
        "wavelength": WAVELENGTH,
    }
    return kind(**(fields | changes))


@pytest.mark.parametrize("modality", EVERY, ids=lambda c: c.__name__)
def test_every_modality_says_what_it_is(modality: type[m.Modality]) -> None:
    assert modality.name and modality.token_key and modality.num_tokens > 0
    assert modality.__doc__ and modality.__doc__ != m.Modality.__doc__
    assert issubclass(modality, m.BaseModality)


def test_there_are_all_published_modalities_with_their_own_token_keys() -> None:
    assert len(EVERY) == 40
    assert len(m.ScalarModalities) == 34
    assert m.ScalarModalities["FLUX_G"] is m.LegacySurveyFluxG
    assert m.MODALITIES["tok_image_hsc"] is m.HSCImage


@pytest.mark.parametrize(
    "flux",
    [
        np.ones((4, 100, 100)),
        np.ones((1, 4, 100, 100), ">f4"),
        np.ones((1, 4, 100, 100), ">i2"),
        np.ones((4, 100, 100), np.uint16),
        torch.ones(1, 4, 100, 100, dtype=torch.float64),
        [np.ones((100, 100))] * 4,
        np.ma.ones((4, 100, 100)),
    ],
    ids=[
        "single float64",
        "big-endian",
        "big-endian int",
        "unsigned",
        "float64 tensor",
        "list",
        "masked array",
    ],
)
def test_any_array_makes_a_batched_float32_image(flux: object) -> None:
    image = m.LegacySurveyImage(flux, ["g", "r", "i", "z"])
    assert image.flux.dtype == torch.float32
    assert image.flux.shape == (1, 4, 100, 100)
    assert (image.flux == 1).all()
    assert len(image) == 1


def test_masked_entries_count_as_unknown() -> None:
    flux = np.ma.masked_less(np.arange(40_000.0).reshape(4, 100, 100), 7)
    assert m.LegacySurveyImage(flux, ["g", "r", "i", "z"]).flux.isnan().sum() == 7


def test_arguments_are_left_alone() -> None:
    given = {
        "flux": np.full(500, 3.0),
        "ivar": np.ones(500),
        "mask": np.zeros(500, np.int32),
        "wavelength": WAVELENGTH[::-1].copy(),
    }
    before = {name: values.copy() for name, values in given.items()}
    made = m.DESISpectrum(**given)
    made.flux.zero_()
    assert all(np.array_equal(given[name], before[name]) for name in given)


def test_fewer_bands_than_channels_are_refused() -> None:
    with pytest.raises(ModalityError, match=r"\(1, 4, 96, 96\) and 3 bands"):
        m.LegacySurveyImage(np.ones((1, 4, 96, 96)), ["DES-G", "DES-R", "DES-Z"])


@pytest.mark.parametrize(
    "bands", [["DES-G", "HSC-R"], ["HSC-G", "HSC-R"], ["DES-G", "DES-Y"], ["DES-G", "u"]]
)
def test_bands_of_another_survey_are_refused_by_name(bands: list[str]) -> None:
    with pytest.raises(
        ModalityError, match="is not a band of this survey; it has DES-G, DES-R, DES-I, DES-Z"
    ):
        m.LegacySurveyImage(np.ones((2, 96, 96)), bands)


def test_a_band_cannot_be_named_twice() -> None:
    with pytest.raises(ModalityError, match="named twice"):
        m.HSCImage(np.ones((2, 96, 96)), ["HSC-G", "g"])


@pytest.mark.parametrize("bands", ["grz", [], None])
def test_bands_are_a_list_of_names(bands: object) -> None:
    with pytest.raises(ModalityError, match="a list of names"):
        m.LegacySurveyImage(np.ones((3, 96, 96)), bands)


@pytest.mark.parametrize(
    ("kind", "given", "names"),
    [
        (m.LegacySurveyImage, ["des-g", "DES_R", "z"], ["DES-G", "DES-R", "DES-Z"]),
        (m.LegacySurveyImage, ["decam g", "DECaLS.i"], ["DES-G", "DES-I"]),
        (m.HSCImage, ["G", "hsc_r2", "HSC-I2", "y"], ["HSC-G", "HSC-R", "HSC-I", "HSC-Y"]),
    ],
)
def test_the_spellings_of_data_releases_mean_the_same_bands(
    kind: type[m.Image], given: list[str], names: list[str]
) -> None:
    image = kind(np.ones((len(given), 96, 96)), given)
    assert image.bands == names
    assert image.proxies == ()


def test_northern_bands_stand_in_for_the_southern_ones_and_say_so() -> None:
    image = m.LegacySurveyImage(np.ones((3, 96, 96)), ["BASS-G", "bass_r", "MzLS-z"])
    assert image.bands == ["DES-G", "DES-R", "DES-Z"]
    assert len(image.proxies) == 3
    assert "MzLS-z is read as DES-Z" in image.proxies[2]


def test_a_band_without_a_finite_pixel_is_refused() -> None:
    flux = np.ones((2, 96, 96))
    flux[1] = np.nan
    with pytest.raises(ModalityError, match="no finite pixel; leave that band out"):
        m.LegacySurveyImage(flux, ["g", "r"])


@pytest.mark.parametrize(
    "mask", [np.zeros(500, np.int64), np.zeros(500, ">i4"), np.zeros(500), np.zeros(500, np.uint8)]
)
def test_any_mask_becomes_true_where_it_is_not_zero(mask: np.ndarray) -> None:
    mask[3] = 4
    made = spectrum(mask=mask)
    assert made.mask.dtype == torch.bool
    assert made.mask.nonzero().tolist() == [[0, 3]]


def test_descending_wavelengths_are_turned_round_with_everything_else() -> None:
    flux = np.arange(500.0) + 1
    made = spectrum(flux=flux[::-1], wavelength=WAVELENGTH[::-1])
    assert torch.equal(made.wavelength, spectrum().wavelength)
    assert torch.equal(made.flux[0], torch.tensor(flux).float())


@pytest.mark.parametrize("filler", [0.0, np.nan, 99999.0, -1.0])
def test_wavelengths_that_fill_up_a_row_become_masked_pixels_at_its_end(filler: float) -> None:
    wavelength, flux = WAVELENGTH.copy(), np.full(500, 3.0)
    wavelength[-20:], flux[-20:] = filler, 55
    made = spectrum(wavelength=wavelength, flux=flux)
    assert (made.wavelength[0, -20:] == m.PADDING_WAVELENGTH).all()
    assert made.mask[0, -20:].all() and not made.mask[0, :-20].any()
    assert (made.flux[0, -20:] == 0).all() and (made.ivar[0, -20:] == 0).all()


@pytest.mark.parametrize(("factor", "unit"), [(0.1, "nanometres"), (1e-4, "micrometres"), (1e-10, "metres")])
def test_wavelengths_in_another_unit_are_refused_by_its_name(factor: float, unit: str) -> None:
    with pytest.raises(ModalityError, match=f"looks like {unit}; Å in vacuum"):
        spectrum(wavelength=WAVELENGTH * factor)
    with pytest.raises(ModalityError, match="looks like log10 of Å"):
        spectrum(wavelength=np.log10(WAVELENGTH))


def test_an_inverted_mask_is_refused() -> None:
    ivar = np.where(np.arange(500) < 400, 1.0, 0.0)
    spectrum(ivar=ivar, mask=ivar == 0)
    with pytest.raises(ModalityError, match="inverted; True means bad"):
        spectrum(ivar=ivar, mask=ivar > 0)


def test_flux_in_plain_cgs_units_is_scaled_with_a_warning() -> None:
    with pytest.warns(AssumptionWarning, match="looks like erg/s/cm2/Å"):
        made = spectrum(flux=np.full(500, 3e-17), ivar=np.full(500, 1e34))
    torch.testing.assert_close(made.flux, torch.full((1, 500), 3.0))
    torch.testing.assert_close(made.ivar, torch.ones(1, 500))


def test_one_wavelength_array_serves_a_batch_of_spectra() -> None:
    made = m.SDSSSpectrum(np.ones((3, 500)), np.ones((3, 500)), np.zeros((3, 500)), WAVELENGTH)
    assert made.wavelength.shape == (3, 500)
    assert len(made) == 3


def test_arrays_of_a_spectrum_must_agree() -> None:
    with pytest.raises(ModalityError, match=r"arrays of one shape .* mask \(1, 400\)"):
        spectrum(mask=np.zeros(400))


@pytest.mark.parametrize(
    "value", [0.3, [0.3], np.float64(0.3), np.array([[0.3]]), torch.tensor(0.3), np.array(0.3, ">f8")]
)
def test_any_number_makes_a_scalar(value: object) -> None:
    made = m.Z(value)
    assert made.value.shape == (1,)
    assert made.value.dtype == torch.float32
    assert made.value.item() == pytest.approx(0.3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -99.0, -999.0, -9999.0, 9999.0])
def test_a_missing_number_is_refused_with_what_to_do(value: float) -> None:
    with pytest.raises(
        ModalityError, match=r"FLUX_R is missing for 1 of 2 objects \(NaN or a sentinel\): drop the modality"
    ):
        m.LegacySurveyFluxR([1.0, value])


def test_coefficients_come_in_rows_of_55() -> None:
    assert m.GaiaXpBp(np.ones(55)).value.shape == (1, 55)
    with pytest.raises(ModalityError, match=r"\(1, 54\); 55 value\(s\)"):
        m.GaiaXpRp(np.ones(54))


@pytest.mark.parametrize("value", ["bright", None, [1j], np.array(["a"]), torch.tensor([1j])])
def test_things_that_are_not_numbers_are_refused(value: object) -> None:
    with pytest.raises(ModalityError, match="Z "):
        m.Z(value)


def test_a_catalog_keeps_whole_pixels_and_marks_missing_entries() -> None:
    made = m.LegacySurveyCatalog([3, 9999], [4, 9999], [0.1, np.nan], [0.2, np.nan], [1.0, np.nan])
    assert made.X.dtype == torch.int64
    assert made.SHAPE_R.tolist() == [[1.0, 9999.0]]
    with pytest.raises(ModalityError, match="round them first"):
        m.LegacySurveyCatalog([3.5], [4], [0.1], [0.2], [1.0])


def test_a_segmentation_map_is_finite_and_has_two_dimensions() -> None:
    assert m.LegacySurveySegmentationMap(np.zeros((2, 1, 100, 100))).field.shape == (2, 100, 100)
    with pytest.raises(ModalityError, match="finite values"):
        m.LegacySurveySegmentationMap(np.full((100, 100), np.nan))


def test_spectra_of_different_lengths_make_one_batch() -> None:
    short = spectrum(
        flux=np.full(300, 2.0), ivar=np.ones(300), mask=np.zeros(300), wavelength=WAVELENGTH[:300]
    )
    both = m.concatenate([spectrum(), short])
    assert both.flux.shape == (2, 500)
    assert both.mask[1, 300:].all() and (both.wavelength[1, 300:] == m.PADDING_WAVELENGTH).all()


def test_only_objects_of_one_kind_and_layout_make_a_batch() -> None:
    image = m.LegacySurveyImage(np.ones((2, 96, 96)), ["BASS-G", "r"])
    assert m.concatenate([image, image]).proxies == image.proxies
    with pytest.raises(ModalityError, match="agree in bands and size"):
        m.concatenate([image, m.LegacySurveyImage(np.ones((2, 96, 96)), ["r", "g"])])
    with pytest.raises(ModalityTypeError, match="given: LegacySurveyImage, Z"):
        m.concatenate([image, m.Z(0.3)])


def test_a_modality_cannot_be_changed_after_it_was_checked() -> None:
    with pytest.raises(AttributeError, match="cannot assign"):
        m.Z(0.3).value = torch.tensor([9999.0])
