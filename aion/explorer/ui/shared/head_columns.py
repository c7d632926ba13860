"""What the kept heads say of the objects of a catalog, as columns of a table on a page."""

from typing import Any

import pandas as pd
import streamlit as st

from aion.catalog import Catalog
from aion.explorer.ui.shared import active_catalog, server
from aion.heads import AppliedHeads, Head
from aion.plain_text import as_text, sentence


def with_heads(catalog: Catalog) -> tuple[pd.DataFrame, AppliedHeads]:
    """The table of the catalog that the pages look into, with the main columns of kept heads where it is a
    person's own: a reference catalog may have millions of objects, and nobody asked about them."""
    if not active_catalog.is_own():
        return catalog.table, AppliedHeads(pd.DataFrame(), {})
    applied = server.heads().apply(catalog)
    return catalog.table.join(main_columns(applied)), applied


def main_columns(applied: AppliedHeads) -> pd.DataFrame:
    """Those that people read, in the order of the catalog: of each head value and error, or class and
    probability, and which objects lie outside, where any does."""
    found = {}
    for name, head in applied.heads.items():
        values, outside = applied.table[name], f"{name}_outside"
        found[name] = values.astype("category") if head.facts.kind == "class" else values
        found[_sure(name, head)] = applied.table[_sure(name, head)]
        if applied.table[outside].any():
            found[outside] = applied.table[outside]
    return pd.DataFrame(found, index=applied.table.index)


def head_labels(applied: AppliedHeads) -> dict[str, str]:
    """Column -> what it is called on a page."""
    found = {}
    for name, head in applied.heads.items():
        title, unit = head.facts.title, f", {head.facts.unit}" if head.facts.unit else ""
        found[name] = f"{title} (head{unit})"
        found[_sure(name, head)] = f"± {title}" if head.facts.kind == "number" else f"p({title})"
        found[f"{name}_outside"] = f"{title}: outside"
    return found


def head_config(applied: AppliedHeads) -> dict[str, Any]:
    """Column -> how a table shows it."""
    meanings, labels, found = applied.meanings, head_labels(applied), dict[str, Any]()
    for name, head in applied.heads.items():
        about = [f"The head {head.digest[:8]}", head.facts.main_score and f"{head.facts.main_score} held out"]
        help = as_text(", ".join(filter(None, about)))
        sure, outside = _sure(name, head), f"{name}_outside"
        if head.facts.kind == "number":
            found[name] = st.column_config.NumberColumn(labels[name], format="%.4g", help=help)
        else:
            found[name] = st.column_config.Column(labels[name], help=help)
        form = "%.2g" if head.facts.kind == "number" else "%.2f"
        help = as_text(sentence(meanings[sure][1]))
        found[sure] = st.column_config.NumberColumn(labels[sure], format=form, help=help)
        found[outside] = st.column_config.CheckboxColumn(labels[outside], help=sentence(meanings[outside][1]))
    return found


def head_notes(applied: AppliedHeads) -> None:
    """Why cells are empty, or columns are not there."""
    if applied.notes:
        st.caption("  \n".join(as_text(sentence(note)) for note in applied.notes))


def _sure(name: str, head: Head) -> str:
    """The column that says how sure a value is."""
    return f"{name}_error" if head.facts.kind == "number" else f"{name}_probability"
