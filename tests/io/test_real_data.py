"""Every real file is read: redshifts as published, wavelengths in range, nothing assumed that it states."""

import csv
from pathlib import Path

import numpy as np
import pytest

from aion.io import read
from aion.modalities import DESISpectrum, HSCImage, LegacySurveyImage, SDSSSpectrum

PICCA_CATALOG = 0.006
"""The quasars of plates 3655 and 9367 have redshifts of another catalog than the pipeline's."""


def rows(folder: Path, kind: str) -> list[dict[str, str]]:
    with (folder / "INDEX.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["kind"] == kind]


def test_all_sdss_spectra_are_read_with_their_redshifts(real_data):
    for row in rows(real_data, "sdss_spec_fits"):
        (found,) = read(real_data / row["file"])
        (spectrum,) = found.modalities
        assert isinstance(spectrum, SDSSSpectrum)
        assert found.reports[0].format == "SDSS spec"
        low, high = (float(end) for end in row["notes"].split("; ")[1].split("A")[0].split("-"))
        assert abs(spectrum.wavelength[0, 0] - low) < 1 and abs(spectrum.wavelength[0, -1] - high) < 1
        stated = {entry.what: entry.how for entry in found.reports[0].entries}
        assert {stated[what] for what in ("medium", "flux unit", "wavelength unit", "mask", "survey")} == {
            "header"
        }
        assert 0 < spectrum.mask.float().mean() < 0.35 or not spectrum.mask.any()
        assert abs(found.ra - float(row["notes"].split("RA=")[1].split(" ")[0])) < 1e-4
        if row["class"] == "SKY":
            assert found.z_reference is None and abs(found.snr) < 0.5
        elif "is WRONG" in row["notes"]:
            assert f"{found.z_reference:.4f}" in row["notes"]  # the pipeline's, as the file states it
        else:
            z = float(row["z_true"])
            assert abs(found.z_reference - z) <= (
                PICCA_CATALOG if "picca" in row["source_repo"] else 1e-5
            ) * (1 + z)
            assert found.kind.split("/")[0] == row["class"].split("/")[0]
            snr = float(row["notes"].split("/px")[0].split("=")[1])
            assert found.snr == pytest.approx(snr, rel=0.15, abs=0.2)


def test_the_desi_galaxy_is_one_object_from_three_files(real_data):
    names = ("spectra/desi/coadd-4-80613-thru20210324.fits", "spectra/desi/redrock-4-80613-thru20210324.fits")
    (found,) = read(
        [real_data / name for name in (*names, "tables/ls_dr9_tractor_row_DESI39633345008634465.fits")]
    )
    assert found.id == "39633345008634465" and len(found.reports) == 3
    assert found.z_reference == pytest.approx(0.36874, abs=1e-5)
    spectrum = found.modalities[0]
    assert isinstance(spectrum, DESISpectrum) and spectrum.flux.shape == (1, 7781) and not spectrum.mask.any()
    np.testing.assert_allclose(spectrum.wavelength[0].double(), 3600 + 0.8 * np.arange(7781), atol=1e-3)
    assert found.snr == pytest.approx(5.21, rel=0.1)
    values = {
        modality.name: modality.value.item() for modality in found.modalities[1:] if modality.num_tokens == 1
    }
    assert (
        values["FLUX_G"] == pytest.approx(3.237033)
        and values["FLUX_W4"] == pytest.approx(-339.6496)
        and values["SHAPE_R"] == pytest.approx(0.387784)
    )
    assert "parallax" not in values


def test_the_desi_quasars_come_as_two_targets(real_data):
    objects = read(real_data / "spectra/desi/coadd-sv3-dark-9144.fits")
    assert [found.id for found in objects] == ["39632936152072660", "39632936152073654"]
    assert [len(found.modalities) for found in objects] == [1, 1]


def test_the_multimodal_universe_rows_are_read(real_data):
    first, second = read(real_data / "spectra/desi/mmu-desi.parquet")
    assert [found.z_reference for found in (first, second)] == pytest.approx([0.53535, 1.56320], abs=1e-5)
    assert isinstance(first.modalities[0], DESISpectrum) and len(first.modalities) == 1
    assert first.id == "1005418646077440"


def test_the_legacy_survey_cutout_notes_its_unusual_pixels(real_data, entry):
    (found,) = read(real_data / "images/ls_grz_135.2130_1.1612_256px.fits")
    (image,) = found.modalities
    assert (
        isinstance(image, LegacySurveyImage)
        and image.bands == ["DES-G", "DES-R", "DES-Z"]
        and image.flux.shape == (1, 3, 256, 256)
    )
    assert (
        found.frames["tok_image"].pixel_scale == pytest.approx(0.27)
        and entry(found, "pixel scale differs").value == "+3 %"
    )
    assert (found.ra, found.dec) == pytest.approx((135.213, 1.16123), abs=1e-4)


def test_the_hsc_images_are_recognised_without_saying_so(real_data):
    (galaxy,) = read(real_data / "images/hsc_lsbg_grizy_191px.fits")
    assert isinstance(galaxy.modalities[0], HSCImage) and galaxy.modalities[0].flux.shape == (1, 5, 191, 191)
    assert galaxy.frames["tok_image_hsc"].pixel_scale == pytest.approx(0.168)
    assert (galaxy.ra, galaxy.dec) == pytest.approx((31.89707, -4.04396), abs=1e-4)
    (blend,) = read(real_data / "images/hsc_cosmos_35.npz")
    assert isinstance(blend.modalities[0], HSCImage) and blend.frames["tok_image_hsc"].ivar.shape == (
        5,
        58,
        48,
    )
