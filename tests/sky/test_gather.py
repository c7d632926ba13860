"""What is found at a place on good days and on bad ones: a sentence for what is missing, and the rest."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aion.errors import ArchiveError
from aion.io import read
from aion.sky.gather import AROUND, JOINED_WITHIN, MOST_RANKED
from aion.sky.resolve import resolve
from aion.sky.services import PACE
from tests.sky import sparcl as fake_sparcl
from tests.sky.asked import archive_of, look_up
from tests.sky.fake_archive import UNKNOWN_HOST, FakeArchive, closed_port
from tests.sky.simulated_sky import (
    AFTER_ZERO,
    BEFORE_ZERO,
    CROWD,
    EMBARGOED,
    GALAXY,
    NORTH_POLE,
    NORTHERN,
    NOTHING,
    OFF_IMAGES,
    QUASAR,
    SOUTH_POLE,
    WITHOUT_I,
)

EVERYTHING = {"LegacySurveyImage", "HSCImage", "SDSSSpectrum", "DESISpectrum", "LegacySurveyFluxG"}
"""Modalities of the galaxy of which the archives have all."""


def kinds(finding) -> set[str]:
    [target] = read([file.open() for file in finding.files()])
    return {type(modality).__name__ for modality in target.modalities}


@pytest.mark.parametrize(
    "text",
    ["NGC 9999", "150.10083 +2.20000", "10:00:24.2 +02:12:00", "TARGETID 39627835576420141", "500-51994-300"],
)
def test_each_spelling_of_a_target_gives_all_that_there_is(archive: FakeArchive, tmp_path: Path, text: str):
    finding = look_up(text, archive_of(archive, tmp_path))
    assert finding.missing == () and kinds(finding) >= EVERYTHING
    assert abs(finding.place.ra - GALAXY.ra) * 3600 < JOINED_WITHIN


def test_reports_say_where_a_file_was_fetched_and_how_far_it_is(archive: FakeArchive, tmp_path: Path):
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec + 1 / 3600}", archive_of(archive, tmp_path))
    [target] = read([file.open() for file in finding.files()])
    of = {report.source.split("-")[0]: report.provenance for report in target.reports}
    assert of["DESI"].separation == pytest.approx(1, abs=0.01) and of["ls"].separation == 0
    assert all(one.url.startswith("http") and one.time.endswith("Z") for one in of.values())
    assert of["hsc"].note and not of["ls"].note
    assert target.z_reference is not None


def test_an_id_opens_its_own_spectrum_before_the_better_ones(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    assert look_up("500-51994-300", ours).best[0].spectrum.survey == "SDSS"
    assert look_up("TARGETID 39627835576420141", ours).best[0].spectrum.survey == "DESI"
    plate_above_8191 = look_up("10660-58000-77", ours)
    assert plate_above_8191.best[0].spectrum.id == "10660-58000-0077"
    assert plate_above_8191.place.ra == pytest.approx(NORTHERN.ra)


def test_a_spectrum_of_another_object_is_offered_and_not_used(archive: FakeArchive, tmp_path: Path):
    finding = look_up(f"{QUASAR.ra} {QUASAR.dec}", archive_of(archive, tmp_path))
    away = [offer for offer in finding.offers if offer.file is None]
    assert len(finding.best) == 1 and [round(offer.separation) for offer in away] == [5]


def test_300_spectra_in_the_cone_are_offered_and_the_best_are_fetched(archive: FakeArchive, tmp_path: Path):
    finding = look_up(CROWD.name, archive_of(archive, tmp_path))
    assert len(finding.offers) > 250
    assert sum(offer.file is not None for offer in finding.offers) == MOST_RANKED
    assert finding.offers[0].spectrum.is_primary
    distances = [offer.separation for offer in finding.offers if offer.separation > JOINED_WITHIN]
    assert distances == sorted(distances) and distances[-1] <= AROUND


@pytest.mark.parametrize(
    "target", [BEFORE_ZERO, AFTER_ZERO, NORTH_POLE, SOUTH_POLE], ids=lambda one: one.name
)
def test_spectra_are_found_across_ra_zero_and_at_the_poles(archive: FakeArchive, tmp_path: Path, target):
    finding = look_up(f"{target.ra} {target.dec}", archive_of(archive, tmp_path))
    assert finding.best[0].separation < 0.1
    if target in (BEFORE_ZERO, AFTER_ZERO):
        assert [round(offer.separation) for offer in finding.offers] == [0, 4]


def test_a_band_that_was_not_observed_is_left_out_and_said(archive: FakeArchive, tmp_path: Path):
    finding = look_up(WITHOUT_I.name, archive_of(archive, tmp_path))
    [target] = read([file.open() for file in finding.files()])
    [image] = [one for one in target.modalities if type(one).__name__ == "LegacySurveyImage"]
    assert "DES-I" not in image.bands
    assert any(
        "DES-I" in sentence or "band i" in sentence
        for report in target.reports
        for sentence in report.sentences()
    )


@pytest.mark.parametrize(
    ("target", "there", "missing"),
    [
        (OFF_IMAGES, {"SDSSSpectrum"}, "no Legacy Surveys image: ls-dr10 does not reach there"),
        (EMBARGOED, {"LegacySurveyImage", "LegacySurveyFluxG"}, "no spectrum: SPARCL has none of SDSS DR17"),
        (QUASAR, {"SDSSSpectrum"}, "no photometry: Tractor (DR10) has nothing within 2 arcsec"),
    ],
    ids=["off the footprint", "not public", "no photometry"],
)
def test_what_is_not_there_is_a_sentence_and_the_rest_is_read(archive, tmp_path, target, there, missing):
    finding = look_up(f"{target.ra} {target.dec}", archive_of(archive, tmp_path))
    assert kinds(finding) >= there and finding.is_complete
    assert any(sentence.startswith(missing) for sentence in finding.missing), finding.missing


def test_a_place_with_nothing_gives_four_sentences_and_no_file(archive: FakeArchive, tmp_path: Path):
    finding = look_up(NOTHING.name, archive_of(archive, tmp_path))
    assert finding.files() == () and len(finding.missing) == 4


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("html", "sent a web page where FITS was asked for"),
        ("truncated", "ends too early"),
        ("empty", "sent nothing"),
        ("wrong object", "an image of another place"),
        ("broken", "broke off"),
        ("429", "is busy (429"),
    ],
)
def test_a_bad_day_of_the_viewer_costs_its_data_and_no_spectrum(archive, tmp_path, day, words):
    archive.fail("viewer", day, retry_after="0")
    finding = look_up(GALAXY.name, archive_of(archive, tmp_path))
    assert kinds(finding) >= {"SDSSSpectrum", "DESISpectrum"}
    assert any(words in sentence for sentence in finding.missing), finding.missing
    assert not finding.is_complete
    archive.recover("viewer")
    assert kinds(look_up(GALAXY.name, archive_of(archive, tmp_path))) >= EVERYTHING, "nothing bad was kept"


@pytest.mark.parametrize("day", ["html", "truncated", "empty", "broken", "429", "500", "wrong object"])
def test_a_bad_day_of_sparcl_costs_the_spectra_and_no_image(archive: FakeArchive, tmp_path: Path, day):
    archive.fail("sparcl", day, retry_after="0")
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    assert kinds(finding) >= {"LegacySurveyImage", "HSCImage", "LegacySurveyFluxG"}
    assert not finding.best and len(finding.missing) == 1, finding.missing


@pytest.mark.parametrize("url", [closed_port(), UNKNOWN_HOST], ids=["refused", "unknown host"])
def test_without_a_network_each_service_is_one_sentence(archive: FakeArchive, tmp_path: Path, url: str):
    ours = archive_of(archive, tmp_path, viewer=url, sparcl=url, sesame=url)
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", ours)
    assert finding.files() == () and len(finding.missing) == 1
    assert "cannot be reached" in finding.missing[0] and "is there a network?" in finding.missing[0]
    with pytest.raises(ArchiveError, match="cannot be reached"):
        resolve(GALAXY.name, ours)


def test_a_spectrum_that_does_not_come_is_offered_and_costs_no_other(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "html", 1, path="spectras/")
    archive.fail("desi", "html")
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    assert len(finding.offers) == 3 and [offer.file is None for offer in finding.offers].count(True) == 1
    assert kinds(finding) >= {"LegacySurveyImage", "HSCImage", "LegacySurveyFluxG", "SDSSSpectrum"}
    [sentence] = finding.missing
    assert sentence.startswith("no DESI-DR1 spectrum 39627835576420141: ") and not finding.is_complete


def test_a_spectrum_that_cannot_be_read_costs_no_other(archive: FakeArchive, tmp_path: Path, monkeypatch):
    whole = fake_sparcl.retrieve

    def unreadable(ids, args):
        return [
            record | ({"wavelength": [1.0]} if record.get("data_release") == "DESI-DR1" else {})
            for record in whole(ids, args)
        ]

    monkeypatch.setattr(fake_sparcl, "retrieve", unreadable)
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    assert kinds(finding) >= {"LegacySurveyImage", "HSCImage", "LegacySurveyFluxG", "SDSSSpectrum"}
    [sentence] = finding.missing
    assert sentence.startswith("no DESI-DR1 spectrum 39627835576420141: ")


def test_a_failure_names_all_that_is_missing_for_it(archive: FakeArchive, tmp_path: Path):
    archive.fail("viewer", "503", retry_after="0")
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    [sentence] = finding.missing
    host = archive.base_urls["viewer"].split("/")[2]
    assert (
        sentence
        == f"no Legacy Surveys image, HSC image, photometry: {host} is busy (503 SERVICE UNAVAILABLE)"
    )


def test_spectra_of_another_place_are_not_taken_for_none(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "wrong object")
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    [sentence] = finding.missing
    assert "sent spectra that were not asked for" in sentence and not finding.is_complete


def test_a_search_that_is_interrupted_ends_at_once(archive: FakeArchive, tmp_path: Path, root: Path):
    archive.fail("viewer", "slow", slow_seconds=20)
    urls = {f"AION_SKY_{name.upper()}": url for name, url in archive.base_urls.items() if name in PACE}
    environment = {**os.environ, **urls, "AION_SKY": "yes", "AION_SKY_CACHE": str(tmp_path / "sky")}
    command = [
        sys.executable,
        "-m",
        "aion",
        "fetch",
        f"{GALAXY.ra} {GALAXY.dec}",
        "--out",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True) as fetching:
        while not archive.requests_of("viewer"):
            time.sleep(0.05)
            assert fetching.poll() is None
        start = time.monotonic()
        fetching.send_signal(signal.SIGINT)
        _, errors = fetching.communicate(timeout=50)
    assert time.monotonic() - start < 15
    assert fetching.returncode == 2 and errors.strip() == f"aion: {GALAXY.ra} {GALAXY.dec}: stopped"
    assert len(archive.requests_of("viewer")) == 1
