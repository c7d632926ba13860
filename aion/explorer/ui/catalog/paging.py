"""A table too long for a browser, a page at a time, in the order of one of its columns."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from aion.explorer.ui.shared import active_catalog

PAGED, PAGE = 20_000, 1_000
"""Rows up to which a table is sent whole, and of a page of a longer one."""


def choose_page(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """All rows; of many those of the page that a person chose. ``columns``: those they can be sorted by, name
    -> label; the first keeps them as they are."""
    if len(rows) <= PAGED:
        return rows
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        column = st.selectbox(
            "Sort all by",
            list(columns),
            format_func=columns.__getitem__,
            **active_catalog.widget("sort"),
            width=220,
        )
        is_falling = st.toggle("Falling", **active_catalog.widget("falling"))
        page = st.pagination(-(-len(rows) // PAGE), key=f"catalog-page-{len(rows)}-{column}-{is_falling}")
    is_sorted = column != next(iter(columns))
    order = rows[column].argsort().to_numpy() if is_sorted else np.arange(len(rows))
    chosen = (order[::-1] if is_falling else order)[(page - 1) * PAGE : page * PAGE]
    return rows.iloc[chosen]
