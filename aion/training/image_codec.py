"""Training the image codec: reconstruct the noise-free sky of both surveys from any subset of the bands."""

from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from aion.codecs.image import FIELD, ImageCodec
from aion.codecs.preprocessing.band_to_index import BAND_TO_INDEX
from aion.modalities import HSCImage, Image, LegacySurveyImage
from aion.training.config import EmbeddedConfig
from aion.training.latents import spread_loss
from aion.training.loop import train
from aion.training.simulate import images
from aion.training.simulate.survey import Pictures, SimulatedSurvey

RELATIVE_FLOOR = 0.02
"""Relative error of a pixel that counts as perfect; the cores of bright galaxies would rule the loss without it."""
SCALES = {1: 1.0, 4: 0.3, 16: 0.1}
"""Pixels along a side over which residuals are averaged -> weight in the loss."""
LIGHT_SCALES = {4: 0.1, 16: 0.1, 48: 0.1}
"""Pixels along a side over which light is summed -> weight in the loss of the decoder when it goes on alone."""
LIGHT_FLOOR = 0.01
"""Relative error of such a sum that counts as perfect."""
GLARE = 12.0
"""Sigma of such a sum from which errors count linearly: far enough for the decoder to aim at the mean light, not at the median."""
IMAGE_LEVELS = (7, 5, 5, 5, 5)
"""As published: 4375 codes."""
SOFT_START = 300
"""Steps before the latent is rounded: most pixels are sky, and a codec that rounds from the start learns one code for all."""


def new_codec(config: EmbeddedConfig) -> ImageCodec:
    """The embedded codec with fresh weights: published tokens, smaller network."""
    return ImageCodec(
        quantizer_levels=IMAGE_LEVELS,
        hidden_dims=config.image_hidden,
        multisurvey_projection_dims=config.image_projection,
        num_consecutive=config.image_consecutive,
    )


def modality_of(pictures: Pictures, cls: type[Image], bands: list[int]) -> tuple[Image, Image]:
    """Noisy and noise-free image in the chosen bands (indices into the survey's)."""
    names = [cls.survey_bands[i] for i in bands]
    return cls(pictures.flux[:, bands], names), cls(pictures.truth[:, bands], names)


def some_bands(count: int, generator: Generator) -> list[int]:
    """All bands half of the time, else a random non-empty subset."""
    if torch.rand((), generator=generator) < 0.5:
        return list(range(count))
    kept = (torch.rand(count, generator=generator) < 0.6).nonzero()[:, 0].tolist()
    return kept or [int(torch.randint(count, (), generator=generator))]


def loss_terms(codec: ImageCodec, seen: Image, truth: Image, *, rounded: bool = True) -> dict[str, Tensor]:
    """Robust loss of the decoded against the noise-free image, in units of the pixel noise, in the bands that were seen."""
    x, present = codec.preprocess(seen.to(codec.device))
    target, _ = codec.preprocess(truth.to(codec.device))
    channels = [BAND_TO_INDEX[band] for band in seen.bands]
    latent = codec.encode_latent(x, present).float()
    quantised, _, usage = codec.quantizer(latent)
    decoded = codec.decode_latent(quantised if rounded else latent.tanh()).float()
    sigma = tolerance(codec, x[:, channels], target[:, channels])
    light = F.avg_pool2d((target[:, channels] / sigma).amax(1), FIELD // latent.shape[-1]) > 1  # most of an image is empty sky
    spread = spread_loss(latent.movedim(1, -1)[light])
    reconstruction = pixel_loss((decoded - target)[:, channels] / sigma)
    return {"loss": reconstruction + spread, "reconstruction": reconstruction, "spread": spread, "usage": usage}


def decoder_terms(codec: ImageCodec, seen: Image, truth: Image) -> dict[str, Tensor]:
    """Losses of the decoder alone: pixels as before, and light summed over squares so that totals are right."""
    x, present = codec.preprocess(seen.to(codec.device))
    target, _ = codec.preprocess(truth.to(codec.device))
    channels = [BAND_TO_INDEX[band] for band in seen.bands]
    with torch.no_grad():
        quantised = codec.quantizer.decode(codec.quantizer.encode(codec.encode_latent(x, present).float()))
    decoded = codec.decode_latent(quantised).float()[:, channels]
    x, target = x[:, channels], target[:, channels]
    pixels = pixel_loss((decoded - target) / tolerance(codec, x, target))
    light = light_loss(codec.expand(decoded), codec.expand(target), pixel_noise(codec, x, target))
    return {"loss": pixels + light, "pixels": pixels, "light": light}


def pixel_loss(residual: Tensor) -> Tensor:
    """Robust mean of the residual (B, bands, height, width) in sigma, alone and averaged over squares of `SCALES`."""
    return sum(
        (weight * (torch.sqrt(1 + (F.avg_pool2d(residual, pixels) * pixels) ** 2) - 1).mean() for pixels, weight in SCALES.items()),
        start=residual.new_zeros(()),
    )


def light_loss(flux: Tensor, truth: Tensor, noise: Tensor) -> Tensor:
    """About the rms error of light summed over squares of `LIGHT_SCALES`, in sigma; (B, bands, height, width) and (B, bands, 1, 1)."""
    total = flux.new_zeros(())
    for pixels, weight in LIGHT_SCALES.items():
        error, light = ((F.avg_pool2d(part, pixels) * pixels**2) for part in (flux - truth, truth))
        error = error / torch.hypot(noise * pixels, LIGHT_FLOOR * light)
        squares = GLARE**2 * (torch.sqrt(1 + (error / GLARE) ** 2) - 1)
        total = total + weight * (2 * squares.mean((-2, -1)) + 0.01).sqrt().mean()
    return total


def pixel_noise(codec: ImageCodec, noisy: Tensor, truth: Tensor) -> Tensor:
    """(B, bands, 1, 1) standard deviation of a pixel, nanomaggies; both images (B, bands, height, width) on the compressed scale."""
    difference = codec.expand(noisy) - codec.expand(truth)
    return difference.flatten(2).abs().median(2).values[..., None, None] / 0.6745  # of a normal distribution


def tolerance(codec: ImageCodec, noisy: Tensor, truth: Tensor) -> Tensor:
    """One sigma of each pixel on the codec's compressed scale; both images (B, bands, height, width) on that scale."""
    flux, noise = codec.expand(truth), pixel_noise(codec, noisy, truth)
    slope = codec.range_compression_factor * codec.mult_factor / torch.hypot(flux, torch.full_like(flux, codec.range_compression_factor))
    return torch.hypot(noise, RELATIVE_FLOOR * flux) * slope


def fit(config: EmbeddedConfig, survey: SimulatedSurvey, folder: Path, device: torch.device) -> ImageCodec:
    """Train the image codec, going on where it stopped."""
    torch.manual_seed(config.seed)
    codec = new_codec(config).to(device)

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        seen, truth = _draw(survey, step, config.image_schedule.batch, generator)
        return loss_terms(codec, seen, truth, rounded=step >= SOFT_START)

    train(codec, loss_of, config.image_schedule, folder=folder, title="image codec", seed=config.seed + 1, device=device)
    return codec


def fit_decoder(config: EmbeddedConfig, codec: ImageCodec, survey: SimulatedSurvey, folder: Path, device: torch.device) -> None:
    """Train the decoder on, tokens as they are; going on where it stopped."""
    decoder = torch.nn.ModuleList([codec.post_quant_proj, codec.model.decoder_layers, codec.model.conv_out, codec.subsample_out])

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        return decoder_terms(codec, *_draw(survey, step, config.image_finish.batch, generator))

    train(decoder, loss_of, config.image_finish, folder=folder, title="image decoder", seed=config.seed + 4, device=device)


def _draw(survey: SimulatedSurvey, step: int, count: int, generator: Generator) -> tuple[Image, Image]:
    """Noisy and noise-free images; the cameras take turns."""
    cls, camera = ((LegacySurveyImage, images.LEGACY_SURVEY), (HSCImage, images.HSC))[step % 2]
    pictures = survey.draw_pictures(count, generator, camera)
    return modality_of(pictures, cls, some_bands(pictures.flux.shape[1], generator))
