"""Codecs of single numbers: one token per number, the index of the bin that it falls into.
Units are those of the modality."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from aion.codecs.base import Codec, arguments
from aion.codecs.quantizers import (
    BinnedQuantizer,
    MultiScalarCompressedReservoirQuantizer,
    ScalarLinearQuantizer,
    ScalarLogReservoirQuantizer,
    ScalarReservoirQuantizer,
)
from aion.errors import ConfigError, ModalityError
from aion.modalities import Scalar, ScalarModalities


class _QuantizedCodec(Codec):
    """A scalar codec is its quantizer."""

    modality: type[Scalar]
    _quantizer: BinnedQuantizer | MultiScalarCompressedReservoirQuantizer

    def __init__(
        self, config: dict[str, Any], quantizer: BinnedQuantizer | MultiScalarCompressedReservoirQuantizer
    ) -> None:
        super().__init__()
        if config["modality"] not in ScalarModalities:
            raise ConfigError(
                f"{config['modality']!r} is not a scalar; there are {', '.join(ScalarModalities)}"
            )
        self.config = config
        self.modality = ScalarModalities[config["modality"]]
        self._quantizer = quantizer

    @property
    def quantizer(self) -> BinnedQuantizer | MultiScalarCompressedReservoirQuantizer:
        """Values -> codes."""
        return self._quantizer

    @property
    def codebook_size(self) -> int:
        return self._quantizer.codebook_size

    def _encode(self, scalar: Scalar) -> Tensor:
        codes = self._quantizer.encode(scalar.value)
        return codes if codes.ndim == 2 else codes[:, None]

    def _decode(self, tokens: Tensor, target: type[Scalar], centered: bool = False) -> Scalar:
        """The upper edge of the bin, as the published package has it;
        `centered` gives its middle, which is right on average."""
        codes = tokens if target.num_tokens > 1 else tokens[:, 0]
        return target(self._quantizer.center(codes) if centered else self._quantizer.decode(codes))

    def _inspect(self, scalar: Scalar) -> list[str]:
        low, high = self._range()
        outside = (scalar.value < low) | (scalar.value > high)
        if not outside.any():
            return []
        unit = f" {scalar.unit}" if scalar.unit else ""
        return [
            f"{scalar.name} is outside {float(low.min()):.4g} to {float(high.max()):.4g}{unit}: "
            "its token is the nearest end"
        ]

    def _range(self) -> tuple[Tensor, Tensor]:
        """Smallest and largest value that a code stands for."""
        codes = torch.tensor([0, self.codebook_size - 1], device=self.device)
        ends = self._quantizer.decode(codes)
        return ends[0], ends[1]

    @classmethod
    def _renamed(cls, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        # The published scalar codecs were saved under `quantizer.`, ours and later ones under `_quantizer.`.
        return {
            f"_{name}" if name.startswith("quantizer.") else name: tensor for name, tensor in tensors.items()
        }


class ScalarCodec(_QuantizedCodec):
    """Bins that hold equally many training values each."""

    def __init__(self, modality: str, codebook_size: int, reservoir_size: int) -> None:
        super().__init__(arguments(locals()), ScalarReservoirQuantizer(codebook_size, reservoir_size))


class LogScalarCodec(_QuantizedCodec):
    """Bins of the logarithm; values at or below exp(`min_log_value`),
    negative fluxes among them, share the lowest bin."""

    def __init__(
        self, modality: str, codebook_size: int, reservoir_size: int, min_log_value: float = -3.0
    ) -> None:
        super().__init__(
            arguments(locals()),
            ScalarLogReservoirQuantizer(codebook_size, reservoir_size, min_log_value=min_log_value),
        )


class MultiScalarCodec(_QuantizedCodec):
    """A row of numbers, each with bins of its own after the named compression functions."""

    def __init__(
        self,
        modality: str,
        compression_fns: Sequence[str],
        decompression_fns: Sequence[str],
        codebook_size: int,
        reservoir_size: int,
        num_quantizers: int,
    ) -> None:
        config = arguments(locals())
        quantizer = MultiScalarCompressedReservoirQuantizer(
            compression_fns, decompression_fns, codebook_size, reservoir_size, num_quantizers
        )
        super().__init__(config, quantizer)

    def _range(self) -> tuple[Tensor, Tensor]:
        channels = self.config["num_quantizers"]
        codes = torch.tensor([[0], [self.codebook_size - 1]], device=self.device).expand(-1, channels)
        ends = self._quantizer.decode(codes)
        return ends[0], ends[1]


class GridScalarCodec(_QuantizedCodec):
    """Bins of a fixed grid, the buffer `buckets` of the weights: `codebook_size` upper edges."""

    def __init__(self, modality: str, codebook_size: int) -> None:
        super().__init__(arguments(locals()), ScalarLinearQuantizer(codebook_size, (0.0, 1.0)))

    def _encode(self, scalar: Scalar) -> Tensor:
        low, high = self._range()
        if ((scalar.value < low) | (scalar.value > high)).any():
            worst = (
                float(scalar.value.max())
                if float(scalar.value.max()) > float(high)
                else float(scalar.value.min())
            )
            raise ModalityError(
                f"{scalar.name} = {worst:.5g} is outside the grid of these weights, "
                f"{float(low):.5g} to {float(high):.5g}"
            )
        return super()._encode(scalar)
