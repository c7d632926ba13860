"""The address of what is on the page: example and how it is read, or catalog object; tokens, prior, z.

An upload has no address. Settings of widgets (line set, smoothing, frame, range, scale; view of an image;
which neighbors) are in the address by themselves, bound to their widgets. What is as it was when the page
opened is left out.
"""

import streamlit as st

from aion.errors import AIONError
from aion.explorer.ui.analyze import sky_search
from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.examples import examples
from aion.explorer.ui.shared.session import Pending, Session, current_session
from aion.io import Overrides
from aion.plain_text import sentence

EXAMPLE, OBJECT, SET, USE, PRIOR, REDSHIFT = "example", "object", "set", "use", "prior", "z"
AT, TARGETID, NAME = "at", "targetid", "name"
"""Of the sky: ``150.10083,2.20000``, an id of a spectrum, and a name."""


def follow() -> None:
    """Open what the address says, once per session and only while nothing is open."""
    session = current_session()
    if session.followed or session.opened or session.pending:
        return
    session.followed = True
    parameters = st.query_params.to_dict()
    try:
        _open(session, parameters)
    except AIONError as exc:
        session.error = f"The link cannot be followed: {sentence(str(exc))}"


def write_address() -> None:
    """Make the address that of what is on the page."""
    session = current_session()
    addressed = session.example is not None or session.origin in ("catalog", "sky")
    values = {
        EXAMPLE: session.example,
        OBJECT: session.target.id if session.target is not None and session.origin == "catalog" else None,
        **_sky_address(session),
        USE: ",".join(sorted(session.use)) if addressed and session.use is not None else None,
        PRIOR: session.prior.text if addressed and session.prior is not None else None,
        REDSHIFT: f"{session.z:.5f}" if addressed and session.z is not None else None,
    }
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value
    overrides = list(session.overrides.texts) if session.example is not None else []
    if st.query_params.get_all(SET) != overrides:
        st.query_params[SET] = overrides


def _open(session: Session, parameters: dict[str, str]) -> None:
    example = next((one for one in examples() if one.slug == parameters.get(EXAMPLE)), None)
    if example is not None:
        overrides = Overrides.parse(st.query_params.get_all(SET))
        session.pending = Pending(example.files, "example", example.title, overrides, example.slug)
    elif OBJECT in parameters:
        engine = server.engine()
        catalog = engine.catalog
        if catalog is None:
            from aion.explorer.ui.shared import active_catalog

            session.error = engine.catalog_note or active_catalog.NO_CATALOG
            return
        session.open([catalog.entry(parameters[OBJECT])], origin="catalog", label=parameters[OBJECT])
    elif {AT, TARGETID, NAME} & parameters.keys():
        position = parameters.get(AT, "").replace(",", " ")
        if server.archive() is None:
            session.error = "The link is of the sky, and this server asks no archives (AION_SKY=no)"
            return
        sky_search.look_up(position or parameters.get(TARGETID) or parameters.get(NAME, ""))
    else:
        return
    from aion.explorer.redshift.prior import parse_prior

    use = parameters.get(USE)
    prior = parameters.get(PRIOR)
    session.linked = (
        frozenset(use.split(",")) if use else None,
        parse_prior(prior) if prior else None,
        _number(parameters.get(REDSHIFT)),
    )
    if session.target is not None:
        session.apply_link()


def _sky_address(session: Session) -> dict[str, str | None]:
    """The id of the spectrum that was asked for, or else the position."""
    place = None if session.finding is None else session.finding.place
    by_id = place is not None and place.spectrum is not None
    return {
        TARGETID: place.spectrum.id if place is not None and place.spectrum is not None else None,
        AT: f"{place.ra:.5f},{place.dec:.5f}" if place is not None and not by_id else None,
        NAME: None,
    }


def _number(text: str | None) -> float | None:
    """A redshift that the page can show; None for anything else."""
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and -0.01 <= value <= 20 else None
