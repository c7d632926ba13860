"""Text -> a Table: by astropy if it declares its format, else by what its lines show. Knows no meanings."""

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.io import ascii as text_tables

from aion.errors import FormatError
from aion.io.astropy_in import from_astropy
from aion.io.columns import check_rows, notes_of, plain_cards, table_of
from aion.io.content import Array, Table, lower_names
from aion.io.text_cells import are_units, is_missing, looks_numeric, name_and_unit, point_decimals, typed
from aion.io.text_comments import (
    TextHeader,
    comment_cards,
    joined_words,
    missing_numbers,
    names_in,
    split_at_blanks,
    vizier_columns,
)

_DECLARED = (  # what a format says of itself, astropy's name for it, ours
    (r"\A#\s*%ECSV", "ecsv", "ECSV"),
    (r"\A(?:\\.*\n)*(?:\|.*\|[ \t]*\n)+(?=[^|\n])", "ipac", "IPAC table"),
    (r"^Byte-by-byte Description of file", "cds", "CDS table"),
    (r"\A(?:# *\d+ +[A-Z]\w+.*\n)+[^#]", "sextractor", "SExtractor catalog"),
    (r"\A(?:#.*\n)*#N\s", "daophot", "DAOPHOT table"),
    (r"\A(?:#.*\n)*[^#\t\n]*(?:\t.*)?\n\d*[NS](?:\t\d*[NS])*[ \t]*$", "rdb", "RDB table"),
)
_OPTIONS: dict[str, Any] = {"ecsv": {"fill_values": [("", "0"), ("null", "0")]}}  # null: the archive of Gaia
_MARK = re.compile(r"\s*(?:[#%!]+|//|;(?=[^;]*$))\s?")
_RULER = re.compile(r"[\s|+:;,]*(?:--|==)[\s|+:;,=-]*")
_TYPES = re.compile(r"(?:float|double|int(?:eger)?|long|short|char|str(?:ing)?|real|bool(?:ean)?)\d*", re.I)
ASSUMED_NAMES = ("wavelength", "flux", "error")
"""Of columns that the file does not name, where the first only rises or falls; then ``column_4``..."""
HEAD = 2_000
"""Lines in which a format declares itself."""
SAMPLE = 50
"""Lines that show what sets the cells apart."""


def open_text(data: bytes) -> Table:
    """A table set apart by commas, tabs, semicolons, bars, blanks or a ruler, with names or without.

    `Table.meta` says what is not stated: NAMES_ASSUMED (the names given), DECIMAL_COMMAS (read as points).

    Raises:
        FormatError: it is not text, or not a table.
    """
    check_rows(data.count(b"\n"))  # before anything is made of so many
    text = _decoded(data).splitlines()
    head = "\n".join(text[:HEAD])
    for declaration, format_name, origin in _DECLARED:
        if re.search(declaration, head, re.MULTILINE):
            options = _OPTIONS.get(format_name, {})
            table = text_tables.read(text, format=format_name, guess=False, **options)
            return from_astropy(table, origin, _stated_beside(table.meta, format_name))
    if re.search(r"\\begin\{(?:deluxetable|tabular|table)", head):
        raise FormatError(
            "the text is a LaTeX table; give the machine-readable table of the article, or save it as CSV"
        )
    comments: list[str] = []
    lines: list[str] = []
    for line in text:
        if mark := _MARK.match(line):
            comments.append(line[mark.end() :].strip())
        elif line.strip():
            lines.append(line)
    if all(_is_ruler(line) for line in lines):
        raise FormatError(
            "the text holds no rows; a table with one line of names and one of numbers for each row "
            "is expected"
        )
    return _table(lines, comments)


def _stated_beside(meta: Mapping[str, Any], format_name: str) -> dict[str, Any]:
    """Cards in the comments that astropy keeps, and the keywords of IPAC and DAOPHOT."""
    comments = meta.get("comments")
    stated = comment_cards([str(line).strip() for line in comments]) if isinstance(comments, list) else {}
    keywords = meta.get("keywords", {}) if format_name in ("ipac", "daophot") else {}
    return stated | plain_cards({name: entry["value"] for name, entry in keywords.items()})


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or Latin-1 without control characters, which other bytes have."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", text):
        raise FormatError("these bytes are no known kind of file, and not text")
    return text


def _table(lines: list[str], comments: list[str]) -> Table:
    rulers = [i for i, line in enumerate(lines) if _is_ruler(line)]
    bare = [line for line in lines if not _is_ruler(line)] if rulers else lines
    delimiter = _delimiter(bare[:SAMPLE])
    rows = _at_ruler(bare, lines[rulers[0]]) if delimiter == " " and rulers else None
    rows = _without_empty_ends(rows or _split(bare, delimiter))
    has_units_line = 2 in (place - i for i, place in enumerate(rulers))  # names, units, ruler
    header, body = _header(rows, comments, delimiter, has_units_line)
    _check_widths(header.names if header else body[0], body, delimiter)
    columns: list[Sequence[str]] = list(zip(*body, strict=True))
    meta = comment_cards(comments)
    has_commas = delimiter != "," and any("," in line for line in bare)
    with_points = point_decimals(columns) if has_commas else None
    if with_points is not None:
        columns, meta["DECIMAL_COMMAS"] = with_points, True
    missing = missing_numbers(comments)
    values = [typed(cells, missing) for cells in columns]
    if header is None:
        header = TextHeader(_names_without_any(values))
        assumed = [name for name in header.names if name in ASSUMED_NAMES]
        meta |= {"NAMES_ASSUMED": ", ".join(assumed)} if assumed else {}
    origin = "CSV" if delimiter == "," else "text table"
    return _named(header, values, vizier_columns(comments), meta, origin)


def _is_ruler(line: str) -> bool:
    return ("--" in line or "==" in line) and _RULER.fullmatch(line) is not None


def _named(
    header: TextHeader,
    values: list[Array],
    about: dict[str, dict[str, str]],
    meta: dict[str, Any],
    origin: str,
) -> Table:
    """The table, without columns that have neither a name nor a value."""
    stated = [name_and_unit(name) for name in header.names]
    units = [cell.strip("[]") if not is_missing(cell) and cell != "-" else "" for cell in header.units]
    columns: dict[str, Array] = {}
    notes: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(lower_names(name for name, _ in stated)):
        given, unit = stated[i]
        if given or not _is_empty(values[i]):
            columns[name] = values[i]
            unit = unit or (units[i] if units else None)
            notes[name] = {"unit": unit, "description": header.descriptions.get(name), **about.get(name, {})}
    return table_of(columns, notes_of(notes.items(), meta), origin)


def _is_empty(column: Array) -> bool:
    return column.dtype.kind == "f" and bool(np.isnan(column).all())


def _delimiter(sample: list[str]) -> str:
    """What is in every line and cuts all of them into as many cells; a blank where nothing does."""
    widths = {len(split_at_blanks(line)) for line in sample}
    for mark in ("\t", ";", "|", ","):
        if not all(mark in line for line in sample):
            continue
        rows = _without_empty_ends(_split(sample, mark))
        if len({len(row) for row in rows}) > 1:
            continue
        has_more_blanks = mark == "\t" and len(split_at_blanks(sample[0])) > sum(map(bool, rows[0]))
        marks_decimals = mark == "," and all(_has_decimal_commas(line) for line in sample)
        if len(widths) > 1 or not (has_more_blanks or marks_decimals):
            return mark
    if len(widths) == 1 and widths != {1}:
        return " "
    below = sample[1:] or sample  # one line that does not fit the others is named by its row
    return next((m for m in (",", "\t", "|", ";") if m in sample[0] or all(m in line for line in below)), " ")


def _has_decimal_commas(line: str) -> bool:
    """``3700,5 10,7`` with blanks between its numbers."""
    cells = split_at_blanks(line)
    return len(cells) > 1 and all(re.fullmatch(r"[+-]?\d+(?:,\d+(?:[eE][+-]?\d+)?)?", cell) for cell in cells)


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        quoted = any('"' in line for line in lines)
        return [split_at_blanks(line) for line in lines] if quoted else [line.split() for line in lines]
    try:
        rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        return [[cell.strip() for cell in row] for row in rows]
    except csv.Error as exc:
        raise FormatError(f"the text is not a table: {exc}; save it as CSV, ECSV or FITS") from exc


def _at_ruler(lines: list[str], ruler: str) -> list[list[str]] | None:
    """Cells below the groups of dashes, which may be empty or hold blanks; None where a line runs across."""
    starts = [group.start() for group in re.finditer(r"[-=]+", ruler)]
    if len(starts) < 2 or any(line[start - 1 : start].strip() for line in lines for start in starts[1:]):
        return None
    groups = list(zip(starts, [*starts[1:], None], strict=True))
    return [[line[start:end].strip() for start, end in groups] for line in lines]


def _without_empty_ends(rows: list[list[str]]) -> list[list[str]]:
    """The rows without the empty cells that bars around them, or a mark at their end, leave everywhere."""
    if len(rows) > 1 and all(len(row) == len(rows[0]) + 1 and not row[-1] for row in rows[1:]):
        return [rows[0], *(row[:-1] for row in rows[1:])]  # names without the mark
    while all(len(row) > 1 and not row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    while all(len(row) > 1 and not row[0] for row in rows):
        rows = [row[1:] for row in rows]
    return rows


def _header(
    rows: list[list[str]], comments: list[str], delimiter: str, has_units_line: bool
) -> tuple[TextHeader | None, list[list[str]]]:
    """What the first rows and the comments say of the columns (None: nothing), and the rows of data."""
    first = rows[0]
    in_comments = names_in(comments, len(rows[-1]), lambda comment: _split([comment], delimiter)[0])
    if any(looks_numeric(cell) for cell in first) or all(is_missing(cell) for cell in first):
        return in_comments, rows
    if in_comments is not None and len(rows) > 1 and not _differ(first, rows[1:4]):
        return in_comments, rows  # rows of text
    if len(rows) > 1 and len(first) != len(rows[1]):
        joined = joined_words(" ".join(first))
        first = joined if len(joined) == len(rows[1]) else first
    first = [cell.strip(",;") for cell in first]
    units: Sequence[str] = ()
    rest = rows[1:]
    while len(rest) > 1 and len(rest[0]) == len(first):
        is_types = all(_TYPES.fullmatch(cell) for cell in rest[0])
        if not is_types and not (has_units_line or _are_units_of(rest[0], rest[1])):
            break
        units = units if is_types else rest[0]
        rest, has_units_line = rest[1:], False
    if rows[0] in rest:
        again = rest.index(rows[0]) + 1
        raise FormatError(
            f"the text holds several tables, the second from row {again} on; save each one by itself"
        )
    return TextHeader(first, units), rest


def _are_units_of(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the cells above numbers are units, and no cell is a number."""
    above = [cell for cell, number in zip(row, below, strict=False) if looks_numeric(number)]
    return _differ(row, [list(below)]) and are_units(above)


def _differ(row: Sequence[str], below: list[list[str]]) -> bool:
    """Whether a cell of the row is text above a number, and none is a number."""
    if any(looks_numeric(cell) for cell in row):
        return False
    pairs = (pair for cells in below for pair in zip(row, cells, strict=False))
    return any(looks_numeric(number) and not is_missing(cell) for cell, number in pairs)


def _check_widths(names: Sequence[str], rows: list[list[str]], delimiter: str) -> None:
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(names)), None)
    if rows and wrong is None:
        return
    found = f"row {wrong + 1} has {len(rows[wrong])}" if wrong is not None else "there is no row"
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    advice = "; write nan into cells that are empty" if delimiter == " " and wrong is not None else ""
    raise FormatError(
        f"the text is not a table: its first line names {len(names)} "
        f"column{'s' * (len(names) != 1)} ({shown}), but {found}{advice}"
    )


def _names_without_any(columns: list[Array]) -> list[str]:
    """ASSUMED_NAMES where the first columns can be a spectrum; otherwise ``column_1``..."""
    if len(columns) > 2 and _counts_pixels(columns[0]):
        return ["pixel", *_names_without_any(columns[1:])]
    named = columns[: len(ASSUMED_NAMES)]
    steps = np.diff(columns[0].astype(float)) if columns[0].dtype.kind in "iuf" else np.array([np.nan])
    is_spectrum = len(columns) > 1 and (bool((steps >= 0).all()) or bool((steps <= 0).all()))
    is_spectrum = is_spectrum and all(column.dtype.kind in "iuf" for column in named) and columns[0][0] > 0
    names = ASSUMED_NAMES if is_spectrum else ()
    return [*names[: len(columns)], *(f"column_{i + 1}" for i in range(len(names), len(columns)))]


def _counts_pixels(column: Array) -> bool:
    """Whether a long column counts from 0 or 1."""
    is_long = column.dtype.kind in "iu" and len(column) > SAMPLE
    return is_long and column[0] in (0, 1) and bool((np.diff(column) == 1).all())
