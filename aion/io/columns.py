"""Columns and what is said of them -> a Table, within the limit of rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Array, Table

MAX_ROWS = 200_000
"""Most rows of a table, whether pixels or objects."""
STATED = ("unit", "ucd", "utype", "description")
"""What formats say of a column."""


@dataclass(frozen=True)
class Notes:
    """What a file says of its columns (lower-case names) and of itself (`meta`, upper-case names)."""

    units: Mapping[str, str] = field(default_factory=dict)
    ucds: Mapping[str, str] = field(default_factory=dict)
    utypes: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


def notes_of(stated: Iterable[tuple[str, Mapping[str, Any]]], meta: Mapping[Any, Any]) -> Notes:
    """Of each column's name with its ``unit``, ``ucd``, ``utype`` and ``description``, where it has them."""
    stated = [(name.lower(), about) for name, about in stated]
    texts = {
        f"{kind}s": {name: str(about[kind]).strip() for name, about in stated if str(about.get(kind) or "")}
        for kind in STATED
    }
    return Notes(**texts, meta=plain_cards(meta))


def table_of(columns: Mapping[str, Array], notes: Notes, origin: str) -> Table:
    """Raises FormatError: there are no rows, too many, or columns of several lengths."""
    lengths = {len(column) for column in columns.values()}
    if not lengths or lengths == {0}:
        raise FormatError(f"the {origin} has no rows; a row for each pixel or object is expected")
    if len(lengths) > 1:
        raise FormatError(
            f"the columns of the {origin} have {min(lengths):,} to {max(lengths):,} rows; "
            "save them in one length"
        )
    check_rows(*lengths)
    return Table(columns, notes.units, notes.meta, origin, notes.ucds, notes.utypes, notes.descriptions)


def check_rows(count: int) -> None:
    """Raises FormatError for a table above MAX_ROWS."""
    if count > MAX_ROWS:
        raise FormatError(
            f"the table has {count:,} rows; up to {MAX_ROWS:,} are read: choose the objects you need"
        )


def plain_cards(meta: Mapping[Any, Any]) -> dict[str, Any]:
    """Metadata as cards: upper-case names, plain values."""
    return {str(key).upper(): plain(value) for key, value in meta.items()}


def plain(value: Any) -> Any:
    """A value of metadata as text, number or truth; anything else as the first 200 characters of its text."""
    if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0:
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if isinstance(value, (str, int, float, bool)) else str(value)[:200]
