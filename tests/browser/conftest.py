"""The application in a process of its own, and a tab of headless Chromium in which nothing may go wrong."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from aion.explorer.settings import Settings
from tests.explorer.conftest import settings  # noqa: F401  # a fixture

PATIENCE = 90_000
"""Milliseconds; a loaded machine takes its time."""
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
PAGES = ("batch", "catalog", "similar", "inspect", "calibrate", "heads", "model")
"""Below the address of the first page."""
PHONE = {"width": 390, "height": 844}
FITS = "document.documentElement.scrollWidth <= 390 && document.querySelector('.stMain').scrollWidth <= 390"


@pytest.fixture(scope="module")
def address(
    settings: Settings,  # noqa: F811
    root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Where the application answers, on tiny weights."""
    with serving(settings, root, tmp_path_factory.mktemp("app") / "log.txt") as url:
        yield url


@contextmanager
def serving(settings: Settings, root: Path, log: Path) -> Iterator[str]:  # noqa: F811
    """The application in a process of its own: its address."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chosen = {
        "AION_MODEL": settings.model,
        "AION_CATALOG": str(settings.catalog),
        "AION_OWN": str(log.parent / "own"),
        "AION_HEADS": str(log.parent / "heads"),
        "AION_INSPECTION": str(log.parent / "inspection"),
    }
    environment = {**os.environ, **chosen, "AION_DEVICE": "cpu"}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        f"--server.port={port}",
        "--server.headless=true",
    ]
    with log.open("w") as written:
        server = subprocess.Popen(
            command, cwd=root, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
        try:
            wait_for_server(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for_server(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "the application ended"
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the application does not answer")


@pytest.fixture
def page(address):
    """An empty Analyze page, drawn: a click while the navigation appears can be lost in the browser."""
    with browsing(address) as page:
        page.goto(address)
        page.locator(".stApp[data-test-script-state=notRunning]").wait_for()
        yield page


@contextmanager
def browsing(address: str):
    """A new tab; afterwards nothing may have gone wrong in it,
    and nothing may have been asked of another host."""
    sync_api = pytest.importorskip("playwright.sync_api")
    problems: list[str] = []
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.on(
            "console",
            lambda message: (
                problems.append(message.text)
                if message.type == "error" and not asked_below(message)
                else None
            ),
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((address, "data:", "blob:")) else problems.append(request.url)
            ),
        )
        yield page
        browser.close()
    assert not problems


def asked_below(message) -> bool:
    """Streamlit looks for its server below the address of a page first, and is told that it is not there."""
    return any(f"/{name}/_stcore/" in message.location.get("url", "") for name in PAGES)


def upload(page, *paths: Path) -> None:
    page.locator("input[type=file]").set_input_files([str(path) for path in paths])


def spectrum(root: Path) -> Path:
    """A file of an SDSS spectrum, as wide as real ones,
    so that the strong lines are in it at the redshifts of these tests."""
    return root / "assets" / "examples" / "star-forming" / "spectrum.fits"
