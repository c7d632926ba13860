"""The application in a real browser: a file goes in, a redshift comes out, and the console stays quiet."""

import zipfile
from pathlib import Path

import pytest

from tests.browser.conftest import FITS, PAGES, PATIENCE, PHONE, browsing, serving, spectrum, upload

pytestmark = pytest.mark.browser


def cutout(root: Path) -> Path:
    """A file of a Legacy Survey image."""
    return root / "tests" / "data" / "ls_cutout.fits.gz"


def test_an_uploaded_spectrum_becomes_a_redshift(page, root):
    upload(page, spectrum(root))
    value = page.get_by_test_id("stMetricValue").first
    value.wait_for()
    assert 0 <= float(value.inner_text()) < 10
    page.get_by_text("Flux (1e-17 erg s⁻¹ cm⁻² Å⁻¹)").first.wait_for()
    page.get_by_text("Probability density p(z)").first.wait_for()
    assert not page.get_by_test_id("stException").count()


def test_an_uploaded_cutout_is_shown_beside_what_the_tokens_kept(page, root):
    upload(page, cutout(root))
    for word in ("Original", "Decoded", "Residual", "x (arcsec)"):
        page.get_by_text(word, exact=True).first.wait_for()
    assert not page.get_by_test_id("stException").count()


def test_the_divider_of_a_swipe_is_dragged_and_moved_with_the_keys(page, root):
    upload(page, cutout(root))
    page.get_by_text("Swipe", exact=True).click()
    slider, over = (
        page.get_by_role("slider", name="Divider between Original and Decoded"),
        page.locator(".st-key-swipe-0 img.over"),
    )
    slider.scroll_into_view_if_needed()
    assert [picture.get_attribute("alt") for picture in page.locator(".st-key-swipe-0 img").all()] == [
        "Legacy Survey image, Color: Original",
        "Legacy Survey image, Color: Decoded",
    ]
    assert cut(over) == 50
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    assert cut(over) == pytest.approx(25, abs=1)
    before = cut(over)
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    assert cut(over) == before + 2
    colored = over.get_attribute("src")
    page.get_by_role("radio", name="g", exact=True).or_(
        page.get_by_role("button", name="g", exact=True)
    ).first.click()
    pytest.importorskip("playwright.sync_api").expect(over).to_have_attribute(
        "alt", "Legacy Survey image, DES-G: Decoded", timeout=PATIENCE
    )
    assert over.get_attribute("src") != colored
    assert cut(over) == before + 2, "the divider stays where it is"


def cut(picture) -> float:
    """Percent of the width that is hidden on the left."""
    return float(picture.evaluate("p => getComputedStyle(p).clipPath.match(/([\\d.]+)%\\)/)[1]"))


def test_an_object_of_the_catalog_is_opened_by_a_click(page):
    page.get_by_role("link", name="Catalog").first.click()
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    page.wait_for_timeout(1500)
    table.click(position={"x": 15, "y": 52})
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Reference catalog, simulated", exact=False).first.wait_for()


def test_the_address_holds_what_was_changed_and_opens_the_same_view(page, address):
    page.goto(f"{address}/?example=image-only")
    page.get_by_text("Blink", exact=True).click()
    page.get_by_role("radio", name="r", exact=True).click()
    page.get_by_label("How many").fill("3")
    page.get_by_label("How many").press("Enter")
    page.wait_for_url("**neighbors-k=3**")
    link = page.url
    assert sorted(link.partition("?")[2].split("&")) == [
        "band=r",
        "compared=Blink",
        "example=image-only",
        "neighbors-k=3",
    ]
    for _ in range(2):
        assert page.get_by_role("radio", name="Blink").get_attribute("aria-checked") == "true"
        assert page.get_by_role("radio", name="r", exact=True).get_attribute("aria-checked") == "true"
        assert page.get_by_label("How many").input_value() == "3"
        page.goto("about:blank")
        page.goto(link)
        page.get_by_label("How many").wait_for()


def test_a_link_opens_the_search_of_the_sender(page, address):
    page.goto(f"{address}/similar?like=object%201&k=3")
    page.get_by_text("Most similar: 3 of 12").first.wait_for()
    page.locator(".aion-object").nth(3).wait_for()  # the one asked by and three found
    assert page.locator(".aion-object").count() == 4
    assert not page.get_by_test_id("stException").count()


def test_the_first_page_asked_of_a_new_server_may_be_any(settings, root, tmp_path):
    with serving(settings, root, tmp_path / "log.txt") as address, browsing(address) as page:
        page.goto(f"{address}/similar?like=object%201&k=3")
        page.get_by_text("Most similar: 3 of 12").first.wait_for()
        links = page.get_by_test_id("stTopNavLink").evaluate_all("links => links.map(link => link.href)")
        assert links == [f"{address}/{name}" for name in ("", *PAGES)]
        assert not page.get_by_role("dialog").count()  # "Page not found" would be one


def test_a_table_of_ones_own_is_embedded_before_ones_eyes_and_searched(page, tmp_path):
    rows = (
        tmp_path / "mine.csv"
    )  # so many that a person sees the work; each second one is like the one before
    like = [(i + 1) // 2 for i in range(300)]
    rows.write_text(
        "\n".join(
            ["id,FLUX_G,FLUX_R,z", *(f"mine {i},{1 + n},{2 + n},{i / 1000}" for i, n in enumerate(like))]
        )
    )
    page.get_by_role("link", name="Catalog").first.click()
    page.get_by_role("link", name="Use your own objects").click()
    upload(page, rows)
    page.get_by_role("button", name="Begin").click()
    page.get_by_test_id("stProgress").wait_for()
    page.get_by_text("Done: 300 objects").wait_for()
    batch = page.url
    page.wait_for_timeout(1500)  # as above: a table takes clicks a while after it is there
    page.get_by_test_id("stDataFrame").first.click(position={"x": 60, "y": 52})
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("mine.csv", exact=False).first.wait_for()  # as its file has it
    page.goto(batch)  # its address finds it in another session
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Catalog (zip)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "catalog/catalog.json" in archive.namelist()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Use as catalog").click()
    page.get_by_text("300 uploaded objects").wait_for()
    page.get_by_role("link", name="Similar").first.click()
    typed = page.locator(".st-key-add-id input")
    typed.fill("mine 7")
    typed.press("Enter")
    page.get_by_text("Most similar: 24 of 300").first.wait_for()
    page.get_by_role("button", name="mine 8", exact=True).wait_for()
    assert not page.get_by_test_id("stException").count()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_a_phone_and_has_nothing_to_say_on_the_console(page, address, theme):
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=theme)
    for name, part in {
        "batch": "Begin",
        "catalog": "Columns",
        "similar?like=object%201&k=3": "How well this works",
        "inspect": "Or mark objects on the Catalog page",
        "calibrate": "whose redshifts you know",
        "heads": "Kept heads",
        "model": "Software",
    }.items():
        page.goto(f"{address}/{name}")
        page.get_by_text(part).first.wait_for()
        assert page.evaluate(FITS), name
