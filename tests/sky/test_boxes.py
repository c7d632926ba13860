"""Boxes hold the whole cone, wherever it is on the sky, and no more of the sky than they must."""

import numpy as np
import pytest

from aion.sky.boxes import Box, boxes
from aion.sphere import separation

RADIUS = 30.0
PLACES = [
    (150.1, 2.2), (0.0, 0.0), (360.0, 0.0), (359.9999, 1.0), (0.0001, 1.0), (0.001, -60.0), (359.999, 85.0),
    (200.0, 89.9), (200.0, 89.99), (200.0, -89.99), (45.0, 89.9999), (45.0, -89.9999),
    (0.0, 90.0), (0.0, -90.0),
]  # fmt: skip


def circle(ra: float, dec: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions at `radius` (arcsec) around a place, by turning the one around the pole."""
    angle = np.linspace(0, 2 * np.pi, 721)
    colat, lat = np.radians(radius / 3600), np.radians(dec)
    x, y, z = np.sin(colat) * np.cos(angle), np.sin(colat) * np.sin(angle), np.full_like(angle, np.cos(colat))
    tilt = np.pi / 2 - lat
    x, z = x * np.cos(tilt) + z * np.sin(tilt), z * np.cos(tilt) - x * np.sin(tilt)
    return (np.degrees(np.arctan2(y, x)) + ra) % 360, np.degrees(np.arcsin(np.clip(z, -1, 1)))


def is_inside(box: Box, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    return (box[0] <= ra) & (ra <= box[1]) & (box[2] <= dec) & (dec <= box[3])


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_all_of_a_cone_is_in_its_boxes(ra: float, dec: float):
    around, above = circle(ra, dec, 0.9999 * RADIUS)
    np.testing.assert_allclose(separation(around, above, ra, dec), 0.9999 * RADIUS, rtol=1e-3)
    found = boxes(ra, dec, RADIUS)
    assert np.any([is_inside(box, around, above) for box in found], axis=0).all()


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_a_box_is_within_the_sky_and_runs_upwards(ra: float, dec: float):
    for ra_low, ra_high, dec_low, dec_high in boxes(ra, dec, RADIUS):
        assert 0 <= ra_low < ra_high <= 360
        assert -90 <= dec_low < dec_high <= 90


def test_two_boxes_are_only_needed_across_ra_zero():
    assert len(boxes(359.9999, 1, RADIUS)) == len(boxes(0.0001, 1, RADIUS)) == len(boxes(0, 1, RADIUS)) == 2
    assert len(boxes(359.9, 1, RADIUS)) == len(boxes(0.1, 1, RADIUS)) == len(boxes(0, 90, RADIUS)) == 1


def test_a_box_is_no_larger_than_its_cone():
    [(ra_low, ra_high, dec_low, dec_high)] = boxes(150, 60, RADIUS)
    assert (ra_high - ra_low) * 3600 == pytest.approx(4 * RADIUS, rel=1e-3)
    assert (dec_high - dec_low) * 3600 == pytest.approx(2 * RADIUS)
