"""One text looked up in the archives, in a thread of its own, so that whoever asked can look on and stop."""

import threading

from aion.errors import AIONError, StoppedError, explained_fault
from aion.sky.archive import Archive
from aion.sky.gather import Finding, gather
from aion.sky.resolve import SkyPlace, resolve
from aion.sky.search_progress import SearchProgress


class Search:
    """Where the text is in the sky, and what the archives have there."""

    def __init__(self, text: str, archive: Archive) -> None:
        self.text = text
        self.progress = SearchProgress()
        self.place: SkyPlace | None = None
        """None until it is known."""
        self.finding: Finding | None = None
        """None until it is done; and where there is a problem, or it was stopped."""
        self.problem: AIONError | None = None
        self._archive = archive
        self._thread = threading.Thread(target=self._run, name="aion-sky-search", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """False also as soon as it is asked to stop: nobody has to wait for a service."""
        return self._thread.is_alive() and not self.progress.is_stopping

    def stop(self) -> None:
        """Ask nothing more."""
        self.progress.stop()

    def wait(self, seconds: float | None = None) -> None:
        """Until it is over, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.place = resolve(self.text, self._archive, self.progress)
            self.finding = gather(self.place, self._archive, self.progress)
        except StoppedError:
            return
        except Exception as exc:  # a thread has nobody else to tell
            self.problem = explained_fault(exc)
