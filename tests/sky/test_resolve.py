"""What is typed is a position, an id or a name, and only an id and a name are asked for."""

from pathlib import Path

import pytest

from aion.errors import ArchiveError, InputError, NothingThereError
from aion.sky.resolve import resolve, spectrum_ids
from tests.sky.asked import archive_of
from tests.sky.fake_archive import UNKNOWN_HOST, FakeArchive, closed_port
from tests.sky.simulated_sky import GALAXY, NORTHERN, TARGETS, sdss_id


@pytest.mark.parametrize("text", ["150.10083 2.2", "10:00:24.2 +02:12:00", "10h00m24.2s +2d12m00s", "0 90"])
def test_a_position_asks_nobody(archive: FakeArchive, tmp_path: Path, text: str):
    place = resolve(text, archive_of(archive, tmp_path))
    assert place.how == "position" and place.text == text and archive.requests == []


def test_every_name_of_the_sky_is_resolved(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    for target in TARGETS:
        place = resolve(f"  {target.name.lower()} ", ours)
        assert (place.ra, place.dec) == pytest.approx((target.ra, target.dec)) and place.how in (
            "name",
            "position",
        )


def test_a_name_that_nobody_knows_is_asked_again_another_day(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    for count in (1, 2):
        with pytest.raises(
            NothingThereError, match=r"no catalog of Sesame .* knows 'SN 2027a'; check its spell"
        ):
            resolve("SN 2027a", ours)
        assert len(archive.requests) == count


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("39627835576420141", 1),
        ("-6444751573395116032", 1),
        ("TARGETID 39627835576420141", 1),
        ("desi targetid=39627835576420141", 1),
        ("500-51994-300", 4),
        ("spec-0500-51994-0300.fits", 4),
        ("SDSS 500 51994 300", 4),
        ("NGC 4151", 0),
        ("150.1 2.2", 0),
        ("2020", 0),
    ],
)
def test_an_id_of_a_spectrum_is_known_by_its_form(text: str, ids: int):
    assert len(spectrum_ids(text)) == ids


def test_plate_mjd_fiber_becomes_the_numbers_of_each_processing():
    assert sdss_id(500, 51994, 300, 26) in spectrum_ids("500-51994-300")
    assert sdss_id(10660, 58000, 77, 1302) in spectrum_ids("10660-58000-77")
    assert all(-(2**63) <= number < 2**63 for number in spectrum_ids("16383-66383-4095"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("500-51994-4396", "a fiber below 4096"),  # whose bits are those of 501-51994-300
        ("16384-51994-300", "a plate below 16384"),
        ("500-49999-300", "an MJD from 50000 to 66383"),
        ("500-66384-300", "an MJD from 50000 to 66383"),
        ("TARGETID 18446744073709551616", "has 64 bits"),
    ],
)
def test_an_id_that_no_64_bits_hold_is_refused(archive: FakeArchive, tmp_path: Path, text: str, words: str):
    with pytest.raises(InputError, match=words):
        resolve(text, archive_of(archive, tmp_path))
    assert archive.requests == []


def test_an_id_is_where_its_spectrum_is(archive: FakeArchive, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    for text, target in (("TARGETID 39627835576420141", GALAXY), ("10660-58000-0077", NORTHERN)):
        place = resolve(text, ours)
        assert (place.ra, place.dec, place.how) == (target.ra, target.dec, "id")
        assert place.spectrum is not None and place.spectrum.id in text


def test_a_spectrum_of_another_id_is_not_taken(archive: FakeArchive, tmp_path: Path):
    archive.fail("sparcl", "wrong object")
    archive.fail("sdss", "wrong object")
    ours = archive_of(archive, tmp_path)
    for text in ("TARGETID 39627835576420141", "500-51994-300"):
        with pytest.raises(ArchiveError, match="sent spectra that were not asked for"):
            resolve(text, ours)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("TARGETID 39627835576429999", NothingThereError, "SPARCL knows no public spectrum"),
        ("TARGETID 39627900000000005", NothingThereError, "SPARCL knows no public spectrum"),  # not public
        ("400 10", InputError, "400"),
        ("10 -95", InputError, "-95"),
        ("  ", InputError, "a position, a name or a TARGETID is expected"),
        ("x" * 201, InputError, "a position, a name or a TARGETID is expected"),
    ],
)
def test_what_cannot_be_looked_up_says_what_is_expected(archive, tmp_path, text, error, words):
    with pytest.raises(error, match=words):
        resolve(text, archive_of(archive, tmp_path))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("html", "answers, but not as Sesame does"),
        ("empty", "answers, but not as Sesame does"),
        ("truncated", "ends too early"),
        ("broken", "broke off"),
        ("refused", "cannot be reached"),
        ("429", r"is busy \(429"),
        ("500", r"is busy \(500"),
        ("503", r"is busy \(503"),
    ],
)
def test_a_bad_day_of_sesame_is_told_and_not_kept(archive: FakeArchive, tmp_path: Path, day, words):
    archive.fail("sesame", day, retry_after="0")
    ours = archive_of(archive, tmp_path)
    with pytest.raises(ArchiveError, match=words):
        resolve(GALAXY.name, ours)
    archive.recover("sesame")
    assert resolve(GALAXY.name, ours).ra == pytest.approx(GALAXY.ra)


@pytest.mark.parametrize("url", [closed_port(), UNKNOWN_HOST], ids=["refused", "unknown host"])
def test_without_a_network_a_name_is_one_sentence(archive: FakeArchive, tmp_path: Path, url: str):
    with pytest.raises(ArchiveError, match=r"cannot be reached \(.+\); is there a network\?"):
        resolve(GALAXY.name, archive_of(archive, tmp_path, sesame=url))
