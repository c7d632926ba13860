"""Wavelengths that the header of an image gives its pixels, in a FITS WCS, in IRAF's and in SDSS's cards.

Greisen et al. 2006, A&A 446, 747. IRAF: onedspec.package (DC-FLAG), specwcs (multispec).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebval
from numpy.polynomial.legendre import legval
from numpy.typing import NDArray

from aion.errors import FormatError
from aion.io.unit_spelling import split_logarithm
from aion.io.units import PLAUSIBLE

LARGEST_LOG10 = 6.0
"""Wavelengths above this are no log10 of Å: some programs convert them and leave DC-FLAG = 1 in place."""
_OTHER_AXES = re.compile(r"(VELO|VRAD|VOPT|ZOPT|BETA|TIME)|.*-(GRI|GRA|TAB|[A-Z]2[A-Z])$")
"""CTYPE1 of quantities that are no wavelengths, which a unit says too, and of axes that are not linear."""
_NOT_SPECTRAL = ("PIXEL", "RA", "DEC", "GLON", "GLAT", "MULTISPE")
"""CTYPE1 of axes that have no wavelengths, or as MULTISPE have them elsewhere."""


@dataclass(frozen=True)
class PixelAxis:
    """Wavelengths that the header of an image gives its pixels."""

    values: NDArray[np.float64]
    scale: str
    unit: str | None
    place: str


def axis_of(stated: Mapping[str, Any], length: int, row: int = 0) -> PixelAxis | None:
    """Wavelengths from COEFF0 and COEFF1 (log10 of Å), or from the WCS of the first axis; None without."""
    if str(stated.get("CTYPE1", "")).strip().upper() == "MULTISPE":
        return _multispec(stated, length, row)
    pixels = np.arange(length, dtype=np.float64)
    if _number(stated, "COEFF0") is not None and _number(stated, "COEFF1") is not None:
        values = stated["COEFF0"] + stated["COEFF1"] * pixels
        return PixelAxis(values, "log10", "Angstrom", "cards COEFF0, COEFF1")
    step_card = next((card for card in ("CD1_1", "CDELT1") if _number(stated, card) not in (None, 0)), None)
    start, kind = _number(stated, "CRVAL1"), str(stated.get("CTYPE1", "")).strip().upper()
    is_pixels = bool(re.search(r"label\s*=\s*\"?pixel", str(stated.get("WAT1_001", "")), re.IGNORECASE))
    if start is None or step_card is None or is_pixels or kind.startswith(_NOT_SPECTRAL):
        return None
    other = _OTHER_AXES.match(kind)
    if other is not None and (other[2] or not _unit(stated)):
        return None
    step, reference = float(stated[step_card]), _number(stated, "CRPIX1")
    offset = (pixels + 1 - (1.0 if reference is None else reference)) * step
    unit = _unit(stated) or ("Hz" if kind.startswith("FREQ") else None)
    place = f"cards CRVAL1, {step_card}, CRPIX1"
    if kind.endswith("-LOG") and start > 0 and not _is_log10(start, unit):
        return PixelAxis(start * np.exp(offset / start), "linear", unit, f"{place}, CTYPE1 = {kind}")
    values = start + offset
    is_log = stated.get("DC-FLAG") == 1 or "LOG" in kind
    if is_log and float(values.max()) < LARGEST_LOG10:
        return PixelAxis(values, "log10", unit, place)
    return PixelAxis(values, "linear", unit, place)


def _is_log10(start: float, unit: str | None) -> bool:
    """Whether a first wavelength is a logarithm; CTYPE = WAVE-LOG means an even step in it."""
    low, high = np.log10(PLAUSIBLE)
    return split_logarithm(unit)[0] == "log10" or (low < start < high and not unit)


def _multispec(stated: Mapping[str, Any], length: int, row: int) -> PixelAxis | None:
    """IRAF's dispersion of one row: linear (0), log-linear (1), or polynomials (2); None without.

    ``spec1 = "aperture beam type start step pixels redshift low high [functions]"``:
    https://iraf.readthedocs.io/en/latest/tasks/noao/onedspec/specwcs.html
    """
    lines = (
        str(stated.get(f"WAT2_{i:03d}", "")).ljust(68) for i in range(1, 1000) if f"WAT2_{i:03d}" in stated
    )
    match = re.search(rf'spec{row + 1}\s*=\s*"([^"]*)"', "".join(lines))
    fields = [float(word) for word in match[1].split()] if match else []
    if len(fields) < 7 or fields[2] not in (0, 1, 2):
        return None
    if fields[2] == 2:
        values = _polynomials(fields[9:], length, f"spec{row + 1}")
    else:
        values = fields[3] + fields[4] * np.arange(length, dtype=np.float64)
    scale = "log10" if fields[2] == 1 else "linear"
    values = values if scale == "log10" else values / (1 + fields[6])
    return PixelAxis(values, scale, _unit(stated), f"card WAT2, spec{row + 1}")


def _polynomials(fields: Sequence[float], length: int, name: str) -> NDArray[np.float64]:
    """Sum of functions ``weight shift kind order first last coefficients``, of pixels from 1.

    Raises:
        FormatError: one of them is a spline or a table.
    """
    pixels, values = np.arange(1, length + 1, dtype=np.float64), np.zeros(length)
    while len(fields) > 6:
        weight, shift, kind, order, first, last = fields[:6]
        if kind not in (1, 2):
            raise FormatError(
                f"the wavelengths are function {kind:.0f} of IRAF (card WAT2, {name}); linear, log-linear, "
                "Chebyshev and Legendre dispersions are read: make it linear with dispcor"
            )
        evaluate = chebval if kind == 1 else legval
        at = (2 * pixels - (last + first)) / (last - first)
        values += weight * (shift + evaluate(at, fields[6 : 6 + int(order)]))
        fields = fields[6 + int(order) :]
    return values


def _unit(stated: Mapping[str, Any]) -> str | None:
    """CUNIT1, or ``units=`` in the WAT1 cards of IRAF, which leaves CUNIT1 of a calibrated axis at pixels."""
    text = "".join(str(stated.get(f"WAT1_{i:03d}", "")) for i in range(1, 10))
    match = re.search(r"units\s*=\s*(\"[^\"]*\"|\S+)", text)
    by_iraf = match[1].strip('"') if match else None
    unit = str(stated.get("CUNIT1", "")).strip()
    return by_iraf if by_iraf and unit.lower() in ("", "pix", "pixel") else unit or None


def _number(stated: Mapping[str, Any], card: str) -> float | None:
    value = stated.get(card)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
