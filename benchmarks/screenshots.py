"""The pictures in docs/images, taken from the running application: `make screenshots`.
Look at them before committing them."""

import sys
from pathlib import Path
from typing import Any

from application import CHROMIUM, WAIT, chromium, example_with, serving

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
    with serving() as (address, _), chromium() as browser:
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
    return 0


def _take(page: Any, name: str) -> None:
    page.wait_for_timeout(3000)  # figures and tables draw themselves after they arrive
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    raise SystemExit(main())
