"""Objects of the catalog -> the bytes of a table file: CSV, ECSV, VOTable, FITS. Ids are text, units are
written, names are lower case."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from aion.catalog import Catalog, Neighbor, has_positions, separations
from aion.explorer.results import Analysis, ModelInfo
from aion.io.content import lower_names
from aion.io.write import Column, OutputTable, csv, ecsv, fits_bytes, votable

MIME = {
    "csv": "text/csv",
    "ecsv": "text/plain",
    "vot": "application/x-votable+xml",
    "fits": "application/fits",
}
"""Ending of a file -> its type; these are the formats there are."""
_UNITS = {"mag_r": "mag", "ebv": "mag", "ra": "deg", "dec": "deg", "separation": "arcsec"}
_MEANINGS = {
    "similarity": "cosine of two embeddings, not a probability",
    "separation": "from the object looked at, or from the middle of the cone",
    "z": "redshift in the catalog",
    "mag_r": "r magnitude, AB",
    "z_best": "redshift of the best peak of p(z)",
    "p_best": "probability that this peak holds",
    "z_2": "redshift of the second peak of p(z)",
    "p_2": "probability that this peak holds",
    "z_exact": "redshift of the lines of the spectrum within the best peak",
    "z_exact_error": "1 sigma, statistical",
    "exact_lines": "lines of S/N 3 that it rests on",
    "not_refined": "why there is no exact redshift",
    "snr": "median signal-to-noise per pixel of the spectrum",
}

Meanings = Mapping[str, tuple[str, str]]
"""Column -> its unit and what it is."""


def table_file(
    rows: pd.DataFrame,
    ending: str,
    about: Mapping[str, Any],
    meanings: Meanings | None = None,
) -> bytes:
    """A table, column by column; names that are alike but for capitals are numbered; ``about`` is written
    into the header where the format has one.

    Args:
        meanings: Of columns that are of no catalog.
    """
    known = meanings or {}
    columns = [
        _column(lower, rows.iloc[:, place], known.get(str(name)))
        for place, (name, lower) in enumerate(zip(rows, lower_names(map(str, rows)), strict=True))
    ]
    # FITS headers hold text of one line
    lines = [f"{name}: {value}" for name, value in about.items()]
    writers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: csv(columns),
        "ecsv": lambda: ecsv(columns, about),
        "vot": lambda: votable(columns, about),
        "fits": lambda: fits_bytes([OutputTable("OBJECTS", tuple(columns))], {}, history=lines),
    }
    return writers[ending]()


def neighbor_rows(
    catalog: Catalog, neighbors: Sequence[Neighbor], around: tuple[float, float] | None = None
) -> pd.DataFrame:
    """Answers of a search in their order: rank, id, similarity, and everything the catalog says of them, with
    how far each is from ``around`` (RA and Dec, degrees) where both are known."""
    rows = catalog.table.iloc[[catalog.row(neighbor.id) for neighbor in neighbors]].reset_index(drop=True)
    rows.insert(0, "rank", np.arange(1, len(rows) + 1))
    rows.insert(2, "similarity", [neighbor.similarity for neighbor in neighbors])
    return with_separation(rows, around)


def with_separation(rows: pd.DataFrame, around: tuple[float, float] | None) -> pd.DataFrame:
    """Rows of a catalog with their distance from a position in degrees, arcsec, where both are known."""
    if around is None or not has_positions(rows):
        return rows
    return rows.assign(separation=separations(rows, around))


def neighbors_file(
    catalog: Catalog, analysis: Analysis, ending: str, around: tuple[float, float] | None = None
) -> bytes:
    """The neighbors of one object in this catalog, most similar first; with their distance from where it is
    (RA and Dec, degrees) where that is known, in the sky of the catalog."""
    about = provenance(catalog, analysis.model, object=analysis.id, read=list(analysis.used))
    return table_file(neighbor_rows(catalog, analysis.neighbors, around), ending, about)


def provenance(catalog: Catalog, model: ModelInfo, **settings: Any) -> dict[str, Any]:
    """What a table was made with; ``settings`` are those of the search or selection, as plain values."""
    made = {
        "catalog": catalog.manifest.label,
        "objects in the catalog": len(catalog),
        "model": model.title,
        "sha256": model.sha256,
    }
    return made | {"aion_version": model.versions["aion"]} | settings


def _column(name: str, values: "pd.Series[Any]", meaning: tuple[str, str] | None) -> Column:
    unit, description = meaning or (_unit(name), _MEANINGS.get(name, ""))
    plain = values.to_numpy(dtype=bool if values.dtype == bool else None)
    if not (values.dtype == bool or pd.api.types.is_numeric_dtype(values.dtype)):
        plain = np.array(["" if pd.isna(value) else str(value) for value in values], dtype=str)
    return Column(name, plain, unit, description)


def _unit(name: str) -> str:
    return (
        "nanomaggy"
        if name.startswith("flux_")
        else "mag"
        if name.endswith("_cmodel_mag")
        else _UNITS.get(name, "")
    )
