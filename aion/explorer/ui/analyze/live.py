"""Figures whose marks move at once: the lines of a redshift follow a slider in the browser, and the figure below them is not drawn anew.

A figure that is drawn anew takes a second of the browser's time and loses its zoom; with its marks apart it stays as it is when z changes.
Where it does change (smoothing, theme), the stretch of x that a person zoomed into is shown again. Names of lines are placed by the pixels
there are, so that none covers another on a narrow screen.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from aion.explorer import figures
from aion.explorer.ui.analyze import z_control
from aion.explorer.ui.shared.figure import figure as page_figure

SCRIPT = Path(__file__).with_name("live.js")


def figure(drawing: figures.Figure, marks: figures.Marks, *, key: str, name: str, alt: str, of: str, anchor: float, on_click: Any) -> None:
    """A figure under these marks. ``name``: what is seen in it; the zoom is forgotten when that changes.

    Args:
        of: the id of the object.
        anchor: the redshift in the middle of the fine slider.
    """
    page_figure(drawing, key=key, alt=alt, of=of, on_click=on_click)
    data = {"figure": key, "controls": z_control.KEY, "coarse": z_control.SLID, "anchor": anchor, **asdict(marks)}
    _component()(key=f"live-{key}-{name}", data=data, height=0)


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("aion_live", js=SCRIPT.read_text())
