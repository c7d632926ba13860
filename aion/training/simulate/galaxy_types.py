"""Which galaxies are passive, forming stars, bursting or active, by observed g−z color and redshift.

B objects; colors AB, observed frame. The red sequence is the ridge of a real table (HSC
photometry, spectroscopic redshifts).
"""

import torch
from torch import Generator, Tensor

from aion.training.simulate.cosmology import distance_modulus

GALAXY_TYPES = ("passive", "star-forming", "starburst", "agn")
PASSIVE, STAR_FORMING, STARBURST, AGN = range(4)
AGN_SHARE = 0.08
RED_SEQUENCE_Z = (0.0, 0.05, 0.1, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.9, 1.1, 1.6, 2.0)
RED_SEQUENCE_COLOR = (1.45, 1.58, 1.70, 1.85, 2.22, 2.58, 2.88, 3.08, 3.28, 3.50, 3.65, 3.65, 3.40, 3.20)
_DISTANT = 0.8  # beyond, faint red galaxies are missing from any spectroscopic table
_DISTANT_PASSIVE = 0.2  # and at least this share is made passive


def draw_types(z: Tensor, color: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Index into `GALAXY_TYPES` (B,) and whether the stars are old (B,), for g−z ``color``;
    AGN live in both kinds of hosts."""
    chance = torch.rand(len(z), 3, generator=generator).unbind(1)
    blue = blueness(z, color)
    old_share = 0.92 * torch.sigmoid(-blue / 0.08)  # the others are red by dust
    old = chance[0] < torch.where(z > _DISTANT, old_share.clamp(min=_DISTANT_PASSIVE), old_share)
    bursting = chance[1] < 0.3 * torch.sigmoid((blue - 0.8) / 0.15)  # the bluest
    kind = torch.where(old, PASSIVE, torch.where(bursting, STARBURST, STAR_FORMING))
    return torch.where(chance[2] < AGN_SHARE, AGN, kind), old


def blueness(z: Tensor, color: Tensor) -> Tensor:
    """Magnitudes of g−z (B,) from the valley between red and blue galaxies, positive to the blue."""
    return interpolate(z, RED_SEQUENCE_Z, RED_SEQUENCE_COLOR) - 0.25 - 0.9 * z.clamp(max=0.5) - color


def absolute_magnitude(mag: Tensor, z: Tensor) -> Tensor:
    """M_r (B,) of galaxies with apparent r; the K correction in r is about z."""
    return mag - distance_modulus(z) - z


def interpolate(x: Tensor, points: tuple[float, ...], values: tuple[float, ...]) -> Tensor:
    """Linear interpolation, constant outside."""
    grid, height = torch.tensor(points), torch.tensor(values)
    right = torch.searchsorted(grid, x.contiguous()).clamp(1, len(grid) - 1)
    share = ((x - grid[right - 1]) / (grid[right] - grid[right - 1])).clamp(0, 1)
    return torch.lerp(height[right - 1], height[right], share)
