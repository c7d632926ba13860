"""The Batch page, and the catalog of a batch on the Catalog, Similar and Analyze pages."""

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aion.explorer.catalogs import batches
from aion.explorer.survey import pipeline
from aion.explorer.ui.batch import batch_result, new_batch
from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.examples import example_spectra
from aion.heads import HeadFolder, apply_heads
from aion.heads.samples import LabelChoice, label_objects
from aion.heads.training import train_head
from tests.explorer.catalogs.test_batches import table
from tests.heads.labeled import SDSS, labeled_catalog
from tests.pages.conftest import reopened, shown, widget

TIMEOUT = 120


def pick(at, *files):
    widget(at.file_uploader, "batch-files").set_value(
        [(file.name, file.getvalue(), "text/csv") for file in files]
    ).run()
    return press(at, "Begin")


def press(at, label):
    next(button for button in at.button if button.label.startswith(label)).click().run()
    return at


def finished(at):
    """The page once the batch of its address is over."""
    batch = server.batches().wait(key_of(at), TIMEOUT)
    assert batch is None or batch.progress is None
    return at.run()


def key_of(at):
    given = at.query_params["batch"]
    return given if isinstance(given, str) else given[0]


def batch_of(at):
    return server.batches().get(key_of(at))


def use(at):
    """The Catalog page, looking into the batch that is over; a test follows no switch of pages."""
    return press(at, "Use as catalog").switch_page("pages/catalog.py").run()


def found(at):
    return [one.key.removeprefix("found-do-") for one in at.menu_button if one.key.startswith("found-do-")]


@pytest.fixture
def page(app):
    return app.switch_page("pages/batch.py").run()


@pytest.fixture
def mine(page):
    """The page of a batch of 39 rows of a table."""
    return finished(pick(page, table(40)))


@pytest.fixture
def used(mine):
    """The Catalog page that looks into it."""
    return use(mine)


@pytest.fixture
def gate(monkeypatch):
    """Partitions are embedded when they are let through, one after the other."""
    gate, read = threading.Semaphore(0), pipeline.read_by_model
    monkeypatch.setattr(batches, "LANES", 1)
    monkeypatch.setattr(pipeline, "read_by_model", lambda *given: (gate.acquire(timeout=60), read(*given))[1])
    yield gate
    gate.release(100)


def until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_example_spectra_are_a_batch_for_who_has_no_files_at_hand(page):
    at = finished(press(page, "Try it with example spectra"))
    assert not at.exception
    assert batch_of(at).record.rows == len(example_spectra())


def test_uploaded_rows_become_a_table_with_redshifts_and_plots(mine, figures):
    assert not mine.exception and not mine.error and "Done: 39 objects, 1 left out" in shown(mine)
    listed = mine.dataframe[0].value
    assert len(listed) == 39 and listed["id"].tolist()[:2] == ["0000", "0001"]
    assert listed["z_best"].notna().all() and (listed["z_error"] > 0).all()
    assert listed["p_z"].str.startswith("data:image/svg").all() and listed["votes"].str.contains("%").all()
    assert set(listed["flags"].astype(str)) >= {"low coverage"} or listed["flags"].astype(str).any()
    assert len(figures(mine)) == 3, "redshifts, against the survey's, flags"


def test_what_will_be_done_and_how_long_it_is_kept_is_said_before(page):
    widget(page.file_uploader, "batch-files").set_value([("mine.csv", table().getvalue(), "text/csv")]).run()
    text = shown(page)
    assert "1 file, " in text and "mine.csv" in text and "7 days" in text
    assert "computer that runs this application" in text


def test_what_was_left_out_is_listed_with_the_reason(mine):
    [problems] = [frame.value for frame in mine.dataframe if "Why" in frame.value]
    assert problems["File or object"].tolist() == ["mine.csv"] and "0002 (row 3)" in problems["Why"][0]


def test_progress_is_shown_and_can_be_cancelled_and_gone_on_with(page, gate):
    gate.release()
    pick(page, table(81))
    until(lambda: batch_of(page).progress.done >= 16)
    page.run()
    text = page.get("progress")[0].proto.text
    assert text.startswith("Analyzing: 16 of 80 objects, ") and text.endswith("1 left out")
    press(page, "Cancel")
    assert "Ending after the objects that are begun" in shown(page)
    gate.release(1)
    finished(page)
    assert "Cancelled: 32 objects" in shown(page) and len(page.dataframe[0].value) == 32
    gate.release(3)
    finished(press(page, "Go on"))
    assert not page.exception and "Done: 80 objects" in shown(page) and batch_of(page).record.rows == 80


def test_the_address_finds_a_batch_again_and_a_wrong_one_is_explained(mine, root):
    again = reopened(mine, root)
    again = again.switch_page("pages/batch.py")
    again.query_params["batch"] = key_of(mine)
    assert "39 objects" in shown(again.run())
    again.query_params["batch"] = "f" * 32
    again.run()
    assert not again.exception and "no batch of this address" in again.error[0].value


def test_only_who_is_at_the_computer_sees_the_batches_of_others(mine, root, monkeypatch):
    others = reopened(mine, root).switch_page("pages/batch.py")
    others.query_params.clear()
    others.run()
    label = batch_of(mine).record.label
    assert not others.exception and all(label not in button.label for button in others.button)
    monkeypatch.setattr(server, "is_on_this_computer", lambda: True)
    others.run()
    assert any(button.key == f"batch-open-{batch_of(mine).key}" for button in others.button)
    monkeypatch.setattr(server, "is_on_this_computer", lambda: False)
    press(mine, "New batch")
    assert "Your batches" in shown(mine)
    mine.button(key=next(one.key for one in mine.button if one.key.startswith("batch-open-"))).click().run()
    assert "Done: 39 objects" in shown(mine)


def test_only_objects_with_a_flag_are_listed(mine):
    chosen = widget(mine.selectbox, "batch-flag")
    flag = chosen.options[1]
    chosen.set_value(flag).run()
    listed = mine.dataframe[0].value
    assert not mine.exception and listed["flags"].astype(str).str.contains(flag).all()


def test_a_long_table_has_pages_in_the_order_of_a_column(mine, monkeypatch):
    monkeypatch.setattr(batch_result, "ROWS", 10)
    mine.run()
    assert not mine.exception and len(mine.dataframe[0].value) == 10
    key = next(one.key for one in mine.selectbox if one.key.endswith("-sort"))
    mine.selectbox(key=key).set_value("z").run()
    next(one for one in mine.toggle if one.key.endswith("-falling")).set_value(True).run()
    assert mine.dataframe[0].value["id"].tolist()[:2] == ["0039", "0038"]


def test_an_object_is_opened_from_its_file_with_its_data(page, twin):
    widget(page.file_uploader, "batch-files").set_value(twin("sdss_spec.fits", "spspec.fits")).run()
    at = finished(press(page, "Begin"))
    listed = at.dataframe[0].value
    row = listed.index[listed["id"].astype(str).str.contains("-")][0] if len(listed) > 1 else 0
    opened = server.batches().results(batch_of(at).key).open_object(str(listed["id"].iloc[int(row)]))
    assert opened is not None and opened.targets[opened.row].modalities


def test_overrides_that_are_none_are_refused(page):
    page.text_input(key="batch-overrides").set_value("medium=water").run()
    pick(page, table())
    assert (
        not page.exception and "Medium is 'water'" in page.error[0].value and "batch" not in page.query_params
    )


def test_files_that_hold_nothing_are_explained_and_can_be_tried_again(page):
    nothing = table()
    nothing = type(nothing)(b"hello\n")
    nothing.name = "hello.txt"
    at = finished(pick(page, nothing))
    assert not at.exception and "hello.txt" in at.error[0].value
    assert any(button.label == "Try again" for button in at.button)


def test_a_button_that_is_pressed_twice_begins_once(page, gate):
    pick(page, table(26))
    key = batch_of(page).key
    new_batch._begin(lambda: server.batches().add_files([table(26)]))
    gate.release(100)
    batch = server.batches().wait(key, TIMEOUT)
    assert batch.record.rows == 25 and sum(one.key == key for one in server.batches().all()) == 1


def test_a_deleted_batch_is_gone_and_the_same_files_begin_anew(mine):
    folder = batch_of(mine).folder.path
    press(mine, "Delete for good")
    assert not mine.exception and not folder.exists() and "batch" not in mine.query_params
    assert "Done: 39 objects" in shown(finished(pick(mine, table(40))))


def test_a_batch_of_other_weights_waits_for_them(mine):
    batch = batch_of(mine)
    batch.folder.change(state="open", plan={"weights": "others"})
    mine.run()
    assert not mine.exception and "other weights" in mine.info[0].value
    batch.folder.delete()


@pytest.fixture
def kept(environment):
    """The folder of heads, empty before and after."""
    folder = HeadFolder(Path(os.environ["AION_HEADS"]))
    yield folder
    for one in folder.heads():
        folder.remove(one.path)


def head_on(engine, tmp_path, streams, **choice):
    made = labeled_catalog(
        tmp_path / "made", sha256=engine.info.sha256, width=engine.width, streams=(tuple(streams),)
    )
    return train_head(label_objects(made, LabelChoice(**choice))).head


def test_a_head_that_is_kept_later_has_columns_in_the_table_and_its_files(page, twin, kept, engine, tmp_path):
    given = [(table(5).name, table(5).getvalue(), "text/csv"), *twin("sdss_spec.fits")]
    widget(page.file_uploader, "batch-files").set_value(given).run()
    at = finished(press(page, "Begin"))
    assert not any(name.startswith("head_") for name in at.dataframe[0].value)
    kept.keep(of_spectra := head_on(engine, tmp_path, SDSS, column="mass", view="spectrum", unit="dex"))
    kept.keep(head_on(engine, tmp_path, ("tok_flux_g", "tok_flux_r"), column="class"))
    kept.keep(replace(of_spectra, facts=replace(of_spectra.facts, sha256="f" * 64, label="age")))
    at.run()
    listed = at.dataframe[0].value
    assert not at.exception
    assert listed["head_mass"].notna().tolist() == listed["head_mass_error"].notna().tolist()
    assert listed["head_mass"].notna().tolist() == listed["head_class"].isna().tolist()
    assert listed["head_mass"].notna().sum() == 1 and listed["head_class_probability"].max() <= 1
    assert "The head of mass says nothing of 4 of 5 objects: it was trained on spectrum" in shown(at)
    assert "head of age cannot be applied to this catalog: it belongs to the weights ffff" in shown(at)
    data = batch_result._file(server.batches(), server.heads(), batch_of(at), "csv").decode()
    assert {"head_mass", "head_mass_error", "head_class"} <= set(data.split("\n")[0].split(","))
    for one in kept.heads():
        kept.remove(one.path)
    assert "head_mass" not in at.run().dataframe[0].value and "says nothing of" not in shown(at)


def test_the_catalog_page_lists_and_colors_by_what_heads_say_of_an_own_catalog(
    mine, kept, engine, tmp_path, figures
):
    kept.keep(head_on(engine, tmp_path, ("tok_flux_g", "tok_flux_r"), column="mass"))
    at = use(mine)
    color = next(one for one in at.selectbox if one.label == "Color")
    assert {"head_mass", "head_mass_error"} <= set(color.options)
    outside = "head_mass_outside"
    for name in ["head_mass", *([outside] if outside in color.options else [])]:
        at.selectbox(key=color.key).set_value(name).run()
        assert not at.exception and any(name in json.dumps(one) for one in figures(at))
    chosen = at.multiselect[0]
    chosen.set_value(["id", "head_mass", "head_mass_error"]).run()
    listed = at.dataframe[-1].value
    said = apply_heads([kept.heads()[0].head], server.batches().results(at.session_state["own"].key).catalog)
    assert not at.exception
    assert listed["head_mass"].tolist() == pytest.approx(said.table["head_mass"].tolist())
    at.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    color = next(one for one in at.selectbox if one.label == "Color")
    assert not at.exception and "head_mass" not in color.options


def test_a_table_sorted_by_a_head_goes_on_when_the_head_is_removed(mine, kept, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(batch_result, "ROWS", 10)
    head = head_on(engine, tmp_path, ("tok_flux_g", "tok_flux_r"), column="mass")
    path = kept.keep(head)
    key = next(one.key for one in mine.run().selectbox if one.key.endswith("-sort"))
    mine.selectbox(key=key).set_value("head_mass").run()
    assert not mine.exception and mine.dataframe[0].value["head_mass"].is_monotonic_increasing
    kept.remove(path)
    mine.run()
    assert not mine.exception and mine.dataframe[0].value["id"].tolist()[:2] == ["0000", "0001"]


def test_files_of_all_formats_and_the_catalog_can_be_taken_away(mine):
    labels = {button.label for button in mine.download_button}
    assert labels == {"ECSV", "VOTable", "FITS", "CSV", "Parquet", "Catalog (zip)"}


def test_the_catalog_page_leads_to_the_batch_page_and_looks_into_what_was_made(used, figures):
    assert not used.exception and not used.error
    assert used.segmented_control(key="catalog-choice").value == "Your catalog"
    assert "39 uploaded objects" in shown(used) and len(used.dataframe[-1].value) == 39
    assert len(figures(used)) == 2


def test_the_switch_goes_back_to_the_reference_catalog_and_forgets_what_was_marked(used):
    used.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not used.exception and len(used.dataframe[-1].value) == 12
    used.pills(key="class").set_value(["quasar"]).run()
    used.segmented_control(key="catalog-choice").set_value("Your catalog").run()
    assert not used.exception and len(used.dataframe[-1].value) == 39
    used.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not used.exception and len(used.dataframe[-1].value) == 4


def test_an_own_object_is_searched_by_among_its_own(used):
    used.switch_page("pages/similar.py").run()
    used.text_input(key="add-id").set_value("0007").run()
    assert not used.exception and len(found(used)) == 24 and "0008" in found(used)
    assert "like" not in used.query_params
    used.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not used.exception and not found(used) and not used.session_state["query"].weights
    used.text_input(key="add-id").set_value("object 1").run()
    assert not used.exception and len(found(used)) == 11


def test_an_own_object_is_analyzed_and_has_its_own_as_neighbors(used):
    def neighbors():
        keys = [button.key for button in used.menu_button]
        return {key.removeprefix("neighbor-do-") for key in keys if key.startswith("neighbor-do-")}

    used.switch_page("pages/similar.py").run()
    used.text_input(key="add-id").set_value("0007").run()
    used.menu_button(key="found-do-0008").click("Analyze").run()
    assert not used.exception and used.title[0].value == "0008"
    assert "Your catalog" in shown(used) and "object" not in used.query_params
    assert len(neighbors()) == 12 and all(id.isdigit() for id in neighbors())
    used.switch_page("pages/analyze.py").run()
    used.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not used.exception and neighbors() and all(id.startswith("object ") for id in neighbors())


def test_objects_without_redshift_class_and_magnitude_are_shown_and_searched(page, figures):
    bare = table(12, with_truth=False)
    bare = type(bare)(b"id,EBV\n" + b"".join(b"a%d,0.0%d\n" % (i, i + 1) for i in range(9)))
    bare.name = "bare.csv"
    at = use(finished(pick(page, bare)))
    assert not at.exception and len(at.dataframe[-1].value) == 9 and len(figures(at)) == 1
    assert any("Nothing to plot beside the map" in info.value for info in at.info)
    at.switch_page("pages/similar.py").run()
    assert not at.exception and any(button.key.startswith("starters-") for button in at.menu_button)
    at.text_input(key="add-id").set_value("a3").run()
    assert not at.exception and len(found(at)) == 8
    at.segmented_control(key="show").set_value("Outliers").run()
    assert not at.exception and len(found(at)) == 9


@pytest.mark.parametrize("where", ["catalog", "similar"])
def test_a_catalog_that_is_deleted_while_it_is_looked_at_is_explained(used, where):
    server.batches().delete(used.session_state["own"].key)
    used.switch_page(f"pages/{where}.py").run()
    assert not used.exception and "was deleted" in used.warning[0].value
    assert all(one.key != "catalog-choice" for one in used.segmented_control)
    used.run()
    assert not used.warning, "it is said once"
