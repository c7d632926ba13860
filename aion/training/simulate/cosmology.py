"""Distances and ages in a flat universe, H0 = 70 km/s/Mpc and Ωm = 0.3: tables of astropy, read in torch."""

import torch
from astropy.cosmology import FlatLambdaCDM
from torch import Tensor

Z_RANGE = (0.0005, 7.0)
_COSMOLOGY = FlatLambdaCDM(70.0, 0.3)
_Z = torch.logspace(-3.302, 0.846, 1500, dtype=torch.float64)  # a little more than `Z_RANGE`
_MODULUS = torch.as_tensor(_COSMOLOGY.distmod(_Z.numpy()).value)
_AGE = torch.as_tensor(_COSMOLOGY.age(_Z.numpy()).value)


def distance_modulus(z: Tensor) -> Tensor:
    """Magnitudes (B,); z is held in `Z_RANGE`."""
    return _read(_MODULUS, z)


def age(z: Tensor) -> Tensor:
    """Age of the universe (B,), Gyr; z is held in `Z_RANGE`."""
    return _read(_AGE, z)


def _read(table: Tensor, z: Tensor) -> Tensor:
    place = (z.double().clamp(*Z_RANGE).log() - _Z[0].log()) / (_Z[1] / _Z[0]).log()
    left = place.long()
    return torch.lerp(table[left], table[left + 1], place - left).to(z.dtype)
