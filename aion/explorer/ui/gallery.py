"""The objects of the reference catalog that are most like the one on the page."""

import streamlit as st

from aion.errors import AIONError
from aion.explorer import figures
from aion.explorer.catalog import Catalog
from aion.explorer.results import Analysis, Neighbor
from aion.explorer.ui import look
from aion.explorer.ui.inputs import open_things
from aion.explorer.ui.resources import engine
from aion.explorer.ui.state import session

SIMILARITY = (
    "Cosine of the angle between two embeddings: 1 is the same direction. It is not a probability. "
    "The reference catalog is simulated; its redshifts are true by construction."
)


def neighbors(analysis: Analysis) -> None:
    """A picture (its first row is the lowest), similarity, redshift and class of each; any of them can be analyzed in turn."""
    look.section("Most similar objects", SIMILARITY)
    catalog = engine().catalog
    if catalog is None or not analysis.neighbors:
        look.empty("There is no reference catalog for these weights. The one made with them goes to the folder that `AION_CATALOG` names.")
        return
    with st.grid(6, min_column_width=140, gap="small", key="gallery") as grid:
        for neighbor in analysis.neighbors:
            with grid.cell():
                _tile(catalog, neighbor)
    with st.expander("Similarity and redshift of the neighbors", icon=":material/scatter_plot:"):
        z = session().z or analysis.redshift.peaks[0].z
        look.figure(
            figures.neighbors(analysis.neighbors, z=z, theme=look.theme()),
            key="neighbors",
            alt="Similarity against redshift of the neighbors",
        )


def _tile(catalog: Catalog, neighbor: Neighbor) -> None:
    try:
        picture = catalog.thumbnail(neighbor.id)
    except AIONError:
        picture = None
    if picture is not None and picture.any():
        st.image(picture[::-1], width="stretch", alt=f"Image of {neighbor.id}")
    else:
        st.html('<div class="aion-tile">no image</div>')
    redshift = "z unknown" if neighbor.z is None else f"z {neighbor.z:.4f}"
    st.caption(f"**{neighbor.similarity:.3f}** · {neighbor.kind}  \n{redshift}")
    st.button("Analyze", key=f"neighbor-{neighbor.id}", on_click=_open, args=(neighbor.id,), type="tertiary", help=f"Analyze {neighbor.id}")


def _open(id: str) -> None:
    catalog = engine().catalog
    if catalog is not None:
        open_things([catalog.entry(id)], label=id)
