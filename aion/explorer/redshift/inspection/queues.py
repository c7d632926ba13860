"""A queue: objects to inspect one after the other, each with where it is read again from."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from aion.catalog import Catalog
from aion.errors import InputError
from aion.io import Overrides, SkyObject, Unread, read_many

MOST = 20_000
"""Objects of one queue."""
READ_FILES = 4
"""Sets of files whose objects are kept after reading."""


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
    overrides: tuple[str, ...] = ()
    """``NAME=VALUE``, in place of what is detected in the files."""


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
        listed = [(one.id, *asdict(one.source).values()) for one in self.objects]
        return hashlib.sha256(json.dumps([self.parent, listed]).encode()).hexdigest()[:12]

    def subset(self, ids: Sequence[str], label: str) -> "Queue":
        """A queue of some of these, in their order here."""
        kept = set(ids)
        return Queue(label, tuple(one for one in self.objects if one.id in kept), parent=self.id)


def queue_of_files(
    label: str, files: Sequence[Path], overrides: Sequence[str] = ()
) -> tuple[Queue, list[Unread]]:
    """All objects of these files, which stay where they are, and what of them cannot be read.

    Args:
        overrides: ``NAME=VALUE``, in place of what is detected.

    Raises:
        InputError: there is no object in them.
    """
    objects, unread = read_many(files, overrides=Overrides.parse(overrides))
    if not objects:
        why = f": {why_unread(unread[0])}" if unread else ""
        raise InputError(f"there is no object in these files{why}")
    paths = _paths_by_content(files)
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for one in objects:
        own = tuple(dict.fromkeys(paths[report.sha256] for report in one.reports if report.sha256 in paths))
        source = ObjectSource(one.id, own, seen[(one.id, *own)], overrides=tuple(overrides))
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


def why_unread(one: Unread) -> str:
    """With the name of the file."""
    return one.why if one.source in one.why else f"{one.source}: {one.why}"


class Opener:
    """Reads objects again; what was read last is kept, since files may hold many. For one thread."""

    def __init__(self, catalog: Catalog | None = None, model_sha256: str | None = None) -> None:
        self._catalogs = {} if catalog is None else {str(catalog.folder.resolve()): catalog}
        self._sha256 = model_sha256
        self._files: dict[tuple[tuple[str, ...], ...], tuple[list[SkyObject], list[Unread]]] = {}

    def open(self, source: ObjectSource) -> SkyObject:
        """Raises AIONError: its files or its catalog cannot be read any more."""
        if source.catalog:
            if source.catalog not in self._catalogs:
                self._catalogs[source.catalog] = Catalog.load(source.catalog, model_sha256=self._sha256)
            return self._catalogs[source.catalog].entry(source.id)
        objects, unread = self._read(source)
        alike = [one for one in objects if one.id == source.id]
        if source.nth >= len(alike):
            why = unread[0].why if unread else "its content has changed"
            raise InputError(f"{', '.join(source.files)} no longer holds {source.id}: {why}")
        return alike[source.nth]

    def _read(self, source: ObjectSource) -> tuple[list[SkyObject], list[Unread]]:
        key = (source.files, source.overrides)
        if key not in self._files:
            missing = [path for path in source.files if not Path(path).is_file()]
            if missing:
                raise InputError(f"{missing[0]} is no longer there, so {source.id} cannot be shown")
            while len(self._files) >= READ_FILES:
                self._files.pop(next(iter(self._files)))
            files = [Path(path) for path in source.files]
            self._files[key] = read_many(files, overrides=Overrides.parse(source.overrides))
        return self._files[key]


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
