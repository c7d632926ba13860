"""What each setting that a file leaves open would give."""

import io

import numpy as np
import pytest

from aion.errors import ChoiceNeededError
from aion.io import Overrides, read
from aion.io.alternatives import LEAST_SIGNIFICANCE, alternatives, strongest_feature, with_choice
from aion.modalities import SDSSSpectrum
from tests.io.layouts import ERROR, FLUX, WAVELENGTH, fits_bytes, in_vacuum, table_hdu

GRID = np.linspace(4000.0, 7500.0, 3501)


def spectrum(line_at=6000.0, height=12.0, mask=False, seed=0):
    flux = (
        5 + height * np.exp(-(((GRID - line_at) / 3) ** 2)) + np.random.default_rng(seed).normal(0, 1, 3501)
    )
    return SDSSSpectrum(flux=flux, ivar=np.ones(3501), mask=np.full(3501, mask), wavelength=GRID)


def red_arm():
    wavelength = np.linspace(917, 1005, 900)
    flux = 5 + 12 * np.exp(-(((wavelength - 953.2) / 0.4) ** 2))
    return table_hdu(wavelength=wavelength, flux=flux, error=np.full(900, 0.5))


def test_a_unit_that_is_not_stated_shows_what_each_would_make_of_the_spectrum():
    file = fits_bytes(red_arm())
    with pytest.raises(ChoiceNeededError) as asked:
        read(file)
    angstrom, nm = alternatives([file], Overrides(), asked.value.choices)
    assert angstrom.choice == "wavelength_unit=Angstrom" and "0 good pixels" in angstrom.refused
    assert nm.refused == "" and nm.wavelength == pytest.approx((9170, 10050)) and nm.good == 900
    assert nm.snr == pytest.approx(10, rel=0.1) and nm.flux == pytest.approx(5, rel=0.1)
    assert nm.feature.kind == "emission" and nm.feature.wavelength == pytest.approx(9532, abs=1)


def test_air_and_vacuum_differ_in_where_lines_are():
    line = 5 * np.exp(-(((WAVELENGTH - 6000) / 20) ** 2))
    file = fits_bytes(table_hdu(wavelength=(WAVELENGTH, "Angstrom"), flux=5 + line, error=ERROR))
    vacuum, air = alternatives([file], Overrides(), ["medium=vacuum", "medium=air"])
    assert air.feature.wavelength == pytest.approx(in_vacuum(vacuum.feature.wavelength), abs=0.01)
    assert vacuum.good == air.good and vacuum.snr == air.snr


def test_a_mask_of_either_sense_leaves_the_other_pixels():
    mask = (np.arange(500) % 5 == 1).astype("i2")
    file = fits_bytes(table_hdu(wavelength=WAVELENGTH, flux=FLUX, error=ERROR, mask=mask))
    [found] = read(file)
    [entry] = [entry for entry in found.reports[0].entries if entry.what == "mask"]
    bad, good = alternatives([file], Overrides(), entry.choices)
    assert (bad.good, good.good) == (400, 100)


def test_an_image_shows_its_magnitudes_in_each_order_of_its_bands_and_at_each_zero_point():
    planes = np.full((3, 101, 101), 0.0)
    planes[:, 50, 50] = 10, 100, 1000  # nanomaggies: AB 20, 17.5, 15
    source = {"image": planes}
    usual, reversed_, fainter = alternatives(
        [source], Overrides(survey="Legacy Survey"), ["bands=g,r,z", "bands=z,r,g", "image_flux_scale=0.1"]
    )
    assert usual.magnitudes == pytest.approx({"DES-G": 20, "DES-R": 17.5, "DES-Z": 15})
    assert reversed_.magnitudes == pytest.approx({"DES-Z": 20, "DES-R": 17.5, "DES-G": 15})
    assert fainter.magnitudes["DES-G"] == pytest.approx(22.5)
    assert usual.wavelength is None and usual.feature is None


def test_a_choice_replaces_only_its_own_setting():
    before = Overrides(medium="air", wavelength_unit="nm")
    assert with_choice(before, "wavelength_unit=um") == Overrides(medium="air", wavelength_unit="um")


def test_the_object_looked_at_is_found_by_its_id_and_open_files_are_read_from_their_beginning():
    columns = {"wavelength": np.tile(WAVELENGTH, (2, 1)), "flux": np.stack([FLUX, 3 * FLUX])}
    stream = io.BytesIO(fits_bytes(table_hdu(**columns, id=np.array(["a", "b"]))))
    stream.read()
    choices = ["medium=vacuum", "medium=air"]
    first, second = (alternatives([stream], Overrides(), choices, id=id) for id in ("a", "b"))
    assert [one.flux for one in second] == pytest.approx([3 * one.flux for one in first])


@pytest.mark.parametrize(("height", "kind"), [(12, "emission"), (-4, "absorption")])
def test_the_strongest_feature_is_the_line_that_stands_out_most(height, kind):
    found = strongest_feature(spectrum(height=height))
    assert found.kind == kind and found.wavelength == pytest.approx(6000, abs=2)
    assert found.significance > LEAST_SIGNIFICANCE


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_feature(seed):
    assert strongest_feature(spectrum(height=0, seed=seed)) is None


def test_what_the_sky_left_is_no_feature():
    assert strongest_feature(spectrum(line_at=5579.0)) is None


def test_a_spectrum_without_good_pixels_has_no_feature():
    assert strongest_feature(spectrum(mask=True)) is None
