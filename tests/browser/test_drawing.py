"""How often the browser draws, in a real browser."""

import pytest

from tests.browser.test_browser import address, cutout, page, upload  # noqa: F401  # fixtures
from tests.explorer.conftest import settings  # noqa: F401  # a fixture

pytestmark = pytest.mark.browser

COUNTED = """() => {
  window.reckoned = {}
  const emit = Symbol()
  Object.defineProperty(HTMLElement.prototype, "emit", { get() { return this[emit] }, set(told) {
    this[emit] = (event, ...about) => {
      const key = event === "plotly_react" && this.closest("[class*=st-key-]").className.match(/st-key-([^ ]+)/)[1]
      if (key) (reckoned[key] ??= []).push(this.calcdata)
      return told.call(this, event, ...about)
    }
  } })
}"""
"""From now on, what Plotly reckoned for each figure is noted each time that it is handed one."""
REPEATED = "Object.entries(reckoned).filter(([, all]) => all.some((one) => one !== all[0])).map(([key]) => key)"


def test_a_figure_that_is_handed_over_twice_is_reckoned_once(page, root):  # noqa: F811
    page.evaluate(COUNTED)
    upload(page, cutout(root))
    handed_over_again(page, "redshift", "image-0")
    page.get_by_role("link", name="Catalog").first.click()
    handed_over_again(page, "map-plot-0", "beside-plot-0")
    assert page.evaluate(REPEATED) == []


def handed_over_again(page, *keys: str) -> None:  # noqa: F811
    """Wait for these figures, then make the page narrower: every figure is handed to Plotly once more."""
    for key in keys:
        page.wait_for_function("key => reckoned[key]", arg=key)
    before = page.evaluate("keys => keys.map((key) => reckoned[key].length)", keys)
    page.set_viewport_size({"width": page.viewport_size["width"] - 60, "height": 900})
    for key, count in zip(keys, before, strict=True):
        page.wait_for_function("([key, count]) => reckoned[key].length > count", arg=[key, count])
