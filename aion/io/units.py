"""Units of wavelength and flux, air and vacuum: stored numbers -> vacuum Å and 1e-17 erg/s/cm2/Å. Knows no files."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from astropy import units as u
from astropy.units.function import FunctionUnitBase
from numpy.typing import NDArray

from aion.constants import NANOMAGGY_IN_MICROJANSKY
from aion.io.objects import Entry, Overrides

Floats = NDArray[np.float64]
FLUX_UNIT = u.Unit("1e-17 erg / (s cm2 Angstrom)")
FLUX_NAME = "1e-17 erg/s/cm2/Å"
_SPELLINGS = (
    (r"\bnanomagg(?:y|ies)\b|\bnmgy\b", f"{NANOMAGGY_IN_MICROJANSKY} uJy"),
    (r"\bmagg(?:y|ies)\b|\bmgy\b", f"{NANOMAGGY_IN_MICROJANSKY * 1e9} uJy"),
    (r"\bab ?mags?\b|\bmags? ?\(?ab\)?|\bmagnitudes?\b|\bmags\b", "mag"),
    (r"\bmicrons?\b", "um"),
    (r"\bnanomet(?:er|re)s?\b", "nm"),
    (r"\b(degree|arcminute|arcmin|arcsecond|arcsec|radian|electron)s\b", r"\1"),
    (
        r"'electron'\.s\*\*-1|\be-? ?/ ?s(?:ec)?\b|\be- ?s\*?\*?-1",
        "electron/s",
    ),  # Gaia's VOTables, and people
)
"""How surveys write a unit (whatever the case), and how astropy does."""
LARGEST_CGS = 1e-10
"""A median flux below this is in erg/s/cm2/Å: in units of 1e-17 of it nothing that faint was ever observed."""


def in_angstrom(
    wavelength: Floats, unit: str | None, log10: bool, overrides: Overrides
) -> tuple[Floats, Entry]:
    """Wavelengths in Å, from the unit that is set, stated or, without either, from how large they are."""
    if overrides.wavelength_unit:
        entry = Entry(
            "wavelength unit", overrides.wavelength_unit, "you set", "stored as log10" if log10 else ""
        )
        linear = 10.0**wavelength if log10 else wavelength
        return linear * float(u.Unit(overrides.wavelength_unit).to(u.AA)), entry
    if log10:
        return 10.0**wavelength, Entry("wavelength unit", "Å", "header", "stored as log10")
    parsed = parse_unit(unit)
    if (
        parsed is not None
        and parsed.is_equivalent(u.AA, equivalencies=u.spectral())
        and parsed != u.dimensionless_unscaled
    ):
        stated = u.Quantity(wavelength, parsed).to(u.AA, equivalencies=u.spectral()).value
        return stated, Entry(
            "wavelength unit", "Å", "header", "" if parsed == u.AA else f"converted from {parsed.to_string()}"
        )
    typical = float(np.nanmedian(wavelength))
    guesses = ((1e-8, 1e-5, u.m), (0.2, 2.6, u.um), (200, 2600, u.nm), (2600, 30000, u.AA))
    found = next((guess for low, high, guess in guesses if low <= typical < high), None)
    if found is None and 3.3 < typical < 4.5:
        return 10.0**wavelength, Entry(
            "wavelength unit", "Å", "assumed", "the file does not say; values look like log10 of Å"
        )
    found = found or u.AA
    note = f"the file does not say; values around {typical:.4g} look like {found.to_string()}"
    return wavelength * float(found.to(u.AA)), Entry("wavelength unit", "Å", "assumed", note)


def flux_factor(
    flux: Floats, wavelength: Floats, unit: str | None, overrides: Overrides
) -> tuple[Floats | float, Entry]:
    """What stored fluxes are multiplied by to be in 1e-17 erg/s/cm2/Å; a number for each pixel where the unit is per Hz."""
    if overrides.spectrum_flux_scale:
        scale = overrides.spectrum_flux_scale
        return scale, Entry("flux unit", FLUX_NAME, "you set", f"stored flux times {scale:g}")
    parsed = parse_unit(unit)
    if parsed is not None and parsed != u.dimensionless_unscaled:
        equivalencies = u.spectral_density(wavelength * u.AA)
        if parsed.is_equivalent(FLUX_UNIT, equivalencies=equivalencies):
            factor = np.asarray(
                (np.ones_like(wavelength) * parsed).to(FLUX_UNIT, equivalencies=equivalencies).value
            )
            same = bool(np.allclose(factor, 1.0, rtol=1e-6))
            return (1.0 if same else factor), Entry(
                "flux unit", FLUX_NAME, "header", "" if same else f"converted from {unit}"
            )
    stated = f"its unit {unit!r} is not one of flux density" if unit else "the file does not say"
    sizes = np.abs(flux[np.isfinite(flux) & (flux != 0)])
    if len(sizes) and float(np.median(sizes)) < LARGEST_CGS:
        return 1e17, Entry(
            "flux unit",
            FLUX_NAME,
            "assumed",
            f"{stated}; values are as small as erg/s/cm2/Å and were multiplied by 1e17",
        )
    return 1.0, Entry("flux unit", FLUX_NAME, "assumed", stated)


def medium_of(meta: Mapping[str, Any], *texts: str) -> tuple[str, str] | None:
    """``("air" | "vacuum", where it says so)`` from header cards and from names or descriptions of columns; None without."""
    for key in ("VACUUM", "AIRORVAC", "MEDIUM", "WAVE_MEDIUM", "CTYPE1", "CTYPE2", "CTYPE3"):
        value = meta.get(key)
        text = str(value).strip().lower()
        if key == "VACUUM" and text in ("true", "t", "1", "false", "f", "0"):
            return ("vacuum" if text in ("true", "t", "1") else "air"), f"VACUUM = {value}"
        if value is not None and text.startswith(("air", "awav")):
            return "air", f"{key} = {value}"
        if (
            value is not None
            and text.startswith(("vac", "wave"))
            and not (key == "VACUUM" or text.startswith("wavelength"))
        ):
            return "vacuum", f"{key} = {value}"
    said = " ".join((*texts, str(meta.get("COMMENTS", "")))).lower()
    words = set(re.split(r"[^a-z]+", said))
    if "air" in words and not words & {"vac", "vacuum"}:
        return "air", "the table calls its wavelengths so"
    return (
        ("vacuum", "the table calls its wavelengths so")
        if words & {"vac", "vacuum"} and "air" not in words
        else None
    )


def air_to_vacuum(wavelength: Floats) -> Floats:
    """Vacuum Å of wavelengths in standard air, unchanged below 2000 Å (Ciddor 1996, as in the SDSS and DESI pipelines)."""
    vacuum = wavelength.copy()
    for _ in range(3):
        sigma2 = (1e4 / vacuum) ** 2
        index = 1.0 + 5.792105e-2 / (238.0185 - sigma2) + 1.67917e-3 / (57.362 - sigma2)
        vacuum = np.where(wavelength >= 2000.0, wavelength * index, wavelength)
    return vacuum


@lru_cache(maxsize=1024)
def scale_to(wanted: str, stated: str) -> float | None:
    """What a number in the stated unit is multiplied by to be in the wanted one; None where the stated text is no unit.

    Raises:
        UnitConversionError: it is a unit of another quantity.
    """
    stated_unit, wanted_unit = parse_unit(stated), parse_unit(wanted or "1")
    if stated_unit is None:
        return None
    if isinstance(stated_unit, FunctionUnitBase) and stated_unit.physical_unit in (
        u.AB,
        u.dimensionless_unscaled,
    ):
        stated_unit = stated_unit.function_unit  # a magnitude is a magnitude
    return float(stated_unit.to(wanted_unit))


def parse_unit(text: str | None) -> Any:
    """An astropy unit, understanding the spellings of SDSS, DESI and Gaia; None where it makes none."""
    if not text or not str(text).strip():
        return None
    spelled = re.sub(r"Ang(?!strom)\w*|AA\b|Å|[Aa]ngstroms?\b", "Angstrom", str(text).strip())
    spelled = re.sub(
        r"\b1(?:\.0*)?E-17\b|10\s*(?:\*\*|\^)\s*\(?-17\)?", "1e-17 ", spelled, flags=re.IGNORECASE
    )
    spelled = (
        spelled.replace("/cm/s/", "/cm2/s/").replace("erg s-1", "erg s**-1").replace("ergs", "erg")
    )  # SDSS-I wrote cm for cm^2
    for pattern, usual in _SPELLINGS:
        spelled = re.sub(pattern, usual, spelled, flags=re.IGNORECASE)
    over, *under = spelled.split("/")
    if len(under) > 1 and "(" not in spelled:
        spelled = f"{over} / ({' '.join(under)})"  # which astropy reads without a warning
    for attempt in (spelled, spelled.replace("1e-17 ", "1e-17*")):
        try:
            return u.Unit(attempt)
        except (ValueError, TypeError):
            continue
    return None
