"""Analyze: one object, and everything the model says about it."""

import streamlit as st

from aion.explorer.ui import again, analysis, gallery, image_panel, inputs, links, resources
from aion.explorer.ui.look import section
from aion.explorer.ui.redshift_panel import redshift_and_spectra
from aion.explorer.ui.state import session

links.follow()
inputs.choose()
if session().thing is None:
    inputs.welcome()
    if resources.is_starting():
        resources.announce()
    st.stop()

inputs.row_picker()
result = analysis.analyze()
if result is None:
    inputs.inspector()
    st.stop()

analysis.header(result)
analysis.trust(result)
inputs.inspector()
section("Redshift", "A probability density, not a number: the model gives every bin of its grid a probability.")
analysis.switches(result)
redshift_and_spectra(result)
image_panel.images(result)
analysis.numbers(result)
gallery.neighbors(result)
analysis.tokens(result)
again.panel(result)
analysis.provenance(result)
links.write()
