"""The application with tiny random weights and a catalog of twelve objects, run without a browser."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aion.explorer.settings import Settings
from aion.explorer.ui.shared import examples
from tests.explorer.conftest import engine, settings  # noqa: F401  # fixtures
from tests.hub.conftest import online, served_weights  # noqa: F401  # fixtures

PATIENCE = 120
"""Seconds; the first page of a process starts the engine."""


def unfold(at: AppTest, key: str) -> AppTest:
    """The page with this expander open."""
    at.session_state[key] = True
    return at.run()


Files = Callable[..., list[tuple[str, bytes, str]]]


@pytest.fixture(scope="session")
def environment(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:  # noqa: F811
    """One engine for all tests of this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AION_MODEL", settings.model)
        patch.setenv("AION_CATALOG", str(settings.catalog))
        patch.setenv("AION_OWN", str(tmp_path_factory.mktemp("own")))
        patch.setenv("AION_HEADS", str(tmp_path_factory.mktemp("heads")))
        patch.setenv("AION_INSPECTION", str(tmp_path_factory.mktemp("inspection")))
        patch.setenv("AION_DEVICE", "cpu")
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


@pytest.fixture
def app(environment: None, root: Path) -> AppTest:
    """The first page, open in a new session; nothing is uploaded."""
    return AppTest.from_file(str(root / "app.py"), default_timeout=PATIENCE).run()


@pytest.fixture
def twin(root: Path) -> Files:
    """Simulated files of ``tests/data`` as an upload."""

    def upload(*names: str) -> list[tuple[str, bytes, str]]:
        folder = root / "tests" / "data"
        return [(name, (folder / name).read_bytes(), "application/octet-stream") for name in names]

    return upload


@pytest.fixture
def one_example(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One installed example, its title."""
    return _install(["sdss_spec.fits"], root, tmp_path, monkeypatch)


@pytest.fixture
def two_files(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One installed example with a spectrum and an image with its noise, its title."""
    return _install(["sdss_spec.fits", "ls_cutout.fits.gz"], root, tmp_path, monkeypatch)


def _install(names: list[str], root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "spiral").mkdir()
    for name in names:
        shutil.copy(root / "tests" / "data" / name, folder / "spiral" / name)
    listed = [{"slug": "spiral", "title": "A spiral", "files": names, "see": "Its lines."}]
    (folder / "examples.json").write_text(json.dumps(listed))
    monkeypatch.setattr(examples, "FOLDER", folder)
    return "A spiral"


@pytest.fixture
def upload(app: AppTest, twin: Files) -> Callable[..., AppTest]:
    """The page after uploading twins."""

    def go(*names: str) -> AppTest:
        return app.file_uploader[0].set_value(twin(*names)).run()

    return go


def drawn(at: AppTest) -> dict[str, dict[str, Any]]:
    """Key -> what the figure component was given, for every figure on the page."""
    given = [
        json.loads(element.proto.json)
        for element in at.get("bidi_component")
        if element.proto.component_name == "aion_figure"
    ]
    return {one["key"]: one for one in given if "figure" in one}  # else Plotly is only loaded


@pytest.fixture
def figures() -> Callable[[AppTest], list[dict[str, Any]]]:
    """Every figure on the page, as plotly's JSON."""
    return lambda at: [json.loads(one["figure"]) for one in drawn(at).values()]


@pytest.fixture
def marks() -> Callable[[AppTest, str], dict[str, float]]:
    """Name -> place of each mark over the figure with this key, at the redshift that the page tells."""

    def found(at: AppTest, key: str) -> dict[str, float]:
        [told] = [
            json.loads(one.proto.json)
            for one in at.get("bidi_component")
            if one.proto.component_name == "aion_redshift"
        ]
        one = drawn(at)[key]["marks"]
        stretch = 1 + told["z"] if one["follows"] else 1.0
        return {
            shape["name"]: one["origin"] + (shape["x0"] - one["origin"]) * stretch for shape in one["shapes"]
        }

    return found


def shown(at):
    """All the text of the page that is not in a figure."""
    parts = [at.title, at.subheader, at.markdown, at.caption, at.error, at.warning, at.info]
    return " ".join(str(element.value) for part in parts for element in part)


def session(at):
    """What the page knows of this person."""
    return at.session_state["session"]


def widget(widgets, start):
    """The first whose key begins so."""
    return next(item for item in widgets if str(item.key).startswith(start))


def reading(at):
    """What was decided when the files were read; the table is unfolded for it."""
    return next(table.value for table in unfold(at, "inspector").table if "Quantity" in table.value)


def titles(figure):
    """Of all axes of a figure, as one text."""
    return " ".join(
        str(axis.get("title", {}).get("text")) for name, axis in figure["layout"].items() if "axis" in name
    )


def reopened(at, root, **bound):
    """The page of somebody who follows its address; ``bound`` is what the browser adds to it for widgets."""
    again = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    for name, value in (dict(at.query_params) | bound).items():
        again.query_params[name] = value
    again.run()
    assert not again.exception and not again.error
    return again
