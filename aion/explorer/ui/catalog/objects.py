"""A catalog as map, plot, table and gallery, filtered alike, one selection; a click on a row opens it."""

from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aion.catalog import Catalog, Filters, has_positions
from aion.explorer import figures
from aion.explorer.catalogs.batches import LABEL
from aion.explorer.export import tables
from aion.explorer.figures import UNKNOWN, Axis, Coloring
from aion.explorer.figures.density import DRAWN
from aion.explorer.results import Floats
from aion.explorer.ui.catalog.card import card
from aion.explorer.ui.shared import (
    active_catalog,
    filtering,
    head_columns,
    layout,
    navigation,
    neighbor_search,
    paging,
    positions,
    tiles,
)
from aion.explorer.ui.shared.downloads import table_downloads
from aion.explorer.ui.shared.figure import choose_format, points, window_of
from aion.explorer.ui.shared.neighbor_search import NEIGHBORS
from aion.explorer.ui.shared.selection import current_selection
from aion.explorer.ui.shared.server import engine
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme
from aion.plain_text import as_text

COLUMNS = ("id", "class", "subtype", "morphology", "z", "mag_r", "g_r", "survey", "snr")
"""Shown of the table at first, those that it has, in this order."""
LABELS: dict[str, str] = {
    "id": "Object",
    "class": "Class",
    "subtype": "Subtype",
    "morphology": "Morphology",
    "z": "Redshift z",
    "mag_r": "r (AB mag)",
    "g_r": "g − r (AB mag)",
    "survey": "Imaging survey",
    "spectrograph": "Spectrograph",
    "snr": "S/N per pixel",
    "ra": "RA (deg, ICRS)",
    "dec": "Dec (deg, ICRS)",
    "separation": "Separation (arcsec)",
}
_FORMATS = {"z": "%.4f", "mag_r": "%.2f", "g_r": "%.2f", "snr": "%.1f", "ra": "%.5f", "dec": "%.5f"}
_FORMATS["separation"] = "%.2f"
MAPS = {"UMAP": "umap", "PCA": "pca"}
SKY = "Sky"
UNSEEN_NOTE = " that the model never saw in training"
"""The survey that is simulated for training is drawn from again for its catalog."""
GROUPS = 12
"""A column of text with at most so many values can color points."""
LINK = "at"
"""Column of the table with the way to the position of an object."""
MOST_TILES = 48
"""Marked objects in the gallery at most."""


def about(catalog: Catalog) -> str:
    """What the page shows, for people."""
    objects = f"{len(catalog):,} {catalog.manifest.label} {'object' if len(catalog) == 1 else 'objects'}"
    which_ones = (
        f"{objects}, known to the model by what your files hold; z and class are only compared."
        if catalog.manifest.label == LABEL
        else f"{objects}{UNSEEN_NOTE if catalog.manifest.simulated else ''}: "
        "the neighbors on the Analyze page come from here."
    )
    return f"{which_ones} Objects that lie together on the map are described alike by the model."


def rows(catalog: Catalog) -> tuple[pd.DataFrame, Filters]:
    """The objects that pass what a person set; their index is their row in the catalog."""
    problems = st.container()
    with st.expander("Filters: only among", icon=":material/filter_alt:"):
        chosen = filtering.filters(catalog, problems)
    keep, (whole, _) = chosen.keep(catalog.table), head_columns.with_heads(catalog)
    return whole if keep.all() else whole[keep], chosen


def plots(catalog: Catalog, filtered: pd.DataFrame, filters: Filters) -> None:
    """A map of the embeddings beside a plot of what was measured; marking in one marks in both."""
    maps = {label: name for label, name in MAPS.items() if f"{name}_1" in filtered}
    pairs = {label: pair for label, pair in _PAIRS.items() if pair.has_both(catalog.table).any()}
    whole, _ = head_columns.with_heads(catalog)
    colors = [name for name in whole if _can_color(whole[name]) and not name.endswith(("_1", "_2"))]
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        drawn = _one_of("Map", list(maps), "map")
        plot = _one_of("Beside it", list(pairs), "beside", _fullest(catalog.table, pairs))
        color: str | None = st.selectbox(
            "Color",
            colors,
            index=colors.index("class") if "class" in colors else 0,
            format_func=_label,
            **active_catalog.widget("color"),
            width=220,
        )
        choose_format("Camera saves")
    left, right = st.columns(2, gap="medium")
    points_of = _Points(catalog, filtered, color)
    with left:
        if drawn is not None:
            points_of.scatter("map", *((f"{maps[drawn]}_{n}", f"{drawn} {n}") for n in (1, 2)))
    with right:
        if plot is None:
            layout.empty(
                "Nothing to plot beside the map: neither z, r and g magnitudes nor positions of these "
                "objects are known."
            )
        elif plot == SKY:
            points_of.sky(filters)
        else:
            points_of.scatter("beside", (pairs[plot].across, ""), (pairs[plot].up, ""))
        if plot is not None:
            drawn_here = int(pairs[plot].has_both(filtered).sum())
            if drawn_here < len(filtered):
                st.caption(
                    f"{drawn_here:,} of {len(filtered):,} objects are drawn: the others have no "
                    f"{pairs[plot].missing(filtered)}."
                )
    card(catalog)
    st.caption(
        "Rest the pointer on a point to see the object. Mark objects with a lasso or a box, or click one: "
        "they are marked in both plots, listed below and can be taken away."
    )


def marked_objects(catalog: Catalog, filtered: pd.DataFrame) -> pd.DataFrame:
    """The marked objects in a gallery; the rows that table and files are about: those, or all that pass."""
    selection = current_selection()
    chosen = selection.among(filtered)
    if chosen.empty:
        return filtered
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        layout.section(f"{len(chosen):,} marked")
        st.button("Unmark", on_click=selection.clear, icon=":material/deselect:", type="tertiary")
    shown = chosen.head(MOST_TILES)
    found = catalog.as_neighbors([catalog.row(id) for id in shown["id"]], [1.0] * len(shown))
    actions: dict[str, tiles.Action] = {
        "Analyze": navigation.open_on_analyze,
        "Search by this": navigation.search_by,
    }
    tiles.gallery(catalog, found, actions, name="marked", similarity=False)
    if len(chosen) > MOST_TILES:
        st.caption(f"The first {MOST_TILES} of {len(chosen):,}; the table has all.")
    return chosen


def table(catalog: Catalog, rows: pd.DataFrame, filters: Filters) -> None:
    """One row per object, with the columns a person wants; a click opens the object."""
    around, origin = _origin(catalog, filters)
    rows = tables.with_separation(rows, around)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        layout.section(
            f"{len(rows):,} objects",
            "Click a row to analyze the object. Click a name to sort; search with the loupe.",
        )
        with st.popover("Columns", icon=":material/view_column:"):
            whole, applied = head_columns.with_heads(catalog)
            known = whole.columns[whole.notna().any()]
            names = [name for name in known if not name.startswith(("umap_", "pca_"))]
            first = [name for name in COLUMNS if name in names]
            columns = st.multiselect(
                "Columns", names, first, format_func=_label, **active_catalog.widget("columns")
            )
        about = tables.provenance(
            catalog, engine().info, filters=filtering.as_plain(filters), marked=len(current_selection().ids)
        )
        about |= applied.origins | ({"separation_from": origin} if origin else {})
        table_downloads(lambda: rows, about, name="catalog", meanings=applied.meanings)
    names = [*(columns or first), *(["separation"] if "separation" in rows else [])]
    labels = {name: _label(name) for name in names}
    rows = paging.choose_page(rows, labels, active_catalog.widget, name="catalog")
    shown, key = _compact(rows[names]), f"catalog-table-{len(rows)}"
    config = {name: _config(name, rows[name], origin if name == "separation" else "") for name in names}
    if positions.is_linked(catalog) and has_positions(rows):
        shown[LINK] = _sky_links(rows)
        help = "Opens the Analyze page at the position of the object"
        config[LINK] = st.column_config.LinkColumn("Position", display_text="Analyze there", help=help)
    st.dataframe(
        shown,
        hide_index=True,
        column_config=config,
        height=420,
        on_select=lambda: _open(key, rows),
        selection_mode=["single-row", "single-cell"],
        key=key,
        alt="The objects that pass the filters, one per row",
    )
    head_columns.head_notes(applied)


def _origin(catalog: Catalog, filters: Filters) -> tuple[positions.Position | None, str]:
    """Where the table counts separations from, and what that is, for people."""
    if filters.cone is not None:
        return (filters.cone.ra, filters.cone.dec), f"{filters.cone.ra:.5f} {filters.cone.dec:+.5f}"
    here, target = positions.target_position(catalog), current_session().target
    return here, target.id if here is not None and target is not None else ""


def _sky_links(rows: pd.DataFrame) -> list[str | None]:
    """For each object the address of the Analyze page at its position; None without one."""
    places = rows[["ra", "dec"]].astype(float).to_numpy().tolist()
    return [positions.sky_link(ra, dec) if isfinite(ra + dec) else None for ra, dec in places]


def _open(key: str, rows: pd.DataFrame) -> None:
    """Go to the object of the clicked row, before this page would be made again; a link leads elsewhere."""
    event = st.session_state[key]["selection"]
    chosen = event["rows"] or [row for row, column in event["cells"] if column != LINK]
    if chosen and chosen[0] < len(rows):
        navigation.open_on_analyze(str(rows["id"].iloc[chosen[0]]))


def _compact(rows: pd.DataFrame) -> pd.DataFrame:
    """The same, half as large on its way to the browser: a text that many rows share is sent once."""
    texts = rows.select_dtypes(["object", "str"])
    shared = [name for name in texts if texts[name].nunique() <= len(rows) / 2]
    return rows.astype(dict.fromkeys(shared, "category"))


def _one_of(label: str, options: list[str], name: str, first: str | None = None) -> str | None:
    """A switch between plots, at first on ``first`` or the first of them; None without any."""
    if not options:
        return None
    return str(
        st.segmented_control(
            label, options, default=first or options[0], required=True, **active_catalog.widget(name)
        )
    )


def _fullest(table: pd.DataFrame, pairs: "dict[str, _Pair]") -> str | None:
    """The first plot that draws most objects, else the one that draws more than any other, or None."""
    drawn = {label: int(pair.has_both(table).sum()) for label, pair in pairs.items()}
    most = [label for label, count in drawn.items() if count > len(table) / 2]
    return next(iter(most), max(drawn, key=drawn.__getitem__, default=None))


@dataclass(frozen=True)
class _Points:
    """A plot of the objects that pass, whose points are the rows of the catalog."""

    catalog: Catalog
    filtered: pd.DataFrame
    color: str | None
    """Column that colors them."""

    def scatter(self, name: str, across: tuple[str, str], up: tuple[str, str]) -> None:
        """One column against another, each with its title; too many objects as a density and some of them."""
        x, y = (_axis(self.filtered, *column) for column in (across, up))
        view = f"{x.title} {y.title}"
        choice = self._choice(name, view, x.values, y.values)
        some = self.filtered.iloc[choice.shown]
        few_x, few_y = (replace(axis, values=axis.values[choice.shown]) for axis in (x, y))
        coloring = _coloring(some, self.color)
        drawing = figures.scatter(some.index.to_numpy(), few_x, few_y, coloring, theme=theme())
        if choice.is_crowded:
            all_x, all_y = (axis.values[choice.inside] for axis in (x, y))
            drawing = figures.draw_density(drawing, all_x, all_y, theme=theme())
        self._draw(name, drawing, f"{x.title} against {y.title} of the objects in the table", view)
        _say_sample(choice)

    def sky(self, filters: Filters) -> None:
        """Where they are; with the object looked at, and those that are most like it among them."""
        target, answer = positions.target_position(self.catalog), current_session().answer
        found = neighbor_search.search(answer, self.catalog, NEIGHBORS, filters) if answer else ()
        ringed = [positions.entry_position(self.catalog, one.id) for one in found]
        ra, dec = (self.filtered[name].to_numpy(float) for name in ("ra", "dec"))
        choice = self._choice("beside", SKY, ra, dec)
        some = self.filtered.iloc[choice.shown]
        drawing = figures.sky(
            some.index.to_numpy(),
            ra[choice.shown],
            dec[choice.shown],
            _coloring(some, self.color),
            target=target,
            neighbors=[place for place in ringed if place],
            theme=theme(),
        )
        self._draw("beside", drawing, "Where the objects in the table are on the sky", SKY)
        _say_sample(choice)
        if answer:
            cross = "the cross is where it is" if target else "it has no position in this sky"
            st.caption(
                f"Rings: the {len(found)} objects most like {as_text(answer.id)}, which is open on the "
                f"Analyze page; {cross}."
            )

    def _choice(self, name: str, view: str, x: Floats, y: Floats) -> figures.PointChoice:
        """Which of the objects are drawn, in the part that was zoomed into; few are drawn all, wherever."""
        zoomed = window_of(f"{name}-plot", self._view(view)) if len(self.filtered) > DRAWN else None
        return figures.choose_points(x, y, zoomed)

    def _view(self, view: str) -> str:
        return f"{active_catalog.title(self.catalog)} {view}"

    def _draw(self, name: str, drawing: figures.Figure, alt: str, view: str) -> None:
        selection = current_selection()
        points(
            drawing,
            key=f"{name}-plot",
            alt=alt,
            selected=selection.rows(self.catalog.table),
            view=self._view(view),
            on_select=partial(selection.take, self.catalog.table),
            follows_zoom=len(self.filtered) > DRAWN,
        )


def _say_sample(choice: figures.PointChoice) -> None:
    """What the points are, where they are not all objects."""
    if choice.is_crowded:
        st.caption(
            f"Shades are the density of all {len(choice.inside):,} objects in view; {len(choice.shown):,} of "
            "them, drawn at random, are points. Zoom in to see and mark every one."
        )


def _coloring(rows: pd.DataFrame, color: str | None) -> Coloring:
    """By a column; without one, all points alike."""
    if color is None:
        return Coloring("", ["objects"] * len(rows))
    values = rows[color]
    return Coloring(
        _label(color),
        values.to_numpy(float) if _is_number(values) else values.astype(object).fillna(UNKNOWN).to_numpy(str),
    )


def _axis(rows: pd.DataFrame, name: str, title: str = "") -> Axis:
    """Magnitudes are brighter upwards."""
    return Axis(title or _label(name), rows[name].to_numpy(np.float32), reverse=name == "mag_r")


@dataclass(frozen=True)
class _Pair:
    """Two columns that a plot shows."""

    across: str
    up: str

    def has_both(self, rows: pd.DataFrame) -> "pd.Series[bool]":
        """(n,) which objects have a value in both."""
        if not {self.across, self.up} <= set(rows):
            return pd.Series(False, index=rows.index)
        return rows[self.across].notna() & rows[self.up].notna()

    def missing(self, rows: pd.DataFrame) -> str:
        """What some of the objects lack, for people."""
        return " or no ".join(_label(name) for name in (self.across, self.up) if rows[name].isna().any())


_PAIRS = {
    "z and magnitude": _Pair("z", "mag_r"),
    "z and color": _Pair("z", "g_r"),
    "Magnitude and color": _Pair("mag_r", "g_r"),
    SKY: _Pair("ra", "dec"),
}


def _is_number(values: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(values.dtype) and values.dtype != bool)


def _can_color(values: "pd.Series[Any]") -> bool:
    if _is_number(values):
        return bool(values.notna().any())
    return values.dtype in ("category", "bool") and 1 < values.nunique() <= GROUPS


def _label(name: str) -> str:
    return LABELS.get(name, name)


def _config(name: str, values: "pd.Series[Any]", origin: str) -> Any:
    if _is_number(values):
        help = f"From {as_text(origin)}" if origin else None
        return st.column_config.NumberColumn(_label(name), format=_FORMATS.get(name, "%.4g"), help=help)
    return st.column_config.Column(_label(name))
