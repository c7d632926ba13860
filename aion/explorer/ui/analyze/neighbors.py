"""The objects of the catalog that are most like the one on the page."""

import streamlit as st

from aion.explorer import figures
from aion.explorer.catalogs.catalog import Catalog, Filters
from aion.explorer.export import tables
from aion.explorer.results import Analysis, Floats, Neighbor
from aion.explorer.ui.shared import active_catalog, filtering, labels, layout, navigation, tiles
from aion.explorer.ui.shared.downloads import table_downloads
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.server import engine
from aion.explorer.ui.shared.session import Thing, session
from aion.explorer.ui.shared.similarity_query import OPEN, query
from aion.explorer.ui.shared.theme import theme
from aion.io import SkyObject

SIMILARITY = "Cosine of the angle between two embeddings: 1 is the same direction. It is not a probability."
SIMULATED = " The reference catalog is simulated; its redshifts are true by construction."
SHOWN = 12


def neighbors(analysis: Analysis) -> None:
    """A picture, a spectrum, similarity, redshift and class of each; any of them can be analyzed in turn."""
    running = engine()
    layout.section("Most similar objects", SIMILARITY + ("" if active_catalog.is_own() else SIMULATED))
    active_catalog.choice()
    catalog = active_catalog.catalog()
    if catalog is None:
        layout.empty(running.catalog_note or active_catalog.NO_CATALOG)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        k = st.number_input("How many", 1, 100, SHOWN, key="neighbors-k", bind="query-params", persist_state="session", width=130)
        with st.popover("Filters", icon=":material/filter_alt:"):
            chosen = filtering.filters(catalog, name="neighbors-")
        if st.button("Search in other ways", icon=":material/image_search:", help="By parts, with weights, the least similar, outliers"):
            query().only(OPEN if isinstance(session().thing, SkyObject) else analysis.id)
            navigation.similar()
        found = search(analysis, catalog, int(k), chosen)
        about = tables.provenance(catalog, running.info, object=analysis.id, read=list(analysis.used), filters=filtering.said(chosen))
        table_downloads(lambda: tables.found(catalog, found), about, name="neighbors")
    said = labels.comparison(catalog.comparable(analysis.used), analysis.used)
    if said:
        st.caption(said)
    if not found:
        layout.empty("No object passes these filters. Widen one of them.")
        return
    tiles.gallery(catalog, found, {"Analyze": navigation.analyze, "Search by this": navigation.search_by}, name="neighbor")

    def scatter() -> None:
        z = session().z or analysis.redshift.peaks[0].z
        drawing = figures.neighbors(found, z=z, theme=theme())
        figure(drawing, key="neighbors", alt="Similarity against redshift of the neighbors", of=analysis.id)

    layout.folded("Similarity and redshift of the neighbors", scatter, icon=":material/scatter_plot:", key="neighbors-scatter")


def search(analysis: Analysis, catalog: Catalog, k: int, filters: Filters | None = None) -> tuple[Neighbor, ...]:
    """The ``k`` objects of any catalog of these weights that are most like the one on the page, like compared with like."""
    views = catalog.searched(analysis.used)
    vectors = {view: _vector(analysis, view, streams) for view, streams in views.items()}
    return catalog.neighbors(vectors, k, filters, but=analysis.id)


def _vector(analysis: Analysis, view: str, streams: list[str]) -> Floats:
    if view in analysis.compared:
        return analysis.compared[view]
    is_whole = set(streams) == set(analysis.used)
    thing = session().thing
    assert thing is not None
    return analysis.embedding if is_whole else _of_part(analysis.embedding, tuple(streams), thing)


@st.cache_data(show_spinner=False, max_entries=64)
def _of_part(whole: Floats, streams: tuple[str, ...], _thing: Thing) -> Floats:
    """``whole``: the vector of all of the object, which tells it from others."""
    vector: Floats = engine().embed([_thing], use=streams)[0]
    return vector
