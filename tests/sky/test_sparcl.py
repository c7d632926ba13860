"""Spectra of SPARCL: all that are near, those of an id, and each as a file; nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest

from aion.errors import ArchiveError
from aion.io import read
from aion.sky import sparcl
from aion.sky.sparcl import fetch_spectrum, spectra_by_id, spectra_near
from tests.sky import sparcl as fake_sparcl
from tests.sky.asked import archive_of
from tests.sky.fake_archive import UNKNOWN_HOST, FakeArchive, closed_port
from tests.sky.simulated_pixels import example_class, pixels
from tests.sky.simulated_sky import (
    AFTER_ZERO,
    BEFORE_ZERO,
    CROWD,
    EMBARGOED,
    GALAXY,
    IMAGE_ONLY,
    NORTH_POLE,
    QUASAR,
    SOUTH_POLE,
    SPECTRA,
    sdss_id,
)

BAD_DAYS = [
    ("html", "not with JSON"),
    ("empty", "not with JSON"),
    ("truncated", "not with JSON"),
    ("broken", "broke off"),
    ("refused", "cannot be reached"),
    ("429", r"is busy \(429"),
    ("500", r"is busy \(500"),
    ("503", r"is busy \(503"),
]


def test_spectra_near_a_place_are_nearest_first_with_what_their_survey_says(
    archive: FakeArchive, tmp_path: Path
):
    found = spectra_near(QUASAR.ra, QUASAR.dec, 30, archive_of(archive, tmp_path))
    assert [(one.kind, one.release, one.id) for one in found] == [
        ("QSO", "BOSS-DR17", "5400-55957-0011"),
        ("GALAXY", "BOSS-DR17", "5400-55957-0010"),
    ]
    quasar = found[0]
    assert quasar.z == example_class(QUASAR.example)[1] and quasar.z_error and quasar.z_warning in (0, 4)
    assert quasar.is_primary and quasar.survey == "SDSS" and quasar.separation(QUASAR.ra, QUASAR.dec) == 0
    assert [round(one.separation(QUASAR.ra, QUASAR.dec)) for one in found] == [0, 5]


def test_only_what_is_within_the_radius_is_near(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    assert len(spectra_near(QUASAR.ra, QUASAR.dec, 4.5, ours)) == 1
    corner = 4 / 3600
    assert spectra_near(QUASAR.ra + corner, QUASAR.dec + corner, 4.5, ours) == []


@pytest.mark.parametrize("target", [BEFORE_ZERO, AFTER_ZERO])
def test_spectra_on_both_sides_of_ra_zero_are_near(archive: FakeArchive, tmp_path: Path, target):
    found = spectra_near(target.ra, target.dec, 30, archive_of(archive, tmp_path))
    assert {one.id for one in found} == {"4216-55477-0800", "0387-51791-0320"}
    assert len(archive.requests_of("sparcl")) == 2


@pytest.mark.parametrize(("target", "dec"), [(NORTH_POLE, 90), (SOUTH_POLE, -90)])
def test_spectra_around_a_pole_are_found_from_every_side(archive: FakeArchive, tmp_path: Path, target, dec):
    ours = archive_of(archive, tmp_path)
    for ra in (0, target.ra, target.ra + 100):
        [found] = spectra_near(ra, dec, 40, ours)
        assert found.separation(0, dec) == pytest.approx(36, abs=0.01)


def test_300_spectra_in_a_cone_are_all_found(archive: FakeArchive, tmp_path: Path):
    found = spectra_near(CROWD.ra, CROWD.dec, 30, archive_of(archive, tmp_path))
    distances = [one.separation(CROWD.ra, CROWD.dec) for one in found]
    assert len({one.sparcl_id for one in found}) == 300 and distances == sorted(distances)


def test_spectra_that_the_limit_cuts_are_not_passed_over(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sparcl, "LIMIT", 100)
    with pytest.raises(ArchiveError, match="has 100 spectra or more there"):
        spectra_near(CROWD.ra, CROWD.dec, 30, archive_of(archive, tmp_path))


def test_a_place_without_public_spectra_has_none(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    for target in (IMAGE_ONLY, EMBARGOED):
        assert spectra_near(target.ra, target.dec, 30, ours) == []


def test_a_release_that_asks_for_an_account_is_a_sentence(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sparcl, "RELEASES", ("DESI-DR2",))
    with pytest.raises(
        ArchiveError, match=r"refuses \(400 .*\): uname='ANONYMOUS' is declined access to"
    ) as caught:
        spectra_near(EMBARGOED.ra, EMBARGOED.dec, 30, archive_of(archive, tmp_path))
    assert "{" not in str(caught.value)


def test_spectra_of_an_id_are_those_of_specid_before_targetid(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    [desi] = spectra_by_id([39627835576420141], ours)
    assert (desi.id, desi.survey) == ("39627835576420141", "DESI")
    [sdss] = spectra_by_id([sdss_id(500, 51994, 300, 26)], ours)
    assert (sdss.id, sdss.release) == ("0500-51994-0300", "SDSS-DR17")
    photometric = next(one.targetid for one in SPECTRA if one.run == (500, 51994, 300))
    [same] = spectra_by_id([photometric], ours)
    assert same == sdss
    assert spectra_by_id([5], ours) == []


def test_a_spectrum_is_a_file_that_is_read(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    for found in spectra_near(GALAXY.ra, GALAXY.dec, 2, ours):
        file = fetch_spectrum(found, ours)
        [target] = read(file.open())
        [spectrum] = target.modalities
        entry = next(one for one in SPECTRA if one.sparcl_id == found.sparcl_id)
        assert type(spectrum).__name__ == f"{found.survey}Spectrum"
        np.testing.assert_allclose(np.asarray(spectrum.flux[0]), pixels(entry).flux, rtol=1e-5)
        assert target.z_reference == pytest.approx(example_class(GALAXY.example)[1])
        assert file.name == f"{found.release}-{found.id}.json" and file.provenance.survey == found.survey


@pytest.mark.parametrize(
    ("day", "words"), [*BAD_DAYS, ("wrong object", "sent spectra that were not asked for")]
)
def test_a_bad_day_of_a_search_is_told_and_not_kept(archive: FakeArchive, tmp_path: Path, day, words):
    archive.fail("sparcl", day, retry_after="0")
    ours = archive_of(archive, tmp_path)
    with pytest.raises(ArchiveError, match=words):
        spectra_near(GALAXY.ra, GALAXY.dec, 30, ours)
    archive.recover("sparcl")
    assert len(spectra_near(GALAXY.ra, GALAXY.dec, 30, ours)) == 3


@pytest.mark.parametrize(("day", "words"), [*BAD_DAYS, ("wrong object", "not the one that was asked for")])
def test_a_bad_day_of_a_spectrum_is_told_and_not_kept(archive: FakeArchive, tmp_path: Path, day, words):
    ours = archive_of(archive, tmp_path)
    found = spectra_near(GALAXY.ra, GALAXY.dec, 30, ours)[0]
    archive.fail("sparcl", day, retry_after="0")
    with pytest.raises(ArchiveError, match=words):
        fetch_spectrum(found, ours)
    archive.recover("sparcl")
    assert json.loads(fetch_spectrum(found, ours).data)[1]["sparcl_id"] == found.sparcl_id


def test_a_spectrum_without_its_flux_is_none(archive: FakeArchive, tmp_path: Path, monkeypatch):
    ours = archive_of(archive, tmp_path)
    found = spectra_near(GALAXY.ra, GALAXY.dec, 2, ours)[0]
    whole = fake_sparcl.retrieve

    def without_flux(ids, args):
        return [{**record, "flux": None} for record in whole(ids, args)]

    monkeypatch.setattr(fake_sparcl, "retrieve", without_flux)
    with pytest.raises(ArchiveError, match="sent a spectrum without its flux"):
        fetch_spectrum(found, ours)


@pytest.mark.parametrize("url", [closed_port(), UNKNOWN_HOST], ids=["refused", "unknown host"])
def test_without_a_network_a_search_is_one_sentence(archive: FakeArchive, tmp_path: Path, url: str):
    with pytest.raises(ArchiveError, match=r"cannot be reached \(.+\); is there a network\?"):
        spectra_near(GALAXY.ra, GALAXY.dec, 30, archive_of(archive, tmp_path, sparcl=url))
