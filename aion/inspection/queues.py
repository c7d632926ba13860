"""A queue: objects to inspect one after the other, each with where it is read again from."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aion.catalog import Catalog
from aion.errors import InputError
from aion.io import SkyObject, Unread, read_many

MOST = 20_000
"""Objects of one queue."""


@dataclass(frozen=True)
class ObjectSource:
    """Where an object is read again from: files, or a catalog."""

    id: str
    """As it is called there."""
    files: tuple[str, ...] = ()
    """Absolute paths, all of which are of this object."""
    nth: int = 0
    """Which of those that these files call alike."""
    catalog: str = ""
    """Folder of the catalog; empty for files."""


@dataclass(frozen=True)
class QueueObject:
    """One object of a queue, with what was known of it before."""

    id: str
    """No two of a queue have the same."""
    source: ObjectSource
    ra: float | None = None
    dec: float | None = None
    """Degrees, ICRS."""
    z_catalog: float | None = None
    """Redshift that its file or catalog states."""
    kind: str = ""
    """Class that its file or catalog states."""
    snr: float | None = None
    """Median per good pixel."""
    z_model: float | None = None
    """Redshift of the best peak, once the model was asked."""


@dataclass(frozen=True)
class Queue:
    """Objects in their order. Made of the same objects of the same sources, it is the same queue."""

    label: str
    objects: tuple[QueueObject, ...]
    id: str = field(default="")
    """From its content where it is not given."""
    parent: str = ""
    """Id of the queue whose disagreements these are; empty: of none."""

    def __post_init__(self) -> None:
        if not self.objects:
            raise InputError("there is nothing to inspect: no object was found")
        if len(self.objects) > MOST:
            raise InputError(f"{len(self.objects):,} objects; a queue holds up to {MOST:,}: divide them")
        if not self.id:
            object.__setattr__(self, "id", self._content_id())

    def _content_id(self) -> str:
        listed = [(one.id, one.source.id, one.source.files, one.source.catalog) for one in self.objects]
        return hashlib.sha256(json.dumps([self.parent, listed]).encode()).hexdigest()[:12]

    def subset(self, ids: Sequence[str], label: str) -> "Queue":
        """A queue of some of these, in their order here."""
        kept = set(ids)
        return Queue(label, tuple(one for one in self.objects if one.id in kept), parent=self.id)


def queue_of_files(label: str, files: Sequence[Path]) -> tuple[Queue, list[Unread]]:
    """All objects of these files, which stay where they are, and what of them cannot be read.

    Raises:
        InputError: there is no object in them.
    """
    objects, unread = read_many(files)
    if not objects:
        why = f": {unread[0].source}: {unread[0].why}" if unread else ""
        raise InputError(f"no object could be read from these {len(files)} files{why}")
    paths = _paths_by_content(files)
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for one in objects:
        own = tuple(dict.fromkeys(paths[report.sha256] for report in one.reports if report.sha256 in paths))
        source = ObjectSource(one.id, own, seen[(one.id, *own)])
        seen[(one.id, *own)] += 1
        found.append(_queue_object(one, source))
    return Queue(label, _with_different_ids(found)), unread


def queue_of_catalog(label: str, catalog: Catalog, ids: Sequence[str]) -> Queue:
    """Objects of a catalog by their ids.

    Raises:
        InputError: an id is none of the catalog.
    """
    folder = str(catalog.folder.resolve())
    entries = [catalog.entry(id) for id in ids]
    return Queue(label, tuple(_queue_object(one, ObjectSource(one.id, catalog=folder)) for one in entries))


def open_object(source: ObjectSource, catalogs: Mapping[str, Catalog]) -> SkyObject:
    """The object, read again.

    Args:
        catalogs: Folder -> catalog, of those that are open already.

    Raises:
        AIONError: its files or its catalog cannot be read any more.
    """
    if source.catalog:
        catalog = catalogs.get(source.catalog) or Catalog.load(source.catalog)
        return catalog.entry(source.id)
    missing = [path for path in source.files if not Path(path).is_file()]
    if missing:
        raise InputError(f"{missing[0]} is no longer there, so {source.id} cannot be shown")
    objects, unread = read_many([Path(path) for path in source.files])
    alike = [one for one in objects if one.id == source.id]
    if source.nth >= len(alike):
        why = unread[0].why if unread else "its content has changed"
        raise InputError(f"{', '.join(source.files)} hold no {source.id} any more: {why}")
    return alike[source.nth]


def _queue_object(found: SkyObject, source: ObjectSource) -> QueueObject:
    return QueueObject(
        found.id, source, found.ra, found.dec, found.z_reference, found.kind.upper(), found.snr
    )


def _with_different_ids(objects: Sequence[QueueObject]) -> tuple[QueueObject, ...]:
    count: Counter[str] = Counter()
    renamed = []
    for one in objects:
        count[one.id] += 1
        renamed.append(one if count[one.id] == 1 else replace(one, id=f"{one.id} ({count[one.id]})"))
    return tuple(renamed)


def _paths_by_content(files: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of what is in a file -> its absolute path."""
    paths = {}
    for file in files:
        with file.open("rb") as stream:
            paths[hashlib.file_digest(stream, "sha256").hexdigest()] = str(file.resolve())
    return paths
