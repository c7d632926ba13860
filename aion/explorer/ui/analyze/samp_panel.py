"""The object on the page and its neighbors to TOPCAT, Aladin and others, by SAMP, and from them a position;
for a person whose browser runs on the computer of the server, as the hub does."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from aion.errors import ArchiveError
from aion.explorer.export import tables
from aion.explorer.export.analysis import spectrum_votable
from aion.explorer.results import Analysis
from aion.explorer.ui.analyze.sky_panel import is_simulated
from aion.explorer.ui.analyze.sky_search import look_up
from aion.explorer.ui.shared import active_catalog, layout, positions, server
from aion.explorer.ui.shared.session import Session, current_session
from aion.plain_text import as_text, sentence

if TYPE_CHECKING:
    from aion.sky.samp import SampConnection

EVERY = 2.0
"""Seconds between two looks at what another program points at."""

Send = Callable[["SampConnection"], tuple[str, ...]]


def samp_panel(analysis: Analysis) -> None:
    """Nothing where the browser is elsewhere, or the sky is off."""
    if server.archive() is not None and server.is_on_this_computer():
        title = "Send to TOPCAT, Aladin or DS9"
        layout.fold(title, partial(_panel, analysis), icon=":material/share:", key="samp")


def _panel(analysis: Analysis) -> None:
    connection = _connection()
    try:
        connection.join()
    except ArchiveError as exc:
        st.caption(sentence(str(exc)))
        return
    buttons, answer = st.container(horizontal=True, gap="small"), st.container()
    for number, (label, send) in enumerate(_offers(analysis, current_session()).items()):
        if buttons.button(label, key=f"samp-{number}", icon=":material/share:"):
            with answer:
                _tell(label, send, connection)
    _pointed_at(connection)


def _offers(analysis: Analysis, session: Session) -> dict[str, Send]:
    """What there is of the object -> how it is sent."""
    offers: dict[str, Send] = {}
    target, catalog = session.target, active_catalog.catalog()
    if target is not None and target.ra is not None and target.dec is not None and not is_simulated(session):
        ra, dec = target.ra, target.dec
        offers["Position"] = lambda one: one.send_place(ra, dec)
    for image in session.finding.images if session.finding is not None else ():
        offers[f"{image.provenance.survey} image"] = partial(_send_image, image.name, image.data)
    for spectrum in analysis.spectra:
        if spectrum.flux is not None:
            name = f"{analysis.id} {spectrum.survey}"
            data = spectrum_votable(analysis, spectrum)
            offers[f"{spectrum.survey} spectrum"] = partial(_send_spectrum, name, data)
    if catalog is not None and analysis.neighbors:
        rows = tables.neighbor_rows(catalog, analysis.neighbors, positions.target_position(catalog))
        about = tables.provenance(catalog, analysis.model, object=analysis.id)
        data = tables.table_file(rows, "vot", about)
        offers["Neighbors"] = partial(_send_table, f"Neighbors of {analysis.id}", data)
    return offers


def _send_image(name: str, data: bytes, connection: "SampConnection") -> tuple[str, ...]:
    return connection.send_image(name, data)


def _send_spectrum(name: str, data: bytes, connection: "SampConnection") -> tuple[str, ...]:
    return connection.send_spectrum(name, data)


def _send_table(name: str, data: bytes, connection: "SampConnection") -> tuple[str, ...]:
    return connection.send_table(name, data)


def _tell(label: str, send: Send, connection: "SampConnection") -> None:
    try:
        takers = send(connection)
    except ArchiveError as exc:
        st.caption(sentence(str(exc)))
        return
    to = ", ".join(takers)
    text = f"{label}: sent to {to}." if to else f"{label}: no program at the hub takes it."
    st.caption(as_text(text))


@st.fragment(run_every=EVERY)
def _pointed_at(connection: "SampConnection") -> None:
    """A position that came, and the way to it."""
    place = connection.place
    if place is None:
        st.caption("A position that another program points at is offered here.")
        return
    text = f"{place.ra:.5f} {place.dec:+.5f}"
    if st.button(
        f"Analyze at {text}, where {as_text(place.sender)} points".replace("-", "−"),
        key="samp-place",
        icon=":material/my_location:",
    ):
        look_up(text)
        st.rerun(scope="app")


@st.cache_resource(show_spinner=False)
def _connection() -> "SampConnection":
    from aion.sky.samp import SampConnection

    return SampConnection()
