"""The configuration of the model: the keys of the published ``config.json``, checked when made.
Knows the streams, nothing of weights."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from aion.correlation import RedshiftCorrelationConfig
from aion.errors import ConfigError
from aion.layers import ACTIVATIONS, Dimensions
from aion.streams import STREAMS

DecoderAttention = Literal["upstream", "within_modality"]

# keys of the published class that change nothing once a model is trained
_OF_TRAINING = {"drop_path_rate_encoder", "drop_path_rate_decoder", "shared_drop_path", "use_act_checkpoint"}
# keys of the published class of which only one value exists in checkpoints;
# `decoder_sep_mask` has no effect there
_ONE_VALUE: dict[str, Any] = {
    "decoder_causal_mask": False,
    "num_register_tokens": 0,
    "decoder_sep_mask": True,
}
_OPTIONAL = {"qk_norm", "share_modality_embeddings", "decoder_attention", "redshift_correlation"}


@dataclass(frozen=True)
class AIONConfig:
    """Size and streams of a model; the defaults are those of aion-base."""

    dim: int = 768
    """Width D; a multiple of ``num_heads`` and of 4."""
    encoder_depth: int = 12
    """Blocks of the encoder."""
    decoder_depth: int = 12
    """Blocks of the decoder."""
    num_heads: int = 12
    """Attention heads."""
    mlp_ratio: float = 4
    """Hidden width of an MLP before the factor 2/3 of a gated one, in units of ``dim``."""
    act_layer: str = "SiLU"
    """Activation, by its name in torch.nn."""
    gated_mlp: bool = True
    """SwiGLU instead of a two-layer MLP."""
    qkv_bias: bool = False
    proj_bias: bool = False
    mlp_bias: bool = False
    norm_bias: bool = False
    qk_norm: bool = False
    """Layer norm of queries and keys."""
    share_modality_embeddings: bool = True
    """One embedding of the stream for encoder and decoder."""
    domains_in: tuple[str, ...] = tuple(sorted(STREAMS))
    """Streams that the model reads."""
    domains_out: tuple[str, ...] = tuple(sorted(STREAMS))
    """Streams that it predicts."""
    decoder_attention: DecoderAttention = "upstream"
    """Among the queries of one target: "upstream" averages all values, as package 0.0.2 does;
    "within_modality" attends."""
    redshift_correlation: RedshiftCorrelationConfig | None = None
    """Module that adds to the logits of ``tok_z``; no published checkpoint has it."""

    def __post_init__(self) -> None:
        for name in ("domains_in", "domains_out"):
            keys = tuple(getattr(self, name))
            object.__setattr__(self, name, keys)
            if not keys or len(set(keys)) < len(keys):
                raise ConfigError(f"{name} must name at least one stream, and each once; it is {list(keys)}")
            if unknown := [key for key in keys if key not in STREAMS]:
                raise ConfigError(
                    f"{name} has the unknown streams {unknown}; the streams are {', '.join(STREAMS)}"
                )
        for name in ("dim", "encoder_depth", "decoder_depth", "num_heads"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.dim % self.num_heads or self.dim % 4:
            raise ConfigError(
                f"dim is {self.dim}; it must be a multiple of num_heads ({self.num_heads}) and of 4"
            )
        if self.act_layer not in ACTIVATIONS:
            raise ConfigError(f"act_layer is {self.act_layer!r}; it must be one of {', '.join(ACTIVATIONS)}")
        if self.decoder_attention not in get_args(DecoderAttention):
            raise ConfigError(
                f"decoder_attention is {self.decoder_attention!r}; "
                f"it must be one of {get_args(DecoderAttention)}"
            )
        if self.redshift_correlation is not None:
            _check_correlation(self.redshift_correlation, self)

    @classmethod
    def base(cls) -> Self:
        """aion-base, 0.3 billion parameters."""
        return cls()

    @classmethod
    def large(cls) -> Self:
        """aion-large, 0.9 billion parameters."""
        return cls(dim=1024, encoder_depth=24, decoder_depth=24, num_heads=16)

    @classmethod
    def xlarge(cls) -> Self:
        """aion-xlarge, 3 billion parameters."""
        return cls(dim=2048, encoder_depth=24, decoder_depth=24, num_heads=32)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From the contents of a ``config.json``. Raises ConfigError naming unknown,
        missing and unsupported keys."""
        known = {field.name for field in fields(cls)}
        given = {key: value for key, value in values.items() if key not in _OF_TRAINING}
        for key, only in _ONE_VALUE.items():
            if given.pop(key, only) != only:
                raise ConfigError(f"{key} is {values[key]!r}; only {only!r} is supported")
        if unknown := sorted(given.keys() - known):
            raise ConfigError(
                f"unknown configuration keys: {', '.join(unknown)}; "
                f"the known ones are {', '.join(sorted(known))}"
            )
        if missing := sorted(known - given.keys() - _OPTIONAL):
            raise ConfigError(f"the configuration lacks {', '.join(missing)}")
        if isinstance(given.get("redshift_correlation"), Mapping):
            given["redshift_correlation"] = _correlation(given["redshift_correlation"])
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """The contents of a ``config.json``; what only our models have is absent where it has its default."""
        values = asdict(self)
        values |= {"domains_in": list(self.domains_in), "domains_out": list(self.domains_out)}
        if self.decoder_attention == "upstream":
            del values["decoder_attention"]
        if self.redshift_correlation is None:
            del values["redshift_correlation"]
        else:
            values["redshift_correlation"]["streams"] = list(self.redshift_correlation.streams)
        return values

    @property
    def dimensions(self) -> Dimensions:
        """What the blocks need to know."""
        return Dimensions(**{field.name: getattr(self, field.name) for field in fields(Dimensions)})


def _correlation(values: Mapping[str, Any]) -> RedshiftCorrelationConfig:
    known = {field.name for field in fields(RedshiftCorrelationConfig)}
    if unknown := sorted(values.keys() - known):
        raise ConfigError(
            f"unknown keys in redshift_correlation: {', '.join(unknown)}; "
            f"the known ones are {', '.join(sorted(known))}"
        )
    return RedshiftCorrelationConfig(**values)


def _check_correlation(correlation: RedshiftCorrelationConfig, config: AIONConfig) -> None:
    if "tok_z" not in config.domains_out:
        raise ConfigError("redshift_correlation needs tok_z among domains_out")
    if correlation.bins > STREAMS["tok_z"].vocab_size:
        raise ConfigError(
            f"redshift_correlation.bins is {correlation.bins}; tok_z has {STREAMS['tok_z'].vocab_size} logits"
        )
