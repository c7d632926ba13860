"""Convolutional encoder and decoder of maps, of VQ-VAE kind (arXiv:1711.00937). Shapes: (B, C, H, W)."""

from itertools import pairwise

from torch import Tensor, nn


class ResidualLayer(nn.Module):
    """A bottleneck with batch norm around a skip connection."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(dim, hidden, 3, padding=1),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, dim, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.net(x)
        return out


class ResidualStack(nn.Module):
    """Residual layers one after the other."""

    def __init__(self, dim: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.net = nn.Sequential(*(ResidualLayer(dim, hidden) for _ in range(layers)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out


class MapEncoder(nn.Module):
    """(B, 1, H, W) -> (B, dim, H / 2**halvings, W / 2**halvings)."""

    def __init__(self, dim: int, hidden: int, layers: int, halvings: int) -> None:
        super().__init__()
        dims = [1, *(dim // 2**i for i in range(halvings - 1, -1, -1))]
        shorten: list[nn.Module] = []
        for before, after in pairwise(dims):
            shorten += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU()]
        self.net = nn.Sequential(
            *shorten, nn.Conv2d(dim, dim, 3, padding=1), ResidualStack(dim, hidden, layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out


class MapDecoder(nn.Module):
    """(B, dim, h, w) -> (B, 1, h * 2**doublings, w * 2**doublings)."""

    def __init__(self, dim: int, hidden: int, layers: int, doublings: int) -> None:
        super().__init__()
        dims = [dim, *(dim // 2**i for i in range(doublings - 1, 0, -1)), 1]
        lengthen: list[nn.Module] = []
        for before, after in pairwise(dims):
            lengthen += [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
        self.net = nn.Sequential(
            nn.ConvTranspose2d(dim, dim, 3, padding=1), ResidualStack(dim, hidden, layers), *lengthen
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out
