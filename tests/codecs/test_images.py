"""Images: what is read, what is refused, and what is said about it.
Each test is about an input that the published package got wrong."""

import numpy as np
import pytest
import torch

from aion.codecs import CodecManager, ImageCodec
from aion.codecs.preprocessing.band_to_index import BAND_CENTER_MAX
from aion.codecs.preprocessing.image import CenterCrop, Clamp, RescaleToLegacySurvey, fill_gaps
from aion.errors import ConfigError, ModalityError
from aion.modalities import HSCImage, Image, LegacySurveyImage
from tests.codecs.samples import IMAGE, sample


@pytest.fixture(scope="module")
def codec() -> ImageCodec:
    torch.manual_seed(0)
    made = ImageCodec(**IMAGE).eval()
    made.pre_quant_proj.weight.data *= 30  # so that tokens differ from place to place
    return made


def bright(size: int, modality: type[Image] = LegacySurveyImage) -> Image:
    random = np.random.default_rng(0)
    return modality(random.normal(0, 300, (1, len(modality.survey_bands), size, size)), modality.survey_bands)


@pytest.mark.parametrize("modality", [LegacySurveyImage, HSCImage])
def test_clamping_and_scaling_leave_the_image_alone_bit_for_bit(
    codec: ImageCodec, modality: type[Image]
) -> None:
    image = bright(160, modality)
    before = image.flux.clone()
    first = codec.encode(image)
    assert torch.equal(image.flux, before)
    assert torch.equal(codec.encode(image), first)


def test_each_step_returns_a_new_tensor() -> None:
    flux, bands = torch.full((1, 4, 96, 96), 1000.0), list(LegacySurveyImage.survey_bands)
    assert Clamp()(flux, bands)[0, :, 0, 0].tolist() == [6, 15, 20, 25]
    assert RescaleToLegacySurvey().forward(flux, "HSC").mean().item() == pytest.approx(
        1000 / 63.0957, rel=1e-5
    )
    assert (flux == 1000).all()


@pytest.mark.parametrize("size", [1, 2, 24, 47, 48, 95, (96, 95), (95, 200)])
def test_a_small_image_is_refused_with_its_size(codec: ImageCodec, size: int | tuple[int, int]) -> None:
    height, width = size if isinstance(size, tuple) else (size, size)
    image = LegacySurveyImage(np.ones((1, 1, height, width)), ["r"])
    with pytest.raises(
        ModalityError, match=f"image is {height}x{width} pixels; the image codec needs at least 96x96"
    ):
        codec.encode(image)


@pytest.mark.parametrize("size", [96, 97, 100, 101, 144, 199, 200])
def test_the_middle_of_a_large_image_is_read(size: int) -> None:
    pixels = torch.arange(size * size).reshape(1, 1, size, size)
    start = (size - 96) // 2
    assert torch.equal(CenterCrop(96)(pixels), pixels[..., start : start + 96, start : start + 96])


def test_pixels_that_are_not_finite_take_the_median_of_their_neighbours() -> None:
    flux = torch.full((1, 2, 96, 96), 2.0)
    flux[0, 1, 40:60, 40:60] = torch.nan
    flux[0, 0, 10, 10], flux[0, 0, 10, 11] = torch.inf, 50.0
    filled = fill_gaps(flux)
    assert filled.isfinite().all()
    assert filled[0, 0, 10, 10] == 2.0 and filled[0, 0, 10, 11] == 50.0
    assert (filled[0, 1] == 2.0).all()
    assert flux.isnan().sum() == 400


def test_a_few_unknown_pixels_change_few_tokens(codec: ImageCodec) -> None:
    image = sample(LegacySurveyImage, 1)
    broken = image.flux.clone()
    broken[0, 2, 50, 50], broken[0, 1, 3, 90] = torch.nan, -torch.inf
    tokens, original = codec.encode(LegacySurveyImage(broken, image.bands)), codec.encode(image)
    assert tokens.min() >= 0 and tokens.max() < codec.codebook_size
    assert (tokens == original).float().mean() > 0.7
    note = codec.inspect(LegacySurveyImage(broken, image.bands))[0]
    assert "of the pixels that are read are not finite and were filled" in note


def test_an_image_full_of_gaps_is_refused(codec: ImageCodec) -> None:
    flux = np.ones((1, 2, 120, 120))
    flux[0, 1, :, :60] = np.nan
    with pytest.raises(
        ModalityError, match="50% of a band is not finite; at most 20% can be filled: leave the band out"
    ):
        codec.encode(LegacySurveyImage(flux, ["g", "r"]))


def test_bands_land_in_their_own_channels_in_any_order(codec: ImageCodec) -> None:
    flux = np.stack([np.full((96, 96), value) for value in (0.1, 0.2, 0.3)])
    x, present = codec.preprocess(LegacySurveyImage(flux, ["z", "g", "i"]))
    levels = codec.expand(x[0, :, 0, 0])
    torch.testing.assert_close(levels[[8, 5, 7]], torch.tensor([0.1, 0.2, 0.3]))
    assert present[0].nonzero().flatten().tolist() == [5, 7, 8]
    assert (levels[[0, 1, 2, 3, 4, 6]] == 0).all()


def test_bands_of_two_surveys_are_not_one_image(codec: ImageCodec) -> None:
    with pytest.raises(ModalityError, match="are of two surveys"):
        codec.encode(Image(np.ones((2, 96, 96)), ["DES-G", "HSC-R"]))


def test_an_hsc_image_decodes_in_counts_of_its_own_zero_point(codec: ImageCodec) -> None:
    tokens = codec.encode(sample(HSCImage))
    decoded = codec.decode(tokens, modality=HSCImage)
    nanomaggies = codec.expand(codec.decode_latent(codec.quantizer.decode(tokens.reshape(-1, 24, 24))))[:, :5]
    torch.testing.assert_close(decoded.flux, nanomaggies * 10 ** ((27 - 22.5) / 2.5))


def test_decoding_without_bands_gives_those_of_the_class_each_in_its_own_unit(codec: ImageCodec) -> None:
    tokens = codec.encode(sample(LegacySurveyImage))
    assert codec.decode(tokens, modality=LegacySurveyImage).bands == ["DES-G", "DES-R", "DES-I", "DES-Z"]
    every = codec.decode(tokens)
    assert len(every.bands) == 9
    torch.testing.assert_close(every.flux[:, :5], codec.decode(tokens, modality=HSCImage).flux)
    torch.testing.assert_close(every.flux[:, 5:], codec.decode(tokens, modality=LegacySurveyImage).flux)


def test_zero_points_convert_back() -> None:
    rescaler = RescaleToLegacySurvey()
    assert rescaler.reverse_zeropoint(rescaler.convert_zeropoint(27.0)) == pytest.approx(27.0)
    flux = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(rescaler.backward(rescaler.forward(flux, "HSC"), ["HSC-G", "HSC-R"]), flux)


@pytest.mark.parametrize("modality", [LegacySurveyImage, HSCImage])
def test_cropping_is_said_in_pixels_as_only_the_file_knows_their_size(
    codec: ImageCodec, modality: type[Image]
) -> None:
    flux = np.zeros((1, len(modality.survey_bands), 160, 200))
    (note,) = codec.inspect(modality(flux, modality.survey_bands))
    assert note == "only the central 96x96 of 160x200 pixels are read"


def test_clamped_pixels_and_northern_bands_are_said(codec: ImageCodec) -> None:
    flux = np.zeros((1, 1, 96, 96))
    flux[0, 0, :48] = BAND_CENTER_MAX["DES-R"] + 1
    notes = codec.inspect(LegacySurveyImage(flux, ["BASS-R"]))
    assert notes == (
        "BASS-R is read as DES-R: the codec was not trained on the northern survey",
        "50.00% of the pixels are brighter than the codec's range and were clamped",
    )


def test_northern_bands_give_the_tokens_of_the_bands_they_stand_for(tiny_weights) -> None:
    manager = CodecManager(source=tiny_weights)
    flux = sample(LegacySurveyImage).flux[:, [0, 1, 3]]
    north, south = (
        manager.encode(LegacySurveyImage(flux, bands))
        for bands in (["BASS-G", "BASS-R", "MZLS-Z"], ["g", "r", "z"])
    )
    assert torch.equal(north["tok_image"], south["tok_image"])


def test_a_codec_with_one_level_per_channel_can_be_built_and_used() -> None:
    codec = ImageCodec(**IMAGE | {"quantizer_levels": [1] * 5})
    assert (codec.encode(sample(LegacySurveyImage)) == 0).all()
    assert codec.decode(torch.zeros(1, 576), modality=LegacySurveyImage).flux.isfinite().all()


@pytest.mark.parametrize(("n_compressions", "tokens"), [(1, 2304), (2, 576), (3, 144)])
def test_small_codecs_may_compress_more_or_less(n_compressions: int, tokens: int) -> None:
    codec = ImageCodec(**IMAGE | {"n_compressions": n_compressions})
    made = codec.encode(sample(LegacySurveyImage, 1))
    assert made.shape == (1, tokens)
    assert codec.decode(made, modality=LegacySurveyImage).flux.shape == (1, 4, 96, 96)


@pytest.mark.parametrize(
    "wrong", [{"embedding_dim": 4}, {"n_compressions": 6}, {"hidden_dims": 18}, {"quantizer_levels": [0] * 5}]
)
def test_sizes_that_do_not_fit_together_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"embedding_dim|halved|multiple of|above 0"):
        ImageCodec(**IMAGE | wrong)
