"""Everything about one analysis in one zip: the files it was made from, the results, the settings, a notebook
that makes them again."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from aion.catalog import Catalog
from aion.explorer import figures
from aion.explorer.export.analysis import EmbeddingRow, embeddings_parquet, result_files
from aion.explorer.export.generation import generated_files
from aion.explorer.export.origins import acknowledgments, origins
from aion.explorer.export.reproduce import Recipe
from aion.explorer.results import Analysis
from aion.explorer.results.generated import MARK, Generated
from aion.io import Report
from aion.plain_text import as_text

VERSION = 2
"""Of what a bundle says of itself; the first did not say title and catalog."""
INPUTS = "inputs"
"""Folder of the files that the analysis was made from, as they were given."""
GENERATED = MARK.replace(", ", "-").replace(" ", "-")
"""Folder of what the model generated, which is no data."""
LIMIT = 100_000_000
"""Bytes of them that go into a bundle; of more, it holds the names and the hashes."""
TOO_LARGE = (
    "The input files have {:,.0f} MB and are not in the bundle, which has their SHA-256: put them into its "
    "folder `inputs`."
)
NEIGHBORS = (
    "Neighbors, and objects without a file, are of the catalog that `AION_CATALOG` names; "
    "it was: {}, {:,} objects."
)


def bundle(
    analysis: Analysis,
    recipe: Recipe,
    reports: Sequence[Report],
    inputs: Sequence[tuple[str, bytes]],
    catalog: Catalog | None,
    around: tuple[float, float] | None = None,
    generated: Generated | None = None,
) -> bytes:
    """One analysis, its figures in the light theme.

    Args:
        reports: what was read from the files.
        inputs: name and content of each file; none for an object of a catalog.
        catalog: the one that the neighbors are of.
        around: where the object is in the sky of that catalog, RA and Dec, degrees.
        generated: what was generated for the object, in a folder of its own.
    """
    given = _zip_paths(inputs)
    size = sum(len(content) for content in given.values())
    notes = [TOO_LARGE.format(size / 1e6)] if size > LIMIT else []
    notes += [NEIGHBORS.format(as_text(catalog.manifest.label), len(catalog))] if catalog is not None else []
    recipe = replace(
        recipe,
        files=tuple(given),
        sha256={path: hashlib.sha256(content).hexdigest() for path, content in given.items()},
    )
    settings = settings_of(analysis, recipe, catalog)
    results = result_files(analysis, reports, catalog, around)
    files: dict[str, str | bytes] = {
        "settings.json": json.dumps(settings, indent=2, ensure_ascii=False) + "\n",
        "analysis.json": results.pop("json"),
        "analysis.ipynb": recipe.notebook("\n\n".join(notes)),
        "analysis.py": recipe.python(),
        **results,
        "embedding.parquet": embeddings_parquet([EmbeddingRow.of(analysis, reports)], analysis.model),
        "figures.html": figures.html(analysis.id, figures.on_page(analysis, recipe.shown)),
    }
    if generated is not None:
        drawn = generated_files(generated, reports)
        files |= {f"{GENERATED}/{name}": content for name, content in drawn.items()}
    if fetched := origins(reports):
        files["origins.txt"] = "\n\n".join([*fetched, *acknowledgments(reports)]) + "\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | (given if size <= LIMIT else {})).items():
            archive.writestr(name, content)
    return stream.getvalue()


def settings_of(analysis: Analysis, recipe: Recipe, catalog: Catalog | None) -> dict[str, Any]:
    """What an analysis was made with, as plain values; ``catalog`` is the one that its neighbors are of."""
    model = analysis.model
    weights = {"id": model.id, "revision": model.revision, "sha256": model.sha256, "title": model.title}
    searched = (
        None
        if catalog is None
        else {"label": catalog.manifest.label, "objects": len(catalog), "ids_sha256": catalog.ids_sha256}
    )
    return recipe.to_dict() | {
        "bundle": VERSION,
        "model": weights,
        "catalog": searched,
        "versions": model.versions,
        "device": model.device,
        "precision": model.precision,
    }


def _zip_paths(inputs: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Path in the zip -> content. A file keeps its name, which may be the id of the object; a second of that
    name has its own folder."""
    placed: dict[str, bytes] = {}
    for number, (given, content) in enumerate(inputs, 1):
        name = PurePosixPath(given.replace("\\", "/")).name or "file"
        path = f"{INPUTS}/{name}"
        placed[f"{INPUTS}/{number}/{name}" if path in placed else path] = content
    return placed
