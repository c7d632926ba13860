"""A catalog of a person's own objects: made batch by batch, stopped and gone on with,
read by all that reads the reference catalog."""

import io
import os
import shutil
import threading
import time
import zipfile

import numpy as np
import pandas as pd
import pytest

from aion.catalog import ALL, Catalog
from aion.errors import ClosedError, IndexMismatchError
from aion.explorer.catalogs import user_catalog
from aion.explorer.catalogs.similarity import Searches
from aion.explorer.catalogs.user_catalog import BATCH, CatalogJob
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings

ROWS = 2 * BATCH + 8


def table(rows: int = ROWS, *, with_truth: bool = True) -> io.BytesIO:
    """Photometry as a person uploads it; row 3 of it has no value."""
    names = ["id", "FLUX_G", "FLUX_R", *(["z", "class"] if with_truth else [])]
    lines = [f"{i:04d},{1 + i},{2 + i}" + (f",{i / 100},GALAXY" if with_truth else "") for i in range(rows)]
    lines[2] = "0002,," + (",," if with_truth else "")
    file = io.BytesIO("\n".join([",".join(names), *lines]).encode())
    file.name = "mine.csv"
    return file


class Watched:
    """An engine that counts what it is asked, and calls `then` after each batch."""

    def __init__(self, engine: Engine, then=lambda batches: None) -> None:
        self._engine, self._then, self.batches = engine, then, 0

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def embed_objects(self, targets):
        answers = self._engine.embed_objects(targets)
        self.batches += 1
        self._then(self.batches)
        return answers


def finished(files, engine, root) -> CatalogJob:
    making = CatalogJob(files, engine, root)
    making.wait(120)
    assert not making.is_running
    return making


def stopped_after(batches: int, engine, root) -> CatalogJob:
    """Work that is told to stop while that batch is embedded."""
    started, making = threading.Event(), []

    def then(done: int) -> None:
        started.wait(60)
        if done == batches:
            making[0].stop()

    making.append(CatalogJob([table()], Watched(engine, then), root))
    started.set()
    making[0].wait(120)
    return making[0]


def assert_same(first: Catalog, second: Catalog) -> None:
    """Everything, embeddings to the digits that are kept: what shares a pass of the model is chance."""
    for id in first.table["id"]:
        one, other = first.entry(id).tokens, second.entry(id).tokens
        assert {key: ids.tolist() for key, ids in one.items()} == {
            key: ids.tolist() for key, ids in other.items()
        }
    assert first.indexes.keys() == second.indexes.keys()
    for view, index in first.indexes.items():
        assert list(index.ids) == list(second.indexes[view].ids)
        # half precision
        np.testing.assert_allclose(index.vectors(), second.indexes[view].vectors(), atol=1e-3)
    told = [
        catalog.table.drop(columns=["pca_1", "pca_2", "umap_1", "umap_2"], errors="ignore")
        for catalog in (first, second)
    ]
    pd.testing.assert_frame_equal(*told)


def test_a_table_becomes_a_catalog_of_these_weights_with_ids_as_text(engine, tmp_path):
    watched = Watched(engine)
    made = finished([table()], watched, tmp_path).result
    assert made.complete and len(made.catalog) == ROWS - 1 and watched.batches == 3, (
        "others are answered between batches"
    )
    again = Catalog.load(made.catalog.folder, model_sha256=engine.info.sha256)
    assert again.manifest.model_sha256 == engine.info.sha256 and list(again.indexes) == [ALL, "photometry"]
    assert list(again.table["id"][:3]) == ["0000", "0001", "0003"]
    assert all(isinstance(id, str) for id in (*again.table["id"], *again.index.ids))
    assert set(again.table["class"]) == {"galaxy"} and again.table["z"].iloc[5] == pytest.approx(0.06)
    assert again.table["mag_r"].iloc[0] == pytest.approx(22.5 - 2.5 * np.log10(2))


def test_a_row_that_cannot_be_read_is_listed_and_does_not_stop_the_rest(engine, tmp_path):
    made = finished([table()], engine, tmp_path).result
    assert [(one.what, one.why.split(":")[0]) for one in made.problems] == [
        ("mine.csv", f"1 of {ROWS} rows without photometry")
    ]
    assert "0002 (row 3)" in made.problems[0].why


def test_files_and_objects_that_cannot_be_read_are_listed(engine, tmp_path, root):
    small = tmp_path / "small.npz"
    np.savez(small, image=np.ones((3, 40, 40), np.float32), bands=["g", "r", "z"])
    broken = tmp_path / "broken.fits"
    broken.write_bytes(b"SIMPLE  =" + b"\x00" * 100)
    made = finished([small, broken, root / "tests/data/sdss_spec.fits"], engine, tmp_path / "own").result
    assert made.complete and len(made.catalog) == 1 and made.total == 2
    why = {one.what: one.why for one in made.problems}
    assert set(why) == {"broken.fits", "small"} and "40x40" in why["small"]


def test_a_part_that_cannot_be_read_is_listed_and_the_object_stays(engine, tmp_path):
    both = tmp_path / "both.npz"
    np.savez(both, image=np.ones((3, 40, 40), np.float32), bands=["g", "r", "z"], FLUX_G=2.0, FLUX_R=3.0)
    made = finished([both], engine, tmp_path / "own").result
    assert list(made.catalog.table["id"]) == ["both"] and "embedded without its" in made.problems[0].why
    assert "40x40" in made.problems[0].why


def test_work_that_is_cut_goes_on_where_it_was_and_gives_the_same(engine, tmp_path):
    cut = stopped_after(1, engine, tmp_path / "cut")
    assert cut.embedded == BATCH and not cut.result.complete
    went_on = finished([table()], engine, tmp_path / "cut")
    assert went_on.embedded == ROWS - 1 - BATCH and went_on.result.complete
    at_once = finished([table()], engine, tmp_path / "whole")
    assert at_once.embedded == ROWS - 1
    assert_same(went_on.result.catalog, at_once.result.catalog)
    watched = Watched(engine)
    again = finished([table()], watched, tmp_path / "cut")
    assert watched.batches == 0 and again.embedded == 0
    assert_same(again.result.catalog, at_once.result.catalog)


def test_what_is_embedded_when_the_work_is_stopped_is_a_catalog(engine, tmp_path):
    cut = stopped_after(2, engine, tmp_path)
    assert not cut.is_running and cut.problem is None
    assert not cut.result.complete and len(cut.result.catalog) == 2 * BATCH and cut.result.total == ROWS - 1
    assert not cut.result.catalog.folder.exists(), "the next one on these files goes on"


def test_nobody_waits_for_a_file_when_the_work_is_stopped_while_it_reads(engine, tmp_path, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(user_catalog, "read_many", lambda files: (list(files), go_on.wait(60), ([], []))[-1])
    making = CatalogJob([table()], engine, tmp_path)
    assert making.is_running
    making.stop()
    assert not making.is_running and making.result is None and making.problem is None
    go_on.set()
    making.wait(60)


def test_work_that_was_stopped_takes_nothing_from_the_next_one_that_reads_the_same_files(
    engine, tmp_path, monkeypatch
):
    go_on, read, given, held = threading.Event(), user_catalog.read_many, table(), []

    def until_told(files):
        held.append(next(iter(files)))
        go_on.wait(60)
        held[0].read()
        return [], []

    monkeypatch.setattr(user_catalog, "read_many", until_told)
    stopped = CatalogJob([given], engine, tmp_path)
    while not held:
        time.sleep(0.01)
    stopped.stop()

    def meanwhile(files):
        first = next(iter(files))
        go_on.set()
        stopped.wait(60)
        return read([first])

    monkeypatch.setattr(user_catalog, "read_many", meanwhile)
    again = finished([given], engine, tmp_path)
    assert again.problem is None and len(again.result.catalog) == ROWS - 1


def test_the_order_of_the_files_does_not_matter_but_their_content_does(engine, tmp_path, root):
    files = [table(), root / "tests/data/sdss_spec.fits"]
    first = finished(files, engine, tmp_path).result.catalog
    assert finished(files[::-1], engine, tmp_path).result.catalog.folder == first.folder
    other = finished([table(ROWS - 1), files[1]], engine, tmp_path).result.catalog
    assert other.folder.parent != first.folder.parent


def test_a_catalog_of_other_weights_is_refused(engine, tmp_path):
    made = finished([table()], engine, tmp_path).result
    with pytest.raises(
        IndexMismatchError, match=r"made by weights .* these are 000000000000…; build it again"
    ):
        user_catalog.stored_result(made.catalog.folder.parent, "0" * 64)


def test_spectra_and_images_have_previews_and_views_of_their_own(engine, tmp_path, root):
    files = [root / "tests/data/sdss_spec.fits", root / "tests/data/spspec.fits"]
    catalog = finished(files, engine, tmp_path / "spectra").result.catalog
    assert set(catalog.indexes) == {ALL, "spectrum"}
    drawn = catalog.small_spectrum(catalog.table["id"][0])
    assert np.isfinite(drawn.flux).any() and len(drawn.wavelength) == 160
    image = finished([root / "tests/data/ls_cutout.fits.gz"], engine, tmp_path / "image").result.catalog
    assert image.picture(image.table["id"][0])[8:12] == b"WEBP"
    assert image.table["survey"][0] == "Legacy Survey"


def test_the_views_of_an_object_are_made_from_its_parts(engine, tmp_path, root):
    catalog = finished([root / "tests/data/mmu_legacysurvey.hdf5"], engine, tmp_path).result.catalog
    id = str(catalog.table["id"][0])
    streams = catalog.views_of(catalog.entry(id).tokens)
    assert set(streams) == {ALL, "image", "photometry"}
    for view, used in streams.items():
        np.testing.assert_allclose(
            catalog.indexes[view].vector(0), engine.embed([catalog.entry(id)], use=used)[0], atol=1e-3
        )


def test_files_of_one_object_are_joined_by_their_id_and_equal_ids_of_one_file_get_a_number(
    engine, tmp_path, root
):
    np.savez(
        tmp_path / "B7.npz",
        image=np.random.default_rng(0).normal(1, 1, (3, 96, 96)).astype(np.float32),
        bands=["g", "r", "z"],
    )
    rows = tmp_path / "rows.csv"
    rows.write_text("object_id,FLUX_G\nA1,1\nA1,2\nB7,3\n")
    catalog = finished([rows, tmp_path / "B7.npz"], engine, tmp_path / "own").result.catalog
    assert sorted(catalog.table["id"]) == ["A1", "A1 (2)", "B7"]
    assert set(catalog.entry("B7").tokens) == {"tok_image", "tok_flux_g"}


def test_a_catalog_without_redshifts_and_classes_is_searched_as_any(engine, tmp_path):
    catalog = finished([table(with_truth=False)], engine, tmp_path).result.catalog
    id = str(catalog.table["id"][4])
    assert catalog.entry(id).z_reference is None and catalog.entry(id).kind == ""
    searches = Searches(catalog)
    found = searches.search([searches.example(id)], k=5)
    assert len(found) == 5 and all(one.z is None and one.kind == "" for one in found)
    measured = searches.quality()
    assert all(np.isnan(row.purity) and np.isnan(row.redshift) for row in measured)


def test_the_zip_opens_as_the_reference_catalog(engine, tmp_path, settings):
    made = finished([table()], engine, tmp_path).result
    with zipfile.ZipFile(io.BytesIO(user_catalog.zip_folder(made.catalog))) as archive:
        archive.extractall(tmp_path / "unpacked")
    other = Engine(Settings(model=settings.model, device="cpu", catalog=tmp_path / "unpacked" / "catalog"))
    assert_same(other.catalog, made.catalog)
    assert other.catalog.manifest.label == "uploaded"
    other.close()


def test_a_deleted_catalog_is_gone_but_still_shown_to_who_has_it_open(engine, tmp_path, root):
    made = finished([root / "tests/data/ls_cutout.fits.gz"], engine, tmp_path).result
    user_catalog.forget(made.catalog)
    assert not list(tmp_path.iterdir()) and made.catalog.picture(made.catalog.table["id"][0])
    user_catalog.forget(made.catalog)
    with zipfile.ZipFile(io.BytesIO(user_catalog.zip_folder(made.catalog))) as archive:
        archive.extractall(tmp_path)
    assert_same(Catalog.load(tmp_path / "catalog"), made.catalog)


def test_the_same_files_in_several_sessions_become_one_catalog(engine, tmp_path):
    for trial in range(3):
        work = [CatalogJob([table()], engine, tmp_path / str(trial)) for _ in range(4)]
        for making in work:
            making.wait(120)
        assert [making.problem for making in work] == [None] * 4
        for making in work[1:]:
            assert_same(making.result.catalog, work[0].result.catalog)
        assert_same(Catalog.load(work[0].result.catalog.folder), work[0].result.catalog)


def test_what_is_deleted_while_others_work_on_it_is_made_all_the_same(engine, tmp_path):
    def delete(batches):
        for folder in tmp_path.iterdir():
            shutil.rmtree(folder)

    made = finished([table()], Watched(engine, delete), tmp_path).result
    assert made.complete and len(made.catalog) == ROWS - 1


def test_a_fault_of_this_program_is_no_property_of_the_object_and_is_not_kept(engine, tmp_path, caplog):
    class Faulty(Watched):
        def embed_objects(self, targets):
            return [
                IndexError("list index") if one.id == "0003" else answer
                for one, answer in zip(targets, super().embed_objects(targets), strict=True)
            ]

    made = finished([table()], Faulty(engine), tmp_path).result
    assert "0003" not in made.catalog
    reasons = {one.what: one.why for one in made.problems}
    assert "a fault of this program, not of what it was given (IndexError" in reasons["0003"]
    assert "list index" in caplog.text, "with its traceback"
    watched = Watched(engine)
    again = finished([table()], watched, tmp_path)
    assert "0003" in again.result.catalog and watched.batches == 1, "what was sound is kept"


def test_an_engine_that_closes_ends_the_work_and_is_no_fault_of_the_objects(engine, tmp_path):
    class Closed(Watched):
        def embed_objects(self, targets):
            return [ClosedError("the engine is closed")] * len(targets)

    assert finished([table()], Closed(engine), tmp_path).problem == "the engine is closed"
    assert finished([table()], engine, tmp_path).result.complete


def test_what_nobody_asked_for_in_a_week_is_deleted(engine, tmp_path):
    folder = finished([table()], engine, tmp_path).result.catalog.folder.parent
    user_catalog.forget_old(tmp_path)
    assert folder.is_dir()
    long_ago = time.time() - 8 * 86_400
    theirs = tmp_path / "photographs" / "parts"
    theirs.mkdir(parents=True)
    for path in (folder / user_catalog.MARKER, folder, theirs.parent, theirs):
        os.utime(path, (long_ago, long_ago))
    user_catalog.forget_old(tmp_path)
    assert not folder.exists() and theirs.is_dir(), "only what was made here"


def test_files_without_an_object_are_explained(engine, tmp_path):
    nothing = tmp_path / "notes.txt"
    nothing.write_text("this is not a table\n")
    making = finished([nothing], engine, tmp_path / "own")
    assert making.result is None and "notes.txt" in making.problem
    many = io.BytesIO(b"id,FLUX_G\n" + b"1,2\n" * 3)
    many.name = "many.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_catalog, "MOST", 2)
        assert "up to 2 go into one catalog" in finished([many], engine, tmp_path / "own").problem


def test_a_failure_of_the_machine_is_told_and_ends_the_work(engine, tmp_path, monkeypatch):
    def no_space(*_args):
        raise OSError("no space left")

    monkeypatch.setattr(user_catalog, "keep", no_space)
    making = finished([table()], engine, tmp_path)
    assert "no space left" in making.problem and making.result is None
