"""What a training gave: the table of methods, learning curve, predictions against labels, the worst; and the
button that keeps the head."""

import streamlit as st

from aion.errors import AIONError
from aion.explorer import figures
from aion.explorer.ui.heads.heads_state import heads_state
from aion.explorer.ui.shared import layout, server
from aion.explorer.ui.shared.downloads import file_button
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.navigation import listed_objects
from aion.explorer.ui.shared.number_table import number_table
from aion.explorer.ui.shared.theme import theme
from aion.heads.report import HeadReport
from aion.plain_text import as_text

METHODS = (
    "Linear: ridge (numbers) or logistic regression (classes) on the embedding; this is what is kept. 10 "
    "nearest: the mean or the vote of the nearest embeddings, for comparison. Photometry alone: the same on "
    "the magnitudes of the catalog. Shuffled labels: what frequencies alone give; R² about 0, accuracy of "
    "the largest class. Every number is of objects that were held out, and an object on the sky is never on "
    "both sides."
)
WORST = 100


def training_results(report: HeadReport) -> None:
    """All of it."""
    layout.section(f"What can be learned of {as_text(report.head.facts.title)}", METHODS)
    for line in report.sentences():
        st.caption(as_text(line))
    number_table(report.table(), report.means())
    _keep(report)
    left, right = st.columns(2, gap="medium")
    with left:
        _predictions(report)
    with right:
        figure(
            figures.learning_curve(report.curve, report.main_score, theme=theme()),
            key="heads-curve",
            alt="Score of held-out objects against how many labels were learned from",
        )
    _worst(report)


def _keep(report: HeadReport) -> None:
    head, folder = report.head, server.heads()
    is_kept = any(one.path.name == head.file_name for one in folder.heads())
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_kept:
            st.caption(
                ":material/check: Kept: objects on Analyze have its value where they have the same data."
            )
        elif st.button("Keep this head", type="primary", icon=":material/bookmark_add:", key="heads-keep"):
            try:
                folder.keep(head)
                st.rerun()
            except AIONError as exc:
                layout.refuse(str(exc))
        file_button("Save file", head.to_bytes, head.file_name, "application/octet-stream", key="heads-save")


def _predictions(report: HeadReport) -> None:
    facts = report.head.facts
    if facts.kind == "class":
        drawing = figures.confusion_matrix(report.confusion, facts.classes, theme=theme())
        figure(
            drawing, key="heads-confusion", alt="Predicted classes of held-out objects against their labels"
        )
        return
    title = facts.title + (f" ({facts.unit})" if facts.unit else "")
    drawing = figures.label_pairs(report.objects.labels, report.predicted, title, theme=theme())
    figure(drawing, key="heads-pairs", alt="Predictions of held-out objects against their labels")


def _worst(report: HeadReport) -> None:
    table = report.worst(WORST)
    layout.section(
        "Farthest from their labels",
        "Objects whose label is least expected by the head that did not learn from them: numbers by their "
        "distance in errors, classes by the probability of another class. A wrong label, a rare object or a "
        "bad spectrum.",
    )
    if not len(table):
        st.caption("Every held-out object has the class that was predicted.")
        return
    listed_objects(table, key="heads-worst")


def last_report() -> HeadReport | None:
    """Of this browser tab."""
    return heads_state().report
