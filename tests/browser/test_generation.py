"""Generation in a real browser: progress by token, an end at once, and a figure that says what it is."""

import pytest

from tests.browser.conftest import spectrum, upload

pytestmark = pytest.mark.browser


def test_a_generation_is_cancelled_and_another_one_drawn_with_its_mark(page, root) -> None:
    upload(page, spectrum(root))
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Generate what is missing, or withhold it and compare").click()
    page.get_by_label("Samples").fill("256")
    page.get_by_label("Samples").press("Enter")
    start = page.get_by_role("button", name="Generate", exact=True)
    start.click()
    page.get_by_text(" tokens drawn").wait_for()
    page.get_by_role("button", name="Cancel").click()
    start.wait_for()
    title = page.get_by_text("Generated, not observed", exact=True)
    assert title.count() == 0
    page.get_by_label("Samples").fill("3")
    page.get_by_label("Samples").press("Enter")
    start.click()
    title.wait_for()
    drawn = page.locator(".st-key-image-samples-generated-not-observed .js-plotly-plot")
    drawn.get_by_text("generated, not observed", exact=True).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="FITS, generated, not observed").click()
    assert download.value.suggested_filename.endswith("-image-generated-not-observed.fits")
