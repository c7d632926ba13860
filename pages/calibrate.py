"""Calibrate: p(z) against true redshifts, by groups of objects, and what corrects it."""

import streamlit as st

from aion.explorer.ui.calibrate import own_numbers, results, sources
from aion.explorer.ui.shared import frame, server

frame.through_app()
st.title("Calibrate", anchor=False)
engine = server.engine()
st.caption(
    "Whether p(z) means what it says, on objects whose redshifts you know: how far off it is, whether its "
    "regions hold the truth as often as they promise, and a correction where they do not."
)
sample = sources.choose_sample(engine)
if sample is None:
    own_numbers.of_weights(engine)
else:
    measured = results.measured(sample)
    results.groups_table(measured)
    results.pictures(measured)
    results.outliers(measured)
    results.recalibration(measured, engine)
