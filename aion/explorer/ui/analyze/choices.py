"""What the files leave open: the settings that would decide it, what each would give, and reading again with
the one that a person chooses."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from aion.explorer.ui.analyze.choice_labels import choice_name, choices_label, choices_title, outcomes, reason
from aion.explorer.ui.shared import layout
from aion.explorer.ui.shared.session import Pending, Session, current_session, file_size
from aion.io import Entry, Overrides
from aion.io.alternatives import alternatives, with_choice
from aion.plain_text import as_text

QUIET = ("medium=", "spectrum_flux_scale=", "survey=SDSS", "survey=DESI")
"""Settings that are asked about in a box that is closed: none of them moves a line by more than 100 km/s."""
LARGEST = 20 * 2**20
"""Bytes; larger files are not read once for each choice, and what these would give is not told."""
MEANING = (
    "Numbers of a spectrum are of its good pixels: first and last wavelength in vacuum, median S/N, median "
    "flux in 10⁻¹⁷ erg/s/cm²/Å. Its strongest feature is where five pixels differ most from the median of "
    "the hundred around them, in units of their error, outside the telluric bands. Magnitudes of an image "
    "are AB, within 12 pixels of its middle."
)


def open_choices() -> None:
    """A box with what the files that are open leave open, if anything: unfolded where it matters."""
    session = current_session()
    questions = _questions(session)
    if questions:
        layout.fold(
            choices_title(questions, files=len(session.files)),
            partial(_ask_all, session, questions),
            icon=":material/help:",
            key=f"choices-{session.opened}",
            expanded=any(not _is_quiet(entry) for entry in questions),
        )


def needed_choice(question: Entry, refused: Pending, message: str) -> None:
    """What has to be chosen before the files that were refused can be read; ``message`` says so."""
    with st.container(border=True):
        st.markdown(f":material/help: {as_text(message)}")
        _ask(question, refused, None)


def are_asked_about(session: Session) -> set[str]:
    """Sentences of the report that need not stand on the page besides."""
    return {entry.sentence() for entry in _questions(session)}


def _questions(session: Session) -> list[Entry]:
    """What was assumed where there is a choice, and what a person chose in its place; one of each setting."""
    if session.upload is None or not session.files:
        return []
    chosen = [entry for entry in session.answered if _chosen(entry, session.overrides)]
    assumed = [
        entry
        for report in session.upload.reports
        for entry in report.entries
        if entry.how == "assumed" and len(entry.choices) > 1
    ]
    found = {entry.choices: entry for entry in (*assumed, *chosen)}
    return sorted(found.values(), key=_is_quiet)


def _setting(entry: Entry) -> str:
    return entry.choices[0].partition("=")[0]


def _is_quiet(entry: Entry) -> bool:
    return entry.choices[0].startswith(QUIET)


def _chosen(entry: Entry, overrides: Overrides) -> str | None:
    """Which of the choices is set."""
    return next((choice for choice in entry.choices if with_choice(overrides, choice) == overrides), None)


def _ask_all(session: Session, questions: Sequence[Entry]) -> None:
    for entry in questions:
        chosen = _chosen(entry, session.overrides) or entry.choices[0]
        _ask(entry, session.given, chosen, reason(entry))
    if session.pending is not None:
        st.rerun()


def _ask(entry: Entry, given: Pending, chosen: str | None, why: str = "") -> None:
    """The choices as buttons, beside them why there is a choice and what each would give."""
    session = current_session()
    key = f"choice-{'-'.join(entry.choices)}-{session.opened}-{session.inputs}"
    buttons, told = st.columns([2, 5], gap="small")
    buttons.segmented_control(
        choices_label(entry),
        entry.choices,
        default=chosen,
        required=chosen is not None,
        format_func=partial(choice_name, entry),
        key=key,
        help=MEANING,
        on_change=lambda: _choose(entry, given, st.session_state[key]),
    )
    told.caption("  \n".join(filter(None, (why, _told(entry, given)))))


def _told(entry: Entry, given: Pending) -> str:
    """What each choice would give, for which the files are read with each; empty for large files."""
    session = current_session()
    if sum(map(file_size, given.files)) > LARGEST:
        return ""
    others = replace(given.overrides, **{_setting(entry): None})
    target = session.upload.id if session.upload is not None and given.files == session.files else None
    found = session.alternatives(
        (given.files, others, entry.choices, target),
        lambda: alternatives(given.files, others, entry.choices, id=target),
    )
    return outcomes(entry, found)


def _choose(entry: Entry, given: Pending, choice: str | None) -> None:
    if choice is not None:
        kept = tuple(other for other in given.answered if other.choices != entry.choices)
        overrides = with_choice(given.overrides, choice)
        current_session().pending = replace(given, overrides=overrides, answered=(*kept, entry))
