"""A person's own objects on the Catalog, Similar and Analyze pages."""

import threading
import time

import pytest

from aion.explorer.catalogs import user_catalog
from aion.explorer.ui.catalog import user_catalog_panel
from tests.explorer.catalogs.test_user_catalog import table


def pick(at, *files):
    at.file_uploader(
        key=f"own-{at.session_state['own'].inputs if 'own' in at.session_state else 0}"
    ).set_value([(file.name, file.getvalue(), "text/csv") for file in files]).run()
    return press(at, "Make a catalog")


def press(at, label):
    next(button for button in at.button if button.label.startswith(label)).click().run()
    return at


def finished(at):
    """The page once the work is over."""
    making = at.session_state["own"].job
    if making is not None:  # None: it was over before the page was drawn
        making.wait(120)
        at.run()
    return at


@pytest.fixture
def page(app):
    return app.switch_page("pages/catalog.py").run()


@pytest.fixture
def mine(page):
    """The Catalog page with a catalog of 39 rows of a table."""
    return finished(pick(page, table()))


def said(at):
    return " ".join(element.value for element in (*at.markdown, *at.caption))


def found(at):
    return [
        button.key.removeprefix("found-do-")
        for button in at.menu_button
        if button.key.startswith("found-do-")
    ]


def test_uploaded_rows_become_the_catalog_of_the_page(mine, figures):
    assert not mine.exception and not mine.error
    assert mine.segmented_control(key="catalog-choice").value == "Your catalog"
    assert "39 objects embedded" in said(mine) and "39 uploaded objects" in said(mine)
    listed = mine.dataframe[-1].value
    assert len(listed) == 39 and listed["id"].tolist()[:2] == ["0000", "0001"]
    assert len(figures(mine)) == 2


def test_where_it_is_kept_and_for_how_long_is_said_before(page):
    assert "7 days" in said(page) and "computer that runs this application" in said(page)


def test_what_was_left_out_is_listed_with_the_reason(mine):
    [problems] = [frame.value for frame in mine.dataframe if "Why" in frame.value]
    assert problems["File or object"].tolist() == ["mine.csv"] and "0002 (row 3)" in problems["Why"][0]


def test_progress_is_shown_and_can_be_cancelled_and_gone_on_with(page, monkeypatch):
    gate, waiting = threading.Semaphore(1), user_catalog.embed_batch
    monkeypatch.setattr(
        user_catalog,
        "embed_batch",
        lambda engine, targets: (gate.acquire(timeout=60), waiting(engine, targets))[1],
    )
    pick(page, table(41))
    making, until = page.session_state["own"].job, time.monotonic() + 60
    while making.progress.done < 16 and time.monotonic() < until:
        time.sleep(0.02)
    page.run()
    assert page.get("progress")[0].proto.text.startswith("Embedding: 16 of 40 objects")
    press(page, "Cancel")
    gate.release()
    gate.release()
    finished(page)
    assert "32 of 40 objects embedded, then cancelled" in said(page) and len(page.dataframe[-1].value) == 32
    gate.release()
    press(page, "Go on")
    going_on = page.session_state["own"].job
    finished(page)
    assert going_on.embedded == 8, "only what was not embedded yet"
    assert not page.exception and "40 objects embedded" in said(page) and len(page.dataframe[-1].value) == 40


def test_the_switch_goes_back_to_the_reference_catalog_and_forgets_what_was_marked(mine):
    mine.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not mine.exception and len(mine.dataframe[-1].value) == 12
    mine.pills(key="class").set_value(["quasar"]).run()
    mine.segmented_control(key="catalog-choice").set_value("Your catalog").run()
    assert not mine.exception and len(mine.dataframe[-1].value) == 39
    mine.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not mine.exception and len(mine.dataframe[-1].value) == 4


def test_an_own_object_is_searched_by_among_its_own(mine):
    mine.switch_page("pages/similar.py").run()
    mine.text_input(key="add-id").set_value("0007").run()
    assert not mine.exception and len(found(mine)) == 24 and "0008" in found(mine)
    assert "like" not in mine.query_params
    mine.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert not mine.exception and not found(mine) and not mine.session_state["query"].weights
    mine.text_input(key="add-id").set_value("object 1").run()
    assert not mine.exception and len(found(mine)) == 11


def test_an_own_object_is_analyzed_and_has_its_own_as_neighbors(mine):
    mine.switch_page("pages/similar.py").run()
    mine.text_input(key="add-id").set_value("0007").run()
    mine.menu_button(key="found-do-0008").click("Analyze").run()
    assert not mine.exception and mine.title[0].value == "0008"
    assert "Your catalog" in said(mine) and "object" not in mine.query_params
    neighbors = {
        button.key.removeprefix("neighbor-do-")
        for button in mine.menu_button
        if button.key.startswith("neighbor-do-")
    }
    assert len(neighbors) == 12 and all(id.isdigit() for id in neighbors)
    mine.switch_page("pages/analyze.py").run()
    mine.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    neighbors = {
        button.key.removeprefix("neighbor-do-")
        for button in mine.menu_button
        if button.key.startswith("neighbor-do-")
    }
    assert not mine.exception and neighbors and all(id.startswith("object ") for id in neighbors)


def test_objects_without_redshift_class_and_magnitude_are_shown_and_searched(page, figures):
    bare = table(12, with_truth=False)
    bare = type(bare)(b"id,EBV\n" + b"".join(b"a%d,0.0%d\n" % (i, i + 1) for i in range(9)))
    bare.name = "bare.csv"
    at = finished(pick(page, bare))
    assert not at.exception and len(at.dataframe[-1].value) == 9 and len(figures(at)) == 1
    assert any("Nothing to plot beside the map" in info.value for info in at.info)
    at.switch_page("pages/similar.py").run()
    assert not at.exception and any(button.key.startswith("starters-") for button in at.menu_button)
    at.text_input(key="add-id").set_value("a3").run()
    assert not at.exception and len(found(at)) == 8
    at.segmented_control(key="show").set_value("Outliers").run()
    assert not at.exception and len(found(at)) == 9


def test_files_that_hold_nothing_are_explained_and_the_reference_catalog_stays(page):
    nothing = table()
    nothing = type(nothing)(b"hello\n")
    nothing.name = "hello.txt"
    at = finished(pick(page, nothing))
    assert not at.exception and "hello.txt" in at.error[0].value and len(at.dataframe[-1].value) == 12


def test_files_of_work_that_was_cancelled_while_it_read_are_still_there(page, monkeypatch):
    go_on, read = threading.Event(), user_catalog.read_many
    monkeypatch.setattr(user_catalog, "read_many", lambda files: (go_on.wait(60), read(files))[1])
    pick(page, table(25))
    press(page, "Cancel").run()
    assert not page.exception and "Still here from before: mine.csv." in said(page)
    [way_in] = [one for one in page.expander if one.label == "Use your own objects"]
    assert way_in.proto.expanded
    go_on.set()
    at = finished(press(page, "Make a catalog of it"))
    assert not at.exception and "24 objects embedded" in said(at)


def test_a_button_that_is_pressed_twice_begins_once(page, monkeypatch):
    begun, make = [], user_catalog_panel.CatalogJob
    monkeypatch.setattr(
        user_catalog_panel, "CatalogJob", lambda *given: begun.append(make(*given)) or begun[-1]
    )
    go_on, read = threading.Event(), user_catalog.read_many
    monkeypatch.setattr(user_catalog, "read_many", lambda files: (go_on.wait(60), read(files))[1])
    pick(page, table(26))
    user_catalog_panel._start(page.session_state["own"], [table(26)])
    go_on.set()
    assert len(begun) == 1 and len(finished(page).session_state["own"].result.catalog) == 25


def test_a_deleted_catalog_is_gone_and_others_can_be_made(mine):
    folder = mine.session_state["own"].result.catalog.folder
    press(mine, "Delete")
    assert not mine.exception and not folder.exists() and len(mine.dataframe[-1].value) == 12
    at = finished(pick(mine, table(20)))
    assert not at.exception and "19 objects embedded" in said(at)
    press(at, "Other files")
    assert not at.exception and len(at.dataframe[-1].value) == 12


def test_it_can_be_taken_away(mine):
    assert "Download (zip)" in {button.label for button in mine.download_button}
