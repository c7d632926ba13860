"""What ``aion inspect`` takes: files, folders, catalogs, tables of files and of ids; and where it leads."""

import shutil
from pathlib import Path

import pytest

from aion.__main__ import main
from aion.commands import serving
from aion.errors import InputError
from aion.explorer.redshift.inspection.opening import queue_of_paths
from aion.explorer.redshift.inspection.store import InspectionStore
from tests.explorer.conftest import settings  # noqa: F401  # a fixture

NOWHERE = Path("nowhere")


@pytest.fixture
def night(root: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "night"
    (folder / "more").mkdir(parents=True)
    shutil.copy(root / "tests" / "data" / "sdss_spec.fits", folder / "a.fits")
    shutil.copy(root / "tests" / "data" / "boss_spec.fits", folder / "more" / "b.fits")
    (folder / ".hidden").write_text("left alone")
    return folder


def test_a_folder_is_all_files_below_it(night: Path) -> None:
    queue, unread = queue_of_paths([night], NOWHERE)
    assert [Path(one.source.files[0]).name for one in queue.objects] == ["a.fits", "b.fits"]
    assert (queue.label, unread) == ("night", [])


def test_a_table_names_files_in_its_order_with_the_redshift_to_compare(night: Path) -> None:
    table = night.parent / "targets.csv"
    table.write_text("file,z\nnight/more/b.fits,0.7\nnight/a.fits,\nnight/gone.fits,0.1\n")
    queue, [gone] = queue_of_paths([table], NOWHERE)
    assert [Path(one.source.files[0]).name for one in queue.objects] == ["b.fits", "a.fits"]
    assert queue.objects[0].z_catalog == 0.7
    assert gone.source == "gone.fits"


def test_a_catalog_is_inspected_whole_or_by_the_ids_of_a_table(settings, tmp_path):  # noqa: F811
    whole, _ = queue_of_paths([settings.catalog], NOWHERE)
    assert len(whole.objects) == 12
    table = tmp_path / "some.csv"
    table.write_text("id,z\nobject 3,0.1\nobject 1,0.2\n")
    some, _ = queue_of_paths([table], settings.catalog)
    assert [one.id for one in some.objects] == ["object 3", "object 1"]


def test_ids_of_a_table_that_are_twice_or_unknown_leave_the_others_a_queue(settings, tmp_path):  # noqa: F811
    table = tmp_path / "some.csv"
    table.write_text("id\nobject 3\nobject 3\nobject 99\n")
    queue, [gone] = queue_of_paths([table], settings.catalog)
    InspectionStore(tmp_path).add(queue)
    assert [one.id for one in queue.objects] == ["object 3"]
    assert gone.source == "object 99"


def test_what_is_no_redshift_in_a_table_of_files_is_named_by_its_row(night: Path) -> None:
    table = night.parent / "targets.csv"
    table.write_text("file;z\nnight/a.fits;-1\nnight/more/b.fits;0,7\n")
    queue, _ = queue_of_paths([table], NOWHERE)
    unknown, stated = (one.z_catalog for one in queue.objects)
    assert stated == 0.7, "a comma is a point"
    assert unknown != -1
    table.write_text("file,z\nnight/a.fits,0.1\nnight/more/b.fits,unclear\n")
    with pytest.raises(InputError, match=r"targets.csv, row 2: 'unclear' is no number"):
        queue_of_paths([table], NOWHERE)


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="there is no file or folder nowhere"):
        queue_of_paths([NOWHERE], NOWHERE)


def test_aion_inspect_keeps_the_queue_and_opens_the_application_at_it(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AION_INSPECTION", str(tmp_path / "kept"))
    started = []
    monkeypatch.setattr(serving.subprocess, "run", lambda command, env, check: started.append(env))
    (night / "notes.txt").write_text("a night of clouds")
    assert main(["inspect", str(night)]) == 0
    [kept] = InspectionStore(tmp_path / "kept").queues()
    assert (kept.objects, started[0]["AION_QUEUE"]) == (2, kept.id)
    assert "notes.txt" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "gone")]) == 2
    assert main(["app"]) == 0 and "AION_QUEUE" not in started[1]
