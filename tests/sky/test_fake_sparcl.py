"""The fake's SPARCL answers as its client expects, traps included."""

from typing import Any

import numpy as np
import pytest
import requests

from aion.sphere import separation
from tests.sky.asking import ask
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_pixels import example_spectrum
from tests.sky.simulated_sky import (
    AFTER_ZERO,
    BEFORE_ZERO,
    CROWD,
    EMBARGOED,
    GALAXY,
    NEIGHBOR,
    NORTHERN,
    PUBLIC,
    QUASAR,
    SPECTRA,
    Target,
)

FIELDS = [
    "sparcl_id",
    "specid",
    "targetid",
    "ra",
    "dec",
    "redshift",
    "spectype",
    "data_release",
    "specprimary",
]
INCLUDE = "sparcl_id,specid,data_release,ra,dec,redshift,spectype,flux,wavelength,ivar,mask"


def find(archive: FakeArchive, *search: list[Any], limit: int = 500) -> requests.Response:
    body = {"outfields": FIELDS, "search": [*search]}
    return requests.post(f"{archive.base_urls['sparcl']}/find/?limit={limit}", json=body, timeout=20)


def spectra(archive: FakeArchive, ids: list[str], query: str = f"include={INCLUDE}&format=json") -> Any:
    return requests.post(f"{archive.base_urls['sparcl']}/spectras/?{query}", json=ids, timeout=20)


def box(target: Target, reach: float) -> list[list[Any]]:
    """`reach` in degrees."""
    return [["ra", target.ra - reach, target.ra + reach], ["dec", target.dec - reach, target.dec + reach]]


def test_an_answer_of_sparcl_begins_with_a_header(archive: FakeArchive) -> None:
    header, *records = find(archive, *box(GALAXY, 0.001), ["data_release", "DESI-DR1", "SDSS-DR17"]).json()
    assert header["status"]["success"] is True
    assert header["status"]["warnings"] == []
    assert [record["data_release"] for record in records] == ["DESI-DR1", "SDSS-DR17", "SDSS-DR17"]
    assert records[0].keys() == {*FIELDS, "_dr"}


def test_an_object_is_in_every_release_where_none_is_named(archive: FakeArchive) -> None:
    found = find(archive, *box(GALAXY, 0.001)).json()[1:]
    assert {record["data_release"] for record in found} == {"DESI-DR1", "DESI-EDR", "SDSS-DR16", "SDSS-DR17"}


def test_a_box_of_sparcl_does_not_reach_over_zero(archive: FakeArchive) -> None:
    dec = ["dec", 0.99, 1.01]
    assert find(archive, ["ra", 359.99, 0.01], dec).json()[1:] == []
    assert (
        len(find(archive, ["ra", 359.99, 360], dec).json())
        == len(find(archive, ["ra", 0, 0.01], dec).json())
        == 2
    )
    assert separation(BEFORE_ZERO.ra, BEFORE_ZERO.dec, AFTER_ZERO.ra, AFTER_ZERO.dec) == pytest.approx(
        4.4, abs=0.1
    )


def test_a_limit_cuts_a_crowd_without_a_word(archive: FakeArchive) -> None:
    crowd = find(archive, *box(CROWD, 0.01)).json()[1:]
    assert len(crowd) == 300
    apart = separation([one["ra"] for one in crowd], [one["dec"] for one in crowd], CROWD.ra, CROWD.dec)
    assert apart.max() < 28
    assert (apart < 2).sum() == 7
    header, *few = find(archive, *box(CROWD, 0.01), limit=100).json()
    assert len(few) == 100
    assert header["status"]["warnings"] == []


def test_a_quasar_is_5_arcsec_from_a_galaxy(archive: FakeArchive) -> None:
    found = find(archive, *box(NEIGHBOR, 0.005), ["data_release", "BOSS-DR17"]).json()[1:]
    assert [record["spectype"] for record in found] == ["GALAXY", "QSO"]
    assert separation(QUASAR.ra, QUASAR.dec, NEIGHBOR.ra, NEIGHBOR.dec) == pytest.approx(5, abs=0.1)


def test_a_release_that_is_not_public_asks_for_an_account(archive: FakeArchive) -> None:
    answer = find(archive, *box(EMBARGOED, 0.001), ["data_release", "DESI-DR1", "DESI-DR2"])
    assert answer.status_code != 200
    assert answer.json()["errorCode"] == "NODRACCESS"
    assert "is declined access to datasets=['DESI-DR2']" in answer.json()["errorMessage"]
    assert find(archive, *box(EMBARGOED, 0.001)).json()[1:] == []
    hidden = next(entry for entry in SPECTRA if entry.target is EMBARGOED)
    header, *records = spectra(archive, [hidden.sparcl_id]).json()
    assert records == []
    assert "1 out of the 1 requested uuids" in header["status"]["warnings"][0]


def test_an_id_of_a_late_plate_is_negative(archive: FakeArchive) -> None:
    unsigned = 10660 << 50 | 77 << 38 | 8000 << 24 | 1302 << 10
    assert find(archive, ["specid", unsigned]).json()[1:] == []
    [record] = find(archive, ["specid", unsigned - 2**64]).json()[1:]
    assert separation(record["ra"], record["dec"], NORTHERN.ra, NORTHERN.dec) < 0.01


def test_a_targetid_of_sdss_is_that_of_its_photometry(archive: FakeArchive) -> None:
    [record] = find(archive, ["specid", 563032450247190528], ["data_release", "SDSS-DR17"]).json()[1:]
    assert record["targetid"] != record["specid"]
    assert find(archive, ["targetid", record["targetid"]], ["data_release", "SDSS-DR17"]).json()[1:] == [
        record
    ]


@pytest.mark.parametrize(
    ("constraint", "code"),
    [
        (["right_ascension", 1, 2], "UNKFIELD"),
        (["ra", 1], "BADCONST"),
        (["data_release", "SDSS-DR99"], "UNKDR"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(archive: FakeArchive, constraint: list, code: str) -> None:
    answer = find(archive, constraint)
    assert answer.status_code != 200
    assert answer.json()["errorCode"] == code


def test_a_spectrum_of_sparcl_has_the_grid_of_its_survey(archive: FakeArchive) -> None:
    ids = {entry.release: entry.sparcl_id for entry in SPECTRA if entry.target is GALAXY and entry.is_primary}
    found = {one["data_release"]: one for one in spectra(archive, [*ids.values()]).json()[1:]}
    desi, sdss = (np.array(found[name]["wavelength"]) for name in ("DESI-DR1", "SDSS-DR17"))
    np.testing.assert_allclose(desi, 3600 + 0.8 * np.arange(7781))
    np.testing.assert_allclose(np.diff(np.log10(sdss)), 1e-4, rtol=1e-6)
    for record in found.values():
        arrays = [record[name] for name in ("flux", "wavelength", "ivar", "mask")]
        assert len({len(values) for values in arrays}) == 1
        assert all(np.isfinite(values).all() for values in arrays)
    np.testing.assert_allclose(found["DESI-DR1"]["flux"], example_spectrum(GALAXY.example).flux)


def test_spectra_come_in_an_order_of_their_own(archive: FakeArchive) -> None:
    ids = [entry.sparcl_id for entry in SPECTRA[:6]]
    came = [record["sparcl_id"] for record in spectra(archive, ids).json()[1:]]
    assert came != ids
    assert sorted(came) == sorted(ids)


def test_an_unknown_id_is_a_warning_in_the_header(archive: FakeArchive) -> None:
    header, record = spectra(archive, [SPECTRA[0].sparcl_id, "BADID"]).json()
    assert record["sparcl_id"] == SPECTRA[0].sparcl_id
    assert "1 out of the 2 requested uuids have no records" in header["status"]["warnings"][0]


def test_spectra_are_a_pickle_where_json_is_not_asked_for(archive: FakeArchive) -> None:
    answer = spectra(archive, [SPECTRA[0].sparcl_id], "include=sparcl_id")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x80")


def test_sparcl_says_its_version_and_its_fields(archive: FakeArchive) -> None:
    assert float(ask(archive, "sparcl", "version/").text) == 12.0
    listed = ask(archive, "sparcl", "datafields/").json()
    assert {one["data_release"] for one in listed} == set(PUBLIC)
    assert listed[0].keys() == {"data_release", "origdp", "newdp", "storage", "default", "all"}
