"""Finite scalar quantization (arXiv:2309.15505): each channel is bounded by tanh and rounded to a few levels.

Shapes: values (B, C, ...) <-> codes (B, ...).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from aion.codecs.quantizers.base import Quantizer
from aion.errors import ConfigError


class FiniteScalarQuantizer(Quantizer):
    """Codes are the mixed-radix number of the levels, first channel fastest."""

    levels: Tensor
    _basis: Tensor

    def __init__(self, levels: Sequence[int], eps: float = 1e-3) -> None:
        """`levels`: values per channel; `eps` keeps the outermost levels reachable."""
        super().__init__()
        if not levels or min(levels) < 1:
            raise ConfigError(
                f"quantizer levels are {list(levels)}; one number above 0 for each channel is expected"
            )
        self.register_buffer("levels", torch.tensor(list(levels), dtype=torch.int32))
        self.register_buffer(
            "_basis", torch.tensor([math.prod(levels[:i]) for i in range(len(levels))]), persistent=False
        )
        self.embedding_dim = len(levels)
        self.eps = eps
        self._size = math.prod(levels)

    @property
    def codebook_size(self) -> int:
        return self._size

    def encode(self, z: Tensor) -> Tensor:
        return self._codes(self._bounded(z.movedim(1, -1)).round())

    def decode(self, codes: Tensor) -> Tensor:
        digits = codes.long()[..., None] // self._basis % self.levels
        half_width = self._half_width
        return ((digits - half_width) / half_width.clamp(min=1)).movedim(-1, 1)

    def quantize(self, z: Tensor) -> Tensor:
        """(B, C, ...) -> the levels in [-1, 1], with the gradient of the bounded input."""
        bounded = self._bounded(z.movedim(1, -1))
        rounded = bounded + (bounded.round() - bounded).detach()
        return (rounded / self._half_width.clamp(min=1)).movedim(-1, 1)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.quantize(z), z.new_zeros(()), self.usage(self.encode(z))

    @property
    def _half_width(self) -> Tensor:
        return self.levels // 2

    def _bounded(self, z: Tensor) -> Tensor:
        """(..., C) -> within half a level of the outermost one."""
        half = (self.levels - 1) * (1 + self.eps) / 2
        offset = torch.where(self.levels % 2 == 1, 0.0, 0.5)
        shift = torch.atanh(offset / half.clamp(min=self.eps))
        return torch.tanh(z + shift) * half - offset

    def _codes(self, rounded: Tensor) -> Tensor:
        return ((rounded.long() + self._half_width) * self._basis).sum(-1)
