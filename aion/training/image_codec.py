"""Training the image codec: reconstruct the noise-free sky of both surveys from any subset of the bands.

In the first steps the codes are only taught to describe the light of their square: brightness,
color and gradients. Without that a short training finds codes for shapes alone, and decodes
every galaxy in the same color.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from aion.codecs.image import ImageCodec
from aion.codecs.preprocessing.band_to_index import BAND_TO_INDEX
from aion.constants import CODEC_FIELD
from aion.modalities import HSCImage, Image, LegacySurveyImage
from aion.training.config import EmbeddedConfig
from aion.training.latents import spread_loss
from aion.training.loop import train
from aion.training.simulate import images
from aion.training.simulate.survey import Pictures, SimulatedSurvey

TOKEN = 4
"""Pixels along a side of a token."""
WINDOW = 48
"""Pixels along a side of what a step sees: the network is the same everywhere, most of the field is sky."""
ELSEWHERE = 0.25
"""Share of the steps that see another window than the middle, where the object is."""
RELATIVE_FLOOR = 0.02
"""Relative error of a pixel that counts as perfect; else the cores of bright galaxies would rule the loss."""
SCALES = {1: 1.0, 4: 0.3, 16: 0.1}
"""Pixels along a side over which residuals are averaged -> weight in the loss."""
BRIGHTEST = 1e4
"""Nanomaggies in a pixel, more than any has; what an untrained decoder says beyond is no number any more."""
LIT = 5.0
"""S/N of a square of pixels from which its light counts mostly."""
LIGHT_FLOOR = 0.02
"""Error of light, in ln, below which the loss is flat."""
DESCRIBING = 0.07
"""Share of the steps that teach the codes to describe, and nothing else;
later that counts less and less, to nothing at the end."""
EFFECTIVE = {"G": 4770.0, "R": 6231.0, "I": 7625.0, "Z": 9134.0, "Y": 9780.0}
"""Å, of the bands by their letter."""
LEVEL_WEIGHT, COLOR_WEIGHT, SPREAD_WEIGHT = 2.0, 2.0, 0.5
IMAGE_LEVELS = (7, 5, 5, 5, 5)
"""As published: 4375 codes."""


def new_codec(config: EmbeddedConfig) -> ImageCodec:
    """The embedded codec with fresh weights: published tokens, smaller network."""
    return ImageCodec(
        quantizer_levels=IMAGE_LEVELS,
        hidden_dims=config.image_hidden,
        multisurvey_projection_dims=config.image_projection,
        num_consecutive=config.image_consecutive,
        mult_factor=config.image_mult_factor,
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


def drawn_window(generator: Generator) -> tuple[slice, slice]:
    """Rows and columns of the field that a step sees."""
    row = column = (CODEC_FIELD - WINDOW) // 2
    if torch.rand((), generator=generator) < ELSEWHERE:
        row, column = (
            TOKEN * int(k)
            for k in torch.randint((CODEC_FIELD - WINDOW) // TOKEN + 1, (2,), generator=generator)
        )
    return slice(row, row + WINDOW), slice(column, column + WINDOW)


def loss_terms(
    codec: ImageCodec, seen: Image, truth: Image, window: tuple[slice, slice], done: float
) -> dict[str, Tensor]:
    """The decoded against the noise-free image, in the bands that were seen:
    pixels in units of their noise, light and colors in ln.

    Every image counts by the logarithm of its error: a few bright ones would be all that is learned.
    ``done``: share of the training.
    """
    x, present = codec.preprocess(seen.to(codec.device))
    target, _ = codec.preprocess(truth.to(codec.device))
    channels = [BAND_TO_INDEX[band] for band in seen.bands]
    noise = pixel_noise(codec, x[:, channels], target[:, channels])
    x, target = x[..., window[0], window[1]], target[:, channels][..., window[0], window[1]]
    flux = codec.expand(target)
    latent = codec.encode_latent(x, present).float()
    wanted, weight = description(flux, noise, seen.bands)
    fit = (latent.tanh()[:, : wanted.shape[1]] - wanted).square() * weight
    described = (fit.sum((0, 2, 3)) / weight.sum((0, 2, 3)).clamp(min=1)).sum()
    if done < DESCRIBING:
        return {"loss": described, "described": described}
    quantised, _, usage = codec.quantizer(latent)
    decoded = codec.decode_latent(quantised)[:, channels].float()
    residual = (decoded - target) / tolerance(codec, flux, noise)
    errors = [
        part * _robust(F.avg_pool2d(residual, pixels) * pixels).mean((1, 2, 3))
        for pixels, part in SCALES.items()
    ]
    reconstruction = torch.stack(errors).sum(0).log1p().mean()
    limit = float(codec.compress(torch.tensor(BRIGHTEST)))
    level, color = light_errors(codec.expand(decoded.clamp(-limit, limit)), flux, noise)
    # most of an image is empty sky
    spread = spread_loss(latent.movedim(1, -1)[F.avg_pool2d((flux / noise).amax(1), TOKEN) > 1])
    loss = reconstruction + LEVEL_WEIGHT * level + COLOR_WEIGHT * color + SPREAD_WEIGHT * spread
    loss = loss + (1 - done) * described
    terms = {
        "reconstruction": reconstruction,
        "level": level,
        "color": color,
        "spread": spread,
        "described": described,
        "usage": usage,
    }
    return {"loss": loss, **terms}


def description(flux: Tensor, noise: Tensor, bands: Sequence[str]) -> tuple[Tensor, Tensor]:
    """What the first four numbers of a latent are to say of its square at first, −1 to 1,
    and how much each counts; (B, 4, side, side).

    Brightness in units of the noise; color, the slope of ln flux over ln wavelength, where two bands show
    light; whether it is brighter to the right and to the bottom. Noise-free ``flux`` (B, bands, height,
    width) and σ of a pixel (B, bands, 1, 1), nanomaggies.
    """
    light, sigma = F.avg_pool2d(flux, TOKEN), noise / TOKEN
    weight = light.clamp(min=0) ** 2 / (light**2 + (0.8 * LIT * sigma) ** 2)
    lit = weight.amax(1)
    log_wavelength = [math.log(EFFECTIVE[band[-1]] / 6800.0) for band in bands]
    place = torch.tensor(log_wavelength, device=flux.device)[:, None, None]
    log_light, total = torch.log(light.clamp(min=0) + sigma), weight.sum(1).clamp(min=1e-6)
    off = place - ((weight * place).sum(1) / total)[:, None]
    spread = (weight * off**2).sum(1)
    above = log_light - ((weight * log_light).sum(1) / total)[:, None]
    slope = (weight * off * above).sum(1) / spread.clamp(min=1e-4)
    quarters = F.avg_pool2d((flux / noise).mean(1), TOKEN // 2)
    left, right = (quarters[:, :, start::2].unfold(1, 2, 2).sum(-1) for start in (0, 1))
    above, below = (quarters[:, start::2].unfold(2, 2, 2).sum(-1) for start in (0, 1))
    whole = (left + right).clamp(min=0) / 3 + 4 / 3
    said = (
        2 * torch.asinh(light / (2 * sigma)).mean(1) / 11 - 1,
        ((slope - 1.5) / 2).tanh(),
        ((right - left) / whole).tanh(),
        ((below - above) / whole).tanh(),
    )
    return torch.stack(said, 1), torch.stack((lit + 0.02, lit * (spread > 0.01), lit, lit), 1)


def pixel_noise(codec: ImageCodec, noisy: Tensor, truth: Tensor) -> Tensor:
    """σ of a pixel (B, bands, 1, 1), nanomaggies, of images (B, bands, height, width) on
    the codec's compressed scale."""
    off: Tensor = (
        (codec.expand(noisy) - codec.expand(truth)).flatten(2).abs().median(2).values[..., None, None]
    )
    return off / 0.6745  # of a normal distribution


def tolerance(codec: ImageCodec, flux: Tensor, noise: Tensor) -> Tensor:
    """One σ of each pixel on the codec's compressed scale, of a noise-free ``flux`` in nanomaggies."""
    slope = (
        codec.range_compression_factor
        * codec.mult_factor
        / torch.hypot(flux, torch.full_like(flux, codec.range_compression_factor))
    )
    return torch.hypot(noise, RELATIVE_FLOOR * flux) * slope


def light_errors(decoded: Tensor, flux: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Mean |error| of the light in squares of one token and of sixteen, ln:
    of each band, and of each against the mean of all.

    Images (B, bands, height, width) and the σ of a pixel (B, bands, 1, 1), nanomaggies.
    Squares count by their S/N, images all alike.
    """
    level, color = flux.new_zeros(()), flux.new_zeros(())
    for pixels in (TOKEN, 4 * TOKEN):
        sigma = noise / pixels
        true, found = (torch.asinh(F.avg_pool2d(image, pixels) / sigma) for image in (flux, decoded))
        signal = true.sinh().clamp(min=0) ** 2
        weight = signal / (signal + LIT**2)
        error, total = found - true, weight.sum((1, 2, 3)).clamp(min=1)
        common = (error * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp(min=1e-3)
        of_level, of_color = (
            ((_robust(part / LIGHT_FLOOR) * weight).sum((1, 2, 3)) / total).mean() * LIGHT_FLOOR / 2
            for part in (error, error - common)
        )
        level, color = level + of_level, color + of_color
    return level, color


def _robust(residual: Tensor) -> Tensor:
    """Quadratic within one, linear beyond."""
    return torch.sqrt(1 + residual**2) - 1


def fit(config: EmbeddedConfig, survey: SimulatedSurvey, folder: Path, device: torch.device) -> ImageCodec:
    """Train the image codec, going on where it stopped."""
    torch.manual_seed(config.seed)
    codec = new_codec(config).to(device)

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        cls, camera = ((LegacySurveyImage, images.LEGACY_SURVEY), (HSCImage, images.HSC))[step % 2]
        pictures = survey.draw_pictures(config.image_schedule.batch, generator, camera)
        seen, truth = modality_of(pictures, cls, some_bands(pictures.flux.shape[1], generator))
        with torch.autocast(device.type, enabled=False):  # colors are small differences of large numbers
            return loss_terms(codec, seen, truth, drawn_window(generator), step / config.image_schedule.steps)

    train(
        codec,
        loss_of,
        config.image_schedule,
        folder=folder,
        title="image codec",
        seed=config.seed + 1,
        device=device,
    )
    return codec
