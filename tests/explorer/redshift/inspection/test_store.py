"""Decisions are kept: latest of each person, history, repeats, several processes, a kill."""

import subprocess
import sys
from pathlib import Path

import pytest

from aion.errors import InputError
from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.redshift.inspection.queues import ObjectSource, Opener, Queue, QueueObject, queue_of_files
from aion.explorer.redshift.inspection.store import InspectionStore


def queue(count: int = 3) -> Queue:
    return Queue(
        "night", tuple(QueueObject(f"o{n}", ObjectSource(f"o{n}"), z_catalog=0.1) for n in range(count))
    )


@pytest.fixture
def store(tmp_path: Path) -> InspectionStore:
    kept = InspectionStore(tmp_path)
    kept.add(queue())
    return kept


def test_the_latest_decision_of_each_person_counts_and_all_are_history(store: InspectionStore) -> None:
    night = queue().id
    store.record(night, [Decision("o0", "ann", 0.1, 3), Decision("o0", "bob", 0.2, 4)])
    store.record(night, [Decision("o0", "ann", 0.3, 4, "QSO", "RS", "broad Mg II")])
    [bob, ann] = store.decisions(night)
    assert (bob.z, ann.z, ann.kind, ann.issues, ann.comment) == (0.2, 0.3, "QSO", "RS", "broad Mg II")
    assert [one.z for one in store.history(night, "o0")] == [0.1, 0.2, 0.3]
    assert [one.person for one in store.decisions(night, "bob")] == ["bob"]
    assert store.queues()[0].inspected == {"ann": 1, "bob": 1}


def test_what_is_undone_to_nothing_is_no_decision(store: InspectionStore) -> None:
    night = queue().id
    store.record(night, [Decision("o1", "ann", 0.1, 3), Decision("o1", "ann")])
    assert store.decisions(night) == []
    assert store.queues()[0].inspected == {}


def test_a_decision_that_comes_twice_is_kept_once(store: InspectionStore) -> None:
    night = queue().id
    store.record(night, [Decision("o0", "ann", 0.1, 3)], ["tab-1"])
    store.record(night, [Decision("o0", "ann", 0.1, 3), Decision("o1", "ann", 0.2, 4)], ["tab-1", "tab-2"])
    assert len(store.history(night, "o0")) == 1
    assert len(store.decisions(night)) == 2


def test_a_queue_comes_back_as_it_was_and_is_kept_once(store: InspectionStore) -> None:
    store.add(queue())
    store.keep_z_model(queue().id, "o1", 0.25)
    back = store.queue(queue().id)
    assert [one.z_model for one in back.objects] == [None, 0.25, None]
    assert [one.id for one in back.objects] == ["o0", "o1", "o2"]
    assert len(store.queues()) == 1
    with pytest.raises(InputError, match="there is no queue 'other' on this server"):
        store.queue("other")


def undo(store: InspectionStore, person: str, key: str) -> str | None:
    """The object whose last decision is undone under a key, as the browser does it; None: nothing is left."""
    steps = store.undo_steps(queue().id, person, 1)
    for step in steps:
        store.record(queue().id, [step.before], [key], {key: step.key})
    return steps[0].before.object_id if steps else None


def test_undo_goes_back_through_all_decisions_of_a_person_whenever_the_file_is_opened(
    store: InspectionStore,
) -> None:
    night = queue().id
    store.record(night, [Decision("o0", "ann", 0.1, 3), Decision("o1", "ann", 0.2, 4)], ["a1", "a2"])
    store.record(night, [Decision("o1", "bob", 0.7, 1), Decision("o1", "ann", 0.2, 2)], ["b1", "a3"])
    undone = [undo(InspectionStore(store.folder), "ann", "a4")]
    assert [one.quality for one in store.decisions(night, "ann")] == [3, 4]
    store.record(night, [Decision("o2", "ann", 0.3, 0)], ["a5"])
    undone += [undo(InspectionStore(store.folder), "ann", f"a{number}") for number in range(6, 10)]
    assert undone == ["o1", "o2", "o1", "o0", None], "and no undo is undone"
    assert [one.person for one in store.decisions(night)] == ["bob"]


def test_the_last_steps_of_undo_are_told_with_the_last_at_the_end(store: InspectionStore) -> None:
    qualities = [1, 2, 3, 4]
    for number in qualities:
        store.record(queue().id, [Decision("o0", "ann", 0.1, number)], [f"a{number}"])
    steps = store.undo_steps(queue().id, "ann", 3)
    assert [(step.key, step.before.quality) for step in steps] == [("a2", 1), ("a3", 2), ("a4", 3)]


def test_what_a_file_says_is_not_undone_nor_what_it_overrides(store: InspectionStore) -> None:
    night = queue().id
    store.record(night, [Decision("o0", "ann", 0.1, 3), Decision("o1", "ann", 0.2, 4)], ["a1", "a2"])
    store.record(night, [Decision("o1", "ann", 0.5, 4)])
    assert [step.key for step in store.undo_steps(night, "ann", 9)] == ["a1"]
    store.record(night, [Decision("o1", "ann", 0.6, 4)], ["a3"])
    assert undo(store, "ann", "a4") == "o1"
    assert [one.z for one in store.decisions(night, "ann")] == [0.1, 0.5]


WRITER = """
import sys
from pathlib import Path
from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.redshift.inspection.store import InspectionStore
store = InspectionStore(Path(sys.argv[1]))
for number in range(1_000_000):
    store.record(sys.argv[2], [Decision("o0", "ann", 0.1 + number, 3)])
    print(number, flush=True)
"""


def test_what_was_recorded_survives_a_kill_while_others_write(store: InspectionStore, root: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(store.folder), queue().id]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            store.record(queue().id, [Decision("o0", "bob", 0.5, 4)])
            if int(line) >= 9:
                break
        writer.kill()
        told = [int(line), *map(int, writer.stdout.read().split())]
    kept = [one.z for one in store.history(queue().id, "o0") if one.person == "ann"]
    assert kept[: told[-1] + 1] == [0.1 + number for number in range(told[-1] + 1)]
    assert len(store.decisions(queue().id, "bob")) == 1


def test_own_lines_are_kept_for_each_person(store: InspectionStore) -> None:
    store.keep_lines("ann", [("[Fe X]", 6376.3), ("[Fe VII]", 6088.7)])
    store.keep_lines("bob", [("DIB", 6284.0)])
    assert store.lines("ann") == [("[Fe VII]", 6088.7), ("[Fe X]", 6376.3)]
    store.keep_lines("ann", [])
    assert (store.lines("ann"), store.lines("bob")) == ([], [("DIB", 6284.0)])


def test_objects_of_files_are_read_again_from_where_they_lie(root: Path) -> None:
    files = [root / "tests" / "data" / name for name in ("sdss_spec.fits", "desi_coadd.fits")]
    night, unread = queue_of_files("night", [*files, root / "README.md"])
    assert [one.source for one in unread] == ["README.md"]
    assert len(night.objects) > 1
    opener = Opener()
    for one in night.objects:
        again = opener.open(one.source)
        assert (again.id, again.z_reference) == (one.source.id, one.z_catalog)
    assert queue_of_files("other label", files)[0].id == queue_of_files("night", files)[0].id


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = ObjectSource("o0", (str(tmp_path / "gone.fits"),))
    with pytest.raises(InputError, match=r"gone\.fits is no longer there, so o0 cannot be shown"):
        Opener().open(gone)


def test_a_queue_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="there is nothing to inspect"):
        Queue("night", ())
