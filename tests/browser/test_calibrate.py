"""The Calibrate page in a browser: from a catalog to its outliers to one of them."""

import json
from dataclasses import replace

import pytest

from aion.explorer.engine import Engine
from aion.recalibration import Correction, Recalibration
from tests.browser.conftest import FITS, PHONE, browsing, serving, spectrum, upload
from tests.explorer.conftest import settings  # noqa: F401  # a fixture

pytestmark = pytest.mark.browser


def test_an_outlier_opens_on_the_analyze_page(page, address):
    page.goto(f"{address}/calibrate")
    page.get_by_text("A catalog", exact=True).click()
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_text("0.003", exact=True).click()
    page.get_by_role("heading", name="Outliers:").wait_for()
    page.set_viewport_size(PHONE)
    page.wait_for_function(FITS)
    page.set_viewport_size({"width": 1300, "height": 1000})
    outliers = page.get_by_test_id("stDataFrame").nth(1)
    outliers.scroll_into_view_if_needed()
    outliers.click(position={"x": 20, "y": 52})
    page.get_by_test_id("stMetricValue").first.wait_for()
    assert "calibrate" not in page.url


def test_the_switch_of_the_recalibration_changes_what_is_taken_away(
    settings,  # noqa: F811
    root,
    tmp_path,
    monkeypatch,
) -> None:
    engine = Engine(replace(settings, device="cpu"))
    file = tmp_path / "recalibration.json"
    file.write_text(
        Recalibration(engine.info.sha256, "nothing", (Correction(("spectrum",), power=0.1),)).to_json()
    )
    engine.close()
    monkeypatch.setenv("AION_RECALIBRATION", str(file))
    with serving(settings, root, tmp_path / "log.txt") as address, browsing(address) as page:
        page.goto(address)
        page.locator(".stApp[data-test-script-state=notRunning]").wait_for()
        upload(page, spectrum(root))
        page.get_by_text("raised to the power 0.10").wait_for()
        page.locator("label", has_text="Recalibrated").click()
        page.get_by_text("p(z) as the model gives it, not recalibrated.").wait_for()
        page.get_by_role("button", name="Download").first.click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Everything (JSON)").click()
        stated = json.loads(download.value.path().read_text())["redshift"]
        assert stated["recalibration"] is None
