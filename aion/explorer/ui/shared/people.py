"""Who a person says to be, and what this server keeps under that name. A name is no password."""

import streamlit as st

from aion.explorer.redshift.inspection.store import InspectionStore
from aion.explorer.ui.shared import server

PERSON = "by"
"""In the address, and the key of the field."""


def person() -> str:
    """The name that was given on any page; empty without."""
    return str(st.session_state.get(PERSON) or "").strip()


def name_field(label: str, *, is_labeled: bool = True) -> str:
    """Where a person says it."""
    name: str = st.text_input(
        label,
        key=PERSON,
        bind="query-params",
        persist_state="session",
        placeholder=label,
        label_visibility="visible" if is_labeled else "collapsed",
        width=220 if is_labeled else 160,
        max_chars=40,
    )
    return name.strip()


@st.cache_resource(show_spinner=False)
def store() -> InspectionStore:
    """Of this server."""
    return InspectionStore(server.settings().inspection)
