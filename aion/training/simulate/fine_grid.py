"""The fine rest-frame grid of simulated spectra, uniform in ln wavelength: reading, smoothing, adding lines.

B spectra, M points of the grid. Fluxes are per Å, arbitrary units.
Knows nothing of what the spectra are of.
"""

import math

import torch
from torch import Tensor

from aion.training.simulate.templates import LOG_STEP


class FineGrid:
    """Points ``wavelength`` (M,), Å, in steps of `LOG_STEP`."""

    def __init__(self, wavelength: Tensor) -> None:
        self.wavelength = wavelength
        self.log_start = math.log(float(wavelength[0]))

    def at(self, fine: Tensor, wavelength: float | Tensor) -> Tensor:
        """Flux (B,) or (B, lines) at one or several rest wavelengths, a mean over about 1500 km/s."""
        place = ((torch.as_tensor(wavelength).log() - self.log_start) / LOG_STEP).round().long()
        window = place[..., None] + torch.arange(-10, 11)
        return fine[..., window].mean(-1)

    def add_gaussians(
        self, fine: Tensor, center: Tensor, sigma: Tensor, flux: Tensor, *, half_window: int
    ) -> None:
        """Adds Gaussians in ln wavelength to ``fine``: center ln(Å), sigma in ln, flux the integral over Å;
        each (B, lines)."""
        offsets = torch.arange(-half_window, half_window + 1)
        middle = ((center - self.log_start) / LOG_STEP).round().long()
        index = middle[..., None] + offsets  # (B, lines, window)
        inside = (index >= 0) & (index < fine.shape[1])
        index = index.clamp(0, fine.shape[1] - 1)
        x = (self.log_start + index * LOG_STEP - center[..., None]) / sigma[..., None]
        density = torch.exp(-0.5 * x * x) / (math.sqrt(2 * math.pi) * sigma * center.exp())[..., None]
        fine.scatter_add_(1, index.flatten(1), (flux[..., None] * density * inside).flatten(1))


def blur(flux: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian smoothing of (B, M) on the ln-wavelength grid; sigma (B,) in ln wavelength."""
    frequency = torch.fft.rfftfreq(2 * flux.shape[1], d=LOG_STEP)
    # the mirrored copy makes the ends meet: no ringing
    spectrum = torch.fft.rfft(torch.cat([flux, flux.flip(1)], 1))
    kernel = torch.exp(-2 * (math.pi * sigma[:, None] * frequency) ** 2)
    smooth: Tensor = torch.fft.irfft(spectrum * kernel, n=2 * flux.shape[1])
    return smooth[:, : flux.shape[1]]
