"""Everything a page shows, as files."""

from collections.abc import Callable, Sequence

import streamlit as st

from aion.explorer import export
from aion.explorer.results import Analysis
from aion.io import Report


def downloads(analysis: Analysis, reports: Sequence[Report]) -> None:
    """A button that opens the list of files; each is made when it is asked for."""
    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        ("Everything (JSON)", "json", "application/json", lambda: export.to_json(analysis, reports)),
        ("p(z) (ECSV)", "pz.ecsv", "text/plain", lambda: export.pdf_ecsv(analysis)),
        ("p(z) (CSV)", "pz.csv", "text/csv", lambda: export.pdf_csv(analysis)),
        ("Decoded data (FITS)", "decoded.fits", "application/fits", lambda: export.decoded_fits(analysis)),
        ("Embedding (npy)", "embedding.npy", "application/octet-stream", lambda: export.embeddings_npy([analysis.embedding])),
    ]
    if analysis.neighbors:
        files += [
            ("Neighbors (ECSV)", "neighbors.ecsv", "text/plain", lambda: export.neighbors_ecsv(analysis)),
            ("Neighbors (CSV)", "neighbors.csv", "text/csv", lambda: export.neighbors_csv(analysis)),
        ]
    with st.popover("Download", icon=":material/download:"):
        st.caption("Numbers with units and the weights that made them")
        for label, ending, mime, data in files:
            st.download_button(
                label, data, file_name=f"{_stem(analysis.id)}-{ending}" if "." in ending else f"{_stem(analysis.id)}.{ending}",
                mime=mime, on_click="ignore", type="tertiary", icon=":material/file_save:", key=f"download-{ending}",
            )  # fmt: skip


def _stem(id: str) -> str:
    """A file name from an id."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in id) or "object"
