"""Model: which weights answer, what they were trained on, how well they do, and others instead."""

import streamlit as st

from aion.explorer.plain_text import as_text
from aion.explorer.ui import frame, model_choice, model_view, resources, tables
from aion.explorer.ui.look import section

frame.through_app()
if resources.startup().problem:
    resources.explain(resources.startup())
    model_choice.under_way()
    model_choice.panel()
    st.stop()
info = resources.engine().info
st.title(as_text(tables.weights_name(info.title)), anchor=False)
if info.notice:
    st.info(as_text(info.notice), icon=":material/science:")

left, right = st.columns([3, 2], gap="large")
with left:
    section("These weights")
    model_view.facts(info)
with right:
    section("Software")
    model_view.versions(info)
    section("Memory")
    model_choice.taken()

model_choice.under_way()
sections = model_view.sections(info) | {"Other weights": lambda info: model_choice.panel()}
for tab, show in zip(model_view.tabs(list(sections)), sections.values(), strict=True):
    if tab.open:
        with tab:
            show(info)
