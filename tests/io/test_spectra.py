"""Spectra of every format arrive in vacuum Å and 1e-17 erg/s/cm2/Å, True = bad, whatever the file stores."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from aion.errors import ModalityError
from aion.io import Overrides, read
from aion.io.units import air_to_vacuum, parse_unit
from aion.modalities import DESISpectrum, SDSSSpectrum


def only(objects):
    assert len(objects) == 1
    return objects[0]


def test_an_sdss_spectrum_has_its_position_class_and_redshift(twins):
    found = only(read(twins / "sdss_spec.fits"))
    (spectrum,) = found.modalities
    assert isinstance(spectrum, SDSSSpectrum)
    assert found.id == "0266-51630-0174"
    assert (found.ra, found.dec) == (150.1, 2.2)  # not the telescope's 12.3, 45.6 in the header
    assert found.z_reference == 0.25
    assert found.kind == "GALAXY/STARFORMING"
    assert spectrum.wavelength[0, 0].item() == pytest.approx(10**3.62, rel=1e-6)
    assert 5 < spectrum.flux.median() < 7


def test_bits_of_the_whole_fibre_do_not_mask_pixels(twins, entry):
    found = only(read(twins / "sdss_spec.fits"))
    assert found.modalities[0].mask[0].nonzero().flatten().tolist() == [10, 11]  # NODATA, and ivar 0
    assert "399 pixels have bits of the whole fibre" in entry(found, "mask").note


def test_upper_case_columns_are_read_and_a_sky_fibre_has_no_redshift(twins, entry):
    found = only(read(twins / "boss_spec.fits"))
    assert found.id == "3655-55240-0054"
    assert found.z_reference is None
    assert found.kind == "SKY"
    assert entry(found, "redshift").how == "dropped"


def test_spspec_wavelengths_are_logarithmic_whatever_its_wcs_says(twins):
    found = only(read(twins / "spspec.fits"))
    (spectrum,) = found.modalities
    np.testing.assert_allclose(
        spectrum.wavelength[0].numpy(), 10 ** (3.62 + 1e-4 * np.arange(500)), rtol=1e-6
    )
    assert spectrum.mask[0].nonzero().flatten().tolist() == [5, 6]
    assert spectrum.ivar[0, 0].item() == pytest.approx(4, rel=1e-5)
    assert (found.id, found.z_reference, found.ra) == ("0266-51630-0175", 0.25, 150.1)


def test_desi_arms_are_joined_by_inverse_variance_on_the_survey_grid(twins, entry):
    first, second = read(twins / "desi_coadd.fits")
    assert (first.id, second.id) == ("39627652591521792", "39627652591521793")
    spectrum = first.modalities[0]
    assert isinstance(spectrum, DESISpectrum)
    wavelength = spectrum.wavelength[0].double().numpy()
    np.testing.assert_allclose(wavelength, 3600 + 0.8 * np.arange(7781), atol=1e-3)
    with fits.open(twins / "desi_coadd.fits") as hdus:
        flux = {arm: hdus[f"{arm}_FLUX"].data[0].astype(float) for arm in "BR"}
    overlap = int((5780 - 3600) / 0.8)  # B and R, both good, the same ivar
    b, r = int((5780 - 5600) / 0.8), int((5780 - 5760) / 0.8)
    assert spectrum.flux[0, overlap].item() == pytest.approx((flux["B"][b] + flux["R"][r]) / 2, rel=1e-5)
    assert spectrum.ivar[0, overlap].item() == 8
    only_r = 2700 + 5  # B is masked there
    assert spectrum.flux[0, only_r].item() == pytest.approx(flux["R"][5], rel=1e-5)
    assert spectrum.mask[0, 0] and spectrum.ivar[0, 0] == 0 and spectrum.flux[0, 0] == 0
    assert entry(first, "grid").value.startswith("7781")


def test_exposures_of_one_target_become_one_spectrum_and_a_missing_arm_is_masked(twins, entry):
    first, second = read(twins / "desi_spectra.fits")
    assert entry(first, "arms").note.startswith("R missing")
    inside = int((7600 - 3600) / 0.8)
    assert first.modalities[0].ivar[0, inside] == 8 and second.modalities[0].ivar[0, inside] == 4
    assert first.modalities[0].mask[0, int((6000 - 3600) / 0.8)]


def test_desi_photometry_comes_along_and_unmeasured_values_do_not(twins):
    first, second = read(twins / "desi_coadd.fits")
    assert {modality.name for modality in first.modalities} == {
        "spectrum", "FLUX_G", "FLUX_R", "FLUX_Z", "FLUX_W1", "FLUX_W2", "EBV", "SHAPE_R",
    }  # fmt: skip
    assert [modality.name for modality in second.modalities] == ["spectrum"]


def test_redshifts_are_never_given_to_the_model(twins):
    for name in ("desi_redrock.fits", "mmu_desi.parquet", "sdss_spec.fits", "photometry.fits"):
        for found in read(twins / name):
            assert "tok_z" not in {modality.token_key for modality in found.modalities}


def test_mmu_rows_keep_their_ids_and_zwarn_is_read_as_a_good_flag(twins, entry):
    first, second = read(twins / "mmu_desi.parquet")
    assert (first.id, second.id) == ("39627652591521792", "39627652591521793")
    assert (first.z_reference, second.z_reference) == (0.25, 1.5)
    assert "doubts" in entry(first, "ZWARN").note and "doubts" not in entry(second, "ZWARN").note
    assert first.modalities[0].mask[0].sum() == 3
    assert [modality.name for modality in second.modalities] == ["spectrum"]


def test_sparcl_records_are_read_from_json_and_from_memory(twins):
    import json

    records = json.loads((twins / "sparcl.json").read_bytes())["records"]
    desi, boss = read(twins / "sparcl.json")
    assert isinstance(desi.modalities[0], DESISpectrum) and isinstance(boss.modalities[0], SDSSSpectrum)
    assert desi.reports[0].format == "SPARCL record"
    assert desi.id == "39627652591521792"
    again = read(
        {name: np.array(value) if isinstance(value, list) else value for name, value in records[0].items()}
    )
    assert again[0].z_reference == 0.25
    np.testing.assert_array_equal(again[0].modalities[0].flux, desi.modalities[0].flux)


def test_an_ecsv_spectrum_is_read_with_its_units_and_metadata(twins, entry):
    found = only(read(twins / "spectrum.ecsv"))
    assert entry(found, "wavelength unit").how == "header"
    assert entry(found, "flux unit").how == "header"
    assert (entry(found, "medium").value, entry(found, "medium").how) == ("vacuum", "header")
    assert found.modalities[0].mask[0].sum() == 4
    assert found.z_reference == 0.25


def test_a_csv_in_nm_and_cgs_without_units_is_recognised_and_said_to_be_assumed(twins, entry):
    found = only(read(twins / "spectrum.csv"))
    assert found.modalities[0].wavelength[0, 0].item() == 4000
    assert 5 < found.modalities[0].flux.median() < 7
    assert entry(found, "wavelength unit").how == "assumed" and "nm" in entry(found, "wavelength unit").note
    assert entry(found, "flux unit").how == "assumed" and "1e17" in entry(found, "flux unit").note
    assert found.modalities[0].ivar.median().item() == pytest.approx(4, rel=1e-3)


def test_a_text_spectrum_in_air_and_in_decreasing_order_is_sorted_and_converted(twins, entry):
    found = only(read(twins / "spectrum.txt"))
    wavelength = found.modalities[0].wavelength[0]
    assert (wavelength.diff() > 0).all()
    assert wavelength[0].item() == pytest.approx(4001.13, abs=0.01)  # 4000 Å in air
    assert (entry(found, "medium").value, entry(found, "medium").how) == ("air", "header")
    assert "decreasing" in entry(found, "order").note


@pytest.mark.parametrize("name", ["spectrum.vot", "spectrum.ecsv"])
def test_votable_and_ecsv_hold_the_same_spectrum(twins, name):
    found = only(read(twins / name))
    assert found.modalities[0].flux.shape == (1, 400)
    assert found.modalities[0].mask[0, :4].all()


def test_what_specutils_reads_is_read(twins, entry):
    found = only(read(twins / "wcs_spectrum.fits"))
    assert found.reports[0].format == "FITS spectrum"
    assert entry(found, "medium").value == "air"
    assert found.modalities[0].wavelength[0, 0].item() == pytest.approx(4001.13, abs=0.01)
    assert entry(found, "uncertainty").how == "assumed"
    assert found.modalities[0].ivar.median().item() ** -0.5 == pytest.approx(0.5, rel=0.2)


def test_irafs_flag_for_logarithmic_wavelengths_is_heeded(entry):
    header = fits.Header(
        {"CTYPE1": "LAMBDA", "CUNIT1": "Angstrom", "CRVAL1": 3.6, "CDELT1": 1e-4, "CRPIX1": 1, "DC-FLAG": 1}
    )
    stream = io.BytesIO()
    fits.PrimaryHDU(np.ones(3800, dtype="f4"), header).writeto(stream)
    found = only(read(stream.getvalue()))
    assert float(found.modalities[0].wavelength[0, 0]) == pytest.approx(10**3.6, rel=1e-6)
    assert entry(found, "wavelength unit").note == "stored as log10"


def test_big_endian_fits_table_columns_arrive_native(tmp_path):
    wavelength = np.linspace(4000, 9000, 2000)
    flux = np.ones(2000)
    Table({"WAVE": wavelength.astype(">f8"), "FLUX": flux.astype(">f4"), "IVAR": flux.astype(">f8")}).write(
        tmp_path / "x.fits"
    )
    found = only(read(tmp_path / "x.fits"))
    assert found.modalities[0].flux.dtype.is_floating_point and (found.modalities[0].flux == 1).all()


def test_a_mask_that_marks_nearly_everything_is_taken_for_the_other_way_round_and_that_is_said(entry):
    wavelength = np.linspace(4000, 9000, 2000)
    mask = np.ones(2000)
    mask[:20] = 0
    found = only(
        read({"wavelength": wavelength, "flux": np.full(2000, 5.0), "ivar": np.ones(2000), "mask": mask})
    )
    assert found.modalities[0].mask[0].sum() == 20
    assert (entry(found, "mask").value, entry(found, "mask").how) == ("non-zero = good", "assumed")
    kept = only(
        read({"wavelength": wavelength, "flux": np.full(2000, 5.0), "ivar": np.ones(2000), "mask": mask < 1})
    )
    assert kept.modalities[0].mask[0].sum() == 20
    assert entry(kept, "mask").value == "non-zero = bad"


def test_integer_masks_are_taken_as_true_and_false():
    wavelength = np.linspace(4000, 9000, 2000)
    mask = np.zeros(2000, int)
    mask[:7] = 4
    found = only(
        read({"wavelength": wavelength, "flux": np.full(2000, 5.0), "ivar": np.ones(2000), "mask": mask})
    )
    assert found.modalities[0].mask.dtype.is_floating_point is False
    assert found.modalities[0].mask[0].sum() == 7


@pytest.mark.parametrize(
    "overrides, expected",
    [
        (Overrides(spectrum_flux_scale=10.0), lambda spectrum: spectrum.flux.median() > 50),
        (Overrides(medium="air"), lambda spectrum: spectrum.wavelength[0, 0] > 4001),
        (
            Overrides(mask_sense="good"),
            lambda spectrum: spectrum.mask[0, 4:].all() and not spectrum.mask[0, :4].any(),
        ),
        (Overrides(survey="DESI"), lambda spectrum: isinstance(spectrum, DESISpectrum)),
        (Overrides(wavelength_unit="Angstrom"), lambda spectrum: spectrum.wavelength[0, 0] == 4000),
    ],
)
def test_what_a_person_sets_wins_over_what_the_file_says(twins, overrides, expected):
    if overrides.mask_sense:
        with pytest.raises(ModalityError, match="4 good pixels"):
            read(twins / "spectrum.ecsv", overrides=overrides)
        return
    found = only(read(twins / "spectrum.ecsv", overrides=overrides))
    assert expected(found.modalities[0])
    assert "you set" in {entry.how for entry in found.reports[0].entries}


def test_the_factor_of_an_image_leaves_the_spectrum_beside_it_alone():
    both = {
        "wavelength": np.arange(4000.0, 9000.0),
        "spectrum_flux": np.full(5000, 5.0),
        "spectrum_ivar": np.ones(5000),
    }
    both |= {"image": np.ones((3, 96, 96)), "bands": ["g", "r", "z"]}
    plain, scaled = (
        only(read(both, overrides=overrides)) for overrides in (Overrides(), Overrides(image_flux_scale=3.0))
    )
    for modality, before in zip(scaled.modalities, plain.modalities, strict=True):
        factor = 1 if isinstance(modality, SDSSSpectrum) else 3
        assert (modality.flux == factor * before.flux).all()


def test_a_wavelength_unit_that_is_set_keeps_the_logarithm_that_is_stated(twins):
    detected = only(read(twins / "sdss_spec.fits")).modalities[0]
    found = only(read(twins / "sdss_spec.fits", overrides=Overrides(wavelength_unit="Angstrom")))
    np.testing.assert_allclose(found.modalities[0].wavelength, detected.wavelength)


def test_air_to_vacuum_agrees_with_the_published_pairs():
    air = np.array([3727.092, 4861.333, 5006.843, 6562.819])  # NIST, as SDSS lists them
    np.testing.assert_allclose(air_to_vacuum(air), [3728.151, 4862.691, 5008.240, 6564.632], atol=0.02)
    assert air_to_vacuum(np.array([1500.0]))[0] == 1500


@pytest.mark.parametrize(
    "text",
    [
        "1E-17 erg/cm^2/s/Ang",
        "10**-17 erg/(s cm2 Angstrom)",
        "1e-17 erg / (s cm2 Angstrom)",
        "1.0E-17 erg/cm/s/Ang",
        "1e-17 erg/s/cm^2/AA",
    ],
)
def test_the_spellings_of_the_flux_unit_mean_the_same(text):
    from astropy import units as u

    assert parse_unit(text).to(u.Unit("1e-17 erg / (s cm2 Angstrom)")) == pytest.approx(1)


def test_fluxes_per_hertz_are_converted_pixel_by_pixel(entry):
    from astropy import units as u

    wavelength = np.linspace(4000, 9000, 1000) * u.AA
    expected = np.full(1000, 5.0)
    janskys = (expected * u.Unit("1e-17 erg / (s cm2 Angstrom)")).to(u.Jy, u.spectral_density(wavelength))
    found = only(read({"wavelength": wavelength, "flux": janskys, "error": janskys / 10}))
    np.testing.assert_allclose(found.modalities[0].flux[0], expected, rtol=1e-5)
    np.testing.assert_allclose(found.modalities[0].ivar[0], 4.0, rtol=1e-4)
    assert "converted" in entry(found, "flux unit").note


def test_a_spectrum_outside_the_range_of_the_codec_is_refused_with_what_it_covers():
    with pytest.raises(
        ModalityError, match=r"0 good pixels between 3500 and 10462 Å.*1\.1e\+04 to 1\.5e\+04"
    ):
        read({"wavelength": np.linspace(11000, 15000, 500), "flux": np.ones(500), "ivar": np.ones(500)})


def test_arrays_of_different_length_are_refused_with_their_shapes():
    with pytest.raises(ModalityError, match=r"wavelength \(500,\), flux \(499,\)"):
        read({"wavelength": np.linspace(4000, 5000, 500), "flux": np.ones(499)})


def test_an_upload_is_read_from_bytes_and_from_an_open_file_by_content_alone(twins):
    data = (twins / "sdss_spec.fits").read_bytes()
    from_bytes = only(read(data, name="holiday.jpg"))
    stream = io.BytesIO(data)
    stream.name = "upload.csv"
    from_stream = only(read(stream))
    assert from_bytes.reports[0].source == "holiday.jpg" and from_stream.reports[0].source == "upload.csv"
    assert (
        from_bytes.reports[0].sha256 == from_stream.reports[0].sha256
        and len(from_bytes.reports[0].sha256) == 64
    )
