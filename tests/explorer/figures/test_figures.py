"""Every figure: the data it was given, a name and a unit on every axis, the same colours by meaning in both themes."""

import base64
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from aion.catalog import SmallSpectrum
from aion.explorer import figures
from aion.explorer.figures import DARK, LIGHT
from aion.explorer.figures import image as image_module
from aion.lines import LineSet
from tests.explorer.figures import samples

TOKENS = np.arange(576) % 97
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
    "image tokens": lambda theme: figures.image_tokens(TOKENS, theme=theme),
    "spectrum tokens": lambda theme: figures.spectrum_tokens(TOKENS[:273], theme=theme),
    "catalog": lambda theme: catalog(["galaxy", "blob"], theme=theme),
    "catalog by number": lambda theme: catalog([0.5, np.nan], theme=theme),
    "compared": lambda theme: figures.overlay_spectra(
        [figures.OverlaySpectrum("a", samples.small_spectrum(), 0.5)], theme=theme
    ),
    "neighbors": lambda theme: figures.neighbors(samples.neighbors(), z=0.3, theme=theme),
}


def catalog(colors, *, theme=LIGHT, z=(0.1, 0.2), magnitude=(18.0, 20.0)):
    axes = (
        figures.Axis("Redshift z", np.array(z)),
        figures.Axis("r (AB mag)", np.array(magnitude), reverse=True),
    )
    return figures.scatter(10 + np.arange(len(z)), *axes, figures.Coloring("Class", colors), theme=theme)


def titles(figure, axis):
    return [
        getattr(item.title, "text", None)
        for item in getattr(figure, f"select_{axis}axes")()
        if item.visible is not False
    ]


def trace(figure, name):
    return next(item for item in figure.data if item.name == name)


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
    assert any(titles(figure, "y")) or name == "spectrum tokens"


def test_the_axes_of_a_spectrum_state_units_and_frame():
    figure = figures.spectrum(samples.spectrum())
    assert "Observed wavelength, vacuum (Å)" in titles(figure, "x")
    assert "Flux (1e-17 erg s⁻¹ cm⁻² Å⁻¹)" in titles(figure, "y")
    assert "Residual (σ)" in titles(figure, "y")


def test_images_are_measured_in_arcsec_only_when_the_pixel_scale_is_known():
    assert "x (arcsec)" in titles(figures.panels(samples.image()), "x")
    without = figures.panels(samples.image(pixel_scale=None))
    assert "x (pixels)" in titles(without, "x")
    assert not without.layout.shapes
    assert any("″" in note.text for note in figures.panels(samples.image()).layout.annotations)


def pixels(url):
    """(height, width, 3) of a data URL."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def test_original_and_decoded_share_one_stretch():
    dim = samples.image()
    brighter = image_module.ImageResult(
        dim.survey, dim.bands, dim.original, dim.decoded * 30, dim.pixel_scale, None, None
    )
    first = [pixels(figures.panels(result).data[0].source) for result in (dim, brighter)]
    np.testing.assert_array_equal(*first)
    decoded = [pixels(figures.panels(result).data[1].source).mean() for result in (dim, brighter)]
    assert decoded[1] > decoded[0]


def test_the_residual_is_symmetric_around_zero_with_its_unit():
    residual = figures.panels(samples.image()).data[2]
    assert residual.zmin == -residual.zmax
    assert "nanomaggies per pixel" in residual.colorbar.title.text


def test_an_image_without_an_original_shows_what_the_tokens_say_and_nothing_else():
    figure = figures.panels(samples.image(with_original=False))
    assert len(figure.data) == 1
    assert figure.layout.annotations[0].text == "Decoded"


def test_the_first_row_of_an_image_is_at_the_bottom():
    figure = figures.panels(samples.image())
    low, high = figure.layout.yaxis.range
    assert low < 0 < high
    assert figure.data[0].dy > 0


def test_a_one_pixel_line_of_a_long_spectrum_is_drawn_at_full_height():
    figure = figures.spectrum(samples.spectrum(pixels=60_000))
    assert max(trace(figure, "Data").y) == 80.0
    assert len(trace(figure, "Data").x) < 10_000


def test_panels_one_below_the_other_are_as_wide_as_the_figure_and_zoom_together():
    figure = figures.panels(samples.image(), stacked=True)
    domains = [figure.layout[name].domain for name in ("yaxis3", "yaxis2", "yaxis")]
    assert all(low[1] < high[0] for low, high in itertools.pairwise(domains))
    assert {figure.layout[name].domain for name in ("xaxis", "xaxis2", "xaxis3")} == {(0.0, 1.0)}
    assert figure.layout.xaxis3.matches == "x" and figure.layout.xaxis3.title.text == "x (arcsec)"
    assert figure.layout.height > 2 * figures.panels(samples.image()).layout.height
    assert figure.data[2].colorbar.len < 0.34


def test_the_line_has_a_gap_over_masked_pixels_whose_values_are_a_click_away():
    result = samples.spectrum()
    flux = np.where(result.bad, 0.0, result.flux)  # as surveys fill what they mask
    figure = figures.spectrum(replace(result, flux=flux))
    drawn = {trace.name: trace for trace in figure.data}
    assert np.isnan(drawn["Data"].y[result.bad]).all() and np.isfinite(drawn["Data"].y[~result.bad]).all()
    assert drawn["Masked data"].visible == "legendonly" and (drawn["Masked data"].y == 0).all()
    assert len(drawn["Masked data"].x) == result.bad.sum()
    band = drawn["±1σ"].y
    assert band.min() > 0.5 * np.median(flux), "the band does not fall to the values of masked pixels either"


def test_masked_stretches_and_the_atmosphere_are_shaded():
    names = [shape.name for shape in figures.spectrum(samples.spectrum()).layout.shapes]
    assert names.count("masked") == 1
    assert {"telluric A band", "telluric B band", "5577 Å sky line"} <= set(names)


def test_lines_move_with_the_redshift():
    def place(z):
        return next(
            shape.x0
            for shape in figures.spectrum(samples.spectrum(), z=z).layout.shapes
            if shape.name == "Hβ"
        )

    assert place(0.1) == pytest.approx(4862.68 * 1.1)
    assert place(0.2) == pytest.approx(4862.68 * 1.2)
    assert not [shape for shape in figures.spectrum(samples.spectrum()).layout.shapes if shape.name == "Hβ"]


def test_the_filled_regions_of_the_redshift_are_its_credible_regions():
    pdf = samples.pdf((0.3, 0.004, 1.0), (1.2, 0.004, 0.8))
    filled = [item for item in figures.redshift(pdf).data if item.fill == "tozeroy"]
    spans = {item.name: [] for item in filled}
    for item in filled:
        spans[item.name].append((min(item.x), max(item.x)))
    assert spans["68 % region"] == [pytest.approx(interval) for interval in pdf.ci68]
    assert spans["95 % region"] == [pytest.approx(interval) for interval in pdf.ci95]
    area = sum(np.trapezoid(item.y, item.x) for item in filled if item.name == "68 % region")
    assert area == pytest.approx(0.68, abs=1e-6)


def test_peaks_reference_and_chosen_redshift_are_marked():
    pdf = samples.pdf((0.3, 0.004, 1.0), (1.2, 0.004, 0.8))
    figure = figures.redshift(pdf, z=0.31, reference=0.305)
    assert list(trace(figure, "Peaks").x) == [peak.z for peak in pdf.peaks]
    lines = {shape.name: shape.x0 for shape in figure.layout.shapes}
    assert lines == {"Chosen z": 0.31, "Reference z": 0.305}


def test_the_redshift_shows_its_peaks_or_the_whole_grid():
    pdf = samples.pdf((0.3, 0.004, 1.0))
    low, high = figures.redshift(pdf).layout.xaxis.range
    assert 0.2 < low < 0.3 < high < 0.4
    low, high = figures.redshift(pdf, extent="grid").layout.xaxis.range
    assert (low, high) == (pytest.approx(pdf.edges[0]), pytest.approx(pdf.edges[-1]))


def test_image_tokens_that_make_no_square_are_refused_with_their_number():
    with pytest.raises(ValueError, match="575 image tokens"):
        figures.image_tokens(TOKENS[:575])


def test_catalog_objects_without_a_magnitude_or_a_redshift_are_left_out_and_points_know_their_row():
    figure = catalog(["galaxy"] * 3, z=(0.1, np.nan, 0.3), magnitude=(18.0, 19.0, 20.0))
    assert list(figure.data[0].customdata) == [10, 12]
    assert figure.layout.yaxis.autorange == "reversed" and figure.data[0].type == "scattergl"


def test_numbers_color_points_on_a_scale_with_its_title_and_texts_by_group():
    scale = catalog(np.array([1.0, 2.0]))
    assert (
        len(scale.data) == 1
        and list(scale.data[0].marker.color) == [1.0, 2.0]
        and scale.data[0].marker.colorbar.title.text == "Class"
    )
    groups = catalog(["HSC", "Legacy Survey"])
    assert len({item.marker.color for item in groups.data}) == 2


def test_compared_spectra_are_divided_by_their_median_and_move_to_rest():
    spectrum = samples.small_spectrum()
    both = [
        figures.OverlaySpectrum("a", spectrum, 0.5),
        figures.OverlaySpectrum("b", SmallSpectrum(spectrum.wavelength, 7 * spectrum.flux), 1.0),
    ]
    seen, rest = figures.overlay_spectra(both), figures.overlay_spectra(both, rest=True)
    np.testing.assert_allclose(seen.data[0].y, seen.data[1].y, rtol=1e-6)
    assert np.nanmedian(seen.data[0].y) == pytest.approx(1)
    assert rest.data[1].x[0] == pytest.approx(spectrum.wavelength[0] / 2)
    assert (
        "Rest wavelength" in rest.layout.xaxis.title.text
        and "Observed wavelength" in seen.layout.xaxis.title.text
    )


def test_a_small_spectrum_is_drawn_with_its_gap_in_a_kilobyte():
    url = figures.spark(samples.small_spectrum())
    drawing = base64.b64decode(url.split(",")[1]).decode()
    assert url.startswith("data:image/svg+xml") and drawing.count("M") == 2 and LIGHT.ink in drawing
    long = np.linspace(3600, 9800, 7781)
    assert len(figures.spark(SmallSpectrum(long, np.sin(long / 100)), theme=DARK)) < 4000


def test_a_class_has_the_same_colour_in_every_figure():
    catalog = ALL["catalog"](LIGHT).data[0]
    assert catalog.marker.color == trace(ALL["neighbors"](LIGHT), "galaxy").marker.color == LIGHT.galaxy


def test_a_click_anywhere_on_the_density_gives_the_middle_of_its_bin():
    pdf = samples.pdf((0.3, 0.01, 1.0))
    density = trace(figures.redshift(pdf), "p(z)")
    np.testing.assert_array_equal(density.customdata, np.repeat(pdf.z, 2))
    assert all(
        low <= z <= high
        for low, z, high in zip(density.x[::2], density.customdata[::2], density.x[1::2], strict=True)
    )
    assert list(trace(figures.redshift(pdf), "Peaks").customdata) == [peak.z for peak in pdf.peaks]


def test_mode_median_and_mean_are_marked_by_name():
    pdf = samples.pdf((0.3, 0.01, 1.0), (1.2, 0.05, 0.8))
    figure = figures.redshift(pdf)
    marked = {name: trace(figure, name).x[0] for name in ("Mode", "Median", "Mean")}
    assert marked == {"Mode": pdf.mode, "Median": pdf.median, "Mean": pdf.mean}


def test_a_logarithmic_density_shows_five_decades():
    axis = figures.redshift(samples.pdf((0.3, 0.01, 1.0)), log=True).layout.yaxis
    assert axis.type == "log" and 5 < axis.range[1] - axis.range[0] < 6


def test_each_choice_of_modalities_has_its_row_on_one_redshift_axis():
    figure = figures.alone(
        {"Image": samples.pdf((0.3, 0.2, 1.0)), "All": samples.pdf((0.3, 0.01, 1.0))}, z=0.31, reference=0.3
    )
    assert [item.name for item in figure.data[:2]] == ["Image", "All"]
    assert figure.layout.xaxis.matches == "x2" and figure.layout.xaxis2.title.text == "Redshift z"
    assert all(max(item.y) == 1 for item in figure.data[:2])
    assert {shape.name: shape.x0 for shape in figure.layout.shapes} == {"Chosen z": 0.31, "Reference z": 0.3}


def test_at_rest_the_lines_stand_still_and_the_data_move():
    def at(z):
        return figures.spectrum(samples.spectrum(), z=z, view=figures.View(rest=True))

    def place(z):
        return next(shape.x0 for shape in at(z).layout.shapes if shape.name == "Hβ")

    assert place(0.1) == pytest.approx(place(0.2)) == pytest.approx(4862.68)
    assert trace(at(0.2), "Data").x[0] == pytest.approx(3800 / 1.2)
    assert "Rest wavelength at z = 0.2000, vacuum (Å)" in titles(at(0.2), "x")
    band = next(shape.path for shape in at(0.2).layout.shapes if shape.name == "telluric A band")
    assert f"{7592 / 1.2:.2f}" in band


def test_a_click_in_a_spectrum_gives_an_observed_wavelength_whatever_the_axis_shows():
    result = samples.spectrum()
    for name, shown in {"Data": result, "Decoded from tokens": samples.spectrum(with_data=False)}.items():
        picked = trace(figures.spectrum(shown, z=0.5, view=figures.View(rest=True)), name)
        np.testing.assert_allclose(picked.customdata[:, 0], np.asarray(picked.x) * 1.5, rtol=1e-6)
        np.testing.assert_allclose(picked.customdata[:, 0], shown.wavelength, rtol=1e-6)


def test_smoothing_changes_what_is_drawn_and_not_the_residual():
    plain, smoothed = (
        figures.spectrum(samples.spectrum(), view=figures.View(smoothing=pixels)) for pixels in (1, 9)
    )
    assert max(trace(smoothed, "Data, mean of 9 pixels").y) < max(trace(plain, "Data").y)
    np.testing.assert_array_equal(
        trace(plain, "(data − decoded) / σ").y, trace(smoothed, "(data − decoded) / σ").y
    )
    with pytest.raises(ValueError, match="odd number"):
        figures.View(smoothing=4)


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


def test_lines_at_rest_follow_no_redshift_and_every_line_has_its_name():
    assert figures.line_marks().follows and not figures.line_marks(view=figures.View(rest=True)).follows
    assert all(shape["label"]["text"] == shape["name"] for shape in figures.line_marks().shapes)


def test_emission_and_absorption_lines_are_chosen_apart():
    chosen = figures.View(LineSet(frozenset({"absorption"})))
    names = {
        shape.name
        for shape in figures.spectrum(samples.spectrum(), z=0.1, view=chosen).layout.shapes
        if shape.type == "line"
    }
    assert {"Ca H", "Ca K"} <= names and "Hβ" not in names


def test_brightness_and_q_are_the_same_for_every_panel():
    plain, bright = (
        figures.panels(samples.image(), view=figures.ImageView(brightness=value)) for value in (1.0, 3.0)
    )
    assert all(
        pixels(bright.data[i].source).mean() > 1.2 * pixels(plain.data[i].source).mean() for i in (0, 1)
    )
    faint = figures.panels(samples.image(), view=figures.ImageView(softening=30.0))
    assert pixels(faint.data[0].source).mean() > pixels(plain.data[0].source).mean()


def test_the_two_pictures_of_a_swipe_have_one_stretch_and_one_orientation():
    image, view = samples.image(), figures.ImageView(band="DES-R", brightness=2.0)
    original, decoded = map(pixels, figures.picture_urls(image, view=view))
    beside = figures.panels(image, view=view).data
    np.testing.assert_array_equal(
        original, pixels(beside[0].source)[::-1], "the first row of a FITS image is the lowest"
    )
    np.testing.assert_array_equal(decoded, pixels(beside[1].source)[::-1])


def test_original_and_decoded_blink_in_one_place():
    figure = figures.blink(samples.image())
    assert [item.visible for item in figure.data] == [True, False]
    assert [[item.visible for item in frame.data] for frame in figure.frames] == [
        [True, False],
        [False, True],
    ]
    assert [step.label for step in figure.layout.sliders[0].steps] == ["Original", "Decoded"]


def test_the_field_of_the_model_is_drawn_on_a_larger_cutout():
    figure = figures.whole(samples.image(whole=256))
    field = next(shape for shape in figure.layout.shapes if shape.name == "field")
    assert field.x1 - field.x0 == pytest.approx(96 * 0.262)
    assert figure.layout.xaxis.range[1] == pytest.approx(128 * 0.262)
    assert pixels(figures.whole(samples.image(whole=1200)).data[0].source).shape[0] <= 512


def test_the_residual_is_in_units_of_the_noise_when_that_is_known_and_asked_for():
    image = samples.image(sigma=0.01)
    chi = figures.panels(image, view=figures.ImageView(in_sigma=True)).data[2]
    assert chi.colorbar.title.text == "Residual (σ)"
    assert np.std(chi.z) == pytest.approx(1.0, abs=0.05)
    without = figures.panels(samples.image(), view=figures.ImageView(in_sigma=True)).data[2]
    assert "nanomaggies" in without.colorbar.title.text


@pytest.mark.parametrize(
    ("cards", "north", "east"),
    [
        ({"CD1_1": -7e-5, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 7e-5}, (0, 1), (-1, 0)),
        ({"CDELT1": -7e-5, "CDELT2": 7e-5}, (0, 1), (-1, 0)),
        (
            {"CDELT1": -7e-5, "CDELT2": 7e-5, "PC1_1": 0.0, "PC1_2": 1.0, "PC2_1": -1.0, "PC2_2": 0.0},
            (-1, 0),
            (0, -1),
        ),
    ],
)
def test_north_and_east_come_from_the_wcs(cards, north, east):
    assert np.allclose(image_module.compass(cards), (north, east))
    assert image_module.compass({}) is None
    figure = figures.panels(replace(samples.image(), wcs=cards))
    arrows = {shape.name: shape for shape in figure.layout.shapes}
    assert np.sign(round(arrows["N"].y1 - arrows["N"].y0, 6)) == north[1]


def test_figures_become_one_page_that_needs_no_network():
    page = figures.html("a < b", {"Redshift": ALL["redshift"](LIGHT), "Spectrum": ALL["spectrum"](LIGHT)})
    assert "<h1>a &lt; b</h1>" in page and page.count("Plotly.newPlot") >= 2
    assert "<script src=" not in page and page.count("plotly.js v") == 1


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_drawn_that_nobody_sees(name):
    assert not [item for item in ALL[name](LIGHT).data if item.type == "scatter" and item.marker.opacity == 0]


def test_many_points_are_circles():
    few, many = (
        catalog(["galaxy", "star"]),
        catalog(["galaxy", "star"] * 2000, z=(0.1, 0.2) * 2000, magnitude=(18.0, 20.0) * 2000),
    )
    assert {points.marker.symbol for points in few.data} == {"circle", "star"}
    assert {points.marker.symbol for points in many.data} == {"circle"}
