"""Figures of an image: one stretch for original and decoded, the residual, its scale and its orientation."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from aion.explorer import figures
from aion.explorer.figures import image as image_module
from tests.explorer.figures import samples
from tests.explorer.figures.conftest import pixels, titles


def test_images_are_measured_in_arcsec_only_when_the_pixel_scale_is_known():
    assert "x (arcsec)" in titles(figures.panels(samples.image()), "x")
    without = figures.panels(samples.image(pixel_scale=None))
    assert "x (pixels)" in titles(without, "x")
    assert not without.layout.shapes
    assert any("″" in note.text for note in figures.panels(samples.image()).layout.annotations)


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


def test_panels_one_below_the_other_are_as_wide_as_the_figure_and_zoom_together():
    figure = figures.panels(samples.image(), stacked=True)
    domains = [figure.layout[name].domain for name in ("yaxis3", "yaxis2", "yaxis")]
    assert all(low[1] < high[0] for low, high in itertools.pairwise(domains))
    assert {figure.layout[name].domain for name in ("xaxis", "xaxis2", "xaxis3")} == {(0.0, 1.0)}
    assert figure.layout.xaxis3.matches == "x" and figure.layout.xaxis3.title.text == "x (arcsec)"
    assert figure.layout.height > 2 * figures.panels(samples.image()).layout.height
    assert figure.data[2].colorbar.len < 0.34


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


def test_a_pointer_on_a_pixel_is_told_where_on_the_sky_it_is():
    ra, dec = np.meshgrid(np.linspace(150.2, 150.1, 96), np.linspace(2.0, 2.1, 96))
    placed = replace(samples.image(whole=120), sky=np.stack([ra, dec]))
    for one in figures.panels(placed).data[:2]:
        assert "RA %{customdata[3]:.5f}, Dec %{customdata[4]:+.5f}" in one.hovertemplate
        np.testing.assert_allclose(one.customdata[0, 95, 3:], [150.1, 2.0], atol=2e-5)
        np.testing.assert_allclose(one.customdata[95, 0, 3:], [150.2, 2.1], atol=2e-5)
    assert "RA" not in figures.whole(placed).data[0].hovertemplate, "its pixels are others than the field's"
    assert "RA" not in figures.panels(samples.image()).data[0].hovertemplate
