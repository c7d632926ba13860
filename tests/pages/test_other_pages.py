"""The Model page, and the application without usable weights."""

import gc
import json
import threading
import time
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aion import hub
from aion.download import fetch
from aion.errors import WeightsNotFoundError
from aion.explorer.settings import Settings
from aion.explorer.ui.shared import evaluation
from aion.explorer.ui.shared.server import Startup
from tests.hub.server import COMMIT
from tests.pages.conftest import unfold
from tests.tiny import write_tiny


def test_the_model_page_says_which_weights_these_are(app):
    at = app.switch_page("pages/model.py").run()
    assert not at.exception
    texts = " ".join(str(table.value.to_dict()) for table in at.table)
    assert "SHA-256" in texts and "Parameters" in texts and "torch" in texts
    streams = at.dataframe[0].value
    assert "SDSS spectrum" in set(streams["Quantity"])
    assert streams.set_index("Stream").loc["tok_spectrum_sdss", "Tokens"] == 273
    assert not at.code, "only the tab that is open is made"
    at.session_state["section"] = "Cite"
    assert "2510.17960" in at.run().code[0].value and not at.dataframe


def bar(quantity: str, measured: float | None, met: bool | None) -> dict[str, object]:
    known = {
        "sample": "real spectra; all",
        "bar": "≥ 0.97",
        "moonshot": "≥ 1",
        "n": 40 if met is not None else 0,
    }
    return {"quantity": quantity, "measured": measured, "met": met, **known}


MEASURED = {
    "bars": [
        bar("Right redshifts", 0.98123456, True),
        bar("Right stars", 0.5, False),
        bar("Photometric", None, None),
    ],
    "about": {"weights": "abc", "seed": 7},
    "real spectra: redshifts": {
        "all": {"n": 40, "within 0.01": 0.98123456},
        "stars": {"n": 0, "within 0.01": None},
    },
}


def test_the_model_page_says_what_was_wanted_and_what_was_reached_and_then_the_details(
    tmp_path, app, monkeypatch
):
    at = app.switch_page("pages/model.py").run()
    assert "Measured" not in [tab.label for tab in at.tabs]
    monkeypatch.setattr(
        evaluation, "beside", lambda info, name: '{"loss": 0.1}' if name == "metrics.json" else None
    )
    at.run()
    assert not at.exception and "Measured" not in [tab.label for tab in at.tabs], (
        "somebody else's file of that name"
    )
    (tmp_path / "metrics.json").write_text(json.dumps(MEASURED))
    monkeypatch.setattr(
        evaluation,
        "beside",
        lambda info, name: (tmp_path / name).read_text() if (tmp_path / name).is_file() else None,
    )
    at.session_state["section"] = "Measured"
    at.run()
    assert not at.exception and "Measured" in [tab.label for tab in at.tabs]
    bars = at.dataframe[0].value
    assert bars["Reached"].tolist() == ["✓ met", "✗ not met", "– not measured"]
    assert bars.loc[0, ["Quantity", "Measured", "Bar", "Moonshot", "N"]].tolist() == [
        "Right redshifts",
        "0.9812",
        "≥ 0.97",
        "≥ 1",
        40,
    ]
    assert bars["Measured"].tolist() == ["0.9812", "0.5", ""]
    assert [expander.label for expander in at.expander] == ["Real spectra: redshifts"]
    assert len(at.dataframe) == 1
    details = unfold(at, "measured-real spectra: redshifts").dataframe[1].value
    assert details["Sample"].tolist() == ["all", "stars"] and details["N"].tolist() == [40, 0]
    assert details["within 0.01"][0] == 0.9812 and details["within 0.01"].isna()[1]
    assert any("1 ✓ met, 1 ✗ not met, 1 – not measured" in caption.value for caption in at.caption)


@pytest.mark.parametrize("page", ["pages/catalog.py", "pages/similar.py", "pages/model.py"])
def test_weights_that_are_not_there_are_explained_on_every_page(
    page, environment, root, tmp_path, monkeypatch
):
    monkeypatch.setenv("AION_MODEL", str(tmp_path / "nothing-here"))
    st.cache_resource.clear()
    at = AppTest.from_file(str(root / "app.py"), default_timeout=60).run()
    at.switch_page(page).run()
    st.cache_resource.clear()
    assert not at.exception
    assert "cannot be used" in at.error[0].value and "nothing-here" in at.error[0].value
    assert any(button.label == "Try again" for button in at.button)
    captions = [caption.value for caption in at.caption]
    assert any("`aion app --model ID`" in text and "`aion download ID`" in text for text in captions)
    assert ("aion app" in [code.value for code in at.code]) == ("model" in page), "the command that mends it"


def test_who_waits_for_a_start_that_fails_sees_the_commands_too(environment, root, monkeypatch):
    def fail(settings):
        time.sleep(3)
        raise WeightsNotFoundError("there are no such weights")

    monkeypatch.setattr("aion.explorer.engine.Engine", fail)
    st.cache_resource.clear()
    at = AppTest.from_file(str(root / "app.py"), default_timeout=60).run()
    at.switch_page("pages/model.py").run()
    st.cache_resource.clear()
    assert not at.exception and "There are no such weights." in at.error[0].value
    assert "aion app" in [code.value for code in at.code]


def test_with_other_weights_the_catalog_says_why_it_is_not_there_and_what_to_do(
    environment, root, twin, tmp_path, monkeypatch
):
    monkeypatch.setenv("AION_MODEL", str(write_tiny(tmp_path / "other", seed=1)))
    st.cache_resource.clear()
    at = AppTest.from_file(str(root / "app.py"), default_timeout=60).run()
    at.file_uploader[0].set_value(twin("sdss_spec.fits")).run()
    for page in (None, "pages/catalog.py", "pages/similar.py"):
        if page is not None:
            at.switch_page(page).run()
        assert not at.exception
        assert any(
            "made by other weights" in info.value and "`AION_CATALOG`" in info.value for info in at.info
        )
    st.cache_resource.clear()


def test_the_model_page_lists_what_is_here_with_a_command_for_each_and_asks_nobody(online, app, settings):
    fetch("some/open")
    fetch("polymathic-ai/aion-base", revision="v1")
    hub.locate("some/slow")  # its configuration only
    online.requests.clear()
    at = app.switch_page("pages/model.py").run()
    at.session_state["section"] = "Other weights"
    at.run()
    assert not at.exception and not online.requests
    used = f"aion app --model {settings.model}"
    base = f"AION_REVISION={COMMIT} aion app --model polymathic-ai/aion-base"
    slow, xlarge = (
        f"aion download {id}\naion app --model {id}" for id in ("some/slow", "polymathic-ai/aion-xlarge")
    )
    commands = [code.value for code in at.code]
    assert {"aion app", used, base, "aion app --model some/open", slow, xlarge} <= set(commands)
    assert len(commands) == len(set(commands))
    (in_use,) = [text.value for text in at.markdown if "in use" in text.value]
    assert Path(settings.model).name in in_use
    said = [caption.value for caption in at.caption]
    assert any("download cache, incomplete" in text and COMMIT[:12] in text for text in said)
    assert any(text == "Hugging Face Hub · about 12.4 GB to download" for text in said)
    assert {button.label for button in at.button} == set(), "nothing here downloads or switches"
    assert all(str(value).endswith("B") for value in at.table[2].value.iloc[:, 1])


@pytest.mark.parametrize("page", [None, "pages/catalog.py", "pages/similar.py", "pages/model.py"])
def test_settings_that_do_not_exist_are_told_in_a_sentence_on_every_page(
    page, environment, root, monkeypatch
):
    monkeypatch.setenv("AION_DEVICE", "gpu")
    st.cache_resource.clear()
    at = AppTest.from_file(str(root / "app.py"), default_timeout=60).run()
    if page is not None:
        at.switch_page(page).run()
    st.cache_resource.clear()
    assert not at.exception and len(at.error) == 1
    assert "AION_DEVICE is 'gpu'" in at.error[0].value
    assert at.error[0].value.startswith("**This server cannot start.**")


def test_what_is_loaded_is_not_looked_through_after_every_run(app):
    for thread in threading.enumerate():
        if thread.name == "aion-startup":
            thread.join()
    assert gc.get_freeze_count() > 10_000
    gc.unfreeze()


def test_a_failed_start_is_told_once_and_ends(tmp_path: Path):
    start = Startup(Settings(model=str(tmp_path / "nothing-here"), catalog=tmp_path))
    start._thread.join(timeout=60)
    assert not start.is_running
    assert start.engine is None and "nothing-here" in str(start.problem)
