"""Model: which weights answer, what they were trained on, how well they do, and how to start with others."""

import streamlit as st

from aion.explorer.ui.model import model_view, model_weights
from aion.explorer.ui.shared import frame, labels, layout, server
from aion.plain_text import as_text

frame.through_app()
if server.startup().problem:
    server.explain(server.startup())
    model_weights.weights_panel(None)
    st.stop()
info = server.engine().info
st.title(as_text(labels.weights_name(info.title)), anchor=False)
if info.notice:
    st.info(as_text(info.notice), icon=":material/science:")

left, right = st.columns([3, 2], gap="large")
with left:
    layout.section("These weights")
    model_view.weights_facts(info)
with right:
    layout.section("Software")
    model_view.versions(info)
    layout.section("Memory")
    model_weights.memory_use(info)

sections = model_view.sections(info) | {"Other weights": model_weights.weights_panel}
for tab, show in zip(model_view.tabs(list(sections)), sections.values(), strict=True):
    if tab.open:
        with tab:
            show(info)
