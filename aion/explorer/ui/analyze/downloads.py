"""Everything a page shows, as files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from aion.catalog import Catalog
from aion.explorer import figures
from aion.explorer.export.analysis import (
    EmbeddingRow,
    decoded_fits,
    embeddings_npy,
    embeddings_parquet,
    pdf_csv,
    pdf_ecsv,
    pdf_hdf5,
    to_json,
)
from aion.explorer.export.bundle import LIMIT, TOO_LARGE, bundle
from aion.explorer.export.reproduce import Recipe
from aion.explorer.results import Analysis
from aion.explorer.results.generated import Generated
from aion.explorer.ui.analyze import reproduce
from aion.explorer.ui.shared import active_catalog, positions
from aion.explorer.ui.shared.downloads import file_button, stem
from aion.explorer.ui.shared.figure import choose_format, file_format
from aion.explorer.ui.shared.session import File, current_session, file_size
from aion.io import Report

Maker = Callable[[], str | bytes]


@st.fragment
def downloads(analysis: Analysis, reports: Sequence[Report], camera: str) -> None:
    """A button that opens the list of files; each is made when it is asked for.

    That happens outside of the page, where the session cannot be asked for: how the page is looked at is
    noted when the list is opened.

    Args:
        camera: format that the figures on the page are saved in; another choice makes the page anew.
    """
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover("Download", icon=":material/download:", key="downloads", on_change="rerun") as panel,
    ):
        if panel.open:
            _files(analysis, reports)
    if file_format() != camera:
        st.rerun()


def _files(analysis: Analysis, reports: Sequence[Report]) -> None:
    session, catalog = current_session(), active_catalog.catalog()
    recipe, inputs, generated = reproduce.recipe(analysis, session), session.files, session.generated
    around = None if catalog is None else positions.target_position(catalog)
    files: list[tuple[str, str, str, Maker]] = [
        (
            "Session bundle (zip)",
            "session.zip",
            "application/zip",
            lambda: _bundle(analysis, reports, recipe, inputs, catalog, around, generated),
        ),
        ("Everything (JSON)", "json", "application/json", lambda: to_json(analysis, reports)),
        ("p(z) (CSV)", "pz.csv", "text/csv", lambda: pdf_csv(analysis)),
        ("p(z) (ECSV)", "pz.ecsv", "text/plain", lambda: pdf_ecsv(analysis, reports)),
        ("p(z) (HDF5 for qp)", "pz.hdf5", "application/x-hdf5", lambda: pdf_hdf5(analysis)),
        ("Decoded data (FITS)", "decoded.fits", "application/fits", lambda: decoded_fits(analysis, reports)),
        (
            "Figures (HTML)",
            "figures.html",
            "text/html",
            lambda: figures.html(analysis.id, figures.on_page(analysis, recipe.shown)),
        ),
        (
            "Embedding (npy)",
            "embedding.npy",
            "application/octet-stream",
            lambda: embeddings_npy([analysis.embedding]),
        ),
        (
            "Embedding (Parquet)",
            "embedding.parquet",
            "application/vnd.apache.parquet",
            lambda: _parquet(analysis, reports),
        ),
    ]
    st.caption("Numbers with units and the weights that made them. The camera above a figure saves it as:")
    choose_format("Format of a saved figure", label_visibility="collapsed")
    size = sum(map(file_size, inputs))
    if size > LIMIT:
        st.caption(TOO_LARGE.format(size / 1e6))
    for label, ending, mime, data in files:
        name = f"{stem(analysis.id)}{'-' if '.' in ending else '.'}{ending}"
        file_button(label, data, name, mime, key=f"download-{ending}")


def _bundle(
    analysis: Analysis,
    reports: Sequence[Report],
    recipe: Recipe,
    inputs: Sequence[File],
    catalog: Catalog | None,
    around: positions.Position | None,
    generated: Generated | None,
) -> bytes:
    contents = [(file.name, _content(file)) for file in inputs]
    return bundle(analysis, recipe, reports, contents, catalog, around, generated)


def _content(file: File) -> bytes:
    if isinstance(file, Path):
        return file.read_bytes()
    file.seek(0)
    return file.read()


def _parquet(analysis: Analysis, reports: Sequence[Report]) -> bytes:
    return embeddings_parquet([EmbeddingRow.of(analysis, reports)], analysis.model)
