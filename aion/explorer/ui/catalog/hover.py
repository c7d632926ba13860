"""A card beside the pointer while it rests on a point of a plot: picture, small spectrum and what the object is.

The browser takes the cards one by one out of a file of all of them (see `aion.explorer.catalogs.cards`); the page runs once, for the first.
A card shows nothing that the gallery of marked objects lacks, so nothing is lost without a pointer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime

from aion.catalog import Catalog
from aion.explorer.catalogs import cards
from aion.explorer.ui.shared import active_catalog

SCRIPT = Path(__file__).with_name("hover.js")
KEY = "hover-cards"
ASKED = "asked"
"""What the browser says when a pointer first rests on a point."""
_HTML = """
<div class="card" popover="manual" aria-hidden="true">
  <img alt=""><svg viewBox="0 0 160 44" preserveAspectRatio="none"><path fill="none" vector-effect="non-scaling-stroke"/></svg><p></p>
</div>
"""
_CSS = """
.card { position: fixed; inset: auto; margin: 0; width: 9.5rem; padding: 0.4rem; box-sizing: border-box; pointer-events: none;
  background: var(--st-background-color); color: var(--st-text-color); border: 1px solid var(--st-border-color); border-radius: 0.5rem;
  box-shadow: 0 2px 10px rgb(0 0 0 / 25%); font: 0.8rem/1.35 var(--st-font); }
.card img { display: block; width: 100%; aspect-ratio: 1; border-radius: 0.3rem; }
.card svg { display: block; width: 100%; height: 2.1rem; margin-top: 0.25rem; stroke: currentColor; stroke-width: 1.2; opacity: 0.8; }
.card [hidden] { display: none; }
.card p { margin: 0.25rem 0 0; overflow-wrap: anywhere; white-space: pre-line; font-variant-numeric: tabular-nums; }
.card p::first-line { font-weight: 600; }
"""


@st.fragment
def show(catalog: Catalog, plots: Sequence[str]) -> None:
    """Cards for the figures with these keys, whose points have the ids of objects of the catalog as their text."""
    asked = st.session_state.get(KEY, {}).get(ASKED, False)
    data = {"plots": list(plots), "sheet": _address(catalog) if asked else None}
    _component()(key=KEY, data=data, height=0, **{f"on_{ASKED}_change": lambda: None})


def _address(catalog: Catalog) -> str:
    """Where the browser finds the file, while a page of this session shows it."""
    return runtime.get_instance().media_file_mgr.add(_sheet(catalog, str(catalog.folder)), "application/octet-stream", KEY)


@st.cache_resource(show_spinner=False, max_entries=active_catalog.CATALOGS)
def _sheet(_catalog: Catalog, folder: str) -> bytes:
    return cards.sheet(_catalog)


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("aion_hover", html=_HTML, css=_CSS, js=SCRIPT.read_text())
