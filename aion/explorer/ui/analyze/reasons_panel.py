"""What the redshift, or the likeness to a neighbor, rests on: each part of the data hidden in turn, when a
person asks for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aion import lines
from aion.explorer import figures
from aion.explorer.engine.occlusion import occlude
from aion.explorer.engine.reconstruction import SURVEYS
from aion.explorer.results import Analysis, Floats
from aion.explorer.results.occlusion import Occlusion, TokenGroup
from aion.explorer.ui.analyze import z_control
from aion.explorer.ui.shared import labels, layout, server
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.own_lines import own_lines
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme

EXPLANATION = (
    "The model is asked again with one part of the data hidden after the other: about 100 Å of a spectrum, a "
    "patch of 12 × 12 pixels of an image, a number. What the log odds of a redshift lose without a part is "
    "the evidence of that part, in nats: 0.7 doubles the odds, 2.3 makes them ten times as high. Parts that "
    "say the same stand in for one another, so that the sum is not that of the whole. Of the model's own "
    "p(z), without prior or recalibration."
)
EVIDENCE, LIKENESS = "Evidence (nats)", "Change of the cosine"
STRONGEST = 8
"""Parts that are listed."""


def reasons_panel(analysis: Analysis) -> None:
    """A fold with a button, then figures and the parts that count most."""
    layout.fold(
        "What this redshift rests on",
        partial(_reasons, analysis),
        icon=":material/troubleshoot:",
        key="reasons",
    )


def _reasons(analysis: Analysis) -> None:
    session = current_session()
    st.caption(EXPLANATION)
    place = st.empty()
    if session.reasons is None:
        if not place.button("Hide each part in turn", icon=":material/visibility_off:", key="reasons-start"):
            return

        def tell(done: int, total: int) -> None:
            place.progress(done / total, text="Asking the model without each part")

        session.reasons = occlude(server.engine(), analysis, tell)
        place.empty()
    found = session.reasons
    questions = _questions(analysis, found)
    asked = st.selectbox("Which parts speak for", list(questions), key=f"reasons-of-{session.opened}")
    change, measure = questions[asked]
    for number, spectrum in enumerate(analysis.spectra):
        draw = partial(figures.spectrum_reasons, spectrum, measure=measure, theme=theme())
        alt = f"{spectrum.survey} spectrum, and below it what each stretch adds"
        marks = figures.line_marks(view=figures.View(lines.LineSet(own=own_lines())), theme=theme())
        _draw(draw, found, change, spectrum.survey, f"spectrum-{number}", alt, analysis.id, marks)
    for number, image in enumerate(analysis.images):
        draw = partial(figures.image_reasons, image, measure=measure, theme=theme())
        alt = f"{image.survey} image, and beside it what each patch adds"
        _draw(draw, found, change, image.survey, f"image-{number}", alt, analysis.id)
    st.dataframe(
        _strongest(found.groups, change, measure, z_control.current(analysis)),
        hide_index=True,
        height="content",
    )


def _questions(analysis: Analysis, found: Occlusion) -> dict[str, tuple[Floats, str]]:
    """What a person may ask -> the answer of each group, and what it measures."""
    asked = {
        f"z = {peak.z:.4f} ({peak.probability:.0%})": (found.evidence(peak), EVIDENCE)
        for peak in analysis.redshift.peaks
    }
    catalog = server.engine().catalog
    views = {} if catalog is None else catalog.searched(analysis.used)
    if catalog is not None and len(views) == 1:  # else a vector of all that was read lies elsewhere
        [index] = [catalog.indexes[view] for view in views]
        for neighbor in analysis.neighbors[:5]:
            [vector] = index.rows(np.array([catalog.row(neighbor.id)]))
            asked[f"likeness to {neighbor.id}"] = (found.likeness(vector), LIKENESS)
    return asked


def _draw(
    draw: Callable[..., figures.Figure],
    found: Occlusion,
    change: Floats,
    survey: str,
    key: str,
    alt: str,
    object_id: str,
    marks: figures.Marks | None = None,
) -> None:
    """The figure of the groups of a survey's image or spectrum, if it was read."""
    rows = [i for i, group in enumerate(found.groups) if SURVEYS.get(group.key) == survey]
    if rows:
        drawing = draw([found.groups[i] for i in rows], change[rows])
        figure(drawing, key=f"reasons-{key}", alt=alt, object_id=object_id, marks=marks)


def _strongest(groups: tuple[TokenGroup, ...], change: Floats, measure: str, z: float) -> pd.DataFrame:
    """The parts that count most, with the lines that lie in them at a redshift."""
    order = np.argsort(-np.abs(change), kind="stable")[:STRONGEST]
    rows: list[dict[str, Any]] = [
        {"Part": labels.part(groups[i]), measure: change[i], "Lines there": _lines(groups[i], z)}
        for i in order
    ]
    return pd.DataFrame(rows).round({measure: 3 if measure == LIKENESS else 2})


def _lines(group: TokenGroup, z: float) -> str:
    if group.stretch is None:
        return ""
    every = lines.LineSet(minor=True, own=own_lines())
    return ", ".join(dict.fromkeys(line.name for line in lines.lines_in(*group.stretch, z, chosen=every)))
