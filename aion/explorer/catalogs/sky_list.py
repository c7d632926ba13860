"""A catalog of the targets of a list: positions, names or ids -> files from the archives -> a catalog.

All of it lies in a folder named after the content of the list and what was to be fetched, and nothing is
fetched again, whatever happens to this process. Knows nothing of pages.
"""

import hashlib
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from aion.errors import AIONError, InputError, StoppedError
from aion.explorer.catalogs.user_catalog import (
    MARKER,
    CatalogJob,
    CatalogJobResult,
    File,
    Problem,
    Progress,
    StopRequest,
    forget_old,
)
from aion.explorer.engine import Engine
from aion.io import SkyObject
from aion.io.targets import read_targets
from aion.sky.archive import Archive
from aion.sky.lists import FetchedTarget, fetch_list
from aion.sky.search_progress import SearchProgress
from aion.sky.services import KINDS

PACE_OVER = 20
"""Targets of which the time is measured, the last ones: what was kept takes none, and a service may slow
down."""


class ListJob(CatalogJob):
    """The work on a catalog of a list: its targets are fetched first, one after the other."""

    def __init__(
        self, table: File, kinds: Sequence[str], engine: Engine, root: Path, archive: Archive
    ) -> None:
        self._table, self._archive = table, archive
        # an upload is read again where the work is done again
        self._data = table.read_bytes() if isinstance(table, Path) else table.getvalue()
        self._kinds = tuple(kind for kind in KINDS if kind in kinds)
        self._search = SearchProgress()
        self._fetched: list[FetchedTarget] = []
        super().__init__((), engine, root / _key(self._data, self._kinds))

    def stop(self) -> None:
        self._search.stop()
        super().stop()

    def _make(self) -> CatalogJobResult:
        forget_old(self._root.parent)
        self._root.mkdir(parents=True, exist_ok=True)
        (self._root / MARKER).touch()
        self._fetched = self._fetch()
        # what is kept of each target: its name in the list, the hashes of its files, and what is missing
        self._files = (self._table, *sorted(self._root.glob("*.json")))
        return super()._make()

    def _fetch(self) -> list[FetchedTarget]:
        targets = read_targets(self._data, name=str(getattr(self._table, "name", "list")))
        times = deque([time.monotonic()], maxlen=PACE_OVER + 1)
        self.progress = Progress("Fetching", 0, len(targets), "targets")

        def tell(done: int) -> None:
            times.append(time.monotonic())
            pace = (times[-1] - times[0]) / (len(times) - 1)
            self.progress = Progress("Fetching", done, len(targets), "targets", pace)

        try:
            return fetch_list(targets, self._root, self._archive, self._search, kinds=self._kinds, done=tell)
        except StoppedError:
            raise StopRequest from None

    def _read(self, files: Sequence[object]) -> tuple[list[SkyObject], list[Problem]]:
        """The objects under the names that the list has for them, and what is missing of each target: all of
        it, or what did not come."""
        objects: list[SkyObject] = []
        problems: list[Problem] = []
        for number, one in enumerate(self._fetched):
            if self.is_stopping:
                raise StopRequest
            self.progress = Progress("Reading", number, len(self._fetched), "targets")
            try:
                objects += one.objects()
            except AIONError as exc:
                problems.append(Problem(one.target.id, str(exc), may_pass=not one.is_final))
                continue
            if not one.is_final:
                why = f"a part of it did not come: {'; '.join(one.missing)}"
                problems.append(Problem(one.target.id, why, may_pass=True))
        if not objects:
            reasons = "; ".join(f"{one.what}: {one.why}" for one in problems[:3])
            raise InputError(f"nothing was found for any target of the list: {reasons}")
        return objects, problems


def _key(data: bytes, kinds: Sequence[str]) -> str:
    """Name of the folder for this list and what is to be fetched; of no weights, which fetching needs not."""
    return f"list-{hashlib.sha256(data + ','.join(kinds).encode()).hexdigest()[:32]}"
