"""What a browser tab knows of batches: which ones it began, and which one its address names."""

from dataclasses import dataclass, field

import streamlit as st

ADDRESS = "batch"
"""Name in the address: ``?batch=KEY``."""


@dataclass
class BatchState:
    """Of one browser tab."""

    begun: list[str] = field(default_factory=list)
    """Keys of the batches that were begun or looked at here."""
    current: str = ""
    """Key of the one that is looked at, also when a person comes back from another page."""
    problem: str = ""
    """Why the last thing that was given gave no batch."""
    inputs: int = 0
    """Part of the keys of the input widgets: they start afresh when a batch has begun."""

    def remember(self, key: str) -> None:
        """It is this tab's as well."""
        if key not in self.begun:
            self.begun.append(key)


def batch_state() -> BatchState:
    """The one of this browser tab."""
    current: BatchState = st.session_state.setdefault("batches", BatchState())
    return current


def open_batch(key: str | None) -> None:
    """Look at this one; None: at none of them."""
    state = batch_state()
    state.problem = ""
    state.inputs += 1
    state.current = key or ""
    if key is None:
        st.query_params.pop(ADDRESS, None)
    else:
        st.query_params[ADDRESS] = key


def size_text(size: int) -> str:
    """``3.4 MB``"""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"
