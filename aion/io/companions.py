"""Files with the error or the mask of a spectrum whose flux is in another of those that were given."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Record, Records, Table
from aion.io.fits_file import FitsFile
from aion.io.fits_layouts import spectrum_records
from aion.io.parsing import Content
from aion.io.roles import UNCERTAINTIES, Role, label
from aion.io.rows import with_header
from aion.io.spectrum_records import holds_spectrum, objects_in

_PARTS = (*UNCERTAINTIES, Role.MASK)


def with_companions(named: Sequence[tuple[str, Content]]) -> dict[int, Content | None]:
    """What becomes of files by their place: the flux with the arrays of the others, and None for those.

    Empty where there is not exactly one file of one spectrum, or none that is part of it.

    Raises:
        FormatError: a part does not have as many pixels as the flux, or not its wavelengths.
    """
    fluxes = {i: record for i, (_, content) in enumerate(named) if (record := _flux(content)) is not None}
    parts = {
        i: part
        for i, (_, content) in enumerate(named)
        if i not in fluxes and (part := _part(content)) is not None
    }
    if not parts:
        return {}
    if len(fluxes) != 1:
        return {}
    ((place, record),) = fluxes.items()
    for i, part in parts.items():
        record = _joined(record, named[place][0], part, named[i][0])
    return {place: Records((record,))} | dict.fromkeys(parts)


def _arrays(content: Content) -> Record:
    """Every line of numbers by its name: columns, or images under the names of their HDUs."""
    if isinstance(content, FitsFile):
        values: dict[str, Any] = {
            hdu.name.lower(): np.squeeze(hdu.image()) for hdu in content.images() if hdu.name
        }
        units = {
            hdu.name.lower(): str(hdu.header["BUNIT"]) for hdu in content.images() if "BUNIT" in hdu.header
        }
        tables = [hdu.table() for hdu in content.tables()]
        if tables:
            values, units = {**values, **tables[0].columns}, {**units, **tables[0].units}
        return Record(values, units)
    return content.whole() if isinstance(content, Table) else content.items[0]


def _part(content: Content) -> Record | None:
    """The uncertainty or mask that a file without a flux holds, and its wavelengths if it has them."""
    if isinstance(content, Records) and len(content.items) > 1:
        return None
    record = _arrays(content)
    roles = {
        name: label(name, record.ucds.get(name, ""), record.utypes.get(name, "")).role
        for name in record.values
    }
    lines = {name: role for name, role in roles.items() if np.ndim(record.values[name]) == 1}
    if Role.FLUX in lines.values() or not any(role in _PARTS for role in lines.values()):
        return None
    kept = {name: record.values[name] for name, role in lines.items() if role in (*_PARTS, Role.WAVELENGTH)}
    return Record(kept, {name: unit for name, unit in record.units.items() if name in kept})


def _flux(content: Content) -> Record | None:
    """The one spectrum of a file."""
    if isinstance(content, FitsFile):
        try:
            records = [with_header(record, record.meta) for _, record in spectrum_records(content)]
        except FormatError:
            return None
    else:
        records = objects_in(content) if isinstance(content, Table) else list(content.items)
    return records[0] if len(records) == 1 and holds_spectrum(records[0]) else None


def _joined(record: Record, name: str, part: Record, part_name: str) -> Record:
    names = {label(key).role: key for key in record.values if np.ndim(record.values[key]) == 1}
    size = np.size(record.values[names[Role.FLUX]])
    for key, values in part.values.items():
        role = label(key).role
        if np.size(values) != size:
            raise FormatError(
                f"{key} in {part_name} has {np.size(values)} pixels, the flux in {name} {size}; give files "
                "of one spectrum"
            )
        if role is Role.WAVELENGTH and not np.allclose(
            values, record.values[names[Role.WAVELENGTH]], rtol=1e-5
        ):
            raise FormatError(
                f"the wavelengths in {part_name} are not those in {name}; give files of one spectrum"
            )
    more = {key: values for key, values in part.values.items() if label(key).role is not Role.WAVELENGTH}
    places = {key: f"{key} in {part_name}" for key in more}
    units = {**record.units, **{key: part.units[key] for key in more if key in part.units}}
    values = {**record.values, **more}
    return replace(record, values=values, units=units, places={**record.places, **places})
