"""Where SPARCL does not give a spectrum, its survey's own file does, if it is known which one that is."""

from pathlib import Path

import numpy as np
import pytest

from aion.errors import ArchiveError, NothingThereError
from aion.io import read
from aion.io.plate_fiber import PlateFiber
from aion.sky import remote_file
from aion.sky.resolve import resolve
from aion.sky.survey_files import fetch_desi_row, fetch_sdss_file
from tests.sky import names_and_files
from tests.sky import sparcl as fake_sparcl
from tests.sky.asked import archive_of, look_up
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_pixels import example_class, pixels
from tests.sky.simulated_sky import FAINT, GALAXY, NORTHERN, SPECTRA

TARGETID = "39627835576420141"
FILES = {"SDSSSpectrum", "DESISpectrum"}


def entry_of(id: str):
    """Of the simulated sky, by TARGETID or plate-mjd-fiber, in a release that is asked for."""
    return next(
        one for one in SPECTRA if id in (str(one.specid), "{:04d}-{}-{:04d}".format(*one.run))
        and "17" in one.release + "DR17" * (one.release == "DESI-DR1")
    )  # fmt: skip


def flux_of(data) -> np.ndarray:
    [target] = read(data)
    [spectrum] = [one for one in target.modalities if type(one).__name__ in FILES]
    return np.asarray(spectrum.flux[0])


@pytest.mark.parametrize("id", ["0500-51994-0300", "10660-58000-0077"])
def test_a_file_of_sdss_is_found_by_plate_mjd_and_fiber(archive: FakeArchive, tmp_path: Path, id: str):
    file = fetch_sdss_file(PlateFiber.of_text(id), archive_of(archive, tmp_path))
    assert file.name == f"spec-{id}.fits" and file.provenance.service == "files of SDSS DR17"
    np.testing.assert_allclose(flux_of(file.open()), pixels(entry_of(id)).flux, rtol=1e-5)
    assert read(file.open())[0].id == id


def test_a_spectrum_that_sdss_has_not_is_said(archive: FakeArchive, tmp_path: Path):
    with pytest.raises(NothingThereError, match="SDSS DR17 has no file of a spectrum 0500-51994-0301"):
        fetch_sdss_file(PlateFiber(500, 51994, 301), archive_of(archive, tmp_path))
    assert [one.path.split("/")[4] for one in archive.requests] == ["26", "103", "104"]


def desi_spectrum(archive: FakeArchive, folder: Path):
    return resolve(f"TARGETID {TARGETID}", archive_of(archive, folder)).spectrum


def test_a_spectrum_of_desi_is_cut_out_of_its_coadd(archive: FakeArchive, tmp_path: Path):
    spectrum = desi_spectrum(archive, tmp_path)
    file = fetch_desi_row(spectrum, archive_of(archive, tmp_path))
    [target] = read(file.open())
    assert (target.id, target.z_reference) == (TARGETID, pytest.approx(example_class(GALAXY.example)[1]))
    np.testing.assert_allclose(flux_of(file.open()), pixels(entry_of(TARGETID)).flux, rtol=1e-4, atol=1e-4)
    assert file.provenance.url.endswith("/main/dark/272/27258/coadd-main-dark-27258.fits")
    assert "one of 1 targets of that file" in file.provenance.note


def test_of_a_coadd_only_parts_are_fetched(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(remote_file, "BLOCK", 2880)
    spectrum = desi_spectrum(archive, tmp_path)
    fetch_desi_row(spectrum, archive_of(archive, tmp_path))
    assert len(archive.requests_of("desi")) > 10
    again = archive_of(archive, tmp_path)
    fetch_desi_row(spectrum, again)
    assert len(archive.requests_of("desi")) == len({*archive.requests_of("desi")}), "kept"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("html", "does not send the part of a file that was asked for"),
        ("truncated", "sent a part of a file that ends too early"),
        ("broken", "broke off"),
        ("503", r"is busy \(503"),
        ("refused", "cannot be reached"),
    ],
)
def test_a_bad_day_of_the_files_of_desi_is_told(archive: FakeArchive, tmp_path: Path, day, words):
    spectrum = desi_spectrum(archive, tmp_path)
    archive.fail("desi", day, retry_after="0")
    with pytest.raises(ArchiveError, match=words):
        fetch_desi_row(spectrum, archive_of(archive, tmp_path))
    archive.recover("desi")
    assert fetch_desi_row(spectrum, archive_of(archive, tmp_path)).data, "nothing bad was kept"


def test_another_file_in_place_of_a_coadd_is_told(archive: FakeArchive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(
        names_and_files, "_coadd_file", lambda entries: names_and_files._spec_file(entries[0])
    )
    with pytest.raises(ArchiveError, match="is no coadd of DESI that can be read"):
        fetch_desi_row(desi_spectrum(archive, tmp_path), archive_of(archive, tmp_path))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("html", "sent a web page"),
        ("truncated", "ends too early"),
        ("empty", "sent nothing"),
        ("wrong object", "sent the spectrum 7100-57010-0005, which was not asked for"),
    ],
)
def test_a_bad_day_of_the_files_of_sdss_is_told(archive: FakeArchive, tmp_path: Path, day, words):
    archive.fail("sdss", day)
    with pytest.raises(ArchiveError, match=words):
        fetch_sdss_file(PlateFiber(500, 51994, 300), archive_of(archive, tmp_path))


def test_an_id_of_sdss_needs_no_sparcl(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "503", retry_after="0")
    for text in ("10660-58000-77", str(entry_of("10660-58000-0077").specid % 2**64)):
        finding = look_up(text, archive_of(archive, tmp_path))
        assert finding.place.ra == pytest.approx(NORTHERN.ra) and not finding.is_complete
        [best] = finding.best
        assert best.spectrum.id == "10660-58000-0077" and best.spectrum.z == pytest.approx(
            example_class(NORTHERN.example)[1]
        )
        assert best.file.provenance.service == "files of SDSS DR17" and best.file.provenance.separation == 0
        assert [one for one in finding.missing if one.startswith("no other spectra: ")]
        assert not any("SPARCL" in one for one in finding.acknowledgments())


def test_an_id_that_sparcl_has_not_may_be_one_of_the_files(archive: FakeArchive, tmp_path: Path, monkeypatch):
    kept = tuple(one for one in SPECTRA if one.run != (500, 51994, 300))
    monkeypatch.setattr(fake_sparcl, "SPECTRA", kept)
    finding = look_up("500-51994-300", archive_of(archive, tmp_path))
    assert finding.best[0].file.name == "spec-0500-51994-0300.fits" and finding.missing == ()
    with pytest.raises(NothingThereError, match=r"SPARCL knows no public .*; SDSS DR17 has no file"):
        resolve("500-51994-301", archive_of(archive, tmp_path))


def test_a_targetid_without_sparcl_names_no_file_and_says_so(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "503", retry_after="0")
    with pytest.raises(ArchiveError, match=r"is busy \(503.*\); a TARGETID alone names no file of DESI"):
        resolve(f"TARGETID {TARGETID}", archive_of(archive, tmp_path))


def test_a_position_without_sparcl_names_no_file_and_says_so(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "503", retry_after="0")
    finding = look_up(f"{GALAXY.ra} {GALAXY.dec}", archive_of(archive, tmp_path))
    [sentence] = finding.missing
    assert sentence.endswith("could be asked by plate-mjd-fiber, which a position does not tell")


def test_what_sparcl_finds_and_does_not_send_comes_from_files(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "503", path="spectras/", retry_after="0")
    finding = look_up(GALAXY.name, archive_of(archive, tmp_path))
    assert finding.missing == () and finding.is_complete
    services = {offer.spectrum.survey: offer.file.provenance for offer in finding.best}
    assert services["SDSS"].service == "files of SDSS DR17"
    assert services["DESI"].service == "files of DESI DR1"
    assert all("is busy (503" in one.note for one in services.values())
    [target] = read([file.open() for file in finding.files()])
    assert {type(one).__name__ for one in target.modalities} >= FILES


def test_where_neither_gives_it_both_reasons_are_said(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "503", path="spectras/", retry_after="0")
    archive.fail("desi", "503", retry_after="0")
    finding = look_up(f"{FAINT.ra} {FAINT.dec}", archive_of(archive, tmp_path))
    [sentence] = [one for one in finding.missing if "DESI-DR1" in one]
    assert sentence.count("is busy (503") == 2 and not finding.is_complete
