"""Parquet and HDF5 bytes and tables of arrow -> a Table. Knows no column's meaning."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aion.errors import FormatError
from aion.io.astropy_in import notes_of_fields, notes_of_yaml
from aion.io.columns import Notes, check_rows, notes_of, plain_cards, table_of
from aion.io.content import Array, Record, Records, Table, lower_names, native
from aion.io.source import as_stream, check_unpacked

PARQUET_BATCH = 64
"""Rows that are unpacked before the size is looked at again."""
MOST_DATASETS = 2000
"""Of an HDF5 file; what comes after them is left out."""
_PARTS = {"order", "exposure", "exp", "chip", "ccd", "arm", "part", "camera", "visit"}
_UNIT_NAMES = ("units", "unit", "UNIT")
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)


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
    check_rows(table.num_rows)
    flat: list[tuple[str, Array]] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        name = "index" if name.startswith("__index_level_") else name  # of pandas, without a name
        flat += _flattened(name, column.combine_chunks())
    columns = dict(zip(lower_names(name for name, _ in flat), (values for _, values in flat), strict=True))
    return table_of(columns, _arrow_notes(table.schema), origin)


def _arrow_notes(schema: pa.Schema) -> Notes:
    meta = schema.metadata or {}
    if b"IVOA.VOTable-Parquet.content" in meta:  # https://www.ivoa.net/documents/Notes/VOParquet/
        return notes_of_fields(meta[b"IVOA.VOTable-Parquet.content"])
    if b"table_meta_yaml" in meta:
        return notes_of_yaml(meta[b"table_meta_yaml"].decode().split("\n"))
    of_fields = [(field.name, field.metadata or {}) for field in schema]
    texts = [(name, {_text(key): _text(value) for key, value in about.items()}) for name, about in of_fields]
    return notes_of([(name, {"unit": about.get("units"), **about}) for name, about in texts], {})


def open_hdf5(data: bytes) -> Table | Records:
    """Datasets of an HDF5 file, ``group_member`` in groups; one record where the lengths differ.

    Tables of astropy state their units beside them, other datasets in an attribute ``units`` or ``unit``.
    """
    with h5py.File(as_stream(data), "r") as file:
        meta = plain_cards(file.attrs)
        groups = _numbered_groups(file)
        if len(groups) > 1:
            shared, _ = _collected(_datasets(file, "", levels=0))
            return Records(tuple(_of_group(file[group], group, shared, meta) for group in groups))
        parts, yaml = _collected(_datasets(file, ""))
    if not parts:
        raise FormatError(
            "the HDF5 file holds no arrays; datasets such as spectrum_flux or image_array are expected"
        )
    names = lower_names(name for name, _, _ in parts)
    columns = {name: native(values) for name, (_, values, _) in zip(names, parts, strict=True)}
    units = {name: unit for name, (_, _, unit) in zip(names, parts, strict=True) if unit}
    notes = notes_of_yaml(yaml) if yaml else Notes()
    notes = replace(notes, units={**notes.units, **units}, meta={**notes.meta, **meta})
    lengths = {len(column) if column.ndim else None for column in columns.values()}
    if len(lengths) > 1 or None in lengths:
        return Records(
            (Record(columns, notes.units, "HDF5", descriptions=notes.descriptions, meta=notes.meta),)
        )
    return table_of(columns, notes, "HDF5")


Parts = list[tuple[str, Array, str]]
"""Name, values, unit."""


def _collected(datasets: Iterator[tuple[str, str, Any]]) -> tuple[Parts, list[str]]:
    """The datasets that hold numbers or text, and what astropy wrote of its columns."""
    parts: Parts = []
    yaml: list[str] = []
    for prefix, key, dataset in islice(datasets, MOST_DATASETS):
        check_unpacked(int(dataset.nbytes) + sum(part[1].nbytes for part in parts), "the HDF5 file")
        values = dataset[()]
        if key.endswith(".__table_column_meta__"):
            yaml += [_text(line) for line in values]
        elif dataset.dtype.names:  # a table in one dataset, as astropy writes it
            parts += [(f"{prefix}{name}", _decoded(values[name]), "") for name in dataset.dtype.names]
        else:
            unit = next((dataset.attrs[name] for name in _UNIT_NAMES if name in dataset.attrs), None)
            parts.append((f"{prefix}{key}", _unpacked(_decoded(values), dataset.attrs), _text(unit)))
    return [part for part in parts if part[1].dtype.kind in "biufSU"], yaml


def _datasets(group: Any, prefix: str, levels: int = 3) -> Iterator[tuple[str, str, Any]]:
    """Prefix of the groups, name, and dataset: all in this file, down to so many groups; no links are
    followed."""
    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            continue
        item = group[key]
        if isinstance(item, h5py.Group) and levels:
            yield from _datasets(item, f"{prefix}{key}_", levels - 1)
        elif isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            yield prefix, key, item


def _numbered_groups(file: Any) -> list[str]:
    """Groups of the same members whose names differ in a number only: one for each object.

    Parts of one spectrum may be numbered too, which their names say.
    """
    hard = [key for key in file if isinstance(file.get(key, getlink=True), h5py.HardLink)]
    groups = {key: frozenset(file[key]) for key in hard if isinstance(file[key], h5py.Group)}
    names = {re.sub(r"\d+", "", key).strip("_- ").lower() for key in groups}
    numbered = all(re.search(r"\d", key) for key in groups) and not names & _PARTS
    return [*groups] if len(names) == len({*groups.values()}) == 1 and numbered else []


def _of_group(group: Any, name: str, shared: Parts, meta: Mapping[str, Any]) -> Record:
    """What one group holds, with the datasets beside the groups; its name is the id where it has none."""
    own, _ = _collected(_datasets(group, ""))
    stated = {key.lower(): value for key, value in plain_cards(group.attrs).items()}
    values = {"object_id": name} | stated | {key.lower(): native(part) for key, part, _ in (*shared, *own)}
    units = {key.lower(): unit for key, _, unit in (*shared, *own) if unit}
    return Record(values, units, "HDF5", meta=meta)


def _unpacked(values: Array, stated: Mapping[str, Any]) -> Array:
    """Numbers that are packed as netCDF does it: https://cfconventions.org, section 8.1."""
    if not {"scale_factor", "add_offset"} & set(stated) or values.dtype.kind not in "biuf":
        return values
    scale, offset, missing = (
        np.ravel(stated.get(name, default))[0]
        for name, default in (("scale_factor", 1), ("add_offset", 0), ("_FillValue", np.nan))
    )
    return np.where(values == missing, np.nan, values.astype(np.float64) * scale + offset)


def _decoded(values: Any) -> Array:
    """Text of any length, which HDF5 gives as objects, as text of numpy."""
    if isinstance(values, np.ndarray) and values.dtype == object:
        return np.array([_text(value) for value in values.ravel()]).reshape(values.shape)
    return np.asarray(values)


def _flattened(name: str, column: pa.Array) -> list[tuple[str, Array]]:
    """One arrow column -> numpy columns with their names, structs and lists taken apart."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_struct(column.type):
        fields = zip((field.name for field in column.type), column.flatten(), strict=True)
        return [part for field, inner in fields for part in _flattened(f"{name}_{field}", inner)]
    if _is_list(column.type):
        lengths = np.asarray(pc.list_value_length(column).fill_null(0))
        return [(key, _unflatten(part, lengths)) for key, part in _flattened(name, column.flatten())]
    return [(name, _to_numpy(column))]


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _to_numpy(column: pa.Array) -> Array:
    if pa.types.is_boolean(column.type):
        column = column.fill_null(False)
    if any(is_text(column.type) for is_text in _TEXTS):
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
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
