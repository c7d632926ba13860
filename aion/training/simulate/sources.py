"""Noise-free spectra of simulated galaxies, quasars and stars in their rest frame.
Knows no instrument and no image.

B objects, M points of the fine rest grid (uniform in ln wavelength), R points in the infrared.
Fluxes are per Å, arbitrary units.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from aion.constants import SPEED_OF_LIGHT
from aion.training.simulate.cosmology import age
from aion.training.simulate.galaxy_types import (
    AGN,
    GALAXY_TYPES,
    PASSIVE,
    STAR_FORMING,
    STARBURST,
    absolute_magnitude,
    blueness,
    draw_types,
)
from aion.training.simulate.lines import BROAD_LINES, NARROW_LINES, table
from aion.training.simulate.population import Targets
from aion.training.simulate.templates import INFRARED, LOG_STEP, Templates

KINDS = ("galaxy", "quasar", "star")
INSTRUMENT_KMS = 60.0
"""Line-spread sigma of SDSS and DESI near 6000 Å, added to every intrinsic width."""
LOG_METALS = torch.tensor([-0.7, -0.4, 0.0, 0.4])
"""log10 of the metallicities of the templates over the solar one."""
HALPHA_LOG_EW = {
    "passive": (-0.6, 0.4),
    "star-forming": (1.35, 0.4),
    "starburst": (2.2, 0.45),
    "agn": (1.3, 0.4),
}
"""Mean and scatter of log10 of the rest equivalent width of H-alpha,
Å (Kennicutt 1998; Stasinska+15, Cardamone+09)."""


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


class SourceSimulator:
    """Draws spectra from the templates; every random number comes from the generator handed in."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.wavelength = templates.wavelength
        self.infrared = torch.as_tensor(INFRARED, dtype=torch.float32)
        self.log_start = math.log(float(templates.wavelength[0]))
        self.quasar_continua = torch.stack([_smooth_continuum(q, self.wavelength) for q in templates.quasars])

    def galaxies(self, targets: Targets, generator: Generator) -> Sources:
        """Stars with dust, a star-formation history and emission lines;
        type, metals and dust follow from color and luminosity."""
        z = targets.z
        kind, old = draw_types(z, targets.color, generator)
        absolute = absolute_magnitude(targets.mag, z)
        fine, infrared, optical_depth = self._stellar_light(old, kind, z, absolute, targets.color, generator)
        sigma = 10 ** (1.9 + 0.25 * _normal(len(z), generator=generator)).clamp(1.5, 2.6)
        fine = blur(fine, torch.hypot(sigma, torch.tensor(INSTRUMENT_KMS)) / SPEED_OF_LIGHT)
        mean, scatter = torch.tensor([HALPHA_LOG_EW[t] for t in GALAXY_TYPES])[kind].T
        width = 10 ** (mean + scatter * _normal(len(z), generator=generator))
        flux = width * self._at(fine, 6564.6)
        self._add_narrow_lines(fine, flux, kind == AGN, sigma.clamp(max=200.0), optical_depth, generator)
        return Sources("galaxy", tuple(GALAXY_TYPES[k] for k in kind), z, fine, infrared)

    def quasars(self, targets: Targets, generator: Generator) -> Sources:
        """Parametric and composite quasars, with hosts, broad absorption, reddening and the Lyman forest."""
        z, count = targets.z, len(targets.z)
        parametric = self._parametric_quasars(count, generator)
        composite = self._composite_quasars(count, generator)
        is_composite = _uniform(count, generator=generator) < 0.35
        fine = torch.where(is_composite[:, None], composite, parametric)
        narrow = self._at(fine, 5008.0) * 10 ** (0.7 + 0.45 * _normal(count, generator=generator)) / 2.8
        sigma = 10 ** (2.2 + 0.15 * _normal(count, generator=generator))
        self._add_narrow_lines(
            fine,
            narrow * ~is_composite,
            torch.ones(count, dtype=torch.bool),
            sigma,
            torch.zeros(count),
            generator,
        )
        reddening = _exponential(count, 0.06, generator)
        fine = fine * torch.exp(-reddening[:, None] * 3.0 * (self.wavelength / 5500.0) ** -1.2)  # SMC-like
        broad_absorption = _uniform(count, generator=generator) < 0.15
        fine = torch.where(broad_absorption[:, None], fine * self._broad_absorption(count, generator), fine)
        # hot dust and accretion disk: nu F_nu about flat from 1 to 20 micron (Richards+06)
        dust = 10 ** (0.15 * _normal(count, 1, generator=generator))
        infrared = self._at(fine, 9000.0)[:, None] * dust * 9000.0 / self.infrared
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
        anchors = self._at(t.stars, 6000.0)
        fine = torch.lerp(
            t.stars[first] / anchors[first, None], t.stars[second] / anchors[second, None], share
        )
        infrared = torch.lerp(
            t.stars_infrared[first] / anchors[first, None],
            t.stars_infrared[second] / anchors[second, None],
            share,
        )
        tilt = 0.3 * _normal(len(z), 1, generator=generator)
        return Sources(
            "star", tuple(str(int(k)) for k in first), z, fine * (self.wavelength / 6000.0) ** tilt, infrared
        )

    def _stellar_light(
        self, old: Tensor, kind: Tensor, z: Tensor, absolute: Tensor, color: Tensor, generator: Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Fine and infrared light and the optical depth at 5500 Å (B,) of stars that are ``old`` or
        still form, M_r ``absolute``."""
        t = self.templates
        mass = self._star_formation(old, kind, z, color, generator)
        metals = self._metals(old, absolute, generator)
        weights = (metals[:, :, None] * mass[:, None, :]).flatten(1)
        fine, infrared = weights @ t.populations.flatten(0, 1), weights @ t.populations_infrared.flatten(0, 1)
        # carbon monoxide, which the templates lack, takes a sixth of the light around 4.7 micron (Meidt+12)
        infrared = infrared * (
            1
            - 0.16
            * torch.sigmoid((self.infrared - 4.2e4) / 1e3)
            * torch.sigmoid((5.3e4 - self.infrared) / 1e3)
        )
        optical_depth = self._dust(fine, old, z, color, generator)
        # Charlot & Fall 2000
        attenuation = torch.exp(-optical_depth[:, None] * (self.wavelength / 5500.0) ** -0.7)
        absorbed = (fine * (1 - attenuation) * self.wavelength).sum(1) * LOG_STEP
        # re-emitted warm dust between 5 and 30 micron, a fifth of what was absorbed,
        # flat in nu F_nu (Draine & Li 2007)
        warm = 0.2 * absorbed[:, None] / 1.8 / self.infrared * torch.sigmoid((self.infrared - 5.6e4) / 4e3)
        faded = torch.exp(-optical_depth[:, None] * (self.infrared / 5500.0) ** -0.7)
        scale = self._at(fine, 6000.0)[:, None]
        return fine * attenuation / scale, (infrared * faded + warm) / scale, optical_depth

    def _star_formation(
        self, old: Tensor, kind: Tensor, z: Tensor, color: Tensor, generator: Generator
    ) -> Tensor:
        """Share of mass (B, ages) formed at each age: delayed exponentials, cut if old, a burst if young."""
        ages, count = self.templates.ages, len(z)
        began = 0.6 + 0.35 * _uniform(count, generator=generator)
        formed = age(z) * began
        recent = blueness(z, color).nan_to_num(0.5)  # the bluer, the longer star formation goes on
        tau = torch.where(
            old,
            0.1 + 0.7 * _uniform(count, generator=generator),
            10 ** (recent + 0.2 * _normal(count, generator=generator)).clamp(0, 1),
        )
        since = (formed[:, None] - ages).clamp(min=0)
        history = since / tau[:, None] ** 2 * torch.exp(-since / tau[:, None])  # per Gyr
        history = torch.where(
            old[:, None] & (ages < (0.3 * formed[:, None]).clamp(max=1.0)), torch.zeros(()), history
        )
        mass = history * torch.gradient(ages)[0]
        mass = mass / mass.sum(1, keepdim=True).clamp(min=1e-12)
        strength = _uniform(count, generator=generator)
        burst = torch.where(
            kind == STARBURST,
            0.02 + 0.1 * strength,
            0.01 * (kind == STAR_FORMING) * (strength - 0.7).clamp(min=0) / 0.3,
        )
        young = (ages < 0.1).float() * torch.gradient(ages)[0]
        return mass + burst[:, None] * young / young.sum()

    def _metals(self, old: Tensor, absolute: Tensor, generator: Generator) -> Tensor:
        """Share (B, metallicities) of each template: luminous and old galaxies are richer
        (Gallazzi+05), with 0.12 dex of scatter."""
        mean = torch.where(old, -0.1 - 0.08 * (absolute + 21.5), -0.1 - 0.15 * (absolute + 21.0)).clamp(
            -0.7, 0.35
        )
        mean = mean + 0.12 * _normal(len(old), generator=generator)
        return torch.softmax(-0.5 * ((LOG_METALS - mean[:, None]) / 0.2) ** 2, 1)

    def _dust(self, fine: Tensor, old: Tensor, z: Tensor, color: Tensor, generator: Generator) -> Tensor:
        """Optical depth (B,) that makes the g−z of the stars the observed one;
        drawn for old stars and where no color is known."""
        lacking = color - self._color(fine, z)
        per_depth = 1.086 * ((4810 / 5500 / (1 + z)) ** -0.7 - (8910 / 5500 / (1 + z)) ** -0.7)
        drawn = torch.where(old, 0.06, 0.3) * _exponential(len(z), 1.0, generator)
        return torch.where(old | color.isnan(), drawn, (lacking / per_depth).clamp(0.1, 1.8))

    def _color(self, fine: Tensor, z: Tensor) -> Tensor:
        """Observed g−z (B,), AB, through top hats of the widths of HSC's g and z."""
        power = torch.cumsum((fine * self.wavelength**2).double(), 1)
        means = []
        for low, high in ((4000.0, 5450.0), (8500.0, 9300.0)):
            first, last = (
                ((torch.log(edge / (1 + z)) - self.log_start) / LOG_STEP).long() for edge in (low, high)
            )
            means.append(
                (power.gather(1, last[:, None]) - power.gather(1, first[:, None]))[:, 0] / (last - first)
            )
        return -2.5 * torch.log10(means[0] / means[1]).float()

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
        strength = torch.where(agn[:, None], active, sf) + scatter * _normal(
            count, len(wavelength), generator=generator
        )
        strength = strength + 0.6 * excitation * _normal(count, 1, generator=generator)
        redden = torch.exp(
            -0.8 * optical_depth[:, None] * ((wavelength / 5500.0) ** -0.7 - (6564.6 / 5500.0) ** -0.7)
        )
        # half the objects lose their Ly-alpha
        resonant = (wavelength < 1300) & (_uniform(count, 1, generator=generator) < 0.5)
        flux = halpha[:, None] * 10**strength * redden * ~resonant
        width = torch.hypot(sigma, torch.tensor(INSTRUMENT_KMS))[:, None].expand_as(flux)
        self.add_gaussians(
            fine, wavelength.log().expand_as(flux), width / SPEED_OF_LIGHT, flux, half_window=60
        )

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

    def _parametric_quasars(self, count: int, generator: Generator) -> Tensor:
        w = self.wavelength / 5100.0
        blue = -1.5 + 0.4 * _normal(count, 1, generator=generator)
        red = -0.6 + 0.4 * _normal(count, 1, generator=generator)
        fine = torch.where(w < 1, w**blue, w**red)
        balmer = 0.25 * _uniform(count, 1, generator=generator) * self._at(fine, 3000.0)[:, None]
        fine = (
            fine
            + balmer * torch.sigmoid((3700.0 - self.wavelength) / 60.0) * (self.wavelength / 3646.0) ** 1.5
        )
        speed = 10 ** (3.55 + 0.2 * _normal(count, generator=generator))  # FWHM, km/s
        iron_width = (speed / 2.3548 / SPEED_OF_LIGHT).clamp(max=0.01)
        iron = (
            self._at(fine, 2500.0)[:, None]
            * _exponential(count, 25.0, generator)[:, None]
            * self.templates.iron_uv
        )
        iron = (
            iron
            + self._at(fine, 4800.0)[:, None]
            * _exponential(count, 25.0, generator)[:, None]
            * self.templates.iron_optical
        )
        fine = fine + blur(iron, iron_width)
        names = ("wavelength", "equivalent_width", "width", "blueshift", "balmer")
        columns = (torch.as_tensor(table(BROAD_LINES, n), dtype=torch.float32) for n in names)
        wavelength, width_aa, relative, blueshift, balmer_line = columns
        scatter = 0.25 * _normal(count, 1, generator=generator) + 0.15 * _normal(
            count, len(wavelength), generator=generator
        )
        flux = width_aa * self._at(fine, wavelength) * 10**scatter
        self._add_broad_lines(
            fine,
            flux,
            wavelength,
            relative * speed[:, None] / 2.3548,
            blueshift,
            balmer_line.bool(),
            generator,
        )
        return fine / self._at(fine, 6000.0)[:, None]

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
            velocity, width, share = (
                torch.where(double, d, s) for d, s in zip(of_disk, of_single, strict=True)
            )
            width = torch.hypot(width, torch.tensor(INSTRUMENT_KMS)).clamp(max=9000.0)
            center = wavelength.log() + torch.log1p(velocity / SPEED_OF_LIGHT)
            self.add_gaussians(fine, center, width / SPEED_OF_LIGHT, flux * share, half_window=420)

    def _composite_quasars(self, count: int, generator: Generator) -> Tensor:
        chosen = torch.multinomial(
            torch.tensor([0.6, 0.08, 0.08, 0.24]), count, replacement=True, generator=generator
        )
        continuum = self.quasar_continua[chosen]
        lines = torch.where(
            self.templates.quasars[chosen] > 0, self.templates.quasars[chosen] - continuum, torch.zeros(())
        )
        gain = 10 ** (0.25 * _normal(count, 1, generator=generator))
        # more broadening, 100 - 2000 km/s
        extra = 10 ** (2.0 + 1.3 * _uniform(count, generator=generator)) / SPEED_OF_LIGHT
        tilt = 0.4 * _normal(count, 1, generator=generator)
        fine = (continuum * (self.wavelength / 5100.0) ** tilt + gain * blur(lines, extra)).clamp(min=0)
        return fine / self._at(fine, 6000.0)[:, None].clamp(min=1e-3)

    def _add_hosts(
        self, fine: Tensor, infrared: Tensor, z: Tensor, generator: Generator
    ) -> tuple[Tensor, Tensor]:
        count = len(z)
        kind = torch.randint(PASSIVE, STARBURST, (count,), generator=generator)
        luminous, unknown = torch.full((count,), -21.5), torch.full((count,), torch.nan)
        stars, stars_infrared, _ = self._stellar_light(kind == PASSIVE, kind, z, luminous, unknown, generator)
        stars = blur(stars, torch.full((count,), 190.0 / SPEED_OF_LIGHT))
        present = (_uniform(count, generator=generator) < 0.75) & (z < 1.0)
        share = (0.75 * _uniform(count, generator=generator) * present)[:, None]
        level = share / (1 - share) * self._at(fine, 6000.0)[:, None]
        return fine + level * stars, infrared + level * stars_infrared

    def _broad_absorption(self, count: int, generator: Generator) -> Tensor:
        """Transmission (count, M) of outflows in front of Ly-alpha, N V, Si IV, C IV and sometimes Mg II."""
        depth = torch.zeros(count, len(self.wavelength))
        start = 1000.0 + 9000.0 * _uniform(count, 1, generator=generator)
        width = 2000.0 + 8000.0 * _uniform(count, 1, generator=generator)
        strength = 0.3 + 2.5 * _uniform(count, 1, generator=generator)
        for line, relative in ((1215.67, 0.7), (1240.1, 0.8), (1397.0, 0.5), (1549.1, 1.0), (2799.0, 0.1)):
            velocity = -SPEED_OF_LIGHT * (self.wavelength / line - 1)
            trough = torch.sigmoid((velocity - start) / 300.0) * torch.sigmoid(
                (start + width - velocity) / 600.0
            )
            depth = depth + relative * strength * trough
        return torch.exp(-depth)

    def _forest(self, z: Tensor, generator: Generator) -> Tensor:
        """Transmission (B, M) of the intergalactic hydrogen (Faucher-Giguere+08 mean, log-normal scatter)."""
        absorber = self.wavelength * (1 + z[:, None]) / 1215.67  # 1 + z of the absorbing gas
        mean = 0.0018 * absorber**3.92
        fluctuation = blur(
            _normal(len(z), len(self.wavelength), generator=generator),
            torch.full((len(z),), 120.0 / SPEED_OF_LIGHT),
        )
        fluctuation = fluctuation / fluctuation.std()
        tau = mean * torch.exp(1.3 * fluctuation - 0.35)
        tau = torch.where(self.wavelength < 912.0, tau + 0.25 * (1 + z[:, None]), tau)
        return torch.where(self.wavelength < 1213.0, torch.exp(-tau), torch.ones(()))

    def _at(self, fine: Tensor, wavelength: float | Tensor) -> Tensor:
        """Flux (B,) or (B, lines) at one or several rest wavelengths, a mean over about 1500 km/s."""
        place = ((torch.as_tensor(wavelength).log() - self.log_start) / LOG_STEP).round().long()
        window = place[..., None] + torch.arange(-10, 11)
        return fine[..., window].mean(-1)


def blur(flux: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian smoothing of (B, M) on the ln-wavelength grid; sigma (B,) in ln wavelength."""
    frequency = torch.fft.rfftfreq(2 * flux.shape[1], d=LOG_STEP)
    # the mirrored copy makes the ends meet: no ringing
    spectrum = torch.fft.rfft(torch.cat([flux, flux.flip(1)], 1))
    kernel = torch.exp(-2 * (math.pi * sigma[:, None] * frequency) ** 2)
    smooth: Tensor = torch.fft.irfft(spectrum * kernel, n=2 * flux.shape[1])
    return smooth[:, : flux.shape[1]]


def _smooth_continuum(flux: Tensor, wavelength: Tensor) -> Tensor:
    """Continuum of a composite: power laws between and beyond its line-free windows (Vanden Berk+01)."""
    windows = torch.tensor(
        [
            1060.0,
            1145.0,
            1285.0,
            1350.0,
            1460.0,
            1700.0,
            2200.0,
            3020.0,
            3520.0,
            4200.0,
            5100.0,
            5600.0,
            7000.0,
            8000.0,
        ]
    )
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
