"""ConvNeXt V2 (arXiv:2301.00808) in one dimension. Shapes: (B, C, N)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aion.errors import ConfigError


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of (B, C, ...)."""

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = super().forward(x.movedim(1, -1)).movedim(-1, 1)
        return out


class GlobalResponseNorm(nn.Module):
    """Channels compete by their norm over all positions of (B, N, C)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, dim))
        self.beta = nn.Parameter(torch.zeros(1, 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        norm: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        return self.gamma * (x * (norm / (norm.mean(-1, keepdim=True) + 1e-6))) + self.beta + x


class ConvNextBlock1d(nn.Module):
    """Depthwise convolution, then two pointwise layers, around a skip connection."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, 4 * dim)
        self.grn = GlobalResponseNorm(4 * dim)
        self.pwconv2 = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).movedim(1, -1))
        out: Tensor = x + self.pwconv2(self.grn(F.gelu(self.pwconv1(y)))).movedim(-1, 1)
        return out


class ConvNextEncoder1d(nn.Module):
    """(B, in_chans, N) -> (B, dims[-1], N / 2**(stages + 1)):
    the first stage shortens by 4, every other by 2."""

    def __init__(self, in_chans: int, depths: Sequence[int], dims: Sequence[int]) -> None:
        """Raises ConfigError: `depths` and `dims` differ in length."""
        super().__init__()
        _check_stages(depths, dims)
        stem = nn.Sequential(
            nn.Conv1d(in_chans, dims[0], kernel_size=4, stride=4), ChannelNorm(dims[0], eps=1e-6)
        )
        halvings = [
            nn.Sequential(ChannelNorm(before, eps=1e-6), nn.Conv1d(before, after, kernel_size=2, stride=2))
            for before, after in pairwise(dims)
        ]
        self.downsample_layers = nn.ModuleList([stem, *halvings])
        self.stages = _stages(depths, dims)
        self.norm = ChannelNorm(dims[-1], eps=1e-6)
        self.apply(_init)

    def forward(self, x: Tensor) -> Tensor:
        for shorten, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(shorten(x))
        out: Tensor = self.norm(x)
        return out


class ConvNextDecoder1d(nn.Module):
    """(B, in_chans, n) -> (B, dims[-1], n * 2**(stages + 1)): every stage lengthens by 2, the last by 4."""

    def __init__(self, in_chans: int, depths: Sequence[int], dims: Sequence[int]) -> None:
        """Raises ConfigError: `depths` and `dims` differ in length."""
        super().__init__()
        _check_stages(depths, dims)
        factors = [2] * (len(dims) - 2) + [4]
        stem = nn.Sequential(
            nn.ConvTranspose1d(in_chans, dims[0], kernel_size=2, stride=2), ChannelNorm(dims[0], eps=1e-6)
        )
        growths = [
            nn.Sequential(
                ChannelNorm(before, eps=1e-6),
                nn.ConvTranspose1d(before, after, kernel_size=factor, stride=factor),
            )
            for before, after, factor in zip(dims, dims[1:], factors, strict=False)
        ]
        self.upsample_layers = nn.ModuleList([stem, *growths])
        self.stages = _stages(depths, dims)
        self.apply(_init)

    def forward(self, x: Tensor) -> Tensor:
        for lengthen, stage in zip(self.upsample_layers, self.stages, strict=True):
            x = stage(lengthen(x))
        return x


def _check_stages(depths: Sequence[int], dims: Sequence[int]) -> None:
    if len(depths) != len(dims) or len(dims) < 2:
        raise ConfigError(
            f"depths {list(depths)} and dims {list(dims)} must be equally long, with at least two stages"
        )


def _stages(depths: Sequence[int], dims: Sequence[int]) -> nn.ModuleList:
    return nn.ModuleList(
        nn.Sequential(*(ConvNextBlock1d(dim) for _ in range(depth)))
        for depth, dim in zip(depths, dims, strict=True)
    )


def _init(module: nn.Module) -> None:
    if isinstance(module, (nn.Conv1d, nn.Linear)):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
