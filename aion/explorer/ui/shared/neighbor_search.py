"""The objects of a catalog that are most like the one looked at, for every page that shows or marks them."""

import streamlit as st

from aion.catalog import Catalog, Filters, Neighbor, Vector
from aion.explorer.results import Analysis
from aion.explorer.ui.shared import server

NEIGHBORS = 12
"""How many there are until a person says otherwise."""


def search(
    analysis: Analysis, catalog: Catalog, k: int, filters: Filters | None = None
) -> tuple[Neighbor, ...]:
    """The ``k`` objects of a catalog of these weights most like the one on the page, by like data."""
    compared = (
        analysis.compared
        if catalog is server.engine().catalog
        else _vectors(analysis, catalog, analysis.embedding, str(catalog.folder))
    )
    return catalog.neighbors(compared, k, filters, exclude=catalog.row_of(analysis.id, analysis.tokens))


@st.cache_data(show_spinner=False, max_entries=64)
def _vectors(_analysis: Analysis, _catalog: Catalog, embedding: Vector, folder: str) -> dict[str, Vector]:
    """``embedding``, of all of the object, tells it from others, and ``folder`` the catalog."""
    return server.engine().vectors([_analysis], _catalog.searched)[0]
