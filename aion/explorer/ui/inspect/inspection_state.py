"""What all sessions share of the inspection, the maker of screens; and what one has open."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.components.v1 import declare_component

from aion.errors import InputError
from aion.explorer.redshift.inspection.prefetch import ScreenMaker
from aion.explorer.redshift.inspection.queues import Queue
from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.people import store

QUEUE = "queue"
"""In the address: the id of the queue."""


@dataclass
class InspectionSession:
    """What one person has open."""

    queue: Queue | None = None
    saved: tuple[str, ...] = ()
    """Keys of the decisions that the last report of the browser brought."""
    unread: tuple[str, ...] = ()
    """Sentences about what of the last files could not be read."""
    note: str = ""
    """What the last thing that was done led to."""
    inputs: int = 0
    """Part of the keys of upload boxes: they start afresh after each use."""
    looked_at: tuple[str, str] | None = None
    """Queue and person whose first screens were asked for."""


def inspection_session() -> InspectionSession:
    """The one of this browser tab."""
    current: InspectionSession = st.session_state.setdefault("inspection", InspectionSession())
    return current


@dataclass(frozen=True, eq=False)
class ServedScreens:
    """Screens as files that a browser fetches."""

    maker: ScreenMaker
    address: str
    """Below the address of the page."""
    folder: "TemporaryDirectory[str]"


@st.cache_resource(show_spinner=False)
def screens() -> ServedScreens:
    """Of this server, whose engine is ready."""
    folder = TemporaryDirectory(prefix="aion-inspection-")
    served = declare_component("inspection", path=folder.name)
    maker = ScreenMaker(server.engine(), store(), Path(folder.name))
    return ServedScreens(maker, f"component/{served.name}/", folder)


def open_queue() -> Queue | None:
    """The one of the address, or the one that was open before another page was looked at; None without."""
    session, asked = inspection_session(), st.query_params.get(QUEUE)
    if asked and (session.queue is None or session.queue.id != asked):
        try:
            session.queue = store().queue(asked)
        except InputError as exc:
            session.note = str(exc)
            session.queue = None
            st.query_params.pop(QUEUE)
    if session.queue is not None and not asked:
        st.query_params[QUEUE] = session.queue.id
    return session.queue


def go_to(queue: Queue | None) -> None:
    """Open a queue, which is kept; None: the list of queues."""
    session = inspection_session()
    if queue is not None:
        store().add(queue)
    session.queue = None if queue is None else store().queue(queue.id)
    session.saved = ()
    if queue is None:
        st.query_params.pop(QUEUE, None)
    else:
        st.query_params[QUEUE] = queue.id
