"""Work in a thread of its own, at which somebody looks on and which they may stop."""

import threading
from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar

from aion.errors import AIONError, StoppedError, explained_fault


class StoppableProgress(Protocol):
    """How far some work is, and the wish to stop it, which its steps look for."""

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""

    def stop(self) -> None:
        """Begin no further step."""


Progress = TypeVar("Progress", bound=StoppableProgress)


class StoppableWork(ABC, Generic[Progress]):
    """Begins when it is made; what its steps need is set before."""

    def __init__(self, progress: Progress, name: str) -> None:
        self.progress = progress
        self.problem: AIONError | None = None
        """Why it gave nothing; None also where it was stopped."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @abstractmethod
    def _work(self) -> None:
        """All of it, in the thread."""

    @property
    def is_running(self) -> bool:
        """False also as soon as it is asked to stop: nobody has to wait for the end of a step."""
        return self._thread.is_alive() and not self.progress.is_stopping

    def stop(self) -> None:
        """End before the next step."""
        self.progress.stop()

    def wait(self, seconds: float | None = None) -> None:
        """Until it is over, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._work()
        except StoppedError:
            return
        except Exception as exc:  # a thread has nobody else to tell
            self.problem = explained_fault(exc)
