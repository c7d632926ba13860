"""Noise-free spectra of simulated galaxies, quasars and stars in their rest frame.
Knows no instrument and no image.

B objects, M points of the fine rest grid (uniform in ln wavelength), R points in the infrared.
Fluxes are per Å, arbitrary units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from aion.constants import SPEED_OF_LIGHT
from aion.training.simulate.fine_grid import FineGrid, blur
from aion.training.simulate.galaxy_types import (
    AGN,
    GALAXY_TYPES,
    PASSIVE,
    STARBURST,
    absolute_magnitude,
    draw_types,
)
from aion.training.simulate.lines import BROAD_LINES, NARROW_LINES, table
from aion.training.simulate.population import Targets
from aion.training.simulate.stellar_light import StellarLight
from aion.training.simulate.templates import INFRARED, Templates

KINDS = ("galaxy", "quasar", "star")
INSTRUMENT_KMS = 60.0
"""Line-spread sigma of SDSS and DESI near 6000 Å, added to every intrinsic width."""
HALPHA_LOG_EW = {
    "passive": (-0.6, 0.4),
    "star-forming": (1.35, 0.4),
    "starburst": (2.2, 0.45),
    "agn": (1.3, 0.4),
}
"""Mean and scatter of log10 of the rest equivalent width of H-alpha, Å (Kennicutt 1998; Stasinska+15,
Cardamone+09)."""


@dataclass(frozen=True)
class Sources:
    """Rest-frame spectra of B objects of one kind."""

    kind: str
    subtype: tuple[str, ...]
    z: Tensor
    """(B,)"""
    fine: Tensor
    """(B, M) flux per Å on the fine rest grid."""
    infrared: Tensor
    """(B, R) flux per Å on `INFRARED`."""
    truths: Mapping[str, Tensor] = field(default_factory=dict)
    """Of galaxies, (B,) each: ``mass`` and ``specific_rate`` as `Starlight` has them, ``halpha_width``, the
    rest equivalent width of H-alpha, Å."""


class SourceSimulator:
    """Draws spectra from the templates; every random number comes from the generator handed in."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.wavelength = templates.wavelength
        self.infrared = torch.as_tensor(INFRARED, dtype=torch.float32)
        self.grid = FineGrid(templates.wavelength)
        self.stellar_light = StellarLight(templates, self.grid)
        self.quasar_continua = torch.stack([_smooth_continuum(q, self.wavelength) for q in templates.quasars])

    def galaxies(self, targets: Targets, generator: Generator) -> Sources:
        """Stars with dust, a star-formation history and emission lines;
        type, metals and dust follow from color and luminosity."""
        z = targets.z
        kind, old = draw_types(z, targets.color, generator)
        absolute = absolute_magnitude(targets.mag, z)
        light = self.stellar_light.draw(old, kind, z, absolute, targets.color, generator)
        sigma = 10 ** (1.9 + 0.25 * _normal(len(z), generator=generator)).clamp(1.5, 2.6)
        fine = blur(light.fine, torch.hypot(sigma, torch.tensor(INSTRUMENT_KMS)) / SPEED_OF_LIGHT)
        mean, scatter = torch.tensor([HALPHA_LOG_EW[t] for t in GALAXY_TYPES])[kind].T
        width = 10 ** (mean + scatter * _normal(len(z), generator=generator))
        flux = width * self.grid.at(fine, 6564.6)
        self._add_narrow_lines(
            fine, flux, kind == AGN, sigma.clamp(max=200.0), light.optical_depth, generator
        )
        types = tuple(GALAXY_TYPES[k] for k in kind)
        truths = {"mass": light.mass, "specific_rate": light.specific_rate, "halpha_width": width}
        return Sources("galaxy", types, z, fine, light.infrared, truths)

    def quasars(self, targets: Targets, generator: Generator) -> Sources:
        """Parametric and composite quasars, with hosts, broad absorption, reddening and the Lyman forest."""
        z, count = targets.z, len(targets.z)
        parametric = self._parametric_quasars(count, generator)
        composite = self._composite_quasars(count, generator)
        is_composite = _uniform(count, generator=generator) < 0.35
        fine = torch.where(is_composite[:, None], composite, parametric)
        narrow = self.grid.at(fine, 5008.0) * 10 ** (0.7 + 0.45 * _normal(count, generator=generator)) / 2.8
        sigma = 10 ** (2.2 + 0.15 * _normal(count, generator=generator))
        agn, no_dust = torch.ones(count, dtype=torch.bool), torch.zeros(count)
        self._add_narrow_lines(fine, narrow * ~is_composite, agn, sigma, no_dust, generator)
        reddening = _exponential(count, 0.06, generator)
        fine = fine * torch.exp(-reddening[:, None] * 3.0 * (self.wavelength / 5500.0) ** -1.2)  # SMC-like
        broad_absorption = _uniform(count, generator=generator) < 0.15
        fine = torch.where(broad_absorption[:, None], fine * self._broad_absorption(count, generator), fine)
        # hot dust and accretion disk: nu F_nu about flat from 1 to 20 micron (Richards+06)
        dust = 10 ** (0.15 * _normal(count, 1, generator=generator))
        infrared = self.grid.at(fine, 9000.0)[:, None] * dust * 9000.0 / self.infrared
        fine, infrared = self._add_hosts(fine, infrared, z, generator)
        fine = fine * self._forest(z, generator)
        subtype = tuple(
            "BAL" if b else "composite" if c else "broad-line"
            for b, c in zip(broad_absorption, is_composite, strict=True)
        )
        return Sources("quasar", subtype, z, fine, infrared)

    def stars(self, targets: Targets, generator: Generator) -> Sources:
        """Stars: real types, each blended a little with a neighbour of the sequence."""
        t, z = self.templates, targets.z
        first = torch.randint(len(t.stars), (len(z),), generator=generator)
        second = (first + torch.randint(-1, 2, (len(z),), generator=generator)).clamp(0, 15)
        second = torch.where(first > 15, first, second)  # white dwarfs and carbon stars stay what they are
        share = 0.5 * _uniform(len(z), 1, generator=generator)
        anchors = self.grid.at(t.stars, 6000.0)[:, None]
        fine, infrared = (
            torch.lerp(light[first] / anchors[first], light[second] / anchors[second], share)
            for light in (t.stars, t.stars_infrared)
        )
        tilt = 0.3 * _normal(len(z), 1, generator=generator)
        fine = fine * (self.wavelength / 6000.0) ** tilt
        return Sources("star", tuple(str(int(k)) for k in first), z, fine, infrared)

    def _add_narrow_lines(
        self,
        fine: Tensor,
        halpha: Tensor,
        agn: Tensor,
        sigma: Tensor,
        optical_depth: Tensor,
        generator: Generator,
    ) -> None:
        """Adds every narrow line to ``fine`` (made by the caller); halpha (B,) is the flux of H-alpha."""
        names = ("star_forming", "agn", "scatter", "excitation", "wavelength")
        sf, active, scatter, excitation, wavelength = (
            torch.as_tensor(table(NARROW_LINES, n), dtype=torch.float32) for n in names
        )
        count = len(halpha)
        noise = _normal(count, len(wavelength), generator=generator)
        strength = torch.where(agn[:, None], active, sf) + scatter * noise
        strength = strength + 0.6 * excitation * _normal(count, 1, generator=generator)
        over_halpha = (wavelength / 5500.0) ** -0.7 - (6564.6 / 5500.0) ** -0.7
        redden = torch.exp(-0.8 * optical_depth[:, None] * over_halpha)
        # half the objects lose their Ly-alpha
        resonant = (wavelength < 1300) & (_uniform(count, 1, generator=generator) < 0.5)
        flux = halpha[:, None] * 10**strength * redden * ~resonant
        width = torch.hypot(sigma, torch.tensor(INSTRUMENT_KMS))[:, None].expand_as(flux)
        center = wavelength.log().expand_as(flux)
        self.grid.add_gaussians(fine, center, width / SPEED_OF_LIGHT, flux, half_window=60)

    def _parametric_quasars(self, count: int, generator: Generator) -> Tensor:
        w = self.wavelength / 5100.0
        blue = -1.5 + 0.4 * _normal(count, 1, generator=generator)
        red = -0.6 + 0.4 * _normal(count, 1, generator=generator)
        fine = torch.where(w < 1, w**blue, w**red)
        balmer = 0.25 * _uniform(count, 1, generator=generator) * self.grid.at(fine, 3000.0)[:, None]
        below_edge = torch.sigmoid((3700.0 - self.wavelength) / 60.0)
        fine = fine + balmer * below_edge * (self.wavelength / 3646.0) ** 1.5
        speed = 10 ** (3.55 + 0.2 * _normal(count, generator=generator))  # FWHM, km/s
        iron_width = (speed / 2.3548 / SPEED_OF_LIGHT).clamp(max=0.01)
        uv = self.grid.at(fine, 2500.0) * _exponential(count, 25.0, generator)
        optical = self.grid.at(fine, 4800.0) * _exponential(count, 25.0, generator)
        iron = uv[:, None] * self.templates.iron_uv + optical[:, None] * self.templates.iron_optical
        fine = fine + blur(iron, iron_width)
        names = ("wavelength", "equivalent_width", "width", "blueshift", "balmer")
        columns = (torch.as_tensor(table(BROAD_LINES, n), dtype=torch.float32) for n in names)
        wavelength, width_aa, relative, blueshift, balmer_line = columns
        scatter = 0.25 * _normal(count, 1, generator=generator)
        scatter = scatter + 0.15 * _normal(count, len(wavelength), generator=generator)
        flux = width_aa * self.grid.at(fine, wavelength) * 10**scatter
        sigma = relative * speed[:, None] / 2.3548
        self._add_broad_lines(fine, flux, wavelength, sigma, blueshift, balmer_line.bool(), generator)
        return fine / self.grid.at(fine, 6000.0)[:, None]

    def _add_broad_lines(
        self,
        fine: Tensor,
        flux: Tensor,
        wavelength: Tensor,
        sigma: Tensor,
        blueshift: Tensor,
        balmer: Tensor,
        generator: Generator,
    ) -> None:
        """Two Gaussians a line: a core and wings, or two peaks of a disk for the Balmer
        lines of a third of the objects."""
        count = len(flux)
        double = (_uniform(count, 1, generator=generator) < 0.35) & balmer
        jitter = 150.0 * _normal(count, len(wavelength), generator=generator)
        shift = 1600.0 * blueshift * _uniform(count, 1, generator=generator) + jitter
        separation = (1200.0 + 4500.0 * _uniform(count, 1, generator=generator)).expand_as(flux)
        wing_share = (0.15 + 0.4 * _uniform(count, 1, generator=generator)).expand_as(flux)
        wing_shift = 600.0 * _normal(count, 1, generator=generator) + shift
        peak_share = (0.5 + 0.15 * _normal(count, 1, generator=generator)).clamp(0.15, 0.85).expand_as(flux)
        disk_shift = 300.0 * _normal(count, 1, generator=generator)
        peak_width = (separation * (0.35 + 0.5 * _uniform(count, 1, generator=generator))).clamp(max=4000.0)
        # velocity, width and share of the flux of each Gaussian: as a disk, and as core and wing
        disk = (
            (disk_shift - separation, peak_width, peak_share),
            (disk_shift + separation, peak_width, 1 - peak_share),
        )
        single = ((shift, sigma, 1 - wing_share), (wing_shift, 2.2 * sigma, wing_share))
        for of_disk, of_single in zip(disk, single, strict=True):
            pairs = zip(of_disk, of_single, strict=True)
            velocity, width, share = (torch.where(double, *pair) for pair in pairs)
            width = torch.hypot(width, torch.tensor(INSTRUMENT_KMS)).clamp(max=9000.0)
            center = wavelength.log() + torch.log1p(velocity / SPEED_OF_LIGHT)
            self.grid.add_gaussians(fine, center, width / SPEED_OF_LIGHT, flux * share, half_window=420)

    def _composite_quasars(self, count: int, generator: Generator) -> Tensor:
        shares = torch.tensor([0.6, 0.08, 0.08, 0.24])
        chosen = torch.multinomial(shares, count, replacement=True, generator=generator)
        continuum, composite = self.quasar_continua[chosen], self.templates.quasars[chosen]
        lines = torch.where(composite > 0, composite - continuum, torch.zeros(()))
        gain = 10 ** (0.25 * _normal(count, 1, generator=generator))
        extra = 10 ** (2.0 + 1.3 * _uniform(count, generator=generator)) / SPEED_OF_LIGHT  # 100 - 2000 km/s
        tilt = 0.4 * _normal(count, 1, generator=generator)
        fine = (continuum * (self.wavelength / 5100.0) ** tilt + gain * blur(lines, extra)).clamp(min=0)
        return fine / self.grid.at(fine, 6000.0)[:, None].clamp(min=1e-3)

    def _add_hosts(
        self, fine: Tensor, infrared: Tensor, z: Tensor, generator: Generator
    ) -> tuple[Tensor, Tensor]:
        count = len(z)
        kind = torch.randint(PASSIVE, STARBURST, (count,), generator=generator)
        luminous, unknown = torch.full((count,), -21.5), torch.full((count,), torch.nan)
        light = self.stellar_light.draw(kind == PASSIVE, kind, z, luminous, unknown, generator)
        stars = blur(light.fine, torch.full((count,), 190.0 / SPEED_OF_LIGHT))
        present = (_uniform(count, generator=generator) < 0.75) & (z < 1.0)
        share = (0.75 * _uniform(count, generator=generator) * present)[:, None]
        level = share / (1 - share) * self.grid.at(fine, 6000.0)[:, None]
        return fine + level * stars, infrared + level * light.infrared

    def _broad_absorption(self, count: int, generator: Generator) -> Tensor:
        """Transmission (count, M) of outflows in front of Ly-alpha, N V, Si IV, C IV and sometimes Mg II."""
        depth = torch.zeros(count, len(self.wavelength))
        start = 1000.0 + 9000.0 * _uniform(count, 1, generator=generator)
        width = 2000.0 + 8000.0 * _uniform(count, 1, generator=generator)
        strength = 0.3 + 2.5 * _uniform(count, 1, generator=generator)
        for line, relative in ((1215.67, 0.7), (1240.1, 0.8), (1397.0, 0.5), (1549.1, 1.0), (2799.0, 0.1)):
            velocity = -SPEED_OF_LIGHT * (self.wavelength / line - 1)
            trough = torch.sigmoid((velocity - start) / 300.0)
            trough = trough * torch.sigmoid((start + width - velocity) / 600.0)
            depth = depth + relative * strength * trough
        return torch.exp(-depth)

    def _forest(self, z: Tensor, generator: Generator) -> Tensor:
        """Transmission (B, M) of the intergalactic hydrogen (Faucher-Giguere+08 mean, log-normal scatter)."""
        absorber = self.wavelength * (1 + z[:, None]) / 1215.67  # 1 + z of the absorbing gas
        mean = 0.0018 * absorber**3.92
        noise = _normal(len(z), len(self.wavelength), generator=generator)
        fluctuation = blur(noise, torch.full((len(z),), 120.0 / SPEED_OF_LIGHT))
        fluctuation = fluctuation / fluctuation.std()
        tau = mean * torch.exp(1.3 * fluctuation - 0.35)
        tau = torch.where(self.wavelength < 912.0, tau + 0.25 * (1 + z[:, None]), tau)
        return torch.where(self.wavelength < 1213.0, torch.exp(-tau), torch.ones(()))


def _smooth_continuum(flux: Tensor, wavelength: Tensor) -> Tensor:
    """Continuum of a composite: power laws between and beyond its line-free windows (Vanden Berk+01)."""
    ultraviolet = (1060.0, 1145.0, 1285.0, 1350.0, 1460.0, 1700.0, 2200.0, 3020.0, 3520.0)
    windows = torch.tensor([*ultraviolet, 4200.0, 5100.0, 5600.0, 7000.0, 8000.0])
    log_flux, log_place = [], []
    for center in windows:
        inside = (wavelength > 0.995 * center) & (wavelength < 1.005 * center) & (flux > 0)
        if inside.sum() > 10:
            log_flux.append(flux[inside].mean().log())
            log_place.append(center.log())
    x, y, at = torch.stack(log_place), torch.stack(log_flux), wavelength.log()
    left = (torch.searchsorted(x, at) - 1).clamp(0, len(x) - 2)
    slope = (y[left + 1] - y[left]) / (x[left + 1] - x[left])
    return torch.exp(y[left] + slope.clamp(-3, 3) * (at - x[left]))


def _normal(*shape: int, generator: Generator) -> Tensor:
    return torch.randn(*shape, generator=generator)


def _uniform(*shape: int, generator: Generator) -> Tensor:
    return torch.rand(*shape, generator=generator)


def _exponential(count: int, mean: float, generator: Generator) -> Tensor:
    return -mean * torch.log1p(-torch.rand(count, generator=generator))
