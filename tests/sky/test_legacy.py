"""Images and photometry of the viewer: what came is what was asked for, or a sentence."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from aion.errors import ArchiveError, NothingThereError
from aion.io import read
from aion.sky import legacy
from aion.sky.legacy import SIZE, fetch_hsc_image, fetch_image, fetch_photometry
from aion.sphere import separation
from tests.sky.asked import archive_of
from tests.sky.fake_archive import UNKNOWN_HOST, FakeArchive, closed_port
from tests.sky.simulated_pixels import photometry, stamp
from tests.sky.simulated_sky import (
    AFTER_ZERO,
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
)

BAD_DAYS = [
    ("html", "sent a web page where FITS was asked for"),
    ("empty", "sent nothing"),
    ("truncated", "sent FITS that ends too early"),
    ("broken", "broke off"),
    ("refused", "cannot be reached"),
    ("429", r"is busy \(429"),
    ("503", r"is busy \(503"),
]
FETCHES = {"image": fetch_image, "HSC image": fetch_hsc_image}


def fetch(kind: str, target, ours):
    if kind == "photometry":
        return fetch_photometry(target.ra, target.dec, 2.0, ours)
    return FETCHES[kind](target.ra, target.dec, ours)


def image_of(file):
    [target] = read(file.open())
    [image] = target.modalities
    return image, target


def test_an_image_is_of_the_legacy_surveys_with_its_inverse_variance(archive: FakeArchive, tmp_path: Path):
    file = fetch_image(GALAXY.ra, GALAXY.dec, archive_of(archive, tmp_path))
    image, target = image_of(file)
    assert type(image).__name__ == "LegacySurveyImage"
    assert image.bands == ["DES-G", "DES-R", "DES-I", "DES-Z"]
    assert tuple(image.flux.shape) == (1, 4, SIZE, SIZE)
    middle = slice((SIZE - 96) // 2, (SIZE + 96) // 2)
    np.testing.assert_array_equal(np.asarray(image.flux[0])[:, middle, middle], stamp(GALAXY.example))
    [asked] = archive.requests_of("viewer")
    assert "bands=griz" in asked.query and "invvar" in asked.query
    assert separation(target.ra, target.dec, GALAXY.ra, GALAXY.dec) < 0.01


def test_an_image_of_hsc_says_that_it_is_one_and_its_zero_point(archive: FakeArchive, tmp_path: Path):
    file = fetch_hsc_image(GALAXY.ra, GALAXY.dec, archive_of(archive, tmp_path))
    image, _ = image_of(file)
    assert type(image).__name__ == "HSCImage" and image.bands == ["HSC-G", "HSC-R", "HSC-Z"]
    assert file.provenance.note == "SURVEY and MAGZERO were added: the answer does not state them"
    header = fits.getheader(BytesIO(file.data))
    assert (header["SURVEY"], header["MAGZERO"]) == ("HSC", 27.0)
    assert "invvar" not in archive.requests_of("viewer")[0].query


@pytest.mark.parametrize(
    "target", [NORTH_POLE, SOUTH_POLE, BEFORE_ZERO, AFTER_ZERO], ids=lambda one: one.name
)
def test_an_image_at_a_pole_or_beside_ra_zero_is_of_its_place(archive: FakeArchive, tmp_path: Path, target):
    _, found = image_of(fetch_image(target.ra, target.dec, archive_of(archive, tmp_path)))
    assert separation(found.ra, found.dec, target.ra, target.dec) < 0.01


@pytest.mark.parametrize("target", [WITHOUT_I, NORTHERN], ids=lambda one: one.name)
def test_a_band_of_zeros_is_left_out_and_the_others_are_read(archive: FakeArchive, tmp_path: Path, target):
    image, found = image_of(fetch_image(target.ra, target.dec, archive_of(archive, tmp_path)))
    assert image.bands == ["DES-G", "DES-R", "DES-Z"]
    sentences = [sentence for report in found.reports for sentence in report.sentences()]
    assert sum("DES-I" in sentence for sentence in sentences) == 1, sentences


def test_a_place_that_no_image_reaches_is_a_sentence(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    with pytest.raises(NothingThereError, match="no Legacy Surveys image: ls-dr10 does not reach there"):
        fetch("image", OFF_IMAGES, ours)
    with pytest.raises(NothingThereError, match="no HSC image: hsc-dr3 does not reach there"):
        fetch("HSC image", STAR, ours)
    with pytest.raises(
        NothingThereError, match=r"no photometry: Tractor \(DR10\) has nothing within 2 arcsec"
    ):
        fetch("photometry", OFF_IMAGES, ours)


def test_an_unknown_layer_is_told_in_the_words_of_the_viewer(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(legacy, "LEGACY", legacy.Layer("ls-dr99", "Legacy Surveys", "griz", 0.262, True))
    with pytest.raises(ArchiveError, match="sent no FITS: no such layer"):
        fetch("image", GALAXY, archive_of(archive, tmp_path))


@pytest.mark.parametrize("kind", [*FETCHES, "photometry"])
@pytest.mark.parametrize(("day", "words"), BAD_DAYS)
def test_a_bad_day_of_the_viewer_is_told_and_not_kept(archive, tmp_path, kind: str, day, words: str):
    archive.fail("viewer", day, retry_after="0")
    ours = archive_of(archive, tmp_path)
    with pytest.raises(ArchiveError, match=words):
        fetch(kind, GALAXY, ours)
    archive.recover("viewer")
    assert fetch(kind, GALAXY, ours).data


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("image", "an image of another place"),
        ("HSC image", "another place"),
        ("photometry", "rows of another place"),
    ],
)
def test_what_is_of_another_place_is_not_taken(archive: FakeArchive, tmp_path: Path, kind: str, words: str):
    archive.fail("viewer", "wrong object")
    with pytest.raises(ArchiveError, match=words):
        fetch(kind, GALAXY, archive_of(archive, tmp_path))


def test_a_viewer_that_fails_is_not_said_to_have_no_photometry(archive: FakeArchive, tmp_path: Path):
    archive.fail("viewer", "500")
    with pytest.raises(ArchiveError, match=r"is busy \(500"):
        fetch("photometry", GALAXY, archive_of(archive, tmp_path))


@pytest.mark.parametrize("kind", [*FETCHES, "photometry"])
@pytest.mark.parametrize("url", [closed_port(), UNKNOWN_HOST], ids=["refused", "unknown host"])
def test_without_a_network_the_viewer_is_one_sentence(archive, tmp_path, kind: str, url: str):
    with pytest.raises(ArchiveError, match=r"cannot be reached \(.+\); is there a network\?"):
        fetch(kind, GALAXY, archive_of(archive, tmp_path, viewer=url))


def test_photometry_is_the_row_of_the_object(archive: FakeArchive, tmp_path: Path):
    file = fetch("photometry", GALAXY, archive_of(archive, tmp_path))
    table = Table.read(BytesIO(file.data))
    assert len(table) == 1 and table["flux_r"][0] == pytest.approx(photometry(GALAXY.example)["flux_r"])
    assert (file.ra, file.dec) == (GALAXY.ra, GALAXY.dec)
    [target] = read(file.open())
    assert {"LegacySurveyFluxG", "LegacySurveyFluxR"} <= {type(one).__name__ for one in target.modalities}


def test_photometry_of_a_neighbor_is_not_that_of_the_place(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    with pytest.raises(NothingThereError, match="nothing within 2 arcsec"):
        fetch("photometry", QUASAR, ours)
    assert fetch_photometry(QUASAR.ra, QUASAR.dec, 6.0, ours).ra == NEIGHBOR.ra
    corner = 1.9 / 3600  # in the box, not in the circle
    with pytest.raises(NothingThereError, match="nothing within 2 arcsec"):
        fetch_photometry(NEIGHBOR.ra + corner, NEIGHBOR.dec + corner, 2.0, ours)


def test_photometry_beside_ra_zero_is_found_from_both_sides(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    for ra in (BEFORE_ZERO.ra, 0.0, 0.0001):
        file = fetch_photometry(ra, BEFORE_ZERO.dec, 2.0, ours)
        assert file.ra == BEFORE_ZERO.ra


def test_photometry_around_a_pole_is_not_asked_for(archive: FakeArchive, tmp_path: Path):
    with pytest.raises(NothingThereError, match="cannot be searched around a pole"):
        fetch_photometry(0, 90, 2.0, archive_of(archive, tmp_path))
    assert archive.requests == []
