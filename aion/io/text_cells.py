"""Cells of text -> numpy columns: what is a number, missing, or stays text. Knows no layout of lines."""

import re
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from aion.io.content import Array
from aion.io.unit_spelling import parse_unit

_DIGITS = r"(?:\d+\.?\d*|\.\d+)"
_NUMBER = re.compile(rf"[+-]?(?:{_DIGITS}(?:[ed][+-]?\d+)?|inf(?:inity)?)", re.I)  # 1.0D-17: Fortran
_WITH_COMMA = re.compile(r"[+-]?(?:\d*,\d+|\d+)(?:[eEdD][+-]?\d+)?")  # 8e-07 among 8,001e-07
_WITH_POINT = re.compile(r"[+-]?[\d,]*\.\d+\D?.*")
_IN_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+|[+-]?\d+")
_EXPONENT = str.maketrans("dD", "ee")
_WORDS = ("nan", "null", "none", "n/a", "na", "indef", "masked")
_MISSING = frozenset(("", "--", "---", "NaN", *_WORDS, *map(str.upper, _WORDS), *map(str.capitalize, _WORDS)))
_NO_NUMBER = re.compile(r"[_\s]|[^\x00-\x7f]")
"""What int() and float() take all the same: ``2020_1``, blanks, digits of other scripts."""
LONGEST_EXACT = 15
"""Digits of a whole number that a float64 always holds; longer ones beside missing values stay text."""


def is_missing(cell: str) -> bool:
    """Whether a cell says that it has no value."""
    return cell in _MISSING


def is_number(cell: str) -> bool:
    """Whether a cell is a number or a missing one. ``2020_1``, ``1,234`` and ``10:00:00`` are text."""
    return _NUMBER.fullmatch(cell) is not None or is_missing(cell)


def looks_numeric(cell: str) -> bool:
    """Whether a cell is no name: a number in any way of writing it, as ``1,5`` and ``10:00:00`` too."""
    return re.fullmatch(r"[+-]?[\d.,:]*\d[\d.,:]*(?:[eEdD][+-]?\d+)?", cell) is not None


def typed(cells: Sequence[str], missing: frozenset[float] = frozenset()) -> Array:
    """Whole numbers, numbers (missing = NaN), True/False or text: ``0042``, ids that would lose digits.

    Args:
        cells: One column.
        missing: Numbers that stand for missing values, as the comments say.
    """
    present = [cell for cell in cells if cell not in _MISSING]
    if not _NO_NUMBER.search("".join(present)):
        for numbers in (_whole, _floats):
            with suppress(ValueError):
                return numbers(cells, present, missing)
    if all(cell.lower() in ("true", "false") for cell in cells):
        return np.array([cell.lower() == "true" for cell in cells])
    return np.array(cells)


def _whole(cells: Sequence[str], present: list[str], missing: frozenset[float]) -> Array:
    numbers = [int(cell) for cell in present]
    if any(cell[0] == "0" and len(cell) > 1 for cell in present):
        return np.array(cells)
    if len(present) < len(cells) or not missing.isdisjoint(numbers):
        if max(map(len, present)) <= LONGEST_EXACT:
            return _floats(cells, present, missing)
        return np.array(["" if is_missing(cell) else cell for cell in cells])
    for kind in (np.int64, np.uint64):
        with suppress(OverflowError):
            return np.array(numbers, dtype=kind)
    return np.array(cells)


def _floats(cells: Sequence[str], present: list[str], missing: frozenset[float]) -> Array:
    if len(present) < len(cells):
        cells = ["nan" if is_missing(cell) else cell for cell in cells]
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        values = np.array([float(cell.translate(_EXPONENT)) for cell in cells])
    return np.where(np.isin(values, list(missing)), np.nan, values) if missing else values


def point_decimals(columns: list[Sequence[str]]) -> list[Sequence[str]] | None:
    """The columns with points for decimal commas; None where ``1,234`` may be more than a thousand.

    Commas are decimal where no number of the table has a point, and one at least cannot mark thousands.
    """
    has_commas = [any("," in cell for cell in cells) and _all_match(_WITH_COMMA, cells) for cells in columns]
    if all(_all_match(_IN_THOUSANDS, cells) for cells, has in zip(columns, has_commas, strict=True) if has):
        return None
    if any("." in cell and _WITH_POINT.fullmatch(cell) for cells in columns for cell in cells):
        return None
    parts = zip(columns, has_commas, strict=True)
    return [[cell.replace(",", ".") for cell in cells] if has else cells for cells, has in parts]


def _all_match(pattern: re.Pattern[str], cells: Sequence[str]) -> bool:
    """Whether every cell that has a value does."""
    return all(pattern.fullmatch(cell) or is_missing(cell) for cell in cells)


def name_and_unit(text: str) -> tuple[str, str | None]:
    """``wave [nm]``, ``wave(nm)``, ``wave/nm`` -> ``("wave", "nm")``; ``E(B-V)`` and ``S/N`` are names."""
    text = text.strip()
    bracket = re.fullmatch(r"(.*?[^\s_])([\s_]*)([\[(])(.*)[\])]", text)
    if bracket and (bracket[2] or bracket[3] == "[" or parse_unit(bracket[4]) is not None):
        return bracket[1], bracket[4].strip() or None
    slash = re.fullmatch(r"(\w{3,}?)\s*/\s*(.+)", text)
    if slash and parse_unit(slash[2]) is not None:
        return slash[1], slash[2].strip()
    return text, None


def are_units(cells: Sequence[str]) -> bool:
    """Whether at least half of the cells that say something are units, and none is a number."""
    stated = [cell.strip("[]()") for cell in cells if not is_missing(cell) and cell != "-"]
    if not stated or any(_NUMBER.fullmatch(cell) and cell != "1" for cell in stated):
        return False
    return 2 * sum(parse_unit(cell) is not None for cell in stated) >= len(stated)
