"""Similar: the objects of the catalog most like one object, or like several together."""

import streamlit as st

from aion.explorer.ui.shared import active_catalog, frame, layout, server
from aion.explorer.ui.shared.similarity_query import current_query, follow_address
from aion.explorer.ui.similar import search
from aion.plain_text import as_text

frame.through_app()
st.title("Similar objects", anchor=False)
engine = server.engine()
active_catalog.choice()
catalog = active_catalog.catalog()
if catalog is None:
    layout.empty(engine.catalog_note or active_catalog.NO_CATALOG)
    st.stop()
st.caption(
    f"Search {len(catalog):,} {as_text(catalog.manifest.label)} objects by one of them, by your upload, or "
    "by several with weights. Similar means that the model describes them alike; the numbers are cosines, "
    "not probabilities."
)
follow_address(catalog, is_own=active_catalog.is_own())
search.question(catalog)
options = search.search_controls(catalog)
if not current_query().weights and options.order != search.OUTLIERS:
    search.starters(catalog)
else:
    neighbors = search.answers(catalog, options)
    if neighbors is not None:
        search.results(catalog, options, neighbors)
search.quality(catalog)
