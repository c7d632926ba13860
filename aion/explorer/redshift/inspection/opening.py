"""What ``aion inspect`` is given -> a queue: files, folders, the folder of a catalog, or a table that names
files or objects."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aion.catalog import Catalog
from aion.errors import AIONError, InputError
from aion.explorer.redshift.inspection.cells import redshift_in
from aion.explorer.redshift.inspection.queues import Queue, queue_of_catalog, queue_of_files
from aion.explorer.redshift.inspection.tables import table_rows
from aion.io import Unread

FILE_COLUMNS = ("file", "path", "filename", "file_name")
Z_COLUMNS = ("z", "z_catalog", "redshift")
"""Of a table that names files: the redshift that is compared with, in place of what the file states."""


def queue_of_paths(given: Sequence[Path], reference: Path) -> tuple[Queue, list[Unread]]:
    """The queue, and what cannot be read.

    Args:
        reference: Folder of the catalog of which a table may name objects.

    Raises:
        AIONError: a path is not there, or there is no object in these.
    """
    missing = next((path for path in given if not path.exists()), None)
    if missing is not None:
        raise InputError(f"there is no file or folder {missing}")
    label = given[0].name if len(given) == 1 else f"{given[0].name} and {len(given) - 1} more"
    if len(given) == 1 and given[0].is_dir() and Catalog.is_in(given[0]):
        catalog = Catalog.load(given[0])
        return queue_of_catalog(label, catalog, catalog.table["id"].tolist()), []
    if len(given) == 1 and given[0].is_file():
        named = _of_table(label, given[0], reference)
        if named is not None:
            return named
    return queue_of_files(label, [file for path in given for file in _files_in(path)])


def _files_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))


def _of_table(label: str, table: Path, reference: Path) -> tuple[Queue, list[Unread]] | None:
    """The queue of what the rows of a table name; None where they name nothing."""
    try:
        rows = list(table_rows(table))
    except AIONError:
        return None
    names = rows[0].keys() if rows else ()
    column = next((name for name in FILE_COLUMNS if name in names), None)
    if column is not None:
        return _of_named_files(label, table, rows, column)
    if "id" in names and Catalog.is_in(reference):
        catalog = Catalog.load(reference)
        ids = list(dict.fromkeys(row["id"] for row in rows))
        known = [id for id in ids if id in catalog]
        if known:
            others = [
                Unread(id, "the reference catalog has no such object") for id in ids if id not in catalog
            ]
            return queue_of_catalog(label, catalog, known), others
    return None


def _of_named_files(
    label: str, table: Path, rows: Sequence[dict[str, str]], column: str
) -> tuple[Queue, list[Unread]]:
    paths = [table.parent / row[column] for row in rows if row[column]]
    there = [path for path in paths if path.is_file()]
    if not there:
        raise InputError(f"{table.name} names {len(paths)} files in its column {column}, and none is there")
    queue, unread = queue_of_files(label, there)
    gone = [Unread(path.name, f"there is no file {path}") for path in paths if not path.is_file()]
    stated = {
        str((table.parent / row[column]).resolve()): _stated_redshift(row, f"{table.name}, row {number}")
        for number, row in enumerate(rows, start=1)
    }
    objects = tuple(
        one if z is None else replace(one, z_catalog=z)
        for one in queue.objects
        for z in [stated.get(one.source.files[0])]
    )
    order = {str(path.resolve()): place for place, path in reversed(list(enumerate(there)))}
    objects = tuple(sorted(objects, key=lambda one: order.get(one.source.files[0], len(order))))
    return Queue(label, objects), [*unread, *gone]


def _stated_redshift(row: dict[str, str], place: str) -> float | None:
    """Raises InputError: it is no redshift."""
    try:
        return next((redshift_in(row[name]) for name in Z_COLUMNS if row.get(name)), None)
    except ValueError as exc:
        raise InputError(f"{place}: {exc}") from exc
