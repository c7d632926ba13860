"""Cells of files of decisions, as texts -> values. Knows no layout of columns."""

import math

from aion.explorer.redshift.inspection.decisions import ISSUES

UNKNOWN = "-1"
"""What prospect writes where it does not know; as a redshift it is none."""


def number_in(text: str) -> float | None:
    """None where a cell says nothing; a comma is a point. Raises ValueError: it is no number."""
    if text in ("", "--", "nan"):
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError as exc:
        raise ValueError(f"{text!r} is no number") from exc
    return value if math.isfinite(value) else None


def redshift_in(text: str) -> float | None:
    """Raises ValueError: it is no number, or below -1."""
    value = number_in(text)
    if value is not None and value < -1:
        raise ValueError(f"a redshift is above -1, not {text}")
    return None if value == float(UNKNOWN) else value


def whole_number_in(text: str) -> int | None:
    """Raises ValueError: it is none."""
    value = number_in(text)
    if value is not None and not value.is_integer():
        raise ValueError(f"a quality is a whole number, not {text}")
    return None if value is None else int(value)


def quality_in(text: str) -> int | None:
    """None below 0. Raises ValueError: it is no whole number."""
    value = whole_number_in(text)
    return None if value is None or value < 0 else value


def kind_in(text: str) -> str:
    """A class in our letters."""
    found = text.strip("- ").upper()
    return "QSO" if found == "QUASAR" else found


def issues_in(text: str) -> str:
    """Letters in our order. Raises ValueError: there is no such issue."""
    given = text.strip("- ").upper()
    unknown = set(given) - ISSUES.keys()
    if unknown:
        raise ValueError(f"issue {', '.join(sorted(unknown))}; there are {', '.join(ISSUES)}")
    return "".join(letter for letter in ISSUES if letter in given)


def id_in(text: str) -> str:
    """An id that a table kept as a number with a point."""
    return text.removesuffix(".0")
