"""Fixtures every test may use: the real data, where there are some,
and a tiny model in the published layout."""

import os
import signal
from pathlib import Path

# no test reaches the network; the ones that play the Hub set their own endpoint
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# and no archive of the sky is asked; the tests of the sky set their own
os.environ.setdefault("AION_SKY", "no")
# numbers that are compared to the last digits; tests/test_precision.py compares the formats
os.environ.setdefault("AION_PRECISION", "float32")

import pytest
import torch

torch.set_num_threads(1)  # tests run side by side, one process per core
# Ctrl-C ends the processes that tests start, also where a shell, which ignores it for what it runs behind,
# has started the tests
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real spectra and images with known redshifts (``INDEX.csv``), never part of the repository."""
    folder = Path(os.environ.get("AION_REAL_DATA", ""))
    if not (folder / "INDEX.csv").is_file():
        pytest.skip("AION_REAL_DATA names no folder of real spectra and images with their INDEX.csv")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the real data can be chosen by itself: ``-m real_data``."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny random model with all its codecs, in the published layout.
    Read only: copy it to change it."""
    from tests.tiny import write_tiny

    return write_tiny(tmp_path_factory.mktemp("tiny"))
