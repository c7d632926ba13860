"""The choice of a prior for p(z), with the assumption it makes."""

from typing import Any

import streamlit as st

from aion.explorer.redshift.prior import PRIOR_CAUTION, FlatInLog, Gaussian, Prior
from aion.explorer.results import Analysis
from aion.explorer.ui.shared.session import current_session

NONE, LOG, GAUSSIAN = "None", "Flat in ln(1 + z)", "Around a redshift"


def prior_choice(analysis: Analysis) -> None:
    """Multiplies p(z); everything on the page follows, downloads too."""
    session = current_session()
    kind = {FlatInLog: LOG, Gaussian: GAUSSIAN}.get(type(session.prior), NONE)
    # what is chosen and not applied yet stays too, until another object is opened
    key = f"prior-{session.opened}-{session.row}"
    with st.popover("Prior" if session.prior is None else f"Prior: {kind}", icon=":material/function:"):
        st.caption(PRIOR_CAUTION)
        chosen = st.radio(
            "Multiply p(z) by",
            [NONE, LOG, GAUSSIAN],
            index=[NONE, LOG, GAUSSIAN].index(kind),
            key=key,
            persist_state="session",
        )
        center, sigma = _gaussian(analysis, session.prior, key) if chosen == GAUSSIAN else (0.0, 1.0)
        choice: Prior | None = {NONE: None, LOG: FlatInLog(), GAUSSIAN: Gaussian(center, sigma)}[chosen]
        if choice != session.prior and st.button("Apply", type="primary"):
            session.prior = choice
            session.choose(None)
            st.rerun()


def _gaussian(analysis: Analysis, prior: Prior | None, key: str) -> tuple[float, float]:
    start = prior if isinstance(prior, Gaussian) else Gaussian(round(analysis.redshift.peaks[0].z, 3), 0.05)
    options: dict[str, Any] = {"step": 0.01, "format": "%.4f", "persist_state": "session"}
    center = st.number_input("z", 0.0, 20.0, start.center, key=f"{key}-z", **options)
    return center, st.number_input("σ", 0.0001, 5.0, start.sigma, key=f"{key}-sigma", **options)
