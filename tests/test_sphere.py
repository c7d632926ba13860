"""Distances on the sphere are right where they are small, across RA 0 and at the poles."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from aion.sphere import separation


@pytest.mark.parametrize(
    ("here", "there", "arcsec"),
    [
        ((150.1, 2.2), (150.1, 2.2), 0.0),
        ((359.9999, 0.0), (0.0001, 0.0), 0.72),
        ((10.0, 90.0), (250.0, 90.0), 0.0),
        ((0.0, 89.9999), (180.0, 89.9999), 0.72),
        ((45.0, -89.9999), (225.0, -89.9999), 0.72),
        ((150.0, 60.0), (150.0 + 1 / 3600, 60.0), 0.5),
        ((150.0, 2.0), (150.0, 2.0 + 1e-6 / 3600), 1e-6),
        ((0.0, 0.0), (180.0, 0.0), 180 * 3600.0),
        ((20.0, 35.0), (200.0, -35.0), 180 * 3600.0),
    ],
)
def test_a_separation_is_that_on_the_sphere(here, there, arcsec):
    assert separation(*here, *there) == pytest.approx(arcsec, rel=1e-6, abs=1e-9)
    assert separation(*there, *here) == pytest.approx(arcsec, rel=1e-6, abs=1e-9)


def test_separations_of_many_positions_are_those_of_astropy():
    generator = np.random.default_rng(0)
    ra, dec = generator.uniform(0, 360, 1000), np.degrees(np.arcsin(generator.uniform(-1, 1, 1000)))
    ra[:500], dec[:500] = 359.9999 + generator.normal(0, 1e-4, 500), 89.9 + generator.normal(0, 1e-3, 500)
    there = SkyCoord(ra, dec, unit=u.deg).separation(SkyCoord(0.0001, 89.9, unit=u.deg)).arcsec
    assert separation(ra, dec, 0.0001, 89.9) == pytest.approx(there, rel=1e-9, abs=1e-9)
    assert np.isnan(separation([np.nan, 1.0], [0.0, 1.0], 1.0, 1.0)).tolist() == [True, False]
