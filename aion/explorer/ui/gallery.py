"""The objects of the catalog that are most like the one on the page."""

import streamlit as st

from aion.catalog import Catalog, Filters, Neighbor, Vector
from aion.explorer import export_table, figures
from aion.explorer.results import Analysis
from aion.explorer.ui import filtering, look, navigation, tables, tiles, which
from aion.explorer.ui.query import OPEN, query
from aion.explorer.ui.resources import engine
from aion.explorer.ui.state import session

SIMILARITY = "Cosine of the angle between two embeddings: 1 is the same direction. It is not a probability."
SIMULATED = " This catalog is simulated; its redshifts are true by construction."
SHOWN = 12


def neighbors(analysis: Analysis) -> None:
    """A picture, a spectrum, similarity, redshift and class of each; any of them can be analyzed in turn."""
    running = engine()
    catalog = which.catalog()
    look.section("Most similar objects", SIMILARITY + (SIMULATED if catalog is not None and catalog.manifest.simulated else ""))
    which.choice()
    if catalog is None:
        look.empty(running.catalog_note or look.NO_CATALOG)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        k = st.number_input("How many", 1, 100, SHOWN, key="neighbors-k", bind="query-params", persist_state="session", width=130)
        with st.popover("Filters", icon=":material/filter_alt:"):
            chosen = filtering.filters(catalog, name="neighbors-")
        if st.button("Search in other ways", icon=":material/image_search:", help="By parts, with weights, the least similar, outliers"):
            query().only(OPEN if session().upload else analysis.id)
            navigation.similar()
        found = search(analysis, catalog, int(k), chosen)
        about = export_table.provenance(catalog, running.info, object=analysis.id, read=list(analysis.used), filters=filtering.said(chosen))
        look.table_downloads(lambda: export_table.found(catalog, found), about, name="neighbors")
    said = tables.comparison(catalog.comparable(analysis.used), analysis.used)
    if said:
        st.caption(said)
    if not found:
        look.empty("No object passes these filters. Widen one of them.")
        return
    tiles.gallery(catalog, found, {"Analyze": navigation.analyze, "Search by this": navigation.search_by}, name="neighbor")

    def scatter() -> None:
        z = session().z or analysis.redshift.peaks[0].z
        drawing = figures.neighbors(found, z=z, theme=look.theme())
        look.figure(drawing, key="neighbors", alt="Similarity against redshift of the neighbors", of=analysis.id)

    look.folded("Similarity and redshift of the neighbors", scatter, icon=":material/scatter_plot:", key="neighbors-scatter")


def search(analysis: Analysis, catalog: Catalog, k: int, filters: Filters | None = None) -> tuple[Neighbor, ...]:
    """The ``k`` objects of any catalog of these weights that are most like the one on the page, like compared with like."""
    compared = analysis.compared if catalog is engine().catalog else _compared(analysis, catalog, analysis.embedding, str(catalog.folder))
    return catalog.neighbors(compared, k, filters, exclude=catalog.row_of(analysis.id, analysis.tokens))


@st.cache_data(show_spinner=False, max_entries=64)
def _compared(_analysis: Analysis, _catalog: Catalog, embedding: Vector, folder: str) -> dict[str, Vector]:
    """``embedding``, of all of the object, tells it from others, and ``folder`` the catalog."""
    return engine().vectors([_analysis], _catalog.searched)[0]
