"""A table of numbers that are read as texts, with their errors, and by which its columns are sorted."""

from typing import Any

import pandas as pd
import streamlit as st


def number_table(texts: pd.DataFrame, numbers: pd.DataFrame) -> None:
    """``texts`` as they are read; where ``numbers`` has the same column, the numbers behind them."""
    texts, numbers = texts.reset_index(drop=True), numbers.reset_index(drop=True)
    styled = texts.assign(**{name: numbers[name] for name in numbers}).style
    for name in numbers:
        for row, text in enumerate(texts[name]):
            styled = styled.format(_always(text), subset=pd.IndexSlice[[row], [name]])
    st.dataframe(styled, hide_index=True, height="content", placeholder="–")


def _always(text: str) -> Any:
    return lambda value: text
