"""Figures on a page: how one goes to the browser, what the camera above it saves, and those that are kept."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

import streamlit as st

from aion.explorer import figures
from aion.explorer.ui.shared.downloads import stem

FORMAT = "figure-format"
"""Key of the choice of what the camera above a figure saves; one for all pages."""
_FIGURE_FORMATS = ["PNG", "SVG"]
FIGURES = 64
"""Kept as they go to the browser, for everybody."""
DRAWN = 24
"""Remembered of one person."""


def figure(drawing: figures.Figure, *, key: str, alt: str, of: str = "", on_click: Callable[[str], None] | None = None) -> None:
    """A figure over the whole width; ``alt`` says what it shows to those who do not see it.

    The camera above it saves it under the id of the object that it is ``of``, and its ``key``.
    ``on_click`` is called with ``key`` when a point is clicked; the point is in the session's state under that key.
    """
    config = figures.config(format_chosen(), f"{stem(of)}-{key}" if of else key)
    drawn = lasting(drawing)
    if on_click is None:
        st.plotly_chart(drawn, theme=None, config=config, key=key, alt=alt)
    else:
        st.plotly_chart(drawn, theme=None, config=config, key=key, alt=alt, on_select=partial(on_click, key), selection_mode="points")


def choose_format(label: str, **how: Any) -> None:
    """What the camera above a figure saves."""
    st.segmented_control(label, _FIGURE_FORMATS, default="PNG", required=True, key=FORMAT, persist_state="session", **how)


def format_chosen() -> str:
    """``"png"`` or ``"svg"``."""
    return str(st.session_state.get(FORMAT, "PNG")).lower()


def lasting(drawing: figures.Figure) -> figures.Figure:
    """The figure as it goes to the browser; made once for all that look at the same."""
    return drawing if drawing.layout.datarevision else _lasting(figures.named(drawing), drawing)


def drawn(draw: Callable[..., figures.Figure], of: object, **how: Hashable) -> figures.Figure:
    """``draw(of, **how)`` as it goes to the browser; while a person looks at the same in the same way, it is drawn once."""
    memory: dict[Any, tuple[object, figures.Figure]] = st.session_state.setdefault("drawn", {})
    key = (draw, id(of), *sorted(how.items()))
    if key not in memory:
        while len(memory) >= DRAWN:
            memory.pop(next(iter(memory)))
        memory[key] = (of, lasting(draw(of, **how)))  # what is remembered with it keeps its id
    return memory[key][1]


@st.cache_resource(show_spinner=False, max_entries=FIGURES)
def _lasting(name: str, _drawing: figures.Figure) -> figures.Figure:
    return figures.lasting(_drawing, name)
