"""The reference catalog as a table and as a plot, both filtered alike; a click opens the object."""

from typing import Any

import pandas as pd
import streamlit as st

from aion.explorer import figures
from aion.explorer.catalog import Catalog
from aion.explorer.ui import look
from aion.explorer.ui.inputs import open_things

COLUMNS = ("id", "class", "morphology", "z", "mag_r", "survey", "snr")
"""Shown of the table, those that it has, in this order."""
LABELS: dict[str, Any] = {
    "id": st.column_config.TextColumn("Object"),
    "class": st.column_config.TextColumn("Class"),
    "morphology": st.column_config.TextColumn("Morphology"),
    "z": st.column_config.NumberColumn("Redshift z", format="%.4f"),
    "mag_r": st.column_config.NumberColumn("r (AB mag)", format="%.2f"),
    "survey": st.column_config.TextColumn("Survey"),
    "snr": st.column_config.NumberColumn("S/N per pixel", format="%.1f"),
}


def filters(catalog: Catalog) -> pd.DataFrame:
    """The rows that pass what a person set."""
    table = catalog.table
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        for column, label in (("class", "Class"), ("survey", "Survey")):
            table = _among(table, catalog.table, column, label)
        table = _between(table, catalog.table, "z", "Redshift z", 0.01)
        return _between(table, catalog.table, "mag_r", "r (AB mag)", 0.1)


def table_and_plot(rows: pd.DataFrame) -> str | None:
    """Both views; the id of the object that was clicked."""
    if rows.empty:
        look.empty("No object passes these filters. Widen one of them.")
        return None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.caption(f"{len(rows):,} objects. Click a row to analyze the object.")
        event = st.dataframe(
            rows,
            hide_index=True,
            column_order=[name for name in COLUMNS if name in rows],
            column_config=LABELS,
            height=520,
            on_select="rerun",
            selection_mode=["single-row", "single-cell"],
            key="catalog-table",
        )
    with right:
        st.caption("Or click a point.")
        clicked = st.plotly_chart(
            figures.redshift_magnitude(
                list(rows["id"]), list(rows["class"]), _values(rows, "z"), _values(rows, "mag_r"), theme=look.theme()
            ),
            theme=None,
            config=figures.CONFIG,
            on_select="rerun",
            selection_mode="points",
            key="catalog-plot",
            alt="Redshift against r magnitude of the objects in the table",
        )
    chosen = event["selection"]["rows"] or [row for row, _ in event["selection"]["cells"]]
    points = clicked["selection"]["points"]
    if chosen and chosen[0] < len(rows):
        return str(rows["id"].iloc[chosen[0]])
    return _custom_id(points[0]) if points else None


def analyze(catalog: Catalog, id: str) -> None:
    """Open the object on the first page."""
    open_things([catalog.entry(id)], label=id)
    st.switch_page("pages/analyze.py")


def _among(rows: pd.DataFrame, everything: pd.DataFrame, column: str, label: str) -> pd.DataFrame:
    if column not in everything or everything[column].nunique() < 2:
        return rows
    options = sorted(everything[column].dropna().astype(str).unique())
    chosen = st.pills(label, options, selection_mode="multi", key=f"filter-{column}", persist_state="session")
    return rows[rows[column].astype(str).isin(chosen)] if chosen else rows


def _between(rows: pd.DataFrame, everything: pd.DataFrame, column: str, label: str, step: float) -> pd.DataFrame:
    """Rows in the range; those without a value pass while the whole range is chosen."""
    if column not in everything or everything[column].notna().sum() < 2:
        return rows
    first, last = float(everything[column].min()), float(everything[column].max())
    low, high = step * (first // step), step * (last // step + 1)
    bounds = st.slider(label, low, high, (low, high), step=step, key=f"filter-{column}", persist_state="session", width=260)
    return rows if bounds == (low, high) else rows[rows[column].between(*bounds)]


def _values(rows: pd.DataFrame, column: str) -> Any:
    """Floats, NaN where the catalog has no such column."""
    return rows[column].to_numpy(dtype=float) if column in rows else rows["z"].to_numpy(dtype=float) * float("nan")


def _custom_id(point: dict[str, Any]) -> str:
    data = point["customdata"]
    return str(data[0] if isinstance(data, list) else data)
