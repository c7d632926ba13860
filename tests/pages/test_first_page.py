"""What the first page does not wait for."""

import subprocess
import sys
from pathlib import Path

import pytest

LATER = ("torch", "pandas", "pyarrow", "astropy", "scipy", "sklearn", "faiss", "huggingface_hub")
"""What only an object, a file or the engine needs."""

_FIRST_PAGE = """
import sys
from streamlit.testing.v1 import AppTest
from aion.explorer.ui.shared import server

class Waiting:
    is_running, engine, problem, progress = True, None, None, server.StartupProgress("Loading", 0.0)

server.Startup = lambda settings: Waiting()
page = AppTest.from_file(sys.argv[1], default_timeout=60).run()
assert (len(page.exception), len(page.file_uploader)) == (0, 1), page
print(*sorted(sys.modules), sep="\\n")
"""


@pytest.fixture(scope="module")
def loaded(root: Path) -> set[str]:
    """Modules that a process has after it drew the first page, without those of its engine."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_PAGE, str(root / "app.py")],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("library", LATER)
def test_the_first_page_imports_nothing_that_it_can_do_without(loaded: set[str], library: str) -> None:
    assert library not in loaded


def test_the_first_page_was_drawn_by_our_modules(loaded: set[str]) -> None:
    assert "aion.explorer.ui.analyze.inputs" in loaded
