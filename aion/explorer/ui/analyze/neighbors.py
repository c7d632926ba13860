"""The objects of the catalog that are most like the one on the page."""

import streamlit as st

from aion.explorer import figures
from aion.explorer.export import tables
from aion.explorer.results import Analysis
from aion.explorer.ui.shared import (
    active_catalog,
    filtering,
    labels,
    layout,
    navigation,
    neighbor_search,
    positions,
    server,
    tiles,
)
from aion.explorer.ui.shared.downloads import table_downloads
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.similarity_query import OPEN, current_query
from aion.explorer.ui.shared.theme import theme

SIMILARITY = "Cosine of the angle between two embeddings: 1 is the same direction. It is not a probability."
SIMULATED_NOTE = " This catalog is simulated; its redshifts are true by construction."


def neighbors_panel(analysis: Analysis) -> None:
    """A picture, a spectrum, similarity, redshift and class of each; any of them can be analyzed in turn."""
    engine = server.engine()
    catalog = active_catalog.catalog()
    layout.section(
        "Most similar objects",
        SIMILARITY + (SIMULATED_NOTE if catalog is not None and catalog.manifest.simulated else ""),
    )
    active_catalog.choice()
    if catalog is None:
        layout.empty(engine.catalog_note or active_catalog.NO_CATALOG)
        return
    around, problems = positions.target_position(catalog), st.container()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        k = st.number_input(
            "How many",
            1,
            100,
            neighbor_search.NEIGHBORS,
            key="neighbors-k",
            bind="query-params",
            persist_state="session",
            width=130,
        )
        with st.popover("Filters", icon=":material/filter_alt:"):
            chosen = filtering.filters(catalog, problems, name="neighbors-")
        if st.button(
            "Search in other ways",
            icon=":material/image_search:",
            help="By parts, with weights, the least similar, outliers",
        ):
            current_query().only(OPEN if current_session().upload else analysis.id)
            navigation.similar()
        found = neighbor_search.search(analysis, catalog, int(k), chosen)
        about = tables.provenance(
            catalog,
            engine.info,
            object=analysis.id,
            read=list(analysis.used),
            filters=filtering.as_plain(chosen),
        )
        table_downloads(lambda: tables.neighbor_rows(catalog, found, around), about, name="neighbors")
    comparison = labels.comparison(catalog.comparable(analysis.used), analysis.used)
    if comparison:
        st.caption(comparison)
    if not found:
        layout.empty("No object passes these filters. Widen one of them.")
        return
    tiles.gallery(
        catalog,
        found,
        {"Analyze": navigation.open_on_analyze, "Search by this": navigation.search_by},
        name="neighbor",
        around=around,
    )
    positions.neighbors_on_sky(catalog, found, around)

    def scatter() -> None:
        z = current_session().z or analysis.z
        drawing = figures.neighbors(found, z=z, theme=theme())
        figure(
            drawing,
            key="neighbors",
            alt="Similarity against redshift of the neighbors",
            object_id=analysis.id,
        )

    layout.fold(
        "Similarity and redshift of the neighbors",
        scatter,
        icon=":material/scatter_plot:",
        key="neighbors-scatter",
    )
