"""Which pages there are, and that every one of them is drawn inside ``app.py``."""

import streamlit as st

from aion.explorer.ui.shared import server

_THROUGH_APP = "frame-drawn"
_AT_QUEUE = "frame-at-queue"


_PAGES = (
    ("pages/analyze.py", "Analyze", ":material/insights:"),
    ("pages/batch.py", "Batch", ":material/dynamic_feed:"),
    ("pages/catalog.py", "Catalog", ":material/grid_view:"),
    ("pages/similar.py", "Similar", ":material/image_search:"),
    ("pages/inspect.py", "Inspect", ":material/fact_check:"),
    ("pages/calibrate.py", "Calibrate", ":material/balance:"),
    ("pages/heads.py", "Heads", ":material/school:"),
    ("pages/model.py", "Model", ":material/memory:"),
)
"""File, title and icon; the first is the entrance."""


def navigate() -> st.Page:
    """The navigation at the top; returns the page to run. A new session of an application that was started
    at a queue goes there."""
    st.session_state[_THROUGH_APP] = True
    page = st.navigation(
        [st.Page(file, title=title, icon=icon, default=file == _PAGES[0][0]) for file, title, icon in _PAGES],
        position="top",
    )
    queue = server.settings().queue
    if queue and _AT_QUEUE not in st.session_state:
        st.session_state[_AT_QUEUE] = True
        if not st.query_params:
            st.switch_page("pages/inspect.py", query_params={"queue": queue})
    return page


def through_app() -> None:
    """Begin again with ``app.py`` if Streamlit went round it: the first request to a new server runs a file
    of ``pages/`` by itself."""
    if _THROUGH_APP not in st.session_state:
        # From now on every request runs app.py. Without icons: the tab's would come from another host.
        st.navigation(
            [st.Page(file, title=title, default=file == _PAGES[0][0]) for file, title, _ in _PAGES],
            position="hidden",
        )
        st.rerun()
