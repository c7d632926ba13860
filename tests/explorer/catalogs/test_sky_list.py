"""A list of targets becomes a catalog: what is bad is named with its reason, and nothing is asked twice."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aion.explorer.catalogs.sky_list import ListJob
from aion.explorer.engine import Engine
from tests.sky.asked import archive_of
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_sky import CROWD, NOTHING, SPECTRA

PLACES = [entry.target for entry in SPECTRA if entry.target.name.startswith(f"{CROWD.name} ")]
KINDS = ("photometry", "spectrum")
TIMEOUT = 120


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
    assert catalog.table["id"][0] == "target 0" and catalog.table["ra"].notna().all()
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


SCRIPT = """
import sys
from pathlib import Path
from aion.io.targets import read_targets
from aion.sky.archive import Archive
from aion.sky.lists import fetch_list
from aion.sky.search_progress import SearchProgress
from aion.sky.services import Services
import json
services = Services.from_texts(json.loads(sys.argv[1]))
targets = read_targets(Path(sys.argv[2]))
fetch_list(targets, Path(sys.argv[3]), Archive(services), SearchProgress(), kinds=("photometry", "spectrum"),
           done=lambda count: print(count, flush=True))
"""


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_that_was_fetched(
    archive: FakeArchive,
    tmp_path: Path,
    root: Path,
):
    (tmp_path / "list.csv").write_bytes(table(40, 10).getvalue())
    urls = {name: url for name, url in archive.base_urls.items() if name != "datalab"}
    texts = urls | {"pace": "0.01", "cache": str(tmp_path / "cache"), "cache_bytes": "0"}
    command = [
        sys.executable,
        "-c",
        SCRIPT,
        json.dumps(texts),
        str(tmp_path / "list.csv"),
        str(tmp_path / "out"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 12:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    before = len(archive.requests)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split()[-1] == "40"
    assert before > 20 and twice(archive) <= 2, "only what was under way is asked again"
