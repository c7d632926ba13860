"""What the reader tests share: the simulated twins, and short ways to look at what was read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aion.io import Entry, SkyObject


@pytest.fixture(scope="session")
def twins(root: Path) -> Path:
    """Folder of small simulated files, written by ``tests/data/make.py``."""
    return root / "tests" / "data"


@pytest.fixture(scope="session")
def entry() -> Callable[[SkyObject, str], Entry]:
    """The first report entry of an object about something; fails without."""

    def find(found: SkyObject, what: str) -> Entry:
        entries = [entry for report in found.reports for entry in report.entries]
        matching = [entry for entry in entries if entry.what == what]
        assert matching, f"no entry about {what!r} among {sorted({entry.what for entry in entries})}"
        return matching[0]

    return find
