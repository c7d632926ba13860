"""Parquet and HDF5 bytes and tables of arrow -> a Table. Knows no column's meaning."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aion.errors import FormatError
from aion.io.astropy_in import notes_of_fields, notes_of_yaml
from aion.io.columns import Notes, check_rows, plain, table_of
from aion.io.content import Array, Record, Records, Table, lower_names, native
from aion.io.source import as_stream, check_unpacked

PARQUET_BATCH = 64
"""Rows that are unpacked before the size is looked at again."""
MOST_DATASETS = 2000
"""Of an HDF5 file; what comes after them is left out."""


def open_parquet(data: bytes) -> Table:
    """Columns of a Parquet file; fields of structs become ``struct_field``."""
    file = pq.ParquetFile(pa.BufferReader(data))
    check_rows(file.metadata.num_rows)
    # The metadata of single columns says how large they are, but asking a damaged file for it ends the
    # process (pyarrow 26).
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=PARQUET_BATCH, use_threads=False):
        size += batch.nbytes
        check_unpacked(size, "the Parquet file")
        batches.append(batch)
    return from_arrow(pa.Table.from_batches(batches, file.schema_arrow), "Parquet")


def from_arrow(table: pa.Table, origin: str) -> Table:
    """Columns of a table of arrow with the units that its fields, astropy or VOParquet state."""
    indices = [
        name for name in table.column_names if name.startswith("__index_level_")
    ]  # of pandas, without a name
    parts = [
        ("index" if name in indices else name, column.combine_chunks())
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    flat = [part for name, column in parts for part in _flattened(name, column)]
    columns = dict(zip(lower_names(name for name, _ in flat), (values for _, values in flat), strict=True))
    return table_of(columns, _arrow_notes(table.schema), origin)


def _arrow_notes(schema: pa.Schema) -> Notes:
    said = schema.metadata or {}
    if b"IVOA.VOTable-Parquet.content" in said:  # https://www.ivoa.net/documents/Notes/VOParquet/
        return notes_of_fields(said[b"IVOA.VOTable-Parquet.content"])
    if b"table_meta_yaml" in said:
        return notes_of_yaml(said[b"table_meta_yaml"].decode().split("\n"))
    units, descriptions = (
        {
            field.name.lower(): (field.metadata or {})[key].decode("utf-8", "replace")
            for field in schema
            for key in keys
            if key in (field.metadata or {})
        }
        for keys in ((b"units", b"unit"), (b"description",))
    )
    return Notes(units, descriptions=descriptions)


def open_hdf5(data: bytes) -> Table | Records:
    """Datasets of an HDF5 file, ``group_member`` in groups; one record where the lengths differ.

    Tables of astropy state their units beside them, other datasets in an attribute ``units`` or ``unit``.
    """
    with h5py.File(as_stream(data), "r") as file:
        found = _Datasets()
        found.collect(file, "")
        meta = {str(key).upper(): plain(value) for key, value in file.attrs.items()}
        groups = _numbered_groups(file)
        if len(groups) > 1:
            return Records(tuple(_of_group(file, group, meta) for group in groups))
    if not found.parts:
        raise FormatError(
            "the HDF5 file holds no arrays; datasets such as spectrum_flux or image_array are expected"
        )
    names = lower_names(name for name, _, _ in found.parts)
    columns = {name: values for name, (_, values, _) in zip(names, found.parts, strict=True)}
    notes = notes_of_yaml(found.yaml) if found.yaml else Notes()
    units = {name: unit for name, (_, _, unit) in zip(names, found.parts, strict=True) if unit}
    notes = replace(notes, units=dict(notes.units) | units, meta=dict(notes.meta) | meta)
    lengths = {len(column) if column.ndim else None for column in columns.values()}
    if len(lengths) > 1 or None in lengths:
        return Records((Record(columns, notes.units, "HDF5", descriptions=notes.descriptions),))
    return table_of(columns, notes, "HDF5")


def _flattened(name: str, column: pa.Array) -> list[tuple[str, Array]]:
    """One arrow column -> numpy columns with their names, structs and lists of structs taken apart."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_struct(column.type):
        fields = zip((field.name for field in column.type), column.flatten(), strict=True)
        return [part for field, inner in fields for part in _flattened(f"{name}_{field}", inner)]
    if _is_list(column.type) and pa.types.is_struct(column.type.value_type):
        lengths = np.asarray(pc.list_value_length(column).fill_null(0))
        return [(key, _unflatten(part, lengths)) for key, part in _flattened(name, column.flatten())]
    return [(name, _to_numpy(column))]


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _to_numpy(column: pa.Array) -> Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if _is_list(column.type):
        lengths = np.asarray(pc.list_value_length(column).fill_null(0))
        return _unflatten(_to_numpy(column.flatten()), lengths)
    if pa.types.is_boolean(column.type):
        column = column.fill_null(False)
    if (
        pa.types.is_string(column.type)
        or pa.types.is_large_string(column.type)
        or pa.types.is_binary(column.type)
    ):
        return np.array([_text(value) for value in column.to_pylist()])
    if pa.types.is_integer(column.type) and column.null_count:
        gaps = np.asarray(column.is_null())
        return native(np.ma.MaskedArray(np.asarray(column.fill_null(0)), mask=gaps))
    return native(column.to_numpy(zero_copy_only=False))


def _unflatten(values: Array, lengths: Array) -> Array:
    """(sum of lengths, ...) -> (rows, length, ...), or an object array of arrays where the lengths differ."""
    if len(lengths) and (lengths == lengths[0]).all():
        return values.reshape(len(lengths), int(lengths[0]), *values.shape[1:])
    ragged = np.empty(len(lengths), dtype=object)
    for i, part in enumerate(np.split(values, np.cumsum(lengths)[:-1])):
        ragged[i] = part
    return ragged


def _text(value: Any) -> str:
    return (
        value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
    )


def _members(group: Any) -> Iterator[tuple[str, Any]]:
    """Groups and datasets of this file only: links to other files are not followed."""
    for key in group:
        if isinstance(group.get(key, getlink=True), h5py.HardLink):
            yield key, group[key]


def _numbered_groups(file: Any) -> list[str]:
    """Groups of the same members whose names differ in a number only: one for each object.

    Parts of one spectrum may be numbered too, which their names say.
    """
    groups = {key: frozenset(item) for key, item in _members(file) if isinstance(item, h5py.Group)}
    names = {re.sub(r"\d+", "", key).strip("_- ").lower() for key in groups}
    is_parts = names & {"order", "exposure", "exp", "chip", "ccd", "arm", "part", "camera", "visit"}
    numbered = all(re.search(r"\d", key) for key in groups)
    return [*groups] if len(names) == len({*groups.values()}) == 1 and numbered and not is_parts else []


def _of_group(file: Any, group: str, meta: dict[str, Any]) -> Record:
    """What one group holds, with the datasets beside the groups; its name is the id where it has none."""
    shared, own = _Datasets(), _Datasets()
    shared.collect(file, "", deep=False)
    own.collect(file[group], "")
    stated = {str(key).lower(): plain(value) for key, value in file[group].attrs.items()}
    values = (
        {"object_id": group} | stated | {name.lower(): part for name, part, _ in (*shared.parts, *own.parts)}
    )
    units = {name.lower(): unit for name, _, unit in (*shared.parts, *own.parts) if unit}
    return Record(values, units, "HDF5", meta=meta)


def _unpacked(values: Any, stated: Any) -> Any:
    """Numbers that are packed as netCDF does it: https://cfconventions.org, section 8.1."""
    packing = [
        np.ravel(stated.get(name, default)) for name, default in (("scale_factor", 1), ("add_offset", 0))
    ]
    missing = np.ravel(stated.get("_FillValue", np.nan))
    is_packed = "scale_factor" in stated or "add_offset" in stated
    if not is_packed or np.asarray(values).dtype.kind not in "biuf":
        return values
    (scale, *_), (offset, *_) = packing
    return np.where(values == missing[0], np.nan, np.asarray(values, np.float64) * scale + offset)


class _Datasets:
    """Datasets of a file, with what is said of them."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, Array, str]] = []
        """Name, values, and the unit that an attribute states, or nothing."""
        self.yaml: list[str] = []
        """What astropy wrote of its columns."""

    def collect(self, group: Any, prefix: str, *, deep: bool = True) -> None:
        """Every dataset in `group`, or below it, four levels deep; `prefix` goes before its name."""
        for key, item in _members(group):
            if len(self.parts) > MOST_DATASETS:
                return
            if isinstance(item, h5py.Group) and deep and prefix.count("_") < 3:
                self.collect(item, f"{prefix}{key}_")
            elif isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
                size = int(item.nbytes) + sum(values.nbytes for _, values, _ in self.parts)
                check_unpacked(size, "the HDF5 file")
                self._add(f"{prefix}{key}", prefix, item)

    def _add(self, name: str, prefix: str, item: Any) -> None:
        values = item[()]
        if name.endswith(".__table_column_meta__"):
            self.yaml += [_text(line) for line in values]
        elif item.dtype.names:  # a table in one dataset, as astropy writes it
            for column in item.dtype.names:
                self._add_values(f"{prefix}{column}", values[column])
        else:
            values = _unpacked(values, item.attrs)
            unit = next((item.attrs[key] for key in ("units", "unit", "UNIT") if key in item.attrs), None)
            self._add_values(name, values, _text(unit))

    def _add_values(self, name: str, values: Any, unit: str = "") -> None:
        if isinstance(values, np.ndarray) and values.dtype == object:
            values = np.array([_text(value) for value in values.ravel()]).reshape(values.shape)
        if np.asarray(values).dtype.kind in "biufSU":
            self.parts.append((name, native(values), unit))
