"""Model: which weights answer, what they were trained on, and how well they do."""

import streamlit as st

from aion.explorer.ui import model_view, resources, tables
from aion.explorer.ui.look import section

info = resources.engine().info
st.title(tables.weights_name(info.title), anchor=False)
if info.notice:
    st.info(info.notice, icon=":material/science:")

left, right = st.columns([3, 2], gap="large")
with left:
    section("These weights")
    model_view.facts(info)
with right:
    section("Software")
    model_view.versions(info)

metrics = model_view.metrics(info)
if metrics is not None:
    section("Measured", "On held-out simulation and on real spectra; the card says how.")
    st.dataframe(metrics, hide_index=True, height="content")

section("Token streams", "What the model reads as input and writes as prediction. One stream stands for one quantity.")
model_view.streams(info)

card = model_view.card(info)
if card is not None:
    with st.expander("Model card", icon=":material/description:"):
        st.markdown(card)

section("Cite")
st.code(model_view.CITATION, language=None)
