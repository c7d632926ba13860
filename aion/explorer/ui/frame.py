"""Which pages there are, and that every one of them is drawn inside ``app.py``."""

import streamlit as st

_DRAWN = "frame-drawn"


def navigate() -> st.Page:
    """The navigation at the top; returns the page to run."""
    st.session_state[_DRAWN] = True
    return st.navigation(_pages(), position="top")


def through_app() -> None:
    """Begin again with ``app.py`` if Streamlit went round it: the first request to a new server runs a file of ``pages/`` by itself."""
    if _DRAWN not in st.session_state:
        st.navigation(_pages(), position="hidden")  # from now on every request runs app.py
        st.rerun()


def _pages() -> list[st.Page]:
    return [
        st.Page("pages/analyze.py", title="Analyze", icon=":material/insights:", default=True),
        st.Page("pages/catalog.py", title="Catalog", icon=":material/grid_view:"),
        st.Page("pages/similar.py", title="Similar", icon=":material/image_search:"),
        st.Page("pages/model.py", title="Model", icon=":material/memory:"),
    ]
