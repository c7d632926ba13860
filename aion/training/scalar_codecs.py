"""The codecs of single numbers: bins that hold equally many simulated objects each, and the redshift grid."""

from pathlib import Path

import torch
from torch import Tensor

from aion.codecs.config import MODALITY_CODEC_MAPPING
from aion.codecs.quantizers import ScalarReservoirQuantizer
from aion.codecs.scalar import GridScalarCodec, LogScalarCodec, ScalarCodec
from aion.modalities import ScalarModalities, Z
from aion.training.config import EmbeddedConfig

RESERVOIR = 2_048
"""Values kept beside the bins; the published codecs keep 100,000, which nothing reads after training."""
CODES = 1_024


def redshift_codec(config: EmbeddedConfig) -> GridScalarCodec:
    """Redshift bins uniform in ln(1+z): token t stands for the bin that ends at its bucket."""
    codec = GridScalarCodec(modality=Z.name, codebook_size=config.correlation.bins)
    edges = torch.expm1(
        torch.arange(config.correlation.bins, dtype=torch.float64) * config.correlation.log_step
    )
    codec.load_state_dict({"_quantizer.buckets": edges.float()})
    return codec


def fit(values: Tensor, name: str) -> ScalarCodec | LogScalarCodec:
    """The codec of one published quantity from its simulated values (B,), NaN = missing."""
    cls = MODALITY_CODEC_MAPPING[ScalarModalities[name]]
    assert cls in (ScalarCodec, LogScalarCodec), name
    codec = cls(modality=name, codebook_size=CODES, reservoir_size=RESERVOIR)
    assert isinstance(codec.quantizer, ScalarReservoirQuantizer)
    codec.quantizer.fit(values[values.isfinite()])
    return codec


def fit_all(config: EmbeddedConfig, scalars: dict[str, Tensor], folder: Path) -> None:
    """Write the codec of every simulated quantity and of the redshift under ``folder/codecs``."""
    for name, values in scalars.items():
        fit(values, name).save_pretrained(folder)
    redshift_codec(config).save_pretrained(folder)
