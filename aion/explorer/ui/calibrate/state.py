"""What a person measures in this browser tab, as one typed object."""

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st

from aion.explorer.redshift.calibration import Fitted, Measurement, Sample
from aion.explorer.ui.shared.other_table import forget_table

TRUTHS = "calibrate-truths"
"""Key of the other table that has true redshifts."""


@dataclass
class CalibrateState:
    """Objects, and what was made of them."""

    source: str = ""
    """Of p(z), as the page calls it."""
    asked: Sample | None = None
    """Objects with p(z), before the truths are joined."""
    key: Hashable = None
    """All that ``measured`` follows from."""
    measured: Measurement | None = None
    fitted: Fitted | None = None


def calibrate_state() -> CalibrateState:
    """The one of this browser tab."""
    current: CalibrateState = st.session_state.setdefault("calibrate", CalibrateState())
    return current


def begin_with(source: str) -> None:
    """Another source of p(z) forgets what was measured of the one before."""
    if calibrate_state().source != source:
        st.session_state["calibrate"] = CalibrateState(source)
        forget_table(TRUTHS)
