"""Galaxy profiles as mixtures of Gaussians, and the ellipses they are stretched to.
Knows nothing of what is drawn with them.

Hogg & Lang 2013 (PASP 125, 719) fitted the two profiles of the SDSS pipeline:
"lux" (exponential) and "luv" (de Vaucouleurs).
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Profile:
    """A circular profile of unit flux and unit half-light radius."""

    weights: tuple[float, ...]
    """Share of the flux in each Gaussian."""
    variances: tuple[float, ...]
    """Variance of each along one axis, half-light radii squared."""


def half_light_radius(weight: Tensor, variance: Tensor) -> Tensor:
    """(B,) radius that holds half of the flux of round Gaussians of ``weight`` (B, J),
    summing to 1, and ``variance`` (B, J)."""
    low, high = torch.zeros(len(weight)), 4 * variance.amax(1).sqrt()
    for _ in range(30):
        middle = (low + high) / 2
        outside = (weight * torch.exp(-0.5 * middle[:, None] ** 2 / variance)).sum(1)
        is_inside = outside > 0.5
        low, high = torch.where(is_inside, middle, low), torch.where(is_inside, high, middle)
    return (low + high) / 2


def _published(amplitudes: tuple[float, ...], variances: tuple[float, ...]) -> Profile:
    """The published tables, brought to a flux and a half-light radius of 1:
    the truncated SDSS profiles are a little smaller."""
    weights = tuple(amplitude / sum(amplitudes) for amplitude in amplitudes)
    half_light = half_light_radius(torch.tensor([weights]), torch.tensor([variances])).item()
    return Profile(weights, tuple(variance / half_light**2 for variance in variances))


EXPONENTIAL = _published(
    (2.34853813e-03, 3.07995260e-02, 2.23364214e-01, 1.17949102e00, 4.33873750e00, 5.99820770e00),
    (1.20078965e-03, 8.84526493e-03, 3.91463084e-02, 1.39976817e-01, 4.60962500e-01, 1.50159566e00),
)
DE_VAUCOULEURS = _published(
    (
        4.26347652e-02,
        2.40127183e-01,
        6.85907632e-01,
        1.51937350e00,
        2.83627243e00,
        4.46467501e00,
        5.72440830e00,
        5.60989349e00,
    ),
    (
        2.23759216e-04,
        1.00220099e-03,
        4.18731126e-03,
        1.69432589e-02,
        6.84850479e-02,
        2.87207080e-01,
        1.33320254e00,
        8.40215071e00,
    ),
)


@dataclass(frozen=True)
class Covariance:
    """xx, xy, yy of B ellipses, arcsec², x to the right (west) and y up (north)."""

    xx: Tensor
    xy: Tensor
    yy: Tensor


def ellipse(size: Tensor, ratio: Tensor, angle: Tensor) -> Covariance:
    """The ellipse of major radius ``size``, axis ratio ``ratio`` and position angle ``angle``
    (north through east; east is −x)."""
    x, y = -angle.sin(), angle.cos()
    major, minor = size**2, (size * ratio) ** 2
    return Covariance(major * x**2 + minor * y**2, (major - minor) * x * y, major * y**2 + minor * x**2)
