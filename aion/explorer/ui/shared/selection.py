"""The objects of the catalog that a person marked, in whichever plot: one selection, shown in all of them, the table and the gallery."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray


@dataclass
class Selection:
    """Ids; none means that nothing is marked, so that everything is shown."""

    ids: frozenset[str] = frozenset()
    cleared: int = 0
    """Part of the keys of the plots: they forget their box or lasso when something else cleared the selection."""
    drawn: dict[str, frozenset[str]] = field(default_factory=dict)
    """Plot -> ids that it was last drawn with."""

    def clear(self) -> None:
        """Mark nothing."""
        self.ids = frozenset()
        self.cleared += 1

    def key(self, plot: str) -> str:
        """Of the widget of a plot."""
        return f"{plot}-plot-{self.cleared}"

    def marked(self, plot: str, ids: Sequence[str]) -> NDArray[np.bool_] | None:
        """(n,) which points of a plot to draw as marked; None = no distinction.

        A plot that still holds the box or lasso that made the selection stays as it is: drawn anew, it would lose them and its zoom.
        """
        if not _points(self.key(plot)):
            self.drawn[plot] = self.ids
        held = self.drawn.get(plot, frozenset())
        return np.array([id in held for id in ids], dtype=bool) if held else None

    def take(self, plot: str, ids: Sequence[str]) -> None:
        """What was just marked in a plot of these objects becomes the selection; an empty mark clears it."""
        rows = [_row(point) for point in _points(self.key(plot))]
        self.ids = frozenset(ids[row] for row in rows if row < len(ids))

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The marked ones among these rows."""
        return rows[rows["id"].isin(self.ids)]


def selection() -> Selection:
    """The one of this browser tab."""
    if "selection" not in st.session_state:
        st.session_state["selection"] = Selection()
    current: Selection = st.session_state["selection"]
    return current


def _points(key: str) -> Sequence[dict[str, object]]:
    event = st.session_state.get(key)
    points: Sequence[dict[str, object]] = event["selection"]["points"] if event else ()
    return points


def _row(point: dict[str, object]) -> int:
    data = point["customdata"]
    return int(str(data[0] if isinstance(data, (list, tuple)) else data))
