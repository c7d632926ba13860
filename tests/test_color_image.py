"""Color images: the color of a pixel is kept, the brightness is stretched, and the stretch is shared."""

import numpy as np

from aion import color_image

BANDS = ("DES-G", "DES-R", "DES-I", "DES-Z")


def test_red_green_and_blue_are_the_z_r_and_g_bands():
    assert color_image.channels(BANDS) == (3, 1, 0)
    assert color_image.channels(("HSC-G", "HSC-I")) == (1, 1, 0)
    assert color_image.channels(("DES-R",)) == (0, 0, 0)


def test_a_source_that_is_bright_in_z_is_red():
    flux = np.zeros((4, 10, 10))
    flux[3, 5, 5] = 1.0
    red, _, blue = color_image.color(flux, BANDS, color_image.Stretch(0.0, 0.5))[5, 5]
    assert red > 100 and blue == 0


def test_the_same_flux_gets_the_same_pixel_whatever_else_is_in_the_image():
    common = color_image.Stretch(0.0, 2.0)
    flux = np.full((4, 4, 4), 0.2)
    other = flux.copy()
    other[:, 0, 0] = 50.0
    one, two = (color_image.color(image, BANDS, common)[2, 2] for image in (flux, other))
    assert (one == two).all()


def test_fainter_than_black_is_black_and_missing_flux_too():
    flux = np.full((4, 4, 4), -1.0)
    flux[:, 1, 1] = np.nan
    assert not color_image.color(flux, BANDS, color_image.Stretch(0.0, 1.0)).any()


def test_an_empty_image_has_a_stretch():
    assert color_image.band_stretch(np.full((4, 4), np.nan)).white > 0
    assert color_image.color_stretch(np.zeros((4, 4, 4)), BANDS).white > 0


def test_the_input_is_left_alone():
    flux = np.random.default_rng(0).normal(size=(4, 8, 8))
    before = flux.copy()
    color_image.color(flux, BANDS, color_image.color_stretch(flux, BANDS))
    np.testing.assert_array_equal(flux, before)
