"""Where objects are on the sky: the one looked at, how far others are from it, and pages about a position.

Simulated objects have a sky of their own: they are not compared with real ones, and have no links.
"""

import html
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from aion.catalog import Catalog, Neighbor, has_positions
from aion.explorer import figures
from aion.explorer.catalogs.outside_links import outside_links, targetid_of
from aion.explorer.ui.shared import active_catalog, layout, server
from aion.explorer.ui.shared.figure import points
from aion.explorer.ui.shared.selection import current_selection
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme

Position = tuple[float, float]
"""RA and Dec, degrees, ICRS."""


def target_position(catalog: Catalog) -> Position | None:
    """Where the object looked at is; None where that is not known, or is not in the sky of this catalog."""
    session, reference = current_session(), server.engine().catalog
    target = session.target
    if target is None or target.ra is None or target.dec is None or session.origin == "example":
        return None
    is_simulated = session.origin == "catalog" and reference is not None and reference.manifest.simulated
    return (target.ra, target.dec) if is_simulated == catalog.manifest.simulated else None


def entry_position(catalog: Catalog, id: str) -> Position | None:
    """Where an object of the catalog is; None where that is not known."""
    if not has_positions(catalog.table):
        return None
    ra, dec = catalog.table.loc[catalog.row(id), ["ra", "dec"]].astype(float)
    return (float(ra), float(dec)) if np.isfinite(ra) and np.isfinite(dec) else None


def sky_link(ra: float, dec: float) -> str:
    """Address of the Analyze page at a position in degrees, from any page of the application."""
    return f"./?at={ra:.5f},{dec:.5f}"


def is_linked(catalog: Catalog) -> bool:
    """Whether its objects are on the real sky, and the page may lead there."""
    return not catalog.manifest.simulated and server.archive() is not None


def links_html(catalog: Catalog, id: str) -> str:
    """A folded list of links to pages about where an object is; empty where there are none."""
    position = entry_position(catalog, id) if is_linked(catalog) else None
    if position is None:
        return ""
    links = {"Analyze this position": sky_link(*position)}
    links |= outside_links(*position, targetid_of(catalog.entry(id)))
    listed = "".join(
        f'<a href="{html.escape(url)}" target="_blank" rel="noopener">{name}</a>'
        for name, url in links.items()
    )
    return f'<details class="aion-links"><summary>On the sky</summary>{listed}</details>'


def neighbors_on_sky(catalog: Catalog, neighbors: Sequence[Neighbor], target: Position | None) -> None:
    """A folded plot of where neighbors are; nothing in a catalog without positions."""
    rows = np.array([catalog.row(one.id) for one in neighbors])
    table = catalog.table.iloc[rows]
    if not has_positions(table):
        return

    def plot() -> None:
        selection = current_selection()
        kinds = figures.Coloring("Class", [one.kind or figures.UNKNOWN for one in neighbors])
        ra, dec = table["ra"].to_numpy(float), table["dec"].to_numpy(float)
        points(
            figures.sky(rows, ra, dec, kinds, target=target, theme=theme()),
            key="neighbors-sky",
            alt="Where the neighbors are on the sky",
            selected=selection.rows(catalog.table),
            view=active_catalog.title(catalog),
            on_select=partial(selection.take, catalog.table),
        )
        without = int((table["ra"].isna() | table["dec"].isna()).sum())
        missing = f"{without} of {len(neighbors)} have no position. " if without else ""
        st.caption(f"{missing}Those that are marked here are marked on the Catalog page.")

    layout.fold("Neighbors on the sky", plot, icon=":material/public:", key="neighbors-sky-fold")
