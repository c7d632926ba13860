"""Figures in a real browser: drawn once, by one Plotly; what a person does to them is kept and answered."""

from contextlib import suppress

import pytest

from tests.browser.conftest import FITS, PHONE, spectrum, upload

pytestmark = pytest.mark.browser

SPECTRUM, DENSITY, MAP, BESIDE = (
    f".st-key-{key} .js-plotly-plot" for key in ("spectrum-0", "redshift", "map-plot", "beside-plot")
)
AT_REST = """() => document.querySelector('.stApp').dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-stale=true]')"""
DRAWN = "p => p?.layout?.xaxis?.range && p.querySelector('.nsewdrag')"
RANGE = "p => p.layout.xaxis.range"
HBETA = "p => p.layout.shapes.find(shape => shape.name === 'Hβ')?.x0 / 4862.68 - 1"
"""The redshift at which a line is drawn; NaN while it is not."""
PLACE = """(p, [name, share]) => {
  const kinds = { f4: Float32Array, f8: Float64Array, i4: Int32Array, i2: Int16Array }
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer
  const values = (list) => list.bdata ? new kinds[list.dtype](bytes(list.bdata)) : list
  const trace = p.data.find((one) => one.name?.startsWith(name)), x = values(trace.x), y = values(trace.y)
  const i = Math.floor(share * x.length)
  const area = p.querySelector(".nsewdrag").getBoundingClientRect(), { xaxis, yaxis } = p.layout
  const part = (value, [low, high]) => (value - low) / (high - low)
  const right = part(x[i], xaxis.range) * area.width, up = part(y[i], yaxis.range) * area.height
  return [area.left + right, area.bottom - up]
}"""
"""Where a point of a curve is on the page, so far along it."""
BOXES = """p => [...p.querySelectorAll('.shapelayer .shape-label text')]
  .map((one) => one.getBoundingClientRect().toJSON())"""
"""Where the names of the lines of a figure are."""
COUNTED = """() => {
  window.drawn = []
  const { react } = Plotly
  Plotly.react = (box, ...others) => {
    drawn.push(box.closest("[class*=st-key-]")?.className.match(/st-key-([^ ]+)/)[1])
    return react(box, ...others)
  }
}"""
"""From now on the keys of figures that are drawn anew are noted."""


def wait_until(page, selector: str, claim: str, *arguments) -> None:
    """``claim``: a function of the element, in JavaScript."""
    test = f"([selector, arguments]) => ({claim})(document.querySelector(selector), ...arguments)"
    page.wait_for_function(test, arg=[selector, list(arguments)])


def at_rest(page) -> None:
    """No answer of the server is on its way."""
    page.wait_for_timeout(300)
    page.wait_for_function(AT_REST)


def opened(page, root):
    """A spectrum on the page; the box to type z, and its figure, once it is at rest."""
    upload(page, spectrum(root))
    typed = page.locator(".st-key-z-typed input")
    typed.wait_for()
    wait_until(page, SPECTRUM, DRAWN)
    at_rest(page)
    page.locator(SPECTRUM).scroll_into_view_if_needed()
    return typed, page.locator(SPECTRUM)


def catalog(page):
    """The Catalog page, at rest."""
    page.get_by_role("link", name="Catalog").first.click()
    for figure in (MAP, BESIDE):
        wait_until(page, figure, DRAWN)
    at_rest(page)


def place(page, selector: str, curve: str, share: float):
    """A point of a curve, after hovering there as a hand does."""
    figure = page.locator(selector)
    figure.scroll_into_view_if_needed()
    x, y = figure.evaluate(PLACE, [curve, share])
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    return x, y


def lasso(page) -> None:
    """Round nearly all of the map."""
    box = page.locator(f"{MAP} .nsewdrag").bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.04)]
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for point in places[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def zoom(page, figure):
    """Into the middle of a spectrum; the stretch of x that is seen then."""
    area = figure.locator(".nsewdrag").first.bounding_box()
    height = area["y"] + 0.4 * area["height"]
    page.mouse.move(area["x"] + 0.3 * area["width"], height)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.6 * area["width"], height + 2, steps=5)
    page.mouse.up()
    wait_until(page, SPECTRUM, f"p => {{ const [low, high] = ({RANGE})(p); return high - low < 4000 }}")
    return figure.evaluate(RANGE)


def test_plotly_is_there_before_anything_is_to_be_drawn(page):
    page.wait_for_function("globalThis.Plotly")
    assert page.locator(".js-plotly-plot").count() == 0


def test_one_plotly_draws_every_page_is_kept_by_the_browser_and_shares_nothing(page, root):
    opened(page, root)
    catalog(page)
    fetched = """performance.getEntriesByType('resource')
        .filter(({ name }) => name.includes('plotly')).map((one) => one.transferSize)"""
    assert [size > 0 for size in page.evaluate(fetched)] == [True]
    page.goto(page.url)
    wait_until(page, MAP, DRAWN)
    assert page.evaluate(fetched) == [0]
    buttons = page.locator(f"{MAP} .modebar-btn").evaluate_all("all => all.map((one) => one.dataset.title)")
    assert buttons == [
        "Zoom",
        "Pan",
        "Box Select",
        "Lasso Select",
        "Reset axes",
        "Download plot",
        "Fullscreen",
    ]


def test_a_figure_is_drawn_anew_only_where_it_changes_and_outlives_a_look_at_another_page(page, root):
    typed, figure = opened(page, root)
    zoomed = zoom(page, figure)
    page.evaluate(COUNTED)
    typed.fill("0.31")
    typed.press("Enter")
    wait_until(page, SPECTRUM, f"p => Math.abs(({HBETA})(p) - 0.31) < 1e-6")
    at_rest(page)
    assert "spectrum-0" not in page.evaluate("drawn")
    catalog(page)
    page.evaluate("drawn.length = 0")
    page.get_by_role("link", name="Analyze").first.click()
    wait_until(page, SPECTRUM, DRAWN)
    at_rest(page)
    assert page.evaluate("drawn") == []
    assert page.locator(SPECTRUM).evaluate(RANGE) == pytest.approx(zoomed)
    page.get_by_text("9 px").first.click()
    wait_until(page, SPECTRUM, "p => p.data.some((trace) => trace.name === 'Data, mean of 9 pixels')")
    assert page.evaluate("drawn") == ["spectrum-0"]


def test_the_zoom_of_a_spectrum_outlives_a_change_of_z_and_of_the_figure(page, root):
    typed, figure = opened(page, root)
    zoomed = zoom(page, figure)
    typed.fill("0.31")
    typed.press("Enter")
    wait_until(page, SPECTRUM, f"p => Math.abs(({HBETA})(p) - 0.31) < 1e-6")
    assert figure.evaluate(RANGE) == pytest.approx(zoomed)
    page.get_by_text("9 px").first.click()
    wait_until(page, SPECTRUM, "p => p.data.some((trace) => trace.name === 'Data, mean of 9 pixels')")
    at_rest(page)
    assert figure.evaluate(RANGE) == pytest.approx(zoomed)
    assert figure.evaluate(HBETA) == pytest.approx(0.31)


def test_the_lines_follow_a_slider_without_the_server(page, root):
    opened(page, root)
    page.context.set_offline(True)
    slider = page.locator(".st-key-z-slid input")
    slider.focus()
    slider.press("PageUp")
    z = float(slider.input_value())
    wait_until(page, SPECTRUM, f"(p, z) => Math.abs(({HBETA})(p) - z) < 1e-6", z)
    wait_until(
        page,
        DENSITY,
        "(p, z) => Math.abs(p.layout.shapes.find((one) => one.name === 'Chosen z').x0 - z) < 1e-6",
        z,
    )


def test_a_click_on_the_density_sets_the_redshift(page, root):
    typed, _ = opened(page, root)
    before = typed.input_value()
    point = place(page, DENSITY, "p(z)", 0.1)
    page.locator(f"{DENSITY} .hoverlayer .hovertext").first.wait_for()
    page.mouse.click(*point)
    page.wait_for_function(
        "before => document.querySelector('.st-key-z-typed input').value !== before", arg=before
    )


def test_a_click_in_a_spectrum_asks_which_line_it_is_and_the_answer_sets_z(page, root):
    from playwright.sync_api import TimeoutError as TimedOut

    opened(page, root)
    question = page.get_by_text("Which line is it?", exact=False)
    for _ in range(3):  # on a busy machine the page may still move under the pointer
        point = place(page, SPECTRUM, "Data", 0.4)
        page.locator(f"{SPECTRUM} .hoverlayer .hovertext").first.wait_for()
        page.mouse.click(*point)
        with suppress(TimedOut):
            question.first.wait_for(timeout=20_000)
            break
    question.first.wait_for()
    page.locator(".st-key-z-named input").click()
    option = page.get_by_role("option").first
    named = float(option.inner_text().rpartition("z = ")[2])
    option.click()
    page.wait_for_function(
        "z => Number(document.querySelector('.st-key-z-typed input').value) === z", arg=named
    )
    question.first.wait_for(state="detached")


def test_a_lasso_on_the_map_marks_objects_everywhere_until_they_are_unmarked(page):
    catalog(page)
    page.evaluate(COUNTED)
    lasso(page)
    page.get_by_text("Unmark").first.wait_for()
    page.locator(".aion-object").nth(9).wait_for()
    at_rest(page)
    marked = "p => p.data.reduce((sum, trace) => sum + (trace.selectedpoints?.length ?? 0), 0)"
    assert page.locator(MAP).evaluate(marked) >= 10 and page.locator(BESIDE).evaluate(marked) >= 5
    page.get_by_role("button", name="Unmark").click()
    for figure in (MAP, BESIDE):
        wait_until(
            page,
            figure,
            "p => p.data.every((trace) => !trace.selectedpoints) && !p.layout.selections?.length",
        )
    at_rest(page)
    assert not page.get_by_text("Unmark").count() and page.evaluate("drawn") == []


@pytest.mark.parametrize("plot", [MAP, BESIDE], ids=["map", "beside"])
def test_a_pointer_that_rests_on_a_point_shows_the_card_of_the_object(page, plot):
    catalog(page)
    place(page, plot, "quasar", 0)
    picture = page.locator(".aion-card img.picture")
    picture.wait_for()
    page.wait_for_function(
        "image => image.complete && image.naturalWidth === 96", arg=picture.element_handle()
    )
    told = page.locator(".aion-card p").inner_text().splitlines()
    assert picture.get_attribute("alt") == f"Image of {told[0]}" and told[1].startswith("quasar")
    page.mouse.move(5, 5)
    picture.wait_for(state="hidden")


def test_the_page_fits_a_phone_and_no_name_of_a_line_covers_another(page, root):
    page.set_viewport_size(PHONE)
    _, figure = opened(page, root)
    assert page.evaluate(FITS)
    boxes = figure.evaluate(BOXES)
    assert len(boxes) > 1
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            beside = one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
            assert beside or one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1


def test_a_figure_takes_the_width_there_is_and_more_names_find_their_place(page, root):
    page.set_viewport_size(PHONE)
    _, figure = opened(page, root)
    few = len(figure.evaluate(BOXES))
    page.set_viewport_size({"width": 1280, "height": 900})
    wait_until(page, SPECTRUM, "p => p.querySelector('.nsewdrag').getBoundingClientRect().width > 1000")
    wait_until(page, SPECTRUM, f"(p, few) => ({BOXES})(p).length > few", few)
    assert figure.get_attribute("role") == "figure"
    assert "decoded version" in figure.get_attribute("aria-label")
