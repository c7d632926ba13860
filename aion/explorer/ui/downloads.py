"""Everything a page shows, as files."""

from collections.abc import Callable, Sequence

import streamlit as st

from aion.explorer import export, figures
from aion.explorer.results import Analysis
from aion.explorer.ui import again, look
from aion.explorer.ui.state import session
from aion.io import Report

Maker = Callable[[], str | bytes]


def downloads(analysis: Analysis, reports: Sequence[Report]) -> None:
    """A button that opens the list of files; each is made when it is asked for."""
    files: list[tuple[str, str, str, Maker]] = [
        ("Session bundle (zip)", "session.zip", "application/zip", lambda: _bundle(analysis, reports)),
        ("Everything (JSON)", "json", "application/json", lambda: export.to_json(analysis, reports)),
        ("p(z) (CSV)", "pz.csv", "text/csv", lambda: export.pdf_csv(analysis)),
        ("p(z) (ECSV)", "pz.ecsv", "text/plain", lambda: export.pdf_ecsv(analysis)),
        ("p(z) (HDF5 for qp)", "pz.hdf5", "application/x-hdf5", lambda: export.pdf_hdf5(analysis)),
        ("Decoded data (FITS)", "decoded.fits", "application/fits", lambda: export.decoded_fits(analysis)),
        ("Figures (HTML)", "figures.html", "text/html", lambda: _figures_html(analysis)),
        ("Embedding (npy)", "embedding.npy", "application/octet-stream", lambda: export.embeddings_npy([analysis.embedding])),
    ]
    if analysis.neighbors:
        files += [
            ("Neighbors (ECSV)", "neighbors.ecsv", "text/plain", lambda: export.neighbors_ecsv(analysis)),
            ("Neighbors (CSV)", "neighbors.csv", "text/csv", lambda: export.neighbors_csv(analysis)),
        ]
    with st.popover("Download", icon=":material/download:"):
        st.caption("Numbers with units and the weights that made them. The camera above a figure saves it as:")
        st.segmented_control(
            "Format of a saved figure",
            look.FIGURE_FORMATS,
            default="PNG",
            required=True,
            key=look.FORMAT,
            persist_state="session",
            label_visibility="collapsed",
        )
        for label, ending, mime, data in files:
            st.download_button(
                label, data, file_name=f"{_stem(analysis.id)}-{ending}" if "." in ending else f"{_stem(analysis.id)}.{ending}",
                mime=mime, on_click="ignore", type="tertiary", icon=":material/file_save:", key=f"download-{ending}",
            )  # fmt: skip


def _bundle(analysis: Analysis, reports: Sequence[Report]) -> bytes:
    return export.bundle(analysis, reports, again.recipe(analysis), _figures_html(analysis))


def _figures_html(analysis: Analysis) -> str:
    """The figures of the page at the chosen redshift, in the light theme, with all they need inside."""
    chosen = session().z
    z = analysis.redshift.peaks[0].z if chosen is None else chosen
    drawn = {"Redshift": figures.redshift(analysis.redshift, z=z, reference=analysis.z_reference)}
    drawn |= {f"{spectrum.survey} spectrum": figures.spectrum(spectrum, z=z) for spectrum in analysis.spectra}
    drawn |= {f"{image.survey} image": figures.panels(image) for image in analysis.images}
    return figures.html(analysis.id, drawn)


def _stem(id: str) -> str:
    """A file name from an id."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in id) or "object"
