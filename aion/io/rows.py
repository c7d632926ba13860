"""What one row of any catalog says of its object: id, position, redshift and photometry, by the published names of the scalars."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.units import UnitConversionError

from aion.io.content import Record
from aion.io.objects import Entry
from aion.io.units import scale_to
from aion.modalities import Modality, ScalarModalities
from aion.scalars import SENTINELS

GAIA = ("phot_g_mean_flux", "phot_bp_mean_flux", "phot_rp_mean_flux", "bp_coefficients", "rp_coefficients")
"""Columns that make `ra` and `dec` of the row values of the Gaia catalog, which the model reads; elsewhere they are the position only."""
LOWEST_REDSHIFT, LARGEST_REDSHIFT = -0.05, 15.0
_NEVER_READ = ("Z",)  # the answer is not an input
_OTHER_NAMES = {"ebv": ("ebv", "ebmv", "e(b-v)"), "parallax": ("parallax",)}
_IDS = (
    "targetid",
    "object_id",
    "objectid",
    "source_id",
    "sparcl_id",
    "specid",
    "specobjid",
    "objid",
    "id",
    "name",
    "object",
)
_RA = ("target_ra", "plug_ra", "ra", "raj2000", "ra_icrs", "i_ra", "mean_fiber_ra", "fiber_ra")
_DEC = (
    "target_dec",
    "plug_dec",
    "dec",
    "dej2000",
    "decj2000",
    "de_icrs",
    "i_dec",
    "mean_fiber_dec",
    "fiber_dec",
)
_REDSHIFTS = ("z_vi", "z_spec", "zspec", "specz", "spec_z", "redshift", "z_true", "z")
_WARNINGS = ("zwarn", "zwarning", "redshift_warning")


@dataclass(frozen=True)
class RowFacts:
    """What a row says besides photometry."""

    id: str | None
    ra: float | None
    dec: float | None
    z: float | None
    entries: tuple[Entry, ...]


def facts(row: Record) -> RowFacts:
    """Id as text, position in degrees, redshift for comparison (None where it is missing)."""
    stated = (
        plausible_redshift(row.get(name)) for name in _REDSHIFTS if not row.units.get(name)
    )  # with a unit it is something else
    z = next((value for value in stated if value is not None), None)
    (ra, ra_entries), (dec, dec_entries) = _degrees(row, _RA), _degrees(row, _DEC)
    ra, dec = position(ra, dec)
    return RowFacts(identity(row), ra, dec, z, (*ra_entries, *dec_entries, *_redshift_entries(row, z)))


def position(ra: Any, dec: Any) -> tuple[float, float] | tuple[None, None]:
    """RA and Dec in degrees, RA from 0 to 360; None and None where they are no place on the sky."""
    right, up = number(ra), number(dec)
    if right is None or up is None or not (-360 <= right <= 360 and -90 <= up <= 90):
        return None, None
    return right % 360, up


def plausible_redshift(value: Any) -> float | None:
    """A number that can be a redshift; None otherwise."""
    z = number(value)
    return z if z is not None and LOWEST_REDSHIFT < z < LARGEST_REDSHIFT else None


def identity(row: Record) -> str | None:
    """The row's id as text. A Legacy Survey row gets the TARGETID that DESI gives to the same object."""
    release, brick, number_in_brick = (_whole(row.get(name)) for name in ("release", "brickid", "objid"))
    if release is not None and brick is not None and number_in_brick is not None:
        return str(number_in_brick | brick << 22 | release << 42)  # desitarget.targets.encode_targetid
    for name in _IDS:
        value = row.get(name)
        if value is not None and np.ndim(value) == 0 and not _is_nan(value):
            whole = _whole(value)
            text = str(whole) if whole is not None else text_of(value)
            if text:
                return text
    return None


def photometry(row: Record) -> tuple[tuple[Modality, ...], tuple[Entry, ...]]:
    """The model's scalars that are in a row, and an entry for each one that was missing."""
    modalities: list[Modality] = []
    entries: list[Entry] = []
    is_gaia = any(row.get(name) is not None for name in GAIA)
    for name, cls in ScalarModalities.items():
        key = row.name(*_OTHER_NAMES.get(name.lower(), (name.lower(),)))
        if key is None or name in _NEVER_READ or (name.lower() in ("ra", "dec") and not is_gaia):
            continue
        values = np.atleast_1d(_floats(row.values[key]))
        why = _missing(row, key, values, cls.num_tokens)
        if why:
            entries.append(Entry(name, "missing", "dropped", why))
            continue
        values, unit_entries = _in_unit(values, name, cls.unit, row.units.get(key))
        entries += unit_entries
        if values is not None:
            modalities.append(cls(value=values[None] if cls.num_tokens > 1 else values))
    if modalities:
        read = ", ".join(modality.name for modality in modalities)
        entries.insert(
            0, Entry("photometry", read, "header", "in the published units, not corrected for dust")
        )
    return _with_flux(modalities, entries)


def number(value: Any) -> float | None:
    """A finite number; None otherwise."""
    if value is None or np.ndim(value) != 0 or isinstance(value, (str, bytes, bool, np.bool_)):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) else None


def text_of(value: Any) -> str:
    """Text without padding, from text or bytes."""
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


def _with_flux(
    modalities: list[Modality], entries: list[Entry]
) -> tuple[tuple[Modality, ...], tuple[Entry, ...]]:
    """Shapes and reddening alone come from rows of objects that were not measured; zeros stand for them there."""
    unmeasured = any(entry.how == "dropped" and entry.what.startswith("FLUX_") for entry in entries)
    if unmeasured and all(modality.name.startswith(("SHAPE_", "EBV")) for modality in modalities):
        dropped = [
            Entry(modality.name, "missing", "dropped", "the object has no photometry")
            for modality in modalities
        ]
        return (), (*[entry for entry in entries if entry.what != "photometry"], *dropped)
    return tuple(modalities), tuple(entries)


def _missing(row: Record, key: str, values: Any, count: int) -> str | None:
    """Why a value is not one; None if it is."""
    if values.shape != (count,):
        return f"{count} numbers are expected, there are {values.size}"
    if not np.isfinite(values).all():
        return "not a number"
    if np.isin(values, SENTINELS).any():
        return f"{values[0]:g} stands for a missing value"
    ivar = number(
        row.get(key.replace("flux_", "flux_ivar_", 1) if key.startswith("flux_") else f"{key}_ivar")
    )
    if ivar == 0 and key.startswith(("flux_", "parallax")):
        return "its inverse variance is 0: not measured"
    return "0 stands for a missing value" if key in ("ebv", "ebmv", "parallax") and values[0] == 0 else None


def _in_unit(values: Any, name: str, wanted: str, stated: str | None) -> tuple[Any, list[Entry]]:
    """The values in the unit that the model reads, and what was done for it; None for them where their unit is of another quantity."""
    if not stated or stated == wanted:
        return values, []
    try:
        scale = scale_to(wanted, stated)
    except UnitConversionError:
        return None, [
            Entry(
                name,
                "missing",
                "dropped",
                f"its unit is {stated}; {wanted or 'a number without a unit'} is expected",
            )
        ]
    if scale is None:
        return values, [Entry(name, wanted or "no unit", "assumed", f"its unit {stated!r} is not understood")]
    if abs(scale - 1) < 1e-9:
        return values, []
    return values * scale, [Entry(name, wanted or "no unit", "header", f"converted from {stated}")]


def _degrees(row: Record, names: tuple[str, ...]) -> tuple[float | None, list[Entry]]:
    """An angle of the row."""
    value = number(row.get(*names))
    return (
        _in_unit(value, row.name(*names) or "", "deg", row.unit(*names)) if value is not None else (None, [])
    )


def _redshift_entries(row: Record, z: float | None) -> tuple[Entry, ...]:
    name = row.name(*_WARNINGS)
    if z is None or name is None:
        return ()
    value = row.values[name]
    if isinstance(value, (bool, np.bool_)):
        note = "a true/false flag is read as True = good: the Multimodal Universe writes `not bool(ZWARN)`"
        return (
            Entry(
                "ZWARN",
                str(bool(value)),
                "assumed",
                note if value else f"{note}; the survey doubts the redshift",
            ),
        )
    warning = number(value)
    return (
        (Entry("ZWARN", f"{int(warning)}", "header", "the survey's pipeline doubts the redshift"),)
        if warning
        else ()
    )


def _floats(value: Any) -> Any:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array(np.nan)


def _whole(value: Any) -> int | None:
    return (
        int(value)
        if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))
        else None
    )


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))
