"""Screens made ahead of who inspects, by one thread for all queues, as files that a browser fetches itself.

The one that is looked at is asked of the engine as any analysis is; the next ones, and after them the
redshifts of the whole queue, come when it has nothing else to do.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aion.errors import AIONError, explained_fault
from aion.explorer.engine import Engine
from aion.explorer.redshift.inspection.queues import Opener, Queue
from aion.explorer.redshift.inspection.screens import screen_of, screen_of_problem
from aion.explorer.redshift.inspection.store import InspectionStore

READY = "ready.json"
"""Beside the screens of a queue: the places that there are."""
KEPT = 300
"""Screens that are kept, of all queues; 0.2 MB each."""


@dataclass
class _Interest:
    """What is wanted of one queue."""

    queue: Queue
    places: tuple[int, ...]
    """Most wanted first."""
    unmeasured: list[int]
    """Places whose redshift the model was not asked for yet, the last one first."""


class ScreenMaker:
    """Makes ``<folder>/<queue>/<place>.json`` of what is looked at; see `screen_of`."""

    def __init__(self, engine: Engine, store: InspectionStore, folder: Path) -> None:
        self._engine, self._store, self._folder = engine, store, folder
        self._opener = Opener(engine.catalog, engine.info.sha256)
        self._interests: dict[str, _Interest] = {}
        self._made: dict[tuple[str, int], None] = {}
        """In the order in which they were made or asked for."""
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="aion-inspection", daemon=True)
        self._thread.start()

    def look_at(self, queue: Queue, places: Sequence[int]) -> None:
        """These places of a queue are wanted, the first one now."""
        place = self._folder / queue.id
        if not (place / READY).is_file():
            place.mkdir(parents=True, exist_ok=True)
            self._tell(queue.id)
        with self._changed:
            before = self._interests.pop(queue.id, None)
            left = before.unmeasured if before else _unmeasured(queue)
            self._interests[queue.id] = _Interest(queue, tuple(places), left)
            self._changed.notify()

    def close(self) -> None:
        """Ends the thread after what it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while (found := self._next()) is not None:
            interest, place, is_urgent = found
            screen = self._screen(interest.queue, place, can_wait=not is_urgent)
            self._keep(interest.queue, place, screen)

    def _next(self) -> tuple[_Interest, int, bool] | None:
        """What is made next, and whether a person waits for it; None at the end."""
        with self._changed:
            while not self._closed:
                for interest in reversed(self._interests.values()):
                    for rank, place in enumerate(interest.places):
                        if (interest.queue.id, place) not in self._made:
                            return interest, place, rank == 0
                for interest in reversed(self._interests.values()):
                    if interest.unmeasured:
                        return interest, interest.unmeasured.pop(), False
                self._changed.wait()
        return None

    def _screen(self, queue: Queue, place: int, *, can_wait: bool) -> dict[str, Any]:
        known = queue.objects[place]
        try:
            target = self._opener.open(known.source)
            [analysis] = self._engine.batch([target], can_wait=can_wait)
            if isinstance(analysis, AIONError):
                raise analysis
            screen = screen_of(known, analysis)
            self._store.keep_z_model(queue.id, known.id, analysis.z)
        except Exception as exc:  # the thread lives on; who inspects reads why
            return screen_of_problem(known, str(explained_fault(exc)))
        return screen

    def _keep(self, queue: Queue, place: int, screen: dict[str, Any]) -> None:
        _write(self._folder / queue.id / f"{place}.json", screen)
        with self._changed:
            self._made[queue.id, place] = None
            wanted = {(one.queue.id, at) for one in self._interests.values() for at in one.places}
            surplus = [made for made in self._made if made not in wanted][: max(len(self._made) - KEPT, 0)]
            for made in surplus:
                del self._made[made]
        for other, at in surplus:
            self._tell(other)
            (self._folder / other / f"{at}.json").unlink(missing_ok=True)
        self._tell(queue.id)

    def _tell(self, queue_id: str) -> None:
        """Which places of a queue there are."""
        with self._changed:
            ready = [place for queue, place in self._made if queue == queue_id]
        _write(self._folder / queue_id / READY, ready)


def _unmeasured(queue: Queue) -> list[int]:
    return [place for place, one in enumerate(queue.objects) if one.z_model is None][::-1]


def _write(path: Path, content: Any) -> None:
    """Whole, or as it was: a browser may read it at any time."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, allow_nan=False))
    part.replace(path)
