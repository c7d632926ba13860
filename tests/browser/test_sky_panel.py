"""The sky around an object: what is drawn, a click that leads elsewhere, one sentence without a network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aion.explorer.settings import Settings
from aion.explorer.ui.analyze.sky_panel import HIPS
from aion.sky.services import PACE
from tests.browser.conftest import CHROMIUM, PATIENCE, serving
from tests.browser.test_figures import at_rest
from tests.sky.fake_archive import FakeArchive, closed_port, fake_archive
from tests.sky.simulated_sky import GALAXY

pytestmark = pytest.mark.browser
LAYERS = "count => globalThis.asked?.filter(([name]) => name === 'setOverlayImageLayer').length === count"
OPEN = {"Access-Control-Allow-Origin": "*"}
STAND_IN = Path(__file__).with_name("aladin_stand_in.js")


@pytest.fixture(scope="module")
def archive():
    with fake_archive() as fake:
        yield fake


@pytest.fixture
def sky_around(archive: FakeArchive, settings: Settings, root: Path, tmp_path: Path):
    """``sky_around(see)``: what ``see`` finds in a tab with the sky around the galaxy in which nothing goes
    wrong; so many of the surveys of the CDS answer."""
    sync_api = pytest.importorskip("playwright.sync_api")

    def opened(see: Callable[[Any], Any], *, aladin: str = str(STAND_IN), surveys: int = 0) -> Any:
        environment = {f"AION_SKY_{name.upper()}": archive.base_urls[name] for name in PACE}
        environment |= {"AION_SKY": "yes", "AION_SKY_CACHE": str(tmp_path / "sky"), "AION_ALADIN": aladin}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with (
                serving(settings, root, tmp_path / "log.txt") as address,
                sync_api.sync_playwright() as driver,
            ):
                page = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
                page.set_default_timeout(PATIENCE)
                page.route("https://**", lambda route: route.abort())  # no other host
                for _, url in HIPS[:surveys]:
                    page.route(
                        f"{url}/properties", lambda route: route.fulfill(body="hips_order = 9", headers=OPEN)
                    )
                problems: list[str] = []
                page.on("pageerror", lambda error: problems.append(str(error)))
                page.goto(f"{address}/?at={GALAXY.ra},{GALAXY.dec}")
                page.get_by_text("The sky around").click()
                result = see(page)
                assert not problems
                return result

    return opened


def test_the_sky_shows_cutout_and_field_and_a_click_leads_elsewhere(sky_around):
    def see(page):
        page.get_by_text("The surveys of the CDS do not answer: only what is here is drawn.").wait_for()
        asked = page.evaluate("asked")
        page.evaluate("clickAt(150.1, 2.3)")
        page.get_by_role("button", name="Analyze at 150.10000 +2.30000").click()
        page.wait_for_url("**/?at=150.10000%2C2.30000")
        return asked

    asked = sky_around(see)
    names = [name for name, *_ in asked]
    assert names.count("aladin") == 1 and "imageHiPS" not in names, "no survey that does not answer"
    [target] = [given[0]["target"] for name, *given in asked if name == "aladin"]
    assert target == f"{GALAXY.ra} {GALAXY.dec}"
    [corners] = [given[0] for name, *given in asked if name == "field"]
    assert len(corners) == 4 and all(abs(ra - GALAXY.ra) < 0.005 for ra, _ in corners)
    images = [given[0]["url"] for name, *given in asked if name == "setOverlayImageLayer"]
    assert all(url.startswith("data:image/png") and len(url) > 1000 for url in images)


def test_a_survey_that_answers_lies_below_the_cutout_in_the_one_sky(sky_around):
    def see(page):
        page.wait_for_function(LAYERS, arg=3)
        for count in (0, 1):
            page.get_by_text("The sky around").click()
            page.wait_for_function(
                "count => document.querySelectorAll('.aion-sky i').length === count", arg=count
            )
        page.locator(".st-key-z-typed input").fill("0.2")
        page.locator(".st-key-z-typed input").press("Enter")
        at_rest(page)
        assert page.get_by_text("A click on the sky offers").count() == 1
        assert page.get_by_text("The surveys of the CDS do not answer").count() == 0
        return page.evaluate("asked")

    asked = sky_around(see, surveys=1)
    assert [name for name, *_ in asked].count("aladin") == 1, "closed and opened again it is the same"
    assert [given[0] for name, *given in asked if name == "imageHiPS"] == [HIPS[0][1]]
    layers = [given[-1] for name, *given in asked if name == "setOverlayImageLayer"]
    assert layers == ["Cutout", HIPS[0][0], "Cutout"], "the last lies above the others"


def test_without_aladin_lite_the_sky_is_one_sentence(sky_around):
    def see(page):
        page.get_by_text("Aladin Lite does not come from").wait_for()
        return page.get_by_text("All else on this page works without it.").count()

    assert sky_around(see, aladin=f"{closed_port()}/aladin.js") == 1
