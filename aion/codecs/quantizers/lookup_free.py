"""Lookup-free quantization (arXiv:2310.05737): one bit per channel, its sign.
Shapes: (B, C, N) <-> (B, N)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aion.codecs.quantizers.base import Quantizer
from aion.errors import ConfigError


class LookupFreeQuantizer(Quantizer):
    """2**dim codes at the corners of a cube; the first channel is the highest bit.

    The auxiliary loss (training mode only) is `entropy_weight` * (entropy of one token's code -
    `diversity` * entropy of the mean code) + `commitment_weight` * mean squared distance to the corner.
    Its weights may be changed at any time.
    """

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        *,
        inverse_temperature: float = 100.0,
        entropy_weight: float = 0.1,
        commitment_weight: float = 0.25,
        diversity: float = 1.0,
    ) -> None:
        """Raises ConfigError: `codebook_size` is not 2**`dim`."""
        super().__init__()
        if codebook_size != 2**dim:
            raise ConfigError(
                f"codebook_size is {codebook_size}; {dim} channels of one bit each need {2**dim}"
            )
        self._quantizer = _Bits(dim)
        self.embedding_dim = dim
        self.inverse_temperature = inverse_temperature
        self.entropy_weight = entropy_weight
        self.commitment_weight = commitment_weight
        self.diversity = diversity

    @property
    def codebook_size(self) -> int:
        return 1 << self.embedding_dim

    def encode(self, z: Tensor) -> Tensor:
        return self._quantizer.codes(z.movedim(1, -1))

    def decode(self, codes: Tensor) -> Tensor:
        return self._quantizer.corners(codes).movedim(-1, 1)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        channels_last = z.movedim(1, -1).float()
        codes = self._quantizer.codes(channels_last)
        corners = self._quantizer.corners(codes)
        quantised = channels_last + (corners - channels_last).detach()
        loss = (
            self._auxiliary_loss(channels_last.flatten(0, -2), corners.flatten(0, -2))
            if self.training
            else z.new_zeros(())
        )
        return quantised.movedim(-1, 1), loss, self.usage(codes)

    def _auxiliary_loss(self, z: Tensor, corners: Tensor) -> Tensor:
        """(tokens, C) values and corners -> scalar."""
        # A softmax over all corners of 2 T z.c factors into one Bernoulli per bit,
        # so nothing of size 2**dim per token is needed.
        logits = 4 * self.inverse_temperature * z
        token_entropy = (
            F.binary_cross_entropy_with_logits(logits, logits.sigmoid(), reduction="none").sum(-1).mean()
        )
        mean_code = _mean_joint(logits.sigmoid())
        mean_entropy = -(mean_code * mean_code.clamp(min=1e-5).log()).sum()
        commitment = F.mse_loss(z, corners)
        return (
            self.entropy_weight * (token_entropy - self.diversity * mean_entropy)
            + self.commitment_weight * commitment
        )


class _Bits(nn.Module):
    """Signs <-> integers. A module of its own because the published files keep its buffer under this name."""

    mask: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mask", 2 ** torch.arange(dim - 1, -1, -1))

    def codes(self, z: Tensor) -> Tensor:
        """(..., C) -> (...)."""
        return ((z > 0) * self.mask).sum(-1)

    def corners(self, codes: Tensor) -> Tensor:
        """(...) -> (..., C) of -1 and 1."""
        return ((codes.long()[..., None] & self.mask) != 0).float() * 2 - 1


def _mean_joint(probability: Tensor) -> Tensor:
    """(tokens, C) probabilities of independent bits -> (2**C,) probabilities of codes, mean over tokens."""
    half = probability.shape[-1] // 2
    first, second = _joint(probability[:, :half]), _joint(probability[:, half:])
    return (first.T @ second / len(probability)).flatten()


def _joint(probability: Tensor) -> Tensor:
    """(tokens, c) -> (tokens, 2**c), first bit highest."""
    joint = probability.new_ones(len(probability), 1)
    for bit in probability.unbind(-1):
        joint = torch.stack((joint * (1 - bit[:, None]), joint * bit[:, None]), dim=-1).flatten(1)
    return joint
