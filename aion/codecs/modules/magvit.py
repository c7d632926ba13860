"""MagViT-style convolutional autoencoder of images (arXiv:2310.05737). Shapes: (B, C, H, W)."""

from itertools import pairwise

from torch import Tensor, nn

from aion.codecs.modules.convnext import ChannelNorm
from aion.errors import ConfigError


class SameConv2d(nn.Module):
    """Convolution that keeps height and width."""

    def __init__(self, dim_in: int, dim_out: int, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(dim_in, dim_out, kernel_size, padding=kernel_size // 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class SqueezeExcite(nn.Module):
    """Channels gated by a global context that attends over all pixels (arXiv:2012.13375)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        hidden = max(16, dim // 2)
        gate = nn.Conv2d(hidden, dim, 1)
        for parameter in gate.parameters():
            # half open; from the published start, -10, a short training does not get away
            nn.init.zeros_(parameter)
        self.to_k = nn.Conv2d(dim, 1, 1)
        self.net = nn.Sequential(nn.Conv2d(dim, hidden, 1), nn.LeakyReLU(0.1), gate, nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        attention = self.to_k(x).flatten(2).softmax(-1)  # (B, 1, H*W)
        context = x.flatten(2) @ attention.mT  # (B, C, 1)
        out: Tensor = self.net(context[..., None]) * x
        return out


class ResidualUnit(nn.Module):
    """Two convolutions and a gate around a skip connection."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            SameConv2d(dim, dim, 3), nn.ELU(), nn.Conv2d(dim, dim, 1), nn.ELU(), SqueezeExcite(dim)
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x) + x
        return out


class SpatialDownsample2x(nn.Module):
    """Halves height and width."""

    def __init__(self, dim: int, dim_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(dim, dim_out, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class SpatialUpsample2x(nn.Module):
    """Doubles height and width; the four new pixels start equal."""

    def __init__(self, dim: int, dim_out: int) -> None:
        super().__init__()
        conv = nn.Conv2d(dim, 4 * dim_out, 1)
        self.net = nn.Sequential(conv, nn.SiLU(), nn.PixelShuffle(2))
        weight = nn.init.kaiming_uniform_(conv.weight.detach()[::4].clone())
        conv.weight.data.copy_(weight.repeat_interleave(4, dim=0))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out


class _FinalNorm(nn.Sequential):
    """Channel norm under the index that the published files give it."""

    def __init__(self, dim: int) -> None:
        super().__init__(nn.Identity(), ChannelNorm(dim))


class MagVitAE(nn.Module):
    """`encode`: (B, n_bands, H, W) -> (B, hidden_dims, H / 2**n_compressions, ...); `decode` goes back."""

    def __init__(self, n_bands: int, hidden_dims: int, n_compressions: int, num_consecutive: int) -> None:
        """Raises ConfigError: `hidden_dims` cannot be halved `n_compressions` times."""
        super().__init__()
        if hidden_dims % 2**n_compressions:
            raise ConfigError(
                f"hidden_dims is {hidden_dims}; "
                f"{n_compressions} compressions need a multiple of {2**n_compressions}"
            )
        dims = [hidden_dims // 2**i for i in range(n_compressions, -1, -1)]
        encoder: list[nn.Module] = [ResidualUnit(dims[0])]
        decoder: list[nn.Module] = [ResidualUnit(dims[0])]  # from the pixels inwards; turned round below
        for dim, wider in pairwise(dims):
            encoder += [SpatialDownsample2x(dim, wider), _residual_units(wider, num_consecutive)]
            decoder += [SpatialUpsample2x(wider, dim), _residual_units(wider, num_consecutive)]
        encoder += [
            SameConv2d(hidden_dims, hidden_dims, 7),
            _residual_units(hidden_dims, num_consecutive),
            _FinalNorm(hidden_dims),
        ]
        decoder += [SameConv2d(hidden_dims, hidden_dims, 3), _residual_units(hidden_dims, num_consecutive)]
        self.conv_in = SameConv2d(n_bands, dims[0], 7)
        self.conv_out = SameConv2d(dims[0], n_bands, 3)
        self.encoder_layers = nn.ModuleList(encoder)
        self.decoder_layers = nn.ModuleList(reversed(decoder))

    def encode(self, x: Tensor) -> Tensor:
        """Pixels -> latent."""
        x = self.conv_in(x)
        for layer in self.encoder_layers:
            x = layer(x)
        return x

    def decode(self, x: Tensor) -> Tensor:
        """Latent -> pixels."""
        for layer in self.decoder_layers:
            x = layer(x)
        out: Tensor = self.conv_out(x)
        return out


def _residual_units(dim: int, n: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualUnit(dim) for _ in range(n)))
