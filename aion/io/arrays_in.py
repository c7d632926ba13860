"""npz, npy and JSON bytes, and mappings in memory -> records. Nothing is ever unpickled."""

import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.astropy_in import bare
from aion.io.columns import Notes, table_of
from aion.io.content import Array, Record, Records, Table, lower_names, native
from aion.io.source import as_stream, check_unpacked

_PICKLED = (
    "it holds Python objects, which are pickled and can run code; save plain numbers with numpy.savez instead"
)
_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def open_npz(data: bytes) -> Records:
    """Arrays of an npz file as one record.

    Raises:
        FormatError: another kind of zip, arrays of Python objects, or more than fits.
    """
    with zipfile.ZipFile(as_stream(data)) as archive:
        members = archive.infolist()
        if not members or not all(member.filename.endswith(".npy") for member in members):
            raise FormatError(_zip_of(members))
        check_unpacked(sum(member.file_size for member in members), "the npz file")
        values = {}
        for member in members:
            with archive.open(member) as stream:
                values[member.filename.removesuffix(".npy").lower()] = _array(stream.read())
    return Records((record(values, "npz"),))


def _zip_of(members: list[zipfile.ZipInfo]) -> str:
    names = [member.filename for member in members if not member.is_dir()]
    if "xl/workbook.xml" in names:
        return "this is an Excel workbook; export the sheet as CSV"
    shown = f" ({', '.join(names[:3])}{', ...' * (len(names) > 3)})" if names else ""
    return f"this is a zip archive, not an npz file; unpack it and give the files in it{shown}"


def open_npy(data: bytes) -> Records | Table:
    """One array: a table if it has named fields, otherwise a record with the name ``array``."""
    array = _array(data)
    if array.dtype.names and array.ndim == 1:
        return structured(array, "npy")
    return Records((record({"array": array}, "npy"),))


def structured(array: Array, origin: str) -> Table:
    """An array with named fields as a table."""
    fields = array.dtype.names or ()
    values = (native(array[name]) for name in fields)
    return table_of(dict(zip(lower_names(fields), values, strict=True)), Notes(), origin)


def open_json(data: bytes) -> Records | Table:
    """An object, a list of them, or ``{"records": [...]}``; pixels or rows of single values as a table.

    A first item that shares no name with the others is about them, as SPARCL's answers have it.
    """
    content = json.loads(data)
    if isinstance(content, dict) and isinstance(content.get("records"), list):
        content = content["records"]
    items = content if isinstance(content, list) else [content]
    items = [item for item in items if isinstance(item, dict) and len(item) > 1]
    if len(items) > 1 and not items[0].keys() & items[1].keys():
        items = items[1:]
    if not items:
        raise FormatError(
            "the JSON holds no record; an object with named arrays, such as flux and wavelength, is expected"
        )
    single = not any(isinstance(value, (list, dict)) for item in items for value in item.values())
    if len(items) > 1 and single:
        names = [name for name in items[0] if all(name in item for item in items)]
        columns = (np.asarray(_plain([item[name] for item in items])) for name in names)
        return table_of(dict(zip(lower_names(names), columns, strict=True)), Notes(), "JSON")
    return Records(tuple(record(item, "JSON") for item in items))


def record(values: Mapping[str, Any], origin: str) -> Record:
    """Names in lower case, nested mappings joined by ``_``, lists as arrays, quantities as array and unit."""
    flat = list(_flattened(values))
    names = lower_names(name for name, _, _ in flat)
    units = {name: unit for name, (_, _, unit) in zip(names, flat, strict=True) if unit}
    return Record({name: value for name, (_, value, _) in zip(names, flat, strict=True)}, units, origin)


def _flattened(values: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Name, value and unit (empty without one) of everything in a mapping and in the mappings in it."""
    for key, value in values.items():
        if isinstance(value, (list, tuple)) and value and all(isinstance(part, Mapping) for part in value):
            fields = set(value[0]).intersection(*value[1:])  # of a list of bands
            value = {field: [part[field] for part in value] for field in fields}
        if isinstance(value, Mapping):
            yield from ((f"{key}_{inner}", part, unit) for inner, part, unit in _flattened(value))
            continue
        unit = getattr(value, "unit", None)
        yield str(key), _plain(value), "" if unit is None else str(unit)


def _plain(value: Any) -> Any:
    """Lists and what numpy takes as arrays in native order, missing values NaN; a single value as such."""
    if isinstance(value, (list, tuple)):
        return np.array([np.nan if part is None else part for part in value])
    if not hasattr(value, "__array__"):
        return value
    array = native(bare(value))
    return array if array.ndim else array.item()


def _array(data: bytes) -> Array:
    """One npy member. Its header is read first: numpy reserves what it claims, there or not."""
    stream = as_stream(data)
    version = np.lib.format.read_magic(stream)
    if version not in _HEADER_READERS:
        raise FormatError(f"the array is in npy version {version}; save it again with numpy")
    shape, fortran, dtype = _HEADER_READERS[version](stream)
    if dtype.hasobject:
        raise FormatError(_PICKLED)
    size = math.prod(shape) * dtype.itemsize
    here = len(data) - stream.tell()
    if size > here or size < 0:
        raise FormatError(f"the array ends early: {here:,} of {size:,} bytes; save or download it again")
    check_unpacked(size, "the array")
    values = np.frombuffer(data, dtype, count=math.prod(shape), offset=stream.tell())
    return values.reshape(shape, order="F" if fortran else "C")
