"""What each modality says alone: p(z) from the image only, the spectrum only, the numbers only, and all
together, when asked for."""

import streamlit as st

from aion.explorer import figures
from aion.explorer.results import Analysis
from aion.explorer.ui.shared import labels, layout, server
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme


def each_alone(analysis: Analysis, z: float) -> None:
    """A button, and then one row per modality; asked once per object."""
    session, groups = current_session(), labels.switch_groups(analysis)
    if len(groups) < 2:
        return
    if session.alone is None:
        if not st.button("Compare what each says alone", icon=":material/stacked_line_chart:"):
            return
        target, engine = session.target, server.engine()
        assert target is not None
        choices: dict[str, tuple[str, ...] | None] = {f"{label} only": keys for label, keys in groups.items()}
        with st.spinner("Asking the model once for each"):
            session.alone = engine.redshifts(target, choices | {"All together": None})
    layout.section(
        "Which modalities speak",
        "Each row is p(z) from these data alone, without a prior; recalibrated where p(z) above is.",
    )
    corrected = session.recalibration(server.engine().recalibration)
    alone = {name: one.recalibrated(corrected).redshift for name, one in session.alone.items()}
    drawing = figures.alone(alone, z=z, reference=analysis.z_reference, theme=theme())
    figure(
        drawing, key="alone", alt="p(z) from each modality alone and from all together", object_id=analysis.id
    )
