"""A source becomes a catalog: the numbers of the engine, once, by whoever does the partitions."""

import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aion.catalog import Catalog
from aion.catalog.folder import row_files
from aion.errors import ConfigError, InputError
from aion.explorer.engine import Engine
from aion.explorer.settings import process_share
from aion.explorer.survey import opening, pipeline
from aion.explorer.survey.dask_runner import Dask
from aion.explorer.survey.opening import open_source
from aion.explorer.survey.rank_runner import Rank
from aion.explorer.survey.run import Here, RunProgress, run
from aion.io import read
from tests.explorer.survey.conftest import COUNT, contents


@pytest.fixture(autouse=True)
def small_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FILES", 3)


@pytest.fixture(scope="session")
def finished(folder: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of the folder, made without disturbance."""
    out = tmp_path_factory.mktemp("catalog") / "of files"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "FILES", 3)
        run(open_source([folder]), out, Here(engine), engine, with_p_z=True)
    return out


LAST = f"spectrum-{COUNT - 1}.fits"
"""First file of the last partition."""


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    """Names of the files that are not the same in two folders."""
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def rows_of(folder: Path) -> pa.Table:
    tables = [pq.read_table(path, partitioning=None) for path in row_files(folder)]
    return pa.concat_tables(tables, promote_options="default")


def test_rows_have_the_numbers_of_an_analysis(folder, engine, finished):
    rows = {row["id"]: row for row in rows_of(finished).to_pylist()}
    assert len(rows) == COUNT - 1 + 2
    [target] = read(folder / "night 1" / "spectrum-5.fits")
    analysis, row = engine.analyze(target), rows["0266-51602-0006"]
    pdf = analysis.redshift
    named = {"z_best": pdf.peaks[0].z, "z_mode": pdf.mode, "z_median": pdf.median, "z_mean": pdf.mean}
    assert {name: row[name] for name in named} == pytest.approx(named, rel=1e-5)
    assert row["z_lo95"] < row["z_lo68"] < row["z_median"] < row["z_hi68"] < row["z_hi95"]
    assert row["flags"] == list(pdf.flags) and row["n_peaks"] == len(pdf.peaks)
    assert row["tok_spectrum_sdss"]["token"] == analysis.tokens["tok_spectrum_sdss"].tolist()
    np.testing.assert_allclose(row["vector_all"], analysis.embedding, atol=1e-3)
    np.testing.assert_allclose(row["p_z"], pdf.probability, atol=1e-4)
    assert row["z"] == 0.5 and row["class"] == "galaxy" and 0 < row["coverage"] <= 1
    assert set(json.loads(row["votes"])) <= {"galaxy", "star", "quasar"}
    assert row["sources"] == ["spectrum-5.fits"] and len(row["sha256"][0]) == 64


def test_what_is_left_out_is_listed_with_its_reason(finished):
    [failure] = pq.read_table(finished / "failures.parquet").to_pylist()
    assert failure["source"] == "spectrum-3.fits" and "damaged" in failure["why"]
    assert not failure["may_pass"] and not failure["is_fault"]


def test_the_catalog_is_one_of_hats_that_lsdb_opens(finished):
    import lsdb

    opened = lsdb.open_catalog(finished)
    assert len(opened) == COUNT - 1 and opened.hc_structure.catalog_info.ra_column == "ra"
    found = opened.cone_search(37.0 * 5, 5.0, 60).compute()
    assert found["id"].tolist() == ["0266-51602-0006"]
    unplaced = pq.read_table(finished / "unplaced.parquet")
    assert unplaced["id"].to_pylist() == ["one", "two"] and "_healpix_29" not in unplaced.column_names


def test_the_application_opens_the_catalog(engine, finished):
    catalog = Catalog.load(finished, model_sha256=engine.info.sha256)
    assert len(catalog) == COUNT + 1 and catalog.manifest.label == "survey"
    entry = catalog.entry("0266-51602-0006")
    assert entry.ra == pytest.approx(185.0) and entry.tokens["tok_spectrum_sdss"].ndim == 1
    vector = engine.embed([entry])[0]
    assert catalog.neighbors({"all": vector}, 1)[0].id == entry.id
    small = catalog.small_spectrum(entry.id)
    assert small is not None and np.isfinite(small.flux).any() and catalog.picture(entry.id) is None
    assert {"z_best", "flags"} <= {*pq.read_schema(row_files(finished)[0]).names}
    assert {"pca_1", "pca_2"} <= {*catalog.table}


def test_a_finished_catalog_is_not_made_again(folder, engine, finished):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    result = run(open_source([folder]), finished, Here(engine), engine, with_p_z=True)
    assert result.is_complete and result.rows == COUNT + 1 and len(result.failures) == 1
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_other_settings_in_the_same_folder_are_refused(folder, engine, finished):
    with pytest.raises(InputError, match="another settings; choose another folder"):
        run(open_source([folder]), finished, Here(engine), engine)
    with pytest.raises(InputError, match="another input, partitions"):
        run(open_source([folder / "photometry.ecsv"]), finished, Here(engine), engine, with_p_z=True)


def test_a_run_that_is_stopped_goes_on_and_gives_the_same_bytes(
    folder, engine, finished, tmp_path, monkeypatch
):
    monkeypatch.setattr(pipeline, "LANES", 1)
    stop, seen = threading.Event(), []

    def watch(progress: RunProgress) -> None:
        seen.append(progress)
        if progress.partitions:
            stop.set()

    out = tmp_path / "out"
    options = {"with_p_z": True, "progress": watch}
    first = run(open_source([folder]), out, Here(engine), engine, stop=stop, **options)
    assert not first.is_complete and first.is_stopped and 0 < first.rows < COUNT
    again = run(open_source([folder]), out, Here(engine), engine, **options)
    assert again.is_complete and contents(out) == contents(finished)
    assert seen[-1].partitions == seen[-1].total and "objects" in seen[-1].sentence()


def test_processes_that_share_the_partitions_give_the_same_bytes(folder, engine, finished, tmp_path):
    second = run(open_source([folder]), tmp_path, Rank(engine, 1, 2), engine, with_p_z=True)
    assert not second.is_complete and not second.is_stopped
    first = run(open_source([folder]), tmp_path, Rank(engine, 0, 2), engine, with_p_z=True)
    assert first.is_complete and contents(tmp_path) == contents(finished)


def test_the_first_process_does_not_wait_forever_for_another(folder, engine, tmp_path):
    with pytest.raises(InputError, match="2 partitions of other processes did not come"):
        run(open_source([folder]), tmp_path, Rank(engine, 0, 2, patience=0.2), engine)


def test_the_share_of_a_process_is_what_slurm_or_torchrun_say():
    assert process_share({"SLURM_PROCID": "3", "SLURM_NTASKS": "8"}) == (3, 8)
    assert process_share({"RANK": "0", "WORLD_SIZE": "2"}) == (0, 2)
    with pytest.raises(ConfigError, match="srun or torchrun"):
        process_share({})


@pytest.mark.slow
def test_dask_gives_the_same_bytes(folder, engine, finished, tmp_path):
    runner = Dask(engine.settings, workers=1)
    assert run(open_source([folder]), tmp_path, runner, engine, with_p_z=True).is_complete
    assert contents(tmp_path) == contents(finished)


def test_a_process_killed_at_any_moment_goes_on_and_gives_the_same_bytes(
    folder, settings, finished, tmp_path, root
):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.explorer.survey.killed",
            folder,
            tmp_path / "out",
            settings.model,
            settings.catalog,
        ],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out") == contents(finished)


def test_a_partition_that_cannot_be_read_once_is_read_again(folder, engine, finished, tmp_path, monkeypatch):
    attempts = []

    def unreliable(partition):
        attempts.append(partition.name)
        if attempts.count(partition.name) == 1:
            raise OSError("the disk is away")
        return original(partition)

    original = opening.FilePartition.read
    monkeypatch.setattr(opening.FilePartition, "read", unreliable)
    assert run(open_source([folder]), tmp_path, Here(engine), engine, with_p_z=True).is_complete
    assert contents(tmp_path) == contents(finished)


def test_what_may_pass_is_tried_when_the_run_is_given_again(folder, engine, finished, tmp_path, monkeypatch):
    original = opening.FilePartition.read

    def away(partition):
        if LAST in partition.name:
            raise OSError("the disk is away")
        return original(partition)

    with monkeypatch.context() as patch:
        patch.setattr(opening.FilePartition, "read", away)
        first = run(open_source([folder]), tmp_path, Here(engine), engine, with_p_z=True)
    assert first.is_complete and first.may_pass == 1
    assert "the disk is away" in first.failures[-1].why
    again = run(open_source([folder]), tmp_path, Here(engine), engine, with_p_z=True)
    assert again.may_pass == 0 and contents(tmp_path) == contents(finished)


def test_a_zip_gives_what_its_files_give(folder, engine, finished, tmp_path):
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    run(open_source([tmp_path / "files.zip"]), tmp_path / "out", Here(engine), engine, with_p_z=True)
    assert differing(contents(tmp_path / "out"), contents(finished)) == {"catalog.json"}, (
        "its input is another"
    )


def test_nothing_that_can_be_embedded_is_no_catalog(engine, tmp_path):
    (tmp_path / "notes.txt").write_text("no table at all, really")
    with pytest.raises(InputError, match=r"none of the objects could be embedded: notes\.txt"):
        run(open_source([tmp_path / "notes.txt"]), tmp_path / "out", Here(engine), engine)
    with pytest.raises(InputError, match="there is no file or folder"):
        open_source([tmp_path / "nothing"])


def test_a_fault_in_one_partition_is_listed_and_the_rest_goes_on(folder, engine, tmp_path, monkeypatch):
    original = opening.FilePartition.read

    def faulty(partition):
        return {}["a slip"] if LAST in partition.name else original(partition)

    monkeypatch.setattr(opening.FilePartition, "read", faulty)
    result = run(open_source([folder]), tmp_path, Here(engine), engine)
    [fault] = [one for one in result.failures if one.is_fault]
    assert result.is_complete and fault.may_pass and "a fault of this program" in fault.why
