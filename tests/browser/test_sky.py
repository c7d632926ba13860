"""Objects with positions in a real browser: the sky has its shape, a click marks, a link leads to a place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aion.explorer.settings import Settings
from aion.sky.services import PACE
from tests.browser.conftest import FITS, PHONE, serving, upload
from tests.browser.test_figures import BESIDE, DRAWN, at_rest, place, wait_until
from tests.sky.fake_archive import fake_archive

pytestmark = pytest.mark.browser

DEGREES = """p => {
  const area = p.querySelector(".nsewdrag").getBoundingClientRect(), { xaxis, yaxis } = p.layout
  const length = ([low, high]) => high - low
  return [area.width / length(xaxis.range), area.height / length(yaxis.range)]
}"""
"""Pixels of a degree to the right and upwards."""


@pytest.fixture(scope="module")
def address(settings: Settings, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an application answers that asks archives, which are not those of the world."""
    folder = tmp_path_factory.mktemp("app")
    with fake_archive() as archive, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AION_SKY", "yes")
        patch.setenv("AION_SKY_CACHE", str(folder / "sky"))
        for service in PACE:
            patch.setenv(f"AION_SKY_{service.upper()}", archive.base_urls[service])
        with serving(settings, root, folder / "log.txt") as url:
            yield url


@pytest.fixture
def sky(page, tmp_path):
    """The Catalog page with 30 objects of one's own around RA 0 and Dec 60, and their sky."""
    places = [((359.9 + i / 150) % 360, 60 + i % 5 / 20, ("GALAXY", "QSO")[i % 2]) for i in range(30)]
    rows = [f"mine {i},{ra:.6f},{dec:.6f},{kind},{1 + i},2" for i, (ra, dec, kind) in enumerate(places)]
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["id,ra,dec,class,FLUX_G,FLUX_R", *rows]))
    page.get_by_role("link", name="Batch").first.click()
    page.get_by_role("button", name="Begin").wait_for()  # else the page before takes the file
    upload(page, file)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Use as catalog").click()
    page.get_by_text("30 uploaded objects").wait_for()
    page.get_by_text("Sky", exact=True).click()
    wait_until(page, BESIDE, f"p => ({DRAWN})(p) && p.layout.yaxis.scaleratio")
    at_rest(page)
    return page


def test_a_degree_of_declination_is_as_long_as_one_across_and_east_is_left(sky):
    right, up = sky.locator(BESIDE).evaluate(DEGREES)
    assert right < 0 and up / -right == pytest.approx(2.0, rel=0.02)  # 1 / cos 60


def test_a_click_on_the_sky_marks_an_object_and_its_links_lead_to_its_position(sky, address):
    x, y = place(sky, BESIDE, "galaxy", 0.5)
    sky.mouse.click(x, y)
    sky.get_by_text("1 marked").wait_for()
    at_rest(sky)
    sky.get_by_text("On the sky", exact=True).click()
    with sky.context.expect_page() as opened:
        sky.get_by_role("link", name="Analyze this position").click()
    assert opened.value.url == f"{address}/?at=359.96667,60.00000"


def test_the_filters_of_positions_fit_a_phone(sky):
    sky.set_viewport_size(PHONE)
    sky.get_by_text("Filters: only among").click()
    position = sky.get_by_role("textbox", name="Near the position")
    position.fill("0 60")
    position.press("Enter")
    sky.get_by_text("30 objects", exact=True).wait_for(state="detached")
    at_rest(sky)
    assert sky.evaluate(FITS)
