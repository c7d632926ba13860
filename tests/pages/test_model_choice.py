"""Other weights, chosen on the Model page: from a folder, from the cache, from a Hub that is played by a local server."""

import time
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aion.explorer import memory, weights
from aion.explorer.engine import Engine
from aion.explorer.ui.model.model_choice import ANOTHER
from aion.explorer.ui.shared import server as resources
from aion.explorer.ui.shared.server import Startup
from aion.explorer.weights import State
from tests.hub.conftest import online, served_weights  # noqa: F401  # fixtures
from tests.hub.server import COMMIT, TOKEN
from tests.tiny import write_tiny


@pytest.fixture
def own_server(environment: None) -> Iterator[None]:
    """A server that a test may change."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def model_page(own_server: None, root) -> AppTest:
    at = AppTest.from_file(str(root / "app.py"), default_timeout=120).run()
    at.switch_page("pages/model.py").run()
    at.session_state["section"] = "Other weights"
    at.run()
    assert not at.exception
    return at


def choose(at: AppTest, label: str, revision: str = "") -> AppTest:
    box = at.selectbox(key="weights-choice")
    chosen = label if label in box.options else ANOTHER
    box.set_value(chosen).run()
    if chosen == ANOTHER:
        at.text_input(key="hub-id").set_value(label).run()
    if revision:
        at.text_input(key=f"revision-{chosen}").set_value(revision).run()
    return at


def ask(at: AppTest) -> AppTest:
    return at.button(key="ask-hub").click().run()


def until(claim, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def offered(at: AppTest):
    return next(frame.value for frame in at.dataframe if "Fits in memory" in frame.value).set_index("Weights")


def texts(at: AppTest) -> str:
    return " ".join(element.value for kind in ("error", "info", "warning", "caption", "markdown") for element in at.get(kind))


def test_every_place_of_weights_is_listed_and_nobody_is_asked(online, model_page):  # noqa: F811
    rows = offered(model_page)
    assert rows.loc["polymathic-ai/aion-xlarge", ["Where", "Size"]].tolist() == ["Hugging Face Hub", "about 12.4 GB"]
    assert rows.loc["models/aion-sim", "Where"] == "this server"
    assert rows[""].tolist().count("in use") == 1
    memory_rows = next(table.value for table in model_page.table if "The whole process" in str(table.value.to_dict()))
    assert all(str(value).endswith("B") for value in memory_rows.iloc[:, 1])
    assert not online.requests


def test_weights_of_the_hub_are_fetched_used_by_everybody_and_kept(online, model_page, root):  # noqa: F811
    at = ask(choose(model_page, "some/open", "v1"))
    assert COMMIT[:12] in texts(at) and "open to everybody" in texts(at) and "Token for gated repositories: none" in texts(at)
    at.button(key="download").click().run()
    fetched = resources.server().download
    fetched.wait(60)
    assert fetched.state is State.DONE
    name = f"some/open @ {COMMIT[:8]}"
    at.run()
    assert offered(at).loc[name, "Where"] == "download cache"
    choose(at, name).button(key="use-weights").click().run()
    until(lambda: resources.server().next is None)
    at.run()
    assert not at.exception and at.title[0].value == "some/open"
    other = AppTest.from_file(str(root / "app.py"), default_timeout=120).run().switch_page("pages/model.py").run()
    assert other.title[0].value == "some/open", "for everybody"
    assert resources.engine().info.revision == COMMIT


def test_a_download_is_told_file_by_file_canceled_and_gone_on_with(online, model_page):  # noqa: F811
    at = ask(choose(model_page, "some/slow"))
    at.button(key="download").click().run()
    running = resources.server().download
    until(lambda: running.share > 0)
    at.run()
    table = next(frame.value for frame in at.dataframe if "Bytes" in frame.value)
    assert " of " in table["Bytes"][0] and table["Share"].between(0, 1).all()
    at.button(key="cancel-download").click().run()
    online.go.set()
    running.wait(30)
    at.run()
    assert running.state is State.CANCELED
    assert "canceled" in texts(at) and "not fetched again" in texts(at)


@pytest.mark.parametrize(
    ("id", "revision", "said"),
    [("some/open", "v9", "no revision"), ("nobody/open", "", "does not exist"), ("some/private", "", "private"), ("a b", "", "neither")],
)
def test_what_the_hub_refuses_is_said_in_a_sentence(online, model_page, id, revision, said):  # noqa: F811
    at = ask(choose(model_page, id, revision))
    assert not at.exception and said in at.error[0].value


def test_without_a_network_the_page_says_so(online, model_page, monkeypatch):  # noqa: F811
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    at = ask(choose(model_page, "polymathic-ai/aion-base"))
    assert "could not be downloaded" in at.error[0].value and "offline" in at.error[0].value


def test_a_gated_repository_says_what_is_missing_and_never_the_token(online, model_page, monkeypatch):  # noqa: F811
    at = ask(choose(model_page, "some/gated"))
    assert "gated: its owner must have let you in; token: none" in texts(at)
    at.button(key="download").click().run()
    resources.server().download.wait(30)
    at.run()
    assert "is gated" in at.error[0].value and "HF_TOKEN" in at.error[0].value
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    st.cache_resource.clear()
    at = ask(choose(at.run(), "some/gated"))
    assert "set by HF_TOKEN" in texts(at) and TOKEN not in str(at.main)


def test_weights_that_would_not_fit_cannot_be_used(model_page, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda device: memory.WORKING)
    at = choose(model_page.run(), "models/aion-sim")
    assert at.button(key="use-weights").disabled and "would not fit" in texts(at)
    monkeypatch.setattr(memory, "available", lambda device: 2 * memory.WORKING)
    assert not at.run().button(key="use-weights").disabled


def test_with_other_weights_the_catalog_says_why_it_is_not_there_and_what_to_do(own_server, app, upload, tmp_path, monkeypatch):
    at = upload("sdss_spec.fits")
    before = at.session_state["session"].analysis(None).redshift
    server = resources.server()
    other = write_tiny(tmp_path / "other", seed=1)
    server.switch(weights.Choice(str(other), None, weights.Held.FOLDER, 1).settings(server.current.settings))
    until(lambda: server.next is None)
    at.run()
    assert not at.exception
    assert at.session_state["session"].analysis(None).redshift != before, "asked again"
    assert "made by other weights" in texts(at) and "Model page" in texts(at)
    for page in ("pages/catalog.py", "pages/similar.py"):
        at.switch_page(page).run()
        assert not at.exception and "made by other weights" in texts(at)


def test_an_object_of_the_catalog_is_not_read_by_other_weights(own_server, root, tmp_path):
    at = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    at.query_params["object"] = "object 1"
    at.run()
    assert not at.exception and at.session_state["session"].thing.id == "object 1"
    server = resources.server()
    other = write_tiny(tmp_path / "other", seed=1)
    server.switch(weights.Choice(str(other), None, weights.Held.FOLDER, 1).settings(server.current.settings))
    until(lambda: server.next is None)
    at.run()
    assert not at.exception and "catalog of other weights" in at.error[0].value


@pytest.mark.parametrize("model", ["theirs", "nothing-here"])
def test_fixed_weights_are_shown_with_the_reason_and_cannot_be_switched(model, own_server, root, tmp_path, monkeypatch):
    monkeypatch.setenv("AION_SWITCH", "no")
    monkeypatch.setenv("AION_MODEL", str(write_tiny(tmp_path / "theirs", seed=1) if model == "theirs" else tmp_path / model))
    at = AppTest.from_file(str(root / "app.py"), default_timeout=120).run()
    at.session_state["section"] = "Other weights"
    at.switch_page("pages/model.py").run()
    assert not at.exception
    assert "The weights of this server are fixed" in texts(at) and "AION_SWITCH" in texts(at)
    assert (offered(at)[""] == "in use").any() == (model == "theirs") and "models/aion-sim" in offered(at).index
    assert not {box.key for box in (*at.selectbox, *at.text_input)} & {"weights-choice", "hub-id"}
    assert not {button.key for button in at.button} & {"use-weights", "ask-hub", "download"}
    assert "or on the Model page" not in texts(at)
    at.switch_page("pages/catalog.py").run()
    assert not at.exception and "Model page" not in texts(at)


def test_weights_that_cannot_be_loaded_leave_those_in_use(own_server, app, tmp_path, model_page):
    server = resources.server()
    before: Engine | None = server.current.engine
    (tmp_path / "config.json").write_text("{}")
    server.switch(weights.Choice(str(tmp_path), None, weights.Held.FOLDER, 1).settings(server.current.settings))
    until(lambda: server.next is not None and not server.next.running)
    at = model_page.run()
    assert not at.exception and "cannot be used" in at.error[0].value
    assert resources.engine() is before


def test_an_engine_that_takes_over_closes_the_one_before(own_server, app):
    server = resources.server()
    until(lambda: isinstance(server.current, Startup) and server.current.engine is not None)
    old = server.current.engine
    server.switch(server.settings)
    until(lambda: server.next is None)
    assert server.current.engine is not old and old._worker._closed


def test_what_is_under_way_is_told_and_renews_the_page_whichever_tab_is_open(online, model_page):  # noqa: F811
    at = ask(choose(model_page, "some/slow"))
    at.button(key="download").click().run()
    running = resources.server().download
    until(lambda: running.share > 0)
    at.session_state["section"] = "Cite"
    at.run()
    assert at.code and any("Bytes" in frame.value for frame in at.dataframe), "the download, beside another tab"
    at.button(key="cancel-download").click().run()
    online.go.set()
    running.wait(30)
    at.run()
    assert "canceled" in texts(at) and at.session_state["section"] == "Cite"


def test_the_tab_stays_open_after_a_switch_to_weights_that_have_other_tabs(own_server, model_page, tmp_path):
    at, other = model_page, write_tiny(tmp_path / "other", seed=1)
    before = [tab.label for tab in at.tabs]
    (other / "README.md").write_text("# A card")
    server = resources.server()
    server.switch(weights.Choice(str(other), None, weights.Held.FOLDER, 1).settings(server.settings))
    until(lambda: server.next is None)
    at.run()
    assert not at.exception and [tab.label for tab in at.tabs] != before
    assert at.session_state["section"] == "Other weights" and at.selectbox(key="weights-choice")


def test_a_question_to_the_hub_says_what_is_waited_for(online, model_page, monkeypatch):  # noqa: F811
    said, spinner = [], st.spinner
    monkeypatch.setattr(st, "spinner", lambda text: said.append(text) or spinner(text))
    at = ask(choose(model_page, "some/open"))
    assert said == ["Asking the Hub what some/open has"] and COMMIT[:12] in texts(at)
