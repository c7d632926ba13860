"""Named arrays of any kind of file -> the spectra in them, by the roles of the arrays."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from astropy import units as u
from astropy.units.function import FunctionUnitBase
from numpy.typing import NDArray

from aion.errors import FormatError
from aion.io.content import Record, Table, numbers
from aion.io.objects import Entry, Overrides
from aion.io.registry import Found
from aion.io.roles import (
    ARMS,
    UNCERTAINTIES,
    Layout,
    Meaning,
    Role,
    label,
    layouts,
    marks_bad,
    marks_good,
    name_words,
)
from aion.io.rows import identifier
from aion.io.spectra import SpectrumArrays, build_spectrum, ivar_of, join_arms, noise_of
from aion.io.unit_spelling import parse_unit
from aion.io.units import medium_of, scale_of

FEWEST_VALUES = 30
"""Values of an array below which it is no spectrum."""
FEWEST_ROWS = 30
"""Rows below which a table with wavelength and flux columns is not taken for a spectrum, or for one of
several."""
MOST_PARTS = 12
"""Spectra of one file that may be parts of one."""
MOTION_OF_EARTH = 2e-4
"""Around the Sun and its axis, below 31 km/s, as a redshift, and room for the Sun's own motion."""
_NEEDED = (Role.WAVELENGTH, Role.FLUX)
_POWER = {Role.FLUX: 1, Role.ERROR: 1, Role.VARIANCE: 2, Role.INVERSE_VARIANCE: -2, Role.WEIGHT: -2}
"""Of the flux, in which an array is."""
_NOT_LENGTHS = {"frequency", "freq", "energy", "wavenumber"}
_AS_IVAR = 2.0
"""A column of weights is one of inverse variances where it gives the scatter of the flux within this
factor."""


def holds_spectrum(record: Record) -> bool:
    """Whether one array is a flux and one of the same spectrum its wavelengths."""
    return bool(layouts(_labels(record)))


def holds_arrays(table: Table) -> bool:
    """Whether each row of a table holds a whole spectrum or image."""
    parts = ("image", "cutout", "spectrum")
    for name, column in table.columns.items():
        long = column.dtype == object or (column.ndim > 1 and column[0].size >= FEWEST_VALUES)
        role = label(name, table.ucds.get(name, ""), table.utypes.get(name, "")).role
        if long and (role is Role.FLUX or name.startswith(parts)):
            return True
    return False


def spectra_in(record: Record) -> list[Record]:
    """A record with the fluxes of many objects in the rows of one array as one for each; else the record.

    Raises:
        FormatError: there are two or three rows, and nothing else shows that they are objects.
    """
    arrays = {
        name: value
        for name, value in record.values.items()
        if np.ndim(value) == 2 and min(np.shape(value)) > 0
    }
    flux = next((name for name in arrays if _label(record, name).role is Role.FLUX), None)
    if (
        flux is None
        or len(arrays[flux]) < 2
        or holds_spectrum(record)
        or np.shape(arrays[flux])[1] < FEWEST_VALUES
    ):
        return [record]
    count, length = np.shape(arrays[flux])
    wavelengths = [name for name in record.values if _label(record, name).role is Role.WAVELENGTH]
    if not any(np.shape(record.values[name]) in ((length,), (count, length)) for name in wavelengths):
        return [record]
    rows = {
        name
        for name, value in record.values.items()
        if np.ndim(value) and len(value) == count and count != length
    }
    if count in (2, 3) and rows == {flux}:
        raise FormatError(
            f"{flux} has {count} rows of {length} values, which may be objects or a flux and its error; "
            "give flux and error under names of their own, or an id for each object"
        )
    return [
        replace(
            record,
            values={name: value[i] if name in rows else value for name, value in record.values.items()},
        )
        for i in range(count)
    ]


def objects_in(table: Table) -> list[Record]:
    """A table whose rows are pixels as one record, or one for each object where a column of ids repeats
    on many rows."""
    name = identifier(table.whole())
    column = table.columns.get(name or "")
    groups: list[Any] = [slice(None)]
    if column is not None and column.ndim == 1 and column.dtype.kind in "iuUSO":
        _, first, which, counts = np.unique(
            column, return_index=True, return_inverse=True, return_counts=True
        )
        if len(counts) > 1 and counts.min() >= FEWEST_ROWS:
            groups = [np.flatnonzero(which == i) for i in np.argsort(first)]
    return [_with_constants(table.whole(rows)) for rows in groups]


def _with_constants(record: Record) -> Record:
    """Columns that say the same on every row as that one value, as an id and a position do."""
    values = dict(record.values)
    for name, column in record.values.items():
        if _label(record, name).role is Role.OTHER and column.ndim == 1 and bool(np.all(column == column[0])):
            values[name] = column[0]
    return replace(record, values=values)


def read_spectrum(record: Record, overrides: Overrides, **known: Any) -> Found:
    """The spectrum of a record.

    Args:
        known: What the data model of the survey says where the file does not; fields of `SpectrumArrays`, and
            `mask_bits`, the bits of the mask that make a pixel bad.

    Raises:
        FormatError: several arrays could be the flux, or the wavelengths are at rest.
    """
    return build_spectrum(spectrum_arrays(record, overrides, **known), overrides)


def spectrum_arrays(record: Record, overrides: Overrides, **known: Any) -> SpectrumArrays:
    """The arrays of the spectrum of a record, the cameras of one spectrograph joined."""
    found = layouts(_labels(record))
    if not found:
        names = ", ".join(record.places.get(name, name) for name in record.values)
        raise FormatError(f"wavelength and flux are expected; there are {names}"[:300])
    fluxes = [one.roles[Role.FLUX] for one in found]
    alike = [name for name, role in found[0].unused.items() if role is Role.FLUX and _alike(name, fluxes[0])]
    if alike or (len(found) > 1 and not all(set(one.group) <= ARMS for one in found)):
        names = ", ".join((*fluxes, *alike))
        raise FormatError(
            f"several arrays could be the flux ({names}); leave only the one that is meant, or rename it "
            "to flux"
        )
    parts = [_arrays(record, one, known) for one in found]
    return parts[0] if len(parts) == 1 else join_arms(parts, overrides)


def _alike(name: str, other: str) -> bool:
    """Whether names differ in a number or letter only: ``flux_1``, ``flux_2``; ``a_flux``, ``b_flux``."""
    bare = [re.sub(r"\d+|(?<![a-z])[a-z](?![a-z])", "#", text) for text in (name, other)]
    return bare[0] == bare[1]


def are_parts(spectra: Sequence[SpectrumArrays]) -> bool:
    """Whether spectra lie beside one another, as those of the cameras of one spectrograph: none covers
    another by half."""
    if not 1 < len(spectra) <= MOST_PARTS or len({one.wavelength_unit for one in spectra}) > 1:
        return False
    ends = sorted((float(np.nanmin(one.wavelength)), float(np.nanmax(one.wavelength))) for one in spectra)
    return all(
        upper[0] > lower[0] and lower[1] - upper[0] < 0.5 * min(lower[1] - lower[0], upper[1] - upper[0])
        for lower, upper in pairwise(ends)
    )


def _labels(record: Record) -> dict[str, Meaning]:
    labels = {name: _label(record, name) for name, value in record.values.items() if _is_line(value)}
    wanted = (Role.WAVELENGTH, Role.FLUX)  # where these are text, `numbers` says so
    return {
        name: one
        for name, one in labels.items()
        if record.values[name].dtype.kind in "biuf" or one.role in wanted
    }


def _label(record: Record, name: str) -> Meaning:
    return label(name, record.ucds.get(name, ""), record.utypes.get(name, ""))


def _is_line(value: Any) -> bool:
    """Whether a value has as many numbers or texts in one row or column as a spectrum."""
    return isinstance(value, np.ndarray) and value.size >= FEWEST_VALUES and max(value.shape) == value.size


def _arrays(record: Record, layout: Layout, known: Mapping[str, Any]) -> SpectrumArrays:
    names = dict(layout.roles)
    wavelength, flux = names[Role.WAVELENGTH], names[Role.FLUX]
    if _at_rest(record, wavelength):
        raise FormatError(
            f"{_place(record, wavelength)} is of the rest frame; as observed are expected: multiply by 1 + z"
        )
    if not record.units.get(wavelength) and (_NOT_LENGTHS & set(name_words(wavelength))):
        raise FormatError(f"{_place(record, wavelength)} has no unit; state it, such as Hz, eV or cm-1")
    values = {role: numbers(record.values[name], name).ravel() for role, name in names.items()}
    of_others = [
        role
        for role in values
        if role not in _NEEDED
        and not (_fits(role, values) and (role not in _POWER or _is_of_flux(record, names[role], flux, role)))
    ]
    for role in of_others:
        del values[role], names[role]
    entries = [*_origins(record, names, values), *_unused(record, names, layout)]
    if Role.RESPONSE in values:
        values = {role: part * values[Role.RESPONSE] ** _POWER.get(role, 0) for role, part in values.items()}
    uncertainty = next((role for role in values if role in UNCERTAINTIES), None)
    if uncertainty is not None:
        values[uncertainty] = values[uncertainty] * _scale(record, names[uncertainty], flux, uncertainty)
    mask, known = _mask(values.get(Role.MASK), names.get(Role.MASK, ""), known)
    texts = (wavelength, record.descriptions.get(wavelength, ""), record.ucds.get(wavelength, ""))
    stated: dict[str, Any] = {
        "wavelength_unit": record.units.get(wavelength),
        "scale": scale_of(wavelength),
        "flux_unit": record.units.get(flux),
        "medium": medium_of(record.meta, *texts),
    }
    ivar = values.get(Role.INVERSE_VARIANCE, values.get(Role.WEIGHT))
    return SpectrumArrays(
        wavelength=values[Role.WAVELENGTH],
        flux=values[Role.FLUX],
        ivar=ivar_of(ivar, values.get(Role.ERROR), values.get(Role.VARIANCE)),
        mask=mask,
        entries=tuple(entries),
        **dict(known) | {name: value for name, value in stated.items() if value},
    )


def _at_rest(record: Record, wavelength: str) -> bool:
    """Whether the name, unit or description of the wavelengths says so, SPECSYS, DOPCOR01 or a comment.

    SPECSYS = SOURCE is the frame of the source: Greisen et al. 2006, A&A 446, 747, table 12. DOPCOR01 begins
    with the redshift that IRAF's dopcor removed, below MOTION_OF_EARTH for a heliocentric correction.
    """
    texts = (wavelength, record.units.get(wavelength, ""), record.descriptions.get(wavelength, ""))
    if any({"rest", "restframe"} & set(name_words(text)) for text in texts):
        return True
    removed = re.match(
        r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", str(record.meta.get("DOPCOR01", "")).strip(), re.IGNORECASE
    )
    if removed and abs(float(removed[0])) > MOTION_OF_EARTH:
        return True
    comments = str(record.meta.get("COMMENTS", "")).lower().splitlines()
    return str(record.meta.get("SPECSYS", "")).strip().upper() == "SOURCE" or any(
        re.search(r"\brest[- _]?(frame|wav|lam|λ)|1 ?\+ ?z\b|de-?redshifted", line)
        and re.search("wav|lambda|λ|spectrum", line)
        and not re.search(r"helio|bary|solar|local standard|not |observed|lines?\b", line)
        for line in comments
    )


def _fits(role: Role, values: Mapping[Role, NDArray[np.float64]]) -> bool:
    """Whether an array is of the pixels of the flux, and weights are what they would be as inverse
    variances."""
    flux = values[Role.FLUX]
    same = len(values[role]) == len(flux)
    return same and (role is not Role.WEIGHT or _is_ivar(values[role], flux))


def _origins(record: Record, names: Mapping[Role, str], values: Mapping[Role, Any]) -> Iterator[Entry]:
    """Where each array is from."""
    assumed = str(record.meta.get("NAMES_ASSUMED", "")).split(", ")
    for role, name in names.items():
        what = "uncertainty" if role in UNCERTAINTIES else "mask array" if role is Role.MASK else str(role)
        by = str(role) if role in UNCERTAINTIES else _label(record, name).by
        if name in assumed:
            yield Entry(what, _place(record, name), "assumed", "the columns have no names")
        else:
            yield Entry(what, _place(record, name), "header", by)
    if record.meta.get("DECIMAL_COMMAS"):
        yield Entry("numbers", "decimal commas", "detected", "read as points")


def _unused(record: Record, names: Mapping[Role, str], layout: Layout) -> Iterator[Entry]:
    """What is there and not read; where there is no uncertainty, that none of it is known to be one."""
    left = {
        name: role for name, role in (*_by_name(layout), *layout.unused.items()) if name not in names.values()
    }
    if left:
        roles = sorted({str(role) for role in left.values() if role is not Role.OTHER})
        has_uncertainty = any(role in UNCERTAINTIES for role in names)
        note = (
            ", ".join(roles) if has_uncertainty else "none of them is known to be an uncertainty of the flux"
        )
        yield Entry("not used", ", ".join(_place(record, name) for name in left), "dropped", note)
    words = [
        _place(record, name)
        for name, value in record.values.items()
        if _is_line(value) and value.dtype.kind == "U" and _label(record, name).role is Role.MASK
    ]
    if words:
        yield Entry(
            "not used", ", ".join(words), "dropped", "a mask in words; numbers or True/False are read"
        )
    if record.meta.get("OTHER_TABLES"):
        yield Entry("not used", str(record.meta["OTHER_TABLES"]), "dropped", "other tables of the file")


def _by_name(layout: Layout) -> list[tuple[str, Role]]:
    return [(name, role) for role, name in layout.roles.items()]


def _is_of_flux(record: Record, name: str, flux: str, role: Role) -> bool:
    """Whether the unit of an uncertainty, where one is stated, is the flux's or its due power of it.

    Percentages, magnitudes, and a ``sigma`` in km/s or Å, which is a resolution, are in none.
    """
    stated, wanted = (parse_unit(record.units.get(one)) for one in (name, flux))
    if stated is None or stated == wanted:
        return True
    if isinstance(stated, FunctionUnitBase) or stated == u.percent:
        return False
    if wanted is None or wanted.is_equivalent(u.one) or stated.is_equivalent(u.one):
        return not any(stated.is_equivalent(one) for one in (u.mag, u.AA, u.km / u.s))
    return any(stated.is_equivalent(wanted**power) for power in {1, _POWER[role]})


def _scale(record: Record, name: str, flux: str, role: Role) -> float:
    """What an uncertainty is multiplied by to be in the unit of the flux, where both state one; 1
    otherwise."""
    stated, wanted = (parse_unit(record.units.get(one)) for one in (name, flux))
    if stated is None or wanted is None or stated == wanted:
        return 1.0
    try:
        return float(stated.to(wanted ** _POWER[role]))
    except (u.UnitConversionError, TypeError):  # the unit of the flux, written beside its inverse variance
        return 1.0


def _mask(
    mask: NDArray[np.float64] | None, name: str, known: Mapping[str, Any]
) -> tuple[NDArray[np.float64] | None, dict[str, Any]]:
    """The bits of a mask that count, and what the survey says without them."""
    rest = {key: value for key, value in known.items() if key != "mask_bits"}
    if mask is None:
        return None, rest
    if bits := known.get("mask_bits"):
        mask = (mask.astype(np.int64) & bits).astype(np.float64)
    if marks_good(name):
        rest.setdefault("mask_sense", ("good", f"the name {name} says so"))
    elif marks_bad(name):
        rest.setdefault("mask_sense", ("bad", f"the name {name} says so"))
    return mask, rest


def _place(record: Record, name: str) -> str:
    return record.places.get(name, name)


def _is_ivar(weight: NDArray[np.float64], flux: NDArray[np.float64]) -> bool:
    """Whether weights are the inverse of the variance that the flux shows from pixel to pixel."""
    good = np.isfinite(flux) & np.isfinite(weight) & (weight > 0)
    if good.sum() < FEWEST_VALUES:
        return False
    stated, seen = float(np.median(weight[good])) ** -0.5, noise_of(flux[good])
    return bool(stated / _AS_IVAR < seen < stated * _AS_IVAR)
