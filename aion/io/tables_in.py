"""Parquet, HDF5, VOTable and text bytes -> a Table. Knows no column's meaning."""

import csv
import io
import re
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from astropy.io import ascii as text_tables
from astropy.io import votable
from astropy.table import Table as AstropyTable

from aion.errors import FormatError
from aion.io.content import Array, Record, Records, Table, native
from aion.io.source import as_stream, check_unpacked

MAX_ROWS = 200_000
"""Most rows of a table, whether pixels or objects."""

PARQUET_BATCH = 64
"""Rows that are unpacked before the size is looked at again."""


def open_parquet(data: bytes) -> Table:
    """Columns of a Parquet file; fields of structs become ``struct_field``."""
    file = pq.ParquetFile(pa.BufferReader(data))
    _check_rows(file.metadata.num_rows)
    # The metadata of single columns says how large they are, but asking a damaged file for it ends the process (pyarrow 26).
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=PARQUET_BATCH, use_threads=False):
        size += batch.nbytes
        check_unpacked(size, "the Parquet file")
        batches.append(batch)
    columns: dict[str, Array] = {}
    table = pa.Table.from_batches(batches, file.schema_arrow)
    for name, column in zip(table.column_names, table.columns, strict=True):
        columns |= _flattened(name.lower(), column.combine_chunks())
    return _table(columns, {}, {}, "Parquet")


def open_hdf5(data: bytes) -> Table | Records:
    """Datasets of an HDF5 file; members of groups become ``group_member``. One record where the lengths differ."""
    columns: dict[str, Array] = {}
    with h5py.File(as_stream(data), "r") as file:
        _collect(file, "", columns)
        meta = {str(key).upper(): _plain(value) for key, value in file.attrs.items()}
    if not columns:
        raise FormatError(
            "the HDF5 file holds no arrays; datasets such as spectrum_flux or image_array are expected"
        )
    lengths = {len(column) if column.ndim else None for column in columns.values()}
    if len(lengths) > 1 or None in lengths:
        return Records((Record(columns, {}, "HDF5"),))
    return _table(columns, {}, meta, "HDF5")


def open_votable(data: bytes) -> Table:
    """First table of a VOTable.

    Raises:
        FormatError: it is a web page, another XML file, or refers to data elsewhere.
    """
    if b"<VOTABLE" not in data[:4096].upper():
        what = "a web page" if b"<html" in data[:4096].lower() else "an XML file of another kind"
        raise FormatError(f"this is {what}; a VOTable is expected: download the file itself")
    if re.search(rb"<!ENTITY|<STREAM[^>]*\bhref", data, re.IGNORECASE):
        raise FormatError("the VOTable refers to data outside the file; save it with its data inside")
    table = votable.parse_single_table(as_stream(data), verify="ignore").to_table(use_names_over_ids=True)
    return _from_astropy(table, "VOTable")


def open_text(data: bytes) -> Table:
    """ECSV, CSV and tables set apart by tabs, bars, semicolons or blanks, with or without a line of names.

    Raises:
        FormatError: it is not text, or not a table.
    """
    _check_rows(data.count(b"\n"))  # before anything is made of so many
    text = _decoded(data)
    if re.match(r"#\s*%ECSV", text):
        return _from_astropy(text_tables.read(text.splitlines(), format="ecsv", guess=False), "ECSV")
    comments = [line.lstrip("# ").strip() for line in text.splitlines() if line.lstrip().startswith("#")]
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise FormatError(
            "the text holds no rows; a table with one line of names and one of numbers for each row is expected"
        )
    _check_rows(len(lines))
    delimiter = next((mark for mark in (",", "\t", "|", ";") if mark in lines[0]), " ")
    first = _split(lines[0], delimiter)
    if not all(_is_number(cell) for cell in first):
        names, lines = first, lines[1:]
    else:
        candidates = [
            cells
            for comment in comments
            for cells in (_split(comment, delimiter), comment.split())
            if "=" not in comment
        ]
        names = next(
            (cells for cells in reversed(candidates) if len(cells) == len(first)), _guessed_names(len(first))
        )
    return _text_columns(
        names,
        [_split(line, delimiter) for line in lines],
        comments,
        "CSV" if delimiter == "," else "text table",
    )


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or Latin-1, which has no control characters as bytes of other kinds have."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", text):
        raise FormatError("these bytes are no known kind of file, and not text")
    return text


def _text_columns(names: list[str], rows: list[list[str]], comments: list[str], origin: str) -> Table:
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(names)), None)
    if not rows or wrong is not None:
        found = f"row {wrong + 1} has {len(rows[wrong])}" if wrong is not None else "there is no row"
        shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        raise FormatError(
            f"the text is not a table: its first line names {len(names)} column{'s' * (len(names) != 1)} ({shown}), but {found}"
        )
    columns: dict[str, Array] = {}
    units: dict[str, str] = {}
    for name, cells in zip(names, zip(*rows, strict=True), strict=True):
        bare, unit = _name_and_unit(name)
        columns[bare] = _typed(cells)
        units |= {bare: unit} if unit else {}
    return _table(columns, units, _comment_cards(comments), origin)


def _guessed_names(count: int) -> list[str]:
    return [*("wavelength", "flux", "error", "mask")[:count], *(f"column_{i}" for i in range(4, count))]


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter))]


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


def _typed(cells: tuple[str, ...]) -> Array:
    """Whole numbers, numbers (missing = NaN), True/False, or text, which digits after a zero are: ``0042`` is a name."""
    if all(cell.isdigit() for cell in cells) and any(re.fullmatch(r"0\d+", cell) for cell in cells):
        return np.array(cells)
    if all(re.fullmatch(r"[+-]?\d{1,18}", cell) for cell in cells):
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    if all(_is_number(cell) or cell.lower() in ("null", "none", "--", "n/a") for cell in cells):
        return np.array([float(cell) if cell and _is_number(cell) else np.nan for cell in cells])
    if all(cell.lower() in ("true", "false") for cell in cells):
        return np.array([cell.lower() == "true" for cell in cells])
    return np.array(cells)


def _name_and_unit(name: str) -> tuple[str, str | None]:
    """``"wave [nm]"`` or ``"wave (nm)"`` -> ``("wave", "nm")``."""
    match = re.fullmatch(r"(.+?)\s*[\[(](.*)[\])]", name.strip())
    return (match[1].strip().lower(), match[2].strip()) if match else (name.strip().lower(), None)


def _comment_cards(comments: list[str]) -> dict[str, Any]:
    """``# VACUUM = T`` and ``# AIRORVAC: vac`` -> cards; the rest under COMMENTS."""
    found = [re.match(r"([A-Za-z_][\w-]*)\s*[=:]\s*'?([^'/]*)", comment) for comment in comments]
    return {match[1].upper(): match[2].strip() for match in found if match} | {
        "COMMENTS": "\n".join(comments)
    }


def _from_astropy(table: AstropyTable, origin: str) -> Table:
    _check_rows(len(table))
    columns: dict[str, Array] = {}
    units: dict[str, str] = {}
    for name in table.colnames:
        values = table[name]
        masked = getattr(values, "mask", None) is not None and hasattr(values, "filled")
        columns[name.lower()] = native(np.ma.MaskedArray(values.data) if masked else np.asarray(values))
        units |= {name.lower(): str(values.unit)} if getattr(values, "unit", None) else {}
        units |= (
            {f"{name.lower()} description": str(values.info.description)}
            if getattr(values.info, "description", None)
            else {}
        )
    return _table(
        columns, units, {str(key).upper(): _plain(value) for key, value in table.meta.items()}, origin
    )


def _table(columns: dict[str, Array], units: dict[str, str], meta: dict[str, Any], origin: str) -> Table:
    if not columns or not len(next(iter(columns.values()))):
        raise FormatError(f"the {origin} file has no rows")
    _check_rows(len(next(iter(columns.values()))))
    return Table(columns, units, meta, origin)


def _check_rows(count: int) -> None:
    if count > MAX_ROWS:
        raise FormatError(
            f"the table has {count:,} rows; up to {MAX_ROWS:,} are read: choose the objects you need"
        )


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) else str(value)[:200]


def _flattened(name: str, column: pa.Array) -> dict[str, Array]:
    """One arrow column -> numpy columns, structs and lists of structs taken apart."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_struct(column.type):
        fields = zip((field.name for field in column.type), column.flatten(), strict=True)
        return {
            key: value
            for field, part in fields
            for key, value in _flattened(f"{name}_{field.lower()}", part).items()
        }
    if _is_list(column.type) and pa.types.is_struct(column.type.value_type):
        lengths = pc.list_value_length(column)
        parts = _flattened(name, column.flatten())
        return {key: _unflatten(part, np.asarray(lengths.fill_null(0))) for key, part in parts.items()}
    return {name: _to_numpy(column)}


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


def _collect(group: Any, prefix: str, columns: dict[str, Array]) -> None:
    """Datasets of this file only: links to other files are not followed."""
    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink) or len(columns) > 2000:
            continue
        item, name = group[key], f"{prefix}{key}".lower()
        if isinstance(item, h5py.Group) and prefix.count("_") < 3:
            _collect(item, f"{name}_", columns)
        elif isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            check_unpacked(
                int(item.nbytes) + sum(column.nbytes for column in columns.values()), "the HDF5 file"
            )
            values = item[()]
            if isinstance(values, np.ndarray) and values.dtype == object:
                values = np.array([_text(value) for value in values.ravel()]).reshape(values.shape)
            if np.asarray(values).dtype.kind in "biufSU":
                columns[name] = native(values)
