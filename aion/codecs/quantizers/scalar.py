"""Quantizers of single numbers: a fixed grid, or bins that hold equally many of the values seen in training.
Shapes are kept.

A code stands for the upper edge of its bin: code t means (codebook[t-1], codebook[t]], code
0 everything up to codebook[0].
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from aion.codecs.quantizers.base import Quantizer
from aion.errors import ConfigError

_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "arcsinh": torch.arcsinh,
    "asinh": torch.arcsinh,
    "sinh": torch.sinh,
    "log": torch.log,
    "exp": torch.exp,
    "log1p": torch.log1p,
    "expm1": torch.expm1,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "arctan": torch.arctan,
    "tan": torch.tan,
    "tanh": torch.tanh,
    "arctanh": torch.arctanh,
}
"""Functions that a configuration may name."""


class BinnedQuantizer(Quantizer):
    """What quantizers of single numbers share: a sorted codebook on a scale that may be compressed."""

    @property
    @abstractmethod
    def codebook(self) -> Tensor:
        """(codebook_size,) upper edge of every bin, after compression."""

    @property
    def codebook_size(self) -> int:
        return len(self.codebook)

    def compress(self, values: Tensor) -> Tensor:
        """Physical values -> the scale on which they are binned."""
        return values

    def decompress(self, values: Tensor) -> Tensor:
        """Inverse of `compress`."""
        return values

    def encode(self, z: Tensor) -> Tensor:
        return torch.bucketize(self.compress(z), self.codebook[:-1])

    def decode(self, codes: Tensor) -> Tensor:
        return self.decompress(self.codebook[codes.long()])

    def center(self, codes: Tensor) -> Tensor:
        """Codes -> the middles of their bins, without the half bin by which `decode` is too high."""
        upper = codes.long()
        return self.decompress((self.codebook[(upper - 1).clamp(min=0)] + self.codebook[upper]) / 2)


class ScalarLinearQuantizer(BinnedQuantizer):
    """Codes on the fixed grid in the buffer `buckets`; values outside take the nearest end."""

    buckets: Tensor

    def __init__(self, codebook_size: int, range: tuple[float, float]) -> None:
        super().__init__()
        self.register_buffer("buckets", torch.linspace(range[0], range[1], codebook_size))

    @property
    def codebook(self) -> Tensor:
        return self.buckets


class ScalarReservoirQuantizer(BinnedQuantizer):
    """Codes at the quantiles of the values given to `fit`."""

    _reservoir: Tensor
    _index_to_val: Tensor

    def __init__(self, codebook_size: int, reservoir_size: int, *, default: float = 0.0) -> None:
        """`reservoir_size`: values kept to draw the quantiles from; `default` fills them before `fit`."""
        super().__init__()
        self.register_buffer("_reservoir", torch.full((reservoir_size,), default))
        self.register_buffer("_index_to_val", torch.full((codebook_size,), default))

    @property
    def codebook(self) -> Tensor:
        return self._index_to_val

    def fit(self, values: Tensor) -> None:
        """Put the codes at the quantiles of the finite ones among `values`, of any shape and number."""
        finite = values.detach().float()[values.isfinite()].to(self._reservoir.device)
        ordered = self.compress(finite).sort().values
        self._reservoir = _quantiles(ordered, len(self._reservoir))
        self._index_to_val = _quantiles(ordered, self.codebook_size)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        quantised, _, usage = super().forward(z)
        return quantised, F.mse_loss(quantised.detach(), z), usage


class ScalarLogReservoirQuantizer(ScalarReservoirQuantizer):
    """Bins of the natural logarithm; values at or below exp(`min_log_value`) share the lowest bin."""

    def __init__(self, codebook_size: int, reservoir_size: int, *, min_log_value: float = -3.0) -> None:
        super().__init__(codebook_size, reservoir_size, default=max(-3.0, min_log_value))
        self.min_value = math.exp(min_log_value)

    def compress(self, values: Tensor) -> Tensor:
        return values.clamp(min=self.min_value).log()

    def decompress(self, values: Tensor) -> Tensor:
        return values.exp()


class ScalarCompressedReservoirQuantizer(ScalarReservoirQuantizer):
    """Bins of the values after the named functions."""

    def __init__(
        self,
        compression_fns: Sequence[str],
        decompression_fns: Sequence[str],
        codebook_size: int,
        reservoir_size: int,
    ) -> None:
        """`decompression_fns` undo `compression_fns`, in the same order.

        Raises:
            ConfigError: a function is not known, or the two lists do not undo each other.
        """
        super().__init__(codebook_size, reservoir_size)
        unknown = [name for name in (*compression_fns, *decompression_fns) if name not in _FUNCTIONS]
        if unknown:
            raise ConfigError(
                f"compression functions {unknown} are not known; there are {', '.join(_FUNCTIONS)}"
            )
        self._compress = [_FUNCTIONS[name] for name in compression_fns]
        self._decompress = [_FUNCTIONS[name] for name in reversed(decompression_fns)]
        one = torch.ones(1)
        if not torch.allclose(self.decompress(self.compress(one)), one):
            raise ConfigError(f"{list(decompression_fns)} do not undo {list(compression_fns)}")

    def compress(self, values: Tensor) -> Tensor:
        for function in self._compress:
            values = function(values)
        return values

    def decompress(self, values: Tensor) -> Tensor:
        for function in self._decompress:
            values = function(values)
        return values


def _quantiles(ordered: Tensor, n: int) -> Tensor:
    """n evenly spaced quantiles, both ends included, of sorted values (any number of them)."""
    place = torch.linspace(0, len(ordered) - 1, n, dtype=torch.float64, device=ordered.device)
    low = place.floor().long()
    high = (low + 1).clamp(max=len(ordered) - 1)
    return torch.lerp(ordered[low], ordered[high], (place - low).to(ordered.dtype))
