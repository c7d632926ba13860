"""Which weights answer, where they come from, how well they do, and what they read and write."""

import json
from pathlib import Path

import pandas as pd
import streamlit as st

from aion.explorer.results import ModelInfo
from aion.explorer.ui import tables
from aion.modalities import MODALITIES
from aion.streams import STREAMS

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
    st.dataframe(table, hide_index=True, height="content")


def card(info: ModelInfo) -> str | None:
    """The text of the model card that lies beside the weights."""
    return _beside(info, "README.md")


def metrics(info: ModelInfo) -> pd.DataFrame | None:
    """Measured numbers of the model, one row each; None where none are stored."""
    text = _beside(info, "metrics.json")
    if text is None:
        return None
    sections: dict[str, dict[str, object]] = json.loads(text)
    rows = [(section, name.replace("_", " "), _number(value)) for section, values in sections.items() for name, value in values.items()]
    return pd.DataFrame(rows, columns=["Measured on", "Quantity", "Value"])


def _beside(info: ModelInfo, name: str) -> str | None:
    path = Path(info.id) / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _number(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
