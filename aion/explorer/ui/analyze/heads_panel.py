"""What the heads that a person kept say of the object on the page, with errors, or why one says nothing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from aion.error_text import with_error
from aion.errors import AIONError
from aion.explorer.results import Analysis, Floats
from aion.explorer.ui.shared import layout, server
from aion.explorer.ui.shared.session import current_session
from aion.heads import Head, Predictions, views_for
from aion.heads.applying import predict_one

EXPLANATION = (
    "Of the heads that were kept on the Heads page: a value read off the embedding of the data that each "
    "was trained on. Errors are half of the region that holds 68 % of held-out labels; of classes the "
    "probability is given."
)
OUTSIDE = "Outside of the objects that it learned from: an extrapolation"


def your_labels(analysis: Analysis) -> None:
    """A table with a row for each kept head; nothing where none is kept."""
    heads = [one.head for one in server.heads().heads() if one.head is not None]
    if not heads:
        return
    layout.section("Your labels", EXPLANATION)
    try:
        found = _predictions(heads, analysis)
    except AIONError as exc:
        layout.refuse(str(exc))
        return
    rows = [_row(head, analysis, one) for head, one in zip(heads, found, strict=True)]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content")


def _predictions(heads: Sequence[Head], analysis: Analysis) -> list[Predictions | None]:
    """Of each head, from memory when it was asked before."""
    session = current_session()
    key = (session.opened, session.row, session.use, tuple(heads))
    if session.labeled is None or session.labeled[0] != key:
        fitting = [head for head in heads if head.facts.sha256 == analysis.model.sha256]
        [vectors] = server.engine().vectors([analysis], views_for(fitting))
        session.labeled = (key, [_ask(head, analysis, vectors) for head in heads])
    return session.labeled[1]


def _ask(head: Head, analysis: Analysis, vectors: "dict[str, Floats]") -> Predictions | None:
    return (
        None
        if head.why_not(analysis.model.sha256, analysis.used)
        else predict_one(head, analysis.used, vectors)
    )


def _row(head: Head, analysis: Analysis, found: Predictions | None) -> dict[str, str]:
    facts = head.facts
    row = {"Label": facts.title, "Value": "–", "Held out": facts.main_score, "Note": ""}
    if found is None:
        return row | {"Note": head.why_not(analysis.model.sha256, analysis.used) or ""}
    notes = [OUTSIDE] if found.outside[0] else []
    if facts.kind == "number":
        value = f"{with_error(found.values[0], found.errors[0])} {facts.unit}".strip()
        return row | {"Value": value, "Note": ". ".join(notes)}
    p = found.probabilities[0]
    best, *others = np.argsort(-p)[:3].tolist()
    rest = [f"{facts.classes[i]} {p[i]:.0%}" for i in others if p[i] >= 0.005]
    notes += [f"Else {', '.join(rest)}"] if rest else []
    sure = "> 99.5%" if p[best] > 0.995 else f"{p[best]:.0%}"
    return row | {"Value": f"{facts.classes[best]} ({sure})", "Note": ". ".join(notes)}
