"""The objects of the catalog that a person marked, in whichever plot: one selection, shown in all of them,
the table and the gallery."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st


@dataclass
class Selection:
    """Ids; none means that nothing is marked, so that everything is shown."""

    ids: frozenset[str] = frozenset()

    def clear(self) -> None:
        """Mark nothing."""
        self.ids = frozenset()

    def take(self, table: pd.DataFrame, rows: Sequence[int]) -> None:
        """These rows of the table of a catalog become the selection; none clears it."""
        self.ids = frozenset(table["id"].iloc[list(rows)])

    def rows(self, table: pd.DataFrame) -> list[int] | None:
        """The selection as rows of the table of a catalog; None where nothing is marked."""
        return np.flatnonzero(table["id"].isin(self.ids)).tolist() if self.ids else None

    def among(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The marked ones among these rows."""
        return rows[rows["id"].isin(self.ids)]


def current_selection() -> Selection:
    """The one of this browser tab."""
    current: Selection = st.session_state.setdefault("selection", Selection())
    return current
