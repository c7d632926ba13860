"""A list of targets -> what each is called and where to look: positions, names or ids, of which nothing else
is known yet. Knows no archive.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aion.errors import FormatError, InputError
from aion.io.content import Record, Records, Table
from aion.io.fits_file import FitsFile
from aion.io.objects import Source
from aion.io.parsing import parse
from aion.io.rows import RowFacts, facts, stated_position, text_of
from aion.io.source import File, load
from aion.positions import parse_position

MOST = 20_000
"""Targets of one list."""
_SPECTRUM_IDS = ("targetid", "specobjid", "specid")
_NAMES = ("name", "object", "objname", "object_name", "target", "target_name", "targname", "main_id")


@dataclass(frozen=True)
class ListedTarget:
    """One of a list."""

    id: str
    """As the list has it: an id or a name, else where it is; no two of a list have the same."""
    text: str
    """What `aion.sky.resolve.resolve` takes; empty where the row says nothing that it could."""


def read_targets(source: Source, *, name: str | None = None) -> list[ListedTarget]:
    """Targets of a table with positions (degrees or sexagesimal), spectrum ids or names, or of a text with
    one on each line; in its order.

    Where a row has several of these, its position is looked up, then the id of its spectrum, then its name.

    Raises:
        FormatError: it cannot be read, or none of its columns says what or where a target is.
    """
    file = load(source, name)
    if file is None:
        raise FormatError(f"a file with a list of targets is expected, not {type(source).__name__}")
    rows = _of_lines(file) or list(_of_rows(file))
    if not any(text for _, text in rows):
        raise FormatError(
            f"{file.name} says of no row where it is or what it is called; columns such as RA and DEC "
            "(degrees, or 10:00:24.5 and +02:12:21), TARGETID, specObjID or NAME are expected, or one target "
            "on each line"
        )
    if len(rows) > MOST:
        raise FormatError(f"{file.name} lists {len(rows):,} targets; up to {MOST:,} are taken: divide it")
    return _with_different_ids(rows)


def _of_lines(file: File) -> list[tuple[str, str]]:
    """A position on every line, or a single column of names; nothing for tables."""
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        return []
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if lines and all(_is_position(line) for line in lines):
        return [(line, line) for line in lines]
    if any(mark in line for line in lines for mark in ",;\t|<{["):
        return []
    names = lines[1:] if lines and lines[0].lower() in (*_NAMES, *_SPECTRUM_IDS, "id") else lines
    return [(line, line) for line in names]


def _is_position(line: str) -> bool:
    try:
        return parse_position(line) is not None
    except InputError:  # written as a position, and none; the search says why
        return True


def _of_rows(file: File) -> Iterator[tuple[str, str]]:
    for row in _rows(parse(file)):
        about = facts(row)
        called = next((text_of(row.values[name]) for name in _NAMES if row.get(name) is not None), "")
        place = _place(row, about)
        spectrum = next((_whole(row, name) for name in _SPECTRUM_IDS if _whole(row, name)), "")
        # an id is looked up where nothing else could be: it may be one of the list's own
        by_id = (about.id or "") if not called and not stated_position(row) else ""
        text = place or (f"TARGETID {spectrum}" if spectrum else called or by_id)
        yield about.id or called or text, text


def _place(row: Record, about: RowFacts) -> str:
    """Degrees; of text that is a position in any spelling as well. Empty without."""
    if about.ra is not None and about.dec is not None:
        return f"{about.ra:.6f} {about.dec:+.6f}"
    written = stated_position(row)
    try:
        found = parse_position(written) if written else None
    except InputError:
        return ""
    return f"{found[0]:.6f} {found[1]:+.6f}" if found else ""


def _rows(content: FitsFile | Table | Records) -> Iterable[Record]:
    if isinstance(content, Records):
        return content.items
    if isinstance(content, FitsFile):
        tables = [hdu.table() for hdu in content.tables()]
        return tables[0].rows() if tables else ()
    return content.rows()


def _whole(row: Record, name: str) -> str:
    """A whole number as text; empty for anything else."""
    text = text_of(row.get(name)) if row.get(name) is not None else ""
    return text if text.removeprefix("-").isdigit() and int(text) else ""


def _with_different_ids(rows: list[tuple[str, str]]) -> list[ListedTarget]:
    taken: set[str] = set()
    targets = []
    for number, (id, text) in enumerate(rows, start=1):
        stem = unique = id or f"row {number}"
        count = 2
        while unique in taken:
            unique, count = f"{stem} ({count})", count + 1
        taken.add(unique)
        targets.append(ListedTarget(unique, text))
    return targets
