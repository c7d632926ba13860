"""Other people's libraries: each in its home, entered by its doors, and used by its public face."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.sources import ROOT, SOURCES, each, imports, inside, module_name

# The outside libraries that live in one place.
# Training has its own requirements and may use any but Streamlit.
HOMES: dict[str, tuple[str, ...]] = {
    "streamlit": ("app", "pages", "aion.explorer.ui"),
    "plotly": ("aion.explorer.figures",),
    "astropy": ("aion.io", "aion.sky", "aion.training"),
    "requests": ("aion.sky",),
    "urllib3": ("aion.sky",),
    "specutils": ("aion.io",),
    "faiss": ("aion.search",),
    "umap": ("aion.maps",),
}

# What other people open to everybody; the rest of their modules is theirs.
DOORS: dict[str, set[str]] = {
    "streamlit": {"streamlit", "streamlit.components.v1"},
    "plotly": {"plotly.graph_objects", "plotly.subplots"},
    "pandas": {"pandas"},
    "huggingface_hub": {"huggingface_hub", "huggingface_hub.errors", "huggingface_hub.utils"},
}


@each(SOURCES)
def test_an_outside_library_stays_in_its_home(source: Path) -> None:
    name = module_name(source)
    for library, homes in HOMES.items():
        if any(inside(other, library) for other in imports(source)):
            assert inside(name, *homes), f"{name} imports {library}, which lives in {', '.join(homes)}"


@each(SOURCES)
def test_other_libraries_are_entered_by_their_doors(source: Path) -> None:
    for library, doors in DOORS.items():
        wrong = {other for other in imports(source) if inside(other, library)} - doors
        assert not wrong, (
            f"{', '.join(wrong)} is a room of {library}; its doors are {', '.join(sorted(doors))}"
        )


def private_names(tree: ast.Module) -> Iterator[str]:
    """``x._name``: every attribute that begins with one underscore, but of torch,
    whose kernels have no other names."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and re.match("_[^_]", node.attr)
            and not ast.unparse(node).startswith("torch.ops.")
        ):
            yield node.attr


def own_names(tree: ast.Module) -> Iterator[str]:
    """What a file itself defines: functions, fields, what is set on ``self``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) == "self"
        ):
            yield node.attr


OURS = {name for path in SOURCES for name in own_names(ast.parse(path.read_text()))}
SCRIPTS = [
    *ROOT.glob("aion/**/*.js"),
    *ROOT.glob("aion/explorer/**/*.py"),
    *ROOT.glob("benchmarks/*.py"),
    *ROOT.glob("tests/browser/*.py"),
]
HIDDEN = re.compile(r"(?:\.|\?\.|\[['\"]|[{,]\s*)_[a-z]\w*")


def hidden_names(source: Path) -> list[str]:
    """Underscored names of what a browser runs: a script, or a script in a text of a module."""
    if source.suffix == ".js":
        return HIDDEN.findall(source.read_text())
    texts = [node.value for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Constant)]
    return [name for text in texts if isinstance(text, str) and "=>" in text for name in HIDDEN.findall(text)]


@each(SOURCES)
def test_private_attributes_are_our_own(source: Path) -> None:
    wrong = set(private_names(ast.parse(source.read_text()))) - OURS
    assert not wrong, f"{', '.join(sorted(wrong))}: other people's code is used by its public face"


@each(SCRIPTS)
def test_a_script_reads_nothing_that_its_owner_hides(source: Path) -> None:
    assert not hidden_names(source), "other people's code is used by its public face"


def test_what_is_private_or_hidden_is_found(tmp_path: Path) -> None:
    assert set(
        private_names(ast.parse("figure._data_objs; st._main.x(); torch.ops.mkldnn._y; self.__z"))
    ) == {"_data_objs", "_main"}
    for script in (
        "plot._fullLayout.x",
        "plot?._context",
        "const { xaxis, _size } = plot",
        'plot["_dragging"]',
    ):
        (tmp_path / "planted.js").write_text(script)
        (tmp_path / "planted.py").write_text(f"SCRIPT = {'() => ' + script!r}")
        assert hidden_names(tmp_path / "planted.js") and hidden_names(tmp_path / "planted.py")


@each([path for path in SOURCES if inside(module_name(path), "app", "pages")])
def test_a_page_computes_nothing(source: Path) -> None:
    found = {other for other in imports(source) if inside(other, "numpy", "torch", "pandas", "scipy")}
    assert not found, f"a page that needs {', '.join(found)} is a missing function in aion.explorer"
    assert not any(isinstance(node, ast.Try) for node in ast.walk(ast.parse(source.read_text()))), (
        "errors become messages in widgets"
    )
