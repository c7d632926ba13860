"""What one row of any catalog says of its object: id, position, redshift and photometry, by the published
names of the scalars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from aion.io.content import LARGEST_EXACT, Record
from aion.io.objects import Entry
from aion.io.units import scale_to
from aion.modalities import Modality, ScalarModalities
from aion.positions import parse_angle
from aion.scalars import SENTINELS

GAIA = ("phot_g_mean_flux", "phot_bp_mean_flux", "phot_rp_mean_flux", "bp_coefficients", "rp_coefficients")
"""Columns that make `ra` and `dec` of the row values of the Gaia catalog, which the model reads; elsewhere
they are the position only."""
LOWEST_REDSHIFT, LARGEST_REDSHIFT = -0.05, 15.0
_NEVER_READ = ("Z",)  # the answer is not an input
_OTHER_NAMES = {"ebv": ("ebv", "ebmv", "e(b-v)"), "parallax": ("parallax",)}
_IDS = (
    "targetid", "object_id", "objectid", "source_id", "sourceid", "specid", "specobjid", "sparcl_id",
    "sdss_id", "catalogid", "objid", "obj_id", "objname", "target_name", "targname", "targetname",
    "target", "obs_targ", "id", "name", "object", "srcid", "targid", "ls_id",
)  # fmt: skip
_RA = (
    "target_ra", "plug_ra", "ra", "raj2000", "ra_icrs", "i_ra", "mean_fiber_ra", "fiber_ra", "racat",
    "ra_targ", "targ_ra", "ra_obj", "raobj", "obj_ra", "objra", "ra_deg", "radeg", "_raj2000",
    "alpha_j2000", "s_ra", "ra_2000", "src_ra", "srcra", "targra", "obsra",
)  # fmt: skip
_DEC = (
    "target_dec", "plug_dec", "dec", "dej2000", "decj2000", "de_icrs", "dec_icrs", "i_dec",
    "mean_fiber_dec", "fiber_dec", "deccat", "dec_targ", "targ_dec", "dec_obj", "decobj", "obj_dec",
    "objdec", "dec_deg", "decdeg", "dedeg", "_dej2000", "delta_j2000", "s_dec", "dec_2000", "src_dec",
    "srcdec", "targdec", "obsdec",
)  # fmt: skip
_REDSHIFTS = (
    "z_vi", "z_spec", "zspec", "specz", "spec_z", "redshift", "z_true", "z_best", "zbest", "z_helio",
    "zhelio", "z",
)  # fmt: skip
_NOT_BESIDE_Z = ({"g", "r"}, {"r", "i"}, {"x", "y"})
"""Columns beside which ``z`` is the magnitude in a band, or a coordinate."""
_WARNINGS = ("zwarn", "zwarning", "redshift_warning")
_UCDS = (("pos.eq.ra", _RA), ("pos.eq.dec", _DEC), ("src.redshift", _REDSHIFTS), ("meta.id;meta.main", _IDS))
"""What the Virtual Observatory calls them."""


@dataclass(frozen=True)
class RowFacts:
    """What a row says besides photometry."""

    id: str | None
    ra: float | None
    dec: float | None
    z: float | None
    entries: tuple[Entry, ...]


def facts(row: Record) -> RowFacts:
    """Id as text, position in degrees, redshift for comparison (None where it is missing), and where each
    is from."""
    row = _by_ucd(row)
    stated = (
        name
        for name in _REDSHIFTS
        if name in row.values
        and not row.units.get(name)  # with a unit it is something else
        and not (name == "z" and any(others <= row.values.keys() for others in _NOT_BESIDE_Z))
    )
    z_name = next((name for name in stated if plausible_redshift(row.values[name]) is not None), None)
    z = plausible_redshift(row.values[z_name]) if z_name else None
    (ra, ra_entries), (dec, dec_entries) = _degrees(row, _RA, 15.0), _degrees(row, _DEC, 1.0)
    ra, dec = position(ra, dec)
    entries = [*ra_entries, *dec_entries]
    if ra is not None and dec is not None and _is_b1950(row):
        sky = SkyCoord(ra, dec, unit=u.deg, frame="fk4", equinox="B1950").icrs
        ra, dec = float(sky.ra.deg), float(sky.dec.deg)
        entries.append(Entry("equinox", "B1950", "header", "position converted to ICRS"))
    if ra is not None:
        names = (row.name(*_RA) or "", row.name(*_DEC) or "")
        entries.append(
            Entry(
                "position",
                f"{ra:.5f}, {dec:+.5f}",
                "header",
                ", ".join(row.places.get(name, name) for name in names),
            )
        )
    if z_name is not None and z is not None:
        entries.append(
            Entry("redshift", f"{z:.5f}", "header", f"{row.places.get(z_name, z_name)}; for comparison only")
        )
    return RowFacts(identity(row), ra, dec, z, (*entries, *_redshift_entries(row, z)))


def with_header(row: Record, cards: Mapping[str, Any]) -> Record:
    """The row with what cards of a header say of it; what the row has itself goes before."""
    more = {name.lower(): _parsed(value) for name, value in cards.items() if name.lower() not in row.values}
    if "object" in more and not str(more.get("id", 0)).isdigit():
        more.pop("id", None)  # of a programme or a file; OBJECT is the target (FITS standard 4.0, 4.4.2.1)
    places = {name: f"card {name.upper()}" for name in more}
    return replace(row, values={**more, **row.values}, places={**places, **row.places})


def _by_ucd(row: Record) -> Record:
    """The row with what UCDs call a position, redshift or id under a usual name."""
    if not row.ucds:
        return row
    values, units, places = dict(row.values), dict(row.units), dict(row.places)
    for name, ucd in row.ucds.items():
        usual = next((names[0] for start, names in _UCDS if ucd.lower().startswith(start)), None)
        if usual is None or usual in values or name not in values:
            continue
        values[usual], places[usual] = values[name], f"{places.get(name, name)} (UCD {ucd})"
        units |= {usual: units[name]} if name in units else {}
    return replace(row, values=values, units=units, places=places)


def _parsed(value: Any) -> Any:
    """Numbers in headers are often text."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.strip().isdigit() else number(float(value))
    except ValueError:
        return value.strip()


def kind_of(row: Record) -> str:
    """Class and subclass that a survey states, such as ``"GALAXY/STARBURST"``; empty without."""
    parts = (row.get("spectype", "class"), row.get("subtype", "subclass"))
    return "/".join(
        text for text in (text_of(part) for part in parts if isinstance(part, (str, bytes))) if text
    )


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


def identifier(row: Record) -> str | None:
    """The name of the value that is the row's id."""
    return row.name(*_IDS)


def stated_position(row: Record) -> str:
    """RA and Dec as they are written; empty where a row has no columns of them."""
    ra, dec = row.get(*_RA), row.get(*_DEC)
    return "" if ra is None or dec is None else f"{text_of(ra)} {text_of(dec)}"


def names_target(columns: Iterable[str]) -> bool:
    """Whether columns of these names say which object it is or where."""
    return bool({*_IDS, *_RA} & set(columns))


def advice_for_positions(columns: Iterable[str]) -> str:
    """The end of a message about a table with nothing else to read; empty without columns of positions."""
    names = set(columns)
    if not (names & set(_RA) and names & set(_DEC)):
        return ""
    return (
        "; positions alone can be looked up where archives may be asked: `aion fetch --list`, or on the "
        'Catalog page "A list of positions, names or ids"'
    )


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
    is_gaia = any(row.get(name) is not None for name in GAIA) and not _is_b1950(row)
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
    """Shapes and reddening alone come from rows of objects that were not measured; zeros stand for them
    there."""
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
    """The values in the unit that the model reads, and what was done for it; None for them where their
    unit is of another quantity."""
    if not stated or stated == wanted:
        return values, []
    try:
        scale = scale_to(wanted, stated)
    except u.UnitConversionError:
        return None, [
            Entry(
                name,
                "missing",
                "dropped",
                f"its unit is {stated}; {wanted or 'a number without a unit'} is expected",
            )
        ]
    if scale is None and "vega" in stated.lower():
        return None, [Entry(name, "missing", "dropped", f"its unit is {stated}; {wanted} is expected")]
    if scale is None:
        return values, [Entry(name, wanted or "no unit", "assumed", f"its unit {stated!r} is not understood")]
    if abs(scale - 1) < 1e-9:
        return values, []
    return values * scale, [Entry(name, wanted or "no unit", "header", f"converted from {stated}")]


def _degrees(row: Record, names: tuple[str, ...], hour: float) -> tuple[float | None, list[Entry]]:
    """An angle of the row, in degrees or sexagesimal, of which the first number counts `hour` degrees."""
    name = row.name(*names)
    value = number(row.values[name]) if name else None
    if name and value is None and isinstance(row.values[name], str):
        return parse_angle(row.values[name], hour=hour), []
    return _in_unit(value, name or "", "deg", row.units.get(name or "")) if value is not None else (None, [])


def _is_b1950(row: Record) -> bool:
    """EPOCH is an old name of EQUINOX: FITS standard 4.0, section 8.3."""
    stated = text_of(row.get("equinox", "epoch") or "").upper().removeprefix("B")
    return stated in ("1950", "1950.0") or text_of(row.get("radesys", "radecsys") or "").upper() == "FK4"


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
    """Also of ``12345.0``, as whole numbers are stored beside missing ones."""
    decimal = number(value) if isinstance(value, (float, np.floating)) else None
    if decimal is not None and abs(decimal) < LARGEST_EXACT and decimal == int(decimal):
        return int(decimal)
    return (
        int(value)
        if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))
        else None
    )


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))
