"""Every figure: a theme, a name on every axis, nothing that nobody sees;
marks that follow the redshift, the plots of the catalog, and figures as a page."""

import numpy as np
import pytest

from aion.explorer import figures
from aion.explorer.figures import DARK, LIGHT
from aion.explorer.results.occlusion import TokenGroup
from tests.explorer.figures import samples
from tests.explorer.figures.conftest import catalog, titles, trace

PATCHES = tuple(
    TokenGroup("tok_image", np.array([i]), patch=(i // 24 * 4, i % 24 * 4, 4)) for i in range(576)
)
STRETCHES = tuple(
    TokenGroup(
        "tok_spectrum_sdss", np.array([i]), stretch=(3474.4 + 25.6 * i, 3500 + 25.6 * i) if i else None
    )
    for i in range(273)
)


ALL = {
    "image": lambda theme: figures.panels(samples.image(), theme=theme),
    "band": lambda theme: figures.panels(samples.image(), view=figures.ImageView(band="DES-R"), theme=theme),
    "stacked image": lambda theme: figures.panels(samples.image(), stacked=True, theme=theme),
    "blink": lambda theme: figures.blink(samples.image(), theme=theme),
    "whole": lambda theme: figures.whole(samples.image(whole=256), theme=theme),
    "decoded image": lambda theme: figures.panels(samples.image(with_original=False), theme=theme),
    "spectrum": lambda theme: figures.spectrum(samples.spectrum(), z=0.3, theme=theme),
    "decoded spectrum": lambda theme: figures.spectrum(samples.spectrum(with_data=False), theme=theme),
    "redshift": lambda theme: figures.redshift(
        samples.pdf((0.3, 0.01, 1.0)), z=0.3, reference=0.31, theme=theme
    ),
    "log redshift": lambda theme: figures.redshift(samples.pdf((0.3, 0.01, 1.0)), log=True, theme=theme),
    "alone": lambda theme: figures.alone(
        {"Image": samples.pdf((0.3, 0.1, 1.0)), "All": samples.pdf((0.3, 0.01, 1.0))}, z=0.3, theme=theme
    ),
    "spectrum arms": lambda theme: figures.spectrum_arms(
        samples.arms(samples.pdf((0.3, 0.002, 1.0)), samples.pdf((0.31, 0.002, 1.0))), theme=theme
    ),
    "image tokens": lambda theme: figures.image_tokens(
        samples.image(), PATCHES, np.arange(576.0), measure="Surprise (nats)", theme=theme
    ),
    "stacked image tokens": lambda theme: figures.image_tokens(
        samples.image(), PATCHES, np.arange(576.0), measure="Surprise (nats)", stacked=True, theme=theme
    ),
    "spectrum tokens": lambda theme: figures.spectrum_tokens(
        samples.spectrum(), STRETCHES, np.arange(273.0), measure="Surprise (nats)", theme=theme
    ),
    "catalog": lambda theme: catalog(["galaxy", "blob"], theme=theme),
    "catalog by number": lambda theme: catalog([0.5, np.nan], theme=theme),
    "compared": lambda theme: figures.overlay_spectra(
        [figures.OverlaySpectrum("a", samples.small_spectrum(), 0.5)], theme=theme
    ),
    "neighbors": lambda theme: figures.neighbors(samples.neighbors(), z=0.3, theme=theme),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_figure_is_drawn_in_the_theme_and_can_be_sent_to_a_browser(name, theme):
    figure = ALL[name](theme)
    assert figure.layout.template.layout.font.color == theme.ink
    assert figure.layout.template.layout.paper_bgcolor == theme.paper, (
        "a saved file is readable on any ground"
    )
    assert len(figure.to_json()) < 3_000_000


@pytest.mark.parametrize("name", ALL)
def test_every_figure_names_its_axes(name):
    figure = ALL[name](LIGHT)
    assert any(titles(figure, "x"))
    assert any(titles(figure, "y"))


def test_tokens_lie_over_the_data_and_what_selects_them_knows_their_positions():
    image = ALL["image tokens"](LIGHT)
    on_image, on_map = (one for one in image.data if one.type == "scatter")
    for points in (on_image, on_map):
        assert list(points.customdata) == list(range(576))
        assert points.marker.opacity == 0 and points.selected.marker.opacity > 0.5
        assert points.x[25] == pytest.approx((6 - 48) * 0.262) and points.y[25] == pytest.approx(points.x[25])
    assert [one.customdata for one in image.data if one.type == "image"] == [None]
    assert image.layout.dragmode == "lasso"
    spectrum = ALL["spectrum tokens"](LIGHT)
    [bars] = [one for one in spectrum.data if one.type == "bar"]
    assert list(bars.customdata) == list(range(1, 273)) and bars.y[0] == 1
    assert bars.x[0] == pytest.approx(3512.8) and bars.text[0] == "3500 to 3526 Å"
    assert spectrum.layout.dragmode == "select" and spectrum.layout.selectdirection == "h"


def test_catalog_objects_without_a_magnitude_or_a_redshift_are_left_out_and_points_know_their_row():
    figure = catalog(["galaxy"] * 3, z=(0.1, np.nan, 0.3), magnitude=(18.0, 19.0, 20.0))
    assert list(figure.data[0].customdata) == [10, 12]
    assert figure.layout.yaxis.autorange == "reversed" and figure.data[0].type == "scattergl"


def test_numbers_color_points_on_a_scale_with_its_title_and_texts_by_group():
    scale = catalog(np.array([1.0, 2.0]))
    assert len(scale.data) == 1 and list(scale.data[0].marker.color) == [1.0, 2.0]
    assert scale.data[0].marker.colorbar.title.text == "Class"
    groups = catalog(["HSC", "Legacy Survey"])
    assert len({item.marker.color for item in groups.data}) == 2


def test_a_class_has_the_same_colour_in_every_figure():
    catalog = ALL["catalog"](LIGHT).data[0]
    assert catalog.marker.color == trace(ALL["neighbors"](LIGHT), "galaxy").marker.color == LIGHT.galaxy


MARKED = [
    (figures.spectrum, samples.spectrum(), figures.line_marks()),
    (figures.redshift, samples.pdf((0.3, 0.01, 1.0)), figures.redshift_mark()),
]


@pytest.mark.parametrize(("draw", "of", "marks"), MARKED, ids=["spectrum", "redshift"])
def test_marks_stand_where_the_figure_itself_has_them_and_all_else_stays(draw, of, marks):
    assert draw(of, z=0.3, with_marks=False) == draw(of, z=0.301, with_marks=False)
    drawn = {shape.name: shape.x0 for shape in draw(of, z=0.3).layout.shapes if shape.type == "line"}
    moved = {shape["name"]: marks.origin + (shape["x0"] - marks.origin) * 1.3 for shape in marks.shapes}
    name = "Hβ" if draw is figures.spectrum else "Chosen z"
    assert moved[name] == pytest.approx(drawn[name])


def test_figures_become_one_page_that_needs_no_network():
    page = figures.html("a < b", {"Redshift": ALL["redshift"](LIGHT), "Spectrum": ALL["spectrum"](LIGHT)})
    assert "<h1>a &lt; b</h1>" in page and page.count("Plotly.newPlot") >= 2
    assert "<script src=" not in page and page.count("plotly.js v") == 1


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_drawn_that_nobody_sees(name):
    hidden = [item for item in ALL[name](LIGHT).data if item.type == "scatter" and item.marker.opacity == 0]
    assert all(item.selected.marker.opacity for item in hidden)  # some are seen where they are selected


def test_many_points_are_circles():
    few, many = (
        catalog(["galaxy", "star"]),
        catalog(["galaxy", "star"] * 2000, z=(0.1, 0.2) * 2000, magnitude=(18.0, 20.0) * 2000),
    )
    assert {points.marker.symbol for points in few.data} == {"circle", "star"}
    assert {points.marker.symbol for points in many.data} == {"circle"}
