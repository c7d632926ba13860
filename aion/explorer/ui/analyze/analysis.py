"""What the model says about one object, section by section, in the order a person reads it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from aion.constants import FIELD_NOTE
from aion.errors import AIONError
from aion.explorer.redshift.prior import with_prior
from aion.explorer.results import Analysis
from aion.explorer.ui.analyze import choices
from aion.explorer.ui.analyze.downloads import downloads
from aion.explorer.ui.shared import active_catalog, labels, layout, neighbor_search, server
from aion.explorer.ui.shared.figure import file_format
from aion.explorer.ui.shared.session import Session, current_session
from aion.io import SkyObject
from aion.plain_text import as_text, sentence

MOST_NOTES = 3
ONLY_REPORTED = ("not used", "wavelength unit")
"""What the report of the files says and no note: HDUs beside the object, the one unit that is possible."""


def analyze() -> Analysis | None:
    """The answer for the object that is open; None, with the reason on the page, where there is none."""
    session = current_session()
    engine = server.engine()
    try:
        with st.spinner("Reading tokens, asking the model, decoding"):
            answer = session.analysis(lambda target, use: engine.analyze(target, use=use))
        corrected = _with_neighbors(answer).recalibrated(session.recalibration(engine.recalibration))
        return with_prior(corrected, session.prior)
    except AIONError as exc:
        layout.refuse(str(exc))
        if session.use is not None or session.prior is not None:
            st.button("Switch everything on again", on_click=session.look_at, args=(session.row,))
        return None


def header(analysis: Analysis) -> None:
    """Which object this is, which weights speak, and what can be taken away."""
    session = current_session()
    target = session.target
    assert target is not None
    title, buttons = st.columns([4, 1], vertical_alignment="center")
    with title:
        st.title(as_text(session.label if _has_a_name(session) else target.id), anchor=False)
    with buttons:
        downloads(analysis, target.reports, file_format())
    st.caption(as_text(" · ".join(_origin(session, target))), help=labels.place(target)[1] or None)
    _notes(analysis)


def switches(analysis: Analysis) -> None:
    """What the model may read; p(z), the embedding and the neighbors follow."""
    session = current_session()
    groups = labels.switch_groups(analysis)
    if len(groups) < 2:
        return
    key = f"switches-{session.opened}-{session.row}"
    st.pills(
        "The model reads",
        list(groups),
        selection_mode="multi",
        default=[label for label, keys in groups.items() if set(keys) & set(analysis.used)],
        key=key,
        on_change=lambda: _switch(session, groups, st.session_state[key]),
        help="Switch off what the model must not see, and compare p(z). "
        "The redshift of a header is never given to it.",
    )


def trust(analysis: Analysis) -> None:
    """Reasons to believe or to doubt, those to look at first."""
    checks = sorted(analysis.trust, key=lambda check: check.passed)
    if not checks:
        return
    doubts = sum(not check.passed for check in checks)
    title = "How far to trust this: " + (
        f"{doubts} of {len(checks)} checks want a look" if doubts else f"all {len(checks)} checks are fine"
    )
    icon = ":material/warning:" if doubts else ":material/verified:"
    with st.expander(title, icon=icon, expanded=bool(doubts)), st.container(gap="xsmall"):
        for check in checks:
            st.markdown(labels.check(check), help=check.explanation)


def numbers_table(analysis: Analysis) -> None:
    """Catalog numbers given, and the values their tokens stand for."""
    if analysis.scalars:
        layout.section(
            "Catalog numbers",
            "Each number is one token: the nearest of 1,024 values. The difference is what tokenizing costs.",
        )
        columns = {"Given": _number(), "Kept by its token": _number()}
        st.dataframe(
            labels.scalars(analysis.scalars), hide_index=True, height="content", column_config=columns
        )


def weights_note(analysis: Analysis) -> None:
    """Which weights spoke, at the end of every result."""
    model = analysis.model
    took = sum(analysis.seconds.values())
    st.divider()
    if model.notice:
        st.caption(f":material/science: {as_text(model.notice)}")
    st.caption(
        f"{as_text(labels.weights_name(model.title))} · weights {model.sha256[:12]} · "
        f"{model.device.upper()}, "
        f"{model.precision} · {took:.2f} s"
    )


def _with_neighbors(answer: Analysis) -> Analysis:
    """The neighbors in the files to take away are of the catalog that the page looks into."""
    catalog = active_catalog.catalog()
    if catalog is None or not active_catalog.is_own():
        return answer
    k = len(answer.neighbors) or neighbor_search.NEIGHBORS
    return replace(answer, neighbors=neighbor_search.search(answer, catalog, k))


def _has_a_name(session: Session) -> bool:
    """Whether the label is what a person calls it: the title of an example, or a name that was looked up."""
    finding = session.finding
    is_only_image = finding is not None and not finding.best and finding.photometry is None
    is_named = finding is not None and finding.place.how == "name"
    return session.origin == "example" or is_named or is_only_image  # an image has no id


def _origin(session: Session, target: SkyObject) -> list[str]:
    where = [labels.place(target)[0]] if labels.place(target)[0] else []
    if target.tokens:  # of a catalog
        reference = server.engine().catalog
        simulated = ", simulated" if reference is not None and reference.manifest.simulated else ""
        origin = "Your catalog" if session.origin == "own" else f"Reference catalog{simulated}"
        return [origin, *([target.kind] if target.kind else []), *labels.kinds(target)]
    return [*where, *labels.kinds(target), target.id if _has_a_name(session) else session.label]


def _notes(analysis: Analysis) -> None:
    """What a person must know before using the numbers: what the model could not take first, then what
    reading assumed or left out, but for what stands elsewhere on the page."""
    target = current_session().target
    assert target is not None
    entries = [entry for report in target.reports for entry in report.entries]
    of_reading = {entry.sentence() for entry in entries}
    reported = {entry.sentence() for entry in entries if entry.what in ONLY_REPORTED}
    elsewhere = choices.are_asked_about(current_session()) | reported
    model_first = sorted(
        dict.fromkeys(
            note
            for note in analysis.notes
            if note not in elsewhere and not note.startswith(FIELD_NOTE)  # which the check "Field" says
        ),
        key=lambda note: note in of_reading,
    )
    reasons = [
        f"{labels.stream_name(key)} was not read: {why}."
        for key, why in analysis.ignored.items()
        if why != "switched off" and key != "tok_z"
    ]
    notes = [as_text(sentence(note)) for note in (*reasons, *model_first)]
    if not notes:
        return
    shown, others = notes[:MOST_NOTES], notes[MOST_NOTES:]
    st.warning(_bullets(shown) if len(shown) > 1 else shown[0], icon=":material/lightbulb:")
    if others:
        with st.expander(
            f"{len(others)} more {'note' if len(others) == 1 else 'notes'} on these data",
            icon=":material/lightbulb:",
        ):
            st.markdown(_bullets(others))


def _bullets(notes: Sequence[str]) -> str:
    return "\n".join(f"- {note}" for note in notes)


def _switch(session: Session, groups: dict[str, tuple[str, ...]], labels: list[str]) -> None:
    chosen = frozenset(key for label in labels for key in groups[label])
    session.switch(None if len(labels) == len(groups) else chosen)


def _number() -> Any:
    return st.column_config.NumberColumn(format="%.5g")
