"""Training the spectrum codec: reconstruct the noise-free spectrum in units of its noise,
and keep the redshift readable.

A correlation network reads the redshift from the quantised tokens while the codec learns, so that
the codebook spends its bits on what a redshift needs; the network starts the model's own
correlation module afterwards.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from aion.codecs.spectrum import SpectrumCodec
from aion.correlation import RedshiftCorrelation
from aion.modalities import DESISpectrum, SDSSSpectrum, Spectrum
from aion.training.config import EmbeddedConfig
from aion.training.latents import spread_loss
from aion.training.loop import train
from aion.training.simulate.instruments import ObservedSpectra
from aion.training.simulate.survey import SimulatedSurvey

NOISE_FLOOR = 0.02
"""Relative error that counts as perfect; bright spectra would rule the loss without it."""
SCALES = {1: 1.0, 6: 0.3, 24: 0.1}
"""Pixels of 0.8 Å that residuals are averaged over -> weight in the loss: a pixel, a line, a token."""
SOFT_START = 200
"""Steps before the latent is rounded to corners: a codec that rounds from the start uses a few codes only."""
GLARE = 12.0
"""Sigma from which errors count linearly when the decoder goes on alone:
far enough for it to aim at the mean flux, not at the median."""
EMPTY_SKY = 0.03
"""Share of spectra without an object: the redshift they are asked for is drawn at random,
so that the answer learns to be flat."""


class SpectrumLearner(nn.Module):
    """The codec and the network that reads redshifts from its tokens."""

    def __init__(self, config: EmbeddedConfig) -> None:
        super().__init__()
        self.codec = new_codec(config)
        self.embed = nn.Linear(self.codec.quantizer.embedding_dim, config.dim)
        self.redshift = RedshiftCorrelation(config.correlation, config.dim)

    def redshift_logits(self, quantised: Tensor) -> Tensor:
        """(B, bits, tokens) corners -> (B, bins)."""
        states = self.embed(quantised.transpose(1, 2))
        return self.redshift.correlate(
            states, torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
        )


@dataclass(frozen=True)
class Terms:
    """Losses of one batch."""

    loss: Tensor
    reconstruction: Tensor
    mask: Tensor
    redshift: Tensor
    spread: Tensor
    usage: Tensor

    def to_dict(self) -> dict[str, Tensor]:
        """By name, for the loop."""
        return dict(vars(self))


def new_codec(config: EmbeddedConfig) -> SpectrumCodec:
    """The embedded codec with fresh weights; published grid and tokens, smaller networks."""
    encoder_depths, encoder_dims = config.spectrum_encoder
    decoder_depths, decoder_dims = config.spectrum_decoder
    return SpectrumCodec(
        encoder_depths=list(encoder_depths),
        encoder_dims=list(encoder_dims),
        decoder_depths=list(decoder_depths),
        decoder_dims=list(decoder_dims),
        latent_channels=encoder_dims[-1],
        clip_ivar=10_000,
    )


def as_modality(spectra: ObservedSpectra, device: torch.device) -> Spectrum:
    """Simulated spectra as the modality of their survey."""
    cls = DESISpectrum if spectra.survey == "DESI" else SDSSSpectrum
    return cls(spectra.flux, spectra.ivar, spectra.mask, spectra.wavelength).to(device)


def redshift_bins(z: Tensor, config: EmbeddedConfig) -> Tensor:
    """Token ids (B,) of redshifts; blueshifts, which only stars have here, count as zero."""
    place = torch.log1p(z.clamp(min=0)) / config.correlation.log_step
    return place.ceil().long().clamp(max=config.correlation.bins - 1)


def redshift_loss(logits: Tensor, bins: Tensor) -> Tensor:
    """Cross-entropy against the bin alone: a target spread over its neighbours would teach
    densities that are too wide."""
    return F.cross_entropy(logits.float(), bins)


def coherent_loss(residual: Tensor, known: Tensor, bend: float = 2.0) -> Tensor:
    """(B,) robust mean over pixels of the residual (B, n) in sigma, alone and in stretches of `SCALES`.

    A mean over k pixels has the noise of one pixel over sqrt(k): a line or a level that is wrong by
    half a sigma in every pixel weighs more than the same error with random signs. Errors beyond
    ``bend`` sigma count linearly.
    """
    total = residual.new_zeros(len(residual))
    for pixels, weight in SCALES.items():
        here = known.float()
        share = F.avg_pool1d(here[:, None], pixels)[:, 0]
        mean = F.avg_pool1d((residual * here)[:, None], pixels)[:, 0]
        mean = mean * pixels**0.5 / share.clamp(min=1e-3).sqrt()
        error = torch.sqrt(1 + (mean / bend) ** 2) - 1
        total = total + weight * bend**2 * (error * share).sum(1) / share.sum(1).clamp(min=1)
    return total


def terms(
    learner: SpectrumLearner,
    spectra: ObservedSpectra,
    z: Tensor,
    config: EmbeddedConfig,
    *,
    rounded: bool = True,
) -> Terms:
    """Losses of one batch of simulated spectra."""
    codec = learner.codec
    device = codec.device
    spectrum = as_modality(spectra, device)
    x, normalization = codec.preprocess(spectrum)
    latent = codec.encode_latent(x).float()
    corners, auxiliary, usage = codec.quantizer(latent)
    quantised = corners if rounded else latent.tanh()
    residual, known, mask = _decoded(codec, quantised, spectra, spectrum, codec.scale(normalization))
    reconstruction = coherent_loss(residual, known).mean()
    redshift = redshift_loss(learner.redshift_logits(quantised), redshift_bins(z, config).to(device))
    spread = spread_loss(latent.movedim(1, -1).flatten(0, 1))
    loss = reconstruction + 0.3 * mask + 0.5 * redshift + auxiliary + spread
    return Terms(loss, reconstruction, mask, redshift, spread, usage)


def decoder_terms(codec: SpectrumCodec, spectra: ObservedSpectra) -> dict[str, Tensor]:
    """Losses of the decoder alone: about the rms in sigma of each spectrum,
    so that bright ones count as much as faint ones."""
    spectrum = as_modality(spectra, codec.device)
    with torch.no_grad():
        x, normalization = codec.preprocess(spectrum)
        corners = codec.quantizer.decode(codec.quantizer.encode(codec.encode_latent(x).float()))
    residual, known, mask = _decoded(codec, corners, spectra, spectrum, codec.scale(normalization))
    reconstruction = (2 * coherent_loss(residual, known, GLARE) + 0.01).sqrt().mean()
    return {"loss": reconstruction + 0.1 * mask, "reconstruction": reconstruction, "mask": mask}


def _decoded(
    codec: SpectrumCodec, corners: Tensor, spectra: ObservedSpectra, spectrum: Spectrum, scale: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Residual of the decoded spectrum in sigma, where it counts (B, num_pixels), and the mask's loss."""
    flux, mask_logits = codec.decode_latent(corners).unbind(1)
    wanted = torch.stack([spectra.truth.to(codec.device) / scale - 1, spectrum.ivar.sqrt() * scale], dim=1)
    target, inverse_sigma = codec.latent_grid.to_latent(wanted, spectrum.wavelength).unbind(1)
    known = inverse_sigma > 0
    sigma = torch.hypot(1 / inverse_sigma.clamp(min=1e-6), NOISE_FLOOR * (1 + target.abs()))
    mask_loss = F.binary_cross_entropy_with_logits(mask_logits, (~known).float())
    return (flux.float() - target) / sigma, known, mask_loss


def with_empty_sky(
    spectra: ObservedSpectra, z: Tensor, generator: Generator, config: EmbeddedConfig
) -> tuple[ObservedSpectra, Tensor]:
    """A few spectra lose their object and get a random redshift."""
    empty = torch.rand(len(z), generator=generator) < EMPTY_SKY
    flux = torch.where(empty[:, None], spectra.flux - spectra.truth, spectra.flux)
    truth = torch.where(empty[:, None], torch.zeros(()), spectra.truth)
    anywhere = torch.expm1(
        torch.rand(len(z), generator=generator) * config.correlation.log_step * (config.correlation.bins - 1)
    )
    sky = ObservedSpectra(spectra.survey, flux, spectra.ivar, spectra.mask, spectra.wavelength, truth)
    return sky, torch.where(empty, anywhere, z)


def fit(
    config: EmbeddedConfig, survey: SimulatedSurvey, folder: Path, device: torch.device
) -> SpectrumLearner:
    """Train the spectrum codec, going on where it stopped; the learner holds codec and redshift network."""
    torch.manual_seed(config.seed)
    learner = SpectrumLearner(config).to(device)
    if config.spectrum_schedule.compiled:
        learner.codec.encoder.compile()
        learner.codec.decoder.compile()

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        objects = survey.draw(config.spectrum_schedule.batch, generator, with_images=False)
        spectra, z = with_empty_sky(objects.spectra, objects.z, generator, config)
        return terms(learner, spectra, z, config, rounded=step >= SOFT_START).to_dict()

    train(
        learner,
        loss_of,
        config.spectrum_schedule,
        folder=folder,
        title="spectrum codec",
        seed=config.seed,
        device=device,
    )
    return learner


def fit_decoder(
    config: EmbeddedConfig, codec: SpectrumCodec, survey: SimulatedSurvey, folder: Path, device: torch.device
) -> None:
    """Train the decoder on, tokens as they are; going on where it stopped."""
    decoder = torch.nn.ModuleList([codec.post_quant_conv, codec.decoder])

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        objects = survey.draw(config.spectrum_finish.batch, generator, with_images=False)
        return decoder_terms(codec, objects.spectra)

    train(
        decoder,
        loss_of,
        config.spectrum_finish,
        folder=folder,
        title="spectrum decoder",
        seed=config.seed + 3,
        device=device,
    )
