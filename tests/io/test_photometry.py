"""Rows of catalogs become scalars by their published names; missing ones are dropped, ids stay text."""

import io

import numpy as np
import pytest
from astropy.table import Table

from aion.errors import FormatError
from aion.io import read


def names(found):
    return [modality.name for modality in found.modalities]


@pytest.mark.parametrize("name", ["photometry.ecsv", "photometry.csv", "photometry.fits", "photometry.vot"])
def test_each_row_is_an_object_and_sentinels_are_missing(twins, name):
    first, second = read(twins / name)
    assert (first.id, second.id) == ("39627652591521792", "39627652591521793")
    assert names(first) == ["FLUX_G", "FLUX_R", "FLUX_Z", "EBV", "g_cmodel_mag"]
    assert names(second) == ["FLUX_G", "EBV"]
    assert [modality.value.item() for modality in first.modalities[:3]] == [1.0, 2.0, 3.0]
    assert (first.z_reference, second.z_reference) == (0.25, None)
    assert (first.ra, second.ra) == (150.1, 151.1)
    dropped = {entry.what for entry in second.reports[0].entries if entry.how == "dropped"}
    assert {"FLUX_R", "FLUX_Z", "g_cmodel_mag", "rows without photometry"} <= dropped


def test_a_tractor_row_gets_the_targetid_of_desi(twins):
    (found,) = read(twins / "tractor.fits")
    assert found.id == "39633345008634465"
    assert set(names(found)) == {
        "FLUX_G",
        "FLUX_R",
        "SHAPE_R",
        "EBV",
    }  # W4 has ivar 0, the parallax is not measured


def test_ra_and_dec_are_read_by_the_model_only_in_gaia_rows():
    columns = "source_id,ra,dec,parallax,phot_g_mean_flux,phot_bp_mean_flux"
    gaia = f"{columns}\n4295806720,10.5,-3.25,1.5,1000.0,null\n"
    (found,) = read(gaia.encode())
    assert set(names(found)) == {"ra", "dec", "parallax", "phot_g_mean_flux"}
    assert found.id == "4295806720" and found.dec == -3.25
    (other,) = read(b"id,ra,dec,FLUX_G\na,10.5,-3.25,1.0\n")
    assert names(other) == ["FLUX_G"] and other.ra == 10.5


def test_gaia_coefficients_come_as_one_row():
    stream = io.BytesIO()
    table = {"source_id": [1, 2], "bp_coefficients": np.ones((2, 55)), "rp_coefficients": np.ones((2, 54))}
    Table(table).write(stream, format="fits")
    first, _ = read(stream.getvalue())
    assert names(first) == ["bp_coefficients"] and first.modalities[0].value.shape == (1, 55)
    assert "55 numbers are expected" in next(
        entry.note for entry in first.reports[0].entries if entry.what == "rp_coefficients"
    )


def test_fluxes_in_microjansky_are_converted_to_nanomaggies():
    (found,) = read(b"id,FLUX_G [uJy],FLUX_R [nanomaggy]\n1,36.31,5\n")
    assert [round(modality.value.item(), 5) for modality in found.modalities] == [10.0, 5.0]


def test_a_table_of_something_else_is_refused_with_its_columns():
    with pytest.raises(FormatError, match=r"CSV has 2 rows of name, price; wavelength, flux and ivar"):
        read(b"name,price\napple,1\npear,2\n")


def test_a_table_whose_values_are_all_missing_is_refused():
    with pytest.raises(FormatError, match="none of the 2 rows"):
        read(b"id,FLUX_G,FLUX_R\n1,-99,nan\n2,,9999\n")


def test_a_z_band_magnitude_is_no_redshift():
    (found,) = read(b"id,FLUX_G,z\n1,2.0,19.3\n")
    assert found.z_reference is None


@pytest.mark.parametrize(
    ("column", "value", "name", "converted"),
    [
        ("SHAPE_R [arcmin]", "0.05", "SHAPE_R", 3.0),
        ("parallax [arcsec]", "0.0015", "parallax", 1.5),
        ("EBV [mmag]", "50", "EBV", 0.05),
        ("i_sdssshape_shape11 [arcmin^2]", "0.001", "i_sdssshape_shape11", 3.6),
        ("FLUX_G [maggies]", "2e-9", "FLUX_G", 2.0),
        ("SHAPE_E1 [percent]", "30", "SHAPE_E1", 0.3),
    ],
)
def test_a_stated_unit_is_converted_and_reported(entry, column, value, name, converted):
    (found,) = read(f"id,phot_g_mean_flux,{column}\n1,5,{value}\n".encode())
    (modality,) = [modality for modality in found.modalities if modality.name == name]
    assert modality.value.item() == pytest.approx(converted, rel=1e-5)
    assert entry(found, name).note.startswith("converted from")


@pytest.mark.parametrize(
    "column",
    ["SHAPE_R [arcsec]", "g_cmodel_mag [mag(AB)]", "g_cmodel_mag [AB mag]", "FLUX_G [nMgy]",
     "FLUX_G [nanomaggies]", "EBV [mag]", "phot_g_mean_flux ['electron'.s**-1]", "phot_g_mean_flux [e-/s]",
     "i_sdssshape_shape11 [arcsec^2]", "parallax [mas]"],
)  # fmt: skip
def test_the_published_unit_in_any_spelling_changes_nothing(column):
    (found,) = read(f"id,FLUX_R,{column}\n1,1,1.5\n".encode())
    assert {modality.value.item() for modality in found.modalities} == {1.0, 1.5}
    assert [entry.what for entry in found.reports[0].entries] == ["photometry"]


def test_a_value_in_the_unit_of_another_quantity_is_dropped_with_both_units(entry):
    (found,) = read(b"id,FLUX_R,FLUX_G [mag],SHAPE_R [kpc]\n1,1,20,3\n")
    assert names(found) == ["FLUX_R"]
    assert entry(found, "FLUX_G").note == "its unit is mag; nanomaggies is expected"
    assert entry(found, "SHAPE_R").note == "its unit is kpc; arcsec is expected"


def test_a_unit_that_nobody_understands_is_said(entry):
    (found,) = read(b"id,FLUX_R,SHAPE_R [smoots]\n1,1,3\n")
    assert (
        entry(found, "SHAPE_R").how == "assumed"
        and "'smoots' is not understood" in entry(found, "SHAPE_R").note
    )


def test_positions_are_converted_and_a_z_with_a_unit_is_no_redshift():
    (found,) = read(b"id,ra [rad],dec [arcmin],z [mag],FLUX_G\n1,1.5707963267948966,90,0.3,1.0\n")
    assert (found.ra, found.dec) == (pytest.approx(90.0), pytest.approx(1.5)) and found.z_reference is None


@pytest.mark.parametrize(
    ("ra", "position"),
    [("10:00:24", (150.1, -2.5)), ("150d06m00s", (150.1, -2.5)), ("10:75:24", (None, None))],
)
def test_a_position_with_minutes_is_in_hours_unless_it_says_degrees(ra, position):
    (found,) = read(f"id,ra,dec,FLUX_G\n1,{ra},-02:30:00,1.0\n".encode())
    assert (found.ra, found.dec) == pytest.approx(position)


def test_numbers_that_stand_for_missing_fluxes_are_numbers_elsewhere(twins):
    from astropy.io import fits

    with fits.open(twins / "sdss_spec.fits") as file:
        for column, value in (("PLATE", 9999), ("PLUG_RA", 0.0)):
            file[2].data[column] = value
        file[0].header["PLUG_RA"] = 200.0
        stream = io.BytesIO()
        file.writeto(stream)
    (found,) = read(stream.getvalue())
    assert found.id.startswith("9999-") and found.ra == 0.0
