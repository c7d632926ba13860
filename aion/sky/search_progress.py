"""How far asking is, for whoever looks, and the wish to stop. Knows no service."""

import threading
from dataclasses import dataclass, field

from aion.errors import StoppedError


@dataclass
class SearchProgress:
    """Shared by the thread that asks and the one that looks."""

    steps: dict[str, str] = field(default_factory=dict)
    """What is asked for -> how far it is, in the order it began: ``{"image": "412 kB"}``."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask nothing more; what is under way ends at once."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raises StoppedError where it was asked to stop."""
        if self._stop.is_set():
            raise StoppedError("stopped; what had arrived is kept")

    def wait(self, seconds: float) -> None:
        """So long, or until it is asked to stop, which raises StoppedError."""
        self._stop.wait(seconds)
        self.check()

    def tell(self, step: str, state: str) -> None:
        """``tell("image", "412 kB")``"""
        self.steps[step] = state
