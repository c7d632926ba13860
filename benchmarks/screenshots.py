"""The pictures in docs/images, taken from the running application: `make screenshots`.
Look at them before committing them."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from application import CHROMIUM, WAIT, chromium, example_with, serving

from aion.explorer.results.generated import MARK

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 900}


def main() -> int:
    files = example_with("image", "spectrum")
    if CHROMIUM is None or not files:
        print(
            "screenshots need chromium and an example with an image and a spectrum in assets/examples",
            file=sys.stderr,
        )
        return 2
    IMAGES.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as kept,
        serving(settings=_folders(kept)) as (address, _),
        chromium() as browser,
    ):
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(1000 * WAIT)
        page.goto(address)
        page.locator("input[type=file]").first.wait_for(state="attached")
        _take(page, "welcome")
        page.locator("input[type=file]").first.set_input_files(files)
        page.locator(".js-plotly-plot").first.wait_for()
        page.set_viewport_size({**SIZE, "height": 2150})  # from the upload to the images
        _take(page, "analyze")
        page.set_viewport_size(SIZE)
        for name in ("Catalog", "Model"):
            page.get_by_role("link", name=name).first.click()
            _take(page, name.lower())
        page.goto(f"{address}/similar?like=SIM-00014")
        page.locator(".aion-object").nth(6).wait_for()
        page.set_viewport_size({**SIZE, "height": 1500})  # from the query to two rows of answers
        _take(page, "similar")
        page.goto(f"{address}/batch")
        _press(page, "Try it with example spectra")
        page.get_by_role("button", name="Use as catalog").wait_for()
        _take(page, "batch")
        page.set_viewport_size(SIZE)
        page.goto(f"{address}/inspect")
        _press(page, "Try it with example spectra")
        page.get_by_role("textbox", name="Who inspects").fill("you")
        page.keyboard.press("Enter")
        page.locator("canvas").first.wait_for()
        _take(page, "inspect")
        page.goto(f"{address}/?example=image-only")
        page.get_by_text("Generate what is missing").click()
        page.get_by_role("combobox", name="Target").click()
        page.get_by_role("option", name="DESI spectrum").click()
        _press(page, "Generate")
        mark = page.get_by_role("button", name=f"FITS, {MARK}")
        mark.wait_for()
        page.set_viewport_size({**SIZE, "height": 1300})
        mark.scroll_into_view_if_needed()
        _take(page, "generate")
    return 0


def _folders(kept: str) -> dict[str, str]:
    """Settings of a server that keeps what people do in a folder that goes with it."""
    return {name: f"{kept}/{name}" for name in ("AION_OWN", "AION_INSPECTION")}


def _press(page: Any, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).first.click()


def _take(page: Any, name: str) -> None:
    page.wait_for_timeout(3000)  # figures and tables draw themselves after they arrive
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    raise SystemExit(main())
