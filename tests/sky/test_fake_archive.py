"""The fake archive has bad days when it shall, writes down what it is asked, and knows names and files."""

import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from astropy.table import Table

from aion.sphere import separation
from tests.sky.asking import ask, opened
from tests.sky.bad_days import Day
from tests.sky.fake_archive import UNKNOWN_HOST, FakeArchive, closed_port
from tests.sky.simulated_sky import GALAXY, SPECTRA, STAR, TARGETS

QUESTIONS = {
    "viewer": f"fits-cutout?ra={GALAXY.ra}&dec={GALAXY.dec}&layer=ls-dr10&size=40&bands=r",
    "sparcl": "version/",
    "sesame": "A?NGC%209999",
    "sdss": "dr17/sdss/spectro/redux/26/spectra/0500/spec-0500-51994-0300.fits",
    "desi": "dr1/spectro/redux/iron/healpix/main/dark/272/27258/coadd-main-dark-27258.fits",
    "datalab": f"scs/ls_dr10/tractor?RA={GALAXY.ra}&DEC={GALAXY.dec}&SR=0.001",
}


def get(archive: FakeArchive, service: str = "viewer", timeout: float = 20) -> requests.Response:
    return requests.get(f"{archive.base_urls[service]}/{QUESTIONS[service]}", timeout=timeout)


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_service_fails_as_often_as_it_shall_and_then_answers(archive: FakeArchive, service: str) -> None:
    archive.fail(service, "500", 2)
    assert [get(archive, service).status_code for _ in range(3)] == [500, 500, 200]
    for day in ("429", "503"):
        archive.fail(service, day, retry_after="7")
        answers = [get(archive, service) for _ in range(3)]
        assert [(one.status_code, one.headers["Retry-After"]) for one in answers] == [(int(day), "7")] * 3
    archive.recover(service)
    assert get(archive, service).status_code == 200


def test_only_the_service_that_is_told_to_fails(archive: FakeArchive) -> None:
    archive.fail("sparcl", "500")
    assert [name for name in QUESTIONS if get(archive, name).status_code != 200] == ["sparcl"]
    with pytest.raises(KeyError, match="'simbad' is no service; there are viewer, sparcl"):
        archive.fail("simbad", "500")


def test_a_service_may_fail_for_some_of_its_paths_only(archive: FakeArchive) -> None:
    archive.fail("sparcl", "500", path="spectras/")
    assert get(archive, "sparcl").status_code == 200
    url = f"{archive.base_urls['sparcl']}/spectras/?format=json"
    assert requests.post(url, json=[SPECTRA[0].sparcl_id], timeout=5).status_code == 500


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_refused_connection_is_one_and_the_next_is_not(archive: FakeArchive, service: str) -> None:
    archive.fail(service, "refused", 1)
    with pytest.raises(requests.ConnectionError):
        get(archive, service)
    assert get(archive, service).status_code == 200


def test_a_service_that_times_out_keeps_nobody_else_waiting(archive: FakeArchive) -> None:
    archive.fail("viewer", "timeout", 1)
    with pytest.raises(requests.ReadTimeout):
        get(archive, timeout=0.2)
    assert get(archive).status_code == 200
    assert get(archive, "sparcl").status_code == 200


def test_a_slow_answer_comes_in_pieces_and_whole(archive: FakeArchive) -> None:
    whole = get(archive).content
    archive.fail("viewer", "slow", 1, slow_seconds=0.4)
    with requests.get(
        f"{archive.base_urls['viewer']}/{QUESTIONS['viewer']}", stream=True, timeout=5
    ) as answer:
        pieces = [(time.monotonic(), piece) for piece in iter(lambda: answer.raw.read1(10_000), b"")]
    assert len(pieces) > 5
    assert pieces[-1][0] - pieces[0][0] > 0.2
    assert b"".join(piece for _, piece in pieces) == whole


def test_an_answer_that_stalls_begins_and_does_not_end(archive: FakeArchive) -> None:
    archive.fail("viewer", "stalled", 1)
    with pytest.raises(requests.ConnectionError, match="timed out"):
        get(archive, timeout=0.3)
    assert get(archive).status_code == 200


@pytest.mark.parametrize("service", ["viewer", "sdss", "sesame"])
def test_the_end_of_an_answer_is_lost_with_or_without_a_word(archive: FakeArchive, service: str) -> None:
    whole = get(archive, service).content
    archive.fail(service, "truncated", 1)
    assert get(archive, service).content == whole[: 2 * len(whole) // 5]
    archive.fail(service, "broken", 1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(archive, service)


@pytest.mark.parametrize(("day", "begin"), [("html", b"<!doctype html>"), ("empty", b"")])
@pytest.mark.parametrize("service", QUESTIONS)
def test_an_answer_of_status_200_may_be_none(
    archive: FakeArchive, service: str, day: Day, begin: bytes
) -> None:
    archive.fail(service, day, 1)
    answer = get(archive, service)
    assert answer.status_code == 200
    assert answer.content[: len(b"<!doctype html>")] == begin


def test_a_wrong_image_is_of_another_place(archive: FakeArchive) -> None:
    archive.fail("viewer", "wrong object")
    header = opened(get(archive))[0].header
    assert separation(header["CRVAL1"], header["CRVAL2"], GALAXY.ra, GALAXY.dec) > 100
    box = {"ralo": 150.1, "rahi": 150.102, "declo": 2.199, "dechi": 2.201}
    table = Table.read(BytesIO(ask(archive, "viewer", "ls-dr10/cat.fits", **box).content), hdu=1)
    assert separation(table["ra"], table["dec"], GALAXY.ra, GALAXY.dec).min() > 100
    assert ask(archive, "viewer", "namequery/", obj=GALAXY.name).json()["ra"] == STAR.ra


def test_a_wrong_spectrum_is_of_another_object(archive: FakeArchive) -> None:
    archive.fail("sparcl", "wrong object")
    base = archive.base_urls["sparcl"]
    asked = SPECTRA[0]
    body = {"outfields": ["ra", "dec"], "search": [["ra", 150.1, 150.102], ["dec", 2.199, 2.201]]}
    found = requests.post(f"{base}/find/", json=body, timeout=5).json()[1:]
    assert found
    assert all(separation(one["ra"], one["dec"], GALAXY.ra, GALAXY.dec) > 100 for one in found)
    query = "include=sparcl_id,ra,dec&format=json"
    _, came = requests.post(f"{base}/spectras/?{query}", json=[asked.sparcl_id], timeout=5).json()
    assert came["sparcl_id"] != asked.sparcl_id


def test_a_wrong_name_or_file_is_of_another_object(archive: FakeArchive) -> None:
    for service in ("sesame", "sdss", "desi", "datalab"):
        right = get(archive, service).content
        archive.fail(service, "wrong object", 1)
        wrong = get(archive, service)
        assert wrong.status_code == 200
        assert wrong.content != right
    archive.fail("sesame", "wrong object")
    assert f"%J {STAR.ra:.8f}" in get(archive, "sesame").text


def test_nobody_answers_at_a_closed_port_or_an_unknown_host() -> None:
    for base in (closed_port(), UNKNOWN_HOST):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{base}/fits-cutout", timeout=5)


def test_every_request_is_written_down_with_its_time(archive: FakeArchive) -> None:
    before = time.monotonic()
    get(archive)
    get(archive, "sesame")
    url = f"{archive.base_urls['sparcl']}/find/?limit=5"
    requests.post(url, json={"search": [["ra", 1, 2]]}, headers={"User-Agent": "me"}, timeout=5)
    first, second, third = archive.requests
    assert (first.service, first.method, first.path) == ("viewer", "GET", "fits-cutout")
    assert first.query == QUESTIONS["viewer"].partition("?")[2]
    assert (second.path, second.query) == ("A", "NGC%209999")
    assert (third.method, third.path, third.query, third.user_agent) == ("POST", "find/", "limit=5", "me")
    assert third.body == '{"search": [["ra", 1, 2]]}'
    assert before < first.time < second.time < third.time < time.monotonic()
    assert archive.requests_of("sesame") == [second]


def test_requests_at_the_same_time_are_counted(archive: FakeArchive) -> None:
    for _ in range(5):
        get(archive)
    assert archive.most_at_once["viewer"] == 1
    archive.fail("viewer", "slow", slow_seconds=0.8)
    with ThreadPoolExecutor(3) as pool:
        assert [one.status_code for one in pool.map(lambda _: get(archive), range(3))] == [200] * 3
    assert archive.most_at_once["viewer"] == 3


def test_a_person_can_serve_it_by_hand(root: Path) -> None:
    command = [sys.executable, "-m", "tests.sky.fake_archive", "--port", "0"]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as served:
        assert served.stdout is not None
        lines = [served.stdout.readline() for _ in range(8)]
        urls = dict(line.strip().split("=") for line in lines if line.startswith("AION_SKY_"))
        assert {"AION_SKY_VIEWER", "AION_SKY_SPARCL", "AION_SKY_SESAME"} <= urls.keys()
        assert requests.get(f"{urls['AION_SKY_SPARCL']}/version/", timeout=5).text == "12.0"
        served.send_signal(signal.SIGINT)
        assert served.stdout.read().strip() == "closed"
    assert served.returncode == 0


# names and files


@pytest.mark.parametrize("path", ["A", "SNV", "-oI/A"])
def test_a_name_that_catalogs_know_has_a_line_with_its_position(archive: FakeArchive, path: str) -> None:
    for target in TARGETS:
        answer = requests.get(f"{archive.base_urls['sesame']}/{path}?{quote(target.name)}", timeout=20)
        found = re.search(r"%J\s*([0-9\.]+)\s*([\+\-\.0-9]+)", answer.text)  # as astropy does
        assert found, answer.text
        assert separation(float(found[1]), float(found[2]), target.ra, target.dec) < 1e-3


def test_a_name_that_nobody_knows_has_no_position(archive: FakeArchive) -> None:
    answer = requests.get(f"{archive.base_urls['sesame']}/A?NGC%200", timeout=20)
    assert answer.status_code == 200
    assert "#! *** Nothing found ***" in answer.text
    assert "%J" not in answer.text


@pytest.mark.parametrize("folder", ["sdss/spectro/redux/26/spectra", "sdss/spectro/redux/26/spectra/lite"])
def test_a_file_of_sdss_has_its_plate_day_and_fiber(archive: FakeArchive, folder: str) -> None:
    hdus = opened(ask(archive, "sdss", f"dr17/{folder}/0500/spec-0500-51994-0300.fits"))
    assert [hdu.name for hdu in hdus] == ["PRIMARY", "COADD", "SPECOBJ", "SPZLINE"]
    assert hdus["COADD"].data["loglam"][0] == pytest.approx(3.5797)
    assert int(hdus["SPECOBJ"].data["SPECOBJID"][0]) == 563032450247190528
    missing = ask(archive, "sdss", f"dr17/{folder}/0500/spec-0500-51994-0301.fits")
    assert missing.status_code == 404


def test_a_coadd_of_desi_has_all_of_its_healpixel(archive: FakeArchive) -> None:
    folder = "dr1/spectro/redux/iron/healpix/main/dark"
    hdus = opened(ask(archive, "desi", f"{folder}/272/27258/coadd-main-dark-27258.fits"))
    assert hdus["FIBERMAP"].data["TARGETID"].tolist() == [39627835576420141]
    assert hdus["B_FLUX"].data.shape == (1, 2751)
    assert ask(archive, "desi", f"{folder}/272/27259/coadd-main-dark-27259.fits").status_code == 404


def test_a_cone_of_the_data_lab_is_a_votable(archive: FakeArchive) -> None:
    for radius, count in ((0.001, 1), (1e-9, 0)):
        answer = ask(
            archive, "datalab", "scs/ls_dr10/tractor", RA=GALAXY.ra + 1e-6, DEC=GALAXY.dec, SR=radius
        )
        assert len(Table.read(BytesIO(answer.content), format="votable")) == count
