"""Which weights there are on this computer and on the Hub, and the command that starts the explorer with
each; memory. Changes nothing."""

import pandas as pd
import streamlit as st

from aion.explorer.engine import memory, weights
from aion.explorer.engine.weights import Choice, Place
from aion.explorer.results import ModelInfo
from aion.explorer.ui.shared import labels, server
from aion.explorer.ui.shared.layout import section
from aion.plain_text import as_text

HOW = (
    "Weights are chosen when the application starts, for everybody who uses it: stop it and type the command "
    "of those that you want. The reference catalog holds vectors of the weights that made it: with others "
    "there are no neighbors."
)


def weights_panel(info: ModelInfo | None) -> None:
    """All weights, each with its command; ``info``: of those in use, None where there are none."""
    section(
        "Weights to start with",
        "The embedded weights, those in the download cache of Hugging Face, and those on its Hub.",
    )
    st.caption(HOW)
    for choice in weights.choices(server.startup().settings):
        text, command = st.columns([2, 3], vertical_alignment="center")
        revision = f"revision {as_text(choice.revision[:12])} · " if choice.revision else ""
        text.markdown(
            f"{as_text(labels.weights_name(choice.id))}{' · **in use**' if _is_in_use(choice, info) else ''}"
        )
        text.caption(f"{revision}{choice.place.value} · {_about(choice)}")
        command.code(choice.command, language="bash")


def memory_use(info: ModelInfo) -> None:
    """What the weights take, what the whole process takes, and what is left."""
    rows = [
        ("Weights and codecs", _gigabytes(server.engine().size)),
        ("The whole process", _gigabytes(memory.of_process())),
    ]
    rows.append((f"Left on {info.device}", _gigabytes(memory.available(info.device))))
    st.table(pd.DataFrame(rows, columns=["", " "]), border="horizontal", hide_index=True, hide_header=True)


def _is_in_use(choice: Choice, info: ModelInfo | None) -> bool:
    return info is not None and (choice.id, choice.revision) == (info.id, info.revision)


def _about(choice: Choice) -> str:
    return (
        f"about {_gigabytes(choice.size)} to download"
        if choice.place is Place.HUB
        else _gigabytes(choice.size)
    )


def _gigabytes(size: int | None) -> str:
    if size is None:
        return "not known"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
