"""``aion batch`` and ``aion catalog``: what they print, write and end with."""

import signal
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from aion.__main__ import main
from aion.catalog import Catalog
from aion.explorer.survey import opening, pipeline
from aion.explorer.survey.opening import FilePartition
from aion.lance_index import LanceIndex
from tests.explorer.survey.conftest import COUNT, contents
from tests.explorer.survey.test_run import rows_of


@pytest.fixture
def catalog_folder(here, folder, tmp_path, capsys) -> Path:
    """A catalog by the command."""
    assert main(["batch", str(folder), "--out", str(tmp_path / "made"), "--label", "my night"]) == 1
    capsys.readouterr()
    return tmp_path / "made"


def test_batch_says_how_far_it_is_and_what_is_left_out(here, folder, tmp_path, capsys):
    assert main(["batch", str(folder), "--out", str(tmp_path / "out")]) == 1, "one file is damaged"
    captured = capsys.readouterr()
    assert captured.out == "" and f"{COUNT + 1} objects, 1 left out" in captured.err
    assert "of 1 partitions" in captured.err and "spectrum-3.fits: " in captured.err.splitlines()[-1]


def test_batch_by_ranks_without_a_rank_says_what_to_do(here, folder, tmp_path, capsys):
    assert main(["batch", str(folder), "--out", str(tmp_path / "out"), "--runner", "rank"]) == 2
    assert "start it by srun or torchrun" in capsys.readouterr().err


def test_batch_of_nothing_says_what_to_name(here, tmp_path, capsys):
    assert main(["batch", "--out", str(tmp_path / "out")]) == 2
    assert "--list" in capsys.readouterr().err


def test_an_interrupt_ends_batch_after_the_partition(here, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(opening, "FILES", 1)
    monkeypatch.setattr(pipeline, "LANES", 1)
    original, seen = FilePartition.read, []

    def interrupting(partition):
        seen.append(partition.name)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else (
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            )
        return original(partition)

    monkeypatch.setattr(FilePartition, "read", interrupting)
    words = ["batch", str(folder), "--out", str(tmp_path / "out")]
    assert main(words) == 2
    assert "the same command goes on with the rest" in capsys.readouterr().err
    assert 2 <= len(seen) < COUNT
    monkeypatch.setattr(FilePartition, "read", original)
    assert main(words) == 1 and len(rows_of(tmp_path / "out")) == COUNT + 1


def test_info_says_what_is_in_a_catalog(catalog_folder, capsys):
    assert main(["catalog", "info", str(catalog_folder)]) == 0
    out = capsys.readouterr().out
    assert f"my night: {COUNT + 1} objects" in out and "z_best" in out and "vectors: all" in out


def test_check_finds_a_file_that_is_damaged_or_missing(catalog_folder, capsys):
    assert main(["catalog", "check", str(catalog_folder)]) == 0
    assert "all of it is there" in capsys.readouterr().out
    (catalog_folder / "unplaced.parquet").write_bytes(b"PAR1 damaged")
    assert main(["catalog", "check", str(catalog_folder)]) == 1
    err = capsys.readouterr().err
    assert "unplaced.parquet cannot be read" in err and "its manifest says" in err


def test_tables_of_lancedb_are_made_and_the_catalog_is_searched_by_them(catalog_folder, capsys):
    before = Catalog.load(catalog_folder)
    vector = before.index.vector(3)
    expected = [one.id for one in before.neighbors({"all": vector}, 4)]
    assert main(["catalog", "index", str(catalog_folder), "--engine", "lance"]) == 0
    assert (catalog_folder / "index" / "lance" / "all.lance").is_dir()
    loaded = Catalog.load(catalog_folder)
    assert isinstance(loaded.index, LanceIndex)
    assert sorted(one.id for one in loaded.neighbors({"all": vector}, 4)) == sorted(expected)
    assert main(["catalog", "check", str(catalog_folder)]) == 0


def test_merging_gives_the_rows_of_all_with_ids_that_differ(catalog_folder, here, folder, tmp_path, capsys):
    one = folder / "night 1" / "spectrum-5.fits"
    assert main(["batch", str(one), "--out", str(tmp_path / "one")]) == 0
    out = tmp_path / "merged"
    assert main(["catalog", "merge", str(catalog_folder), str(tmp_path / "one"), "--out", str(out)]) == 0
    rows = rows_of(out)
    assert len(rows) == COUNT + 2 and "0266-51602-0006 (2)" in rows["id"].to_pylist()
    assert main(["catalog", "check", str(out)]) == 0
    assert len(pq.read_table(out / "failures.parquet")) == 1
    assert main(["catalog", "merge", str(catalog_folder), "--out", str(out)]) == 2
    assert "holds a catalog already" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["parquet", "csv", "ecsv", "fits", "vot"])
def test_the_table_is_exported_without_what_is_for_machines(catalog_folder, tmp_path, ending):
    out = tmp_path / f"table.{ending}"
    assert main(["catalog", "export", str(catalog_folder), "--out", str(out)]) == 0
    if ending == "parquet":
        names, count = pq.read_schema(out).names, pq.read_metadata(out).num_rows
    else:
        formats = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable"}
        table = Table.read(out, format=formats.get(ending, ending))
        names, count = table.colnames, len(table)
    assert count == COUNT + 1 and {"id", "z_best", "flags"} <= set(names)
    assert not [name for name in names if name.startswith(("tok_", "vector_", "picture"))]


def test_an_ending_that_cannot_be_written_is_refused(catalog_folder, tmp_path, capsys):
    assert main(["catalog", "export", str(catalog_folder), "--out", str(tmp_path / "table.xlsx")]) == 2
    assert "parquet, csv, ecsv, fits, vot can be written" in capsys.readouterr().err


def test_the_same_command_twice_changes_nothing(catalog_folder, folder, here):
    before = contents(catalog_folder)
    assert main(["batch", str(folder), "--out", str(catalog_folder), "--label", "my night"]) == 1
    assert contents(catalog_folder) == before
