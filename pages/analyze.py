"""Analyze: one object, and everything the model says about it."""

import streamlit as st

from aion.explorer.ui.analyze import inputs, links
from aion.explorer.ui.shared import browser_code, layout, server
from aion.explorer.ui.shared.session import current_session

links.follow()
inputs.choose()
if current_session().target is None:
    inputs.welcome()
    browser_code.load_plotly()
    if server.is_starting():
        server.announce()
    st.stop()

# The panels come with torch, pandas and astropy, for which the first page does not wait.
from aion.explorer.ui.analyze import (  # noqa: E402
    analysis,
    choices,
    comparison_panel,
    generation_panel,
    heads_panel,
    image_panel,
    inspection,
    neighbors,
    reproduce,
    samp_panel,
    sky_found,
    sky_panel,
    token_lab,
)
from aion.explorer.ui.analyze.redshift_panel import redshift_and_spectra  # noqa: E402

inputs.row_picker()
generation_panel.take_over_generated()
token_lab.take_over_lab()
result = analysis.analyze()
if result is None:
    choices.open_choices()
    inspection.inspector()
    st.stop()

analysis.header(result)
sky_found.found_panel()
choices.open_choices()
analysis.trust(result)
inspection.inspector()
layout.section(
    "Redshift", "A probability density, not a number: the model gives every bin of its grid a probability."
)
analysis.switches(result)
redshift_and_spectra(result)
image_panel.images(result)
sky_panel.sky_around(result)
analysis.numbers_table(result)
heads_panel.your_labels(result)
neighbors.neighbors_panel(result)
layout.section("Ask the model more", "What it expects of data that were not observed, or are hidden from it.")
generation_panel.generation_panel(result)
token_lab.token_lab(result)
layout.section("Take it along", "The numbers of this page elsewhere.")
samp_panel.samp_panel(result)
reproduce.reproduce_panel(result)
comparison_panel.comparison_panel(result)
analysis.weights_note(result)
links.write_address()
