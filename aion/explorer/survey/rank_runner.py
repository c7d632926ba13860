"""Partitions shared among processes that were started together, as by SLURM or torchrun. They see the same
folder, and know of one another by what lies in it."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aion.errors import ConfigError, InputError
from aion.explorer.engine import Engine
from aion.explorer.survey.contract import Contract
from aion.explorer.survey.pipeline import Task, TaskResult, process
from aion.explorer.survey.work import WorkFolder

POLL = 1.0
"""Seconds between two looks for the partitions of the others."""
PATIENCE = 1_800.0
"""Seconds after the last partition of another process after which the first one waits no longer."""


@dataclass(frozen=True)
class Rank:
    """The share of one of several processes; the first makes the catalog when all are done.

    Raises:
        ConfigError: there is no such process.
    """

    engine: Engine
    rank: int
    """0 to ``processes`` - 1."""
    processes: int
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.processes:
            raise ConfigError(
                f"rank {self.rank} of {self.processes} processes; 0 to {self.processes - 1} is expected"
            )

    def results(
        self, tasks: Sequence[Task], contract: Contract, work: WorkFolder, stop: threading.Event
    ) -> Iterator[TaskResult]:
        """Of those whose number is this process's, counted round."""
        mine = [task for task in tasks if task.number % self.processes == self.rank]
        return process(mine, self.engine, contract, work, stop)

    def finishes(self, work: WorkFolder, total: int, stop: threading.Event) -> bool:
        """Whether this is the first process and all partitions are there; waits for those of the others.

        Raises:
            InputError: for too long none came.
        """
        if self.rank:
            return False
        missing, since = total, time.monotonic()
        while not stop.is_set() and time.monotonic() - since < self.patience:
            left = sum(not work.part(number).is_file() for number in range(total))
            if not left:
                return True
            if left < missing:
                missing, since = left, time.monotonic()
            stop.wait(POLL)
        if stop.is_set():
            return False
        raise InputError(
            f"{missing:,} partitions of other processes did not come within {self.patience:,.0f} s; what is "
            "done is kept, and the same command goes on"
        )
