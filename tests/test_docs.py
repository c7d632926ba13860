"""The documentation site: it builds without a warning and without a network, has every page,
and asks no other host for anything."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
NOTEBOOKS = sorted(DOCS.glob("notebooks/*.ipynb"))
PAGES = sorted([*DOCS.glob("**/*.md"), *DOCS.glob("**/*.rst"), *NOTEBOOKS])
SPHINX = """
import socket, sys
def refuse(*address): raise OSError("the build asked for a network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""


def build(source: Path, conf: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """As `make docs`, with a network that refuses."""
    options = [
        "--fail-on-warning",
        "--keep-going",
        "--quiet",
        "--doctree-dir",
        str(out / "doctrees"),
        "--conf-dir",
        str(conf),
    ]
    command = [sys.executable, "-c", SPHINX, *options, str(source), str(out / "site")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs")
    done = build(ROOT, DOCS / "site", out)
    assert done.returncode == 0, done.stderr
    return out / "site"


class Fetched(HTMLParser):
    """Addresses that a browser fetches by itself: not those of links that a person follows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("href",) if tag == "link" else ("src", "srcset", "data", "poster")
        self.addresses += [value for name, value in attrs if name in names and value]


def elsewhere(addresses: list[str]) -> list[str]:
    return [address for address in addresses if re.match(r"(\w+:)?//", address)]


@pytest.mark.slow
def test_every_page_is_on_the_site(site: Path) -> None:
    assert {"index.md", "features.md", "search.rst", "one_object.ipynb", "user_catalog.ipynb"} <= {
        page.name for page in PAGES
    }
    missing = [
        page.name for page in PAGES if not (site / page.relative_to(ROOT)).with_suffix(".html").is_file()
    ]
    assert not missing
    assert 'url=docs/index.html"' in (site / "index.html").read_text()


@pytest.mark.slow
def test_the_reference_has_the_public_names(site: Path) -> None:
    reference = "".join(page.read_text() for page in site.glob("docs/api/*.html"))
    names = (
        "aion.AION.predict",
        "aion.pool",
        "aion.io.read",
        "aion.io.SkyObject",
        "aion.codecs.CodecManager.encode",
        "aion.modalities.Z",
    )
    names += (
        "aion.redshift.RedshiftPDF.median",
        "aion.search.Index.query",
        "aion.errors.FormatError",
        "aion.resources.resource",
    )
    assert not [name for name in names if f'id="{name}"' not in reference]
    assert "km/s between two peaks that count as one: surveys" in reference, (
        "what stands before a colon is no type"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("one_object", ["The header says z = 0.1646.", "SIM-"]),
        ("user_catalog", ["first line names 2 columns", "(12, 128)"]),
    ],
)
def test_a_notebook_shows_what_its_cells_gave(site: Path, name: str, outputs: list[str]) -> None:
    page = (site / "docs" / "notebooks" / f"{name}.html").read_text()
    assert not [text for text in [*outputs, "<td>", "data:image/png;base64,"] if text not in page]
    assert list(site.glob(f"_downloads/*/{name}.ipynb"))


@pytest.mark.slow
def test_the_site_asks_no_other_host(site: Path) -> None:
    fetched = {
        str(page.relative_to(site)): elsewhere(Fetched(page.read_text()).addresses)
        for page in site.rglob("*.html")
    }
    for sheet in site.rglob("*.css"):
        fetched[sheet.name] = elsewhere(
            re.findall(r"(?:url\(|@import )\s*[\"']?([^\"')\s]+)", sheet.read_text())
        )
    assert len(fetched) > 20
    assert not {name: addresses for name, addresses in fetched.items() if addresses}


def test_a_host_that_is_asked_is_found() -> None:
    page = (
        '<a href="https://a.org"></a><link href="https://b.org/x.css">'
        '<script src="//c.org/x.js"></script><img src="x.png">'
    )
    assert elsewhere(Fetched(page).addresses) == ["https://b.org/x.css", "//c.org/x.js"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        (
            "from urllib.request import urlopen\nurlopen('http://localhost:1')",
            "URLError: <urlopen error the build asked for a network>",
        ),
    ],
)
def test_a_cell_that_fails_fails_the_build(tmp_path: Path, source: str, reason: str) -> None:
    settings = [
        "import sys",
        f"sys.path.insert(0, {str(DOCS / 'site')!r})",
        "extensions = ['myst_parser', 'executed_notebooks']",
    ]
    (tmp_path / "conf.py").write_text("\n".join(settings))
    cells = [{"cell_type": "markdown", "source": ["# Title"]}, {"cell_type": "code", "source": [source]}]
    (tmp_path / "index.ipynb").write_text(json.dumps({"cells": cells}))
    done = build(tmp_path, tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert f"cell 1 of index fails with {reason}" in done.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_outputs(notebook: Path) -> None:
    cells = json.loads(notebook.read_text())["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_of_a_page_lead_to_files_of_the_repository(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)[)#]", page.read_text())
    assert not [link for link in links if not (page.parent / link).is_file()]
