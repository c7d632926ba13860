"""Tables as files to take away, and what files are called."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from aion.explorer.export import tables

_FORMATS = {"csv": "CSV", "ecsv": "ECSV", "vot": "VOTable", "fits": "FITS"}


def table_downloads(
    rows: Callable[[], pd.DataFrame],
    about: Mapping[str, Any],
    *,
    name: str,
    label: str = "Download",
    meanings: tables.Meanings | None = None,
) -> None:
    """A button that opens the list of table formats; ``name``: of the file, without its ending."""
    with st.popover(label, icon=":material/download:"):
        st.caption("Ids, numbers with units, and what they were made with")
        for ending, mime in tables.MIME.items():
            table = partial(_table_file, rows, ending, about, meanings)
            file_button(_FORMATS[ending], table, f"{name}.{ending}", mime, key=f"{name}-{ending}")


def file_button(label: str, data: Callable[[], str | bytes], name: str, mime: str, *, key: str) -> None:
    """One file in a list of them; ``data`` makes its content when the button is clicked."""
    icon = ":material/file_save:"
    st.download_button(
        label, data, file_name=name, mime=mime, key=key, on_click="ignore", type="tertiary", icon=icon
    )


def _table_file(
    rows: Callable[[], pd.DataFrame],
    ending: str,
    about: Mapping[str, Any],
    meanings: tables.Meanings | None,
) -> bytes:
    return tables.table_file(rows(), ending, about, meanings)


def stem(id: str) -> str:
    """A file name from an id, without ending."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in id) or "object"
