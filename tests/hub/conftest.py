"""The local Hub, and huggingface_hub of this process turned to it, with an empty cache and no token."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from tests.hub.server import Hub, hub


@pytest.fixture(scope="session")
def served_weights(tiny_weights: Path) -> Iterator[Hub]:
    """The tiny model, under every name."""
    with hub(tiny_weights) as server:
        yield server
        server.go.set()


@pytest.fixture
def online(served_weights: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Only the local Hub can be reached, and nothing of it is in the cache."""
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
    changed = {
        "ENDPOINT": served_weights.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": served_weights.url + template,
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": False,
        "HF_TOKEN_PATH": str(tmp_path / "token"),
        "DOWNLOAD_CHUNK_SIZE": 1024,
        "HF_HUB_DISABLE_XET": True,
    }
    for name, value in changed.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    close_session()
    served_weights.requests.clear()
    served_weights.go.clear()
    yield served_weights
    served_weights.go.set()
    close_session()
