"""AION Explorer: page configuration, frame and navigation. What is on a page stands in ``pages/``."""

import streamlit as st

from aion.explorer.ui import look, resources

st.set_page_config(page_title="AION Explorer", page_icon="assets/icon.svg", layout="wide", initial_sidebar_state="collapsed")
page = st.navigation(
    [
        st.Page("pages/analyze.py", title="Analyze", icon=":material/insights:", default=True),
        st.Page("pages/catalog.py", title="Catalog", icon=":material/grid_view:"),
        st.Page("pages/similar.py", title="Similar", icon=":material/image_search:"),
        st.Page("pages/model.py", title="Model", icon=":material/memory:"),
    ],
    position="top",
)
look.frame()
resources.startup()
page.run()
