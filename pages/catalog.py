"""Catalog: look at all objects of a catalog at once, mark some, take them away or open one; make one of your own objects."""

import streamlit as st

from aion.explorer.plain_text import as_text
from aion.explorer.ui import catalog_view, frame, look, own_view, resources, which

frame.through_app()
st.title("Catalog", anchor=False)
running = resources.engine()
own_view.settle()
which.choice()
own_view.panel()
catalog = which.catalog()
if catalog is None:
    look.empty(running.catalog_note or look.NO_CATALOG)
    st.stop()
st.caption(as_text(catalog_view.about(catalog)))
passing, filters = catalog_view.rows(catalog)
if passing.empty:
    look.empty("No object passes these filters. Widen one of them.")
    st.stop()
catalog_view.plots(catalog, passing)
listed = catalog_view.marked(catalog, passing)
catalog_view.table(catalog, listed, filters)
