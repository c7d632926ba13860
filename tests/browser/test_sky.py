"""Objects with positions in a browser: the sky has its shape, and its filters fit a phone."""

import pytest

from tests.browser.conftest import FITS, PHONE, upload
from tests.browser.test_figures import BESIDE, DRAWN, at_rest, wait_until

pytestmark = pytest.mark.browser

DEGREES = """p => {
  const area = p.querySelector(".nsewdrag").getBoundingClientRect(), { xaxis, yaxis } = p.layout
  const length = ([low, high]) => high - low
  return [area.width / length(xaxis.range), area.height / length(yaxis.range)]
}"""
"""Pixels of a degree to the right and upwards."""


@pytest.fixture
def sky(page, tmp_path):
    """The Catalog page with 30 objects of one's own around RA 0 and Dec 60, and their sky."""
    rows = [
        f"mine {i},{(359.9 + i / 150) % 360:.6f},{60 + i % 5 / 20:.6f},{1 + i},{2 + i}" for i in range(30)
    ]
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["id,ra,dec,FLUX_G,FLUX_R", *rows]))
    page.get_by_role("link", name="Catalog").first.click()
    page.get_by_text("Use your own objects").first.click()
    upload(page, file)
    page.get_by_role("button", name="Make a catalog of it").click()
    page.get_by_text("Your catalog: 30 objects embedded").wait_for()
    page.get_by_text("Sky", exact=True).click()
    wait_until(page, BESIDE, f"p => ({DRAWN})(p) && p.layout.yaxis.scaleratio")
    at_rest(page)
    return page


def test_a_degree_of_declination_is_as_long_as_one_across_and_east_is_left(sky):
    right, up = sky.locator(BESIDE).evaluate(DEGREES)
    assert right < 0 and up / -right == pytest.approx(2.0, rel=0.02)  # 1 / cos 60


def test_the_filters_of_positions_fit_a_phone(sky):
    sky.set_viewport_size(PHONE)
    sky.get_by_text("Filters: only among").click()
    position = sky.get_by_role("textbox", name="Near the position")
    position.fill("0 60")
    position.press("Enter")
    at_rest(sky)
    assert sky.evaluate(FITS)
