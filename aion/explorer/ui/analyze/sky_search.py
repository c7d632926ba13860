"""The way in by coordinates: a position, a name or an id is looked up in the archives, and the best of what
they have is opened. What else they have is in ``sky_found``.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.session import Pending, Session, current_session
from aion.plain_text import as_text, sentence
from aion.sky.services import EXAMPLES

if TYPE_CHECKING:
    from aion.sky.gather import Finding, Offer
    from aion.sky.search import Search

EVERY = 0.25
"""Seconds between two looks at how far the search is."""


def search_box() -> None:
    """The box, and how far the search is; takes over what it gave. Nothing where the sky is off."""
    if server.archive() is None:
        return
    session = current_session()
    key = f"sky-{session.inputs}"
    st.text_input(
        "Position, name or TARGETID",
        key=key,
        placeholder="150.1021 +2.2058",
        icon=":material/travel_explore:",
        on_change=lambda: look_up(st.session_state[key]),
        help="Images of the Legacy Surveys and HSC, Tractor photometry, and spectra of SDSS, BOSS and DESI "
        "at that place. The archives are asked from the computer that runs this application, "
        "and only for this.",
    )
    if session.search is None:
        st.caption("Such as " + " · ".join(f"`{example}`" for example in EXAMPLES))
    else:
        _take_over(session, session.search)


def look_up(text: str) -> None:
    """Begin to search; what was being searched is given up."""
    from aion.sky.search import Search

    session, archive = current_session(), server.archive()
    if session.search is not None:
        session.search.stop()
    session.search = Search(text, archive) if text.strip() and archive is not None else None
    session.error = session.refused = session.question = None


def _take_over(session: Session, search: "Search") -> None:
    if search.is_running:
        _look_on(search)
        return
    session.search = None
    if search.problem is not None:
        session.error = sentence(str(search.problem))
    elif search.finding is not None:
        open_offers(session, search.finding, search.finding.best)


@st.fragment(run_every=EVERY)
def _look_on(search: "Search") -> None:
    if not search.is_running:
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        steps = dict(search.progress.steps)
        where = "Looking it up" if search.place is None else f"At {search.place.position_text}"
        states = " · ".join(f"{step}: {state}" for step, state in steps.items() if step != "name")
        st.caption(f":material/hourglass_top: {as_text(f'{where}. {states}')}")
        st.button("Cancel", key="sky-cancel", on_click=search.stop, icon=":material/close:")


def open_offers(session: Session, finding: "Finding", chosen: "Sequence[Offer]") -> None:
    """Read what was chosen of the spectra, with the images and the photometry."""
    files = finding.files(chosen)
    if not files:
        session.error = sentence(f"Nothing was found there: {'; '.join(finding.missing)}")
        return
    label = finding.place.text
    session.pending = Pending(tuple(file.open() for file in files), "sky", label, finding=finding)
