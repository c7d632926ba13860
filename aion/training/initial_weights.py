"""What training the transformer starts from: fresh weights, but for what is known of the codes."""

import math

import torch
from torch import Tensor

from aion.codecs.manager import CodecManager
from aion.codecs.quantizers import BinnedQuantizer, FiniteScalarQuantizer
from aion.constants import NANOMAGGY_ZERO_POINT
from aion.correlation import RedshiftCorrelation
from aion.modalities import MODALITIES
from aion.model import AION, AIONConfig
from aion.training.config import EmbeddedConfig
from aion.training.image_codec import IMAGE_LEVELS
from aion.training.masked_modeling import IMAGES, LEGACY, REDSHIFT, SPECTRA
from aion.training.spectrum_codec import SpectrumLearner


def new_model(
    config: EmbeddedConfig, streams: tuple[str, ...], learner: SpectrumLearner, manager: CodecManager
) -> AION:
    """The embedded model with fresh weights, but for what is known beforehand.

    The redshift correlation and the spectrum codes start as the codec's training left them, image codes at
    their levels and codes of numbers in order, those of brightness at their magnitudes: so that a short
    training need not find out which codes are alike, and a color is the same difference in all bands.
    """
    torch.manual_seed(config.seed + 2)
    model = AION(
        AIONConfig(
            dim=config.dim,
            encoder_depth=config.encoder_depth,
            decoder_depth=config.decoder_depth,
            num_heads=config.num_heads,
            domains_in=streams,
            domains_out=(*streams, REDSHIFT),
            decoder_attention="within_modality",
            redshift_correlation=config.correlation,
        )
    )
    assert model.redshift_correlation is not None
    model.redshift_correlation.load_state_dict(learner.redshift.state_dict())
    with torch.no_grad():
        tell_places(model.redshift_correlation)
        codes = torch.arange(learner.codec.codebook_size)[None]
        embedding = learner.embed(learner.codec.quantizer.decode(codes).squeeze(0).T)  # from (codes, bits)
        embedding = 3.0 * embedding / embedding.std()  # louder than the position, whose sines are of order 1
        waves = _Waves(config.dim)
        for stream in streams:
            table = model.get_parameter(f"encoder_embeddings.{stream}.token_emb.weight")
            if stream in SPECTRA:
                known = embedding
            elif stream in IMAGES:
                known = _of_levels(config.dim)
            else:
                known = waves(code_places(manager, stream))
            table[: len(known)] = known[: len(table)].to(table)
        model.decoder_proj_context.weight.copy_(torch.eye(config.dim))
        torch.nn.init.zeros_(model.get_parameter("decoder_proj_context.bias"))
    return model


@torch.no_grad()
def without_images(model: AION, seed: int) -> AION:
    """The same model, which has yet to learn what the codes of images are."""
    torch.manual_seed(seed)
    fresh = AION(model.config).state_dict()
    state = {
        name: fresh[name] if set(name.split(".")) & set(IMAGES) else value
        for name, value in model.state_dict().items()
    }
    model.load_state_dict(state)
    for stream in IMAGES:
        known = _of_levels(model.config.dim)
        model.get_parameter(f"encoder_embeddings.{stream}.token_emb.weight")[: len(known)] = known
    return model


def _of_levels(dim: int) -> Tensor:
    """(codes, dim): image codes at their levels, turned at random."""
    codes = torch.arange(math.prod(IMAGE_LEVELS))[None]
    levels = FiniteScalarQuantizer(IMAGE_LEVELS).decode(codes).squeeze(0).T
    return levels @ torch.randn(levels.shape[1], dim)


def code_places(manager: CodecManager, stream: str) -> Tensor:
    """(codes,) place of each code of a number: magnitude / 10 for brightness, else its rank from 0 to 1."""
    quantizer = manager.codec(MODALITIES[stream]).quantizer
    assert isinstance(quantizer, BinnedQuantizer)
    values = quantizer.center(torch.arange(quantizer.codebook_size)).double()
    # asinh magnitudes with a softening of 0.05 nanomaggies (Lupton+99): negative fluxes have a place too
    if stream in LEGACY:
        log_flux = torch.asinh(values / 0.1) + math.log(0.05)
        magnitudes: Tensor = NANOMAGGY_ZERO_POINT - 2.5 / math.log(10) * log_flux
        return (magnitudes / 10).float()
    if stream.startswith("tok_mag_"):
        return (values / 10).float()
    return torch.linspace(0, 1, len(values))


@torch.no_grad()
def tell_places(correlation: RedshiftCorrelation) -> None:
    """Let redshifts nearby be told alike to begin with."""
    bins = correlation.config.bins
    correlation.belief.weight.copy_(_Waves(len(correlation.belief.weight))(torch.linspace(0, 1, bins)).T)


class _Waves:
    """Places (codes,) -> vectors (codes, dim) that are alike for places nearby:
    sines, slow ones the loudest, turned at random."""

    def __init__(self, dim: int) -> None:
        self.frequency = torch.logspace(-1, 6, dim // 2, base=2.0)
        self.rotation = torch.linalg.qr(torch.randn(dim, dim)).Q

    def __call__(self, place: Tensor) -> Tensor:
        angle = 2 * math.pi * self.frequency * place[:, None]
        waves = torch.cat([angle.sin(), angle.cos()], 1) / self.frequency.repeat(2).sqrt()
        turned: Tensor = waves @ self.rotation
        return turned / turned.std()
