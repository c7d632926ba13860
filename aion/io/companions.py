"""Files with the error or the mask of a spectrum whose flux is in another of those that were given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Record, Records, Table
from aion.io.fits_file import FitsFile
from aion.io.fits_layouts import spectrum_records
from aion.io.parsing import Content
from aion.io.roles import UNCERTAINTIES, Role, label, name_words
from aion.io.rows import with_header
from aion.io.spectrum_records import holds_spectrum, objects_in

_PARTS = (*UNCERTAINTIES, Role.MASK)
_ENDING = re.compile(r"\.(fits?|fts|fz|gz|bz2|txt|dat|csv|ascii)(?=$|\.)")


def with_companions(named: Sequence[tuple[str, Content]]) -> dict[int, Content | None]:
    """What becomes of files by their place: the flux with the arrays of the others, and None for those.

    Which file belongs to which is known by the last word of their names, or where there is exactly one file
    of one spectrum.

    Raises:
        FormatError: a part does not have as many pixels as the flux, or not its wavelengths.
    """
    fluxes = {i: record for i, (_, content) in enumerate(named) if (record := _flux(content)) is not None}
    by_name = _parts_by_name([name for name, _ in named], fluxes)
    parts = {
        i: part
        for i, (_, content) in enumerate(named)
        if i not in fluxes and (part := _part(content)) is not None
    }
    joined: dict[int, Record] = {}
    for i, (place, word) in by_name.items():
        flux = joined.get(place, fluxes[place])
        joined[place] = _joined(flux, named[place][0], _renamed(fluxes[i], word), named[i][0])
    places = [i for i in fluxes if i not in by_name]
    if parts and len(places) == 1:
        [place] = places
        for i, part in parts.items():
            joined[place] = _joined(joined.get(place, fluxes[place]), named[place][0], part, named[i][0])
        by_name |= dict.fromkeys(parts, (place, ""))
    return {i: Records((record,)) for i, record in joined.items()} | dict.fromkeys(by_name)


def _parts_by_name(names: Sequence[str], fluxes: Mapping[int, Record]) -> dict[int, tuple[int, str]]:
    """Files of one array without a name, beside another such file whose name differs in the last word only:
    ``q1_F.fits`` and ``q1_E.fits``, ``q1.fits`` and ``q1_ivar.fits``.

    The place of an uncertainty or mask -> that of its flux, and the word of its name that says what it is.
    """
    words = {i: name_words(_ENDING.sub("", names[i])) for i, record in fluxes.items() if _is_bare(record)}
    whole = {tuple(said[:-1]) if _says_flux(said) else tuple(said): i for i, said in words.items()}
    found = {}
    for i, said in words.items():
        place = whole.get(tuple(said[:-1]))
        if place not in (None, i) and label(said[-1]).role in _PARTS:
            found[i] = (place, said[-1])
    return {
        i: (place, word) for i, (place, word) in found.items() if place is not None and place not in found
    }


def _says_flux(words: Sequence[str]) -> bool:
    return bool(words) and (words[-1] == "f" or label(words[-1]).role is Role.FLUX)


def _is_bare(record: Record) -> bool:
    """Whether a spectrum has neither uncertainty nor mask."""
    return not any(role in _PARTS for role in _lines(record))


def _lines(record: Record) -> dict[Role, str]:
    """Role -> the name of a line of numbers that has it."""
    return {label(name).role: name for name, value in record.values.items() if np.ndim(value) == 1}


def _renamed(record: Record, word: str) -> Record:
    """What was taken for a flux under the word that says what it is, and its wavelengths."""
    names = _lines(record)
    flux, wavelength = names[Role.FLUX], names[Role.WAVELENGTH]
    units = {word: record.units[flux]} if flux in record.units else {}
    return Record({word: record.values[flux], wavelength: record.values[wavelength]}, units)


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
    names = _lines(record)
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
