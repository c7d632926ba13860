"""Pieces of a page: a heading, a part that is folded, a place with nothing to show."""

from collections.abc import Callable

import streamlit as st

from aion.plain_text import as_text, sentence


@st.fragment
def fold(
    title: str,
    content: Callable[[], object],
    *,
    icon: str | None = None,
    key: str,
    expanded: bool = False,
) -> None:
    """An expander that is closed at first unless ``expanded``; its content is made when a person opens it,
    and nothing else of the page runs then."""
    with st.expander(title, icon=icon, key=key, expanded=expanded, on_change="rerun") as panel:
        if panel.open:
            content()


def section(title: str, explanation: str = "") -> None:
    """A heading, with one sentence behind its question mark."""
    st.subheader(title, help=explanation or None, anchor=False)


def empty(message: str, *, icon: str = ":material/info:") -> None:
    """Where there is nothing to show: why, and what to do."""
    st.info(message, icon=icon)


def refuse(message: str) -> None:
    """Why something cannot be done; the message may hold words of a file or of a link."""
    st.error(as_text(sentence(message)), icon=":material/error:")
