"""Fixtures every test may use: the real data beside the checkout, and a tiny model in the published layout."""

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test reaches the network; the ones that play the Hub set their own endpoint

import pytest
import torch

torch.set_num_threads(1)  # tests run side by side, one process per core

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real spectra and images with known redshifts (``INDEX.csv``), never part of the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not (folder / "INDEX.csv").is_file():
        pytest.skip("the real spectra and images are not here (looked for ../shared/data/INDEX.csv beside the checkout)")
    return folder


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny random model with all its codecs, in the published layout. Read only: copy it to change it."""
    from tests.tiny import write_tiny

    return write_tiny(tmp_path_factory.mktemp("tiny"))
