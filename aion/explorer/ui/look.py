"""How things look on a page: the theme a person chose, headings, small pieces of text. No data is changed here."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from aion.explorer import export_table, figures
from aion.resources import resource

_FORMATS = {"csv": "CSV", "ecsv": "ECSV", "vot": "VOTable", "fits": "FITS"}
NO_CATALOG = "There is no reference catalog for these weights. The one made with them goes to the folder that `AION_CATALOG` names."


def theme() -> figures.Theme:
    """Light or dark, as the browser shows the page now."""
    return figures.theme_named(st.context.theme.type)


def on_phone() -> bool:
    """Whether the browser says that it is a telephone's; how wide it is, it does not say."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def frame() -> None:
    """What is around every page: logo and style sheet."""
    dark = theme().name == "dark"
    st.logo(resource("assets/logo-dark.svg" if dark else "assets/logo.svg"), size="large", icon_image=None)
    st.html(resource("assets/css/explorer.css"))


@st.fragment
def folded(title: str, content: Callable[[], object], *, icon: str | None = None, key: str) -> None:
    """An expander that is closed at first; its content is made when a person opens it, and nothing else of the page runs then."""
    with st.expander(title, icon=icon, key=key, on_change="rerun") as panel:
        if panel.open:
            content()


def section(title: str, explanation: str = "") -> None:
    """A heading, with one sentence behind its question mark."""
    st.subheader(title, help=explanation or None, anchor=False)


def empty(message: str, *, icon: str = ":material/info:") -> None:
    """Where there is nothing to show: why, and what to do."""
    st.info(message, icon=icon)


def table_downloads(rows: Callable[[], pd.DataFrame], about: Mapping[str, Any], *, name: str) -> None:
    """A button that opens the list of table formats; the file is made when it is asked for. ``name``: of the file, without its ending."""
    with st.popover("Download", icon=":material/download:"):
        st.caption("Ids, numbers with units, and what they were made with")
        for ending, mime in export_table.MIME.items():
            st.download_button(
                _FORMATS[ending], partial(_table_file, rows, ending, about), file_name=f"{name}.{ending}",
                mime=mime, on_click="ignore", type="tertiary", icon=":material/file_save:", key=f"{name}-{ending}",
            )  # fmt: skip


def _table_file(rows: Callable[[], pd.DataFrame], ending: str, about: Mapping[str, Any]) -> bytes:
    return export_table.table_file(rows(), ending, about)


def sentence(message: str) -> str:
    """With a capital, unless it begins with a name, and a full stop."""
    first = message.split(maxsplit=1)[0] if message else ""
    text = message[:1].upper() + message[1:] if first.isalpha() and first.islower() else message
    return text if text.endswith((".", "?", "!")) else f"{text}."


def sexagesimal(ra: float, dec: float) -> str:
    """``10:41:32.78 -00:50:57.5`` from degrees."""
    hours = f"{_sixtieths(ra / 15, 2)}"
    return f"{hours} {'−' if dec < 0 else '+'}{_sixtieths(abs(dec), 1)}"


def _sixtieths(value: float, digits: int) -> str:
    total = round(value * 3600, digits)
    minutes, seconds = divmod(total, 60)
    whole, minutes = divmod(int(minutes), 60)
    return f"{whole:02d}:{minutes:02d}:{seconds:0{3 + digits}.{digits}f}"
