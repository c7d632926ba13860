"""AION Explorer: page configuration, frame and navigation. What is on a page stands in ``pages/``."""

import streamlit as st

from aion.explorer.settings import share_processors
from aion.explorer.ui.shared import frame, theme

st.set_page_config(
    page_title="AION Explorer", page_icon="assets/icon.svg", layout="wide", initial_sidebar_state="collapsed"
)
share_processors()
page = frame.navigate()
theme.frame()
page.run()
