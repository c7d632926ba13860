"""Queues and decisions in one SQLite file, for several people and several processes at once.

Decisions are only ever added: the latest of each person on each object counts, all others are its history.
An undo is a decision too, which says again what was before, and of which one it is the undo.
What is written when `record` returns survives a kill of the process.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from aion.errors import InputError
from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.redshift.inspection.queues import ObjectSource, Queue, QueueObject

FILE = "inspection.sqlite"
"""In the folder."""
PATIENCE = 30.0
"""Seconds that one process waits while another writes."""
_TABLES = """
CREATE TABLE IF NOT EXISTS queue (
    id TEXT PRIMARY KEY, label TEXT NOT NULL, parent TEXT NOT NULL, made TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS object (
    queue TEXT NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL,
    ra REAL, dec REAL, z_catalog REAL, kind TEXT NOT NULL, snr REAL, z_model REAL,
    PRIMARY KEY (queue, id));
CREATE TABLE IF NOT EXISTS decision (
    number INTEGER PRIMARY KEY, queue TEXT NOT NULL, object TEXT NOT NULL, person TEXT NOT NULL,
    z REAL, quality INTEGER, kind TEXT NOT NULL, issues TEXT NOT NULL, comment TEXT NOT NULL,
    time TEXT NOT NULL, key TEXT UNIQUE);
CREATE INDEX IF NOT EXISTS latest ON decision (queue, object, person, number);
CREATE INDEX IF NOT EXISTS of_person ON decision (queue, person, number);
CREATE TABLE IF NOT EXISTS undo (key TEXT PRIMARY KEY, undoes TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS undoes ON undo (undoes);
CREATE TABLE IF NOT EXISTS line (person TEXT NOT NULL, name TEXT NOT NULL, rest REAL NOT NULL,
    PRIMARY KEY (person, name, rest));
"""


@dataclass(frozen=True)
class QueueSummary:
    """A queue in a list."""

    id: str
    label: str
    parent: str
    made: str
    """UTC, ISO 8601."""
    objects: int
    inspected: Mapping[str, int]
    """Person -> how many objects have a quality from them."""


@dataclass(frozen=True)
class UndoStep:
    """What one undo does."""

    key: str
    """Of the decision that is undone."""
    before: Decision
    """What the person had said of that object until then."""


class InspectionStore:
    """The file in a folder, which is made where it is not there. Safe to use from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with self._open() as store:
            store.execute("PRAGMA journal_mode = WAL")
            store.executescript(_TABLES)

    def add(self, queue: Queue) -> None:
        """Keep a queue; one that is kept already stays as it is."""
        with self._open() as store:
            row = (queue.id, queue.label, queue.parent, _now())
            if store.execute("INSERT OR IGNORE INTO queue VALUES (?, ?, ?, ?)", row).rowcount:
                rows = [
                    {"queue": queue.id, "place": place, **vars(one), "source": json.dumps(asdict(one.source))}
                    for place, one in enumerate(queue.objects)
                ]
                store.executemany(
                    "INSERT INTO object VALUES "
                    "(:queue, :place, :id, :source, :ra, :dec, :z_catalog, :kind, :snr, :z_model)",
                    rows,
                )

    def queue(self, id: str) -> Queue:
        """Raises InputError: there is none of this id."""
        with self._open() as store:
            named = store.execute("SELECT label, parent FROM queue WHERE id = ?", (id,)).fetchone()
            if named is None:
                raise InputError(f"there is no queue {id!r} on this server")
            rows = store.execute(
                "SELECT id, source, ra, dec, z_catalog, kind, snr, z_model FROM object WHERE queue = ? "
                "ORDER BY place",
                (id,),
            ).fetchall()
        return Queue(named[0], tuple(_object(*row) for row in rows), id, named[1])

    def queues(self) -> list[QueueSummary]:
        """All, the newest first."""
        with self._open() as store:
            rows = store.execute(
                "SELECT id, label, parent, made, (SELECT COUNT(*) FROM object WHERE object.queue = queue.id) "
                "FROM queue ORDER BY made DESC, rowid DESC"
            ).fetchall()
            counted = store.execute(
                f"SELECT queue, person, COUNT(*) FROM ({_LATEST}) WHERE quality IS NOT NULL "
                "GROUP BY queue, person"
            ).fetchall()
        inspected: dict[str, dict[str, int]] = {}
        for queue, person, count in counted:
            inspected.setdefault(queue, {})[person] = count
        return [
            QueueSummary(id, label, parent, made, count, inspected.get(id, {}))
            for id, label, parent, made, count in rows
        ]

    def record(
        self,
        queue_id: str,
        decisions: Sequence[Decision],
        keys: Sequence[str | None] = (),
        undoes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Keep decisions, in their order; on return they are on the disk.

        Args:
            keys: One for each, where they may come twice: what has a key that is known is kept already.
            undoes: Key of an undo among them -> key of the decision that it undoes.
        """
        with self._open() as store:
            rows = [
                {**vars(one), "queue": queue_id, "time": one.time or _now(), "key": key}
                for one, key in zip(decisions, keys or [None] * len(decisions), strict=True)
            ]
            store.executemany(
                "INSERT OR IGNORE INTO decision "
                "(queue, object, person, z, quality, kind, issues, comment, time, key) VALUES "
                "(:queue, :object_id, :person, :z, :quality, :kind, :issues, :comment, :time, :key)",
                rows,
            )
            store.executemany("INSERT OR IGNORE INTO undo VALUES (?, ?)", undoes.items())

    def undo_steps(self, queue_id: str, person: str, most: int) -> list[UndoStep]:
        """What undoing again and again does, the last decision last, ``most`` steps of it.

        Only decisions with a key can be undone, and none that a later one without a key, of a file,
        overrides.
        """
        with self._open() as store:
            rows = store.execute(_UNDO, (queue_id, person, most)).fetchall()
        steps = [UndoStep(key, Decision(object, person, *before)) for key, object, *before in rows]
        return steps[::-1]

    def decisions(self, queue_id: str, person: str | None = None) -> list[Decision]:
        """The latest of each person on each object, without those that say nothing; of one person only where
        one is named."""
        with self._open() as store:
            rows = store.execute(
                f"SELECT object, person, z, quality, kind, issues, comment, time FROM ({_LATEST}) "
                "WHERE queue = ? AND (? IS NULL OR person = ?) ORDER BY number",
                (queue_id, person, person),
            ).fetchall()
        return [one for one in (Decision(*row) for row in rows) if not one.is_empty]

    def history(self, queue_id: str, object_id: str) -> list[Decision]:
        """All that anybody decided of an object, the oldest first."""
        with self._open() as store:
            rows = store.execute(
                "SELECT object, person, z, quality, kind, issues, comment, time FROM decision "
                "WHERE queue = ? AND object = ? ORDER BY number",
                (queue_id, object_id),
            ).fetchall()
        return [Decision(*row) for row in rows]

    def keep_z_model(self, queue_id: str, object_id: str, z: float) -> None:
        """The redshift of the model's best peak."""
        with self._open() as store:
            store.execute(
                "UPDATE object SET z_model = ? WHERE queue = ? AND id = ?", (z, queue_id, object_id)
            )

    def lines(self, person: str) -> list[tuple[str, float]]:
        """Name and vacuum wavelength, Å, of the lines that a person added, by wavelength."""
        with self._open() as store:
            rows = store.execute("SELECT name, rest FROM line WHERE person = ? ORDER BY rest", (person,))
            return [(str(name), float(rest)) for name, rest in rows]

    def keep_lines(self, person: str, lines: Sequence[tuple[str, float]]) -> None:
        """These, in place of all that this person had."""
        with self._open() as store:
            store.execute("DELETE FROM line WHERE person = ?", (person,))
            store.executemany(
                "INSERT OR IGNORE INTO line VALUES (?, ?, ?)", [(person, *line) for line in lines]
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One connection for each use: threads share none. All of a block is kept, or nothing."""
        with closing(sqlite3.connect(self.folder / FILE, timeout=PATIENCE)) as store, store:
            store.execute("PRAGMA synchronous = FULL")
            yield store


_LATEST = (
    "SELECT * FROM decision WHERE number IN (SELECT MAX(number) FROM decision GROUP BY queue, object, person)"
)


_UNDO = """
WITH step AS (
    SELECT *, (SELECT MAX(number) FROM decision AS earlier WHERE earlier.queue = own.queue AND
        earlier.object = own.object AND earlier.person = own.person AND earlier.number < own.number) AS last
    FROM decision AS own
    WHERE queue = ? AND person = ? AND key IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM undo WHERE undo.key = own.key OR undo.undoes = own.key)
        AND NOT EXISTS (SELECT 1 FROM decision AS later WHERE later.queue = own.queue
            AND later.object = own.object AND later.person = own.person AND later.number > own.number
            AND later.key IS NULL)
    ORDER BY number DESC LIMIT ?)
SELECT step.key, step.object, before.z, before.quality,
    COALESCE(before.kind, ''), COALESCE(before.issues, ''), COALESCE(before.comment, '')
FROM step LEFT JOIN decision AS before ON before.number = step.last ORDER BY step.number DESC
"""


def _object(id: str, source: str, *facts: object) -> QueueObject:
    known = json.loads(source)
    lists = {name: tuple(known.get(name, ())) for name in ("files", "overrides")}
    return QueueObject(id, ObjectSource(**known | lists), *facts)  # type: ignore[arg-type]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
