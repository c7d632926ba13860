"""npz, npy and JSON bytes, and mappings in memory -> records. Nothing is ever unpickled."""

import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Array, Record, Records, Table, native
from aion.io.source import as_stream, check_unpacked

_PICKLED = (
    "it holds Python objects, which are pickled and can run code; save plain numbers with numpy.savez instead"
)


def open_npz(data: bytes) -> Records:
    """Arrays of an npz file as one record.

    Raises:
        FormatError: another kind of zip, arrays of Python objects, or more than fits.
    """
    with zipfile.ZipFile(as_stream(data)) as archive:
        members = archive.infolist()
        if not members or not all(member.filename.endswith(".npy") for member in members):
            raise FormatError("this is a zip archive, not an npz file; unpack it and give the files in it")
        check_unpacked(sum(member.file_size for member in members), "the npz file")
        values = {}
        for member in members:
            with archive.open(member) as stream:
                values[member.filename.removesuffix(".npy").lower()] = _array(stream.read())
    return Records((record(values, "npz"),))


def open_npy(data: bytes) -> Records | Table:
    """One array: a table if it has named fields, otherwise a record with the name ``array``."""
    array = _array(data)
    if array.dtype.names and array.ndim == 1:
        return Table({name.lower(): native(array[name]) for name in array.dtype.names}, {}, {}, "npy")
    return Records((record({"array": array}, "npy"),))


def open_json(data: bytes) -> Records:
    """An object, a list of them, or ``{"records": [...]}``."""
    content = json.loads(data)
    if isinstance(content, dict) and isinstance(content.get("records"), list):
        content = content["records"]
    items = [
        item
        for item in (content if isinstance(content, list) else [content])
        if isinstance(item, dict) and len(item) > 1
    ]
    if not items:
        raise FormatError(
            "the JSON holds no record; an object with named arrays, such as flux and wavelength, is expected"
        )
    return Records(tuple(record(item, "JSON") for item in items))


def record(values: Mapping[str, Any], origin: str) -> Record:
    """Names in lower case, nested mappings joined by ``_``, lists as arrays, quantities as array and unit."""
    flat: dict[str, Any] = {}
    units: dict[str, str] = {}
    for key, value in values.items():
        name = str(key).lower()
        if isinstance(value, (list, tuple)) and value and all(isinstance(part, Mapping) for part in value):
            value = {
                field: [part[field] for part in value] for field in set(value[0]).intersection(*value[1:])
            }  # a list of bands
        if isinstance(value, Mapping):
            inner = record(value, origin)
            flat |= {f"{name}_{sub}": part for sub, part in inner.values.items()}
            units |= {f"{name}_{sub}": unit for sub, unit in inner.units.items()}
            continue
        unit = getattr(value, "unit", None)
        if unit is not None and str(unit):
            units[name] = str(unit)
        flat[name] = _plain(getattr(value, "value", value) if unit is not None else value)
    return Record(flat, units, origin)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return np.array([np.nan if part is None else part for part in value])
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return native(value)
    return value


def _array(data: bytes) -> Array:
    """One npy member. The header is read first: numpy reserves what it claims before it finds out whether it is there."""
    stream = as_stream(data)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise FormatError(f"the array is in npy version {version}; save it again with numpy")
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = read_header(stream)
    if dtype.hasobject:
        raise FormatError(_PICKLED)
    size = math.prod(shape) * dtype.itemsize
    here = len(data) - stream.tell()
    if size > here or size < 0:
        raise FormatError(f"the array ends early: {here:,} of {size:,} bytes; save or download it again")
    check_unpacked(size, "the array")
    values = np.frombuffer(data, dtype, count=math.prod(shape), offset=stream.tell())
    return values.reshape(shape, order="F" if fortran else "C")
