"""Which objects are measured, where their p(z) is from, and which column holds their true redshifts."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from aion.catalog import Catalog
from aion.errors import AIONError
from aion.explorer.engine import Engine
from aion.explorer.redshift.calibration import Sample, ask_model, join_truths, read_p_z, truth_columns
from aion.explorer.ui.calibrate.state import TRUTHS, begin_with, calibrate_state
from aion.explorer.ui.shared import active_catalog, layout
from aion.explorer.ui.shared.other_table import forget_button, id_choice, other_table

NONE, CATALOG, FOLDER, FILE = "These weights' own numbers", "A catalog", "A folder of a batch", "An HDF5 file"
COUNTS = (200, 500, 1_000, 2_000)
"""Objects of a catalog that the model reads again."""
SEED = 20_261


def choose_sample(engine: Engine) -> Sample | None:
    """The objects with true redshifts; None before a person chose any."""
    source = st.segmented_control(
        "p(z) of",
        [NONE, CATALOG, FOLDER, FILE],
        default=NONE,
        required=True,
        key="calibrate-source",
        persist_state="session",
    )
    begin_with(source)
    if source == NONE:
        return None
    asked = {CATALOG: _of_catalog, FOLDER: _of_folder, FILE: _of_file}[source](engine)
    if asked is None:
        st.stop()
    return _with_truths(asked)


def _of_catalog(engine: Engine) -> Sample | None:
    """The chosen catalog's objects, read again from their tokens when a button is clicked."""
    active_catalog.choice()
    catalog = active_catalog.catalog()
    if catalog is None:
        layout.empty(engine.catalog_note or active_catalog.NO_CATALOG)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        counts = [count for count in COUNTS if count < len(catalog)] + [len(catalog)]
        count = st.selectbox(
            "Objects",
            [count for count in counts if count <= COUNTS[-1]] or counts[:1],
            format_func=lambda count: f"{count:,} of {len(catalog):,}",
            width=200,
        )
        if st.button("Ask the model", type="primary", icon=":material/play_arrow:"):
            calibrate_state().asked = _ask(catalog, engine, count)
    if calibrate_state().asked is None:
        st.caption(
            "The model reads the tokens of so many objects again, drawn at random: about 20 a second on two "
            "cores. p(z) is as the model gives it, without recalibration."
        )
    return calibrate_state().asked


def _ask(catalog: Catalog, engine: Engine, count: int) -> Sample:
    rows = np.sort(np.random.default_rng(SEED).permutation(len(catalog))[:count])
    bar = st.progress(0.0, "Asking the model")

    def tell(share: float) -> None:
        bar.progress(share, f"Asking the model: {share:.0%}")

    sample = ask_model(catalog, engine, rows.tolist(), tell)
    bar.empty()
    return sample


def _of_folder(engine: Engine) -> Sample | None:
    """A catalog that ``aion batch --p-z`` made, on the computer of the application."""
    path = st.text_input(
        "Folder on the computer of this application",
        placeholder="~/surveys/my-night",
        help="Made by `aion batch FILES --out FOLDER --p-z`",
        key="calibrate-folder",
        persist_state="session",
    )
    if not path:
        st.caption("`aion batch FILES --out FOLDER --p-z --recalibration no` makes one with p(z) in it.")
        return None
    return _read(Path(path).expanduser())


def _of_file(engine: Engine) -> Sample | None:
    """An HDF5 file that qp reads."""
    upload = st.file_uploader("HDF5 file of p(z), as qp writes histograms", key="calibrate-file")
    if upload is not None:
        with tempfile.NamedTemporaryFile(suffix=".hdf5") as copy:
            copy.write(upload.getbuffer())
            copy.flush()
            calibrate_state().asked = _read(Path(copy.name), upload.name)
    return calibrate_state().asked


def _read(path: Path, name: str | None = None) -> Sample | None:
    try:
        return read_p_z(path)
    except AIONError as exc:
        layout.refuse(str(exc).replace(str(path), name or str(path)))
        return None


def _with_truths(sample: Sample) -> Sample | None:
    """Joined by the column that a person names, of the objects themselves or of another table."""
    try:
        name, other = other_table(TRUTHS, "True redshifts of another table")
        columns: list[Any] = sample.candidates if other is None else truth_columns(other)
        if not columns:
            layout.empty("There is no column of redshifts here; upload a table that has one.")
            st.stop()
        keep: dict[str, Any] = {"width": 260, "persist_state": "session"}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            column = st.selectbox("True redshift", columns, key=f"calibrate-column-{name}", **keep)
            ids = None
            if other is not None:
                ids = id_choice(other, key=f"calibrate-ids-{name}")
                forget_button(TRUTHS)
        return join_truths(sample, column, other, ids)
    except AIONError as exc:
        layout.refuse(str(exc))
        st.stop()
