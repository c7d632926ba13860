"""Which objects a survey would target: kind, r magnitude and redshift. Knows nothing of spectra and images.

Galaxies follow a real table of HSC magnitudes, colors and spectroscopic redshifts, thinned where it is
crowded, with a bright nearby component that the table lacks and that takes its colors from there. B objects.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Generator, Tensor

from aion.constants import SPEED_OF_LIGHT
from aion.training.simulate.cosmology import distance_modulus
from aion.training.simulate.galaxy_types import absolute_magnitude

KINDS = ("galaxy", "quasar", "star")
MAG_RANGE = (14.0, 23.0)
COLOR_RANGE = (-0.3, 4.5)
"""g−z; what lies beyond is mismeasured."""
GALAXY_RANGE = (0.002, 2.0)
QUASAR_RANGE = (0.05, 4.95)
STAR_MAX_KMS = 600.0
_FLATTENING = 0.5  # weight n(z)^-0.5: half way to a flat redshift distribution


@dataclass(frozen=True)
class Fractions:
    """Share of each kind and, among galaxies, of the bright nearby component."""

    galaxy: float = 0.6
    quasar: float = 0.27
    star: float = 0.13
    nearby: float = 0.4

    def __post_init__(self) -> None:
        if (
            min(self.galaxy, self.quasar, self.star) < 0
            or abs(self.galaxy + self.quasar + self.star - 1) > 1e-6
        ):
            raise ValueError(f"fractions of kinds must be positive and sum to 1, got {self}")
        if not 0 <= self.nearby <= 1:
            raise ValueError(f"the nearby fraction must lie in 0..1, got {self.nearby}")


@dataclass(frozen=True)
class Targets:
    """B drawn objects."""

    kind: tuple[str, ...]
    mag: Tensor
    """(B,) r, AB."""
    z: Tensor
    """(B,) redshift; of stars the radial velocity over c, also negative."""
    color: Tensor
    """(B,) g−z of galaxies, AB, observed frame; NaN for the others."""

    def split(self, counts: list[int]) -> "list[Targets]":
        """The first, the next ... ``counts`` objects."""
        starts = np.cumsum([0, *counts])
        parts = zip(*(torch.split(values, counts) for values in (self.mag, self.z, self.color)), strict=True)
        return [
            Targets(self.kind[start : start + len(part[0])], *part)
            for start, part in zip(starts, parts, strict=False)
        ]


class Population:
    """Draws targets. The table of galaxies is (n, 3): r magnitude, redshift and g−z."""

    def __init__(self, galaxies: Tensor, fractions: Fractions = Fractions()) -> None:
        self.fractions = fractions
        mag, z, color = galaxies.double().unbind(1)
        kept = (mag >= MAG_RANGE[0]) & (mag <= MAG_RANGE[1]) & (z > GALAXY_RANGE[0]) & (z < GALAXY_RANGE[1])
        if not kept.any():
            raise ValueError(f"no galaxy of the table has r in {MAG_RANGE} and a redshift in {GALAXY_RANGE}")
        self.galaxy_mag, self.galaxy_z = mag[kept], z[kept]
        self.galaxy_color = color[kept].clamp(*COLOR_RANGE)
        cell = (torch.log1p(self.galaxy_z) / 0.02).long()
        weight = torch.bincount(cell).double()[cell] ** -_FLATTENING
        self._cumulative = torch.cumsum(weight / weight.sum(), 0)
        place = _by_redshift_and_luminosity(self.galaxy_mag, self.galaxy_z)
        self._place, self._row_at = place.sort()

    @classmethod
    def from_file(cls, path: Path, fractions: Fractions = Fractions()) -> "Population":
        """``path``: the HDF5 table of HSC i, g−z and spectroscopic redshift (`Ingredients.hsc_specz`)."""
        with h5py.File(path) as file:
            i_mag, g_minus_z, z = np.asarray(file["data/block0_values"]).T
        r_mag = i_mag + 0.25 * g_minus_z  # r−i is about a quarter of g−z along the galaxy locus
        return cls(torch.as_tensor(np.stack([r_mag, z, g_minus_z], axis=1)), fractions)

    def draw(self, count: int, generator: Generator) -> Targets:
        """``count`` objects of all kinds, in random order."""
        share = torch.tensor([self.fractions.galaxy, self.fractions.quasar, self.fractions.star])
        index = torch.multinomial(share, count, replacement=True, generator=generator)
        mag, z, color = torch.empty(count), torch.empty(count), torch.empty(count)
        for number, kind in enumerate(KINDS):
            chosen = index == number
            drawn = self.draw_kind(kind, int(chosen.sum()), generator)
            mag[chosen], z[chosen], color[chosen] = drawn.mag, drawn.z, drawn.color
        return Targets(tuple(KINDS[k] for k in index), mag, z, color)

    def draw_kind(self, kind: str, count: int, generator: Generator) -> Targets:
        """``count`` objects of one kind."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not a kind of object; the kinds are {', '.join(KINDS)}")
        mag, z, color = {"galaxy": self._galaxies, "quasar": _quasars, "star": _stars}[kind](count, generator)
        return Targets((kind,) * count, mag.float(), z.float(), color.float())

    def _galaxies(self, count: int, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
        row = torch.searchsorted(
            self._cumulative, torch.rand(count, dtype=torch.float64, generator=generator)
        )
        row = row.clamp(max=len(self._cumulative) - 1)
        mag = self.galaxy_mag[row] + 0.1 * torch.randn(count, generator=generator)
        # no two objects at one redshift
        z = self.galaxy_z[row] * (1 + 0.01 * torch.randn(count, generator=generator))
        near_mag, near_z = _nearby(count, generator)
        nearby = torch.rand(count, generator=generator) < self.fractions.nearby
        mag = torch.where(nearby, near_mag, mag).clamp(*MAG_RANGE)
        z = torch.where(nearby, near_z, z.clamp(*GALAXY_RANGE))
        return mag, z, self.galaxy_color[torch.where(nearby, self._alike(near_mag, near_z, generator), row)]

    def _alike(self, mag: Tensor, z: Tensor, generator: Generator) -> Tensor:
        """Rows (B,) of the table with about the redshift and luminosity of given galaxies."""
        place = _by_redshift_and_luminosity(mag + 0.2 * torch.randn(len(mag), generator=generator), z)
        return self._row_at[torch.searchsorted(self._place, place).clamp(max=len(self._place) - 1)]


def _by_redshift_and_luminosity(mag: Tensor, z: Tensor) -> Tensor:
    """A number (B,) that sorts galaxies by cells of 0.01 in redshift, and in a cell by absolute magnitude."""
    return 100 * (z.double() / 0.01).floor() + absolute_magnitude(mag, z).double().clamp(-30, -5)


def _nearby(count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Flat in z from 0.003 to 0.5, of all luminosities that stay in the magnitude range;
    dwarfs are seen nearby only."""
    z = 0.003 + 0.497 * torch.rand(count, generator=generator)
    absolute = -20.8 + 1.1 * torch.randn(count, generator=generator)
    absolute = absolute + 4.0 * torch.rand(count, generator=generator) * (1 - z / 0.1).clamp(min=0)
    return (absolute + distance_modulus(z) + z).clamp(MAG_RANGE[0], 21.0), z  # K correction in r of about z


def _quasars(count: int, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Half flat in ln(1+z), half around the peak of quasar activity; none outshines M_r = −29."""
    low, high = QUASAR_RANGE
    span = np.log((1 + high) / (1 + low))
    flat = (1 + low) * torch.exp(span * torch.rand(count, generator=generator)) - 1
    peak = (1.8 + 0.8 * torch.randn(count, generator=generator)).abs()
    z = torch.where(torch.rand(count, generator=generator) < 0.5, flat, peak).clamp(low, high)
    mag = 19.6 + 1.3 * torch.randn(count, generator=generator)
    brightest = (distance_modulus(z) - 29.0).clamp(min=MAG_RANGE[0])
    return torch.maximum(mag, brightest).clamp(*MAG_RANGE), z, torch.full_like(z, torch.nan)


def _stars(count: int, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    velocity = (150.0 * torch.randn(count, generator=generator)).clamp(-STAR_MAX_KMS, STAR_MAX_KMS)
    mag = MAG_RANGE[0] + (22.0 - MAG_RANGE[0]) * torch.rand(count, generator=generator) ** 0.7
    return mag, velocity / SPEED_OF_LIGHT, torch.full_like(mag, torch.nan)
