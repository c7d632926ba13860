"""Catalog: see all objects of a catalog, mark some, take them away or open one."""

import streamlit as st

from aion.explorer.ui.catalog import objects
from aion.explorer.ui.shared import active_catalog, frame, layout, server
from aion.plain_text import as_text

frame.through_app()
st.title("Catalog", anchor=False)
engine = server.engine()
active_catalog.choice()
st.page_link("pages/batch.py", label="Use your own objects", icon=":material/dynamic_feed:")
catalog = active_catalog.catalog()
if catalog is None:
    layout.empty(engine.catalog_note or active_catalog.NO_CATALOG)
    st.stop()
st.caption(as_text(objects.about(catalog)))
filtered, filters = objects.rows(catalog)
if filtered.empty:
    layout.empty("No object passes these filters. Widen one of them.")
    st.stop()
objects.plots(catalog, filtered, filters)
rows = objects.marked_objects(catalog, filtered)
objects.table(catalog, rows, filters)
