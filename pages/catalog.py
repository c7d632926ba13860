"""Catalog: look at all objects of the reference catalog at once, mark some, take them away or open one."""

import streamlit as st

from aion.explorer.ui import catalog_view, frame, look, resources

frame.through_app()
st.title("Reference catalog", anchor=False)
running = resources.engine()
catalog = running.catalog
if catalog is None:
    look.empty(running.catalog_note or look.NO_CATALOG)
    st.stop()
st.caption(
    f"{len(catalog):,} {catalog.label} objects that the model never saw in training: the neighbors on the Analyze page come from here. "
    "Objects that lie together on the map are described alike by the model."
)
passing, filters = catalog_view.rows(catalog)
if passing.empty:
    look.empty("No object passes these filters. Widen one of them.")
    st.stop()
catalog_view.plots(catalog, passing)
listed = catalog_view.marked(catalog, passing)
catalog_view.table(catalog, listed, filters)
