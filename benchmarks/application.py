"""What a person waits for: the embedded model behind the engine,
and the application from the command to a result in the browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "assets" / "examples"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT = 120.0
"""Seconds after which a page counts as never usable."""

_ANALYZE = """
import sys, time
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.io import read
engine = Engine(Settings.from_environment())
[target] = read(sys.argv[2:])
engine.analyze(target)
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    engine.analyze(target)
    print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class ColdStart:
    """Seconds from the command on, where a browser is open already, and bytes."""

    page: float
    """The upload box stands on the page."""
    answer: float
    """The first figure of an uploaded example stands on the page."""
    memory: float
    """Highest resident memory of the server."""


class NotMeasuredError(Exception):
    """Something that a measurement needs is not here."""


def warm_analysis(root: Path, repeats: int) -> list[float]:
    """Seconds of each analysis after the first, by the code in a folder."""
    files = example_with("image", "spectrum")
    if not files:
        raise NotMeasuredError("there is no example with an image and a spectrum in assets/examples")
    command = [sys.executable, "-W", "ignore", "-c", _ANALYZE, str(repeats), *map(str, files)]
    done = subprocess.run(
        command,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotMeasuredError(done.stderr.strip().splitlines()[-1])
    return [float(line) for line in done.stdout.split()]


def cold_start(root: Path) -> ColdStart:
    """Start the application in a folder in a process of its own and use it once with headless Chromium."""
    files = example_with("spectrum")
    if CHROMIUM is None or not files:
        raise NotMeasuredError(
            "there is no chromium"
            if CHROMIUM is None
            else "there is no example with a spectrum in assets/examples"
        )
    with chromium() as browser:
        page = browser.new_page()
        start = perf_counter()
        with serving(root) as (address, pid):
            page.goto(address)
            return _used(page, files, start, pid)


def _used(page: Any, files: list[Path], start: float, pid: int) -> ColdStart:
    upload = page.locator("input[type=file]").first
    upload.wait_for(state="attached", timeout=1000 * WAIT)
    usable = perf_counter() - start
    upload.set_input_files(files)
    page.locator(".js-plotly-plot").first.wait_for(timeout=1000 * WAIT)
    return ColdStart(usable, perf_counter() - start, _highest_memory(pid))


@contextmanager
def serving(root: Path = ROOT, settings: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """The application in a folder in a process of its own on a free port: its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        f"--server.port={port}",
        "--server.headless=true",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, cwd=root, env=os.environ | (settings or {}), **quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait()


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def example_with(*kinds: str) -> list[Path]:
    """Those files of the first example that has all of the kinds ("image", "spectrum", "photometry");
    empty where there is none."""
    listing = EXAMPLES / "examples.json"
    for example in json.loads(listing.read_text()) if listing.is_file() else []:
        chosen = {Path(name).stem: EXAMPLES / example["slug"] / name for name in example["files"]}
        if set(kinds) <= chosen.keys():
            return [chosen[kind] for kind in kinds]
    return []


def _wait_for(url: str) -> None:
    deadline = perf_counter() + WAIT
    while perf_counter() < deadline:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            sleep(0.05)
    raise TimeoutError(f"the application did not answer within {WAIT:.0f} s")


def _highest_memory(pid: int) -> float:
    line = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return 1024.0 * int(line.split()[1])
