"""What every quantizer can do. Codes are int64; values are float32."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Quantizer(nn.Module, ABC):
    """Continuous values <-> codes 0 ... `codebook_size` - 1."""

    embedding_dim: int = 1
    """Numbers that one code stands for."""

    @property
    @abstractmethod
    def codebook_size(self) -> int:
        """How many codes there are."""

    @abstractmethod
    def encode(self, z: Tensor) -> Tensor:
        """Values -> codes."""

    @abstractmethod
    def decode(self, codes: Tensor) -> Tensor:
        """Codes -> the values they stand for."""

    def quantize(self, z: Tensor) -> Tensor:
        """Values -> the nearest values that have a code."""
        return self.decode(self.encode(z))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The training path: quantised values with the gradient of `z`, auxiliary loss (scalar),
        fraction of codes used (scalar)."""
        codes = self.encode(z)
        return z + (self.decode(codes) - z).detach(), z.new_zeros(()), self.usage(codes)

    def usage(self, codes: Tensor) -> Tensor:
        """Fraction of the codebook that occurs in `codes`."""
        return torch.bincount(codes.flatten(), minlength=self.codebook_size).gt(0).float().mean()
