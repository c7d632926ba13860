"""Catalog: choose an object of the reference catalog."""

import streamlit as st

from aion.explorer.ui import catalog_view, look, resources

st.title("Reference catalog", anchor=False)
catalog = resources.engine().catalog
if catalog is None:
    look.empty("There is no reference catalog for these weights. The one made with them goes to the folder that `AION_CATALOG` names.")
    st.stop()
st.caption(
    f"{len(catalog):,} {catalog.label} objects that the model never saw in training: the neighbors on the Analyze page come from here."
)
chosen = catalog_view.table_and_plot(catalog_view.filters(catalog))
if chosen is not None:
    catalog_view.analyze(catalog, chosen)
