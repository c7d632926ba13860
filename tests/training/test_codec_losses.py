"""Losses of the codecs, on cases small enough to know the answer."""

import math

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
    measured = image_codec.pixel_noise(codec, codec.compress(truth + noise), compressed)
    assert measured.flatten().tolist() == pytest.approx([sigma] * count, rel=0.05)
    tolerance = image_codec.tolerance(codec, truth, measured)
    off = codec.expand(compressed + 0.01 * tolerance) - truth
    assert off[..., 0, 0].mean() == pytest.approx(0.01 * sigma, rel=0.05)
    assert off[..., 48, 48].mean() == pytest.approx(
        0.01 * (sigma**2 + (image_codec.RELATIVE_FLOOR * 2.0) ** 2) ** 0.5, rel=0.05
    )


def test_light_that_lacks_in_all_bands_is_no_error_of_color():
    truth, noise = torch.zeros(1, 3, 48, 48), torch.full((1, 3, 1, 1), 0.001)
    truth[..., 16:32, 16:32] = 1.0
    level, color = image_codec.light_errors(0.8 * truth, truth, noise)
    assert level == pytest.approx(-math.log(0.8), rel=0.15) and color < 1e-3
    level, color = image_codec.light_errors(
        truth * torch.tensor([0.8, 1.0, 1.25])[:, None, None], truth, noise
    )
    assert color == pytest.approx(-math.log(0.8) * 2 / 3, rel=0.15)
    assert color == pytest.approx(float(level), rel=1e-3)


def test_empty_sky_has_no_light_to_be_wrong_about():
    noise = torch.full((2, 3, 1, 1), 0.001)
    sky = 0.001 * torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(5))
    assert max(image_codec.light_errors(sky, torch.zeros_like(sky), noise)) == 0


def test_codes_are_to_say_how_bright_how_red_and_on_which_side():
    bands, noise = ["DES-G", "DES-R", "DES-Z"], torch.full((1, 3, 1, 1), 0.001)
    flux = torch.zeros(1, 3, 8, 8)
    # upper left token: white, brighter to the right
    flux[0, :, :4, 2:4] = torch.tensor([1.0, 1.0, 1.0])[:, None, None]
    # lower right: red, fainter, brighter to the bottom
    flux[0, :, 6:, 4:] = torch.tensor([0.1, 0.3, 1.0])[:, None, None]
    said, counts = image_codec.description(flux, noise, bands)
    assert said.shape == counts.shape == (1, 4, 2, 2) and said.abs().max() <= 1
    (bright, color, right, below), (_, red, sideways, down) = said[0, :, 0, 0], said[0, :, 1, 1]
    assert bright > said[0, 0, 1, 1] > said[0, 0, 0, 1] and red > 0.5 > color
    assert right > 0.9 and abs(below) < 1e-6 and abs(sideways) < 1e-6 and down > 0.9
    assert counts[0, :, 0, 1].max() == pytest.approx(0.02), "empty sky is only to be dark"
    assert counts[0, 1, 0, 0] == pytest.approx(1, abs=0.01)
    alone = image_codec.description(flux[:, :1], noise[:, :1], bands[:1])[1]
    assert alone[:, 1].max() == 0, "one band has no color"


def test_a_training_describes_before_it_decodes():
    codec, generator = image_codec.new_codec(smoke_config()), torch.Generator().manual_seed(1)
    truth = torch.zeros(2, 4, 96, 96)
    truth[..., 44:52, 44:52] = 1.0
    images = [
        LegacySurveyImage(one, LegacySurveyImage.survey_bands)
        for one in (truth + 0.01 * torch.randn(truth.shape, generator=generator), truth)
    ]
    window = image_codec.drawn_window(torch.Generator().manual_seed(0))
    with torch.no_grad():
        first, middle, last = (
            image_codec.loss_terms(codec, *images, window, done) for done in (0.0, 0.5, 1.0)
        )
    assert set(first) == {"loss", "described"} and first["loss"] == first["described"]
    assert float(middle["loss"] - last["loss"]) == pytest.approx(0.5 * float(last["described"]), rel=1e-4)


def test_steps_see_the_middle_of_the_field_mostly_and_whole_tokens_always():
    drawn = [image_codec.drawn_window(torch.Generator().manual_seed(seed)) for seed in range(200)]
    starts = [(rows.start, columns.start) for rows, columns in drawn]
    assert 0.65 < starts.count((24, 24)) / len(starts) < 0.9 and len(set(starts)) > 20
    for start in {number for pair in starts for number in pair}:
        assert start % image_codec.TOKEN == 0 and 0 <= start <= 96 - image_codec.WINDOW


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
