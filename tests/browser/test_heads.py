"""The Heads page in a browser: a column is learned, kept, and stands beside an object on Analyze."""

from pathlib import Path

import pandas as pd
import pytest

from aion.explorer.engine import Engine
from tests.browser.conftest import FITS, PHONE, spectrum, upload
from tests.heads.labeled import labeled_catalog

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    """A catalog of the weights in use, whose labels can be learned."""
    engine = Engine(settings)
    made = labeled_catalog(tmp_path / "made", sha256=engine.info.sha256, width=engine.width)
    engine.close()
    made.save(tmp_path / "made")
    return tmp_path / "made"


def test_a_head_that_is_learned_and_kept_is_shown_beside_an_object(page, address, root, folder):
    page.goto(f"{address}/heads")
    page.get_by_text("A folder of a batch", exact=True).click()
    page.get_by_placeholder("~/surveys/my-night").fill(str(folder))
    page.get_by_placeholder("~/surveys/my-night").press("Enter")
    page.get_by_role("combobox", name="Embeddings of").click()
    page.get_by_role("option", name="Spectra", exact=True).click()
    page.get_by_role("button", name="Train and measure").click()
    page.get_by_role("heading", name="Farthest from their labels").wait_for()
    page.locator(".st-key-heads-confusion .js-plotly-plot, .st-key-heads-pairs .js-plotly-plot").wait_for()
    page.locator(".st-key-heads-curve .js-plotly-plot").wait_for()
    page.set_viewport_size(PHONE)
    page.wait_for_function(FITS)
    page.set_viewport_size({"width": 1280, "height": 900})
    with page.expect_download() as download:
        page.get_by_role("button", name="Save file").click()
    assert download.value.suggested_filename.endswith(".safetensors")
    page.get_by_role("button", name="Keep this head").click()
    page.get_by_text("Kept: objects on Analyze").wait_for()
    page.get_by_role("link", name="Analyze").click()
    page.get_by_text("Upload the files of one object").wait_for()
    page.get_by_role("heading", name="Kept heads").wait_for(state="detached")
    upload(page, spectrum(root))
    page.get_by_role("heading", name="Your labels").wait_for()
    page.get_by_role("link", name="Batch").click()
    page.get_by_role("button", name="Begin").wait_for()
    upload(page, spectrum(root))
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("Done: 1 object").wait_for()
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    row = pd.read_csv(download.value.path()).iloc[0]
    assert isinstance(row["head_class"], str) and 0 < row["head_class_probability"] <= 1
