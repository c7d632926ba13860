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
    residual = (decoded - target)[:, channels] / sigma
    reconstruction = sum(
        (weight * (torch.sqrt(1 + (F.avg_pool2d(residual, pixels) * pixels) ** 2) - 1).mean() for pixels, weight in SCALES.items()),
        start=residual.new_zeros(()),
    )
    return {"loss": reconstruction + spread, "reconstruction": reconstruction, "spread": spread, "usage": usage}


def tolerance(codec: ImageCodec, noisy: Tensor, truth: Tensor) -> Tensor:
    """One sigma of each pixel on the codec's compressed scale; both images (B, bands, height, width) on that scale."""
    flux = codec.expand(truth)
    noise = (codec.expand(noisy) - flux).flatten(2).abs().median(2).values[..., None, None] / 0.6745  # of a normal distribution
    slope = codec.range_compression_factor * codec.mult_factor / torch.hypot(flux, torch.full_like(flux, codec.range_compression_factor))
    return torch.hypot(noise, RELATIVE_FLOOR * flux) * slope


def fit(config: EmbeddedConfig, survey: SimulatedSurvey, folder: Path, device: torch.device) -> ImageCodec:
    """Train the image codec, going on where it stopped."""
    torch.manual_seed(config.seed)
    codec = new_codec(config).to(device)

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        cls, camera = ((LegacySurveyImage, images.LEGACY_SURVEY), (HSCImage, images.HSC))[step % 2]
        pictures = survey.draw_pictures(config.image_schedule.batch, generator, camera)
        seen, truth = modality_of(pictures, cls, some_bands(pictures.flux.shape[1], generator))
        return loss_terms(codec, seen, truth, rounded=step >= SOFT_START)

    train(codec, loss_of, config.image_schedule, folder=folder, title="image codec", seed=config.seed + 1, device=device)
    return codec
