"""What p(z) is recalibrated with, always said beside it; and p(z) as the model gives it, when asked for."""

import streamlit as st

from aion.explorer.results import Analysis
from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.session import current_session
from aion.plain_text import as_text

WHAT_IT_IS = (
    "Corrections fitted on objects with known redshifts, so that regions hold the truth as often as they "
    "say. Switch it off to see p(z) as the model gives it; the Calibrate page measures both."
)


def recalibration_choice(analysis: Analysis) -> None:
    """A switch where there is a recalibration, and what it did to this p(z); everything follows."""
    session = current_session()
    if (session.own_recalibration or server.engine().recalibration) is None:
        return
    key = f"recalibrated-{session.opened}-{session.row}-{session.is_raw}"
    is_on = st.toggle("Recalibrated", value=not session.is_raw, key=key, help=WHAT_IT_IS)
    if is_on is session.is_raw:
        session.is_raw = not is_on
        session.choose(None)
        st.rerun()  # all of the page: p(z) is also outside of the fragment that this is in
    if session.is_raw:
        st.caption("p(z) as the model gives it, not recalibrated.")
    elif analysis.recalibration:
        st.caption(f"Recalibration of p(z): {as_text(analysis.recalibration)}.")
    else:
        st.caption("The recalibration has nothing for these data: p(z) is as the model gives it.")
