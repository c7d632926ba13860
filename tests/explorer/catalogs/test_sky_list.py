"""A list of targets becomes a catalog: what is bad is named with its reason, and nothing is asked twice."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from aion.explorer.catalogs import user_catalog
from aion.explorer.catalogs.sky_list import ListJob
from aion.explorer.engine import Engine
from aion.sky.archive import Archive
from aion.sky.services import PACE
from tests.explorer.catalogs.test_user_catalog import assert_same
from tests.sky.asked import archive_of, services
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_sky import CROWD, NOTHING, SPECTRA

PLACES = [entry.target for entry in SPECTRA if entry.target.name.startswith(f"{CROWD.name} ")]
KINDS = ("photometry", "spectrum")
TIMEOUT = 600


def table(count: int, bad: int) -> io.BytesIO:
    """So many positions, every so many-th of them off everything or a name that nobody knows."""
    rows = []
    for i in range(count):
        place = PLACES[i]
        position = f"{place.ra:.6f},{place.dec:.6f}"
        if i % bad == bad - 1:
            position = f"{NOTHING.ra},{NOTHING.dec - i / 100}" if i % (2 * bad) == bad - 1 else ","
        rows.append(f"target {i},{position},{'no such name' if position == ',' else ''}")
    file = io.BytesIO("\n".join(["id,ra,dec,name", *rows]).encode())
    file.name = "targets.csv"
    return file


def twice(fake: FakeArchive) -> int:
    """Questions about what is at a position that were asked again."""
    asked = [(one.query, one.body) for one in fake.requests if one.path in ("find/", "ls-dr10/cat.fits")]
    return len(asked) - len(set(asked))


def finished(job: ListJob) -> ListJob:
    job.wait(TIMEOUT)
    assert not job.is_running
    return job


def test_200_positions_with_20_bad_ones_become_a_catalog(
    archive: FakeArchive,
    engine: Engine,
    tmp_path: Path,
):
    job = finished(ListJob(table(200, 10), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path)))
    assert job.problem is None and job.result is not None
    catalog, problems = job.result.catalog, job.result.problems
    assert len(catalog) == 180 and len(problems) == 20 and job.result.complete
    assert "target 0" in catalog and catalog.table["ra"].notna().all()
    assert all(one.what.startswith("target ") for one in problems)
    reasons = [one.why for one in problems]
    assert sum("no catalog of Sesame" in why for why in reasons) == 10
    assert sum("no spectrum" in why for why in reasons) == 10
    first, second = (catalog.entry(f"target {i}") for i in (0, 1))
    assert first.ra == pytest.approx(PLACES[0].ra) and second.id == "target 1"


def test_the_same_list_again_asks_nothing(archive: FakeArchive, engine: Engine, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    finished(ListJob(table(6, 3), KINDS, engine, tmp_path / "own", ours))
    count = len(archive.requests)
    again = finished(
        ListJob(table(6, 3), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path / "new"))
    )
    assert again.result is not None and len(archive.requests) == count


def test_fetching_that_is_stopped_goes_on_where_it_was(
    archive: FakeArchive,
    engine: Engine,
    tmp_path: Path,
):
    job = ListJob(table(30, 10), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path))
    while job.progress.unit != "targets" or job.progress.done < 3:
        time.sleep(0.01)
    job.stop()
    assert not finished(job).result and job.problem is None
    asked = len(archive.requests)
    again = finished(
        ListJob(table(30, 10), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path / "n"))
    )
    assert again.result is not None and len(again.result.catalog) == 27
    assert asked > 6 and twice(archive) <= 2, "only the target at which it was stopped"


def test_services_that_do_not_answer_end_the_work_and_keep_what_came(
    archive: FakeArchive,
    engine: Engine,
    tmp_path: Path,
):
    for service in ("viewer", "sparcl"):
        archive.fail(service, "html")
    job = finished(ListJob(table(20, 30), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path)))
    assert job.problem is not None and "no service answered for 5 targets in a row" in job.problem
    for service in ("viewer", "sparcl"):
        archive.recover(service)
    again = finished(ListJob(table(20, 30), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path)))
    assert again.result is not None and len(again.result.catalog) == 20


def test_a_list_with_other_names_for_the_same_positions_is_another_catalog(
    archive: FakeArchive,
    engine: Engine,
    tmp_path: Path,
):
    ours = archive_of(archive, tmp_path)
    finished(ListJob(table(3, 9), KINDS, engine, tmp_path / "own", ours))
    named = io.BytesIO(table(3, 9).getvalue().replace(b"target", b"candidate"))
    named.name = "targets.csv"
    job = finished(ListJob(named, KINDS, engine, tmp_path / "own", ours))
    assert job.result is not None
    assert job.result.catalog.table["id"].tolist() == ["candidate 0", "candidate 1", "candidate 2"]


def test_what_is_known_of_a_target_is_in_its_catalog(archive: FakeArchive, engine: Engine, tmp_path: Path):
    ours = archive_of(archive, tmp_path)
    job = finished(ListJob(table(3, 9), ("spectrum",), engine, tmp_path / "own", ours))
    assert job.result is not None
    rows = job.result.catalog.table
    assert rows["ra"].tolist() == pytest.approx([place.ra for place in PLACES[:3]], abs=1e-3)
    assert rows["z"].notna().all() and set(rows["class"]) == {"galaxy"}


def test_a_part_that_did_not_come_is_listed_and_asked_for_again(
    archive: FakeArchive,
    engine: Engine,
    tmp_path: Path,
):
    archive.fail("viewer", "html")
    job = finished(ListJob(table(3, 9), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path)))
    assert job.result is not None and len(job.result.catalog) == 3
    assert all(one.may_pass and "did not come" in one.why for one in job.result.problems)
    assert [one.what for one in job.result.problems] == ["target 0", "target 1", "target 2"]
    archive.recover("viewer")
    again = finished(ListJob(table(3, 9), KINDS, engine, tmp_path / "own", archive_of(archive, tmp_path)))
    assert again.result is not None and again.result.problems == ()
    assert again.result.catalog.table["FLUX_G"].notna().all()


def test_a_deleted_catalog_takes_what_was_fetched_with_it(
    archive: FakeArchive, engine: Engine, tmp_path: Path
):
    ours = archive_of(archive, tmp_path)
    job = finished(ListJob(table(3, 9), KINDS, engine, tmp_path / "own", ours))
    assert job.result is not None
    user_catalog.forget(job.result.catalog)
    assert list((tmp_path / "own").iterdir()) == []


def test_a_list_is_fetched_at_the_pace_of_the_services(archive: FakeArchive, engine: Engine, tmp_path: Path):
    ours = Archive(services(archive, tmp_path, pace=0.1))
    job = finished(ListJob(table(6, 9), KINDS, engine, tmp_path / "own", ours))
    assert job.result is not None
    for service in ("viewer", "sparcl"):
        times = [request.time for request in archive.requests_of(service)]
        assert len(times) >= 6 and archive.most_at_once[service] == 1
        assert min(later - earlier for earlier, later in pairwise(times)) > 0.07


SCRIPT = """
import json, sys, time
from pathlib import Path
from aion.explorer.catalogs.sky_list import ListJob
from aion.sky.archive import Archive
from aion.sky.services import Services
archive = Archive(Services.from_texts(json.loads(sys.argv[1])))
job = ListJob(Path(sys.argv[2]), ("photometry", "spectrum"), None, Path(sys.argv[3]), archive)
while job.is_running:
    print(job.progress.done, flush=True)
    time.sleep(0.02)
"""
"""Fetches a list, which needs no engine."""


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_that_was_fetched(
    archive: FakeArchive,
    engine: Engine,
    tmp_path: Path,
    root: Path,
):
    own, given = tmp_path / "own", tmp_path / "targets.csv"
    given.write_bytes(table(16, 5).getvalue())
    urls = {name: url for name, url in archive.base_urls.items() if name in PACE}
    texts = urls | {"pace": "0.01", "cache": str(tmp_path / "cache"), "cache_bytes": "0"}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(texts), str(given), str(own)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 5:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    before = len(archive.requests)
    after = finished(ListJob(table(16, 5), KINDS, engine, own, archive_of(archive, tmp_path)))
    assert before > 8 and twice(archive) <= 2, "only what was under way is asked again"
    whole = finished(ListJob(table(16, 5), KINDS, engine, tmp_path / "new", archive_of(archive, tmp_path)))
    assert after.result is not None and whole.result is not None
    assert after.result.problems == whole.result.problems
    assert_same(after.result.catalog, whole.result.catalog)
