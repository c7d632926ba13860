"""Which weights answer, where they come from, how well they do, and what they read and write."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from aion.explorer.results import ModelInfo
from aion.explorer.ui import tables
from aion.modalities import MODALITIES
from aion.streams import STREAMS

METRICS, CARD = "metrics.json", "README.md"
CITATION = """\
AION-1: Omnimodal Foundation Model for Astronomical Sciences, arXiv:2510.17960
Multimodal Universe, arXiv:2412.02527
"""


def facts(info: ModelInfo) -> None:
    """Where the weights are from and what they run on."""
    st.table(
        pd.DataFrame(
            [
                ("Weights", f"`{tables.weights_name(info.id)}`"),
                ("Revision", f"`{info.revision}`" if info.revision else "none: a folder on this computer"),
                ("SHA-256", f"`{info.sha256}`"),
                ("Parameters", f"{info.parameters:,} in the transformer"),
                ("Device", info.device),
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
    st.table(pd.DataFrame(sorted(info.versions.items()), columns=["", " "]), border="horizontal", hide_index=True, hide_header=True)


def sections(info: ModelInfo) -> dict[str, Callable[[ModelInfo], None]]:
    """Title -> what shows it; only those there is something to show of."""
    found: dict[str, Callable[[ModelInfo], None]] = {}
    if _beside(info, METRICS) is not None:
        found["Measured"] = measured
    found["Token streams"] = streams
    if _beside(info, CARD) is not None:
        found["Model card"] = card
    return found | {"Cite": cite}


def streams(info: ModelInfo) -> None:
    """Every token stream of the model, what it stands for, and in which direction it goes."""
    keys = [key for key in STREAMS if key in info.reads or key in info.writes]
    table = pd.DataFrame(
        {
            "Quantity": [tables.stream_name(key) for key in keys],
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


def measured(info: ModelInfo) -> None:
    """Numbers of the evaluation that lie beside the weights."""
    values: dict[str, dict[str, object]] = json.loads(_beside(info, METRICS) or "{}")
    rows = [(sample, name.replace("_", " "), _number(value)) for sample, found in values.items() for name, value in found.items()]
    st.caption("On simulated objects held out of training, and on real spectra; the model card says how.")
    wide = {"Value": st.column_config.TextColumn(width="large")}
    st.dataframe(pd.DataFrame(rows, columns=["Measured on", "Quantity", "Value"]), hide_index=True, height="content", column_config=wide)


def card(info: ModelInfo) -> None:
    """The text of the model card that lies beside the weights."""
    with st.container(border=True):
        st.markdown(_beside(info, CARD) or "")


def cite(info: ModelInfo) -> None:
    """What to cite when numbers of this page are used."""
    st.code(CITATION, language=None)


def _beside(info: ModelInfo, name: str) -> str | None:
    path = Path(info.id) / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _number(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
