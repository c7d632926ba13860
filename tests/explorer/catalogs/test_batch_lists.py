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

from aion.explorer.catalogs.batches import Batch, Batches
from aion.explorer.engine import Engine
from aion.explorer.survey.assembly import read_failures
from aion.sky.archive import Archive
from aion.sky.services import PACE
from tests.explorer.catalogs.test_batches import assert_same
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


@pytest.fixture
def open_batches(engine: Engine, archive: FakeArchive, tmp_path: Path):
    """Begins the batches of a folder with archives whose cache is empty, and ends them after the test."""
    opened: list[Batches] = []

    def begin(root: Path = tmp_path / "own", ours: Archive | None = None) -> Batches:
        asked = ours or archive_of(archive, tmp_path / f"cache {len(opened)}")
        opened.append(Batches(root, engine, lambda: asked))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def finished(batches: Batches, file: io.BytesIO | Path, kinds: tuple[str, ...] = KINDS) -> Batch:
    batch = batches.wait(batches.add_list(file, kinds), TIMEOUT)
    assert batch is not None and batch.progress is None
    return batch


def test_200_positions_with_20_bad_ones_become_a_catalog(open_batches):
    ours = open_batches()
    batch = finished(ours, table(200, 10))
    catalog, failures = ours.results(batch.key).catalog, read_failures(batch.folder.catalog)
    assert batch.record.state == "done" and len(catalog) == 180 and len(failures) == 20
    assert "target 0" in catalog and catalog.table["ra"].notna().all()
    assert all(one.id.startswith("target ") for one in failures)
    reasons = [one.why for one in failures]
    assert sum("no catalog of Sesame" in why for why in reasons) == 10
    assert sum("no spectrum" in why for why in reasons) == 10
    first, second = (catalog.entry(f"target {i}") for i in (0, 1))
    assert first.ra == pytest.approx(PLACES[0].ra) and second.id == "target 1"


def test_the_same_list_again_asks_nothing(archive: FakeArchive, open_batches):
    first = finished(open_batches(), table(6, 3))
    count = len(archive.requests)
    assert finished(open_batches(), table(6, 3)).key == first.key and len(archive.requests) == count


def test_fetching_that_is_cancelled_goes_on_where_it_was(archive: FakeArchive, open_batches):
    ours = open_batches()
    key, until = ours.add_list(table(30, 10), KINDS), time.monotonic() + TIMEOUT
    while (progress := ours.get(key).progress) is None or progress.done < 3:
        assert time.monotonic() < until
        time.sleep(0.01)
    ours.cancel(key)
    cut = ours.wait(key, TIMEOUT)
    assert cut.record.state == "cancelled" and not cut.folder.catalog_time()
    asked = len(archive.requests)
    again = open_batches()
    again.go_on(key)
    assert again.wait(key, TIMEOUT).record.rows == 27
    assert asked > 6 and twice(archive) <= 2, "only the target at which it was stopped"


def test_services_that_do_not_answer_end_the_work_and_keep_what_came(archive: FakeArchive, open_batches):
    for service in ("viewer", "sparcl"):
        archive.fail(service, "html")
    batch = finished(open_batches(), table(20, 30))
    assert batch.record.state == "failed"
    assert "no service answered for 5 targets in a row" in batch.record.problem
    for service in ("viewer", "sparcl"):
        archive.recover(service)
    assert finished(open_batches(), table(20, 30)).record.rows == 20


def test_a_list_with_other_names_for_the_same_positions_is_another_batch(open_batches):
    ours = open_batches()
    finished(ours, table(3, 9))
    named = io.BytesIO(table(3, 9).getvalue().replace(b"target", b"candidate"))
    named.name = "targets.csv"
    rows = ours.results(finished(ours, named).key).catalog.table
    assert set(rows["id"]) == {"candidate 0", "candidate 1", "candidate 2"}


def test_what_is_known_of_a_target_is_in_its_catalog(open_batches):
    ours = open_batches()
    rows = ours.results(finished(ours, table(3, 9), ("spectrum",)).key).catalog.table.sort_values("id")
    assert rows["ra"].tolist() == pytest.approx([place.ra for place in PLACES[:3]], abs=1e-3)
    assert rows["z"].notna().all() and set(rows["class"]) == {"galaxy"}


def test_a_target_is_looked_at_as_the_archives_gave_it(open_batches):
    ours = open_batches()
    results = ours.results(finished(ours, table(3, 9)).key)
    opened = results.open_object("target 1")
    target = opened.targets[opened.row]
    assert target.id == "target 1" and {type(one).__name__ for one in target.modalities} >= {"SDSSSpectrum"}
    assert all(report.provenance is not None for report in target.reports)
    assert results.open_object("target 0").targets[0].id == "target 0"


def test_a_part_that_did_not_come_is_listed_and_asked_for_again(archive: FakeArchive, open_batches):
    archive.fail("viewer", "html")
    ours = open_batches()
    batch = finished(ours, table(3, 9))
    failures = read_failures(batch.folder.catalog)
    assert batch.record.rows == 3 and batch.record.may_pass == 3
    assert all(one.may_pass and "did not come" in one.why for one in failures)
    assert [one.id for one in failures] == ["target 0", "target 1", "target 2"]
    archive.recover("viewer")
    ours.go_on(batch.key)
    again = ours.wait(batch.key, TIMEOUT)
    assert again.record.state == "done" and again.record.failures == 0
    assert ours.results(batch.key).catalog.table["FLUX_G"].notna().all()


def test_a_deleted_batch_takes_what_was_fetched_with_it(open_batches, tmp_path: Path):
    ours = open_batches()
    ours.delete(finished(ours, table(3, 9)).key)
    assert list((tmp_path / "own").iterdir()) == []


def test_a_list_is_fetched_at_the_pace_of_the_services(archive: FakeArchive, open_batches, tmp_path: Path):
    ours = open_batches(ours=Archive(services(archive, tmp_path, pace=0.1)))
    assert finished(ours, table(6, 9)).record.state == "done"
    for service in ("viewer", "sparcl"):
        times = [request.time for request in archive.requests_of(service)]
        assert len(times) >= 6 and archive.most_at_once[service] == 1
        assert times[-1] - times[0] > 0.1 * (len(times) - 2), "each alone may be late on its way"


def test_where_the_sky_is_off_a_list_is_refused(engine: Engine, tmp_path: Path):
    ours = Batches(tmp_path / "own", engine)
    batch = finished(ours, table(3, 9))
    ours.close()
    assert batch.record.state == "failed" and "AION_SKY" in batch.record.problem


SCRIPT = """
import json, sys, time
from pathlib import Path
from aion.explorer.catalogs.batches import Batches
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.sky.archive import Archive
from aion.sky.services import Services
engine = Engine(Settings(model=sys.argv[1], device="cpu", precision="float32", catalog=Path(sys.argv[2])))
archive = Archive(Services.from_texts(json.loads(sys.argv[3])))
batches = Batches(Path(sys.argv[4]), engine, lambda: archive)
key = batches.add_list(Path(sys.argv[5]), ("photometry", "spectrum"))
while (batch := batches.get(key)).is_active:
    print(batch.progress.done if batch.progress else 0, flush=True)
    time.sleep(0.02)
"""


@pytest.mark.slow
def test_a_server_that_is_killed_while_it_fetches_goes_on_by_itself_and_asks_nothing_twice(
    archive: FakeArchive, settings, open_batches, tmp_path: Path, root: Path
):
    given = tmp_path / "targets.csv"
    given.write_bytes(table(16, 5).getvalue())
    urls = {name: url for name, url in archive.base_urls.items() if name in PACE}
    texts = urls | {"pace": "0.01", "cache": str(tmp_path / "cache"), "cache_bytes": "0"}
    places = (settings.model, settings.catalog, json.dumps(texts), tmp_path / "own", given)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, places)],
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
    before, after = len(archive.requests), open_batches()
    [batch] = after.all()
    assert after.wait(batch.key, TIMEOUT).record.state == "done"
    assert before > 8 and twice(archive) <= 2, "only what was under way is asked again"
    whole = open_batches(tmp_path / "new")
    again = finished(whole, given)
    assert read_failures(batch.folder.catalog) == read_failures(again.folder.catalog)
    assert_same(after.results(batch.key).catalog, whole.results(again.key).catalog)
