"""An id, a class, a file name or a link full of HTML and Markdown is shown as it is,
on every page, and does nothing."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from aion.explorer.engine import weights
from aion.explorer.engine.weights import Choice, Place
from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.ui.model import model_view
from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.people import store
from aion.explorer.ui.shared.selection import Selection
from aion.plain_text import as_text
from tests.explorer.catalogs.test_batches import table
from tests.pages.conftest import PATIENCE
from tests.pages.test_batch import finished, pick, press, use

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) **b** $x$ :material/home: :red[r] `c`"
FILE = "<script>alert(1) [x](javascript:alert(2)) **b** $x$ :smile: `c`.csv"
ACTIVE = ("<script>", "](javascript:", "**b**", "$x$", ":material/home:", ":red[", ":smile:", "`c`")
"""Parts of them that Markdown or HTML would take for its own."""
FOLDED = ("inspector", "tokens", "again", "votes", "neighbors-scatter", "found-scatter", "quality")
PLAIN = {
    *(
        "id",
        "element_id",
        "form_id",
        "url",
        "query_param_key",
        "default_query_params",
        "alt",
        "placeholder",
        "code_text",
    ),
    *("options", "raw_values", "file_name", "file_urls", "allowed_types"),
}
"""Fields that are no text, or that Streamlit shows as they are:
of a select box, a text box, code, a picture."""
ASIDE = {"selectbox", "multiselect", "arrow_data_frame", "bidi_component", "file_uploader"}
"""Elements whose other texts are shown as they are: canvas, or ``textContent`` of components of our own."""


@pytest.fixture(scope="module")
def environment(settings, tmp_path_factory) -> Iterator[None]:
    """A catalog in which object 1, its class, and the label of all objects are hostile;
    an engine of its own."""
    folder = shutil.copytree(settings.catalog, tmp_path_factory.mktemp("hostile") / "catalog")
    rows = pq.read_table(folder / "unplaced.parquet")
    for name in ("id", "class", "survey"):
        texts = [HOSTILE if row == 1 else text for row, text in enumerate(rows[name].to_pylist())]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(texts))
    pq.write_table(rows, folder / "unplaced.parquet")
    about = json.loads((folder / "catalog.json").read_text())
    (folder / "catalog.json").write_text(json.dumps(about | {"label": HOSTILE}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AION_MODEL", settings.model)
        patch.setenv("AION_CATALOG", str(folder))
        patch.setenv("AION_OWN", str(tmp_path_factory.mktemp("own")))
        patch.setenv("AION_INSPECTION", str(tmp_path_factory.mktemp("inspection")))
        patch.setenv("AION_DEVICE", "cpu")
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


def texts(message: Message) -> Iterator[str]:
    """Every text of an element that Streamlit would take for Markdown."""
    for field, value in message.ListFields():
        if field.name in PLAIN:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from texts(one)
            elif isinstance(one, str):
                yield one


def assert_harmless(at, *, shows: str = HOSTILE) -> None:
    """Nothing on the page takes a hostile text for its own, and ``shows`` is there, in Markdown."""
    assert not at.exception
    seen = ""
    for node in at.main.root:
        proto = getattr(node, "proto", None)
        if proto is None or node.type in ASIDE:
            continue
        if node.type in ("html", "plotly_chart"):
            drawn = proto.body if node.type == "html" else proto.spec
            assert "<script>" not in drawn, f"{node.type}: {drawn[:500]}"
            continue
        for text in texts(proto):
            left = text
            for given in (HOSTILE, FILE):
                left = left.replace(as_text(given), "")
            found = [part for part in ACTIVE if part in left]
            assert not found, f"{node.type} takes {found} of {text!r} for its own"
            seen += text
    assert as_text(shows) in seen


def unfolded(at):
    for key in FOLDED:
        at.session_state[key] = True
    return at.run()


def test_every_part_of_the_hostile_text_is_active_unless_it_is_escaped(app):
    assert all(part in HOSTILE + FILE for part in ACTIVE)
    assert not any(part in as_text(HOSTILE) + as_text(FILE) for part in ACTIVE)


@pytest.mark.parametrize(
    "link",
    [
        {"object": f"no {HOSTILE}"},
        {"object": HOSTILE, "prior": HOSTILE},
        {"object": HOSTILE, "use": HOSTILE},
        {"object": HOSTILE},
    ],
)
def test_hostile_text_is_text_on_the_analyze_page_after_a_link(environment, root, link):
    app = AppTest.from_file(str(root / "app.py"), default_timeout=PATIENCE)
    app.query_params.update(link)
    assert_harmless(unfolded(app.run()))


def test_hostile_text_is_text_on_the_catalog_page(app):
    app.switch_page("pages/catalog.py").run()
    app.session_state["selection"] = Selection(frozenset({HOSTILE}))
    app.run()
    assert_harmless(app)
    assert escape(HOSTILE) in " ".join(element.proto.body for element in app.get("html"))
    app.pills(key="class").set_value([HOSTILE]).run()
    assert_harmless(app)
    assert app.dataframe[0].value["id"].tolist() == [HOSTILE], "the filter knows the class by its own name"


def test_hostile_text_is_text_on_the_similar_page(app):
    app.query_params["like"] = [HOSTILE]
    app.switch_page("pages/similar.py").run()
    assert_harmless(unfolded(app))
    app.menu_button(key="found-do-object 3").click("Compare side by side").run()
    assert_harmless(app)
    app.text_input(key="add-id").set_value(f"no {HOSTILE}").run()
    assert_harmless(app)
    assert as_text(HOSTILE) in app.error[0].value


def test_hostile_text_is_text_after_an_upload(app):
    given = (FILE, f"id,flux_r,flux_g\n{HOSTILE},9.0,5.0\n".encode(), "text/csv")
    app.file_uploader[0].set_value([given]).run()
    assert_harmless(unfolded(app))
    app.switch_page("pages/similar.py").run()
    next(button for button in app.button if button.label.startswith("Add ")).click().run()
    assert_harmless(unfolded(app))
    assert "this upload" in " ".join(element.proto.body for element in app.get("html"))
    app.switch_page("pages/model.py").run()
    assert not app.exception


def test_hostile_text_is_text_in_an_upload_that_cannot_be_read(app):
    app.file_uploader[0].set_value([(FILE, b"", "text/csv")]).run()
    assert_harmless(app, shows=FILE)


def test_hostile_text_is_text_on_the_inspect_page(app):
    app.switch_page("pages/inspect.py").run()
    app.file_uploader[0].set_value([(FILE, b"", "text/csv")]).run()
    assert_harmless(app, shows=FILE)
    given = (FILE, f"id,flux_r,flux_g\n{HOSTILE},9.0,5.0\n".encode(), "text/csv")
    app.file_uploader[0].set_value([given]).run()
    assert_harmless(app, shows=FILE)
    queue = app.session_state["inspection"].queue
    for tool in ("files", "merge", "lines"):
        app.session_state[f"inspect-{tool}-{queue.id}"] = True
    app.text_input(key="by").set_value(HOSTILE[:40]).run()
    assert_harmless(app, shows=FILE)
    store().record(queue.id, [Decision(HOSTILE, name, z, 4) for name, z in ((HOSTILE, 0.1), ("bob", 0.2))])
    app.run()
    assert_harmless(app, shows=FILE)
    next(button for button in app.button if button.label == "Queues").click().run()
    assert_harmless(app, shows=FILE)


def test_hostile_text_is_text_in_a_batch_and_its_catalog(app):
    app.switch_page("pages/batch.py").run()
    file = table(40)
    file.name = FILE
    empty = type(file)(b"")
    empty.name = f"empty {FILE}"
    assert_harmless(finished(pick(app, empty)), shows=FILE)
    assert_harmless(press(app, "New batch"), shows=FILE)
    made = finished(pick(app, file, empty))
    assert_harmless(made, shows=FILE)
    made = use(made)
    assert "39 uploaded objects" in " ".join(caption.value for caption in made.caption)
    made.segmented_control(key="catalog-choice").set_value("Reference catalog").run()
    assert_harmless(made)


@pytest.mark.parametrize("variable", ["AION_MODEL", "AION_DEVICE"])
def test_hostile_text_is_text_where_the_model_cannot_be_started(environment, root, monkeypatch, variable):
    monkeypatch.setenv(variable, HOSTILE)
    st.cache_resource.clear()
    app = AppTest.from_file(str(root / "app.py"), default_timeout=PATIENCE).run()
    assert_harmless(app.switch_page("pages/model.py").run())
    st.cache_resource.clear()


def test_hostile_text_is_text_in_the_list_of_weights(app, monkeypatch):
    monkeypatch.setattr(weights, "choices", lambda settings: [Choice(HOSTILE, Place.CACHE, 1, HOSTILE)])
    app.session_state["section"] = "Other weights"
    assert_harmless(app.switch_page("pages/model.py").run())


def test_hostile_text_is_text_in_the_facts_about_the_weights(app, monkeypatch):
    started, shown = server.startup().engine, []
    assert started is not None
    monkeypatch.setattr(st, "table", lambda frame, **how: shown.append(frame))
    model_view.weights_facts(replace(started.info, id=HOSTILE, revision=HOSTILE))
    assert shown[0][" "].tolist()[:2] == [as_text(HOSTILE)] * 2, "cells of a table are Markdown"
