"""Partitions through one engine, several at a time: while the model reads one, others are read from their
files and encoded, and another is written. In memory are at most `LANES` and the one that is written."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from aion.errors import FaultError, explained_fault
from aion.explorer.engine import Engine
from aion.explorer.survey.contract import Contract, Failure
from aion.explorer.survey.partition import Reading, read_by_model, tabulate_readings
from aion.explorer.survey.sources import Partition, PartitionInput
from aion.explorer.survey.work import WorkFolder

LANES = 3
"""Partitions that are read and embedded at a time, each by a thread of its own."""
ATTEMPTS = 3
"""Times that a partition is read before it is left out."""


@dataclass(frozen=True)
class Task:
    """A partition with its place among all of the source."""

    number: int
    partition: Partition


@dataclass(frozen=True)
class TaskResult:
    """What became of a partition."""

    number: int
    rows: int
    failures: tuple[Failure, ...]


def process(
    tasks: Sequence[Task],
    engine: Engine,
    contract: Contract,
    work: WorkFolder,
    stop: threading.Event,
    *,
    lanes: int | None = None,
) -> Iterator[TaskResult]:
    """The result of each as soon as it is written, in order. After `stop` what is begun is written, and
    nothing else is begun.

    Args:
        lanes: Partitions that are begun at a time; None: `LANES`.

    Raises:
        AIONError: the engine cannot be asked; what is written stays.
    """
    lanes = lanes or LANES
    waiting = deque(tasks)
    begun: deque[tuple[Task, Future[_Embedded]]] = deque()
    writing: Future[TaskResult] | None = None
    with ThreadPoolExecutor(lanes, "aion-embed") as pool, ThreadPoolExecutor(1, "aion-write") as writer:
        try:
            while begun or (waiting and not stop.is_set()):
                while waiting and len(begun) < lanes and not stop.is_set():
                    task = waiting.popleft()
                    begun.append((task, pool.submit(_embed, task.partition, engine)))
                task, future = begun.popleft()
                if writing is not None and not future.done():  # it is told without waiting for the next
                    yield writing.result()
                    writing = None
                embedded = future.result()
                if writing is not None:
                    yield writing.result()
                writing = writer.submit(_write, task, embedded, contract, work)
            if writing is not None:
                yield writing.result()
        finally:
            for _, future in begun:
                future.cancel()


@dataclass(frozen=True)
class _Embedded:
    given: PartitionInput
    readings: Sequence[Reading]


def _embed(partition: Partition, engine: Engine) -> _Embedded:
    given = read_partition(partition)
    return _Embedded(given, read_by_model(given.targets, engine))


def read_partition(partition: Partition) -> PartitionInput:
    """What it holds; where it cannot be read, also when tried again, why."""
    try:
        return _read_again(partition)
    except OSError as exc:  # an AIONError may be one as well
        problem = Failure("", partition.name, str(exc), may_pass=True)
    except Exception as exc:  # one partition of many
        why = explained_fault(exc)
        is_fault = isinstance(why, FaultError)
        problem = Failure("", partition.name, str(why), may_pass=is_fault, is_fault=is_fault)
    return PartitionInput((), [problem])


def _read_again(partition: Partition) -> PartitionInput:
    for _ in range(ATTEMPTS - 1):
        with suppress(OSError):
            return partition.read()
    return partition.read()


def _write(task: Task, embedded: _Embedded, contract: Contract, work: WorkFolder) -> TaskResult:
    rows, failures = tabulate_readings(embedded.readings, contract, embedded.given.kept)
    held = (*embedded.given.failures, *failures)
    work.write(task.number, rows, held)
    return TaskResult(task.number, len(rows), held)
