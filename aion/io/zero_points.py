"""What a stored pixel value is worth: the AB magnitude of one unit, as units and header cards say. Knows no survey of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from aion.constants import AB_ZERO_FLUX
from aion.errors import FormatError
from aion.io.unit_spelling import parse_unit

AGREE = 0.02
"""Magnitudes; two cards that are nearer say the same."""
_CARDS = ("MAGZERO", "MAGZPT", "PHOTZP", "MAGZP", "ZEROPNT", "ZEROPOINT", "ZERO_POINT", "ZPAPPROX", "ZP")
"""Magnitude of one stored unit: DES and DECam, CASU, MegaPipe, ZTF, SkyMapper, and names of arrays."""
_POSSIBLE = (10, 40)


@dataclass(frozen=True)
class ZeroPoint:
    """One statement of the header."""

    magnitude: float
    """AB, of one stored unit."""
    source: str
    """The cards, with their values."""


def zero_points(header: Mapping[str, Any], pixel_scale: float | None) -> list[ZeroPoint]:
    """Every statement about the unit of the pixels, the ones with a definition before bare numbers.

    ``pixel_scale``: arcsec, for surface brightnesses. More than one that differ: the header contradicts itself.

    Raises:
        FormatError: the pixels are magnitudes.
    """
    found = [_of_unit(header, pixel_scale), _pan_starrs(header), _hubble(header)]
    flux0 = _number(header, "FLUXMAG0")
    if flux0 is not None and 0 < flux0 < 1e30:
        found.append(ZeroPoint(float(2.5 * np.log10(flux0)), f"FLUXMAG0 = {flux0:g}"))
    for card in _CARDS:
        value = _number(header, card)
        if value is not None and _POSSIBLE[0] < value < _POSSIBLE[1]:
            found += _of_card(header, card, value)
    return [statement for statement in found if statement is not None]


def linear(pixels: NDArray[Any], header: Mapping[str, Any]) -> tuple[NDArray[Any], str]:
    """Pixels in proportion to the flux, and a few words where they were not: Pan-STARRS stacks are stored as asinh magnitudes.

    https://outerspace.stsci.edu/display/PANSTARRS/PS1+Image+Cutout+Service : of a cutout it is undone, its cards with it.
    """
    softening, offset = _number(header, "BSOFTEN"), _number(header, "BOFFSET")
    if softening is None or offset is None:
        return pixels, ""
    flux = offset + 2 * softening * np.sinh(np.asarray(pixels, np.float64) * np.log(10) / 2.5)
    return flux, f"the asinh scaling of BSOFTEN = {softening:g} and BOFFSET = {offset:g} is undone"


def _of_card(header: Mapping[str, Any], card: str, value: float) -> list[ZeroPoint]:
    """CASU (INT, VST, VISTA) gives MAGZPT for counts per second, others for counts; only the unit can tell."""
    seconds = _seconds(header)
    if card != "MAGZPT" or seconds is None or _is_rate(header):
        return [ZeroPoint(value, f"{card} = {value:g}")]
    if _number(header, "MAGZERO") is not None:
        return []
    rate = value + 2.5 * float(np.log10(seconds))
    return [
        ZeroPoint(rate, f"MAGZPT = {value:g} for counts per second, EXPTIME = {seconds:g}"),
        ZeroPoint(value, f"MAGZPT = {value:g} for counts"),
    ]


def _of_unit(header: Mapping[str, Any], pixel_scale: float | None) -> ZeroPoint | None:
    """Of BUNIT, where it is a flux density, maggies, or one of them for each area of sky; 1e-3 as AB is 3631 Jy."""
    stored = str(header.get("BUNIT", "")).strip()
    unit = parse_unit(re.sub(r"\s*/\s*pix(el)?$", "", stored))
    if unit is not None and "mag" in str(unit).lower():
        raise FormatError(
            f"the pixels are magnitudes (BUNIT = {stored}); fluxes are expected: 10**(-0.4*(m - 22.5)) is nanomaggies"
        )
    areas = [1.0] if pixel_scale is None else [1.0, pixel_scale**2 * u.arcsec**2]
    for area in areas:
        try:
            value = float((area * unit).to_value(AB_ZERO_FLUX * u.Unit("erg s-1 cm-2 Hz-1")))
        except (u.UnitConversionError, TypeError, AttributeError):
            continue
        if value > 0:
            return ZeroPoint(round(-2.5 * float(np.log10(value)), 3), f"BUNIT = {stored}")
    return None


def _pan_starrs(header: Mapping[str, Any]) -> ZeroPoint | None:
    """Counts of the whole exposure: https://outerspace.stsci.edu/display/PANSTARRS/PS1+Stack+images , and the warps alike."""
    zero_point, seconds = _number(header, "FPA.ZP"), _seconds(header)
    if zero_point is None or seconds is None:
        return None
    source = f"FPA.ZP = {zero_point:g}, EXPTIME = {seconds:g}"
    return ZeroPoint(zero_point + 2.5 * float(np.log10(seconds)), source)


def _hubble(header: Mapping[str, Any]) -> ZeroPoint | None:
    """AB, of PHOTFLAM (erg/s/cm2/Å for one electron per second) and PHOTPLAM (Å): ACS Data Handbook, section 5.1."""
    flam, pivot = _number(header, "PHOTFLAM"), _number(header, "PHOTPLAM")
    if not flam or not pivot or flam < 0 or pivot < 0:
        return None
    zero_point = -2.5 * np.log10(flam) - 21.10 - 5 * np.log10(pivot) + 18.6921
    source = f"PHOTFLAM = {flam:g}, PHOTPLAM = {pivot:g}"
    seconds = _seconds(header)
    if (
        re.fullmatch(r"(electrons?|counts?|dn)", str(header.get("BUNIT", "")).strip(), re.IGNORECASE)
        and seconds
    ):
        zero_point, source = zero_point + 2.5 * np.log10(seconds), f"{source}, EXPTIME = {seconds:g}"
    return ZeroPoint(float(zero_point), source)


def _is_rate(header: Mapping[str, Any]) -> bool:
    return bool(re.search(r"/\s*s(ec)?\b|s-1|s\*\*-1", str(header.get("BUNIT", "")), re.IGNORECASE))


def _seconds(header: Mapping[str, Any]) -> float | None:
    value = _number(header, "EXPTIME")
    return value if value is not None and value > 0 else None


def _number(header: Mapping[str, Any], card: str) -> float | None:
    value = header.get(card)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
        return None
    return float(value)
