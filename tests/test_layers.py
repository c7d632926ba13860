"""Who may import whom of ours: arrows between our modules point down, and nothing goes round in a circle."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.sources import ROOT, SOURCES, each, imports, inside, module_name


def core(*names: str) -> set[str]:
    return {f"aion.{name}" for name in names}


FACTS = core(
    "errors",
    "error_text",
    "constants",
    "lines",
    "arrays",
    "bands",
    "scalars",
    "modalities",
    "streams",
    "resources",
    "sphere",
    "positions",
)
TRANSFORMER = core("config", "layers", "context", "correlation", "generate")
PARTS = core(
    *("hub", "download", "model", "codecs", "io", "redshift", "exact_redshift", "embedding"),
    *("redshift_scores", "recalibration", "stoppable"),
    "heads",
    *("line_fits", "ids", "unit_vectors", "vector_index", "lance_index", "search", "catalog", "maps"),
)
PICTURES = core("color_image", "previews")
CORE = FACTS | TRANSFORMER | PARTS | PICTURES | {"aion", "aion.precision"}


def explorer(*names: str) -> set[str]:
    return {f"aion.explorer.{name}" for name in names}


SERVICES = explorer("settings", "results", "figures", "redshift", "engine", "catalogs", "export") | {
    "aion.plain_text"
}
PAGE = FACTS | core("catalog", "exact_redshift", "heads", "io", "recalibration", "redshift", "sky") | SERVICES

# Who may import whom of ours: one row for each folder, and for a module that stands lower than its folder.
# The longest name that fits a module is its row. A name in a row allows the module and everything below it.
# Rows of the explorer admit only rows above them.
LAYERS: dict[str, set[str]] = {
    **dict.fromkeys(FACTS, FACTS),
    **dict.fromkeys(TRANSFORMER, TRANSFORMER | {"aion.errors", "aion.streams"}),
    "aion.model": TRANSFORMER
    | {"aion.errors", "aion.streams", "aion.hub", "aion.installation", "aion.precision"},
    "aion.precision": {"aion.errors", "aion.constants"},
    "aion.installation": set(),
    "aion.hub": {"aion.errors"},
    "aion.download": {"aion.errors", "aion.hub"},
    "aion.codecs": FACTS
    | {
        "aion.hub",
        "aion.precision",
        "aion.codecs.modules",
        "aion.codecs.preprocessing",
        "aion.codecs.quantizers",
    },
    "aion.codecs.modules": {"aion.errors"},
    "aion.codecs.preprocessing": {"aion.errors", "aion.constants"},
    "aion.codecs.quantizers": {"aion.errors"},
    "aion.io": FACTS | {"aion.io.readers"},
    "aion.io.readers": FACTS | {"aion.io"},
    "aion.stoppable": {"aion.errors"},
    "aion.sky": {"aion.errors", "aion.io", "aion.positions", "aion.sphere", "aion.stoppable"},
    "aion.redshift": {"aion.errors", "aion.constants"},
    "aion.redshift_scores": {"aion.redshift"},
    "aion.recalibration": {"aion.errors", "aion.redshift", "aion.redshift_scores"},
    "aion.line_fits": {"aion.constants", "aion.lines"},
    "aion.exact_redshift": {"aion.constants", "aion.line_fits", "aion.lines", "aion.redshift"},
    "aion.embedding": {"aion.errors", "aion.model"},
    "aion.unit_vectors": {"aion.errors"},
    "aion.ids": {"aion.errors"},
    "aion.vector_index": {"aion.errors", "aion.unit_vectors"},
    "aion.search": {"aion.errors", "aion.ids", "aion.unit_vectors", "aion.vector_index"},
    "aion.lance_index": {"aion.errors", "aion.unit_vectors", "aion.vector_index"},
    "aion.maps": set(),
    "aion.catalog": FACTS
    | {"aion", "aion.ids", "aion.io", "aion.maps", "aion.search", "aion.lance_index"}
    | {"aion.unit_vectors", "aion.vector_index"},
    "aion.heads": {"aion", "aion.catalog", "aion.errors", "aion.error_text", "aion.io", "aion.modalities"},
    "aion.color_image": set(),
    "aion.previews": {"aion.modalities", "aion.color_image"},
    "aion.explorer": set(),
    "aion.explorer.settings": {
        "aion.constants",
        "aion.errors",
        "aion.processors",
        "aion.resources",
        "aion.sky",
    },
    "aion.explorer.results": {
        "aion.catalog",
        "aion.constants",
        "aion.errors",
        "aion.exact_redshift",
        "aion.recalibration",
        "aion.redshift",
    },
    "aion.plain_text": set(),
    "aion.explorer.figures": core(
        *("catalog", "heads", "redshift", "redshift_scores", "lines", "constants", "color_image")
    )
    | explorer("results"),
    "aion.explorer.redshift": {"aion.errors", "aion.redshift", "aion.lines", "aion.constants"}
    | explorer("results"),
    "aion.explorer.engine": CORE - {"aion.maps"} | explorer("settings", "results"),
    "aion.explorer.survey": FACTS
    | {"aion", "aion.catalog", "aion.exact_redshift", "aion.io", "aion.previews", "aion.redshift"}
    | {"aion.maps", "aion.sky"}
    | explorer("settings", "results", "engine"),
    "aion.explorer.catalogs": FACTS
    | {"aion", "aion.catalog", "aion.io", "aion.previews", "aion.sky"}
    | {"aion.unit_vectors", "aion.vector_index"}
    | explorer("results", "engine", "survey"),
    "aion.explorer.export": FACTS
    | {"aion.catalog", "aion.exact_redshift", "aion.heads", "aion.io", "aion.redshift"}
    | {"aion.plain_text", "aion.sky"}
    | explorer("results", "figures", "redshift", "survey"),
    "aion.explorer.redshift.inspection": core(
        "catalog", "errors", "exact_redshift", "io", "lines", "previews", "redshift"
    )
    | explorer("results", "redshift", "engine"),
    "aion.explorer.redshift.calibration": core(
        "catalog", "errors", "error_text", "io", "recalibration", "redshift_scores"
    )
    | explorer("results", "engine", "figures"),
    "aion.explorer.ui": set(),
    "aion.explorer.ui.shared": PAGE,
    "aion.explorer.ui.analyze": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.batch": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.catalog": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.calibrate": PAGE | {"aion.redshift_scores"} | explorer("ui.shared"),
    "aion.explorer.ui.similar": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.heads": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.inspect": PAGE | explorer("ui.shared"),
    "aion.explorer.ui.model": PAGE | explorer("ui.shared"),
    "aion.commands": core("catalog", "download", "errors", "heads", "io", "resources", "sky")
    | explorer("settings", "results", "redshift", "engine", "survey", "export"),
    "aion.processors": set(),
    "aion.__main__": {"aion.commands", "aion.errors", "aion.explorer.settings"},
    "app": explorer("ui.shared", "settings"),
    "pages": explorer("ui") | {"aion.plain_text"},
    "aion.training": CORE | {"aion.training.simulate", "aion.training.evaluate"},
    "aion.training.simulate": {"aion.training", "aion.constants", "aion.lines", "aion.modalities"},
    "aion.training.evaluate": CORE | {"aion.training"},
}


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
        ("aion.explorer.engine.engine", "aion.explorer.catalogs.batches"),
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
