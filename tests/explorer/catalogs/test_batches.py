"""Batches of a person's own files: done piece by piece, stopped, killed and gone on with, and catalogs that
are read by all that reads the reference catalog."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aion.catalog import ALL, Catalog
from aion.errors import ClosedError, IndexMismatchError, InputError
from aion.explorer.catalogs import batch_folder, batches
from aion.explorer.catalogs.batch_folder import BatchFolder
from aion.explorer.catalogs.batches import PARTITION, Batch, Batches
from aion.explorer.engine import Engine
from aion.explorer.survey import pipeline
from aion.explorer.survey.assembly import read_failures

ROWS = 2 * PARTITION + 8
TIMEOUT = 120


def table(rows: int = ROWS, *, with_truth: bool = True) -> io.BytesIO:
    """Photometry as a person uploads it; row 3 of it has no value."""
    names = ["id", "FLUX_G", "FLUX_R", *(["z", "class"] if with_truth else [])]
    lines = [f"{i:04d},{1 + i},{2 + i}" + (f",{i / 100},GALAXY" if with_truth else "") for i in range(rows)]
    lines[2] = "0002,," + (",," if with_truth else "")
    file = io.BytesIO("\n".join([",".join(names), *lines]).encode())
    file.name = "mine.csv"
    return file


class Watched:
    """An engine that counts what it is asked, and calls `then` after each partition."""

    def __init__(self, engine: Engine, then=lambda count: None) -> None:
        self._engine, self._then, self.count, self._lock = engine, then, 0, threading.Lock()
        self.embedded = 0

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def embed_objects(self, targets):
        answers = self._engine.embed_objects(targets)
        with self._lock:
            self.count += 1
            self.embedded += len(targets)
        self._then(self.count)
        return answers


def finished(batches: Batches, *files) -> Batch:
    return waited(batches, batches.add_files(files))


def waited(batches: Batches, key: str) -> Batch:
    batch = batches.wait(key, TIMEOUT)
    assert batch is not None and batch.progress is None, "it is not over"
    return batch


def catalog_of(batches: Batches, *files) -> Catalog:
    batch = finished(batches, *files)
    assert batch.record.state == "done", batch.record.problem
    return batches.results(batch.key).catalog


def assert_same(first: Catalog, second: Catalog) -> None:
    """Everything, to the bit: what shares a pass of the model does not depend on others."""
    pd.testing.assert_frame_equal(first.table, second.table)
    for id in first.table["id"]:
        one, other = first.entry(id).tokens, second.entry(id).tokens
        assert {key: ids.tolist() for key, ids in one.items()} == {
            key: ids.tolist() for key, ids in other.items()
        }
    assert first.indexes.keys() == second.indexes.keys()
    for view, index in first.indexes.items():
        assert np.array_equal(index.vectors(), second.indexes[view].vectors())


def test_a_table_becomes_a_catalog_of_these_weights_with_ids_as_text(engine, open_batches):
    watched = Watched(engine)
    ours = open_batches(engine=watched)
    batch = finished(ours, table())
    assert batch.record.state == "done" and batch.record.rows == ROWS - 1 and batch.record.label == "mine.csv"
    assert watched.count == 3, "others are answered between partitions"
    again = Catalog.load(batch.folder.catalog, model_sha256=engine.info.sha256)
    assert list(again.indexes) == [ALL, "photometry"] and again.manifest.label == "uploaded"
    assert list(again.table["id"][:3]) == ["0000", "0001", "0003"]
    assert all(isinstance(id, str) for id in (*again.table["id"], *again.index.ids))
    assert set(again.table["class"]) == {"galaxy"} and again.table["z"].iloc[5] == pytest.approx(0.06)
    assert again.table["mag_r"].iloc[0] == pytest.approx(22.5 - 2.5 * np.log10(2))
    assert again.table["z_best"].notna().all()


def cancelled_at(count: int, engine, open_batches, root: Path) -> Batch:
    """A batch that is cancelled while that partition is embedded."""
    known = threading.Event()

    def then(done: int) -> None:
        known.wait(60)
        if done == count:
            ours.cancel(key)

    ours = open_batches(root, Watched(engine, then))
    key = ours.add_files([table(6 * PARTITION)])
    known.set()
    batch = waited(ours, key)
    ours.close()
    return batch


def test_what_is_cancelled_is_a_catalog_and_goes_on_where_it_was(engine, open_batches, tmp_path):
    cut = cancelled_at(2, engine, open_batches, tmp_path / "cut")
    done = cut.record.rows
    assert cut.record.state == "cancelled" and PARTITION <= done < 6 * PARTITION - 1
    assert len(Catalog.load(cut.folder.catalog)) == done, "there is a catalog of what is done"
    watched = Watched(engine)
    ours = open_batches(tmp_path / "cut", watched)
    assert not ours.get(cut.key).is_open, "what was cancelled does not go on by itself"
    ours.go_on(cut.key)
    went_on = waited(ours, cut.key)
    assert went_on.record.state == "done" and watched.embedded == 6 * PARTITION - 1 - done
    whole = catalog_of(open_batches(tmp_path / "whole"), table(6 * PARTITION))
    assert_same(ours.results(cut.key).catalog, whole)


def test_the_same_files_find_the_same_batch_and_nothing_is_embedded_twice(engine, open_batches, root):
    watched = Watched(engine)
    ours = open_batches(engine=watched)
    files = [table(), root / "tests/data/sdss_spec.fits"]
    first = finished(ours, *files)
    count = watched.count
    assert finished(ours, *files[::-1]).key == first.key and watched.count == count
    assert finished(ours, *files, table()).key == first.key, "nor does a file that is given twice matter"
    assert finished(ours, table(ROWS - 1), files[1]).key != first.key, "but the content does"
    assert len(ours.all()) == 2


def test_a_catalog_of_other_weights_is_refused_and_not_gone_on_with(engine, open_batches, tmp_path):
    class Other(Watched):
        @property
        def info(self):
            return self._engine.info.__class__(**{**vars(self._engine.info), "sha256": "0" * 64})

    batch = finished(open_batches(), table(5))
    batch.folder.change(state="open")
    theirs = open_batches(engine=Other(engine))
    with pytest.raises(IndexMismatchError, match=r"made by weights .* these are 000000000000…; build it"):
        theirs.results(batch.key)
    seen = theirs.get(batch.key)
    assert not seen.is_of_these_weights and not seen.is_open and seen.record.state == "open"


def test_a_deleted_batch_is_gone_and_its_catalog_says_so(open_batches, tmp_path):
    ours = open_batches()
    batch = finished(ours, table())
    ours.results(batch.key)
    ours.delete(batch.key)
    assert not list((tmp_path / "own").iterdir()) and ours.get(batch.key) is None and ours.all() == []
    with pytest.raises(InputError, match="was deleted"):
        ours.results(batch.key)
    ours.delete(batch.key)
    assert finished(ours, table()).record.state == "done", "the same files begin anew"


def test_several_who_give_the_same_files_have_one_batch(engine, open_batches):
    watched = Watched(engine)
    ours, keys = open_batches(engine=watched), []
    people = [threading.Thread(target=lambda: keys.append(ours.add_files([table()]))) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(set(keys)) == 1 and waited(ours, keys[0]).record.state == "done" and watched.count == 3


def test_two_processes_do_not_do_the_same_batch_at_a_time(engine, open_batches, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "RETRY", 0.02)
    first = finished(open_batches(), table(5))
    with first.folder.reserved() as is_ours:
        assert is_ours
        first.folder.change(state="open")
        theirs = open_batches()
        until = time.monotonic() + 60
        while theirs.get(first.key).progress is None and time.monotonic() < until:
            time.sleep(0.005)
        assert theirs.get(first.key).is_open
    assert waited(theirs, first.key).record.state == "done"


def test_a_batch_that_is_deleted_while_it_is_done_is_gone(engine, open_batches, tmp_path):
    known = threading.Event()

    def then(count):
        known.wait(60)
        if count == 1:
            ours.delete(key)

    ours = open_batches(engine=Watched(engine, then))
    key = ours.add_files([table()])
    known.set()
    assert ours.wait(key, TIMEOUT) is None and not list((tmp_path / "own").iterdir())
    assert finished(ours, table(4)).record.state == "done", "the next one is done all the same"


def test_a_fault_of_this_program_is_no_property_of_the_object_and_is_not_kept(engine, open_batches, caplog):
    class Faulty(Watched):
        def embed_objects(self, targets):
            return [
                batches.explained_fault(IndexError("list index")) if one.id == "0003" else answer
                for one, answer in zip(targets, super().embed_objects(targets), strict=True)
            ]

    ours = open_batches(engine=Faulty(engine))
    batch = finished(ours, table())
    assert "0003" not in ours.results(batch.key).catalog and batch.record.may_pass == 1
    [reason] = [one.why for one in read_failures(batch.folder.catalog) if one.id == "0003"]
    assert "a fault of this program, not of what it was given (IndexError" in reason
    assert "list index" in caplog.text, "with its traceback"
    ours.close()
    watched = Watched(engine)
    again = open_batches(engine=watched)
    again.go_on(batch.key)
    assert waited(again, batch.key).record.may_pass == 0
    assert "0003" in again.results(batch.key).catalog and watched.count == 1, "what was sound is kept"


def test_an_engine_that_closes_ends_the_work_and_is_no_fault_of_the_objects(engine, open_batches):
    class Closed(Watched):
        def embed_objects(self, targets):
            raise ClosedError("the engine is closed")

    batch = finished(open_batches(engine=Closed(engine)), table())
    assert batch.record.state == "failed" and batch.record.problem == "the engine is closed"
    assert finished(open_batches(), table()).record.state == "done"


def test_what_nobody_asked_for_in_a_week_is_deleted(open_batches, tmp_path):
    ours = open_batches()
    batch = finished(ours, table(4))
    batch_folder.forget_old(tmp_path / "own")
    assert batch.folder.path.is_dir()
    long_ago = time.time() - 8 * 86_400
    theirs = tmp_path / "own" / "photographs" / "parts"
    theirs.mkdir(parents=True)
    for path in (batch.folder.path / batch_folder.MARKER, batch.folder.path, theirs.parent, theirs):
        os.utime(path, (long_ago, long_ago))
    batch_folder.forget_old(tmp_path / "own")
    assert not batch.folder.path.exists() and theirs.is_dir(), "only what was made here"


def test_files_without_an_object_are_explained(open_batches, tmp_path):
    nothing = tmp_path / "notes.txt"
    nothing.write_text("this is not a table\n")
    batch = finished(open_batches(), nothing)
    assert batch.record.state == "failed" and "notes.txt" in batch.record.problem
    with pytest.raises(InputError, match="at least one"):
        open_batches().add_files([])


def test_a_failure_of_the_machine_is_told_and_ends_the_work(open_batches, monkeypatch):
    def no_space(*_args):
        raise OSError("no space left")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_write", no_space)
        ours = open_batches()
        batch = finished(ours, table())
    assert batch.record.state == "failed" and "no space left" in batch.record.problem
    assert finished(ours, table()).record.state == "done"


SCRIPT = """
import sys
from pathlib import Path
from aion.explorer.catalogs.batches import Batches
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
engine = Engine(Settings(model=sys.argv[1], device="cpu", precision="float32", catalog=Path(sys.argv[2])))
batches = Batches(Path(sys.argv[3]), engine)
key = batches.add_files([Path(sys.argv[4])])
while (batch := batches.get(key)).is_active:
    print(batch.progress.done if batch.progress else 0, flush=True)
"""


@pytest.mark.slow
def test_a_server_that_is_killed_goes_on_by_itself_and_gives_the_same(
    engine, settings, open_batches, tmp_path, root
):
    given = tmp_path / "mine.csv"
    given.write_bytes(table(12 * PARTITION).getvalue())
    places = (settings.model, settings.catalog, tmp_path / "own", given)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, places)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    for line in process.stdout:
        if int(line) >= 2 * PARTITION:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    watched = Watched(engine)
    ours = open_batches(engine=watched)
    [batch] = ours.all()
    assert waited(ours, batch.key).record.state == "done"
    assert watched.embedded <= 10 * PARTITION, "what was done is not done again"
    assert_same(ours.results(batch.key).catalog, catalog_of(open_batches(tmp_path / "new"), given))


def test_a_key_from_an_address_names_no_other_folder(open_batches, tmp_path):
    (tmp_path / "own" / "x").mkdir(parents=True)
    BatchFolder(tmp_path / "own" / "x").path.joinpath("batch.json").write_text("{}")
    ours = open_batches()
    assert ours.get("../own/x") is None and ours.get("x") is None and ours.get("0" * 32) is None
    assert ours.all() == []
