"""A tiny random model with every codec, in the published layout:
what tests load where the published weights would be.

The token streams, their lengths and vocabularies are the published ones; only widths and depths are small.
Scalar codecs have plausible ranges, the redshift grid is uniform in ln(1 + z) from 0 to 6. Made anew for
every test run (a second or two), never stored.
"""

import math
import sys
from pathlib import Path

import torch

from aion.codecs.base import Codec
from aion.codecs.catalog import CatalogCodec
from aion.codecs.config import MODALITY_CODEC_MAPPING
from aion.codecs.image import ImageCodec
from aion.codecs.scalar import GridScalarCodec, LogScalarCodec, MultiScalarCodec, ScalarCodec
from aion.codecs.scalar_field import ScalarFieldCodec
from aion.codecs.spectrum import SpectrumCodec
from aion.modalities import MODALITIES, Modality
from aion.model import AION, AIONConfig

Z_MAX = 6.0
CODES = 1024
RESERVOIR = 2048
"""Values kept by the bins of a scalar; 100 000 as published."""

RANGES = {
    "ra": (0.0, 360.0),
    "dec": (-90.0, 90.0),
    "EBV": (0.0, 0.5),
    "SHAPE_E1": (-1.0, 1.0),
    "SHAPE_E2": (-1.0, 1.0),
    "i_sdssshape_shape12": (-5.0, 5.0),
    "i_sdssshape_shape11": (0.0, 10.0),
    "i_sdssshape_shape22": (0.0, 10.0),
}
"""Smallest and largest value of the plain scalars, in their units; magnitudes and extinctions are below."""


def write_tiny(folder: str | Path, *, seed: int = 0) -> Path:
    """Write the model and its codecs into ``folder`` and return it."""
    folder = Path(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        AION(tiny_config()).save_pretrained(folder)
        for modality in {modality.name: modality for modality in MODALITIES.values()}.values():
            tiny_codec(modality).save_pretrained(folder, modality)
    return folder


def tiny_config() -> AIONConfig:
    """All published streams through a transformer of width 32 and depth 2 + 2."""
    streams = tuple(sorted(MODALITIES))
    return AIONConfig(
        dim=32, encoder_depth=2, decoder_depth=2, num_heads=4, domains_in=streams, domains_out=streams
    )


def tiny_codec(modality: type[Modality]) -> Codec:
    """The codec of a modality, with random weights or plausible bins."""
    return MAKERS[MODALITY_CODEC_MAPPING[modality]](modality.name)


def _image(name: str) -> Codec:
    return ImageCodec(
        quantizer_levels=[7, 5, 5, 5, 5], hidden_dims=16, multisurvey_projection_dims=8, num_consecutive=1
    )


def _spectrum(name: str) -> Codec:
    sizes = {"encoder_dims": (8, 8, 16, 16), "decoder_dims": (16, 8, 8, 2), "latent_channels": 16}
    return SpectrumCodec(encoder_depths=(1, 1, 1, 1), decoder_depths=(1, 1, 1, 1), **sizes)


def _scalar_field(name: str) -> Codec:
    return ScalarFieldCodec(encoder_output_dim=8, embedding_dim=4, res_hidden_dims=8, num_res_layers=1)


def _catalog(name: str) -> Codec:
    codec = CatalogCodec()
    for column, (low, high) in {"SHAPE_E1": (-1, 1), "SHAPE_E2": (-1, 1), "SHAPE_R": (0, 10)}.items():
        codec.quantizer.columns[column].fit(torch.linspace(low, high, RESERVOIR))
    return codec


def _redshift(name: str) -> Codec:
    codec = GridScalarCodec(name, CODES)
    codec.quantizer.buckets.copy_(torch.linspace(0, math.log1p(Z_MAX), CODES, dtype=torch.float64).expm1())
    return codec


def _log_scalar(name: str) -> Codec:
    codec = LogScalarCodec(name, CODES, RESERVOIR)
    codec.quantizer.fit(torch.logspace(-1, 4, RESERVOIR))
    return codec


def _scalar(name: str) -> Codec:
    codec = ScalarCodec(name, CODES, RESERVOIR)
    low, high = (12.0, 28.0) if name.endswith("_mag") else RANGES.get(name, (0.0, 1.0))
    codec.quantizer.fit(torch.linspace(low, high, RESERVOIR))
    return codec


def _coefficients(name: str) -> Codec:
    codec = MultiScalarCodec(name, ["arcsinh"], ["sinh"], CODES, RESERVOIR, num_quantizers=55)
    codec.quantizer.fit(torch.linspace(-100, 100, RESERVOIR)[:, None].expand(-1, 55))
    return codec


MAKERS = {
    ImageCodec: _image,
    SpectrumCodec: _spectrum,
    ScalarFieldCodec: _scalar_field,
    CatalogCodec: _catalog,
    GridScalarCodec: _redshift,
    LogScalarCodec: _log_scalar,
    ScalarCodec: _scalar,
    MultiScalarCodec: _coefficients,
}

if __name__ == "__main__":
    print(write_tiny(sys.argv[1]))
