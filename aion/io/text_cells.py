"""Cells of text -> numpy columns: what is a number, missing, or stays text. Knows no layout of lines."""

import re
from collections.abc import Sequence

import numpy as np

from aion.io.content import Array
from aion.io.unit_spelling import parse_unit

_DIGITS = r"(?:\d+\.?\d*|\.\d+)"
_NUMBER = re.compile(
    rf"[+-]?(?:{_DIGITS}(?:[eEdD][+-]?\d+)?|inf(?:inity)?)", re.IGNORECASE
)  # 1.0D-17: Fortran
_WHOLE = re.compile(r"[+-]?\d+")
_WITH_COMMA = re.compile(r"[+-]?(?:\d*,\d+|\d+)(?:[eEdD][+-]?\d+)?")  # 8e-07 among 8,001e-07
_IN_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+|[+-]?\d+")
_EXPONENT = str.maketrans("dD", "ee")
_MISSING = frozenset(("", "nan", "null", "none", "--", "---", "n/a", "na", "indef", "masked"))
LONGEST_EXACT = 15
"""Digits of a whole number that a float64 always holds; longer ones beside missing values stay text."""


def is_missing(cell: str) -> bool:
    """Whether a cell says that it has no value."""
    return cell.lower() in _MISSING


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
    absent = {cell for cell in set(cells) if is_missing(cell)}
    present = [cell for cell in cells if cell not in absent] if absent else list(cells)
    if present and all(_WHOLE.fullmatch(cell) for cell in present):
        return _whole(cells, present, missing)
    if all(_NUMBER.fullmatch(cell) for cell in present):
        return _floats(cells, missing)
    if all(cell.lower() in ("true", "false") for cell in cells):
        return np.array([cell.lower() == "true" for cell in cells])
    return np.array(cells)


def _whole(cells: Sequence[str], present: list[str], missing: frozenset[float]) -> Array:
    if any(re.fullmatch(r"0\d+", cell) for cell in present):
        return np.array(cells)
    numbers = [int(cell) for cell in present]
    if len(present) < len(cells) or (missing and not missing.isdisjoint(numbers)):
        exact = max(map(len, present)) <= LONGEST_EXACT
        return (
            _floats(cells, missing)
            if exact
            else np.array(["" if is_missing(cell) else cell for cell in cells])
        )
    kinds = (kind for kind in (np.int64, np.uint64) if _fits(numbers, np.iinfo(kind)))
    kind = next(kinds, None)
    return np.array(cells) if kind is None else np.array(numbers, dtype=kind)


def _fits(numbers: list[int], limits: np.iinfo) -> bool:
    return limits.min <= min(numbers) and max(numbers) <= limits.max


def _floats(cells: Sequence[str], missing: frozenset[float]) -> Array:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:  # missing ones, and exponents of Fortran
        values = np.array(
            [np.nan if is_missing(cell) else float(cell.translate(_EXPONENT)) for cell in cells]
        )
    return np.where(np.isin(values, list(missing)), np.nan, values) if missing else values


def point_decimals(columns: list[Sequence[str]]) -> list[Sequence[str]] | None:
    """The columns with points for decimal commas; None where ``1,234`` may be more than a thousand.

    Commas are decimal where no number of the table has a point, and one at least cannot mark thousands.
    """
    with_comma = [any("," in cell for cell in cells) and _all_with_comma(cells) for cells in columns]
    cells_with_comma = [
        cell for cells, wanted in zip(columns, with_comma, strict=True) if wanted for cell in cells
    ]
    if all(_IN_THOUSANDS.fullmatch(cell) or is_missing(cell) for cell in cells_with_comma):
        return None
    if any(
        "." in cell and re.fullmatch(r"[+-]?[\d,]*\.\d+\D?.*", cell) for cells in columns for cell in cells
    ):
        return None
    return [
        [cell.replace(",", ".") for cell in cells] if wanted else cells
        for cells, wanted in zip(columns, with_comma, strict=True)
    ]


def _all_with_comma(cells: Sequence[str]) -> bool:
    return all(_WITH_COMMA.fullmatch(cell) or is_missing(cell) for cell in cells)


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
