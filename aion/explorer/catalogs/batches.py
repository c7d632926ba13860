"""The batches of a server: what persons hand in on a page, made into catalogs one after the other by a thread
of this process, as ``aion batch`` does it. Knows nothing of pages.

A batch goes on when its tab is closed, and after a restart of the server. What was embedded or fetched once
is kept, and the same files find the same batch.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aion.catalog import Catalog
from aion.errors import InputError, StoppedError, explained_fault
from aion.explorer.catalogs.batch_folder import (
    BatchFolder,
    BatchRecord,
    File,
    InputCopy,
    batch_key,
    batch_label,
    forget_old,
    input_names,
)
from aion.explorer.catalogs.batch_results import BatchResults
from aion.explorer.engine import Engine
from aion.explorer.survey.opening import open_source
from aion.explorer.survey.run import Here, RunProgress, RunResult, describe_model, run
from aion.explorer.survey.sources import SurveySource
from aion.explorer.survey.target_source import open_targets
from aion.io import Overrides
from aion.io.targets import read_targets
from aion.sky.archive import Archive
from aion.sky.lists import fetch_list
from aion.sky.search_progress import SearchProgress
from aion.sky.services import KINDS

PARTITION = 16
"""Objects that are embedded and kept together: a person sees the work move, and a cancel is quick."""
LANES = 2
"""Partitions that are begun at a time: fewer than where nobody else waits for the processor."""
LABEL = "uploaded"
"""What the objects of such a catalog are, for people."""
OPEN_CATALOGS = 8
"""Catalogs that are kept open, those that were asked for last."""
PACE_OVER = 20
"""Targets of which the time is measured, the last ones: what was kept takes none, and a service may slow
down."""
RETRY = 2.0
"""Seconds until a batch is looked at again that another process is at."""


@dataclass(frozen=True)
class BatchProgress:
    """How far the work on a batch is."""

    step: str
    done: int = 0
    total: int = 0
    unit: str = "objects"
    """Of ``done`` and ``total``: ``"targets"`` while they are fetched."""
    rate: float | None = None
    """Of them a second, at present."""
    remaining: float | None = None
    """Seconds."""
    failures: int = 0
    """What is left out so far."""


@dataclass(frozen=True)
class Batch:
    """A batch as it is now."""

    key: str
    folder: BatchFolder
    record: BatchRecord
    progress: BatchProgress | None
    """None where nobody is at it now."""
    before: int
    """Batches that are done before it."""
    is_of_these_weights: bool
    """Whether it is made by the weights and settings of this process."""

    @property
    def is_open(self) -> bool:
        """Whether it is being done, or will be."""
        return self.record.state == "open" and self.is_of_these_weights

    @property
    def is_active(self) -> bool:
        """Whether it is being done, will be, or was cancelled and ends with what is begun."""
        return self.is_open or self.progress is not None


@dataclass(eq=False)
class _Work:
    """On one batch."""

    key: str
    progress: BatchProgress = BatchProgress("Beginning")
    stop: threading.Event = field(default_factory=threading.Event)
    search: SearchProgress = field(default_factory=SearchProgress)
    is_deleted: bool = False
    """Whether its folder goes when it ends."""

    def end(self) -> None:
        """After the present partitions, or before the next target."""
        self.stop.set()
        self.search.stop()


class Batches:
    """Those in a folder, and the thread that does them. Those that were not over when the last process ended
    go on at once.

    Args:
        root: Folder that holds a folder for each.
        archive: Gives the archives of the sky, None where they are off.
    """

    def __init__(
        self, root: Path, engine: Engine, archive: Callable[[], Archive | None] = lambda: None
    ) -> None:
        self._root, self._engine, self._archive = root, engine, archive
        self._plan = describe_model(engine, with_p_z=True, label=LABEL)
        self._changed = threading.Condition()
        self._current: _Work | None = None
        self._is_closed = False
        self._results: OrderedDict[tuple[str, int], BatchResults] = OrderedDict()
        root.mkdir(parents=True, exist_ok=True)
        forget_old(root)
        waiting = [
            (record.begun, folder.path.name) for folder, record in self._folders() if self._is_todo(record)
        ]
        self._queue = deque(key for _, key in sorted(waiting))
        self._thread = threading.Thread(target=self._work, name="aion-batches", daemon=True)
        self._thread.start()

    def add_files(self, files: Sequence[File], overrides: Sequence[str] = ()) -> str:
        """Begin on some files, or go on where the same were given before; the key of the batch.

        Raises:
            ConfigError: an override that is none.
        """
        Overrides.parse(overrides)
        copies = sorted(set(map(InputCopy.of, files)))
        return self._add("files", copies, (), tuple(sorted(overrides)))

    def add_list(self, table: File, kinds: Sequence[str]) -> str:
        """Begin on a list of targets, of which these `KINDS` are fetched, or go on; the key of the batch.

        Raises:
            FormatError: it is no list of targets.
        """
        copy = InputCopy.of(table)
        read_targets(table if isinstance(table, Path) else table.getvalue(), name=copy.name)
        return self._add("list", [copy], tuple(kind for kind in KINDS if kind in kinds), ())

    def all(self) -> list[Batch]:
        """The newest first."""
        found = [self._batch(folder, record) for folder, record in self._folders()]
        return sorted((one for one in found if one), key=lambda one: one.record.begun, reverse=True)

    def get(self, key: str) -> Batch | None:
        """The one of this key, which is asked for now; None where there is none."""
        folder = self._folder(key)
        record = folder.read() if folder else None
        if folder is None or record is None:
            return None
        folder.touch()
        return self._batch(folder, record)

    def cancel(self, key: str) -> None:
        """End it after the present partitions; what is done stays, and there is a catalog of it."""
        with self._changed:
            batch = self.get(key)
            if batch is not None and batch.is_open:
                batch.folder.change(state="cancelled")
                if self._current is not None and self._current.key == key:
                    self._current.end()

    def go_on(self, key: str) -> None:
        """Do what is missing, and again what may go better now."""
        batch = self.get(key)
        if batch is not None and batch.is_of_these_weights:
            self._open(batch.folder)

    def delete(self, key: str) -> None:
        """All that is kept of it. Who looks into its catalog is told."""
        with self._changed:
            folder = self._folder(key)
            if self._current is not None and self._current.key == key:
                self._current.is_deleted = True
                self._current.end()
            if folder is not None:
                folder.delete()
            self._changed.notify_all()

    def results(self, key: str) -> BatchResults:
        """What a batch found, or a part of it; only what is asked for is read.

        Raises:
            InputError: it was deleted, or there is none yet.
            IndexMismatchError: other weights made it.
        """
        batch = self.get(key)
        made = batch.folder.catalog_time() if batch else 0
        if batch is None or not made:
            raise InputError("this batch has no catalog: it was deleted, or is not done yet")
        with self._changed:
            results = self._results.pop((key, made), None)
            if results is None:
                catalog = Catalog.load(batch.folder.catalog, model_sha256=self._engine.info.sha256)
                results = BatchResults(batch.folder, batch.record, catalog)
            self._results[key, made] = results
            while len(self._results) > OPEN_CATALOGS:
                self._results.popitem(last=False)
        return results

    def wait(self, key: str, seconds: float) -> Batch | None:
        """The batch when nobody works on it any more, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_busy_with(key), seconds)
        return self.get(key)

    def close(self) -> None:
        """End after the present partitions; another process, or this one later, goes on."""
        with self._changed:
            self._is_closed = True
            if self._current is not None:
                self._current.end()
            self._changed.notify_all()
        self._thread.join()

    def _add(
        self, kind: str, copies: Sequence[InputCopy], kinds: tuple[str, ...], overrides: tuple[str, ...]
    ) -> str:
        if not copies:
            raise InputError("there are no files; give at least one")
        forget_old(self._root)
        names = input_names(copies)
        record = BatchRecord(
            batch_label([copy.name for copy in copies]),
            "list" if kind == "list" else "files",
            names,
            sum(copy.size for copy in copies),
            self._plan,
            time.time(),
            kinds,
            overrides,
        )
        key = batch_key(copies, kind=kind, kinds=kinds, overrides=overrides, plan=self._plan)
        kept = BatchFolder(self._root / key)
        state = kept.read()
        folder = kept if state is not None else BatchFolder.create(self._root, key, record, copies)
        folder.touch()
        if state is None or state.state != "done":
            self._open(folder)
        return key

    def _open(self, folder: BatchFolder) -> None:
        """Let it be done; a batch that is waited for is not waited for twice."""
        with self._changed:
            folder.change(state="open", problem="")
            key, current = folder.path.name, self._current
            if key not in self._queue and (current is None or current.key != key or current.stop.is_set()):
                self._queue.append(key)
            self._changed.notify_all()

    def _folder(self, key: str) -> BatchFolder | None:
        """Of that key, which may come from an address."""
        is_name = len(key) == 32 and all(letter in "0123456789abcdef" for letter in key)
        return BatchFolder(self._root / key) if is_name and (self._root / key).is_dir() else None

    def _folders(self) -> Iterator[tuple[BatchFolder, BatchRecord]]:
        for path in self._root.iterdir():
            record = (folder := BatchFolder(path)).read() if self._folder(path.name) else None
            if record is not None:
                yield folder, record

    def _is_todo(self, record: BatchRecord) -> bool:
        return record.state == "open" and record.plan == self._plan

    def _batch(self, folder: BatchFolder, record: BatchRecord) -> Batch:
        key, current, queue = folder.path.name, self._current, list(self._queue)
        is_current = current is not None and current.key == key
        before = queue.index(key) + (current is not None) if key in queue else 0
        progress = current.progress if current is not None and is_current else None
        return Batch(key, folder, record, progress, before, record.plan == self._plan)

    def _is_busy_with(self, key: str) -> bool:
        return key in self._queue or (self._current is not None and self._current.key == key)

    def _work(self) -> None:
        """One after the other, until this is closed."""
        while (work := self._next()) is not None:
            folder = BatchFolder(self._root / work.key)
            try:
                is_mine = self._do(work, folder)
            except Exception as exc:  # a thread has nobody else to tell
                is_mine = True
                self._end(work, folder, exc)
            with self._changed:
                self._current = None
                if work.is_deleted:
                    folder.delete()
                elif not is_mine and work.key not in self._queue:
                    self._queue.append(work.key)
                self._changed.notify_all()
                if not is_mine:
                    self._changed.wait(RETRY)

    def _next(self) -> _Work | None:
        """The next batch; waits until there is one, None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closed)
            if self._is_closed:
                return None
            self._current = _Work(self._queue.popleft())
            return self._current

    def _do(self, work: _Work, folder: BatchFolder) -> bool:
        """All of it, or until it is cancelled; whether nobody else was at it."""
        record = folder.read()
        if record is None or not self._is_todo(record):
            return True
        with folder.reserved() as is_mine:
            if is_mine:
                self._finish(work, folder, record)
            else:
                work.progress = BatchProgress("Another application on this computer is at it")
        return is_mine

    def _finish(self, work: _Work, folder: BatchFolder, record: BatchRecord) -> None:
        source = self._source(work, folder, record)
        if work.stop.is_set():
            return
        result = run(
            source,
            folder.catalog,
            Here(self._engine, LANES),
            self._engine,
            label=LABEL,
            with_p_z=True,
            shows_part=True,
            progress=lambda progress: self._tell(work, folder, progress),
            stop=work.stop,
        )
        self._end(work, folder, result)

    def _source(self, work: _Work, folder: BatchFolder, record: BatchRecord) -> SurveySource:
        inputs, overrides = folder.input_files(record), Overrides.parse(record.overrides)
        if record.kind == "files":
            work.progress = BatchProgress(f"Reading {record.label}")
            return open_source(inputs, overrides=overrides, most=PARTITION)
        archive = self._archive()
        if archive is None:
            raise InputError("this application asks no archives (AION_SKY=no), so the list cannot be fetched")
        targets = read_targets(inputs[0])
        tell = _FetchTeller(work, len(targets))
        fetched = fetch_list(targets, folder.targets, archive, work.search, kinds=record.kinds, done=tell)
        return open_targets(fetched, overrides, strict=False, most=PARTITION)

    def _tell(self, work: _Work, folder: BatchFolder, progress: RunProgress) -> None:
        folder.touch()
        step = "Saving the catalog" if progress.partitions == progress.total else "Analyzing"
        pace = (progress.rate or None, progress.remaining)
        work.progress = BatchProgress(
            step, progress.done, progress.expected, "objects", *pace, progress.failures
        )

    def _end(self, work: _Work, folder: BatchFolder, outcome: RunResult | Exception) -> None:
        """Keep what became of it; of what was stopped a person said the state already, or it stays open."""
        with self._changed:  # a person may say something of it at the same time
            if isinstance(outcome, StoppedError) or work.is_deleted:
                return
            if isinstance(outcome, Exception):
                folder.change(state="failed", problem=str(explained_fault(outcome)))
                return
            counts = {"failures": len(outcome.failures), "may_pass": outcome.may_pass}
            folder.change(rows=outcome.rows, **counts, **({"state": "done"} if outcome.is_complete else {}))


class _FetchTeller:
    """Tells how many targets are fetched, and at which pace."""

    def __init__(self, work: _Work, total: int) -> None:
        self._work, self._total = work, total
        self._times = deque([time.monotonic()], maxlen=PACE_OVER + 1)
        work.progress = BatchProgress("Fetching", 0, total, "targets")

    def __call__(self, done: int) -> None:
        self._times.append(time.monotonic())
        pace = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
        self._work.progress = BatchProgress(
            "Fetching", done, self._total, "targets", 1 / pace if pace else None, pace * (self._total - done)
        )
