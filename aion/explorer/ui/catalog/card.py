"""A card beside the pointer while it rests on a point of a plot of a catalog: picture, small spectrum and
what the object is.

The browser asks for one card at a time and keeps it. A card shows nothing that the gallery of marked objects
lacks, so nothing is lost without a pointer.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from aion.catalog import Catalog
from aion.explorer import figures
from aion.explorer.ui.shared import active_catalog
from aion.explorer.ui.shared.theme import theme
from aion.explorer.ui.shared.tiles import Preview

KEY = "card"
_LINES = (
    (("class", "{}"), ("subtype", "{}")),
    (("z", "z {:.4f}"), ("mag_r", "r {:.2f} mag")),
    (("g_r", "g − r {:.2f}"),),
    (("ra", "RA {:.5f}°"), ("dec", "Dec {:.5f}°")),
)
"""Columns and how their values are written, line by line; what is not known is left out."""
_HTML = (
    '<div class="aion-card" popover="manual" aria-hidden="true">'
    '<img class="picture" alt=""><img class="spectrum" alt=""><p></p></div>'
)
_CSS = """
.aion-card { position: fixed; inset: auto; margin: 0; width: 9.5rem; padding: 0.4rem; box-sizing: border-box;
  background: var(--st-background-color); color: var(--st-text-color); pointer-events: none;
  border: 1px solid var(--st-border-color); border-radius: 0.5rem;
  box-shadow: 0 2px 10px rgb(0 0 0 / 25%); font: 0.8rem/1.35 var(--st-font); }
.aion-card img { display: block; width: 100%; }
.aion-card .picture { aspect-ratio: 1; border-radius: 0.3rem; }
.aion-card .spectrum { height: 2.1rem; margin-top: 0.25rem; opacity: 0.8; }
.aion-card [hidden] { display: none; }
.aion-card p { margin: 0.25rem 0 0; font: inherit; overflow-wrap: anywhere; white-space: pre-line;
  font-variant-numeric: tabular-nums; }
.aion-card p::first-line { font-weight: 600; }
"""


@st.fragment
def card(catalog: Catalog) -> None:
    """For the plots of the page whose points have a row of the catalog as their ``customdata``."""
    row = st.session_state.get(KEY, {}).get("row")
    is_entry = row is not None and row < len(catalog)
    data = {
        "of": f"{active_catalog.title(catalog)} {theme().name}",
        "row": row,
        "card": _content(catalog, row) if is_entry else None,
    }
    _component()(key=KEY, data=data, height=0, on_row_change=lambda: None)


def _content(catalog: Catalog, row: int) -> dict[str, Any]:
    preview = Preview.of_catalog(catalog, str(catalog.table["id"].iloc[row]))
    spectrum = figures.spark(preview.spectrum, theme=theme()) if preview.spectrum else None
    return {
        "id": preview.name,
        "picture": preview.picture,
        "spectrum": spectrum,
        "lines": lines(catalog.table.iloc[row]),
    }


def lines(entry: "pd.Series[Any]") -> list[str]:
    """What is known of an object, for people."""
    written = (
        " · ".join(form.format(entry[name]) for name, form in line if pd.notna(entry.get(name)))
        for line in _LINES
    )
    return [line.replace(" -", " −") for line in written if line]


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    script = Path(__file__).with_name("card.js")
    return st.components.v2.component(
        "aion_card", html=_HTML, css=_CSS, js=script.read_text(), isolate_styles=False
    )
