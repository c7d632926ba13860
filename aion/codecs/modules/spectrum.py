"""The wavelength grid that spectra of every survey are brought to. Shapes: (B, pixels); wavelengths in Å."""

import torch
from torch import Tensor, nn


def interpolate(x: Tensor, y: Tensor, x_new: Tensor, outside: float = 0.0) -> Tensor:
    """Linear interpolation of (B, channels, n) values y at (B, n) x, increasing, at x_new (B, m);
    `outside` beyond the first and last x."""
    right = torch.searchsorted(x, x_new).clamp(1, x.shape[1] - 1)
    left = right - 1
    x0, x1 = x.gather(1, left), x.gather(1, right)
    y0, y1 = (y.gather(2, at[:, None].expand(-1, y.shape[1], -1)) for at in (left, right))
    width = torch.where(x0 == x1, 1.0, x0 - x1)[:, None]
    beyond = (x_new < x[:, :1]) | (x_new > x[:, -1:])
    return (y0 + (x_new - x0)[:, None] * ((y0 - y1) / width)).masked_fill(beyond[:, None], outside)


class LatentSpectralGrid(nn.Module):
    """`num_pixels` pixels from `lambda_min` Å in steps of `resolution` Å."""

    lambda_min: Tensor
    resolution: Tensor
    length: Tensor
    _wavelength: Tensor

    def __init__(self, lambda_min: float, resolution: float, num_pixels: int) -> None:
        super().__init__()
        self.register_buffer("lambda_min", torch.tensor(lambda_min))
        self.register_buffer("resolution", torch.tensor(resolution))
        self.register_buffer("length", torch.tensor(num_pixels))
        self.register_buffer("_wavelength", (torch.arange(num_pixels) * resolution + lambda_min)[None])

    @property
    def wavelength(self) -> Tensor:
        """(num_pixels,) Å."""
        return self._wavelength[0]

    def to_observed(self, values: Tensor, wavelength: Tensor, outside: float = 0.0) -> Tensor:
        """(B, channels, num_pixels) on this grid -> (B, channels, m) at `wavelength` (B, m)."""
        return interpolate(
            self._wavelength.expand(len(values), -1).contiguous(), values, wavelength.contiguous(), outside
        )

    def to_latent(self, values: Tensor, wavelength: Tensor) -> Tensor:
        """(B, channels, m) at `wavelength` (B, m) -> (B, channels, num_pixels) on this grid, 0 where
        nothing was observed."""
        return interpolate(
            wavelength.contiguous(), values, self._wavelength.expand(len(values), -1).contiguous()
        )
