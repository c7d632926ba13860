"""What a person trains in this browser tab, as one typed object."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from aion.catalog import Catalog
from aion.heads.report import HeadReport

LABELS = "heads-labels"
"""Key of the other table that has labels."""


@dataclass
class HeadsState:
    """Objects, and what was learned of them."""

    folder: tuple[Path, Catalog] | None = None
    """Another catalog than that of the pages, where it lies."""
    report: HeadReport | None = None
    """Of the last training."""
    uploads: int = 0
    """Part of the key of the box for files of heads: it starts afresh when one is kept."""


def heads_state() -> HeadsState:
    """The one of this browser tab."""
    current: HeadsState = st.session_state.setdefault("heads", HeadsState())
    return current
