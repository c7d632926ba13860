"""Batches in a folder of a test, and the fake archive, for lists of targets."""

from pathlib import Path

import pytest

from aion.explorer.catalogs.batches import Batches
from tests.sky.conftest import archive, sky_server  # noqa: F401  # fixtures


@pytest.fixture
def open_batches(engine, tmp_path):
    """Begins the batches of a folder, and ends them after the test."""
    opened = []

    def begin(root: Path = tmp_path / "own", engine: object = engine, **how) -> Batches:
        opened.append(Batches(root, engine, **how))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()
