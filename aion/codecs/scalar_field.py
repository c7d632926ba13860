"""Codec of maps: the central 96 x 96 pixels, values 0 to 1, <-> a square of tokens (12 x 12 as published)."""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from aion.codecs.base import Codec, arguments
from aion.codecs.modules.scalar_field import MapDecoder, MapEncoder
from aion.codecs.preprocessing.image import CenterCrop
from aion.codecs.quantizers import FiniteScalarQuantizer
from aion.constants import CODEC_FIELD, FIELD_NOTE
from aion.errors import ConfigError, InputError
from aion.modalities import LegacySurveySegmentationMap


class ScalarFieldCodec(Codec):
    """Convolutional autoencoder with finite scalar quantization."""

    modality = LegacySurveySegmentationMap

    def __init__(
        self,
        encoder_output_dim: int,
        decoder_input_dim: int | None = None,
        embedding_dim: int | None = None,
        res_hidden_dims: int = 64,
        num_res_layers: int = 2,
        num_downsamples: int = 3,
        variational: bool = False,
        output_activation_extension: float | None = None,
        quantisation_loss_weight: float = 1.0,
        lr: float = 1e-3,
        lr_warmup: int | None = None,
        begin_cosine_annealing: int | None = None,
        lr_cosine_period: int | None = None,
        ema_model_weights: bool = False,
        ema_decay: float = 0.9999,
        ema_update_freq: int = 1,
        levels: Sequence[int] = (8, 5, 5, 5),
    ) -> None:
        """Decoded values are sigmoid outputs, stretched by `output_activation_extension`
        at both ends and cut to 0 ... 1.

        The names from `quantisation_loss_weight` to `ema_update_freq` belong to the training of the published
        weights: they are kept in the configuration and change nothing here.

        Raises:
            ConfigError: a variational codec, or `levels` that are not `embedding_dim` numbers.
        """
        config = arguments(locals())
        super().__init__()
        self.config = config
        embedding_dim = embedding_dim or encoder_output_dim
        decoder_input_dim = decoder_input_dim or encoder_output_dim
        if variational or len(levels) != embedding_dim:
            raise ConfigError(
                f"variational must be false and levels {list(levels)} "
                f"must have embedding_dim = {embedding_dim} numbers"
            )
        self.stretch = output_activation_extension or 0.0
        self.encode_proj = nn.Conv2d(encoder_output_dim, embedding_dim, 1)
        self.decode_proj = nn.Conv2d(embedding_dim, decoder_input_dim, 1)
        self._quantizer = FiniteScalarQuantizer(levels)
        self.encoder = MapEncoder(encoder_output_dim, res_hidden_dims, num_res_layers, num_downsamples)
        self.decoder = MapDecoder(decoder_input_dim, res_hidden_dims, num_res_layers, num_downsamples)
        self.center_crop = CenterCrop(CODEC_FIELD)

    @property
    def quantizer(self) -> FiniteScalarQuantizer:
        """(B, embedding_dim, side, side) -> levels."""
        return self._quantizer

    @property
    def codebook_size(self) -> int:
        return self._quantizer.codebook_size

    def encode_latent(self, x: Tensor) -> Tensor:
        """(B, 1, 96, 96) -> (B, embedding_dim, side, side), not yet quantised."""
        out: Tensor = self.encode_proj(self.encoder(x))
        return out

    def decode_latent(self, z: Tensor) -> Tensor:
        """Quantised (B, embedding_dim, side, side) -> (B, 96, 96), 0 to 1."""
        values = self.decoder(self.decode_proj(z))[:, 0].sigmoid()
        out: Tensor = ((1 + 2 * self.stretch) * values - self.stretch).clamp(0, 1)
        return out

    def _encode(self, modality: LegacySurveySegmentationMap) -> Tensor:
        latent = self.encode_latent(self.center_crop(modality.field)[:, None])
        return self._quantizer.encode(latent).flatten(1)

    def _decode(
        self, tokens: Tensor, target: type[LegacySurveySegmentationMap]
    ) -> LegacySurveySegmentationMap:
        side = math.isqrt(tokens.shape[1])
        if side * side != tokens.shape[1]:
            raise InputError(f"{tokens.shape[1]} tokens are not a square; the tokens of a map are")
        return target(self.decode_latent(self._quantizer.decode(tokens.reshape(-1, side, side))))

    def _inspect(self, modality: LegacySurveySegmentationMap) -> list[str]:
        height, width = modality.field.shape[-2:]
        return [] if height == width == CODEC_FIELD else [f"{FIELD_NOTE} {height}x{width} pixels are read"]

    @classmethod
    def _renamed(cls, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        # `ema_model_weights` saved a running mean of the weights beside them, under `ema.`
        return {name: tensor for name, tensor in tensors.items() if not name.startswith("ema.")}
