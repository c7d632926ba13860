"""Asking the fake archive with our own code."""

from pathlib import Path

from aion.sky.archive import Archive
from aion.sky.gather import Finding, gather
from aion.sky.resolve import resolve
from aion.sky.services import PACE, Services
from tests.sky.fake_archive import FakeArchive

NO_PAUSES = (0.0, 0.0)


def services(fake: FakeArchive, folder: Path, *, pace: float = 0.0, **urls: str) -> Services:
    """Those of the fake, but for ``urls``, with an empty cache in ``folder``."""
    bases = {name: url for name, url in fake.base_urls.items() if name in PACE}
    return Services(**{**bases, **urls}, cache=folder / "sky", pace=dict.fromkeys(PACE, pace))


def archive_of(
    fake: FakeArchive, folder: Path, *, pauses: tuple[float, ...] = NO_PAUSES, **urls: str
) -> Archive:
    return Archive(services(fake, folder, **urls), pauses=pauses)


def look_up(text: str, archive: Archive) -> Finding:
    return gather(resolve(text, archive), archive)
