"""The objects of the catalog that are most like the one on the page."""

import streamlit as st

from aion.explorer import figures
from aion.explorer.results import Analysis
from aion.explorer.ui import filtering, look, navigation, tiles, which
from aion.explorer.ui.query import OPEN, query
from aion.explorer.ui.resources import engine
from aion.explorer.ui.state import session
from aion.io import SkyObject

SIMILARITY = "Cosine of the angle between two embeddings: 1 is the same direction. It is not a probability."
SIMULATED = " The reference catalog is simulated; its redshifts are true by construction."
SHOWN = 12


def neighbors(analysis: Analysis) -> None:
    """A picture, a spectrum, similarity, redshift and class of each; any of them can be analyzed in turn."""
    running = engine()
    look.section("Most similar objects", SIMILARITY + ("" if which.is_own() else SIMULATED))
    which.choice()
    catalog = which.catalog()
    if catalog is None:
        look.empty(running.catalog_note or look.NO_CATALOG)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        k = st.number_input("How many", 1, 100, SHOWN, key="neighbors-k", bind="query-params", persist_state="session", width=130)
        with st.popover("Filters", icon=":material/filter_alt:"):
            chosen = filtering.filters(catalog, name="neighbors-")
        if st.button("Search in other ways", icon=":material/image_search:", help="By parts, with weights, the least similar, outliers"):
            query().only(OPEN if isinstance(session().thing, SkyObject) else analysis.id)
            navigation.similar()
    found = catalog.neighbors(analysis.embedding, analysis.used, int(k), chosen, but=analysis.id)
    if not found:
        look.empty("No object passes these filters. Widen one of them.")
        return
    tiles.gallery(catalog, found, {"Analyze": navigation.analyze, "Search by this": navigation.search_by}, name="neighbor")
    with st.expander("Similarity and redshift of the neighbors", icon=":material/scatter_plot:"):
        z = session().z or analysis.redshift.peaks[0].z
        look.figure(figures.neighbors(found, z=z, theme=look.theme()), key="neighbors", alt="Similarity against redshift of the neighbors")
