"""The fake's viewer answers as that of the Legacy Surveys does, its traps included."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import requests
from astropy.table import Table
from astropy.wcs import WCS

from aion.sphere import separation
from tests.sky.asking import ask, opened
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_pixels import stamp
from tests.sky.simulated_sky import (
    BEFORE_ZERO,
    GALAXY,
    NEIGHBOR,
    NORTH_POLE,
    NORTHERN,
    OFF_IMAGES,
    QUASAR,
    SOUTH_POLE,
    STAR,
    WITHOUT_I,
    Target,
)


def cutout(archive: FakeArchive, target: Target = GALAXY, **params: Any) -> requests.Response:
    given = {"ra": target.ra, "dec": target.dec, "layer": "ls-dr10", "size": 40} | params
    return ask(archive, "viewer", "fits-cutout", **given)


def rows(
    archive: FakeArchive, target: Target, reach: float = 5e-4, layer: str = "ls-dr10"
) -> requests.Response:
    ralo, rahi, declo, dechi = (
        part for value in (target.ra, target.dec) for part in (value - reach, value + reach)
    )
    return ask(archive, "viewer", f"{layer}/cat.fits", ralo=ralo, rahi=rahi, declo=declo, dechi=dechi)


# the viewer: images


def test_a_cutout_is_a_cube_in_nanomaggies_with_its_bands_and_place(archive: FakeArchive) -> None:
    [hdu] = opened(cutout(archive, size=160, bands="griz", pixscale=0.262))
    assert hdu.data.shape == (4, 160, 160)
    assert [hdu.header[name] for name in ("SURVEY", "VERSION", "BANDS", "BAND0", "BAND3")] == [
        "LegacySurvey", "DR10", "griz", "g", "z",
    ]  # fmt: skip
    np.testing.assert_array_equal(hdu.data[:, 32:128, 32:128], stamp(GALAXY.example))
    center = WCS(hdu.header).celestial.pixel_to_world(79.5, 79.5)
    assert separation(center.ra.deg, center.dec.deg, GALAXY.ra, GALAXY.dec) < 0.01


def test_a_cutout_is_the_same_whenever_it_is_asked_for(archive: FakeArchive) -> None:
    assert cutout(archive, size=120).content == cutout(archive, size=120).content


def test_an_object_off_the_center_is_where_its_position_says(archive: FakeArchive) -> None:
    [hdu] = opened(cutout(archive, STAR, size=100, bands="z", ra=STAR.ra + 5 / 3600))
    y, x = np.unravel_index(np.argmax(hdu.data), hdu.data.shape)
    there = WCS(hdu.header).pixel_to_world(x, y)
    assert separation(there.ra.deg, there.dec.deg, STAR.ra, STAR.dec) < 0.5


@pytest.mark.parametrize("target", [NORTH_POLE, SOUTH_POLE, BEFORE_ZERO])
def test_a_cutout_is_right_at_the_poles_and_beside_zero(archive: FakeArchive, target: Target) -> None:
    [hdu] = opened(cutout(archive, target, size=96, bands="grz"))
    np.testing.assert_array_equal(hdu.data, stamp(target.example)[[0, 1, 3]])


def test_an_inverse_variance_comes_where_it_is_asked_for(archive: FakeArchive) -> None:
    image, weight = opened(requests.get(f"{cutout(archive).url}&invvar", timeout=20))
    assert image.data.shape == weight.data.shape
    assert weight.header["IMAGETYP"] == "INVVAR"
    assert (weight.data > 0).all()


def test_an_inverse_variance_of_binned_images_is_left_out(archive: FakeArchive) -> None:
    assert len(opened(cutout(archive, invvar="", pixscale=0.524))) == 1


def test_one_band_is_no_cube(archive: FakeArchive) -> None:
    assert opened(cutout(archive, bands="r"))[0].data.shape == (40, 40)


@pytest.mark.parametrize(
    ("layer", "bands", "given"),
    [
        ("ls-dr10", "g,r,z", "griz"),
        ("ls-dr9", "griz", "grz"),
        ("hsc-dr3", "gri", "grz"),
        ("ls-dr10", "zg", "zg"),
    ],
)
def test_bands_that_a_layer_does_not_know_mean_its_own(
    archive: FakeArchive, layer: str, bands: str, given: str
) -> None:
    assert opened(cutout(archive, layer=layer, bands=bands))[0].header["BANDS"] == given


def test_a_size_ends_at_3000_and_is_256_where_none_is_given(archive: FakeArchive) -> None:
    assert opened(cutout(archive, bands="r", size=5000))[0].data.shape == (3000, 3000)
    url = f"{archive.base_urls['viewer']}/fits-cutout?ra=150.1&dec=2.2"
    [hdu] = opened(requests.get(url, timeout=20))
    assert hdu.data.shape == (3, 256, 256)
    assert hdu.header["VERSION"] == "DR9"


def test_an_unknown_layer_is_a_text_of_status_200(archive: FakeArchive) -> None:
    answer = cutout(archive, layer="ls-dr99")
    assert (answer.status_code, answer.text) == (200, "no such layer")
    assert rows(archive, GALAXY, layer="ls-dr99").text == "no such layer"


def test_a_place_without_images_is_an_error_of_the_server(archive: FakeArchive) -> None:
    for params in ({"layer": "ls-dr10"}, {"layer": "ls-dr9"}, {"layer": "hsc-dr3"}):
        answer = cutout(archive, OFF_IMAGES, **params)
        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (500, "text/html")
    assert cutout(archive, STAR, layer="hsc-dr3").status_code == 500


def test_a_missing_position_is_refused(archive: FakeArchive) -> None:
    answer = ask(archive, "viewer", "fits-cutout", ra=150.1)
    assert (answer.status_code, answer.text) == (400, "Need ra,dec keywords")


@pytest.mark.parametrize("target", [WITHOUT_I, NORTHERN])
def test_a_band_that_was_not_observed_is_zeros(archive: FakeArchive, target: Target) -> None:
    image, weight = opened(cutout(archive, target, bands="griz", invvar=""))
    assert [plane.any() for plane in image.data] == [True, True, False, True]
    assert [plane.any() for plane in weight.data] == [True, True, False, True]


def test_an_hsc_cutout_says_neither_what_it_is_nor_how_sure(archive: FakeArchive) -> None:
    [hdu] = opened(cutout(archive, layer="hsc-dr3", size=48, invvar=""))
    assert "SURVEY" not in hdu.header
    assert hdu.header["BANDS"] == "grz"
    assert hdu.header["CD2_2"] * 3600 == pytest.approx(0.168)
    [legacy] = opened(cutout(archive, bands="grz", size=30))
    # the same galaxy, in counts of zero-point 27 rather than nanomaggies
    assert hdu.data.sum() / legacy.data.sum() == pytest.approx(10 ** (4.5 / 2.5), rel=0.1)


# the viewer: photometry and names


def test_rows_of_tractor_have_the_columns_of_the_survey(archive: FakeArchive) -> None:
    table = Table.read(BytesIO(rows(archive, GALAXY).content), hdu=1)
    assert len(table) == 1
    assert {"release", "brickname", "objid", "type", "flux_i", "flux_ivar_w1", "ebv", "shape_r"} <= set(
        table.colnames
    )
    assert separation(table["ra"][0], table["dec"][0], GALAXY.ra, GALAXY.dec) < 0.01


def test_rows_of_the_north_have_no_i_band(archive: FakeArchive) -> None:
    table = Table.read(BytesIO(rows(archive, NORTHERN).content), hdu=1)
    assert "flux_z" in table.colnames
    assert "flux_i" not in table.colnames


def test_an_object_that_is_only_a_spectrum_has_no_row(archive: FakeArchive) -> None:
    assert len(Table.read(BytesIO(rows(archive, NEIGHBOR, 0.01).content), hdu=1)) == 1
    assert rows(archive, QUASAR, 2e-4).text == "No catalog sources in layer and RA,Dec box"


def test_rows_of_a_box_over_zero_come_and_those_around_a_pole_do_not(archive: FakeArchive) -> None:
    over = ask(archive, "viewer", "ls-dr10/cat.fits", ralo=359.99, rahi=0.01, declo=0.99, dechi=1.01)
    assert len(Table.read(BytesIO(over.content), hdu=1)) == 1
    around = ask(archive, "viewer", "ls-dr10/cat.fits", ralo=0, rahi=360, declo=89.9, dechi=90)
    assert around.status_code == 500


def test_rows_without_a_box_or_a_catalog_are_texts_of_status_200(archive: FakeArchive) -> None:
    assert ask(archive, "viewer", "ls-dr10/cat.fits", ralo=1).text == "no ra,dec bbox"
    assert rows(archive, GALAXY, layer="hsc-dr3").text == "no catalog for layer hsc-dr3"


def test_a_name_query_knows_names_targetids_and_positions(archive: FakeArchive) -> None:
    place = {"ra": GALAXY.ra, "dec": GALAXY.dec}
    for words, name in (
        ("ngc 9999", "ngc 9999"),
        ("TARGETID 39627835576420141", "DESI Targetid 39627835576420141"),
    ):
        assert ask(archive, "viewer", "namequery/", obj=words).json() == place | {"name": name}
    assert ask(archive, "viewer", "namequery/", obj="10.5 -3").json()["dec"] == -3
    assert ask(archive, "viewer", "namequery/", obj="NGC 0").json() == {"error": "Not found"}
    assert ask(archive, "viewer", "namequery/", obj="TARGETID 5").json() == {
        "error": "DESI targetid 5 not found"
    }
    assert ask(archive, "viewer", "namequery/").status_code == 500
