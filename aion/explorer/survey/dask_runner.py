"""Partitions by the workers of Dask, on this machine or on a cluster. Needs ``requirements-survey.txt``."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from aion.errors import ConfigError
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.explorer.survey.contract import Contract
from aion.explorer.survey.pipeline import Task, TaskResult, process
from aion.explorer.survey.work import WorkFolder

AT_ONCE = 8
"""Partitions that a worker is given together: between two of them nothing waits."""


@dataclass(frozen=True)
class Dask:
    """Workers, each with an engine of its own that it keeps.

    Raises:
        ConfigError: Dask is not installed.
    """

    settings: Settings
    """Of the engines."""
    workers: int = 2
    """Processes on this machine, each with one thread for the model; unused with a scheduler."""
    scheduler: str | None = None
    """Address of one that runs already, such as ``"tcp://host:8786"``; its workers see the same folders."""

    def results(
        self, tasks: Sequence[Task], contract: Contract, work: WorkFolder, stop: threading.Event
    ) -> Iterator[TaskResult]:
        """Of each, as the workers write them."""
        dask = _distributed()
        groups = [list(tasks[first : first + AT_ONCE]) for first in range(0, len(tasks), AT_ONCE)]
        with ExitStack() as stack:
            here = {"n_workers": self.workers, "threads_per_worker": 1, "dashboard_address": None}
            cluster = self.scheduler or stack.enter_context(dask.LocalCluster(processes=True, **here))
            client = stack.enter_context(dask.Client(cluster))
            futures = [
                client.submit(_process, group, self.settings, contract, work, pure=False) for group in groups
            ]
            for future in dask.as_completed(futures):
                yield from future.result()
                if stop.is_set():
                    client.cancel(futures)
                    return

    def finishes(self, work: WorkFolder, total: int, stop: threading.Event) -> bool:
        """The workers are done when all results are here."""
        return True


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as exc:
        raise ConfigError("Dask is not installed; pip install 'aion-explorer[survey]'") from exc


_engines: list[tuple[Settings, Engine]] = []
"""Of a worker's process, which outlives its tasks."""


def _process(tasks: list[Task], settings: Settings, contract: Contract, work: WorkFolder) -> list[TaskResult]:
    engine = next((engine for held, engine in _engines if held == settings), None)
    if engine is None:
        engine = Engine(settings)
        _engines.append((settings, engine))
    return list(process(tasks, engine, contract, work, threading.Event()))
