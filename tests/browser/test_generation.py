"""Generation in a real browser: progress by token, an end at once, and a figure that says what it is."""

import re

import pytest

from tests.browser.conftest import spectrum, upload

pytestmark = pytest.mark.browser


def test_tokens_marked_with_a_lasso_are_filled_in_and_marked_as_generated(page, root) -> None:
    upload(page, root / "tests" / "data" / "ls_cutout.fits.gz")
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Token lab: what the model reads").click()
    area = page.locator(".st-key-tokens-tok_image .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    token, left, top = box["width"] / 24, box["x"], box["y"]
    page.mouse.move(left + 5.1 * token, top + 5.1 * token)
    page.mouse.down()
    for right, down in ((9.0, 5.1), (9.0, 8.0), (5.1, 8.0), (5.1, 5.1)):
        page.mouse.move(left + right * token, top + down * token, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Let the model fill in 12 of 576 tokens").click()
    page.get_by_text("12 tokens were drawn").wait_for()
    filled = page.locator(".st-key-image-fill-in-generated-not-observed .js-plotly-plot")
    filled.get_by_text("generated, not observed", exact=True).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="FITS, generated, not observed").click()
    assert download.value.suggested_filename.endswith("-image-fill-in-generated-not-observed.fits")


def test_a_dragged_range_of_a_spectrum_marks_its_tokens(page, root) -> None:
    upload(page, spectrum(root))
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Token lab: what the model reads").click()
    for row in (0, 1):  # on the spectrum, and on the bars below it
        area = page.locator(".st-key-tokens .nsewdrag").nth(row)
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 12)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 30, steps=5)
        page.mouse.up()
        page.get_by_role("button", name=re.compile("fill in [1-9][0-9]? of 273 tokens")).wait_for()
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Let the model fill in 0 of 273 tokens").wait_for()


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
