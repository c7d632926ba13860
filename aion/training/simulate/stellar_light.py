"""Light of the stars of whole galaxies in their rest frame, dimmed by dust: from type, luminosity and color.

B objects, M points of the fine rest grid, R points in the infrared. Fluxes are per Å, over that of the same
stars without dust at 6000 Å. Knows no emission line and no quasar.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from aion.training.simulate.cosmology import age
from aion.training.simulate.fine_grid import FineGrid
from aion.training.simulate.galaxy_types import STAR_FORMING, STARBURST, blueness
from aion.training.simulate.templates import INFRARED, LOG_STEP, Templates

LOG_METALS = torch.tensor([-0.7, -0.4, 0.0, 0.4])
"""log10 of the metallicities of the templates over the solar one."""


@dataclass(frozen=True)
class Starlight:
    """Of B galaxies."""

    fine: Tensor
    """(B, M)."""
    infrared: Tensor
    """(B, R)."""
    optical_depth: Tensor
    """(B,) of dust at 5500 Å."""
    mass: Tensor
    """(B,) solar masses formed for each solar luminosity per Å that a flux of 1 stands for."""
    specific_rate: Tensor
    """(B,) share of that mass formed in the last 100 Myr, per Gyr."""


RECENT = 0.1
"""Gyr over which a rate of star formation is averaged."""


class StellarLight:
    """Draws populations of the templates; every random number comes from the generator handed in."""

    def __init__(self, templates: Templates, grid: FineGrid) -> None:
        self.templates, self.grid = templates, grid
        self.wavelength = templates.wavelength
        self.infrared = torch.as_tensor(INFRARED, dtype=torch.float32)

    def draw(
        self, old: Tensor, kind: Tensor, z: Tensor, absolute: Tensor, color: Tensor, generator: Generator
    ) -> Starlight:
        """Of stars that are ``old`` or still form, M_r ``absolute``."""
        t = self.templates
        mass = self._star_formation(old, kind, z, color, generator)
        metals = self._metals(old, absolute, generator)
        weights = (metals[:, :, None] * mass[:, None, :]).flatten(1)
        fine, infrared = weights @ t.populations.flatten(0, 1), weights @ t.populations_infrared.flatten(0, 1)
        # carbon monoxide, which the templates lack, takes a sixth of the light around 4.7 micron (Meidt+12)
        beyond = 0.16 * torch.sigmoid((self.infrared - 4.2e4) / 1e3)
        infrared = infrared * (1 - beyond * torch.sigmoid((5.3e4 - self.infrared) / 1e3))
        optical_depth = self._dust(fine, old, z, color, generator)
        # Charlot & Fall 2000
        attenuation = torch.exp(-optical_depth[:, None] * (self.wavelength / 5500.0) ** -0.7)
        absorbed = (fine * (1 - attenuation) * self.wavelength).sum(1) * LOG_STEP
        # re-emitted warm dust between 5 and 30 micron, a fifth of what was absorbed,
        # flat in nu F_nu (Draine & Li 2007)
        warm = 0.2 * absorbed[:, None] / 1.8 / self.infrared * torch.sigmoid((self.infrared - 5.6e4) / 4e3)
        faded = torch.exp(-optical_depth[:, None] * (self.infrared / 5500.0) ** -0.7)
        scale = self.grid.at(fine, 6000.0)[:, None]
        formed = mass.sum(1)
        return Starlight(
            fine * attenuation / scale,
            (infrared * faded + warm) / scale,
            optical_depth,
            formed / scale[:, 0],
            mass[:, t.ages < RECENT].sum(1) / formed / RECENT,
        )

    def _star_formation(
        self, old: Tensor, kind: Tensor, z: Tensor, color: Tensor, generator: Generator
    ) -> Tensor:
        """Share of mass (B, ages) formed at each age: delayed exponentials, cut if old, a burst if young."""
        ages, count = self.templates.ages, len(z)
        began = 0.6 + 0.35 * torch.rand(count, generator=generator)
        formed = age(z) * began
        recent = blueness(z, color).nan_to_num(0.5)  # the bluer, the longer star formation goes on
        short = 0.1 + 0.7 * torch.rand(count, generator=generator)
        long = 10 ** (recent + 0.2 * torch.randn(count, generator=generator)).clamp(0, 1)
        tau = torch.where(old, short, long)
        since = (formed[:, None] - ages).clamp(min=0)
        history = since / tau[:, None] ** 2 * torch.exp(-since / tau[:, None])  # per Gyr
        is_over = old[:, None] & (ages < (0.3 * formed[:, None]).clamp(max=1.0))
        history = torch.where(is_over, torch.zeros(()), history)
        mass = history * torch.gradient(ages)[0]
        mass = mass / mass.sum(1, keepdim=True).clamp(min=1e-12)
        strength = torch.rand(count, generator=generator)
        weak = 0.01 * (kind == STAR_FORMING) * (strength - 0.7).clamp(min=0) / 0.3
        burst = torch.where(kind == STARBURST, 0.02 + 0.1 * strength, weak)
        young = (ages < 0.1).float() * torch.gradient(ages)[0]
        return mass + burst[:, None] * young / young.sum()

    def _metals(self, old: Tensor, absolute: Tensor, generator: Generator) -> Tensor:
        """Share (B, metallicities) of each template: luminous and old galaxies are richer
        (Gallazzi+05), with 0.12 dex of scatter."""
        mean = torch.where(old, -0.1 - 0.08 * (absolute + 21.5), -0.1 - 0.15 * (absolute + 21.0))
        mean = mean.clamp(-0.7, 0.35) + 0.12 * torch.randn(len(old), generator=generator)
        return torch.softmax(-0.5 * ((LOG_METALS - mean[:, None]) / 0.2) ** 2, 1)

    def _dust(self, fine: Tensor, old: Tensor, z: Tensor, color: Tensor, generator: Generator) -> Tensor:
        """Optical depth (B,) that makes the g−z of the stars the observed one;
        drawn for old stars and where no color is known."""
        lacking = color - self._color(fine, z)
        per_depth = 1.086 * ((4810 / 5500 / (1 + z)) ** -0.7 - (8910 / 5500 / (1 + z)) ** -0.7)
        drawn = torch.where(old, 0.06, 0.3) * -torch.log1p(-torch.rand(len(z), generator=generator))
        return torch.where(old | color.isnan(), drawn, (lacking / per_depth).clamp(0.1, 1.8))

    def _color(self, fine: Tensor, z: Tensor) -> Tensor:
        """Observed g−z (B,), AB, through top hats of the widths of HSC's g and z."""
        power = torch.cumsum((fine * self.wavelength**2).double(), 1)
        means = []
        for edges in ((4000.0, 5450.0), (8500.0, 9300.0)):
            places = (torch.log(edge / (1 + z)) - self.grid.log_start for edge in edges)
            first, last = ((place / LOG_STEP).long()[:, None] for place in places)
            means.append(((power.gather(1, last) - power.gather(1, first)) / (last - first))[:, 0])
        return -2.5 * torch.log10(means[0] / means[1]).float()
