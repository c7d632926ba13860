"""What a stored pixel is worth: the AB magnitude of one unit, as BUNIT and the cards of zero-points say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from aion.constants import AB_ZERO_FLUX
from aion.errors import FormatError
from aion.io.objects import Entry
from aion.io.unit_spelling import parse_unit

AGREE = 0.02
"""Magnitudes; two cards that are nearer say the same."""
_CARDS = ("MAGZERO", "MAGZPT", "PHOTZP", "MAGZP", "ZEROPNT", "ZEROPOINT", "ZERO_POINT", "ZPAPPROX", "ZP")
"""Magnitude of one stored unit: DES and DECam, CASU, MegaPipe, ZTF, SkyMapper, and names of arrays."""
_SYSTEM_CARDS = ("MAGSYS", "PHOTSYS", "ZPSYS", "MAGSYSTM")
"""Cards that say AB or Vega."""
_POSSIBLE = (10, 40)
_RATE = re.compile(r"/\s*s(ec)?\b|s-1|s\*\*-1", re.IGNORECASE)
_TOTAL = re.compile(r"(electrons?|counts?|dn)", re.IGNORECASE)
BRIGHTEST, FAINTEST = 8.0, 32.0
"""AB magnitudes that the brightest pixel of a field has not; if it does, the unit is another one."""
_USUAL = (22.5, 25.0, 27.0, 30.0, 31.4)
"""Nanomaggies, one count at magnitude 25, HSC, DES, nJy: offered where a file does not say."""


@dataclass(frozen=True)
class ZeroPoint:
    """One statement of the header."""

    magnitude: float
    """AB, of one stored unit."""
    source: str
    """The cards, with their values."""


def image_flux_factor(
    header: Mapping[str, Any],
    planes: NDArray[Any],
    *,
    target: float,
    unit: str,
    pixel_scale: float | None,
    defined: str,
) -> tuple[float, Entry]:
    """What pixels are multiplied by to be in `unit`, of AB zero-point `target`, and how that is known.

    Where cards contradict each other or are missing, an assumption with its choices. ``defined``: a survey
    gives this unit to all of its images, without a card; empty: none does.
    """
    stated = zero_points(header, pixel_scale)
    system = next((str(header[card]) for card in _SYSTEM_CARDS if card in header), "")
    if "VEGA" in system.upper():
        raise FormatError(
            f"the zero-point is of Vega magnitudes ({system}); fluxes by AB magnitudes are expected: "
            "set image_flux_scale"
        )
    if not stated and defined:
        return 1.0, Entry("flux unit", unit, "header", f"{defined}, zero-point {target}")
    if not stated:
        bunit = str(header.get("BUNIT", "")).strip()
        reason = f"BUNIT = {bunit} has no AB magnitude and no card gives one"
        reason = reason if bunit else "the file does not say"
        factors = {point: _factor(target, point) for point in _USUAL if point != target}
        examples = ", ".join(f"{factor:.4g} for {point}" for point, factor in factors.items())
        note = f"{reason}; zero-point {target}{_absurd(planes, target)}; set image_flux_scale: {examples}"
        return 1.0, Entry("flux unit", unit, "assumed", note, _choices([1.0, *factors.values()]))
    first, *others = stated
    factor = _factor(target, first.magnitude)
    note = f"{first.source}, zero-point {first.magnitude:.3f}"
    note += "" if factor == 1 else f", scaled to {target}"
    others = [point for point in others if abs(point.magnitude - first.magnitude) > AGREE]
    if not others:
        return factor, Entry("flux unit", unit, "header", note)
    against = ", ".join(f"{point.source} is zero-point {point.magnitude:.3f}" for point in others)
    choices = _choices([factor, *(_factor(target, point.magnitude) for point in others)])
    return factor, Entry("flux unit", unit, "assumed", f"{note}; but {against}", choices)


def _choices(factors: Sequence[float]) -> tuple[str, ...]:
    return tuple(f"image_flux_scale={factor:.6g}" for factor in factors)


def zero_points(header: Mapping[str, Any], pixel_scale: float | None) -> list[ZeroPoint]:
    """Every statement about the unit of the pixels, the ones with a definition before bare numbers.

    ``pixel_scale``: arcsec, for surface brightnesses. Where two differ, the header contradicts itself.

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
    """Pixels in proportion to the flux, and a few words where they were not, as in Pan-STARRS stacks.

    Those are asinh magnitudes; cutouts of them are linear and have no such cards:
    https://outerspace.stsci.edu/display/PANSTARRS/PS1+Image+Cutout+Service
    """
    softening, offset = _number(header, "BSOFTEN"), _number(header, "BOFFSET")
    if softening is None or offset is None:
        return pixels, ""
    flux = offset + 2 * softening * np.sinh(np.asarray(pixels, np.float64) * np.log(10) / 2.5)
    return flux, f"the asinh scaling of BSOFTEN = {softening:g} and BOFFSET = {offset:g} is undone"


def _factor(target: float, zero_point: float) -> float:
    return 1.0 if abs(zero_point - target) < 0.002 else float(10 ** ((target - zero_point) / 2.5))


def _absurd(planes: NDArray[Any], zero_point: float) -> str:
    """A few words if the brightest pixel would be brighter or fainter than one can be."""
    largest = float(np.nanmax(planes))
    magnitude = zero_point - 2.5 * np.log10(largest) if largest > 0 else np.nan
    if BRIGHTEST < magnitude < FAINTEST or np.isnan(magnitude):
        return ""
    return f", which is unlikely: the brightest pixel would have magnitude {magnitude:.1f}"


def _of_card(header: Mapping[str, Any], card: str, value: float) -> list[ZeroPoint]:
    """CASU (INT, VISTA) gives MAGZPT for counts per second, others for counts; only the unit can tell."""
    seconds = _seconds(header)
    if card != "MAGZPT" or seconds is None or _RATE.search(str(header.get("BUNIT", ""))):
        return [ZeroPoint(value, f"{card} = {value:g}")]
    if _number(header, "MAGZERO") is not None:
        return []
    rate = value + 2.5 * float(np.log10(seconds))
    return [
        ZeroPoint(rate, f"MAGZPT = {value:g} for counts per second, EXPTIME = {seconds:g}"),
        ZeroPoint(value, f"MAGZPT = {value:g} for counts"),
    ]


def _of_unit(header: Mapping[str, Any], pixel_scale: float | None) -> ZeroPoint | None:
    """Of BUNIT, if a flux density or maggies, also for an area of sky; to 1e-3, as AB is 3631 Jy."""
    stored = str(header.get("BUNIT", "")).strip()
    unit = parse_unit(re.sub(r"\s*/\s*pix(el)?$", "", stored))
    if unit is not None and "mag" in str(unit).lower():
        raise FormatError(
            f"the pixels are magnitudes (BUNIT = {stored}); fluxes are expected: "
            "10**(-0.4*(m - 22.5)) is nanomaggies"
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
    """Of counts of the whole exposure, https://outerspace.stsci.edu/display/PANSTARRS/PS1+Stack+images ."""
    zero_point, seconds = _number(header, "FPA.ZP"), _seconds(header)
    if zero_point is None or seconds is None:
        return None
    source = f"FPA.ZP = {zero_point:g}, EXPTIME = {seconds:g}"
    return ZeroPoint(zero_point + 2.5 * float(np.log10(seconds)), source)


def _hubble(header: Mapping[str, Any]) -> ZeroPoint | None:
    """AB, of PHOTFLAM (erg/s/cm2/Å for one electron per second) and PHOTPLAM (Å): ACS Data Handbook."""
    flam, pivot = _number(header, "PHOTFLAM"), _number(header, "PHOTPLAM")
    if not flam or not pivot or flam < 0 or pivot < 0:
        return None
    zero_point = -2.5 * np.log10(flam) - 21.10 - 5 * np.log10(pivot) + 18.6921
    source = f"PHOTFLAM = {flam:g}, PHOTPLAM = {pivot:g}"
    seconds = _seconds(header)
    if seconds and _TOTAL.fullmatch(str(header.get("BUNIT", "")).strip()):
        zero_point, source = zero_point + 2.5 * np.log10(seconds), f"{source}, EXPTIME = {seconds:g}"
    return ZeroPoint(float(zero_point), source)


def _seconds(header: Mapping[str, Any]) -> float | None:
    value = _number(header, "EXPTIME")
    return value if value is not None and value > 0 else None


def _number(header: Mapping[str, Any], card: str) -> float | None:
    value = header.get(card)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
        return None
    return float(value)
