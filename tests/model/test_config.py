"""The configuration: the published keys, their defaults, and what is said of the others."""

import json
from typing import Any

import pytest
import torch

from aion.config import AIONConfig
from aion.correlation import RedshiftCorrelationConfig
from aion.errors import ConfigError
from aion.model import AION
from aion.streams import STREAMS

PUBLISHED: dict[str, Any] = {
    "act_layer": "SiLU",
    "dim": 768,
    "encoder_depth": 12,
    "decoder_depth": 12,
    "num_heads": 12,
    "gated_mlp": True,
    "mlp_ratio": 4,
    "qkv_bias": False,
    "proj_bias": False,
    "mlp_bias": False,
    "norm_bias": False,
    "domains_in": sorted(STREAMS),
    "domains_out": sorted(STREAMS),
}


def test_the_defaults_are_the_published_base_model() -> None:
    assert AIONConfig.from_dict(PUBLISHED) == AIONConfig() == AIONConfig.base()


@pytest.mark.parametrize(
    ("config", "millions"),
    [(AIONConfig.base(), 314.3), (AIONConfig.large(), 859.6), (AIONConfig.xlarge(), 3130.8)],
)
def test_the_published_sizes_have_the_published_numbers_of_parameters(
    config: AIONConfig, millions: float
) -> None:
    with torch.device("meta"):
        model = AION(config)
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=1e-3)


def test_a_configuration_survives_json() -> None:
    config = AIONConfig(
        dim=32,
        num_heads=4,
        domains_in=("tok_spectrum_sdss",),
        domains_out=("tok_z",),
        decoder_attention="within_modality",
        redshift_correlation=RedshiftCorrelationConfig(channels=3),
    )
    assert AIONConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_published_configuration_is_written_with_published_keys_only() -> None:
    assert set(AIONConfig.from_dict(PUBLISHED).to_dict()) == {
        *PUBLISHED,
        "qk_norm",
        "share_modality_embeddings",
    }


def test_keys_that_only_matter_in_training_are_accepted() -> None:
    training = {"drop_path_rate_encoder": 0.1, "use_act_checkpoint": True, "decoder_sep_mask": True}
    assert AIONConfig.from_dict(PUBLISHED | training) == AIONConfig()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wings": 2}, "unknown configuration keys: wings"),
        ({"num_register_tokens": 4}, "num_register_tokens is 4; only 0"),
        ({"decoder_causal_mask": True}, "decoder_causal_mask is True"),
        ({"dim": 770}, "multiple of num_heads"),
        ({"dim": 0}, "dim is 0"),
        ({"act_layer": "Swish"}, "'Swish'; it must be one of SiLU"),
        ({"domains_in": ["tok_smell"]}, "unknown streams \\['tok_smell'\\]"),
        ({"domains_out": []}, "domains_out must name at least one"),
        ({"domains_in": ["tok_z", "tok_z"]}, "each once"),
        ({"decoder_attention": "none"}, "decoder_attention is 'none'"),
        ({"redshift_correlation": {"hats": 1}}, "unknown keys in redshift_correlation: hats"),
        ({"redshift_correlation": {"bins": 2000}}, "bins is 2000; tok_z has 1025"),
        ({"redshift_correlation": {}, "domains_out": ["tok_ra"]}, "needs tok_z"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        AIONConfig.from_dict({**PUBLISHED, **change})


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="lacks dim, num_heads"):
        AIONConfig.from_dict(
            {key: value for key, value in PUBLISHED.items() if key not in ("dim", "num_heads")}
        )
