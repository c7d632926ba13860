"""A list of positions, names or ids on the Batch page, with the fake archive behind it."""

import re
import threading

import pytest

from aion.explorer.ui.shared import server
from aion.sky import lists
from tests.explorer.catalogs.test_batch_lists import PLACES, table
from tests.pages.conftest import shown
from tests.pages.test_batch import batch_of, finished, press, until
from tests.sky.asked import archive_of
from tests.sky.conftest import archive, sky_server  # noqa: F401  # fixtures
from tests.sky.simulated_sky import NOTHING

LIST = "A list of positions, names or ids"
FETCH = "Fetch them and begin"


@pytest.fixture
def sky(archive, tmp_path, monkeypatch):  # noqa: F811
    """The archives, as the application asks them."""
    ours = archive_of(archive, tmp_path)
    monkeypatch.setattr(server, "archive", lambda: ours)
    return archive


@pytest.fixture
def form(sky, app):
    """The Batch page with the form for a list."""
    at = app.switch_page("pages/batch.py").run()
    at.segmented_control(key="batch-way").set_value(LIST).run()
    at.pills(key="batch-kinds").set_value(["spectrum"]).run()
    assert not at.exception
    return at


def lines(at, *targets):
    widget = next(one for one in at.text_area if one.label == "Or one on each line")
    widget.set_value("\n".join(targets)).run()
    return at


def position(number):
    return f"{PLACES[number].ra:.5f} {PLACES[number].dec:+.5f}"


@pytest.fixture
def slow(monkeypatch):
    """Fetching waits until it is let through, target by target."""
    gate, fetch = threading.Semaphore(0), lists.gather

    def gather(place, ours, progress, **how):
        while not gate.acquire(timeout=0.02):
            progress.check()
        return fetch(place, ours, progress, **how)

    monkeypatch.setattr(lists, "gather", gather)
    yield gate
    gate.release(100)


def fetched(at, count):
    """The page once so many targets are fetched."""
    until(lambda: (progress := batch_of(at).progress) is not None and progress.done >= count)
    return at.run()


def test_lines_become_a_catalog_with_their_names_and_a_table_of_reasons(form):
    bad = f"{NOTHING.ra} {NOTHING.dec}"
    at = finished(press(lines(form, position(0), bad, position(1), "no such name"), FETCH))
    assert not at.exception and not at.error and "Done: 2 objects" in shown(at)
    assert set(at.dataframe[0].value["id"]) == {position(0), position(1)}
    [problems] = [frame.value for frame in at.dataframe if "Why" in frame.value]
    assert problems["File or object"].tolist() == [bad, "no such name"]
    assert "no spectrum" in problems["Why"][0] and "Sesame" in problems["Why"][1]


def test_a_table_says_before_how_many_targets_it_has_and_how_long_they_take(form):
    box = next(one for one in form.file_uploader if one.key.startswith("batch-list"))
    given = table(200, 300)
    box.set_value([(given.name, given.getvalue(), "text/csv")]).run()
    assert "200 targets: about 2 min at the pace of the archives" in shown(form)
    form.pills(key="batch-kinds").set_value(["image", "photometry", "spectrum"]).run()
    assert "200 targets: about 3 min at the pace of the archives" in shown(form)


def test_fetching_shows_its_pace_and_goes_on_after_a_cancel(form, slow, sky):
    at = press(lines(form, *map(position, range(5))), FETCH)
    slow.release(2)
    at = fetched(at, 2)
    text = at.get("progress")[0].proto.text
    assert text.startswith("Fetching: 2 of 5 targets, ") and re.search(r"\d a (second|minute), about", text)
    at = finished(press(at, "Cancel"))
    assert not at.exception and not at.error and "Cancelled: 0 objects" in shown(at)
    asked = [(one.path, one.query, one.body) for one in sky.requests]
    slow.release(3)
    at = finished(press(at, "Go on"))
    assert not at.exception and "Done: 5 objects" in shown(at)
    later = [(one.path, one.query, one.body) for one in sky.requests[len(asked) :]]
    assert asked and later and not set(asked) & set(later)


def test_archives_that_did_not_answer_are_asked_again_by_one_click(form, sky):
    form.pills(key="batch-kinds").set_value(["photometry", "spectrum"]).run()
    sky.fail("sparcl", "html")
    at = finished(press(lines(form, position(5), position(6)), FETCH))
    assert "Done: 2 objects" in shown(at)
    [problems] = [frame.value for frame in at.dataframe if "Why" in frame.value]
    assert problems["Why"].str.contains("a part of it did not come").all()
    sky.recover("sparcl")
    at = finished(press(at, "Ask again"))
    assert not at.exception and not [frame for frame in at.dataframe if "Why" in frame.value]
    assert all("Ask again" not in button.label for button in at.button)


def test_where_the_sky_is_off_only_files_are_offered(app, monkeypatch):
    monkeypatch.setattr(server, "archive", lambda: None)
    at = app.switch_page("pages/batch.py").run()
    assert not at.exception and all(one.key != "batch-way" for one in at.segmented_control)
