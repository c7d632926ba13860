"""p(z), its peaks with the lines they predict, the spectra, at one z. A fragment: moving z runs no model."""

from collections.abc import Sequence

import streamlit as st

from aion.exact_redshift import ExactRedshift
from aion.explorer import figures
from aion.explorer.redshift.line_evidence import FOUND_FROM, Votes, votes
from aion.explorer.results import Analysis, SpectrumResult
from aion.explorer.ui.analyze import links, z_control
from aion.explorer.ui.analyze.arms_panel import arms_panel
from aion.explorer.ui.analyze.modality_ablation import each_alone
from aion.explorer.ui.analyze.prior_choice import prior_choice
from aion.explorer.ui.analyze.reasons_panel import reasons_panel
from aion.explorer.ui.analyze.recalibration_choice import recalibration_choice
from aion.explorer.ui.shared import labels, layout
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.number_table import number_table
from aion.explorer.ui.shared.own_lines import own_lines
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme

FLAGS = {
    "multimodal": "Another redshift holds at least a tenth of the probability: compare the peaks.",
    "edge": "The probability piles up at the end of the grid: the redshift may lie beyond it.",
    "broad": (
        "The 68 % region is wide. Images and photometry rarely do better; of a spectrum it means that "
        "no line was recognized."
    ),
    "low coverage": "The data cover little of what a redshift needs.",
}
BEST = "The top of the peak that holds most of the probability: {:.0%}. The mode is the densest bin of all."
HOLDS = "This peak holds {:.0%} of the probability."
AROUND = "Around the peaks"
EXTENTS: dict[str, figures.Extent] = {AROUND: "peaks", "Whole grid": "grid"}
LINEAR, LOG = "Linear", "Log"
VELOCITY_LINE = "velocity-line"
"""Key of the choice, by its place in the table, of the line that velocities are counted from."""
SMOOTHING = {"None": 1, "3 px": 3, "5 px": 5, "9 px": 9, "15 px": 15}
OBSERVED, REST, VELOCITY = "Observed", "Rest", "Velocity"
FLUXES: list[figures.FluxScale] = ["Fλ", "Fν", "AB"]
VOTES = (
    "Major lines that each redshift predicts in the range of the data, and the S/N there: flux above "
    "(emission) or below (absorption) a straight continuum through both sides, over its error, without "
    f"masked pixels and the atmosphere. Negative: the opposite is there. Found means S/N ≥ {FOUND_FROM:g}. "
    "Total: the sum over the root of the number of lines. Your own lines are measured too, positive where "
    "there is light, and are in no sum. Computed from the data, not by the model."
)

EXACT = (
    "The lines of the spectrum fitted within the best peak of p(z), each with a flux of its own on its own "
    "continuum, all with one velocity and one width, without masked pixels and without single ones that "
    "stand out as no line does. {} {} lines of S/N ≥ 3; width σ = {:.0f} km/s with that of the instrument; "
    "the next best redshift in this peak is worse by {:.0f} in χ². The error is statistical. Broad lines of "
    "quasars may lie hundreds of km/s from the rest of the galaxy. Computed from the data, not by the model; "
    "negative: absorption; 0: it would have the wrong sign."
)


@st.fragment
def redshift_and_spectra(analysis: Analysis) -> None:
    """The density with its numbers, its peaks, the z control, and every spectrum with lines at that z."""
    facts, chart = st.columns([1, 2], gap="medium")
    with facts:
        _facts(analysis)
    with chart:
        _density(analysis)
    _peaks(analysis)
    z_control.controls(analysis)
    if analysis.spectra:
        _spectra(analysis)
    each_alone(analysis, z_control.current(analysis))
    reasons_panel(analysis)
    arms_panel(analysis)
    links.write_address()


def display_options() -> figures.Shown:
    """How p(z) and the spectra are looked at, as their widgets say; as a page opens where there are none."""
    chosen = st.session_state
    extent, smoothing = EXTENTS[chosen.get("range", AROUND)], SMOOTHING[chosen.get("smooth", "None")]
    frame = chosen.get("frame")
    lines = dict(enumerate(z_control.known_lines()))
    view = figures.View(
        z_control.line_set(),
        rest=frame == REST,
        smoothing=smoothing,
        around=lines.get(chosen.get(VELOCITY_LINE, -1)) if frame == VELOCITY else None,
        flux=chosen.get("flux", FLUXES[0]),
    )
    return figures.Shown(current_session().z, extent, chosen.get("scale") == LOG, view)


def _facts(analysis: Analysis) -> None:
    pdf = analysis.redshift
    with st.container(horizontal=True, vertical_alignment="bottom"):
        best = pdf.peaks[0]
        st.metric(
            "Redshift (best peak)", f"{best.z:.4f}", help=BEST.format(best.probability), width="content"
        )
        for flag in pdf.flags:
            st.badge(flag, color="orange", help=FLAGS.get(flag))
    st.caption(HOLDS.format(best.probability))
    st.table(
        labels.redshift_facts(analysis),
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def _density(analysis: Analysis) -> None:
    pdf = analysis.redshift
    with st.container(horizontal=True):
        _choice("Range of z", list(EXTENTS), "range")
        _choice("Scale of p(z)", [LINEAR, LOG], "scale")
        prior_choice(analysis)
    z, shown = z_control.current(analysis), display_options()
    figure(
        figures.redshift(
            pdf,
            z=z,
            reference=analysis.z_reference,
            with_marks=False,
            extent=shown.extent,
            log=shown.log,
            theme=theme(),
        ),
        key="redshift",
        alt=f"Probability density over redshift. {pdf.summary()}",
        object_id=analysis.id,
        view=f"{shown.extent} {shown.log} {pdf.mode} {pdf.median}",
        marks=figures.redshift_mark(theme=theme()),
        on_click=current_session().choose,
    )
    recalibration_choice(analysis)
    if analysis.prior:
        st.caption(f"Multiplied by {analysis.prior}.")


def _peaks(analysis: Analysis) -> None:
    """A click on a row moves the lines to that peak; beside each, how many of its lines are in the data."""
    redshifts = _redshifts(analysis)
    own = own_lines()
    evidence = [votes(analysis.spectra, z, own) for z in redshifts]
    table = labels.peaks(analysis, evidence)
    key = f"peaks-{current_session().opened}"
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={name: st.column_config.Column(short, help=name) for name, short in _SHORT.items()},
        key=key,
        on_select=lambda: _choose_peak(key, redshifts),
        selection_mode=["single-row", "single-cell"],
    )
    if any(vote.lines for vote in evidence):

        def lines_at_them() -> None:
            st.caption(VOTES)
            here = votes(analysis.spectra, z_control.current(analysis), own)
            st.dataframe(labels.votes_table(_distinct([*evidence, here])), hide_index=True, height="content")

        layout.fold(
            "Which lines each peak predicts, and what is there",
            lines_at_them,
            icon=":material/how_to_vote:",
            key="votes",
        )
    best = analysis.exact[0] if analysis.exact else None
    if isinstance(best, ExactRedshift):

        def fluxes() -> None:
            st.caption(EXACT.format(len(best.used), best.kind, best.velocity_width, best.lead))
            number_table(labels.line_fluxes(best), labels.line_numbers(best))

        layout.fold(
            "Lines at the exact redshift: fluxes and equivalent widths",
            fluxes,
            icon=":material/straighten:",
            key="exact",
        )


_SHORT = {
    "68 % of the peak": "68 %",
    "Exact, from lines": "Exact",
    "Lines found": "Lines",
    "S/N of its lines, total": "S/N",
}
"""Columns that all fit on a phone; the whole name is behind each."""


def _redshifts(analysis: Analysis) -> list[float]:
    """Of each peak: the exact one, or else the peak's top."""
    tops = [peak.z for peak in analysis.redshift.peaks]
    exact = analysis.exact or [None] * len(tops)
    return [one.z if isinstance(one, ExactRedshift) else top for one, top in zip(exact, tops, strict=True)]


def _choose_peak(key: str, redshifts: Sequence[float]) -> None:
    chosen = st.session_state[key]["selection"]
    rows = chosen["rows"] or [row for row, _ in chosen["cells"]]
    if rows and rows[0] < len(redshifts):
        current_session().choose(redshifts[rows[0]])


def _distinct(evidence: Sequence[Votes]) -> list[Votes]:
    """Without those whose redshift reads the same."""
    return list({f"{vote.z:.4f}": vote for vote in evidence}.values())


def _spectra(analysis: Analysis) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        z_control.choose_lines()
        st.segmented_control(
            "Smoothing",
            list(SMOOTHING),
            default="None",
            required=True,
            key="smooth",
            bind="query-params",
            help=_SMOOTHING,
        )
        frame = st.segmented_control(
            "Wavelengths",
            [OBSERVED, REST, VELOCITY],
            default=OBSERVED,
            required=True,
            key="frame",
            bind="query-params",
        )
        if frame == VELOCITY:
            z_control.choose_velocity_line(analysis, VELOCITY_LINE)
        st.segmented_control(
            "Flux", FLUXES, default=FLUXES[0], required=True, key="flux", bind="query-params", help=_FLUX
        )
    z_control.name_feature(analysis.redshift)
    for number, spectrum in enumerate(analysis.spectra):
        _spectrum(spectrum, number, analysis, display_options().view)


_SMOOTHING = (
    "Running mean over pixels, weighted by the inverse variance, for the eye only: residuals, S/N and the "
    "model use the data as given."
)
_FLUX = "Per wavelength as measured, per frequency in µJy, or AB magnitudes; residuals stay in σ."
_SPECTRUM = (
    "Drag to zoom, double-click to see all of it again. Click a feature and say which line it is to set z."
)


def _spectrum(spectrum: SpectrumResult, number: int, analysis: Analysis, view: figures.View) -> None:
    layout.section(f"{spectrum.survey} spectrum", _SPECTRUM)
    is_moved = view.rest or view.around is not None
    z = z_control.current(analysis) if is_moved else None
    figure(
        figures.spectrum(spectrum, z=z, view=view, with_marks=False, theme=theme()),
        key=f"spectrum-{number}",
        alt=f"{spectrum.survey} spectrum, its decoded version, and the residual, with lines at a redshift",
        object_id=analysis.id,
        view=f"{view.rest} {view.around and view.around.name} {view.flux}",
        marks=figures.line_marks(view=view, theme=theme()),
        on_click=z_control.mark_feature,
    )
    st.caption(labels.spectrum_summary(spectrum))


def _choice(label: str, options: list[str], key: str) -> None:
    st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
