"""Tables as files to take away, and what files are called."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from aion.explorer.export import tables

_FORMATS = {"csv": "CSV", "ecsv": "ECSV", "vot": "VOTable", "fits": "FITS"}


def table_downloads(rows: Callable[[], pd.DataFrame], about: Mapping[str, Any], *, name: str) -> None:
    """A button that opens the list of table formats; the file is made when it is asked for. ``name``: of the file, without its ending."""
    with st.popover("Download", icon=":material/download:"):
        st.caption("Ids, numbers with units, and what they were made with")
        for ending, mime in tables.MIME.items():
            st.download_button(
                _FORMATS[ending], partial(_table_file, rows, ending, about), file_name=f"{name}.{ending}",
                mime=mime, on_click="ignore", type="tertiary", icon=":material/file_save:", key=f"{name}-{ending}",
            )  # fmt: skip


def _table_file(rows: Callable[[], pd.DataFrame], ending: str, about: Mapping[str, Any]) -> bytes:
    return tables.table_file(rows(), ending, about)


def stem(id: str) -> str:
    """A file name from an id, without ending."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in id) or "object"
