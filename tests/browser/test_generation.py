"""Generation in a real browser: progress by token, an end at once, and a figure that says what it is."""

import pytest

from tests.browser.conftest import spectrum, upload

pytestmark = pytest.mark.browser
TOKENS = ".st-key-tokens-tok_image .js-plotly-plot"


def test_tokens_marked_with_a_lasso_are_filled_in_and_a_range_with_a_drag(page, root) -> None:
    upload(page, root / "tests" / "data" / "ls_cutout.fits.gz", spectrum(root))
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Token lab: what the model reads").click()
    fill = page.get_by_role("button", name="Let the model fill in")
    page.locator(f"{TOKENS} .nsewdrag").first.scroll_into_view_if_needed()
    area = page.locator(f"{TOKENS} .nsewdrag").first.bounding_box()
    token = area["width"] / 24
    page.mouse.move(area["x"] + 5.1 * token, area["y"] + 5.1 * token)
    page.mouse.down()
    for right, down in ((9.0, 5.1), (9.0, 8.0), (5.1, 8.0), (5.1, 5.1)):
        page.mouse.move(area["x"] + right * token, area["y"] + down * token, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Let the model fill in 12 of 576 tokens").click()
    page.get_by_text("12 tokens were drawn").wait_for()
    filled = page.locator(".st-key-image-fill-in-generated-not-observed .js-plotly-plot")
    filled.get_by_text("generated, not observed", exact=True).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="FITS, generated, not observed").click()
    assert download.value.suggested_filename.endswith("-image-fill-in-generated-not-observed.fits")
    bars = page.locator(".st-key-tokens-tok_spectrum_sdss .nsewdrag").last
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 20, steps=5)
    page.mouse.up()
    fill.last.get_by_text("of 273 tokens").wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('button')].some(b => /fill in [1-9]\\d* of 273/.test(b.innerText))"
    )


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
