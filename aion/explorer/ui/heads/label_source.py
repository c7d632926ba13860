"""Which objects have labels, which column holds them, and how it is taken; and the button that learns it."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from aion.catalog import Catalog
from aion.errors import AIONError, InputError
from aion.explorer.engine import Engine
from aion.explorer.ui.heads.heads_state import LABELS, heads_state
from aion.explorer.ui.shared import active_catalog, layout
from aion.explorer.ui.shared.other_table import forget_button, id_choice, other_table
from aion.heads.head import Kind
from aion.heads.samples import LabelChoice, detect_kind, label_columns, label_objects
from aion.plain_text import as_text

CATALOG, FOLDER = "The catalog", "A folder of a batch"
VIEWS = {"all": "Everything", "spectrum": "Spectra", "image": "Images", "photometry": "Catalog numbers"}
KINDS: dict[Kind, str] = {"number": "Numbers", "class": "Classes"}
ALONE = "Positions, else ids"
_KEPT: dict[str, Any] = {"persist_state": "session"}


def train_here(engine: Engine) -> None:
    """The choices, and the training; what it gave is in the state of the page."""
    source = st.segmented_control(
        "Objects of", [CATALOG, FOLDER], default=CATALOG, required=True, key="heads-source", **_KEPT
    )
    try:
        catalog = _active(engine) if source == CATALOG else _of_folder(engine)
        if catalog is None:
            return
        choice, other = _choice(catalog)
        if choice is None:
            return
        if st.button("Train and measure", type="primary", icon=":material/school:"):
            _train(catalog, choice, other)
    except AIONError as exc:
        layout.refuse(str(exc))


def _active(engine: Engine) -> Catalog | None:
    active_catalog.choice()
    catalog = active_catalog.catalog()
    if catalog is None:
        layout.empty(engine.catalog_note or active_catalog.NO_CATALOG)
    return catalog


def _of_folder(engine: Engine) -> Catalog | None:
    """A catalog that ``aion batch`` made, on the computer of the application."""
    text = st.text_input(
        "Folder on the computer of this application",
        placeholder="~/surveys/my-night",
        help="Made by `aion batch FILES --out FOLDER`; columns of its input are kept, and can be learned",
        key="heads-folder",
        **_KEPT,
    )
    if not text:
        st.caption(
            "`aion batch FILES --out FOLDER` makes one; a batch of the Batch page is looked into from there."
        )
        return None
    path, state = Path(text).expanduser(), heads_state()
    if state.folder is None or state.folder[0] != path:
        if not Catalog.is_in(path):
            raise InputError(f"there is no catalog in {path}; name a folder that aion batch made")
        state.folder = (path, Catalog.load(path, model_sha256=engine.info.sha256))
    return state.folder[1]


def _choice(catalog: Catalog) -> tuple[LabelChoice | None, pd.DataFrame | None]:
    """Column, view, and how labels are taken; None where there is no column."""
    name, other = other_table(LABELS, "Labels of another table")
    table = catalog.table if other is None else other
    columns = label_columns(table)
    if not columns:
        layout.empty("There is no column to learn here. Upload a table with a column of the same ids.")
        return None, None
    key = f"{active_catalog.title(catalog)}-{name}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox("Label", columns, key=f"heads-column-{key}", width=220, **_KEPT)
        ids = None
        if other is not None:
            ids = id_choice(other, key=f"heads-ids-{key}")
            forget_button(LABELS)
        view = st.selectbox(
            "Embeddings of",
            list(catalog.indexes),
            format_func=lambda view: VIEWS.get(view, view),
            key=f"heads-view-{key}",
            width=180,
            help="An object can be given the label where it has the same kinds of data",
            **_KEPT,
        )
    detected = detect_kind(table[column])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind: Kind = st.segmented_control(
            "Taken as",
            list(KINDS),
            format_func=KINDS.__getitem__,
            default=detected,
            required=True,
            key=f"heads-kind-{key}-{column}",
            **_KEPT,
        )
        is_log, unit = False, ""
        if kind == "number":
            is_log = st.toggle("log10", key=f"heads-log-{key}-{column}", **_KEPT)
            if not is_log:
                unit = st.text_input("Unit", key=f"heads-unit-{key}-{column}", width=120, **_KEPT)
        same = st.selectbox(
            "One object on the sky",
            [ALONE, *columns],
            key=f"heads-group-{key}",
            width=220,
            help="Held out together: rows at positions within 1″, or with an equal value in a column",
            **_KEPT,
        )
    group = None if same == ALONE else same
    return LabelChoice(column, kind, is_log, unit, view, ids, group), other


def _train(catalog: Catalog, choice: LabelChoice, other: pd.DataFrame | None) -> None:
    place = st.empty()

    def tell(step: str, share: float) -> None:
        place.progress(share, text=as_text(step))

    tell("Loading scikit-learn", 0.0)
    from aion.heads.training import train_head

    try:
        heads_state().report = train_head(label_objects(catalog, choice, other), tell)
    finally:
        place.empty()
