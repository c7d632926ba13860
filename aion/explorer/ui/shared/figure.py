"""The figure of every page: one component that draws with its own Plotly, keeps what a person did to it, and
says what was done.

A figure goes to the browser as Plotly's JSON and is drawn anew only where that changes. What changes often is
apart from it: the redshift, which moves its marks in the browser, and which points are marked. While another
page is looked at, the figure stays alive in the browser.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st

from aion.explorer import figures
from aion.explorer.ui.shared.browser_code import component, plotly_address
from aion.explorer.ui.shared.downloads import stem

FORMAT = "figure-format"
"""Key of the choice of what the camera above a figure saves; one for all pages."""
_FORMATS = ["PNG", "SVG"]


def figure(
    drawing: figures.Figure,
    *,
    key: str,
    alt: str,
    object_id: str = "",
    view: str = "",
    marks: figures.Marks | None = None,
    on_click: Callable[[float], None] | None = None,
) -> None:
    """A figure over the whole width; ``alt`` says what it shows to those who do not see it.

    Args:
        of: id of the object; the camera saves the figure under it and ``key``.
        view: of the same object, what else is seen in it; the zoom is forgotten when either changes.
        marks: drawn over it at the redshift that `follow_redshift` tells the page.
        on_click: called with the first number behind a clicked point, its ``customdata``.
    """
    callback = None if on_click is None else lambda: on_click(float(st.session_state[key]["clicked"]))
    name = f"{stem(object_id)}-{key}" if object_id else key
    options = {"alt": alt, "view": f"{object_id} {view}", "marks": marks and asdict(marks)}
    _mount(drawing, key, name, options, "clicked", callback)


def points(
    drawing: figures.Figure,
    *,
    key: str,
    alt: str,
    selected: Sequence[int] | None,
    view: str,
    on_select: Callable[[list[int]], None],
    follows_zoom: bool = False,
) -> None:
    """A figure of many objects: a lasso, a box or a click selects some, and a pointer that rests on one asks
    for its card.

    Args:
        selected: the ``customdata`` of the selected points; None where nothing is selected.
        view: what is seen in it; the zoom is forgotten when it changes.
        on_select: called with the ``customdata`` of what was just selected.
        follows_zoom: whether another part of it, once zoomed into, is drawn anew: see `window_of`.
    """
    chosen = (
        None
        if selected is None
        else [np.flatnonzero(np.isin(trace.customdata, selected)).tolist() for trace in drawing.data]
    )
    options = {"alt": alt, "view": view, "selectable": True, "selected": chosen, "zooms": follows_zoom}

    def select() -> None:
        on_select([int(row) for row in st.session_state[key]["selected"]])

    def zoom() -> None:
        st.session_state[f"{key}-zoom"] = (view, st.session_state[key]["zoomed"])

    _mount(drawing, key, key, options, "selected", select, on_zoomed_change=zoom if follows_zoom else None)


def window_of(key: str, view: str) -> figures.PlotWindow | None:
    """The part of a figure of `points` that a person zoomed into; None for all of it."""
    seen, ranges = st.session_state.get(f"{key}-zoom", ("", None))
    if seen != view or not ranges:
        return None
    (left, right), (bottom, top) = ranges
    return figures.PlotWindow((float(left), float(right)), (float(bottom), float(top)))


def follow_redshift(z: float, anchor: float, *, controls: str, coarse: str) -> None:
    """Marks on the figures of this page stand at ``z``, and follow a slider while a hand is on it.

    Args:
        anchor: redshift in the middle of the fine slider, whose value is in km/s.
        controls: key of the container of both sliders.
        coarse: key of the slider whose value is a redshift.
    """
    component("redshift")(
        key="redshift-followed",
        data={"z": z, "anchor": anchor, "controls": controls, "coarse": coarse},
        height=0,
    )


def choose_format(label: str, **how: Any) -> None:
    """What the camera above a figure saves."""
    st.segmented_control(
        label, _FORMATS, default="PNG", required=True, key=FORMAT, persist_state="session", **how
    )


def file_format() -> str:
    """What the camera above a figure saves: ``"png"`` or ``"svg"``."""
    return str(st.session_state.get(FORMAT, "PNG")).lower()


def _mount(
    drawing: figures.Figure,
    key: str,
    name: str,
    options: dict[str, Any],
    event: str,
    callback: Callable[[], None] | None,
    **others: Callable[[], None] | None,
) -> None:
    camera = {"format": file_format(), "filename": name, "scale": 2}
    drawn = {"figure": drawing.to_json(validate=False), "height": drawing.layout.height}
    data = {"key": key, "plotly": plotly_address(), "camera": camera, "reports": callback is not None}
    data |= drawn | options
    component("figure")(key=key, data=data, **{f"on_{event}_change": callback}, **others)
