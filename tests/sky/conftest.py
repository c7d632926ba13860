"""The fake archive, as a fixture: one server for all tests, and a new archive on it for each."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tests.sky.fake_archive import FakeArchive


@pytest.fixture(scope="session")
def sky_server() -> Iterator[HTTPServer]:
    """A server that answers several requests at once."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def archive(sky_server: HTTPServer) -> Iterator[FakeArchive]:
    """Every service, all well, asked nothing so far."""
    sky_server.clear()
    fake = FakeArchive(sky_server)
    yield fake
    fake.close()
