"""The Inspect page without a browser: queues, who inspects, filters, files, disagreements, own lines."""

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.redshift.inspection.queues import ObjectSource, Queue, QueueObject
from aion.explorer.redshift.inspection.store import InspectionStore
from aion.explorer.redshift.inspection.tables import read_decisions
from aion.explorer.ui.inspect.decision_files import decisions_file
from aion.explorer.ui.inspect.disagreements import merged_file
from aion.explorer.ui.inspect.queue_tools import DONE, OPEN, QueueFilter, seen
from aion.explorer.ui.shared import people, server
from aion.explorer.ui.shared.examples import example_spectra
from aion.explorer.ui.shared.selection import Selection
from tests.pages.conftest import PATIENCE, unfold


@pytest.fixture
def page(app):
    return app.switch_page("pages/inspect.py").run()


@pytest.fixture
def night(page, twin):
    """A queue of two uploaded files, open, and nobody has said who inspects."""
    page.file_uploader[0].set_value(twin("sdss_spec.fits", "desi_coadd.fits")).run()
    return page


def as_person(at, name: str):
    return at.text_input(key="by").set_value(name).run()


def kept() -> InspectionStore:
    return people.store()


def opened(at) -> Queue:
    return kept().queue(at.session_state["inspection"].queue.id)


def test_uploaded_files_become_a_queue_that_asks_who_inspects(night):
    assert not night.exception
    assert "Say who inspects" in night.info[0].value
    assert opened(night).id in night.query_params["queue"]
    as_person(night, "ann")
    assert not night.exception and not night.info
    names = {one.source.files[0].rpartition("/")[2] for one in opened(night).objects}
    assert names == {"sdss_spec.fits", "desi_coadd.fits"}, "kept under their own names"


def test_what_cannot_be_read_is_listed_and_the_rest_is_inspected(page, twin):
    broken = ("notes.txt", b"a night of clouds", "text/plain")
    page.file_uploader[0].set_value([*twin("sdss_spec.fits"), broken]).run()
    assert "notes.txt" in page.warning[0].value
    assert len(opened(page).objects) == 1


def test_files_without_any_object_are_refused_in_a_sentence(page):
    page.file_uploader[0].set_value([("notes.txt", b"a night of clouds", "text/plain")]).run()
    assert "There is no object in these files: notes.txt: the text" in page.error[0].value
    assert not page.exception


def test_example_spectra_are_a_queue_for_who_has_no_files_at_hand(page):
    page.button(key="inspect-examples").click().run()
    assert not page.exception
    assert [Path(file) for one in opened(page).objects for file in one.source.files] == example_spectra()


def test_a_link_to_a_queue_that_is_not_there_says_so(page):
    page.query_params["queue"] = "gone"
    page.run()
    assert "there is no queue 'gone' on this server" in page.error[0].value.lower()


def test_objects_marked_in_the_catalog_become_a_queue(page):
    page.session_state["selection"] = Selection(frozenset({"object 1", "object 3"}))
    page.run()
    [button] = [one for one in page.button if "marked objects" in one.label]
    button.click().run()
    assert [one.id for one in opened(page).objects] == ["object 1", "object 3"]
    as_person(page, "ann")
    assert not page.exception


def test_the_files_of_a_batch_become_a_queue_that_outlives_it(page, root):
    batches = server.batches()
    key = batches.add_files([root / "tests" / "data" / "sdss_spec.fits"])
    while batches.get(key).is_open:
        batches.wait(key, 1.0)
    page.query_params["batch"] = key
    page.run()
    [one] = opened(page).objects
    assert str(kept().folder) in one.source.files[0], "the batch may be deleted"
    assert not page.exception
    batches.delete(key)


def test_another_person_and_a_file_of_prospect_meet_in_one_merged_table(night):
    queue = opened(night)
    first, *others = [one.id for one in queue.objects]
    kept().record(queue.id, [Decision(first, "ann", 0.1, 4, "GALAXY"), Decision(others[0], "ann", 0.2, 3)])
    kept().record(queue.id, [Decision(first, "bob", 0.3, 4, "GALAXY"), Decision(others[0], "bob", 0.2, 4)])
    unfold(night, f"inspect-merge-{queue.id}")
    assert any("**1** of 2 objects" in one.value for one in night.markdown)
    assert read_decisions(decisions_file(queue, "ann", "prospect", "csv"), name="a.csv")[0].z == 0.1
    [button] = [one for one in night.button if one.label == "Inspect the disagreements"]
    button.click().run()
    child = opened(night)
    assert ([one.id for one in child.objects], child.parent) == ([first], queue.id)
    kept().record(child.id, [Decision(first, "eve", 0.3, 4, "GALAXY")])
    merged = merged_file(queue, "csv").decode().splitlines()
    assert merged[1].startswith(f"{first},0.3,4.0,GALAXY")
    assert merged[2].startswith(f"{others[0]},0.2,3.5")


def test_decisions_of_a_file_are_read_into_the_queue(night):
    queue = opened(night)
    text = f"id,z,quality,person\n{queue.objects[0].id},0.5,4,zoe\nsomebody else,0.1,4,zoe\n"
    unfold(night, f"inspect-files-{queue.id}")
    [box] = [one for one in night.file_uploader if "Read decisions" in one.label]
    box.set_value([("zoe.csv", text.encode(), "text/csv")]).run()
    told = " ".join(one.value for one in night.info)
    assert "decisions of zoe on 1 of" in told
    assert "not in this queue: 1." in told
    assert kept().decisions(queue.id, "zoe")[0].z == 0.5


def test_own_lines_are_drawn_among_the_others(night):
    kept().keep_lines("ann", [("[Fe X]", 6376.3)])

    def lines() -> list[dict[str, object]]:
        [bench] = [
            one.proto for one in night.get("bidi_component") if one.proto.component_name == "aion_inspector"
        ]
        drawn: list[dict[str, object]] = json.loads(bench.json)["lines"]
        return drawn

    as_person(night, "ann")
    [own] = [one for one in lines() if one["feature"] == "own"]
    assert (own["name"], own["rest"], own["major"]) == ("[Fe X]", 6376.3, True)
    rests = [one["rest"] for one in lines()]
    assert rests == sorted(rests)
    as_person(night, "bob")
    assert not [one for one in lines() if one["feature"] == "own"]


def test_filters_are_of_flags_quality_noise_and_the_redshift_of_the_catalog():
    def known(n: int, snr: float, z_model: float | None = None) -> QueueObject:
        return QueueObject(f"o{n}", ObjectSource(""), z_catalog=0.5, snr=snr, z_model=z_model)

    queue = Queue("night", (known(0, 1), known(1, 5, 0.5), known(2, 9, 0.9), known(3, 9, 0.9)))
    latest = {"o1": Decision("o1", "ann", 0.5, 4, "", "S"), "o3": Decision("o3", "ann", 0.501, 2)}
    assert seen(queue, latest, QueueFilter()) == [0, 1, 2, 3]
    assert seen(queue, latest, QueueFilter(OPEN)) == [0, 2]
    assert seen(queue, latest, QueueFilter(DONE)) == [1, 3]
    assert seen(queue, latest, QueueFilter(qualities=frozenset({2}))) == [3]
    assert seen(queue, latest, QueueFilter(issues=frozenset({"S", "R"}))) == [1]
    assert seen(queue, latest, QueueFilter(lowest_snr=5)) == [1, 2, 3]
    assert seen(queue, latest, QueueFilter(disagrees=True)) == [2], "of o3 the person accepted another z"


def test_an_application_started_at_a_queue_opens_there(environment, root, tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    queue = Queue("night", (QueueObject("o0", ObjectSource("o0", (str(tmp_path / "gone.fits"),))),))
    InspectionStore(folder).add(queue)
    monkeypatch.setenv("AION_INSPECTION", str(folder))
    monkeypatch.setenv("AION_QUEUE", queue.id)
    st.cache_resource.clear()
    at = AppTest.from_file(str(root / "app.py"), default_timeout=PATIENCE).run()
    assert not at.exception and "Say who inspects" in at.info[0].value
    st.cache_resource.clear()
