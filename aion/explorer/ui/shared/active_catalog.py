"""Which catalog all pages look into: the reference catalog, or one of a person's own objects."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from aion.catalog import Catalog
from aion.errors import AIONError
from aion.explorer.ui.shared import server
from aion.explorer.ui.shared.selection import current_selection
from aion.explorer.ui.shared.similarity_query import current_query
from aion.plain_text import as_text, sentence

REFERENCE, YOURS = "Reference catalog", "Your catalog"
NO_CATALOG = (
    "There is no reference catalog for these weights. The one made with them goes to the folder that "
    "AION_CATALOG names."
)
CATALOGS = 8
"""Kept ready at most, with what takes long: the reference catalog and those that persons made last."""


@dataclass
class OwnCatalog:
    """The catalog of a batch that a person chose to look into."""

    key: str = ""
    """Of the batch; empty: none."""
    is_chosen: bool = False
    """Whether the pages look into it."""
    note: str = ""
    """Why it is none any more, until it is said."""

    def choose(self, yours: bool) -> None:
        """Look into this catalog, or into the reference catalog; what was marked or asked by in the other is
        forgotten."""
        if yours != self.is_chosen:
            forget_marks()
        self.is_chosen = yours

    def take(self, key: str) -> None:
        """Look into the catalog of this batch."""
        self.key, self.is_chosen, self.note = key, True, ""
        forget_marks()

    def drop(self, note: str = "") -> None:
        """Look into no own catalog any more."""
        self.choose(False)
        self.key, self.note = "", note


def own_catalog() -> OwnCatalog:
    """The one of this browser tab."""
    current: OwnCatalog = st.session_state.setdefault("own", OwnCatalog())
    return current


def catalog() -> Catalog | None:
    """The chosen catalog; None where that is the reference catalog and these weights have none. Where an own
    one is there no more, the reference catalog."""
    own = own_catalog()
    if is_own():
        try:
            return server.batches().results(own.key).catalog
        except AIONError as exc:
            own.drop(f"Your catalog cannot be used any more, so this is the reference catalog: {exc}")
    return server.engine().catalog


def is_own() -> bool:
    """Whether the pages look into a person's own objects."""
    own = own_catalog()
    return bool(own.key) and own.is_chosen


def choice() -> None:
    """The switch between the two, where there are two; and why there are no longer."""
    catalog()
    own = own_catalog()
    if own.note:
        st.warning(as_text(sentence(own.note)), icon=":material/info:")
        own.note = ""
    if not own.key:
        return
    key = "catalog-choice"
    st.session_state[key] = YOURS if own.is_chosen else REFERENCE
    st.segmented_control(
        "Look into",
        [REFERENCE, YOURS],
        required=True,
        key=key,
        on_change=lambda: own.choose(st.session_state[key] == YOURS),
    )


def widget(name: str) -> dict[str, Any]:
    """How a widget that depends on the catalog is kept: in the address for the one that everybody has."""
    if not is_own():
        return {"key": name, "bind": "query-params", "persist_state": "session"}
    return {"key": f"{own_catalog().key}-{name}", "bind": None, "persist_state": "session"}


def title(catalog: Catalog) -> str:
    """What tells it from other catalogs, for keys."""
    return f"{catalog.folder.parent.name}-{len(catalog)}"


def forget_marks() -> None:
    """Nothing is marked, and nothing but the open upload is asked by: ids are of one catalog."""
    current_selection().clear()
    current_query().only_open()
