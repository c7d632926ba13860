"""A table of a person's own beside the objects of a page: uploaded once, kept in the tab until forgotten."""

import pandas as pd
import streamlit as st

from aion.catalog.label_tables import find_ids, read_table
from aion.plain_text import as_text

FORMATS = "Parquet, CSV, FITS, ECSV or VOTable, with a column of the same ids"


def other_table(key: str, title: str) -> tuple[str, pd.DataFrame | None]:
    """Its name, and the table; None where the person gave none. ``title`` is what the button says.

    Raises:
        InputError: the file is no table.
    """
    with st.popover(title, icon=":material/table:"):
        upload = st.file_uploader(FORMATS, key=f"{key}-upload-{_generation(key)}")
    if upload is not None and st.session_state.get(f"{key}-id") != upload.file_id:
        st.session_state[f"{key}-table"] = (upload.name, read_table(upload))
        st.session_state[f"{key}-id"] = upload.file_id
    held: tuple[str, pd.DataFrame | None] = st.session_state.get(f"{key}-table", ("", None))
    return held


def id_choice(table: pd.DataFrame, *, key: str) -> str:
    """Which column holds the ids; the one that is called so until a person says another."""
    columns = list(map(str, table.columns))
    likely = find_ids(table)
    place = 0 if likely is None else columns.index(likely)
    chosen: str = st.selectbox("Ids", columns, index=place, key=key, width=220, persist_state="session")
    return chosen


def forget_button(key: str) -> None:
    """The objects have no other table again, when it is clicked."""
    name, _ = st.session_state[f"{key}-table"]
    st.button(f"Forget {as_text(name)}", on_click=forget_table, args=(key,), key=f"{key}-forget")


def forget_table(key: str) -> None:
    """The objects have no other table."""
    st.session_state.pop(f"{key}-table", None)
    st.session_state[f"{key}-generation"] = _generation(key) + 1


def _generation(key: str) -> int:
    """Part of the key of the upload, which starts afresh when it is forgotten."""
    return int(st.session_state.get(f"{key}-generation", 0))
