"""The one redshift of the page and every way to set it: peaks, clicks, sliders, a number, a named feature.
Nothing here runs the model."""

from typing import Any

import streamlit as st

from aion.constants import SPEED_OF_LIGHT
from aion.exact_redshift import ExactRedshift
from aion.explorer.results import Analysis
from aion.explorer.ui.shared.figure import follow_redshift
from aion.explorer.ui.shared.own_lines import edit_own_lines, own_lines
from aion.explorer.ui.shared.session import current_session
from aion.lines import LINES, Feature, Line, LineSet, line_label, observed
from aion.redshift import RedshiftPDF

STEP = 0.0005
"""Of the coarse slider and of the arrows of the number, in z."""
FINE = 1500
"""km/s that the fine slider reaches on both sides."""
Z_INPUT, Z_SLIDER, VELOCITY_SLIDER, LINE_CHOICE = "z-typed", "z-slid", "z-shifted", "z-named"
KEY = "z-control"
LOWEST, HIGHEST = -0.01, 20.0
FEATURES: dict[str, Feature] = {"Emission": "emission", "Absorption": "absorption"}


def current(analysis: Analysis) -> float:
    """The chosen redshift, or that of the best peak."""
    chosen = current_session().z
    return analysis.z if chosen is None else chosen


def controls(analysis: Analysis) -> None:
    """A number, a coarse and a fine slider that always show the same z, and the way back to the best peak."""
    z, last, state = current(analysis), float(analysis.redshift.edges[-1]), st.session_state
    anchor = current_session().anchor
    middle = analysis.z if anchor is None else anchor
    state[Z_INPUT], state[Z_SLIDER] = z, min(max(z, 0.0), last)
    state[VELOCITY_SLIDER] = round(SPEED_OF_LIGHT * (z - middle) / (1 + middle))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", border=True, key=KEY):
        st.number_input(
            "z", LOWEST, HIGHEST, step=STEP, format="%.5f", key=Z_INPUT, on_change=_take_input, width=150
        )
        st.slider(
            "z, coarse", 0.0, last, step=STEP, format="%.4f", key=Z_SLIDER, on_change=_take_slider, width=300
        )
        reach = f"In km/s around z = {middle:.5f}: Δv = c Δz / (1 + z)."
        st.slider(
            "z, fine (km/s)",
            -FINE,
            FINE,
            step=10,
            key=VELOCITY_SLIDER,
            on_change=_take_velocity,
            args=(middle,),
            help=reach,
            width=300,
        )
        st.button(
            "Best peak",
            on_click=current_session().choose,
            args=(None,),
            disabled=current_session().z is None,
            icon=":material/restart_alt:",
        )
    follow_redshift(z, middle, controls=KEY, coarse=Z_SLIDER)


def choose_lines() -> None:
    """Which lines are marked."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.pills(
            "Lines",
            list(FEATURES),
            selection_mode="multi",
            default=list(FEATURES),
            key="lines",
            bind="query-params",
        )
        st.toggle(
            "Minor lines too",
            key="minor",
            bind="query-params",
            help="Solid: emission; dotted: absorption; green: your own. All in vacuum.",
        )
        with st.popover("Own lines", icon=":material/edit:", key="own-lines"):
            edit_own_lines(asks_name=True)


def choose_velocity_line(analysis: Analysis, key: str) -> None:
    """The line that velocities are counted from; at first the surest of the exact redshift, or else the
    reddest major one that a spectrum covers."""
    known = known_lines()
    st.selectbox(
        "From the line",
        range(len(known)),
        index=known.index(_surest_line(analysis)),
        format_func=lambda i: line_label(known[i]),
        key=key,
        width=180,
    )


def _surest_line(analysis: Analysis) -> Line:
    best = analysis.exact[0] if analysis.exact else None
    if isinstance(best, ExactRedshift):
        return max(best.lines, key=lambda one: one.significance).line
    ends = [(one.wavelength[0], one.wavelength[-1]) for one in analysis.spectra]
    places = {line: observed(line, current(analysis)) for line in LINES if line.major}
    covered = [line for line, x in places.items() if any(low <= x <= high for low, high in ends)]
    return covered[-1] if covered else LINES[0]


def known_lines() -> tuple[Line, ...]:
    """The table, and after it the person's own."""
    return (*LINES, *own_lines())


def line_set() -> LineSet:
    """Which lines are marked, as the widgets say; the major ones where there are none."""
    features, minor = st.session_state.get("lines", list(FEATURES)), st.session_state.get("minor", False)
    return LineSet(frozenset(FEATURES[name] for name in features), minor, own_lines())


def name_feature(pdf: RedshiftPDF) -> None:
    """After a click in a spectrum: which line is this? The answer sets z; likely answers come first."""
    wavelength = current_session().feature
    if wavelength is None:
        return
    options = sorted(
        (line for line in known_lines() if LOWEST <= wavelength / line.rest - 1 <= float(pdf.edges[-1])),
        key=_rank(pdf, wavelength),
    )
    with st.container(horizontal=True, vertical_alignment="bottom", border=True):
        st.selectbox(
            f"You marked {wavelength:.1f} Å. Which line is it?",
            options,
            index=None,
            placeholder="Choose a line; the likely ones come first",
            format_func=lambda line: f"{line_label(line)} → z = {wavelength / line.rest - 1:.5f}",
            key=LINE_CHOICE,
            on_change=_take_line,
            args=(wavelength,),
            width=420,
        )
        st.button("Not a line", on_click=_forget_feature, type="tertiary")


def mark_feature(wavelength: float) -> None:
    """A click on a spectrum, Å, observed."""
    current_session().feature = wavelength


def _rank(pdf: RedshiftPDF, wavelength: float) -> Any:
    """Sorts lines: the probability within 1000 km/s of the redshift they mean, major lines before minor ones
    of equal probability."""

    def rank(line: Line) -> tuple[float, bool, float]:
        z = wavelength / line.rest - 1
        reach = (1 + z) * 1000 / SPEED_OF_LIGHT
        return -round(pdf.coverage(z - reach, z + reach), 3), not line.major, line.rest

    return rank


def _take_input() -> None:
    current_session().choose(st.session_state[Z_INPUT])


def _take_slider() -> None:
    current_session().choose(st.session_state[Z_SLIDER])


def _take_velocity(anchor: float) -> None:
    """The anchor stays where it is, so that the slider can be moved back."""
    session = current_session()
    session.z, session.anchor = (
        anchor + (1 + anchor) * st.session_state[VELOCITY_SLIDER] / SPEED_OF_LIGHT,
        anchor,
    )


def _take_line(wavelength: float) -> None:
    line: Line | None = st.session_state[LINE_CHOICE]
    if line is not None:
        current_session().choose(wavelength / line.rest - 1)


def _forget_feature() -> None:
    current_session().feature = None
