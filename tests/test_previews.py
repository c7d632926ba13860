"""Small pictures and spectra."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from aion import previews
from aion.modalities import SDSSSpectrum


def test_a_picture_stands_upright():
    """The first row of an image is the lowest, the first row of a picture the highest."""
    pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    pixels[:8] = 200
    shown = np.asarray(Image.open(io.BytesIO(previews.webp(pixels))).convert("RGB"))
    assert shown[:6].max() < 20 and shown[-6:].min() > 180


def test_a_picture_of_a_source_that_is_bright_in_z_is_red():
    flux = np.random.default_rng(0).normal(0, 0.01, (4, 32, 32))
    flux[3, 12:20, 12:20] += 5.0
    pixels = np.asarray(
        Image.open(io.BytesIO(previews.picture(flux, ("DES-G", "DES-R", "DES-I", "DES-Z")))).convert("RGB")
    )
    red, _, blue = pixels[16, 16]
    assert pixels.shape == (32, 32, 3) and red > 150 and blue < 60


def test_a_small_spectrum_is_the_weighted_mean_of_the_good_pixels():
    edges = previews.EDGES[10:12]
    wavelength = torch.tensor([[*np.linspace(edges[0] + 1, edges[1] - 1, 4), 2000.0]])
    spectrum = SDSSSpectrum(
        flux=torch.tensor([[1.0, 4.0, 99.0, float("nan"), 7.0]]),
        ivar=torch.tensor([[1.0, 2.0, 1.0, 1.0, 1.0]]),
        mask=torch.tensor([[False, False, True, False, False]]),
        wavelength=wavelength,
    )
    small = previews.small_spectra(spectrum)[0]
    assert small[10] == pytest.approx(3.0) and np.isnan(np.delete(small, 10)).all()
    assert edges[0] < previews.wavelength()[10] < edges[1]
