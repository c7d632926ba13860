"""A catalog of the targets of a list: positions, names or ids -> files from the archives -> a catalog.

What was fetched lies in a folder named after the list and is not fetched again, whatever happens to this
process. Knows nothing of pages.
"""

import hashlib
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
)
from aion.explorer.engine import Engine
from aion.io import SkyObject
from aion.io.targets import read_targets
from aion.sky.archive import Archive
from aion.sky.lists import FetchedTarget, fetch_list
from aion.sky.search_progress import SearchProgress

FOLDER = "list-"
"""What the names of the folders begin with."""


class ListJob(CatalogJob):
    """The work on a catalog of a list: its targets are fetched first, one after the other."""

    def __init__(
        self, table: File, kinds: Sequence[str], engine: Engine, root: Path, archive: Archive
    ) -> None:
        self._table, self._kinds, self._archive = table, tuple(kinds), archive
        self._search = SearchProgress()
        self._fetched: list[FetchedTarget] = []
        super().__init__((), engine, root)

    def stop(self) -> None:
        self._search.stop()
        super().stop()

    def _make(self) -> CatalogJobResult:
        self._fetched = self._fetch()
        self._files = tuple(path for one in self._fetched for path in one.files)
        return super()._make()

    def _fetch(self) -> list[FetchedTarget]:
        targets = read_targets(self._table)
        count = len(targets)

        def tell(done: int) -> None:
            self.progress = Progress("Fetching", done, count, "targets")

        tell(0)
        try:
            return fetch_list(
                targets, self._folder(), self._archive, self._search, kinds=self._kinds, done=tell
            )
        except StoppedError:
            raise StopRequest from None

    def _folder(self) -> Path:
        """Of this list, which is as old as the last question for it."""
        data = self._table.read_bytes() if isinstance(self._table, Path) else self._table.getvalue()
        key = hashlib.sha256(data + ",".join(self._kinds).encode()).hexdigest()[:32]
        folder = self._root / f"{FOLDER}{key}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
        return folder

    def _read(self, files: Sequence[object]) -> tuple[list[SkyObject], list[Problem]]:
        """The objects under the names that the list has for them, and what is not there of each target."""
        objects: list[SkyObject] = []
        problems: list[Problem] = []
        for one in self._fetched:
            try:
                objects += one.objects()
            except AIONError as exc:
                problems.append(Problem(one.target.id, str(exc)))
        if not objects:
            reasons = "; ".join(f"{one.what}: {one.why}" for one in problems[:3])
            raise InputError(f"nothing was found for any target of the list: {reasons}")
        return objects, problems
