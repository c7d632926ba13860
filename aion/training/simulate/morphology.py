"""What a galaxy, quasar or star looks like on the sky before any telescope:
components, sizes, angles and neighbours.

B objects, K knots (round Gaussians: spiral arms, clumps, tidal tails), M neighbours. Lengths are arcsec,
offsets (x, y) from the target with x to the right (west) and y up (north); angles are position angles in
radians, north through east. Knows nothing of surveys, pixels or noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from aion.training.simulate.cosmology import distance_modulus
from aion.training.simulate.galaxy_types import absolute_magnitude, interpolate
from aion.training.simulate.profiles import DE_VAUCOULEURS, EXPONENTIAL, half_light_radius

LABELS = ("elliptical", "disk", "edge-on", "merger", "clumpy", "point")
KNOTS = 40
NEIGHBOURS = 6
FIELD_ARCSEC = 25.2  # width of the largest frame: 96 px of 0.262"
_ELLIPTICAL, _DISK, _EDGE_ON, _MERGER, _CLUMPY, _POINT = range(6)

# Observed g−r of the red sequence against redshift, where the 4000 Å break crosses g and r (Bruzual &
# Charlot 2003, old population).
_RED_SEQUENCE_Z = (0.0, 0.1, 0.2, 0.35, 0.5, 0.8, 1.0, 2.0)
_RED_SEQUENCE_COLOR = (0.74, 0.97, 1.25, 1.62, 1.75, 1.65, 1.4, 1.0)


@dataclass(frozen=True)
class Morphology:
    """Shapes of B objects. Shares are of the r-band light; the rest of it is the smooth disk."""

    label: tuple[str, ...]
    """One of `LABELS` each."""
    point: Tensor
    """(B,) share in an unresolved nucleus; 1 for stars."""
    bulge: Tensor
    """(B,) share in the de Vaucouleurs component."""
    bulge_size: Tensor
    """(B,) half-light radius along the major axis."""
    bulge_ratio: Tensor
    """(B,) minor over major axis."""
    disk_size: Tensor
    """(B,) half-light radius of the exponential component along the major axis."""
    disk_ratio: Tensor
    """(B,)"""
    angle: Tensor
    """(B,) position angle of bulge and disk."""
    companion: Tensor
    """(B,) share in a second, de Vaucouleurs galaxy (mergers)."""
    companion_size: Tensor
    """(B,)"""
    companion_ratio: Tensor
    """(B,)"""
    companion_angle: Tensor
    """(B,)"""
    companion_offset: Tensor
    """(B, 2)"""
    knot: Tensor
    """(B, K) share in each knot."""
    knot_sigma: Tensor
    """(B, K)"""
    knot_offset: Tensor
    """(B, K, 2)"""
    bulge_redness: Tensor
    """(B,) g−r of the bulge minus that of the disk, magnitudes."""
    knot_blueness: Tensor
    """(B,) g−r of the disk minus that of the knots, magnitudes."""
    neighbour_mag: Tensor
    """(B, M) r magnitude."""
    neighbour_color: Tensor
    """(B, M) g−r."""
    neighbour_sigma: Tensor
    """(B, M) Gaussian width, 0 for stars."""
    neighbour_offset: Tensor
    """(B, M, 2)"""
    mag: Tensor
    """(B,) r magnitude the shapes were drawn for."""

    @property
    def radial_mixture(self) -> tuple[Tensor, Tensor]:
        """Weights (B, J), summing to 1, and variances (B, J) along the major axis, arcsec²,
        of bulge and disk (knots follow the disk)."""
        host = (1 - self.point - self.companion).clamp(min=1e-6)
        bulge = (self.bulge / host).clamp(0, 1)[:, None]
        weight = torch.cat(
            [bulge * torch.tensor(DE_VAUCOULEURS.weights), (1 - bulge) * torch.tensor(EXPONENTIAL.weights)],
            dim=1,
        )
        bulge_variance = self.bulge_size[:, None] ** 2 * torch.tensor(DE_VAUCOULEURS.variances)
        return weight, torch.cat(
            [bulge_variance, self.disk_size[:, None] ** 2 * torch.tensor(EXPONENTIAL.variances)], dim=1
        )

    @property
    def half_light(self) -> Tensor:
        """(B,) radius along the major axis, arcsec, that holds half of the light; 0 where most is a point."""
        return half_light_radius(*self.radial_mixture) * (self.point < 0.5)


def draw_morphology(
    kind: str | Sequence[str], z: Tensor, color: Tensor, mag: Tensor, generator: Generator
) -> Morphology:
    """Shapes for objects of ``kind`` ("galaxy", "quasar" or "star", one for all or one each) with z,
    observed g−r and r, each (B,)."""
    kinds = [kind] * len(z) if isinstance(kind, str) else list(kind)
    if len(kinds) != len(z):
        raise ValueError(f"{len(kinds)} kinds for {len(z)} redshifts")
    unknown = set(kinds) - {"galaxy", "quasar", "star"}
    if unknown:
        raise ValueError(
            f"{', '.join(sorted(unknown))} is not a kind of object; the kinds are galaxy, quasar, star"
        )
    is_galaxy = torch.tensor([k == "galaxy" for k in kinds], dtype=torch.bool)
    is_quasar = torch.tensor([k == "quasar" for k in kinds], dtype=torch.bool)
    early = _is_early(z, color, generator)
    label = torch.where(is_galaxy, _draw_label(early, generator), torch.tensor(_POINT))
    nucleus = _nucleus(is_galaxy, is_quasar, z, generator)
    size = _half_light(
        z.clamp(min=0.001),
        mag - 2.5 * torch.log10((1 - nucleus).clamp(min=0.05)) * is_quasar,
        early,
        generator,
    )
    return _add_structure(_smooth(label, nucleus, size, mag, generator), label, size, generator)


def _is_early(z: Tensor, color: Tensor, generator: Generator) -> Tensor:
    """Galaxies on the red sequence, with a soft edge."""
    redness = color - interpolate(z, _RED_SEQUENCE_Z, _RED_SEQUENCE_COLOR)
    return torch.rand(len(z), generator=generator) < torch.sigmoid((redness + 0.18) / 0.06)


def _draw_label(early: Tensor, generator: Generator) -> Tensor:
    """(B,) index into `LABELS`; the shares follow Galaxy Zoo roughly,
    mergers and edge-ons kept frequent enough to learn."""
    shares = torch.tensor([[0.03, 0.57, 0.16, 0.09, 0.15, 0.0], [0.82, 0.08, 0.03, 0.07, 0.0, 0.0]])
    return torch.multinomial(shares[early.long()], 1, generator=generator).squeeze(1)


def _nucleus(is_galaxy: Tensor, is_quasar: Tensor, z: Tensor, generator: Generator) -> Tensor:
    """Share of unresolved light: stars all of it, quasars show a host below z of about 0.8."""
    host = (0.75 * torch.rand(len(z), generator=generator) * (1 - z / 0.8)).clamp(0, 0.75)
    return torch.where(is_galaxy, torch.tensor(0.0), torch.where(is_quasar, 1 - host, torch.tensor(1.0)))


def _half_light(z: Tensor, mag: Tensor, early: Tensor, generator: Generator) -> Tensor:
    """(B,) half-light radius, arcsec, from the size-luminosity relations of Shen et al. 2003 in
    r, shrinking as (1+z)^-0.8."""
    absolute = absolute_magnitude(mag, z).clamp(-24.5, -14.0)
    late_kpc = -0.4 * 0.26 * absolute + 0.25 * torch.log10(1 + 10 ** (-0.4 * (absolute + 20.91))) - 1.71
    # dwarf ellipticals stay near 1 kpc
    early_kpc = torch.maximum(-0.4 * 0.60 * absolute - 4.63, torch.tensor(0.0))
    log_kpc = torch.where(early, early_kpc, late_kpc) + 0.15 * torch.randn(len(z), generator=generator)
    kpc = 10**log_kpc * (1 + z) ** -0.8
    distance_kpc = 10 ** ((distance_modulus(z) + 5) / 5) / 1000 / (1 + z) ** 2  # angular-diameter distance
    return (kpc / distance_kpc * 206_265).clamp(0.08, 9.0)


def _smooth(label: Tensor, nucleus: Tensor, size: Tensor, mag: Tensor, generator: Generator) -> Morphology:
    """Bulge, disk, orientation and neighbours; no companion and no knots yet."""
    count = len(label)
    uniform = _Uniform(count, generator)
    is_elliptical, is_edge_on = label == _ELLIPTICAL, label == _EDGE_ON
    bulge = torch.where(is_elliptical, uniform(0.75, 1.0), uniform(0.0, 1.0) ** 2 * 0.55)
    bulge = torch.where(
        (label == _CLUMPY) | is_edge_on, 0.4 * bulge, torch.where(label == _POINT, uniform(0.1, 0.9), bulge)
    )
    inclined = torch.sqrt(uniform(0.2, 1.0) ** 2 * 0.96 + 0.04)  # cos i flat, thickness 0.2
    disk_ratio = torch.where(
        is_edge_on,
        uniform(0.1, 0.22),
        torch.where(is_elliptical, uniform(0.55, 1.0), inclined.clamp(min=0.28)),
    )
    bulge_ratio = torch.where(is_elliptical, disk_ratio, 1 - 0.6 * (1 - disk_ratio))
    bulge_size = torch.where(is_elliptical, size, size * uniform(0.2, 0.5))
    envelope, flat = uniform(1.3, 2.0), torch.where(is_edge_on, uniform(1.1, 1.5), uniform(1.0, 1.25))
    zero, pair = torch.zeros(count), torch.zeros(count, 2)
    return Morphology(
        label=tuple(LABELS[k] for k in label),
        point=nucleus,
        bulge=bulge * (1 - nucleus),
        bulge_size=bulge_size,
        bulge_ratio=bulge_ratio,
        disk_size=size * torch.where(is_elliptical, envelope, flat),
        disk_ratio=disk_ratio,
        angle=uniform(0.0, math.pi),
        companion=zero,
        companion_size=size * uniform(0.4, 0.9),
        companion_ratio=uniform(0.5, 1.0),
        companion_angle=uniform(0.0, math.pi),
        companion_offset=pair,
        knot=torch.zeros(count, KNOTS),
        knot_sigma=torch.ones(count, KNOTS),
        knot_offset=torch.zeros(count, KNOTS, 2),
        bulge_redness=uniform(0.1, 0.5),
        knot_blueness=uniform(0.1, 0.5),
        mag=mag,
        **_neighbours(count, generator),
    )


def _neighbours(count: int, generator: Generator) -> dict[str, Tensor]:
    """Faint sources anywhere in the frame: counts rise by 0.3 dex per magnitude from r = 18.5
    to 24.5, a third are stars."""
    draw = torch.rand(count, NEIGHBOURS, 6, generator=generator)
    mag = 24.5 + torch.log10(draw[..., 0] * (1 - 10**-1.8) + 10**-1.8) / 0.3
    is_present = torch.arange(NEIGHBOURS) < 2 + (draw[:, :1, 5] * (NEIGHBOURS - 1)).long()
    sigma = (0.1 + 0.35 * draw[..., 1]) * 10 ** (0.06 * (22.5 - mag))
    return {
        "neighbour_mag": torch.where(is_present, mag, torch.tensor(40.0)),
        "neighbour_color": 0.2 + 1.2 * draw[..., 2],
        "neighbour_sigma": torch.where(draw[..., 1] < 0.33, torch.tensor(0.0), sigma),
        "neighbour_offset": (draw[..., 3:5] - 0.5) * FIELD_ARCSEC,
    }


def _add_structure(smooth: Morphology, label: Tensor, size: Tensor, generator: Generator) -> Morphology:
    """Arms for disks, clumps for clumpy galaxies, a companion and a tail for mergers."""
    count = len(label)
    uniform = _Uniform(count, generator)
    extended = (1 - smooth.point - smooth.bulge).clamp(min=0)  # light of the disk
    is_merger = label == _MERGER
    offset = _polar(smooth.disk_size * uniform(1.2, 2.8) + 0.5, uniform(0.0, 2 * math.pi))
    arms, arm_light = _arms(smooth, generator)
    clumps, clump_light = _clumps(smooth, generator)
    tail, tail_light = _tail(offset, smooth.disk_size, generator)
    share = torch.where(
        label == _DISK,
        uniform(0.1, 0.4),
        torch.where(label == _CLUMPY, uniform(0.25, 0.6), torch.tensor(0.0)),
    )
    share = torch.where(is_merger, uniform(0.1, 0.3), share)
    companion = torch.where(is_merger, uniform(0.12, 0.5), torch.tensor(0.0))
    choice = torch.where(is_merger, 2, torch.where(label == _CLUMPY, 1, 0))
    row = torch.arange(count)
    light = torch.stack([arm_light, clump_light, tail_light])[choice, row]
    knot_offset = torch.stack([arms, clumps, tail])[choice, row]
    reach = knot_offset.norm(dim=2) / smooth.disk_size[:, None]
    widths = torch.stack([0.06 + 0.1 * reach, torch.full_like(reach, 0.075), torch.full_like(reach, 0.2)])
    width = widths[choice, row] * smooth.disk_size[:, None]
    return replace(
        smooth,
        bulge=smooth.bulge * (1 - companion),
        companion=companion,
        companion_offset=offset * is_merger[:, None],
        knot=light * (share * extended * (1 - companion))[:, None],
        knot_sigma=width * (0.7 + 0.6 * torch.rand(count, KNOTS, generator=generator)),
        knot_offset=knot_offset,
    )


def _arms(shape: Morphology, generator: Generator) -> tuple[Tensor, Tensor]:
    """Knots along two logarithmic spirals in the plane of the disk:
    offsets (B, K, 2) and shares (B, K) that sum to 1."""
    count, half = len(shape.angle), KNOTS // 2
    turn = torch.linspace(0, 1, half).repeat(2)
    start = torch.tensor([0.0, math.pi]).repeat_interleave(half)
    handed = torch.where(torch.rand(count, 1, generator=generator) < 0.5, -1.0, 1.0)
    winding = handed * math.pi * (0.9 + 0.6 * torch.rand(count, 1, generator=generator))
    radius = shape.disk_size[:, None] * 0.4 * torch.exp(turn * math.log(4.5))
    radius = radius * (1 + 0.04 * torch.randn(count, KNOTS, generator=generator))
    azimuth = start + winding * turn + 2 * math.pi * torch.rand(count, 1, generator=generator)
    light = torch.exp(-0.9 * radius / shape.disk_size[:, None]) * (
        0.4 + torch.rand(count, KNOTS, generator=generator)
    )
    return _in_disk(radius, azimuth, shape), light / light.sum(1, keepdim=True)


def _clumps(shape: Morphology, generator: Generator) -> tuple[Tensor, Tensor]:
    """A few bright and some faint knots anywhere in the disk."""
    count = len(shape.angle)
    radius = shape.disk_size[:, None] * (0.2 + 1.5 * torch.rand(count, KNOTS, generator=generator))
    azimuth = 2 * math.pi * torch.rand(count, KNOTS, generator=generator)
    light = -torch.log(torch.rand(count, KNOTS, generator=generator).clamp(min=1e-6))
    light = light**2
    return _in_disk(radius, azimuth, shape), light / light.sum(1, keepdim=True)


def _tail(offset: Tensor, size: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A bridge to the companion at ``offset`` that bends away behind it."""
    count = len(offset)
    step = torch.linspace(0.2, 1.9, KNOTS)[None]
    bend = (torch.rand(count, 1, generator=generator) - 0.5) * 3.0
    angle = bend * (step - 0.5).clamp(min=0) ** 1.5
    x, y = offset[:, :1], offset[:, 1:]
    curve = torch.stack(
        [step * (x * angle.cos() - y * angle.sin()), step * (x * angle.sin() + y * angle.cos())], dim=2
    )
    curve = curve + 0.08 * size[:, None, None] * torch.randn(count, KNOTS, 2, generator=generator)
    light = torch.exp(-0.8 * step).expand(count, KNOTS) * (
        0.6 + 0.4 * torch.rand(count, KNOTS, generator=generator)
    )
    return curve, light / light.sum(1, keepdim=True)


def _in_disk(radius: Tensor, azimuth: Tensor, shape: Morphology) -> Tensor:
    """Sky offsets (B, K, 2) of points given in the plane of an inclined disk."""
    along, across = radius * azimuth.cos(), radius * azimuth.sin() * shape.disk_ratio[:, None]
    sine, cosine = shape.angle.sin()[:, None], shape.angle.cos()[:, None]
    return torch.stack([-along * sine + across * cosine, along * cosine + across * sine], dim=2)


def _polar(radius: Tensor, angle: Tensor) -> Tensor:
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


class _Uniform:
    """Uniform numbers for B objects between two limits."""

    def __init__(self, count: int, generator: Generator) -> None:
        self.count, self.generator = count, generator

    def __call__(self, low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(self.count, generator=self.generator)
