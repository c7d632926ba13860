"""The tokens of an object over its data: where the model is surprised by them, and what it fills in where a
person marks some. What is filled in says that it is generated."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aion.explorer import figures
from aion.explorer.engine.fill_in import FillJob
from aion.explorer.engine.reconstruction import SURVEYS
from aion.explorer.engine.surprise import SurpriseJob, token_places
from aion.explorer.results import Analysis, Floats, ImageResult, SpectrumResult
from aion.explorer.results.generated import MARK, FilledIn, mark
from aion.explorer.results.occlusion import TokenGroup
from aion.explorer.results.surprise import StreamSurprise
from aion.explorer.ui.analyze import generation_panel
from aion.explorer.ui.shared import labels, layout, server
from aion.explorer.ui.shared.figure import figure, points
from aion.explorer.ui.shared.session import Session, TokenLab, current_session
from aion.explorer.ui.shared.theme import on_phone, theme
from aion.io import SkyObject

EXPLANATION = (
    "An image is 576 tokens, a spectrum 273. **Surprise** is −log p of the token that is there, where the "
    "model knows all others but its neighbors; **entropy** is how much surprise it expects; the **residual** "
    "is the largest distance of the data from what it expects, in units of the noise. Trails of satellites "
    "stand out by surprise, cosmic rays by the residual; so does what is right but rare."
)
SURPRISE, ENTROPY, RESIDUAL, ID = "Surprise (nats)", "Entropy (nats)", "Residual (σ)", "Token id"
EXCESS_HELP = (
    "Of data like those that the model learned from, the excess is 0 or below. Above it they are unlike: "
    "another instrument, planes in the wrong order, a unit that was misread."
)
STRONGEST = 5
"""Tokens of each image and spectrum that are listed."""
EVERY = 0.25
"""Seconds between two looks at how far it is."""


def token_lab(analysis: Analysis) -> None:
    """A fold with the tokens over the data; the model is asked when a person wishes it."""
    layout.fold(
        "Token lab: what the model reads, and what surprises it",
        partial(_lab, analysis),
        icon=":material/grid_on:",
        key="tokens",
    )


def take_over_lab() -> None:
    """Take over what a request that is over has found, before anything of the page is drawn."""
    lab = current_session().lab
    job = lab.job
    if job is None or job.is_running:
        return
    lab.job = None
    lab.problem = None if job.problem is None else str(job.problem)
    if isinstance(job, SurpriseJob):
        lab.surprise = job.result or lab.surprise
    else:
        lab.filled = job.result or lab.filled


def _lab(analysis: Analysis) -> None:
    session = current_session()
    lab = session.lab
    st.caption(EXPLANATION)
    places = token_places(server.engine(), analysis)
    if not places:
        layout.empty("The model reads neither an image nor a spectrum here that it could be asked for.")
        return
    if lab.job is not None and lab.job.is_running:
        _progress(lab)
    elif lab.surprise is None:
        st.button(
            "Map the surprise",
            type="primary",
            icon=":material/grid_on:",
            key="lab-surprise",
            on_click=lambda: lab.start(SurpriseJob(server.engine(), analysis)),
        )
    if lab.problem is not None:
        layout.refuse(lab.problem)
    maps = {one.key: one for one in lab.surprise or ()}
    measure = _measure(maps, session)
    wide: tuple[ImageResult | SpectrumResult, ...] = (*analysis.images, *analysis.spectra)
    results = {one.survey: one for one in wide}
    for key in places:
        values = _values(maps[key], measure) if key in maps else analysis.tokens[key].astype(float)
        _stream(analysis, results[SURVEYS[key]], places[key], values, measure or ID)
        if key in maps:
            st.caption(_whole(maps[key]), help=EXCESS_HELP)
        _fill_in(analysis, session, places[key])
        if lab.filled is not None and key in lab.filled.generated.tokens:
            _filled_in(lab.filled, _target(session))
    if maps:
        ranked = SURPRISE if measure == ID else measure
        strongest = [_strongest(one, ranked, results[SURVEYS[key]]) for key, one in maps.items()]
        st.dataframe(pd.concat(strongest).round(2), hide_index=True, height="content")


def _target(session: Session) -> SkyObject:
    assert session.target is not None
    return session.target


def _measure(maps: dict[str, StreamSurprise], session: Session) -> str:
    """What the tokens are colored by."""
    if not maps:
        return ID
    has_residual = any(one.residual is not None for one in maps.values())
    offered = [SURPRISE, ENTROPY, *([RESIDUAL] if has_residual else []), ID]
    return st.selectbox("Color by", offered, key=f"lab-color-{session.opened}", width=260)


def _values(surprise: StreamSurprise, measure: str) -> Floats:
    """(n,) one number of each token; NaN where it has none."""
    nothing = np.full(len(surprise.ids), np.nan)
    residual = nothing if surprise.residual is None else surprise.residual
    return {
        SURPRISE: surprise.surprise,
        ENTROPY: surprise.entropy,
        RESIDUAL: residual,
        ID: surprise.ids.astype(float),
    }[measure]


def _stream(
    analysis: Analysis,
    result: ImageResult | SpectrumResult,
    places: tuple[TokenGroup, ...],
    values: Floats,
    measure: str,
) -> None:
    """The tokens of one image or spectrum, some of which are marked."""
    lab, key = current_session().lab, places[0].key
    if not np.isfinite(values).any():
        st.caption(f"{labels.stream_name(key)}: its data have no noise to compare with.")
        return
    if isinstance(result, SpectrumResult):
        drawing = figures.spectrum_tokens(result, places, values, measure=measure, theme=theme())
    else:
        drawing = figures.image_tokens(
            result, places, values, measure=measure, stacked=on_phone(), theme=theme()
        )

    def mark_tokens(positions: list[int]) -> None:
        lab.marked[key] = tuple(sorted(set(positions)))

    points(
        drawing,
        key=f"tokens-{key}",
        alt=f"{measure} of each token of the {labels.stream_name(key)}",
        selected=lab.marked.get(key) or None,
        view=f"{analysis.id} {current_session().opened}",
        on_select=mark_tokens,
    )


def _whole(surprise: StreamSurprise) -> str:
    mean, entropy = float(surprise.surprise.mean()), float(surprise.entropy.mean())
    return (
        f"{labels.stream_name(surprise.key)}: mean surprise {mean:.2f} nats where {entropy:.2f} were "
        f"expected, an excess of {surprise.excess:+.2f}."
    )


def _fill_in(analysis: Analysis, session: Session, places: tuple[TokenGroup, ...]) -> None:
    """What is marked, a range to mark where it is a spectrum, and the request."""
    lab, key = session.lab, places[0].key
    marked = lab.marked.get(key, ())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if places[-1].stretch is not None:
            _range(lab, places, session.opened)
        st.button(
            f"Let the model fill in {len(marked)} of {len(places)} tokens",
            type="primary",
            icon=":material/auto_awesome:",
            key=f"lab-fill-{key}",
            disabled=not marked or lab.job is not None,
            help="Mark tokens with a box or a lasso, or a range of a spectrum: they are hidden and drawn.",
            on_click=lambda: lab.start(FillJob(server.engine(), _target(session), analysis, key, marked)),
        )
        if marked:
            st.button(
                "Clear",
                key=f"lab-clear-{key}",
                on_click=lambda: lab.marked.update({key: ()}),
                icon=":material/close:",
            )


def _range(lab: TokenLab, places: tuple[TokenGroup, ...], opened: int) -> None:
    """Two numbers that mark all tokens between them."""
    key = places[0].key
    ends = [place.stretch for place in places if place.stretch is not None]
    reach: dict[str, Any] = {"min_value": ends[0][0], "max_value": ends[-1][1], "step": 10.0, "width": 120}
    low = st.number_input("From (Å)", value=6500.0, format="%.0f", key=f"lab-from-{key}-{opened}", **reach)
    high = st.number_input("To (Å)", value=6700.0, format="%.0f", key=f"lab-to-{key}-{opened}", **reach)

    def mark_range() -> None:
        inside = [p for p in places if p.stretch is not None and p.stretch[1] > low and p.stretch[0] < high]
        lab.problem = None if inside else f"no token lies between {low:.0f} and {high:.0f} Å"
        lab.marked[key] = tuple(int(place.positions[0]) for place in inside)

    st.button("Mark this range", key=f"lab-range-{key}", on_click=mark_range, icon=":material/select_all:")


@st.fragment(run_every=EVERY)
def _progress(lab: TokenLab) -> None:
    job = lab.job
    if job is None or not job.is_running:
        st.rerun(scope="app")
    progress = job.progress
    share = progress.done / progress.total if progress.total else 0.0
    text = f"{progress.done:,} of {progress.total:,} tokens asked" if progress.total else "Reading the object"
    st.progress(min(share, 1.0), text=text)
    st.button("Cancel", key="lab-cancel", on_click=lab.stop, icon=":material/close:")


def _filled_in(filled: FilledIn, target: SkyObject) -> None:
    """Before, after and the difference."""
    generated = filled.generated
    generation_panel.generated_title(generated)
    st.caption(
        f"{len(filled.hidden)} tokens were drawn from all others of the object, which are its own. "
        f"Took {generated.seconds:.1f} s."
    )
    figure(
        figures.filled_in(filled, theme=theme(), narrow=on_phone()),
        key=f"{generated.target}-{MARK.replace(', ', '-').replace(' ', '-')}",
        alt=f"Before, after and the difference: {mark(generated)}",
        object_id=generated.id,
    )
    generation_panel.file_buttons(generated, target, key="lab")


def _strongest(surprise: StreamSurprise, measure: str, result: ImageResult | SpectrumResult) -> pd.DataFrame:
    """The tokens with the largest values, of those that stand for data."""
    seen = np.array([_is_seen(place, result) for place in surprise.places])
    ranked = np.where(seen, np.nan_to_num(_values(surprise, measure), nan=-np.inf), -np.inf)
    order = np.argsort(-ranked, kind="stable")[:STRONGEST]
    rows: list[dict[str, Any]] = [
        {
            "Part": labels.part(surprise.places[i]),
            **{name: _values(surprise, name)[i] for name in (SURPRISE, ENTROPY, RESIDUAL)},
        }
        for i in order
    ]
    return pd.DataFrame(rows)


def _is_seen(place: TokenGroup, result: ImageResult | SpectrumResult) -> bool:
    """Whether the data reach a token: the grid of a spectrum is wider than what a survey observes."""
    if isinstance(result, ImageResult) or place.stretch is None:
        return True
    ends = (float(result.wavelength[0]), float(result.wavelength[-1]))
    return place.stretch[1] > ends[0] and place.stretch[0] < ends[1]
