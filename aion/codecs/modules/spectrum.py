"""The wavelength grid that spectra of every survey are brought to. Shapes: (B, pixels); wavelengths in Å."""

import torch
from torch import Tensor, nn


def interpolate(x: Tensor, y: Tensor, x_new: Tensor, outside: float = 0.0) -> Tensor:
    """Linear interpolation of (B, n) points (x, y), x increasing, at x_new (B, m);
    `outside` beyond the first and last x."""
    right = torch.searchsorted(x, x_new).clamp(1, x.shape[1] - 1)
    left = right - 1
    x0, x1, y0, y1 = x.gather(1, left), x.gather(1, right), y.gather(1, left), y.gather(1, right)
    slope = (y0 - y1) / torch.where(x0 == x1, 1.0, x0 - x1)
    beyond = (x_new < x[:, :1]) | (x_new > x[:, -1:])
    return (y0 + (x_new - x0) * slope).masked_fill(beyond, outside)


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
        """(B, num_pixels) on this grid -> (B, m) at `wavelength`."""
        return interpolate(
            self._wavelength.expand(len(values), -1).contiguous(), values, wavelength.contiguous(), outside
        )

    def to_latent(self, values: Tensor, wavelength: Tensor) -> Tensor:
        """(B, m) at `wavelength` -> (B, num_pixels) on this grid, 0 where nothing was observed."""
        return interpolate(
            wavelength.contiguous(), values, self._wavelength.expand(len(values), -1).contiguous()
        )
