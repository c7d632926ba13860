"""Codec of images: the central 96 x 96 pixels in any bands of one survey <-> a square of
tokens (24 x 24 as published).

Fluxes come in the unit of the survey (see `LegacySurveyImage` and `HSCImage`) and are brought to
nanomaggies. Training uses `preprocess`, `encode_latent`, `quantizer` and `decode_latent`, which
together make the autoencoder.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from aion.bands import band_names
from aion.codecs.base import Codec, arguments
from aion.codecs.modules.magvit import MagVitAE
from aion.codecs.modules.subsampled_linear import SubsampledLinear
from aion.codecs.preprocessing.band_to_index import BAND_TO_INDEX
from aion.codecs.preprocessing.image import CenterCrop, Clamp, RescaleToLegacySurvey, fill_gaps
from aion.codecs.quantizers import FiniteScalarQuantizer
from aion.constants import CODEC_FIELD, FIELD_NOTE
from aion.errors import ConfigError, InputError, ModalityError
from aion.modalities import Image
from aion.precision import dtype_in

MAX_GAPS = 0.2
"""Fraction of non-finite pixels in a band of the field above which an image is refused."""


class ImageCodec(Codec):
    """MagViT autoencoder with finite scalar quantization; bands of two surveys share one network."""

    modality = Image
    decoders = ("post_quant_proj", "model.decoder_layers", "model.conv_out")

    def __init__(
        self,
        quantizer_levels: Sequence[int],
        hidden_dims: int = 512,
        multisurvey_projection_dims: int = 54,
        n_compressions: int = 2,
        num_consecutive: int = 4,
        embedding_dim: int = 5,
        range_compression_factor: float = 0.01,
        mult_factor: float = 10.0,
    ) -> None:
        """Fluxes f (nanomaggies) enter the network as arcsinh(f / c) * c * `mult_factor`, where c is
        `range_compression_factor`.

        Raises:
            ConfigError: `quantizer_levels` has not `embedding_dim` numbers,
                or the field cannot be halved `n_compressions` times.
        """
        config = arguments(locals())
        super().__init__()
        self.config = config | {"quantizer_levels": list(quantizer_levels)}
        if len(quantizer_levels) != embedding_dim:
            raise ConfigError(
                f"quantizer_levels {list(quantizer_levels)} must have embedding_dim = {embedding_dim} numbers"
            )
        if n_compressions < 1 or CODEC_FIELD % 2**n_compressions:
            raise ConfigError(
                f"n_compressions is {n_compressions}; {CODEC_FIELD} pixels can be halved 1 to 5 times"
            )
        self.range_compression_factor = range_compression_factor
        self.mult_factor = mult_factor
        self._quantizer = FiniteScalarQuantizer(quantizer_levels)
        n_bands = len(BAND_TO_INDEX)
        self.subsample_in = SubsampledLinear(n_bands, multisurvey_projection_dims, subsample_in=True)
        self.subsample_out = SubsampledLinear(multisurvey_projection_dims, n_bands, subsample_in=False)
        self.pre_quant_proj = nn.Conv2d(hidden_dims, embedding_dim, 1)
        self.post_quant_proj = nn.Conv2d(embedding_dim, hidden_dims, 1)
        network = MagVitAE(multisurvey_projection_dims, hidden_dims, n_compressions, num_consecutive)
        # an eighth faster or more, the same tokens
        self.model = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.center_crop = CenterCrop(CODEC_FIELD)
        self.clamp = Clamp()
        self.rescaler = RescaleToLegacySurvey()

    @property
    def quantizer(self) -> FiniteScalarQuantizer:
        """(B, embedding_dim, side, side) -> levels."""
        return self._quantizer

    @property
    def codebook_size(self) -> int:
        return self._quantizer.codebook_size

    def preprocess(self, image: Image) -> tuple[Tensor, Tensor]:
        """Network input (B, 9, 96, 96), range-compressed and 0 in the bands that are not there,
        and which are there (B, 9) bool.

        Raises:
            ModalityError: smaller than 96 x 96, bands of two surveys, or too many non-finite pixels.
        """
        if len({band.split("-")[0] for band in image.bands}) > 1:
            raise ModalityError(f"bands {image.bands} are of two surveys; encode one image for each")
        field = self.center_crop(image.flux)
        gaps = float((~field.isfinite()).float().mean((-1, -2)).max())
        if gaps > MAX_GAPS:
            raise ModalityError(
                f"{gaps:.0%} of a band is not finite; at most {MAX_GAPS:.0%} can be filled: "
                "leave the band out"
            )
        flux = self.compress(self.rescaler.forward(self.clamp(fill_gaps(field), image.bands), image.bands))
        channels = [BAND_TO_INDEX[band] for band in image.bands]
        padded = flux.new_zeros(len(flux), len(BAND_TO_INDEX), CODEC_FIELD, CODEC_FIELD)
        padded[:, channels] = flux
        present = torch.zeros(len(BAND_TO_INDEX), dtype=torch.bool, device=flux.device)
        present[channels] = True
        return padded, present.expand(len(flux), -1)

    def compress(self, flux: Tensor) -> Tensor:
        """Nanomaggies -> the scale of the network."""
        return (
            torch.arcsinh(flux / self.range_compression_factor)
            * self.range_compression_factor
            * self.mult_factor
        )

    def expand(self, compressed: Tensor) -> Tensor:
        """The scale of the network -> nanomaggies."""
        return (
            torch.sinh(compressed / self.mult_factor / self.range_compression_factor)
            * self.range_compression_factor
        )

    def encode_latent(self, x: Tensor, present: Tensor) -> Tensor:
        """Output of `preprocess` -> (B, embedding_dim, side, side), not yet quantised."""
        out: Tensor = self.pre_quant_proj(self.model.encode(self.subsample_in(x, present)))
        return out

    def decode_latent(self, z: Tensor) -> Tensor:
        """Quantised (B, embedding_dim, side, side) -> (B, 9, 96, 96), range-compressed, every band."""
        decoded = self.model.decode(self.post_quant_proj(z.to(dtype_in(self.post_quant_proj)))).to(z.dtype)
        every = torch.ones(len(z), len(BAND_TO_INDEX), dtype=torch.bool, device=z.device)
        out: Tensor = self.subsample_out(decoded, every)
        return out

    def clamped_share(self, image: Image) -> float:
        """Share of the pixels that are read and brighter than the codec's range, 0 to 1."""
        field = self.center_crop(image.flux)
        outside = (field.abs() > self.clamp.limits(image.bands, field)) & field.isfinite()
        return float(outside.float().mean())

    def _encode(self, image: Image) -> Tensor:
        return self._quantizer.encode(self.encode_latent(*self.preprocess(image))).flatten(1)

    def _decode(self, tokens: Tensor, target: type[Image], bands: Sequence[str] | None = None) -> Image:
        """`bands` to decode, default all of the survey of `target`; flux in the unit of the survey."""
        names, proxies = band_names(bands or target.survey_bands, target.survey_bands)
        side = math.isqrt(tokens.shape[1])
        if side * side != tokens.shape[1]:
            raise InputError(f"{tokens.shape[1]} tokens are not a square; the tokens of an image are")
        decoded = self.decode_latent(self._quantizer.decode(tokens.reshape(-1, side, side)))
        flux = self.expand(decoded[:, [BAND_TO_INDEX[name] for name in names]])
        return target(self.rescaler.backward(flux, names), names, proxies)

    def _inspect(self, image: Any) -> list[str]:
        field = self.center_crop(image.flux)
        height, width = image.flux.shape[-2:]
        notes = list(image.proxies)
        if (height, width) != (CODEC_FIELD, CODEC_FIELD):
            notes.append(f"{FIELD_NOTE} {height}x{width} pixels are read")
        gaps = ~field.isfinite()
        if gaps.any():
            notes.append(
                f"{gaps.float().mean():.2%} of the pixels that are read are not finite "
                "and were filled from their neighbours"
            )
        clamped = self.clamped_share(image)
        if clamped:
            notes.append(f"{clamped:.2%} of the pixels are brighter than the codec's range and were clamped")
        return notes
