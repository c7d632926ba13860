"""Named arrays of any kind of file -> the spectra in them, by the roles of the arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.errors import FormatError
from aion.io.content import Record, Table, numbers
from aion.io.objects import Entry, Overrides
from aion.io.registry import Found
from aion.io.roles import ARMS, UNCERTAINTIES, Layout, Meaning, Role, label, layouts, marks_good, name_words
from aion.io.rows import identifier
from aion.io.spectra import SpectrumArrays, build_spectrum, ivar_of, join_arms, noise_of
from aion.io.units import medium_of, scale_of

FEWEST_VALUES = 30
"""Values of an array below which it is no spectrum."""
FEWEST_ROWS = 30
"""Rows below which a table with wavelength and flux columns is not taken for a spectrum, or for one of several."""
MOST_PARTS = 12
"""Spectra of one file that may be parts of one."""
_AS_IVAR = 2.0
"""A column of weights is one of inverse variances where it gives the scatter of the flux within this factor."""


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
    """A record with the fluxes of many objects in the rows of one array as one record for each; else the record."""
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
    return [
        replace(
            record,
            values={name: value[i] if name in rows else value for name, value in record.values.items()},
        )
        for i in range(count)
    ]


def objects_in(table: Table) -> list[Record]:
    """A table whose rows are pixels as one record, or one for each object where a column of ids repeats on many rows."""
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
    if len(found) > 1 and not all(set(one.group) <= ARMS for one in found):
        names = ", ".join(one.roles[Role.FLUX] for one in found)
        raise FormatError(
            f"several arrays could be the flux ({names}); leave only the one that is meant, or rename it to flux"
        )
    parts = [_arrays(record, one, known) for one in found]
    return parts[0] if len(parts) == 1 else join_arms(parts, overrides)


def are_parts(spectra: Sequence[SpectrumArrays]) -> bool:
    """Whether spectra lie beside one another, as those of the cameras of one spectrograph: none covers another by half."""
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
    values = {role: numbers(record.values[name], name).ravel() for role, name in names.items()}
    wavelength, flux = names[Role.WAVELENGTH], names[Role.FLUX]
    if "rest" in name_words(wavelength) + name_words(record.descriptions.get(wavelength, "")):
        raise FormatError(
            f"{_place(record, wavelength)} is of the rest frame; wavelengths as observed are expected: multiply by 1 + z"
        )
    unfit = {role: name for role, name in names.items() if len(values[role]) != len(values[Role.FLUX])}
    entries = [
        Entry("wavelength", _place(record, wavelength), "header", _label(record, wavelength).by),
        Entry("flux", _place(record, flux), "header", _label(record, flux).by),
    ]
    if Role.WEIGHT in values and not _is_ivar(values[Role.WEIGHT], values[Role.FLUX]):
        unfit[Role.WEIGHT] = names[Role.WEIGHT]
    for role in (role for role in unfit if role is not Role.WAVELENGTH):
        del values[role]
    uncertainty = next((role for role in values if role in UNCERTAINTIES), None)
    if uncertainty is not None:
        entries.append(Entry("uncertainty", _place(record, names[uncertainty]), "header", str(uncertainty)))
    unused = [*(name for role, name in unfit.items() if role is not Role.WAVELENGTH), *layout.unused]
    if unused:
        entries.append(
            Entry(
                "not used",
                ", ".join(_place(record, name) for name in unused),
                "dropped",
                _why(layout, uncertainty),
            )
        )
    if (response := values.pop(Role.RESPONSE, None)) is not None:
        values[Role.FLUX] = values[Role.FLUX] * response
        power = {Role.INVERSE_VARIANCE: -2, Role.WEIGHT: -2, Role.ERROR: 1, Role.VARIANCE: 2}
        values |= {role: values[role] * response ** power[role] for role in values if role in power}
        entries.append(
            Entry("flux", _place(record, names[Role.RESPONSE]), "header", "counts were multiplied by it")
        )
    mask = names.get(Role.MASK, "")
    if Role.MASK in values and "mask_sense" not in known and marks_good(mask):
        known = {**known, "mask_sense": ("good", f"the name {mask} says so")}
    if Role.MASK in values and (bits := known.get("mask_bits")):
        values[Role.MASK] = (values[Role.MASK].astype(np.int64) & bits).astype(np.float64)
    known = {name: value for name, value in known.items() if name != "mask_bits"}
    texts = (wavelength, record.descriptions.get(wavelength, ""), record.ucds.get(wavelength, ""))
    stated: dict[str, Any] = {
        "wavelength_unit": record.units.get(wavelength),
        "scale": scale_of(wavelength),
        "flux_unit": record.units.get(flux),
        "medium": medium_of(record.meta, *texts),
    }
    return SpectrumArrays(
        wavelength=values[Role.WAVELENGTH],
        flux=values[Role.FLUX],
        ivar=ivar_of(
            values.get(Role.INVERSE_VARIANCE, values.get(Role.WEIGHT)),
            values.get(Role.ERROR),
            values.get(Role.VARIANCE),
        ),
        mask=values.get(Role.MASK),
        entries=tuple(entries),
        **dict(known) | {name: value for name, value in stated.items() if value},
    )


def _why(layout: Layout, uncertainty: Role | None) -> str:
    roles = ", ".join(sorted({str(role) for role in layout.unused.values() if role is not Role.OTHER}))
    if uncertainty is None:
        return "none of them is known to be an uncertainty of the flux"
    return roles


def _place(record: Record, name: str) -> str:
    return record.places.get(name, name)


def _is_ivar(weight: NDArray[np.float64], flux: NDArray[np.float64]) -> bool:
    """Whether weights are the inverse of the variance that the flux shows from pixel to pixel."""
    good = np.isfinite(flux) & np.isfinite(weight) & (weight > 0)
    if good.sum() < FEWEST_VALUES:
        return False
    stated, seen = float(np.median(weight[good])) ** -0.5, noise_of(flux[good])
    return bool(stated / _AS_IVAR < seen < stated * _AS_IVAR)
