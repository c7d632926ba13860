"""What the object lacks, drawn by the model: a target, how it is drawn, progress, and what came out. All of
it says that it is generated."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from aion.explorer import figures
from aion.explorer.engine.generation import GenerationJob, generation_targets
from aion.explorer.engine.generation_passes import MOST, GenerationRequest
from aion.explorer.export.generation import generated_files, generated_name
from aion.explorer.results import Analysis
from aion.explorer.results.generated import MARK, Generated, Withheld, mark
from aion.explorer.ui.shared import labels, layout, server
from aion.explorer.ui.shared.downloads import file_button
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.session import Session, current_session
from aion.explorer.ui.shared.theme import on_phone, theme
from aion.io import Report, SkyObject
from aion.plain_text import as_text

EVERY = 0.25
"""Seconds between two looks at how far it is."""
METHODS = {"maskgit": "MaskGIT", "sample": "Sample", "argmax": "Most probable"}
METHOD_HELP = (
    "**MaskGIT** draws a quarter of the tokens at a time; each quarter sees those before it, which gives the "
    "most honest bands. **Sample** draws every token for itself. **Most probable** is one, without a band."
)
_KEPT: dict[str, Any] = {"persist_state": "session"}
"""Of choices that stay while another page is looked at."""
_GROUPS = {"photometry": "All Legacy Survey photometry", "photometry_hsc": "All HSC photometry"}
_KINDS = {"fits": "application/fits", "json": "application/json", "html": "text/html"}


def generation_panel(analysis: Analysis) -> None:
    """A fold, in which nothing is drawn before a person asks."""
    layout.fold(
        "Generate what is missing, or withhold it and compare",
        partial(_panel, analysis),
        icon=":material/auto_awesome:",
        key="generate",
    )


def _panel(analysis: Analysis) -> None:
    session = current_session()
    st.caption(
        "The model can draw any kind of data that it knows from any other. That shows what it expects, not "
        f"what is there: every figure and every file of it says **{MARK}**, and it is never read back."
    )
    names = _target_names(analysis)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            "Target", list(names), format_func=names.__getitem__, key="generate-target", **_KEPT
        )
        method = st.segmented_control(
            "Method",
            list(METHODS),
            default="maskgit",
            required=True,
            format_func=METHODS.__getitem__,
            key="generate-method",
            help=METHOD_HELP,
            **_KEPT,
        )
        samples = st.number_input(
            "Samples",
            1,
            MOST,
            16,
            key="generate-samples",
            width=110,
            disabled=method == "argmax",
            **_KEPT,
        )
        with st.popover("Draws", icon=":material/casino:"):
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                0,
                key="generate-seed",
                help="The same seed gives the same samples.",
                **_KEPT,
            )
            temperature = st.slider(
                "Temperature",
                0.5,
                1.5,
                1.0,
                step=0.05,
                key="generate-temperature",
                help="At 1 the bands cover what they should on simulated objects; below 1 samples are alike.",
                **_KEPT,
            )
    request = GenerationRequest.of(
        target, int(samples), method, seed=int(seed), temperature=temperature, use=session.use
    )
    if session.generation is not None and session.generation.is_running:
        _progress(session, session.generation)
    else:
        st.button(
            "Generate",
            type="primary",
            icon=":material/auto_awesome:",
            key="generate-start",
            on_click=lambda: session.generate(GenerationJob(server.engine(), _target(session), request)),
        )
    if session.generation_problem is not None:
        layout.refuse(session.generation_problem)
    if session.generated is not None:
        _result(session, session.generated)


def take_over_generated() -> None:
    """Take over what a generation that is over has made, before anything of the page is drawn."""
    session = current_session()
    job = session.generation
    if job is None or job.is_running:
        return
    session.generation = None
    session.generation_problem = None if job.problem is None else str(job.problem)
    session.generated = job.result or session.generated


def _target(session: Session) -> SkyObject:
    assert session.target is not None
    return session.target


def _target_names(analysis: Analysis) -> dict[str, str]:
    """Target -> what it is for people, and whether there is any; what is missing comes first."""
    targets = generation_targets(analysis.model.writes)

    def name(target: str) -> str:
        held = [key for key in targets[target] if key in analysis.tokens]
        what = _GROUPS.get(target) or labels.stream_name(targets[target][0])
        return f"{what} ({'to be withheld' if held else 'missing'})"

    def rank(target: str) -> tuple[int, bool]:
        is_wide = targets[target][0].startswith(("tok_image", "tok_spectrum"))
        kind = 0 if is_wide else 1 if target in _GROUPS else 2
        return kind, any(key in analysis.tokens for key in targets[target])

    return {target: name(target) for target in sorted(targets, key=rank)}


@st.fragment(run_every=EVERY)
def _progress(session: Session, job: GenerationJob) -> None:
    if not job.is_running:
        st.rerun(scope="app")
    progress = job.progress
    share = progress.done / progress.total if progress.total else 0.0
    text = f"{progress.done:,} of {progress.total:,} tokens drawn" if progress.total else "Reading the object"
    if progress.total and progress.done == progress.total:
        text = "Decoding"
    st.progress(min(share, 1.0), text=text)
    st.button("Cancel", key="generate-cancel", on_click=session.stop_generation, icon=":material/close:")


def _result(session: Session, generated: Generated) -> None:
    generated_title(generated)
    read = ", ".join(dict.fromkeys(labels.stream_group(key) for key in generated.used))
    st.caption(f"Read: {read}. Took {generated.seconds:.1f} s.")
    for caution in generated.cautions:
        st.warning(as_text(caution), icon=":material/warning:")
    if generated.agreement is not None:
        _agreement(generated, generated.agreement)
    drawings = figures.generated_figures(generated, theme=theme(), narrow=on_phone())
    for name, drawing in drawings.items():
        figure(
            drawing,
            key=f"{generated.target}-{name}-{MARK.replace(', ', '-').replace(' ', '-')}",
            alt=f"{generated.target}, {name}: {mark(generated)}",
            object_id=generated.id,
            view=f"{generated.method} {generated.seed} {generated.temperature} {generated.samples}",
        )
    file_buttons(generated, _target(session), key="generate")


def generated_title(generated: Generated) -> None:
    """That it is generated, how, and by which weights."""
    st.markdown(
        f":material/auto_awesome: **{MARK.capitalize()}** · {as_text(mark(generated)[len(MARK) + 2 :])}"
    )


def file_buttons(generated: Generated, target: SkyObject, *, key: str) -> None:
    """Its files, each of which says what it is."""
    with st.container(horizontal=True):
        for ending, mime in _KINDS.items():
            name = generated_name(generated, ending)
            content = partial(_content, generated, target.reports, name)
            file_button(f"{ending.upper()}, {MARK}", content, name, mime, key=f"{key}-{ending}")


def _content(generated: Generated, reports: Sequence[Report], name: str) -> bytes:
    return generated_files(generated, reports)[name]


def _agreement(generated: Generated, agreement: Withheld) -> None:
    """How what was withheld lies among the samples."""
    chi2_help = "Mean of (data − median)² / (noise² + variance of the samples)."
    chi2 = [] if agreement.chi2 is None else [("χ²", f"{agreement.chi2:.2f}", chi2_help)]
    numbers = [
        ("68 % band holds", f"{agreement.covered68:.0%}", "Share of what was withheld, its noise added."),
        ("95 % band holds", f"{agreement.covered95:.0%}", "Share of what was withheld, its noise added."),
        *chi2,
        (
            "Rank",
            f"{agreement.rank} of {generated.samples}",
            f"How many samples are below what was withheld, by {agreement.level}.",
        ),
    ]
    with st.container(horizontal=True):
        for label, value, help in numbers:
            st.metric(label, value, help=help, width="content")
