"""The Model page, and the application without usable weights."""

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aion.explorer.settings import Settings
from aion.explorer.ui import model_view
from aion.explorer.ui.resources import Startup


def test_the_model_page_says_which_weights_these_are(app):
    at = app.switch_page("pages/model.py").run()
    assert not at.exception
    texts = " ".join(str(table.value.to_dict()) for table in at.table)
    assert "SHA-256" in texts and "Parameters" in texts and "torch" in texts
    streams = at.dataframe[0].value
    assert "SDSS spectrum" in set(streams["Quantity"])
    assert streams.set_index("Stream").loc["tok_spectrum_sdss", "Tokens"] == 273
    assert "2510.17960" in at.code[0].value


def test_measured_numbers_are_shown_when_they_lie_beside_the_weights(tmp_path, app, monkeypatch):
    at = app.switch_page("pages/model.py").run()
    assert "Measured" not in [tab.label for tab in at.tabs]
    (tmp_path / "metrics.json").write_text(json.dumps({"real spectra": {"n": 40, "within 0.01": 0.925}}))
    monkeypatch.setattr(model_view, "_beside", lambda info, name: (tmp_path / name).read_text() if (tmp_path / name).is_file() else None)
    at.run()
    assert "Measured" in [tab.label for tab in at.tabs]
    assert at.dataframe[0].value.values.tolist() == [["real spectra", "n", "40"], ["real spectra", "within 0.01", "0.925"]]


@pytest.mark.parametrize("page", ["pages/catalog.py", "pages/similar.py", "pages/model.py"])
def test_weights_that_are_not_there_are_explained_on_every_page(page, environment, root, tmp_path, monkeypatch):
    monkeypatch.setenv("AION_MODEL", str(tmp_path / "nothing-here"))
    st.cache_resource.clear()
    at = AppTest.from_file(str(root / "app.py"), default_timeout=60).run()
    at.switch_page(page).run()
    st.cache_resource.clear()
    assert not at.exception
    assert "cannot be used" in at.error[0].value and "nothing-here" in at.error[0].value
    assert any(button.label == "Try again" for button in at.button)


def test_a_failed_start_is_told_once_and_ends(tmp_path: Path):
    start = Startup(Settings(model=str(tmp_path / "nothing-here"), catalog=tmp_path))
    start._thread.join(timeout=60)
    assert not start.running
    assert start.engine is None and "nothing-here" in str(start.problem)
