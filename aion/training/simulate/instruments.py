"""Spectrographs: rest-frame spectra -> what SDSS, BOSS and DESI would deliver.
Knows nothing of how the sources were made.

Observed wavelengths in vacuum Å, fluxes in 1e-17 erg/s/cm2/Å, ivar its inverse square; mask True = bad pixel.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from aion.training.simulate.templates import LOG_STEP


@dataclass(frozen=True)
class Spectrograph:
    """One instrument's pixels and the shape of its noise."""

    name: str
    survey: str
    """``"SDSS"`` or ``"DESI"``: which modality it becomes."""
    pixels: int
    start: float
    """First pixel: log10(Å) on a log grid, Å on a linear one."""
    step: float
    logarithmic: bool
    blue_loss: float
    """Å over which the throughput dies towards the blue end."""
    red_loss: float
    """Å over which it dies towards the red end."""
    arm_edge: tuple[float, ...]
    """Å where two arms meet."""
    sky_lines: float
    """Strength of OH residuals relative to the continuum noise."""
    usual_snr: float
    """Median S/N per pixel that a usual exposure reaches on an object of 18 mag (r, AB, in the fibre)."""
    fiber_radius: float
    """arcsec"""

    def edges(self) -> Tensor:
        """(pixels + 1,) pixel boundaries, Å, float64."""
        place = self.start + self.step * (torch.arange(self.pixels + 1, dtype=torch.float64) - 0.5)
        return 10**place if self.logarithmic else place

    def wavelength(self) -> Tensor:
        """(pixels,) pixel centres, Å, float32."""
        place = self.start + self.step * torch.arange(self.pixels, dtype=torch.float64)
        return (10**place if self.logarithmic else place).float()


# Coverage as in the files of each survey: SDSS-I/II 3800-9200 Å,
# BOSS 3570-10350 Å, DESI coadds 3600-9824 Å at 0.8 Å.
SPECTROGRAPHS = (
    Spectrograph("SDSS", "SDSS", 3840, 3.5800, 1e-4, True, 150.0, 120.0, (5950.0,), 1.0, 15.0, 1.5),
    Spectrograph("BOSS", "SDSS", 4620, 3.5520, 1e-4, True, 220.0, 250.0, (6050.0,), 1.2, 22.0, 1.0),
    Spectrograph("DESI", "DESI", 7781, 3600.0, 0.8, False, 250.0, 100.0, (5780.0, 7570.0), 1.5, 20.0, 0.75),
)
SNR_RANGE = (0.7, 60.0)
"""Median S/N per pixel that the survey contains."""


@dataclass(frozen=True)
class ObservedSpectra:
    """B spectra of one instrument; all tensors (B, n) float32 but the mask."""

    survey: str
    flux: Tensor
    ivar: Tensor
    mask: Tensor
    wavelength: Tensor
    truth: Tensor
    """Noise-free flux with the instrument's calibration, for measuring reconstructions."""


def expose(rest: Tensor, log_start: float, z: Tensor, edges: Tensor) -> Tensor:
    """Rest-frame (B, M) on the uniform ln grid, seen at z (B,),
    averaged exactly over the pixels between edges (n+1,): (B, n)."""
    width = LOG_STEP * torch.exp(log_start + LOG_STEP * torch.arange(rest.shape[1], dtype=torch.float64))
    # integral up to the left edge of each sample
    area = F.pad((rest.double() * width).cumsum(1), (1, 0))
    place = (edges.log()[None, :] - torch.log1p(z.double())[:, None] - log_start) / LOG_STEP + 0.5
    place = place.clamp(0, rest.shape[1] - 1e-6)
    left = place.floor().long()
    below = area.gather(1, left)
    integral = torch.lerp(below, area.gather(1, left + 1), place - left)
    return (integral.diff(dim=1) * (1 + z.double())[:, None] / edges.diff()).float()


def observe(
    rest: Tensor,
    log_start: float,
    z: Tensor,
    signal_to_noise: Tensor,
    instrument: Spectrograph,
    generator: Generator,
) -> ObservedSpectra:
    """Noisy spectra of sources (B, M) in 1e-17 units on the rest grid, with a median S/N per pixel (B,)."""
    wavelength = instrument.wavelength()
    clean = expose(rest, log_start, z, instrument.edges())
    clean = clean * _calibration(len(z), wavelength, instrument, generator)
    level = clean.median(1, keepdim=True).values.clamp(min=1e-6)
    poisson = 0.3 * torch.rand(len(z), 1, generator=generator)
    sigma = _noise_shape(wavelength, instrument) * (1 + poisson * (clean / level).clamp(min=0)).sqrt()
    sigma = sigma * (level / sigma).median(1, keepdim=True).values / signal_to_noise[:, None]
    # pipelines know their noise within some percent
    stated = sigma * 10 ** (0.03 * torch.randn(len(z), 1, generator=generator))
    noise = sigma * torch.randn(clean.shape, generator=generator)
    noise = noise + _sky_residuals(sigma, wavelength, instrument, generator)
    flux, ivar, mask = _defects(clean + noise, stated**-2, generator)
    wavelength = wavelength.expand_as(flux).contiguous()
    return ObservedSpectra(instrument.survey, flux, ivar, mask, wavelength, clean)


def _noise_shape(wavelength: Tensor, s: Spectrograph) -> Tensor:
    """Noise sigma (n,) relative to the middle of the range: blue and red roll-offs, arm edges, OH forest."""
    low, high = wavelength[0], wavelength[-1]
    shape = 1 + 1.8 * torch.exp(-(wavelength - low) / s.blue_loss)
    shape = shape + 1.2 * torch.exp(-(high - wavelength) / s.red_loss)
    for edge in s.arm_edge:
        shape = shape + 0.5 * torch.exp(-0.5 * ((wavelength - edge) / 60.0) ** 2)
    return shape * (1 + 0.5 * s.sky_lines * _sky_emission(wavelength))


def _sky_emission(wavelength: Tensor) -> Tensor:
    """Brightness (n,) of the night sky's lines in units of the continuum noise:
    [O I] and the OH bands beyond 7200 Å."""
    fixed = Generator().manual_seed(8)  # the same sky every night
    centers = torch.cat(
        [torch.tensor([5578.9, 6302.1, 6365.5]), 7200.0 + 3300.0 * torch.rand(110, generator=fixed)]
    )
    strength = torch.cat(
        [
            torch.tensor([8.0, 2.5, 1.2]),
            2.0 * torch.rand(110, generator=fixed) ** 2 * (centers[3:] - 6800.0) / 1500.0,
        ]
    )
    return (strength * torch.exp(-0.5 * ((wavelength[:, None] - centers) / 1.5) ** 2)).sum(1)


def _sky_residuals(sigma: Tensor, wavelength: Tensor, s: Spectrograph, generator: Generator) -> Tensor:
    """Sky subtracted a little too much or too little, object by object."""
    amount = 0.35 * s.sky_lines * torch.randn(len(sigma), 1, generator=generator)
    sign = torch.randn(sigma.shape, generator=generator).sign()
    return amount * sigma * _sky_emission(wavelength).clamp(max=4.0) * sign


def _calibration(count: int, wavelength: Tensor, s: Spectrograph, generator: Generator) -> Tensor:
    """Multiplicative flux-calibration error (B, n): a tilt,
    slow and fast wiggles of a few percent, a step between the arms."""
    u = torch.linspace(-1, 1, len(wavelength))
    tilt = 0.10 * torch.randn(count, 1, generator=generator) * u
    wiggle = torch.zeros(count, len(wavelength))
    for knots, size in ((10, 0.03), (40, 0.015)):
        values = size * torch.randn(count, 1, knots, generator=generator)
        smooth = F.interpolate(values, len(wavelength), mode="linear", align_corners=True)
        wiggle = wiggle + smooth[:, 0]
    step = torch.zeros(count, len(wavelength))
    for edge in s.arm_edge:
        step = step + 0.02 * torch.randn(count, 1, generator=generator) * (wavelength > edge)
    return torch.exp(tilt + wiggle + step)


def _defects(flux: Tensor, ivar: Tensor, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Cosmic-ray spikes, dead stretches (ivar 0), truncated ends."""
    count, pixels = flux.shape
    column = torch.arange(pixels)
    mask = torch.rand(flux.shape, generator=generator) < 0.003
    for _ in range(3):  # up to three dead stretches
        start = torch.randint(pixels, (count, 1), generator=generator)
        length = (10 ** (0.5 + 2.0 * torch.rand(count, 1, generator=generator))).long()
        there = torch.rand(count, 1, generator=generator) < 0.25
        mask = mask | (there & (column >= start) & (column < start + length))
    cut = (torch.rand(count, 2, generator=generator) ** 6 * 0.15 * pixels).long()
    mask = mask | (column < cut[:, :1]) | (column >= pixels - cut[:, 1:])
    spike = torch.rand(flux.shape, generator=generator) < 2e-4
    height = 10 ** (1.0 + torch.rand(flux.shape, generator=generator)) / ivar.clamp(min=1e-12).sqrt()
    flux = torch.where(spike, flux + height, flux)
    # half the files keep a flux under the mask
    emptied = mask & (torch.rand(count, 1, generator=generator) < 0.5)
    return torch.where(emptied, torch.zeros(()), flux), torch.where(mask, torch.zeros(()), ivar), mask


def draw_signal_to_noise(fiber_mag: Tensor, instrument: Spectrograph, generator: Generator) -> Tensor:
    """Median S/N per pixel (B,), 0.7 to 60: half what the survey has at ``fiber_mag`` (B,), half log-uniform.

    The sky in the fibre is as bright as an object of 18.7 mag:
    S/N falls as the flux where it dominates, as its root where it does not.
    """
    low, high = SNR_RANGE
    anything = low * (high / low) ** torch.rand(len(fiber_mag), generator=generator)
    flux, sky = 10 ** (-0.4 * (fiber_mag - 18.0)), 10 ** (-0.4 * (18.7 - 18.0))
    usual = instrument.usual_snr * flux * ((1 + sky) / (flux + sky)) ** 0.5
    usual = usual * 10 ** (0.3 * torch.randn(len(fiber_mag), generator=generator))
    is_usual = (torch.rand(len(fiber_mag), generator=generator) < 0.5) & (usual > low) & (usual < high)
    return torch.where(is_usual, usual, anything)
