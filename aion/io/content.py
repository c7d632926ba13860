"""What a file holds once it is parsed, before its survey is known: HDUs, a table, or records."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.errors import FormatError

Array = NDArray[Any]
LARGEST_EXACT = 2.0**53
"""Above it float64, which has NaN for what is missing, does not hold every whole number."""


@dataclass(frozen=True)
class Record:
    """One object as named values: arrays, numbers, text. Lower-case names; nested are joined by ``_``."""

    values: Mapping[str, Any]
    units: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    """Kind of file it comes from, such as ``"parquet"``."""
    ucds: Mapping[str, str] = field(default_factory=dict)
    utypes: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    """What is said of the file or of the table that it comes from: header cards, upper-case names."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Where a value lies, for people: ``"HDU 2 (ERROR)"``; by default it is a column or array of its name."""

    def get(self, *names: str) -> Any:
        """The value of the first of `names` that is there; None without."""
        return next((self.values[name] for name in names if name in self.values), None)

    def unit(self, *names: str) -> str | None:
        """The unit that goes with `get`."""
        return next((self.units.get(name) for name in names if name in self.values), None)

    def name(self, *names: str) -> str | None:
        """Which of `names` `get` takes."""
        return next((name for name in names if name in self.values), None)


@dataclass(frozen=True)
class Records:
    """Several objects, all with the same names."""

    items: Sequence[Record]


@dataclass(frozen=True)
class Table:
    """Columns of equal length; a row is either one object or one pixel of a spectrum."""

    columns: Mapping[str, Array]
    """Lower-case name -> (rows, ...) in native byte order; missing numbers are NaN."""
    units: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Header cards or table metadata, upper-case names."""
    origin: str = ""
    ucds: Mapping[str, str] = field(default_factory=dict)
    utypes: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def has(self, *names: str) -> bool:
        """Whether every one of `names` is a column."""
        return all(name in self.columns for name in names)

    def rows(self) -> Iterator[Record]:
        """Each row as a record."""
        return (self.row(i) for i in range(len(self)))

    def row(self, i: int) -> Record:
        """Row `i` as a record."""
        return self._record({name: column[i] for name, column in self.columns.items()})

    def whole(self, rows: Any = slice(None)) -> Record:
        """The columns as one record: a table whose rows are pixels; `rows` picks some of them."""
        return self._record({name: column[rows] for name, column in self.columns.items()})

    def _record(self, values: Mapping[str, Any]) -> Record:
        notes = (self.units, self.origin, self.ucds, self.utypes, self.descriptions, self.meta)
        return Record(values, *notes)


def lower_names(names: Iterable[Any]) -> list[str]:
    """The names in lower case; one that is there already gets a number: ``z, Z`` -> ``z, z_2``."""
    unique: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        lower = candidate = str(name).strip().lower() or f"column_{place}"
        number = 1
        while candidate in unique:
            number += 1
            candidate = f"{lower}_{number}"
        unique[candidate] = None
    return list(unique)


def native(values: Any) -> Array:
    """A numpy array in this machine's byte order; masked numbers become NaN, text loses its padding."""
    array = np.asarray(_filled(values) if isinstance(values, np.ma.MaskedArray) else values)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "U":
        return np.char.strip(array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _filled(values: Any) -> Array:
    """Masked values as NaN; as empty text among texts, which numpy fills with as much of "N/A" as fits, and
    beside ids that are too long for a number with a point."""
    whole = values.dtype.kind in "iu" and np.ma.is_masked(values)
    if whole and values.count() and float(values.max()) > LARGEST_EXACT:
        return np.asarray(values.astype(str).filled(""))
    if values.dtype.kind in "iub" and np.ma.is_masked(values):
        values = values.astype(np.float64)
    missing = {"f": np.nan, "U": "", "S": b""}
    return np.asarray(values.filled(missing.get(values.dtype.kind)))


def _not_a_number(array: Array) -> str:
    """The first text that is none, else the kind of the values."""
    texts = [str(value) for value in array.ravel()[:100_000]] if array.dtype.kind == "U" else []
    wrong = next(
        (
            text
            for text in texts
            if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan", text, re.IGNORECASE)
        ),
        None,
    )
    return f"values of the type {array.dtype.name}" if wrong is None else f"the text {wrong[:40]!r}"


def numbers(values: Any, what: str) -> NDArray[np.float64]:
    """Float64 array.

    Raises:
        FormatError: `values` are not real numbers.
    """
    array = native(values)
    if array.dtype == object:
        array = np.asarray([np.nan if value is None else value for value in array.ravel()]).reshape(
            array.shape
        )
    if array.dtype.kind not in "biuf":
        raise FormatError(
            f"{what} holds {_not_a_number(array)}; numbers are expected, with a point before the decimals"
        )
    return array.astype(np.float64)
