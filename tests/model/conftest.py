"""Small models with random weights, and tokens that fit them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from aion.config import AIONConfig
from aion.correlation import RedshiftCorrelationConfig
from aion.model import AION
from aion.streams import STREAMS

SMALL = {"dim": 32, "encoder_depth": 2, "decoder_depth": 2, "num_heads": 4}
EVERY_KIND = ("tok_spectrum_sdss", "catalog", "tok_flux_g", "tok_xp_bp")
"""A spectrum, a sequence, a scalar and a stream of many scalars."""

TokensOf = Callable[..., dict[str, Tensor]]


@pytest.fixture(scope="session")
def model() -> AION:
    """Every published stream, the decoder attention of the published package."""
    return seeded(AIONConfig(**SMALL))


@pytest.fixture(scope="session")
def ours() -> AION:
    """Few streams, attention within a target and a redshift correlation, as in the embedded model."""
    streams = (*EVERY_KIND, "tok_segmap")
    correlation = RedshiftCorrelationConfig(channels=4)
    return seeded(
        AIONConfig(
            **SMALL,
            domains_in=streams,
            domains_out=(*streams, "tok_z"),
            decoder_attention="within_modality",
            redshift_correlation=correlation,
        )
    )


@pytest.fixture
def tokens() -> dict[str, Tensor]:
    return tokens_of(*EVERY_KIND)


def seeded(config: AIONConfig, seed: int = 0) -> AION:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AION(config).eval()


def tokens_of(*keys: str, batch: int = 2, seed: int = 1) -> dict[str, Tensor]:
    """Random tokens of the streams, one object per row."""
    generator = torch.Generator().manual_seed(seed)
    return {
        key: torch.randint(0, STREAMS[key].codes, (batch, STREAMS[key].max_tokens), generator=generator)
        for key in keys
    }


def rows(tokens: dict[str, Tensor], chosen: list[int]) -> dict[str, Tensor]:
    return {key: values[chosen] for key, values in tokens.items()}
