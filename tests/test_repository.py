"""The repository keeps its own rules: exports, sizes, texts,
and nothing that reads pickles or the environment."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import PYTHON, ROOT, SOURCES, each, imports, inside, module_name

TEXTS = sorted(
    path
    for folder in (".", ".ci", ".streamlit", "aion", "pages", "tests", "benchmarks", "docs", "assets")
    for path in (ROOT / folder).glob("*" if folder.startswith(".") else "**/*")
    if path.suffix in {".py", ".md", ".toml", ".txt", ".css", ""}
    and path.is_file()
    and path.name != "secrets.toml"
)


def test_no_public_name_has_two_meanings() -> None:
    homes: dict[str, list[str]] = {}
    for path in SOURCES:
        if not inside(module_name(path), "aion.training"):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, []).append(module_name(path))
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


@each(PYTHON)
def test_a_file_is_short_and_says_what_it_is(source: Path) -> None:
    text = source.read_text()
    assert len(text.splitlines()) <= 400
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "the first lines say what lives here"
    assert source.name != "utils.py", "name the thing"


@each(PYTHON)
def test_no_line_is_longer_than_110_columns(source: Path) -> None:
    lines = enumerate(source.read_text().splitlines(), start=1)
    long = [f"{number} ({len(line)} columns)" for number, line in lines if len(line) > 110]
    assert not long, f"lines {', '.join(long)}; wrap them"


@each(SOURCES)
def test_nothing_is_unpickled_and_only_settings_reads_the_environment(source: Path) -> None:
    tree = ast.parse(source.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {
        other for other in imports(source) if inside(other, "pickle", "dill", "joblib", "shelve", "marshal")
    }
    loads = [ast.unparse(call) for call in calls if ast.unparse(call.func) == "torch.load"]
    if inside(module_name(source), "aion.training"):  # its own checkpoints
        loads = [call for call in loads if "weights_only=True" not in call]
    assert not loads, "safetensors only"
    allowed = [keyword for call in calls for keyword in call.keywords if keyword.arg == "allow_pickle"]
    assert all(ast.unparse(keyword.value) == "False" for keyword in allowed)
    if module_name(source) != "aion.explorer.settings" and not inside(module_name(source), "aion.training"):
        names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not names & {"os.environ", "os.getenv", "os.putenv"}


@each([path for path in SOURCES if "\n__all__ = " in path.read_text()])
def test_the_exports_of_a_module_equal_its_all(source: Path) -> None:
    tree = ast.parse(source.read_text())
    module = importlib.import_module(module_name(source))
    exported = set(module.__all__)
    assert len(exported) == len(module.__all__), "a name twice"
    assert not {name for name in exported if not hasattr(module, name)}, "names that are not there"
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    if source.name == "__init__.py":
        ours = [
            node
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and inside(node.module or "", "aion")
        ]
        names = {alias.asname or alias.name for node in ours for alias in node.names}
        public |= {name for name in names if not name.startswith("_")}
    assert public <= exported, f"public, and not in __all__: {', '.join(sorted(public - exported))}"


def test_importing_the_package_brings_nothing_heavy() -> None:
    heavy = ("torch", "numpy", "astropy", "streamlit", "faiss")
    code = f"import sys, aion; print(*(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_package_names_its_exports_and_refuses_others() -> None:
    import aion

    assert {name: getattr(aion, name) for name in aion.__all__}.keys() <= set(dir(aion))
    with pytest.raises(AttributeError, match="no attribute 'nothing'; it has AION"):
        _ = aion.nothing


PRIVATE = re.compile(r"/work/|/root/|\b(?:TODO|FIXME|XXX)\b|\bbreakpoint\(|\bpdb\b")


# this file names what it forbids
@each([path for path in TEXTS if path != Path(__file__)])
def test_no_text_has_leftovers_or_paths_of_one_machine(source: Path) -> None:
    found = PRIVATE.search(source.read_text(errors="replace"))
    assert not found, found and found.group()


def test_every_test_that_the_decisions_name_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "decisions.md").read_text()))
    written = {
        name
        for path in ROOT.glob("tests/**/test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(named) > 50
    assert not named - written


@pytest.mark.parametrize(("folder", "megabytes"), [("assets/models/aion-sim", 60), ("assets/catalog", 120)])
def test_what_ships_stays_small(folder: str, megabytes: int) -> None:
    size = sum(path.stat().st_size for path in (ROOT / folder).rglob("*") if path.is_file()) / 1e6
    assert size <= megabytes, f"{folder} is {size:.0f} MB; {megabytes} MB are allowed"
