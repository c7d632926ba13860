"""Whether the parts of a spectrum say the same redshift, when a person opens it."""

from functools import partial

import pandas as pd
import streamlit as st

from aion.explorer import figures
from aion.explorer.engine.spectrum_arms import compare_arms
from aion.explorer.results import Analysis
from aion.explorer.results.arms import SpectrumArms
from aion.explorer.ui.shared import labels, layout, server
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme

EXPLANATION = (
    "Each arm of the spectrograph, or third of a spectrum whose arms are not known, is read with all else "
    "hidden, and compared with the rest of the spectrum. A broad p(z) says nothing and is no disagreement. "
    "Shifts below about 30 Å are seldom seen. The model's own p(z), without prior or recalibration."
)


def arms_panel(analysis: Analysis) -> None:
    """A fold with a figure and a sentence for each spectrum that was read; nothing without one."""
    if any(one.token_key in analysis.used for one in analysis.spectra):
        layout.fold(
            "Do the parts of the spectrum agree?",
            partial(_parts, analysis),
            icon=":material/join_inner:",
            key="arms",
        )


def _parts(analysis: Analysis) -> None:
    session = current_session()
    st.caption(EXPLANATION)
    if session.arms is None:
        assert session.target is not None
        with st.spinner("Reading each part alone"):
            session.arms = compare_arms(server.engine(), session.target, analysis)
    for arms in session.arms:
        _part(arms, analysis, several=len(session.arms) > 1)


def _part(arms: SpectrumArms, analysis: Analysis, *, several: bool) -> None:
    summary = arms.summary()
    text = f"{labels.stream_name(arms.key)}: {summary}" if several else summary
    if arms.apart is not None:
        st.warning(text, icon=":material/warning:")
    else:
        st.info(text, icon=":material/info:")
    figure(
        figures.spectrum_arms(arms, theme=theme()),
        key=f"arms-{arms.key}",
        alt=f"p(z) of each part of the {labels.stream_name(arms.key)} alone, and of all data. {summary}",
        object_id=analysis.id,
    )
    st.dataframe(_table(arms), hide_index=True, height="content")


def _table(arms: SpectrumArms) -> pd.DataFrame:
    """One row for each part; what is said of it where that can be."""
    rows = [
        {
            "Part": arm.name.removeprefix("the "),
            "Range (Å)": f"{arm.low:.0f} to {arm.high:.0f}",
            "Best z alone": f"{arm.best[0]:.4f} ({arm.best[1]:.0%})",
            "Beside the rest": arm.agreement.value if arms.can_judge(arm) else "",
        }
        for arm in arms.arms
    ]
    return pd.DataFrame(rows)
