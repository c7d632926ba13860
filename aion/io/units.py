"""Stored numbers -> vacuum Å and 1e-17 erg/s/cm2/Å, by what a file states of them, else by their size.

Knows no files; what a unit is called: `unit_spelling`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from astropy import units as u
from astropy.units.function import FunctionUnitBase
from numpy.typing import NDArray

from aion.errors import ChoiceNeededError, ModalityError
from aion.io.objects import Entry, How, Overrides
from aion.io.unit_spelling import Scale, parse_unit, split_logarithm

Floats = NDArray[np.float64]
CODEC_RANGE = (3500.0, 10462.4)
"""Å; wavelengths that the spectrum codec looks at."""
PLAUSIBLE = (800.0, 26_000.0)
"""Å; where the whole of a spectrum lies whose file states no unit. Below the Lyman limit (912 Å) the hydrogen
of the Galaxy is opaque (HST's COS goes a little below 900 Å: its handbook, table 5.1); beyond the K band the
ground sees little, and files from space state their units. In numbers: Å 800 to 26000, nm 80 to 2600, um 0.08
to 2.6, m 8e-8 to 2.6e-6, log10 of Å 2.90 to 4.41, ln of Å 6.68 to 10.17: only Å and nm share some."""
LARGEST_LOGARITHM = {"log10": 6.0, "ln": 14.0}
"""Wavelengths above this are not stored as that logarithm, whatever the file says: 1e6 Å."""
FLUX_UNIT = u.Unit("1e-17 erg / (s cm2 Angstrom)")
FLUX_NAME = "1e-17 erg/s/cm2/Å"
LARGEST_CGS, SMALLEST_CGS = 1e-10, 1e-23
"""A median flux between these is in erg/s/cm2/Å: in units of 1e-17 of it nothing so faint was ever observed.
Below, it is in erg/s/cm2/Hz, of which 1e-17 erg/s/cm2/Å are about 1e-28 at 6000 Å."""
_FLAGS = dict.fromkeys(("true", "t", "1", "yes"), "vacuum") | dict.fromkeys(("false", "f", "0", "no"), "air")
CONTRADICTORY = "air or vacuum"
"""A medium that a file states both ways."""
_SHAPE_ONLY = ("spectrum_flux_scale=1",)
_UNCALIBRATED = (u.ct, u.adu, u.dn, u.electron, u.ph)
_AREAS = (
    (u.one, ""),
    (u.pix, ""),
    (u.arcsec**2, "a surface brightness, of which one square arcsec is taken"),
)
"""What a unit may be divided by and still say a flux density."""
_NAMED = r"(?:wave(?:length)?s?|wav|lambda|lam|wl)"
_AIR, _VACUUM = (
    re.compile(rf"(?<![a-z]){_NAMED}?{medium}{_NAMED}?(?![a-z])(?!\s*mass)|{other}")
    for medium, other in (("air", r"obs\.atmos|awav"), ("vac(?:uum)?", "in vacuo"))
)
"""``lambda_air``, ``AIRWAVE``, the UCD ``em.wl;obs.atmos``; ``wave_vac``, ``VACWAVE``."""


def in_angstrom(
    wavelength: Floats, unit: str | None, scale: Scale, overrides: Overrides
) -> tuple[Floats, Entry]:
    """Wavelengths in Å, from the unit that is set or stated, else from the range of the numbers (PLAUSIBLE).

    Raises:
        ChoiceNeededError: no unit is stated, and several are possible.
        ModalityError: the numbers count pixels, or are of another quantity.
    """
    if wavelength[0] <= 1 and len(wavelength) > 1 and (np.diff(wavelength) == 1).all():
        raise ModalityError(
            f"the spectrum comes without wavelengths, only with the numbers 1 to {len(wavelength)} of its "
            "pixels; give wavelengths: a column, or the WCS cards CRVAL1, CDELT1 and CRPIX1"
        )
    (set_scale, inner), (stated_scale, _) = map(split_logarithm, (overrides.wavelength_unit or unit, unit))
    scale = next((one for one in (set_scale, stated_scale, scale) if one != "linear"), "linear")
    how: How = "you set" if overrides.wavelength_unit else "header"
    note = "" if scale == "linear" else f"stored as {scale}"
    if scale != "linear" and float(wavelength.max()) > LARGEST_LOGARITHM[scale]:
        how, note = "detected", f"said to be stored as {scale}, for which the values are too large"
        scale = "linear"
    values = _linear(wavelength, scale)
    parsed = parse_unit(inner)
    if parsed is None or parsed.is_equivalent(u.one):
        missing = (
            f"its unit {unit!r} is not understood" if inner and parsed is None else "the file does not say"
        )
        return _guessed(values, scale, missing)
    if not parsed.is_equivalent(u.AA, equivalencies=u.spectral()):
        raise ModalityError(_not_a_wavelength(parsed))
    converted = u.Quantity(values, parsed).to(u.AA, equivalencies=u.spectral()).value
    if overrides.wavelength_unit:
        return converted, Entry("wavelength unit", overrides.wavelength_unit, how, note)
    if parsed != u.AA:
        note = f"{note}; converted from {unit}".lstrip("; ")
    return converted, Entry("wavelength unit", "Å", how, note)


def scale_of(name: str) -> Scale:
    """How wavelengths are stored, by the name of their column: ``loglam``, ``log_wave``, ``ln_lambda``."""
    if re.search(r"(?<![a-z])(ln|log_?e)(?![a-z])|^ln_?(lam|wav)", name.lower()):
        return "ln"
    return "log10" if re.search("(?<![a-z])log", name.lower()) else "linear"


def flux_factor(
    flux: Floats, wavelength: Floats, unit: str | None, overrides: Overrides
) -> tuple[Floats | float, Entry]:
    """What stored fluxes are multiplied by to be in 1e-17 erg/s/cm2/Å; (n,) for a unit per Hz or of photons.

    `wavelength`: (n,), Å.

    Raises:
        ModalityError: the flux is a magnitude.
        ChoiceNeededError: it is of another quantity, or may be a logarithm.
    """
    if overrides.spectrum_flux_scale:
        scale = overrides.spectrum_flux_scale
        return scale, Entry("flux unit", FLUX_NAME, "you set", f"stored flux times {scale:g}")
    parsed = parse_unit(unit)
    if parsed is None or parsed.is_equivalent(u.one):
        return _by_size(flux, wavelength, unit, parsed)
    if isinstance(parsed, FunctionUnitBase) or parsed.is_equivalent(u.mag):
        return _of_logarithm(flux, wavelength, unit, parsed)
    for area, note in _AREAS:
        factor = _to_flux_unit(parsed * area, wavelength)
        if factor is not None:
            notes = (note, "" if isinstance(factor, float) and factor == 1.0 else f"converted from {unit}")
            known = _flux_choices(factor) if isinstance(factor, float) else ()
            choices = tuple(dict.fromkeys((*known, *_SHAPE_ONLY))) if note else ()
            how: How = "assumed" if note else "header"
            return factor, Entry("flux unit", FLUX_NAME, how, "; ".join(filter(None, notes)), choices)
    parts = parsed.decompose()
    if any(
        base in _UNCALIBRATED and power > 0 for base, power in zip(parts.bases, parts.powers, strict=True)
    ):
        note = f"its unit is {unit}: not calibrated, the shape only is meant"
        return 1.0, Entry("flux unit", FLUX_NAME, "assumed", note, _SHAPE_ONLY)
    per_angstrom = _to_flux_unit(parsed / u.AA, wavelength)
    raise ChoiceNeededError(
        f"the flux is in {unit}, which is not a flux density; a unit such as {FLUX_NAME} or Jy is expected: "
        "set the factor that makes it one (1: the shape only is meant)",
        _SHAPE_ONLY
        if per_angstrom is None
        else (*_flux_choices(float(np.median(per_angstrom))), *_SHAPE_ONLY),
    )


def medium_of(meta: Mapping[str, Any], *texts: str) -> tuple[str, str] | None:
    """``("air" | "vacuum", where it says so)``, from cards and from names, UCDs or descriptions of columns.

    Else from comments; None without; `CONTRADICTORY` and both places where they disagree. In CTYPE, WAVE is
    vacuum and AWAV is air: Greisen et al. 2006, A&A 446, 747, table 1.
    """
    cards = [(_medium_of_card(str(key).upper(), value), f"{key} = {value}") for key, value in meta.items()]
    stated = [*cards, *((_mentioned(text), "the table calls its wavelengths so") for text in texts)]
    if not any(medium for medium, _ in stated):
        lines = [
            line
            for line in str(meta.get("COMMENTS", "")).splitlines()
            if re.search("wav|lambda|λ", line.lower())
        ]
        stated = [(_mentioned(line), f"a comment: {line.strip()}") for line in lines]
    where = {medium: place for medium, place in reversed(stated) if medium}
    if len(where) > 1:
        return CONTRADICTORY, f"vacuum: {where['vacuum']}; air: {where['air']}"
    return next(iter(where.items()), None)


def air_to_vacuum(wavelength: Floats) -> Floats:
    """Vacuum Å of wavelengths in standard air, unchanged below 2000 Å.

    Ciddor 1996, as in the SDSS and DESI pipelines.
    """
    vacuum = wavelength.copy()
    for _ in range(3):
        sigma2 = (1e4 / vacuum) ** 2
        index = 1.0 + 5.792105e-2 / (238.0185 - sigma2) + 1.67917e-3 / (57.362 - sigma2)
        vacuum = np.where(wavelength >= 2000.0, wavelength * index, wavelength)
    return vacuum


@lru_cache(maxsize=1024)
def scale_to(wanted: str, stated: str) -> float | None:
    """What a number in the stated unit is multiplied by to be in the wanted one; None where that is no unit.

    Raises:
        UnitConversionError: it is a unit of another quantity.
    """
    stated_unit, wanted_unit = (_plain_magnitude(parse_unit(text)) for text in (stated, wanted or "1"))
    return None if stated_unit is None else float(stated_unit.to(wanted_unit))


def _plain_magnitude(unit: Any) -> Any:
    """AB magnitudes as magnitudes, which is what the columns of AB magnitudes often say."""
    is_magnitude = isinstance(unit, FunctionUnitBase) and unit.physical_unit in (u.AB, u.one)
    return unit.function_unit if is_magnitude else unit


def _linear(values: Floats, scale: Scale) -> Floats:
    with np.errstate(over="ignore"):
        return values if scale == "linear" else np.exp(values) if scale == "ln" else 10.0**values


def _guessed(values: Floats, scale: Scale, missing: str) -> tuple[Floats, Entry]:
    """Wavelengths without a unit; `values` with no logarithm that is stated."""
    low, high = float(values.min()), float(values.max())
    told = f"{missing}; values from {low:.4g} to {high:.4g}"
    read_as: dict[str, Floats] = {
        name: values * float(u.Unit(name).to(u.AA)) for name in ("Angstrom", "nm", "um", "m")
    }
    if scale == "linear" and high < LARGEST_LOGARITHM["ln"]:
        read_as |= {"log10(Angstrom)": _linear(values, "log10"), "ln(Angstrom)": _linear(values, "ln")}
    lowest, highest = PLAUSIBLE
    possible = [name for name, found in read_as.items() if lowest <= found.min() and found.max() <= highest]
    first, last = CODEC_RANGE
    readable = [
        name
        for name in ("Angstrom", "nm", "um")
        if read_as[name].min() < last and read_as[name].max() > first
    ]
    if len(possible) == 1:
        (name,) = possible
        stored = "" if scale == "linear" else f", stored as {scale}"
        others = [other for other in readable if other != name]
        choices = tuple(f"wavelength_unit={one}" for one in (name, *others))
        return read_as[name], Entry(
            "wavelength unit", "Å", "assumed", f"{told} look like {name}{stored}", choices
        )
    if not possible and not readable:
        raise ModalityError(
            f"{told} are no wavelengths around {first:.0f} to {last:.0f} Å in any unit; store them in Å, "
            "or with their unit"
        )
    choices = tuple(f"wavelength_unit={name}" for name in possible or readable)
    raise ChoiceNeededError(
        f"{told} can be {' or '.join(possible or readable)}: set the wavelength unit", choices
    )


def _not_a_wavelength(unit: Any) -> str:
    stated = f"the spectral axis is in {unit}"
    if unit.is_equivalent(u.km / u.s):
        return (
            f"{stated}, a velocity, of which only a rest wavelength makes wavelengths; store wavelengths in Å"
        )
    if unit.is_equivalent(u.pix):
        return f"{stated}: it numbers pixels; store wavelengths in Å"
    return (
        f"{stated}; a unit of wavelength, frequency, energy or wavenumber is expected: Angstrom, Hz, eV, cm-1"
    )


def _to_flux_unit(unit: Any, wavelength: Floats) -> Floats | float | None:
    """The factor, (n,) where it depends on the wavelength; None for a unit of another quantity."""
    if unit.is_equivalent(FLUX_UNIT):
        factor = float(unit.to(FLUX_UNIT))
        return 1.0 if abs(factor - 1) < 1e-6 else factor
    equivalencies = u.spectral_density(wavelength * u.AA)
    if unit.is_equivalent(u.W / u.m**2):  # astropy's λ F_λ, but mostly a forgotten "per Å"
        return None
    if not unit.is_equivalent(FLUX_UNIT, equivalencies=equivalencies):
        return None
    return np.asarray(
        u.Quantity(np.ones_like(wavelength), unit).to(FLUX_UNIT, equivalencies=equivalencies).value
    )


def _of_logarithm(
    flux: Floats, wavelength: Floats, unit: str | None, parsed: Any
) -> tuple[Floats | float, Entry]:
    """Square brackets are decoration where the values are too large for logarithms; else a person has to say.

    http://vizier.u-strasbg.fr/doc/catstd.htx, section 3.2
    """
    inner = getattr(parsed, "physical_unit", None)
    factor = _to_flux_unit(inner, wavelength) if isinstance(parsed, u.DexUnit) else None
    if factor is None:
        raise ModalityError(
            f"the flux is in {unit}, a magnitude or another logarithm; a flux density is expected: "
            "convert it, AB magnitudes by 10**(-0.4 (m + 48.60)) erg/s/cm2/Hz"
        )
    brightest = np.log10(LARGEST_CGS / 1e-17 / np.median(factor))
    if float(np.nanmedian(flux)) > brightest:
        return factor, Entry(
            "flux unit",
            FLUX_NAME,
            "detected",
            f"converted from {unit}; the values are too large for logarithms",
        )
    raise ChoiceNeededError(
        f"the flux is in {unit}, which says that it is a logarithm; store 10**flux, or set its factor",
        _flux_choices(float(np.median(factor))),
    )


def _by_size(flux: Floats, wavelength: Floats, unit: str | None, parsed: Any) -> tuple[Floats | float, Entry]:
    """Without a unit, or with one that is not understood or a bare number."""
    stated = (
        "the file does not say" if not unit or parsed is not None else f"its unit {unit!r} is not understood"
    )
    sizes = np.abs(flux[np.isfinite(flux) & (flux != 0)])
    typical = float(np.median(sizes)) if len(sizes) else 1.0
    factor: Floats | float = 1.0
    note, choices = stated, _flux_choices(1, 10, 0.1)
    if parsed is not None and float(parsed.to(u.one)) < LARGEST_CGS:
        factor = float(parsed.to(u.Unit(1e-17)))
        note = f"its unit is the number {unit}, taken to be of erg/s/cm2/Å"
        choices = _flux_choices(factor, 10 * factor, factor / 10)
    elif typical < SMALLEST_CGS:
        factor = np.asarray(_to_flux_unit(u.Unit("erg / (s cm2 Hz)"), wavelength))
        note, choices = (
            f"{stated}; values are as small as erg/s/cm2/Hz and were converted from it",
            _flux_choices(1e17),
        )
    elif typical < LARGEST_CGS:
        factor, choices = 1e17, _flux_choices(1e17, 1, 1e16)
        note = f"{stated}; values are as small as erg/s/cm2/Å and were multiplied by 1e17"
    return factor, Entry("flux unit", FLUX_NAME, "assumed", note, choices)


def _flux_choices(*factors: float) -> tuple[str, ...]:
    return tuple(f"spectrum_flux_scale={factor:g}" for factor in factors)


def _medium_of_card(key: str, value: Any) -> str | None:
    text = str(value).strip().lower()
    if key == "VACUUM":  # other values are pressures
        return _FLAGS.get(text)
    if key in ("AIRORVAC", "MEDIUM", "WAVE_MEDIUM"):
        return "air" if text.startswith("air") else "vacuum" if text.startswith("vac") else None
    if re.fullmatch(r"CTYPE\d", key):
        return "air" if text.startswith("awav") else "vacuum" if re.match("wave(?![a-z])", text) else None
    return None


def _mentioned(text: str) -> str | None:
    """The medium in a name or sentence; vacuum in ``air wavelengths converted to vacuum``."""
    said = text.lower().replace("_", " ")
    undone = re.search(r"\bnot\b.*(?:converted|corrected|transformed)\b.*\bto (air|vac)", said)
    if undone:
        return "vacuum" if undone[1] == "air" else "air"
    result = re.search(r"(?:converted|corrected|transformed)\b.*\bto (air|vac)", said)
    if result:
        return "air" if result[1] == "air" else "vacuum"
    air, vacuum = bool(_AIR.search(said)), bool(_VACUUM.search(said))
    return None if air == vacuum else "air" if air else "vacuum"
