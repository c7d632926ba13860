"""What `pip install` gives: the wheel works by itself, from an empty folder,
and says when the published package was installed over it."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.upstream import upstream_folder

PATIENCE = 120
"""Seconds until the application must answer."""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, as `python -m build` does."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    assert len(list(folder.glob("*.tar.gz"))) == 1
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that holds the wheel and, by a path file,
    the libraries of this one, but not the checkout."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    interpreter = home / "bin" / "python"
    site = _output(interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    _output(
        interpreter,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        str(wheel),
    )
    return interpreter


def _output(*command: str | Path, folder: Path | None = None) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AION_", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder or "/",
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_wheel_holds_the_application_and_what_it_shows_but_not_the_training(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        needs = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    app = {name.removeprefix("aion/_app/") for name in names if name.startswith("aion/_app/")}
    assert {
        "app.py",
        "pages/analyze.py",
        "assets/css/explorer.css",
        ".streamlit/config.toml",
        "assets/catalog/catalog.json",
    } <= app
    assert "aion/py.typed" in names and any(name.endswith(".js") for name in names)
    assert not {name for name in names if name.startswith(("aion/training", "tests", "benchmarks"))}
    assert "Requires-Dist: torch<3,>=" in needs and "Requires-Dist: streamlit" in needs


def test_a_file_is_analyzed_from_an_empty_folder(python, root, tmp_path):
    spectrum = shutil.copy(
        root / "assets" / "examples" / "star-forming" / "spectrum.fits", tmp_path / "mine.fits"
    )
    folder = tmp_path / "empty"
    folder.mkdir()
    words = _output(python.with_name("aion"), "analyze", spectrum, folder=folder)
    assert "Most similar:" in words and "Weights: AION-sim (embedded)" in words, words
    assert not list(folder.iterdir())


def test_the_explorer_starts_from_an_empty_folder(python, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log.txt"
    folder = tmp_path / "empty"
    folder.mkdir()
    command = [str(python.with_name("aion")), "app", "--port", str(port)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AION_", "PYTHON"))}
    with log.open("w") as written:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean, "STREAMLIT_SERVER_HEADLESS": "true"},
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        assert _answers(f"http://127.0.0.1:{port}/_stcore/health", server), log.read_text()
        page = _output(python, "-c", RUN_THE_PAGE, folder=folder)
        assert "AION" in page
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


RUN_THE_PAGE = """
from streamlit.testing.v1 import AppTest
from aion.resources import resource
page = AppTest.from_file(str(resource("app.py")), default_timeout=120).run()
assert not page.exception, page.exception
page.switch_page("pages/model.py").run()
assert not page.exception, page.exception
print(page.title[0].value)
"""


def _answers(url: str, server: "subprocess.Popen[bytes]") -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return True
        except (URLError, OSError):
            time.sleep(0.2)
    return False


@pytest.mark.parametrize("last", ["ours", "published"])
def test_the_published_package_in_the_same_environment_is_told_in_one_sentence(wheel, tmp_path, last):
    """Both are the folder `aion`; whichever came last has overwritten files of the other."""
    published = upstream_folder() / "aion"
    ours = tmp_path / "wheel"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(
            ours,
            [
                name
                for name in archive.namelist()
                if name.startswith("aion/") and not name.startswith("aion/_app")
            ],
        )
    site = tmp_path / "site"
    for package in [published, ours / "aion"] if last == "ours" else [ours / "aion", published]:
        shutil.copytree(package, site / "aion", dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", "import aion"], cwd=site, capture_output=True, text=True, check=False
    )
    problem = done.stderr.strip().splitlines()[-1]
    assert problem.startswith("ImportError: aion-explorer and polymathic-aion are both installed here"), (
        done.stderr
    )
    assert "pip uninstall -y aion-explorer polymathic-aion" in problem
