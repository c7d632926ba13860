"""From one page to another with an object in hand."""

import pandas as pd
import streamlit as st

from aion.explorer.ui.shared import active_catalog, layout
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.similarity_query import current_query
from aion.plain_text import as_text


def open_on_analyze(id: str) -> None:
    """Open an object of the catalog on the Analyze page."""
    catalog = active_catalog.catalog()
    assert catalog is not None
    session = current_session()
    session.open([catalog.entry(id)], origin="own" if active_catalog.is_own() else "catalog", label=id)
    session.inputs += 1
    st.switch_page("pages/analyze.py")


def listed_objects(table: pd.DataFrame, *, key: str) -> None:
    """A table of objects by their ids: one that is chosen opens on the Analyze page, or it is said where it
    can be opened."""
    chosen = st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 35 * len(table), 320),
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )["selection"]["rows"]
    st.caption("Choose a row to open that object on the Analyze page.")
    if not chosen:
        return
    id, catalog = str(table["id"].iloc[chosen[0]]), active_catalog.catalog()
    if catalog is not None and id in catalog:
        open_on_analyze(id)
    layout.empty(f"{as_text(id)} is not of the catalog that the pages look into; open its file on Analyze.")


def similar() -> None:
    """The Similar page, with what is asked by as it is now."""
    st.switch_page("pages/similar.py")


def search_by(id: str) -> None:
    """The Similar page, asked by this object of the catalog alone."""
    current_query().only(id)
    similar()
