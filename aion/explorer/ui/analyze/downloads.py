"""Everything a page shows, as files."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from aion.catalog import Catalog
from aion.explorer import figures
from aion.explorer.export.analysis import Embedded, decoded_fits, embeddings_npy, embeddings_parquet, pdf_csv, pdf_ecsv, pdf_hdf5, to_json
from aion.explorer.export.bundle import LIMIT, TOO_LARGE, bundle
from aion.explorer.results import Analysis
from aion.explorer.ui.analyze import reproduce
from aion.explorer.ui.shared import active_catalog
from aion.explorer.ui.shared.downloads import stem
from aion.explorer.ui.shared.figure import choose_format
from aion.explorer.ui.shared.session import File, Session, session
from aion.io import Report

Maker = Callable[[], str | bytes]


def downloads(analysis: Analysis, reports: Sequence[Report]) -> None:
    """A button that opens the list of files; each is made when it is asked for.

    That happens outside of the page, where the session cannot be asked for: what is made of it is given it.
    """
    now, catalog = session(), active_catalog.catalog()
    files: list[tuple[str, str, str, Maker]] = [
        ("Session bundle (zip)", "session.zip", "application/zip", lambda: _bundle(analysis, reports, now, catalog)),
        ("Everything (JSON)", "json", "application/json", lambda: to_json(analysis, reports)),
        ("p(z) (CSV)", "pz.csv", "text/csv", lambda: pdf_csv(analysis)),
        ("p(z) (ECSV)", "pz.ecsv", "text/plain", lambda: pdf_ecsv(analysis)),
        ("p(z) (HDF5 for qp)", "pz.hdf5", "application/x-hdf5", lambda: pdf_hdf5(analysis)),
        ("Decoded data (FITS)", "decoded.fits", "application/fits", lambda: decoded_fits(analysis)),
        ("Figures (HTML)", "figures.html", "text/html", lambda: _figures_html(analysis, now)),
        ("Embedding (npy)", "embedding.npy", "application/octet-stream", lambda: embeddings_npy([analysis.embedding])),
        ("Embedding (Parquet)", "embedding.parquet", "application/vnd.apache.parquet", lambda: _parquet(analysis, reports)),
    ]
    with st.popover("Download", icon=":material/download:"):
        st.caption("Numbers with units and the weights that made them. The camera above a figure saves it as:")
        choose_format("Format of a saved figure", label_visibility="collapsed")
        size = sum(_size(file) for file in now.files)
        if size > LIMIT:
            st.caption(TOO_LARGE.format(size / 1e6))
        for label, ending, mime, data in files:
            st.download_button(
                label, data, file_name=f"{stem(analysis.id)}{'-' if '.' in ending else '.'}{ending}",
                mime=mime, on_click="ignore", type="tertiary", icon=":material/file_save:", key=f"download-{ending}",
            )  # fmt: skip


def _bundle(analysis: Analysis, reports: Sequence[Report], now: Session, catalog: Catalog | None) -> bytes:
    inputs = [(file.name, _content(file)) for file in now.files]
    return bundle(analysis, reproduce.recipe(analysis, now), reports, inputs, catalog)


def _content(file: File) -> bytes:
    if isinstance(file, Path):
        return file.read_bytes()
    file.seek(0)
    return file.read()


def _size(file: File) -> int:
    """Bytes, without reading them."""
    return file.stat().st_size if isinstance(file, Path) else file.seek(0, os.SEEK_END)


def _parquet(analysis: Analysis, reports: Sequence[Report]) -> bytes:
    return embeddings_parquet([Embedded.of(analysis, reports)], analysis.model)


def _figures_html(analysis: Analysis, now: Session) -> str:
    """The figures as they are on the page, in the light theme, with all they need inside."""
    return figures.html(analysis.id, figures.on_page(analysis, reproduce.recipe(analysis, now).shown))
