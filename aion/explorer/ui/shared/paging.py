"""A table too long for a browser, a page at a time, in the order of one of its columns."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

PAGED, PAGE = 20_000, 1_000
"""Rows up to which a table of plain values is sent whole, and of a page of a longer one."""


def choose_page(
    rows: pd.DataFrame,
    columns: Mapping[str, str],
    widget: Callable[[str], dict[str, Any]],
    *,
    name: str,
    size: int = 0,
) -> pd.DataFrame:
    """All rows; of many those of the page that a person chose.

    Args:
        columns: Those they can be sorted by, name -> label; the first keeps them as they are.
        widget: Of a name, how that widget is kept.
        name: Begins the key of the switch between pages.
        size: Rows above which there are pages, of so many; 0: as `PAGED` and `PAGE` say.
    """
    if len(rows) <= (size or PAGED):
        return rows
    size = size or PAGE
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        column = st.selectbox(
            "Sort all by", list(columns), format_func=columns.__getitem__, **widget("sort"), width=220
        )
        is_falling = st.toggle("Falling", **widget("falling"))
        page = st.pagination(-(-len(rows) // size), key=f"{name}-page-{len(rows)}-{column}-{is_falling}")
    is_sorted = column != next(iter(columns))
    order = rows[column].argsort().to_numpy() if is_sorted else np.arange(len(rows))
    chosen = (order[::-1] if is_falling else order)[(page - 1) * size : page * size]
    return rows.iloc[chosen]
