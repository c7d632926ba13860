"""Which objects of the catalog may be shown or found: one row of widgets, the same on every page that has
them, kept in the address."""

from typing import Any, Literal

import streamlit as st

from aion.catalog import Catalog, Filters
from aion.explorer.plain_text import as_text
from aion.explorer.ui.shared import active_catalog

Binding = Literal["query-params"] | None


def filters(catalog: Catalog, *, name: str = "") -> Filters:
    """What a person set; ``name`` tells widgets apart that are remembered by themselves."""
    widget = active_catalog.widget(name)
    name, bind = widget["key"], widget["bind"]
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        return Filters(
            classes=_among(catalog, "class", "Class", f"{name}class", bind),
            surveys=_among(catalog, "survey", "Survey", f"{name}survey", bind),
            z=_between(catalog, "z", "Redshift z", 0.01, f"{name}zrange", bind),
            mag_r=_between(catalog, "mag_r", "r (AB mag)", 0.1, f"{name}mag", bind),
        )


def as_plain(filters: Filters) -> dict[str, Any]:
    """The filters that are set, as plain values, for the header of a file."""
    values = {"class": filters.classes, "survey": filters.surveys, "z": filters.z, "mag_r": filters.mag_r}
    return {name: list(value) for name, value in values.items() if value}


def _among(catalog: Catalog, column: str, label: str, key: str, bind: Binding) -> tuple[str, ...]:
    table = catalog.table
    if column not in table or table[column].nunique() < 2:
        return ()
    options = sorted(table[column].dropna().astype(str).unique())
    chosen = st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=as_text,
        key=key,
        bind=bind,
        persist_state="session",
    )
    return tuple(chosen or ())


def _between(
    catalog: Catalog, column: str, label: str, step: float, key: str, bind: Binding
) -> tuple[float, float] | None:
    """None while the whole range is chosen, so that objects without a value pass."""
    table = catalog.table
    if column not in table or table[column].notna().sum() < 2:
        return None
    digits = 2 if step < 0.1 else 1
    low = round(step * (float(table[column].min()) // step), digits)
    high = round(step * (float(table[column].max()) // step + 1), digits)
    bounds = st.slider(
        label, low, high, (low, high), step=step, key=key, bind=bind, persist_state="session", width=260
    )
    return None if bounds == (low, high) else bounds
