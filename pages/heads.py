"""Heads: a column of your own learned from embeddings, measured, and shown for every object."""

import streamlit as st

from aion.explorer.ui.heads import kept, label_source, trained
from aion.explorer.ui.shared import frame, server

frame.through_app()
st.title("Heads", anchor=False)
engine = server.engine()
st.caption(
    "A column of your own, numbers or classes, learned from the embeddings of objects that have it: whether "
    "it can be read off them, how much better than from photometry alone, and its value with an error for "
    "every other object."
)
label_source.train_here(engine)
report = trained.last_report()
if report is not None:
    trained.training_results(report)
kept.kept_heads(engine)
