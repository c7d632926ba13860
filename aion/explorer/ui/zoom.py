"""The stretch of a figure that a person zoomed into, remembered: Streamlit draws a changed figure anew, and would show all of it."""

from typing import Any

import streamlit as st

Range = tuple[float, float]

_WATCH = """
export default function ({ data, setStateValue }) {
  const watch = setInterval(() => {
    const plot = document.querySelector(`.st-key-${data.figure} .js-plotly-plot`)
    if (!plot || !plot.on || plot.dataset.watched) return
    plot.dataset.watched = "yes"
    plot.on("plotly_relayout", (change) => {
      const low = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0]
      const high = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1]
      if (low !== undefined && high !== undefined) setStateValue("range", [low, high])
      else if (change["xaxis.autorange"] || change["xaxis.showspikes"] === false) setStateValue("range", null)
    })
  }, 200)
  return () => clearInterval(watch)
}
"""


def remembered(key: str) -> Range | None:
    """The range of x that is shown; None: all of it."""
    held = st.session_state.get(key)
    low_high = held["range"] if held else None
    return (float(low_high[0]), float(low_high[1])) if low_high else None


def remember(figure: str, *, key: str) -> None:
    """Watch the figure with this key; its range is `remembered` under ``key``."""
    _watcher()(key=key, data={"figure": figure}, default={"range": None}, on_range_change=lambda: None, height=0)


@st.cache_resource(show_spinner=False)
def _watcher() -> Any:
    return st.components.v2.component("aion_zoom", js=_WATCH)
