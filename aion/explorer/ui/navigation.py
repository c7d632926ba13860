"""From one page to another with an object in hand."""

import streamlit as st

from aion.explorer.ui import which
from aion.explorer.ui.inputs import open_things
from aion.explorer.ui.query import query


def analyze(id: str) -> None:
    """Open an object of the catalog on the Analyze page."""
    catalog = which.catalog()
    assert catalog is not None
    open_things([catalog.entry(id)], label=id, origin="own" if which.is_own() else "catalog")
    st.switch_page("pages/analyze.py")


def similar() -> None:
    """The Similar page, with what is asked by as it is now."""
    st.switch_page("pages/similar.py")


def search_by(id: str) -> None:
    """The Similar page, asked by this object of the catalog alone."""
    query().only(id)
    similar()
