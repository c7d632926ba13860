"""Which catalog all pages look into: the reference catalog, or one of a person's own objects."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from aion.catalog import Catalog
from aion.explorer.catalogs.user_catalog import CatalogJob, CatalogJobResult, File
from aion.explorer.ui.shared.selection import current_selection
from aion.explorer.ui.shared.server import engine
from aion.explorer.ui.shared.similarity_query import current_query

REFERENCE, YOURS = "Reference catalog", "Your catalog"
NO_CATALOG = (
    "There is no reference catalog for these weights. The one made with them goes to the folder that "
    "AION_CATALOG names."
)
CATALOGS = 8
"""Kept ready at most, with what takes long: the reference catalog and those that persons made last."""


@dataclass
class UserCatalogState:
    """What a person made of their own objects."""

    files: tuple[File, ...] = ()
    """Kept, so that work that was stopped can go on."""
    job: CatalogJob | None = None
    """Running, or over and not looked at yet."""
    again: Callable[[], CatalogJob] | None = None
    """Begins the last work anew, which goes on with what it kept."""
    result: CatalogJobResult | None = None
    problem: str | None = None
    """Why the last work gave no catalog."""
    is_chosen: bool = False
    """Whether the pages look into it."""
    inputs: int = 0
    """Part of the key of the upload box: it starts afresh when a catalog is deleted."""

    def choose(self, yours: bool) -> None:
        """Look into this catalog, or into the reference catalog; what was marked or asked by in the other is
        forgotten."""
        if yours != self.is_chosen:
            forget_marks()
        self.is_chosen = yours

    def begin(self, job: Callable[[], CatalogJob]) -> None:
        """Work on a catalog."""
        self.problem, self.again = None, job
        self.job = job()

    def take(self, result: CatalogJobResult) -> None:
        """Look into a new catalog."""
        self.result, self.is_chosen = result, True
        forget_marks()

    def drop(self) -> None:
        """Look into no own catalog any more."""
        self.choose(False)
        self.files, self.result, self.again = (), None, None
        self.inputs += 1


def user_catalog_state() -> UserCatalogState:
    """The one of this browser tab."""
    current: UserCatalogState = st.session_state.setdefault("own", UserCatalogState())
    return current


def catalog() -> Catalog | None:
    """The chosen catalog; None where that is the reference catalog and these weights have none."""
    result = user_catalog_state().result
    return result.catalog if result is not None and is_own() else engine().catalog


def is_own() -> bool:
    """Whether the pages look into a person's own objects."""
    state = user_catalog_state()
    return state.result is not None and state.is_chosen


def choice() -> None:
    """The switch between the two, where there are two."""
    state = user_catalog_state()
    if state.result is None:
        return
    key = "catalog-choice"
    st.session_state[key] = YOURS if state.is_chosen else REFERENCE
    st.segmented_control(
        "Look into",
        [REFERENCE, YOURS],
        required=True,
        key=key,
        on_change=lambda: state.choose(st.session_state[key] == YOURS),
    )


def widget(name: str) -> dict[str, Any]:
    """How a widget that depends on the catalog is kept: in the address for the one that everybody has."""
    state = user_catalog_state()
    if state.result is None or not is_own():
        return {"key": name, "bind": "query-params", "persist_state": "session"}
    return {"key": f"{title(state.result.catalog)}-{name}", "bind": None, "persist_state": "session"}


def title(catalog: Catalog) -> str:
    """What tells it from other catalogs, for keys."""
    return f"{catalog.folder.parent.name}-{len(catalog)}"


def forget_marks() -> None:
    """Nothing is marked, and nothing but the open upload is asked by: ids are of one catalog."""
    current_selection().clear()
    current_query().only_open()
