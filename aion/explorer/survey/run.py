"""A source -> the folder of a catalog, by a runner that does the partitions; what is done is skipped."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import aion
from aion.catalog import Catalog
from aion.catalog.manifest import Manifest
from aion.explorer.engine import Engine
from aion.explorer.survey.assembly import assemble, read_failures
from aion.explorer.survey.contract import Contract, Failure
from aion.explorer.survey.pipeline import Task, TaskResult, process
from aion.explorer.survey.sources import SurveySource
from aion.explorer.survey.work import WORK, Summary, WorkFolder, check_same


@dataclass(frozen=True)
class RunProgress:
    """How far a run is."""

    partitions: int
    """That are done, also before."""
    total: int
    objects: int
    """Rows of this run."""
    failures: int
    """Of all partitions that are done."""
    done: int
    """About how many of the objects of the source, also before."""
    expected: int
    """About how many objects the source has."""
    rate: float
    """Objects a second, of this run."""
    remaining: float | None
    """Seconds, as the partitions so far took; None before the first."""

    def sentence(self) -> str:
        """For people."""
        left = "" if self.remaining is None else f", about {_duration(self.remaining)} left"
        failures = f", {self.failures:,} left out" if self.failures else ""
        return (
            f"{self.partitions:,} of {self.total:,} partitions, {self.objects:,} objects, "
            f"{self.rate:.1f} a second{failures}{left}"
        )


@dataclass(frozen=True)
class RunResult:
    """What a run left."""

    rows: int
    """Of the catalog, or of what is done of it."""
    failures: Sequence[Failure]
    """What is not in it."""
    is_stopped: bool
    """Whether it was told to stop before its end."""
    is_complete: bool
    """Whether there is a catalog; else it was stopped, or it falls to another process to make it."""

    @property
    def may_pass(self) -> int:
        """Failures that may not come again when the same is run once more."""
        return sum(one.may_pass for one in self.failures)


class Runner(Protocol):
    """Who does the partitions."""

    def results(
        self, tasks: Sequence[Task], contract: Contract, work: WorkFolder, stop: threading.Event
    ) -> Iterator[TaskResult]:
        """Of each, in any order, as soon as it is written."""

    def finishes(self, work: WorkFolder, total: int, stop: threading.Event) -> bool:
        """Whether it falls to this process to make the catalog, when its own partitions are done."""


@dataclass(frozen=True)
class Here:
    """In this process, with its engine."""

    engine: Engine
    lanes: int | None = None
    """Partitions that are begun at a time; None: `pipeline.LANES`."""

    def results(
        self, tasks: Sequence[Task], contract: Contract, work: WorkFolder, stop: threading.Event
    ) -> Iterator[TaskResult]:
        """One after the other."""
        return process(tasks, self.engine, contract, work, stop, lanes=self.lanes)

    def finishes(self, work: WorkFolder, total: int, stop: threading.Event) -> bool:
        """Nobody else does."""
        return True


def run(
    source: SurveySource,
    out: Path,
    runner: Runner,
    engine: Engine,
    *,
    label: str = "survey",
    with_p_z: bool = False,
    shows_part: bool = False,
    progress: Callable[[RunProgress], None] = lambda progress: None,
    stop: threading.Event | None = None,
) -> RunResult:
    """The catalog of all that the model can read of a source, in a new folder, or what is missing of it.

    Args:
        runner: Who does the partitions.
        engine: Its weights, for which the runner may have copies of its own.
        label: What its objects are, for people.
        with_p_z: Whether p(z) is kept of each object.
        shows_part: Whether there is a catalog of what is done where it is stopped, until all is done.
        progress: Told after every partition.
        stop: Set to end after the present partitions; what is done stays.

    Raises:
        InputError: the folder holds something else, or there is nothing to make a catalog of.
        AIONError: the model cannot be asked.
    """
    stop = stop or threading.Event()
    contract = Contract(engine.width, len(engine.redshift_edges) - 1 if with_p_z else 0, dict(source.kept))
    plan = _plan(source, engine, with_p_z, label)
    work = WorkFolder(out)
    work.forget_done()
    if Catalog.is_in(out) and not (out / WORK).is_dir():
        manifest = Manifest.read(out)
        check_same(dict(manifest.details["run"]), plan, out)
        return RunResult(manifest.rows, read_failures(out), is_stopped=False, is_complete=True)
    work.open(plan)
    tasks = [Task(number, partition) for number, partition in enumerate(source.partitions)]
    todo = [task for task in tasks if not work.is_done(task.number, task.partition)]
    _follow(runner.results(todo, contract, work, stop), tasks, todo, work, progress)
    parts = [path for task in tasks if (path := work.part(task.number)).is_file()]
    is_whole = len(parts) == len(tasks)
    manifest = _manifest(plan, engine, label)
    if not is_whole and stop.is_set():
        result = _so_far(work, tasks, is_stopped=True)
        if shows_part and result.rows:
            assemble(work, parts, source.pixels, manifest, width=engine.width)
        return result
    if not runner.finishes(work, len(tasks), stop):
        return _so_far(work, tasks, is_stopped=stop.is_set())
    parts = [work.part(task.number) for task in tasks]  # others may have done theirs meanwhile
    assemble(work, parts, source.pixels, manifest, width=engine.width)
    result = replace(_so_far(work, tasks, is_stopped=False), is_complete=True)
    if not result.may_pass:
        work.remove()
    return result


def _plan(source: SurveySource, engine: Engine, with_p_z: bool, label: str) -> dict[str, Any]:
    """What a catalog depends on, as plain values."""
    partitions = len(source.partitions)
    return {
        "input": source.fingerprint,
        **describe_model(engine, with_p_z=with_p_z, label=label),
        "partitions": partitions,
    }


def describe_model(engine: Engine, *, with_p_z: bool, label: str) -> dict[str, Any]:
    """What a catalog of any source depends on, as plain values."""
    reference = engine.catalog.manifest.model_sha256 if engine.catalog else None
    return {
        "weights": engine.info.sha256,
        "settings": {
            "label": label,
            "p_z": with_p_z,
            "precision": engine.info.precision,
            "recalibration": engine.recalibration and engine.recalibration.digest,
            "voters": [engine.catalog.manifest.label, len(engine.catalog), reference]
            if engine.catalog
            else [],
        },
        "version": aion.__version__,
    }


def _manifest(plan: dict[str, Any], engine: Engine, label: str) -> Manifest:
    """Without what follows from the rows."""
    info = engine.info
    details: dict[str, Any] = {
        "run": plan,
        "weights": {"title": info.title, "revision": info.revision, "sha256": info.sha256},
        "versions": info.versions,
        "recalibration": engine.recalibration and engine.recalibration.fitted_on,
    }
    if plan["settings"]["p_z"]:
        details["redshift_edges"] = engine.redshift_edges.tolist()
    return Manifest(label, info.sha256, details=details)


def _follow(
    results: Iterator[TaskResult],
    tasks: Sequence[Task],
    todo: Sequence[Task],
    work: WorkFolder,
    progress: Callable[[RunProgress], None],
) -> None:
    """Tell after every partition how far it is."""
    before = len(tasks) - len(todo)
    waiting = {task.number: task.partition.size for task in todo}
    expected = sum(task.partition.size for task in tasks)
    old = (Summary.read(work.part(task.number)) for task in tasks if task.number not in waiting)
    failures = sum(len(one.failures) for one in old)
    started, done, objects, left = time.monotonic(), 0, 0, sum(waiting.values())
    progress(RunProgress(before, len(tasks), 0, failures, expected - left, expected, 0.0, None))
    for result in results:
        done, objects, failures = done + 1, objects + result.rows, failures + len(result.failures)
        left -= waiting[result.number]
        seconds = time.monotonic() - started
        remaining = seconds / done * (len(todo) - done)
        of_all = (before + done, len(tasks), objects, failures, expected - left, expected)
        progress(RunProgress(*of_all, objects / seconds, remaining))


def _so_far(work: WorkFolder, tasks: Sequence[Task], *, is_stopped: bool) -> RunResult:
    paths = [work.part(task.number) for task in tasks]
    summaries = [Summary.read(path) for path in paths if path.is_file()]
    failures = [one for summary in summaries for one in summary.failures]
    return RunResult(sum(one.rows for one in summaries), failures, is_stopped, is_complete=False)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
