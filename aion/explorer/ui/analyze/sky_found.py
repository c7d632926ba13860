"""What the archives have at the place that is open, what of it is used, and where to look further."""

from collections.abc import Sequence

import streamlit as st

from aion.explorer.catalogs.outside_links import outside_links
from aion.explorer.ui.analyze.sky_labels import file_text, found_text, offer_text, offers_table
from aion.explorer.ui.analyze.sky_search import look_up, open_offers
from aion.explorer.ui.shared.session import Session, current_session
from aion.plain_text import as_text, sentence
from aion.sky.gather import JOINED_WITHIN, Finding, Offer
from aion.sky.services import SERVICE_NAMES

MOST_OTHERS = 8
"""Spectra of other objects that are offered with a button each."""


def found_panel() -> None:
    """All of it; nothing where no place is open."""
    session = current_session()
    finding = session.finding
    if finding is None:
        return
    for reason in finding.missing:
        st.caption(f":material/info: {as_text(sentence(reason))}")
    others = [offer for offer in finding.offers if offer.separation > JOINED_WITHIN]
    if others and not finding.best:
        st.warning(
            f"The nearest spectrum is {others[0].separation:.1f} arcsec away, of another object as it seems; "
            "it is not used here.",
            icon=":material/help:",
        )
        _go_to_button(others[0], "nearest")
    title = f"Found at {finding.place.position_text}: {found_text(finding)}"
    with st.expander(as_text(title), icon=":material/travel_explore:", key="sky-found"):
        for file in finding.files([]):
            st.markdown(f":material/check: {as_text(file_text(file))}")
        _spectrum_choice(session, finding)
        for offer in finding.best:
            if offer.file is not None and offer.file.provenance.service != SERVICE_NAMES["sparcl"]:
                st.caption(as_text(f"From {offer.file.provenance.service}: {file_text(offer.file)}"))
        _others(others)
        links = outside_links(finding.place.ra, finding.place.dec, _targetid(finding))
        st.markdown("Look further: " + " · ".join(f"[{name}]({url})" for name, url in links.items()))
        for acknowledgment in finding.acknowledgments():
            st.caption(as_text(acknowledgment))


def _targetid(finding: Finding) -> int | None:
    """Of the DESI spectrum of this object."""
    ids = (offer.spectrum.id for offer in finding.best if offer.spectrum.survey == "DESI")
    return next((int(id) for id in ids if id.isdigit()), None)


def _spectrum_choice(session: Session, finding: Finding) -> None:
    """One spectrum of SDSS and one of DESI, as the model reads them; another of the same object, or none."""
    same = [offer for offer in finding.offers if offer.file is not None]
    names = {str(getattr(file, "name", "")) for file in session.files}
    used = [offer for offer in same if offer.file is not None and offer.file.name in names]
    keys: dict[str, str] = {}

    def take_chosen() -> None:
        chosen = [st.session_state[key] for key in keys.values()]
        open_offers(session, finding, [offer for offer in chosen if offer is not None])

    for survey in dict.fromkeys(offer.spectrum.survey for offer in same):
        keys[survey] = f"sky-{survey}-{session.opened}"
        options = [*(offer for offer in same if offer.spectrum.survey == survey), None]
        st.selectbox(
            f"{survey} spectrum, of {len(options) - 1} within {JOINED_WITHIN:g} arcsec, the best first",
            options,
            index=next((place for place, offer in enumerate(options) if offer in used), len(options) - 1),
            format_func=lambda offer: "none of them" if offer is None else offer_text(offer),
            key=keys[survey],
            on_change=take_chosen,
        )


def _others(others: Sequence[Offer]) -> None:
    """Spectra of other objects near it."""
    if not others:
        return
    st.markdown(f"Spectra of other objects within reach ({len(others):,}):")
    for number, offer in enumerate(others[:MOST_OTHERS]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(as_text(offer_text(offer)))
            _go_to_button(offer, str(number))
    if len(others) > MOST_OTHERS:
        st.dataframe(offers_table(others[MOST_OTHERS:]), hide_index=True)


def _go_to_button(offer: Offer, key: str) -> None:
    st.button(
        "Go to it",
        key=f"sky-go-{key}",
        on_click=look_up,
        args=(f"{offer.spectrum.ra:.6f} {offer.spectrum.dec:+.6f}",),
        icon=":material/arrow_forward:",
    )
