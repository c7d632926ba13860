"""Tables of a person's own beside a catalog: read from any table file, and joined by ids."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from aion.errors import AIONError, InputError

IDS = ("id", "object_id", "targetid", "objid", "name", "specobjid")
"""Names of columns that hold the id of an object, in the order in which they are looked for."""
_OTHERS = (b"SIMPLE", b"\x89HDF", b"<", b"#", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")
"""First bytes of files that `aion.io` opens, with columns in lower case."""
EXACT = 2**53
"""Whole numbers up to which a number with a point tells each from the next."""


def read_table(file: Path | BinaryIO) -> pd.DataFrame:
    """A table as Parquet, CSV, FITS, ECSV, VOTable, HDF5, npz or text set apart by anything else than commas;
    names of all but the first two are in lower case, and columns of arrays are left out. Ids keep their
    digits and zeros.

    Raises:
        InputError: it is none.
    """
    name = str(getattr(file, "name", file))
    try:
        data = file.read_bytes() if isinstance(file, Path) else file.read()
        if data.startswith(_OTHERS):
            return _by_reader(data, Path(name).name)
        return pd.read_parquet(io.BytesIO(data)) if data[:4] == b"PAR1" else _of_text(data, Path(name).name)
    except (OSError, ValueError, pd.errors.ParserError, AIONError) as exc:
        raise InputError(f"{name} is no table of Parquet, CSV, FITS, ECSV or VOTable: {exc}") from exc


def find_column(table: pd.DataFrame, name: str) -> str:
    """The column of this name, in capitals or not. Raises InputError: there is none."""
    if name in table:
        return name
    alike = [str(held) for held in table if str(held).lower() == name.lower()]
    if len(alike) != 1:
        raise InputError(f"there is no column {name!r}; there are {', '.join(map(str, table.columns))}")
    return alike[0]


def find_ids(table: pd.DataFrame) -> str | None:
    """The column of `IDS` that it has, the first of them."""
    names = {str(name).lower(): str(name) for name in table}
    return next((names[name] for name in IDS if name in names), None)


def join_column(
    ids: Sequence[str], other: pd.DataFrame, column: str, id_column: str | None = None
) -> "pd.Series[Any]":
    """(n,) values of a column of another table for the objects with these ids; missing where it has none.

    Args:
        id_column: Its column of ids; None: the first of `IDS` that it has.

    Raises:
        InputError: there is no such column, or an id is there twice.
    """
    by_id = _by_id(other, id_column)
    return pd.Series(list(ids), dtype=str).map(by_id[find_column(other, column)])


def _by_id(table: pd.DataFrame, id_column: str | None) -> pd.DataFrame:
    column = find_ids(table) if id_column is None else find_column(table, id_column)
    if column is None:
        raise InputError(
            f"which column holds the ids? None of {', '.join(IDS)} is among "
            f"{', '.join(map(str, table.columns))}"
        )
    table = table[table[column].notna()]
    ids = _as_texts(table[column])
    if ids.duplicated().any():
        raise InputError(f"the id {ids[ids.duplicated()].iloc[0]!r} is there twice in {column!r}")
    return table.set_index(ids)


def _as_texts(ids: "pd.Series[Any]") -> "pd.Series[Any]":
    """Whole numbers without a point, as which a table keeps them where others are missing."""
    if not pd.api.types.is_float_dtype(ids) or (ids % 1 != 0).any():
        return ids.astype(str)
    if (ids.abs() >= EXACT).any():
        raise InputError(
            f"the ids in {ids.name!r} are numbers with a point, which have lost their last digits; "
            "save them as whole numbers or as text"
        )
    return ids.astype("int64").astype(str)


def _of_text(data: bytes, name: str) -> pd.DataFrame:
    """What commas set apart, of any length; `aion.io` knows the other marks."""
    from aion.io.text_cells import is_missing, typed

    try:
        table = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, skipinitialspace=True)
    except (UnicodeDecodeError, pd.errors.ParserError):
        return _by_reader(data, name)
    if len(table.columns) == 1 or not isinstance(table.index, pd.RangeIndex):  # longer rows than names
        return _by_reader(data, name)
    cells = {key: ["" if is_missing(cell) else cell for cell in held] for key, held in table.items()}
    return _frame({key: typed(held) for key, held in cells.items()})


def _by_reader(data: bytes, name: str) -> pd.DataFrame:
    from aion.io.content import Records
    from aion.io.fits_file import FitsFile
    from aion.io.parsing import parse
    from aion.io.source import load

    file = load(data, name)
    assert file is not None
    content = parse(file)
    if isinstance(content, FitsFile):
        tables = content.tables()
        if not tables:
            raise InputError("it holds no table")
        content = tables[0].table()
    if isinstance(content, Records):
        raise InputError("its rows hold whole spectra or images")
    return _frame({key: held for key, held in content.columns.items() if held.ndim == 1})


def _frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Columns as they are, where empty text is none."""
    return pd.DataFrame(columns).replace("", None)
