"""Similar: the objects of the catalog most like one object, or like several together."""

import streamlit as st

from aion.explorer.ui import frame, look, resources, similar_view, which
from aion.explorer.ui.query import follow_address, query

frame.through_app()
st.title("Similar objects", anchor=False)
running = resources.engine()
which.choice()
catalog = which.catalog()
if catalog is None:
    look.empty(running.catalog_note or look.NO_CATALOG)
    st.stop()
st.caption(
    f"Search {len(catalog):,} {catalog.manifest.label} objects by one of them, by your upload, or by several with weights. "
    "Similar means that the model describes them alike; the numbers are cosines, not probabilities."
)
follow_address(catalog, is_own=which.is_own())
similar_view.question(catalog)
asked = similar_view.controls(catalog)
if not query().weights and asked.order != similar_view.OUTLIERS:
    similar_view.starters(catalog)
else:
    found = similar_view.answers(catalog, asked)
    if found is not None:
        similar_view.results(catalog, asked, found)
similar_view.quality(catalog)
