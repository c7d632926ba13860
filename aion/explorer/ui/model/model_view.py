"""Which weights answer, where they come from, how well they do, and what they read and write."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from aion.explorer.results import ModelInfo
from aion.explorer.ui.shared import labels, layout
from aion.explorer.ui.shared.evaluation import beside, details, read_evaluation
from aion.modalities import MODALITIES
from aion.plain_text import as_text
from aion.streams import STREAMS

CARD = "README.md"
_MARKS = {True: "✓ met", False: "✗ not met", None: "– not measured"}
"""Whether a bar was reached, in words and a sign, not by color."""
_TAB, _OPEN_TAB = "section", "section-kept"
"""Key of the tabs, and where the title of the open one is while another page is looked at."""
CITATION = """\
AION-1: Omnimodal Foundation Model for Astronomical Sciences, arXiv:2510.17960
Multimodal Universe, arXiv:2412.02527
"""


def weights_facts(info: ModelInfo) -> None:
    """Where the weights are from and what they run on."""
    st.table(
        pd.DataFrame(
            [
                ("Weights", as_text(labels.weights_name(info.id))),
                ("Revision", as_text(info.revision) if info.revision else "none: a folder on this computer"),
                ("SHA-256", f"`{info.sha256}`"),
                ("Parameters", f"{info.parameters:,} in the transformer"),
                ("Device", info.device),
                ("Precision", f"{info.precision}; encoders of codecs: float32"),
                ("Reads", f"{len(info.reads)} streams of tokens"),
                ("Writes", f"{len(info.writes)} streams of tokens"),
            ],
            columns=["", " "],
        ),
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def versions(info: ModelInfo) -> None:
    """Software that the numbers depend on."""
    st.table(
        pd.DataFrame(sorted(info.versions.items()), columns=["", " "]),
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def sections(info: ModelInfo) -> dict[str, Callable[[ModelInfo], None]]:
    """Title -> what shows it; only those there is something to show of."""
    found: dict[str, Callable[[ModelInfo], None]] = {}
    if read_evaluation(info):
        found["Measured"] = evaluation
    found["Token streams"] = streams
    if beside(info, CARD) is not None:
        found["Model card"] = model_card
    return found | {"Cite": cite}


def tabs(titles: list[str]) -> Sequence[Any]:
    """Tabs of which one is open and made. It stays open on the way to another page and back."""
    state = st.session_state
    wanted = state.get(_TAB, state.get(_OPEN_TAB))
    state[_TAB] = wanted if wanted in titles else titles[0]
    made = st.tabs(titles, key=_TAB, on_change="rerun")
    state[_OPEN_TAB] = state[_TAB]
    return made


def streams(info: ModelInfo) -> None:
    """Every token stream of the model, what it stands for, and in which direction it goes."""
    keys = [key for key in STREAMS if key in info.reads or key in info.writes]
    table = pd.DataFrame(
        {
            "Quantity": [labels.stream_name(key) for key in keys],
            "Unit": [MODALITIES[key].unit if key in MODALITIES else "" for key in keys],
            "Reads": [key in info.reads for key in keys],
            "Writes": [key in info.writes for key in keys],
            "Tokens": [STREAMS[key].max_tokens for key in keys],
            "Vocabulary": [STREAMS[key].codes for key in keys],
            "Stream": keys,
        }
    )
    st.caption("What the model takes as input and gives as prediction; one stream stands for one quantity.")
    st.dataframe(table, hide_index=True, height="content")


def evaluation(info: ModelInfo) -> None:
    """The evaluation that lies beside the weights: what was wanted and what was reached, then every table."""
    found = read_evaluation(info)
    bars = found.pop("bars")
    about: dict[str, object] = found.pop("about")
    counts = Counter(_MARKS[row["met"]] for row in bars)
    st.caption(
        "On simulated objects held out of training, and on real spectra. "
        + ", ".join(f"{n} {mark}" for mark, n in counts.items())
    )
    rows = [
        (
            _MARKS[row["met"]],
            row["quantity"],
            _number(row["measured"]),
            row["bar"],
            row["moonshot"],
            row["n"],
            row["sample"],
        )
        for row in bars
    ]
    columns = ["Reached", "Quantity", "Measured", "Bar", "Moonshot", "N", "Measured on"]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, height="content")
    for title, samples in found.items():
        layout.fold(as_text(title[:1].upper() + title[1:]), partial(_table, samples), key=f"measured-{title}")
    st.caption(
        "Measured with " + as_text(", ".join(f"{name} {value}" for name, value in about.items())) + "."
    )


def _table(samples: dict[str, dict[str, object]]) -> None:
    st.dataframe(details(samples), hide_index=True, height="content")


def model_card(info: ModelInfo) -> None:
    """The text of the model card that lies beside the weights."""
    with st.container(border=True):
        st.markdown(beside(info, CARD) or "")


def cite(info: ModelInfo) -> None:
    """What to cite when numbers of this page are used."""
    st.code(CITATION, language=None)


def _number(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
