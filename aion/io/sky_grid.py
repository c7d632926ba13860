"""Where the pixels of an image are on the sky: its WCS, its middle, and how far two grids are apart."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from numpy.typing import NDArray

ALIGNED = 0.1
"""Pixels; two grids that are nowhere further apart are one."""
REPROJECT = "bring the bands to one pixel grid first, such as with reproject or SWarp"
_SKY_CARD = re.compile(
    r"(CTYPE|CRVAL|CRPIX|CUNIT|CDELT|CROTA)[12]|(CD|PC)[12]_[12]|PV[12]_\d+|RADESYS|EQUINOX|LONPOLE|LATPOLE"
)
_SIP_CARD = re.compile(r"[AB]P?_(ORDER|\d_\d)")
_OLD_CARD = re.compile(r"PC00([12])00([12])")  # of Pan-STARRS


def celestial(header: Mapping[str, Any]) -> WCS | None:
    """The sky part of the WCS, SIP and TPV distortions included; None where the header has none."""
    types = [str(header.get(f"CTYPE{axis}", "")).upper() for axis in (1, 2)]
    if not any(kind.startswith(("RA", "DEC", "GLON")) for kind in types):
        return None
    cards = {_OLD_CARD.sub(r"PC\1_\2", key): value for key, value in header.items()}
    has_sip = all(kind.endswith("-SIP") for kind in types)
    names = [key for key in cards if _SKY_CARD.fullmatch(key) or (has_sip and _SIP_CARD.fullmatch(key))]
    wcs = WCS(fits.Header({key: cards[key] for key in names}), naxis=2)
    return wcs if wcs.has_celestial else None


def pixel_scale_of(wcs: WCS) -> float:
    """Arcsec per pixel, the mean of both axes."""
    return float(np.mean(proj_plane_pixel_scales(wcs))) * 3600


def center_of(shape: tuple[int, ...], wcs: WCS | None) -> tuple[float, float] | tuple[None, None]:
    """RA and Dec, degrees, of the middle of an image (..., height, width)."""
    if wcs is None:
        return None, None
    sky = wcs.pixel_to_world((shape[-1] - 1) / 2, (shape[-2] - 1) / 2).icrs
    ra, dec = float(sky.ra.deg), float(sky.dec.deg)
    return (ra, dec) if np.isfinite(ra) and np.isfinite(dec) else (None, None)


def corners_of(wcs: WCS, left: int, top: int, size: int) -> tuple[tuple[float, float], ...]:
    """RA and Dec, degrees, ICRS, of the four outer corners, in turn, of a square of ``size`` pixels on a side
    whose first is (left, top)."""
    x, y = (
        first - 0.5 + size * np.array(steps) for first, steps in ((left, (0, 1, 1, 0)), (top, (0, 0, 1, 1)))
    )
    sky = wcs.pixel_to_world(x, y).icrs
    return tuple((float(ra), float(dec)) for ra, dec in zip(sky.ra.deg, sky.dec.deg, strict=True))


def pixel_positions(header: Mapping[str, Any], size: int) -> NDArray[np.float64] | None:
    """(2, size, size) RA and Dec, degrees, ICRS, of the middles of the pixels of a square image; None where
    its header does not say or a pixel lies nowhere on the sky."""
    wcs = celestial(header)
    if wcs is None:
        return None
    y, x = np.mgrid[:size, :size]
    sky = wcs.pixel_to_world(x, y).icrs
    positions = np.stack([sky.ra.deg, sky.dec.deg])
    return positions if np.isfinite(positions).all() else None


def tangent_plane(wcs: WCS, shape: tuple[int, ...], every: int = 1) -> dict[str, int | float | str]:
    """FITS cards of the plane that touches the sky in the middle of an image (..., height, width): ICRS,
    without the distortions that its WCS may have, for one who reads no others.

    Args:
        every: of the pixels only each so many-th is left, from the first one, in both directions.
    """
    height, width = shape[-2:]
    x, y, step = (width - 1) / 2, (height - 1) / 2, min(height, width) / 4
    middle = wcs.pixel_to_world(x, y).icrs
    ends = wcs.pixel_to_world(x + step * np.array([-1, 1, 0, 0]), y + step * np.array([0, 0, -1, 1])).icrs
    east, north = (offsets.deg / (2 * step) * every for offsets in middle.spherical_offsets_to(ends))
    return {
        "NAXIS": 2,
        "NAXIS1": -(-width // every),
        "NAXIS2": -(-height // every),
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRPIX1": x / every + 1,
        "CRPIX2": y / every + 1,
        "CRVAL1": float(middle.ra.deg),
        "CRVAL2": float(middle.dec.deg),
        "CD1_1": float(east[1] - east[0]),
        "CD1_2": float(east[3] - east[2]),
        "CD2_1": float(north[1] - north[0]),
        "CD2_2": float(north[3] - north[2]),
        "LONPOLE": 180.0,
        "RADESYS": "ICRS",
    }


def difference(first: WCS, second: WCS, shape: tuple[int, ...]) -> tuple[float, str]:
    """Largest distance in pixels between two images (..., height, width), and a few words on it."""
    x, y = (axis.ravel() for axis in np.meshgrid(*(np.linspace(0, size - 1, 3) for size in shape[:-3:-1])))
    there = second.world_to_pixel(first.pixel_to_world(x, y))
    apart = np.nan_to_num(np.array([there[0] - x, there[1] - y]), nan=np.inf)  # (2, 9)
    largest = float(np.hypot(*apart).max())
    scales = pixel_scale_of(first), pixel_scale_of(second)
    if not np.isfinite(largest):
        return largest, "lies elsewhere on the sky"
    if abs(scales[1] / scales[0] - 1) * max(shape[-2:]) > ALIGNED:
        how = f'has pixels of {scales[1]:.3f}" in place of {scales[0]:.3f}", so that it is off'
    elif np.ptp(apart, axis=1).max() > ALIGNED:
        how = "is rotated or distorted, so that it is off"
    else:
        how = "is shifted"
    return largest, f'{how} by up to {largest:.2f} pixels ({largest * scales[0]:.2f}")'
