"""p(z) and the spectra with one redshift for all of them. A fragment: moving z runs no model and nothing else of the page."""

from collections.abc import Callable

import streamlit as st

from aion.explorer import figures
from aion.explorer.results import Analysis
from aion.explorer.ui import look, tables
from aion.explorer.ui.state import session
from aion.redshift import RedshiftPDF

FLAGS = {
    "multimodal": "Another redshift holds at least a tenth of the probability: compare the peaks.",
    "edge": "The probability piles up at the end of the grid: the redshift may lie beyond it.",
    "broad": "The 68 % region is wide; image and photometry alone rarely do better.",
    "low coverage": "The data cover little of what a redshift needs.",
}
BEST = "The top of the peak that holds most of the probability: {:.0%}. The mode is the densest bin of all."
STEP = 0.0005
"""Of the slider and of the arrows of the number, in z."""
TYPED, SLID, PEAK = "z-typed", "z-slid", "z-peak"
PEAKS, GRID = "Where the probability is", "Whole grid"


@st.fragment
def redshift_and_spectra(analysis: Analysis) -> None:
    """The density with its numbers, the z control, and every spectrum with lines at that z."""
    pdf = analysis.redshift
    z = _current(pdf)
    facts, chart = st.columns([1, 2], gap="medium")
    with facts:
        _facts(analysis)
    with chart:
        extent = st.segmented_control("Range", [PEAKS, GRID], default=PEAKS, required=True, key="extent", label_visibility="collapsed")
        drawing = figures.redshift(
            pdf, z=z, reference=analysis.z_reference, extent="grid" if extent == GRID else "peaks", theme=look.theme()
        )
        look.figure(drawing, key="redshift", alt=f"Probability density over redshift. {pdf.summary()}")
    every_line = _control(analysis, z)
    for number, spectrum in enumerate(analysis.spectra):
        look.section(
            f"{spectrum.survey} spectrum", "Drag to zoom, double-click to see all of it again. Lines are at the chosen redshift, in vacuum."
        )
        drawing = figures.spectrum(spectrum, z=z, every_line=every_line, theme=look.theme())
        look.figure(
            drawing,
            key=f"spectrum-{number}",
            alt=f"{spectrum.survey} spectrum, its decoded version, and the residual, lines at z = {z:.4f}",
        )
        st.caption(tables.spectrum_summary(spectrum))


def _current(pdf: RedshiftPDF) -> float:
    """The chosen redshift, or the best peak."""
    chosen = session().z
    return pdf.peaks[0].z if chosen is None else chosen


def _facts(analysis: Analysis) -> None:
    pdf = analysis.redshift
    with st.container(horizontal=True, vertical_alignment="bottom"):
        best = pdf.peaks[0]
        st.metric("Redshift (best peak)", f"{best.z:.4f}", help=BEST.format(best.probability), width="content")
        for flag in pdf.flags:
            st.badge(flag, color="orange", help=FLAGS.get(flag))
    st.table(tables.redshift_facts(pdf, analysis.z_reference), border="horizontal", hide_index=True, hide_header=True)


def _control(analysis: Analysis, z: float) -> bool:
    """Peak, number and slider, always showing the same z; whether all lines are wanted."""
    pdf = analysis.redshift
    peaks = {f"{peak.z:.4f} ({peak.probability:.0%})": peak.z for peak in pdf.peaks}
    last = float(pdf.edges[-1])
    state = st.session_state
    state[TYPED], state[SLID] = z, min(max(z, 0.0), last)
    state[PEAK] = next((label for label, at in peaks.items() if abs(at - z) < STEP / 5), None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", border=True):
        st.pills("z from a peak", list(peaks), key=PEAK, on_change=_adopt, args=(PEAK, peaks.get), wrap=True)
        st.number_input(
            "z, typed",
            min_value=-0.01,
            max_value=20.0,
            step=STEP,
            format="%.5f",
            key=TYPED,
            on_change=_adopt,
            args=(TYPED, float),
            width=150,
        )
        st.slider("z, by hand", 0.0, last, step=STEP, format="%.4f", key=SLID, on_change=_adopt, args=(SLID, float))
        if not analysis.spectra:
            return False
        return st.toggle("All lines", key="every-line", help="Mark minor lines too. Solid: emission; dotted: absorption.")


def _adopt(key: str, value: Callable[..., float | None]) -> None:
    """Make what one widget says the redshift of all."""
    said = st.session_state[key]
    session().z = None if said is None else value(said)
