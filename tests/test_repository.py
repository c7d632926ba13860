"""The repository keeps its own rules: layers, exports, sizes, requirements,
and nothing that reads pickles or the environment."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*ROOT.glob("app.py"), *ROOT.glob("pages/**/*.py"), *ROOT.glob("aion/**/*.py")])
TEXTS = sorted(
    path
    for folder in (".", ".ci", ".streamlit", "aion", "pages", "tests", "benchmarks", "docs", "assets")
    for path in (ROOT / folder).glob("*" if folder.startswith(".") else "**/*")
    if path.suffix in {".py", ".md", ".toml", ".txt", ".css", ""}
    and path.is_file()
    and path.name != "secrets.toml"
)

FACTS = {
    f"aion.{name}"
    for name in (
        "errors",
        "constants",
        "lines",
        "arrays",
        "bands",
        "scalars",
        "modalities",
        "streams",
        "resources",
    )
}
TRANSFORMER = {f"aion.{name}" for name in ("config", "layers", "context", "correlation", "generate")}
PARTS = {
    f"aion.{name}"
    for name in (
        "hub",
        "download",
        "model",
        "codecs",
        "io",
        "redshift",
        "embedding",
        "search",
        "catalog",
        "maps",
    )
}
PICTURES = {"aion.color_image", "aion.previews"}
CORE = FACTS | TRANSFORMER | PARTS | PICTURES | {"aion"}


def explorer(*names: str) -> set[str]:
    return {f"aion.explorer.{name}" for name in names}


SERVICES = explorer(
    "settings", "results", "plain_text", "figures", "redshift", "engine", "catalogs", "export"
)
PAGE = FACTS | {"aion.catalog", "aion.io", "aion.redshift"} | SERVICES

# Who may import whom of ours: one row for each folder, and for a module that stands lower than its folder.
# The longest name that fits a module is its row. A name in a row allows the module and everything below it.
# Rows of the explorer admit only rows above them.
LAYERS: dict[str, set[str]] = {
    **dict.fromkeys(FACTS, FACTS),
    **dict.fromkeys(TRANSFORMER, TRANSFORMER | {"aion.errors", "aion.streams"}),
    "aion.model": TRANSFORMER | {"aion.errors", "aion.streams", "aion.hub", "aion.installation"},
    "aion.installation": set(),
    "aion.hub": {"aion.errors"},
    "aion.download": {"aion.errors", "aion.hub"},
    "aion.codecs": FACTS
    | {"aion.hub", "aion.codecs.modules", "aion.codecs.preprocessing", "aion.codecs.quantizers"},
    "aion.codecs.modules": {"aion.errors"},
    "aion.codecs.preprocessing": {"aion.errors", "aion.constants"},
    "aion.codecs.quantizers": {"aion.errors"},
    "aion.io": FACTS | {"aion.io.readers"},
    "aion.io.readers": FACTS | {"aion.io"},
    "aion.redshift": {"aion.errors", "aion.constants"},
    "aion.embedding": {"aion.errors", "aion.model"},
    "aion.search": {"aion.errors"},
    "aion.maps": set(),
    "aion.catalog": FACTS | {"aion.io", "aion.maps", "aion.search"},
    "aion.color_image": set(),
    "aion.previews": {"aion.modalities", "aion.color_image"},
    "aion.explorer": set(),
    "aion.explorer.settings": {"aion.errors", "aion.resources"},
    "aion.explorer.results": {"aion.catalog", "aion.redshift"},
    "aion.explorer.plain_text": set(),
    "aion.explorer.figures": {
        "aion.catalog",
        "aion.redshift",
        "aion.lines",
        "aion.constants",
        "aion.color_image",
    }
    | explorer("results"),
    "aion.explorer.redshift": {"aion.errors", "aion.redshift", "aion.lines", "aion.constants"}
    | explorer("results"),
    "aion.explorer.engine": CORE - {"aion.maps"} | explorer("settings", "results"),
    "aion.explorer.catalogs": FACTS
    | {"aion", "aion.catalog", "aion.io", "aion.previews"}
    | explorer("results", "engine"),
    "aion.explorer.export": FACTS
    | {"aion.catalog", "aion.io"}
    | explorer("results", "plain_text", "figures", "redshift"),
    "aion.explorer.ui": set(),
    "aion.explorer.ui.shared": PAGE,
    "aion.explorer.ui.analyze": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.catalog": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.similar": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.model": PAGE | explorer("ui.shared"),
    "aion.__main__": CORE | SERVICES,
    "app": explorer("ui.shared"),
    "pages": explorer("ui", "plain_text"),
    "aion.training": CORE | {"aion.training.simulate", "aion.training.evaluate"},
    "aion.training.simulate": {"aion.training", "aion.constants", "aion.lines", "aion.modalities"},
    "aion.training.evaluate": CORE | {"aion.training"},
}

# The outside libraries that live in one place.
# Training has its own requirements and may use any but Streamlit.
HOMES: dict[str, tuple[str, ...]] = {
    "streamlit": ("app", "pages", "aion.explorer.ui"),
    "plotly": ("aion.explorer.figures",),
    "astropy": ("aion.io", "aion.training"),
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


def module_name(path: Path) -> str:
    """``aion/io/__init__.py`` -> ``aion.io``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def inside(name: str, *homes: str) -> bool:
    """Whether the module is one of ``homes`` or lies below one."""
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def imports(path: Path) -> Iterator[str]:
    """Absolute names of all that a file imports, wherever in it;
    ``from a import b`` gives ``a`` or, where it is a module, ``a.b``."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                ancestors = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*ancestors, *filter(None, [node.module])])
            for alias in node.names:
                submodule = ROOT.joinpath(*base.split("."), alias.name)
                yield (
                    f"{base}.{alias.name}"
                    if submodule.is_dir() or submodule.with_suffix(".py").is_file()
                    else base
                )


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import one another, directly or by way of others."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen, todo = set[str](), [start]
        while todo:
            new = graph[todo.pop()] - seen
            seen |= new
            todo += new
        reached[start] = seen
    groups = {frozenset(other for other in reached[name] if name in reached[other]) for name in graph}
    return sorted(sorted(group) for group in groups if group)


def each(files: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", files, ids=lambda path: str(path.relative_to(ROOT)))


def layer_of(name: str) -> str | None:
    """The row of a module."""
    return max((layer for layer in LAYERS if inside(name, layer)), key=len, default=None)


def forbidden(name: str, imported: Iterable[str]) -> set[str]:
    """Which of our modules this module may not import, among those that it does."""
    layer = layer_of(name)
    assert layer is not None, f"{name} has no row in LAYERS: say in one line whom it may import"
    below = LAYERS[layer] - {"aion"}  # which is the package itself, not everything in it
    ours = {other for other in imported if inside(other, "aion")} - (LAYERS[layer] & {"aion"})
    return {other for other in ours if layer_of(other) != layer and not inside(other, *below)}


# `aion` itself names every module and imports none until asked
@each([path for path in SOURCES if module_name(path) != "aion"])
def test_arrows_between_our_modules_point_down(source: Path) -> None:
    wrong = forbidden(module_name(source), imports(source))
    assert not wrong, f"{module_name(source)} may not import {', '.join(sorted(wrong))}"


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("aion.explorer.engine.engine", "aion.explorer.ui.shared"),
        ("aion.explorer.engine.engine", "aion.explorer.catalogs.user_catalog"),
        ("aion.explorer.catalogs.similarity", "aion.explorer.ui.shared.figure"),
        ("aion.catalog.catalog", "aion.explorer.engine"),
        ("aion.explorer.figures.image", "aion.explorer.export.tables"),
        ("aion.explorer.ui.shared.server", "aion.explorer.ui.analyze.links"),
        ("aion.explorer.ui.catalog.objects", "aion.explorer.ui.analyze.neighbors"),
        ("aion.explorer.a_new_room", "aion.explorer.results"),
        ("aion.search", "aion.explorer.engine"),
        ("aion.codecs.manager", "aion.model"),
        ("pages.analyze", "aion.explorer.engine"),
    ],
)
def test_an_arrow_that_points_up_is_refused(name: str, planted: str) -> None:
    assert forbidden(name, [planted, "numpy", name]) == {planted}


@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_every_row_can_fail(layer: str) -> None:
    assert forbidden(layer, {module_name(path) for path in ROOT.glob("aion/explorer/**/*.py")})


def test_every_folder_has_a_row_of_its_own() -> None:
    folders = {module_name(path.parent / "__init__.py") for path in ROOT.glob("aion/*/**/*.py")}
    assert not folders - LAYERS.keys()


def test_no_public_name_has_two_meanings() -> None:
    homes: dict[str, list[str]] = {}
    for path in SOURCES:
        if not inside(module_name(path), "aion.training"):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, []).append(module_name(path))
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


def test_the_explorer_has_at_most_nine_rooms() -> None:
    rooms = {
        path.stem
        for path in (ROOT / "aion" / "explorer").iterdir()
        if path.name not in {"__init__.py", "__pycache__"}
    }
    assert len(rooms) <= 9, f"{', '.join(sorted(rooms))}: which of them is a part of another?"


def test_a_row_of_the_explorer_admits_only_rows_above_it() -> None:
    rows = [layer for layer in LAYERS if inside(layer, "aion.explorer")]
    for place, layer in enumerate(rows):
        upward = {
            name
            for name in LAYERS[layer]
            if inside(name, "aion.explorer") and layer_of(name) not in rows[:place]
        }
        assert not upward, f"{layer} admits {', '.join(sorted(upward))}, which does not stand above it"


def test_our_modules_import_one_another_in_no_circle() -> None:
    ours = {module_name(path): path for path in SOURCES}
    graph = {
        name: {other for other in imports(path) if other in ours and other != name}
        for name, path in ours.items()
    }
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert not circles(graph), "in functions and for types too; what both need is a module of its own"


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


@each(SOURCES)
def test_a_file_is_short_and_says_what_it_is(source: Path) -> None:
    text = source.read_text()
    assert len(text.splitlines()) <= 400
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "the first lines say what lives here"
    assert source.name != "utils.py", "name the thing"


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


def requirements(name: str) -> list[Requirement]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-docs.txt"])
def test_every_requirement_is_installed_at_a_version_it_admits(name: str) -> None:
    wrong = [
        str(need)
        for need in requirements(name)
        if not need.specifier.contains(version(need.name), prereleases=True)
    ]
    assert not wrong


@each(SOURCES)
def test_every_library_we_import_is_required(source: Path) -> None:
    name = module_name(source)
    needs = requirements("requirements.txt") + (
        requirements("requirements-training.txt") if inside(name, "aion.training") else []
    )
    needs += requirements("requirements-map.txt") if name == "aion.maps" else []
    known = (
        {need.name.replace("-", "_").lower().removesuffix("_learn") for need in needs}
        | {"PIL", "faiss", "aion"}
        | sys.stdlib_module_names
    )
    assert not {other.split(".")[0] for other in imports(source)} - known


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
