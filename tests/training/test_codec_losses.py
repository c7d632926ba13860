"""Losses of the codecs, on cases small enough to know the answer."""

import pytest
import torch

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.modalities import HSCImage, LegacySurveyImage
from aion.training import image_codec, spectrum_codec
from aion.training.config import smoke_config
from aion.training.latents import spread_loss
from aion.training.simulate.morphology import draw_morphology
from aion.training.simulate.shapes import fiber_share


def test_the_redshift_loss_is_least_for_certainty_in_the_right_bin():
    bins = torch.tensor([3])
    sharp, blunt = torch.full((1, 9), -20.0), torch.zeros(1, 9)
    sharp[0, 3] = 20.0
    assert spectrum_codec.redshift_loss(sharp, bins) < 1e-6 < spectrum_codec.redshift_loss(blunt, bins)


def test_an_error_of_one_sign_weighs_more_than_the_same_error_of_changing_sign():
    same = torch.full((1, 96), 0.5)
    changing = same * torch.tensor([1.0, -1.0]).repeat(48)
    known = torch.ones(1, 96, dtype=torch.bool)
    assert spectrum_codec.coherent_loss(same, known) > 2 * spectrum_codec.coherent_loss(changing, known)


def test_pixels_that_are_not_known_have_no_say_in_the_loss():
    residual, known = torch.zeros(1, 96), torch.ones(1, 96, dtype=torch.bool)
    residual[0, 40:60], known[0, 40:60] = 1e3, False
    assert spectrum_codec.coherent_loss(residual, known) == 0


def test_independent_bits_cost_nothing_and_repeated_or_constant_ones_do():
    signs = torch.randint(0, 2, (4000, 6), generator=torch.Generator().manual_seed(1)) * 2.0 - 1
    repeated = signs[:, :1].expand(-1, 6)
    assert spread_loss(signs) < 0.01
    assert spread_loss(repeated) > 1 and spread_loss(torch.full((4000, 6), 0.3)) > 0.9
    assert spread_loss(signs[:1]) == 0


@pytest.mark.parametrize("cls", [LegacySurveyImage, HSCImage])
def test_the_tolerance_of_a_pixel_is_its_noise_and_a_share_of_its_flux(cls):
    """A decoded image that is off by one tolerance everywhere is off by one sigma in flux."""
    codec = image_codec.new_codec(smoke_config())
    count, sigma = len(cls.survey_bands), 0.004
    truth = torch.zeros(1, count, 96, 96)
    truth[..., 40:56, 40:56] = 2.0
    noise = sigma * torch.randn(truth.shape, generator=torch.Generator().manual_seed(2))
    compressed = codec.compress(truth)
    tolerance = image_codec.tolerance(codec, codec.compress(truth + noise), compressed)
    off = codec.expand(compressed + 0.01 * tolerance) - truth
    assert off[..., 0, 0].mean() == pytest.approx(0.01 * sigma, rel=0.05)
    assert off[..., 48, 48].mean() == pytest.approx(0.01 * (sigma**2 + (image_codec.RELATIVE_FLOOR * 2.0) ** 2) ** 0.5, rel=0.05)


def test_a_decoder_that_goes_on_alone_is_measured_in_sigma_of_each_spectrum():
    """Errors far out count linearly only beyond the bend: a bright line off by 10 sigma is not forgiven."""
    known = torch.ones(2, 96, dtype=torch.bool)
    residual = torch.zeros(2, 96)
    residual[0, 40] = 10.0
    tolerant = spectrum_codec.coherent_loss(residual, known)
    strict = spectrum_codec.coherent_loss(residual, known, spectrum_codec.GLARE)
    assert tolerant.shape == (2,) and tolerant[1] == strict[1] == 0
    assert strict[0] > 2 * tolerant[0]


def test_a_fibre_takes_all_of_a_point_and_less_of_a_large_galaxy():
    generator = torch.Generator().manual_seed(4)
    z, color, mag = torch.tensor([0.03, 0.3]), torch.tensor([0.7, 1.5]), torch.tensor([15.0, 19.0])
    star = draw_morphology("star", torch.zeros(2), color, mag, generator)
    near, far = fiber_share(draw_morphology("galaxy", z, color, mag, generator), 1.5)
    assert fiber_share(star, 0.75) == pytest.approx([1.0, 1.0])
    assert 0 < near < far <= 1
    galaxy = draw_morphology("galaxy", z, color, mag, generator)
    assert (fiber_share(galaxy, 0.75) < fiber_share(galaxy, 1.5)).all()
