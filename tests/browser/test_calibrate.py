"""The Calibrate page in a browser: from a catalog to its outliers to one of them."""

import pytest

from tests.browser.conftest import FITS, PHONE

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
