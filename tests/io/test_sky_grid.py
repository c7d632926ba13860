"""Where an image lies on the sky, told to one who reads only the plainest WCS."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from aion.io.sky_grid import celestial, corners_of, tangent_plane

SHAPE = (3, 121, 160)
TURNED = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRPIX1": 80.5,
    "CRPIX2": 61.0,
    "CRVAL1": 0.0,
    "CRVAL2": 60.0,
    "CD1_1": -6.3e-5,
    "CD1_2": 3.6e-5,
    "CD2_1": 3.6e-5,
    "CD2_2": 6.3e-5,
}
FAR = {"CRPIX1": -1000.0, "CRPIX2": 2000.0}
SIP = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2}
GALACTIC = {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}
HEADERS = {
    "turned": TURNED,
    "distorted": TURNED | FAR | SIP | {"A_2_0": 1e-5, "B_1_1": -1e-5},
    "galactic": TURNED | GALACTIC,
    "at the pole": TURNED | {"CRVAL2": 90.0},
}


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_the_tangent_plane_lies_where_the_image_does(header: dict[str, object], every: int):
    wcs = celestial(header)
    cards = tangent_plane(wcs, SHAPE, every)
    height, width = np.zeros(SHAPE)[0, ::every, ::every].shape
    assert (cards["NAXIS2"], cards["NAXIS1"]) == (height, width)
    x, y = np.meshgrid([0, width // 2, width - 1], [0, height // 2, height - 1])
    plane = WCS(fits.Header(cards), naxis=2).pixel_to_world(x, y)
    apart = plane.separation(wcs.pixel_to_world(x * every, y * every).icrs).arcsec
    assert apart.max() < 0.05, "a fifth of a pixel, where there are distortions"


def test_the_corners_of_a_field_are_the_outer_edges_of_its_pixels_in_turn():
    wcs = celestial(TURNED)
    corners = wcs.world_to_pixel_values(corners_of(wcs, 32, 12, 96))
    np.testing.assert_allclose(
        corners, [(31.5, 11.5), (127.5, 11.5), (127.5, 107.5), (31.5, 107.5)], atol=1e-6
    )
