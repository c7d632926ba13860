"""What the Similar page is asked by: ids of the catalog with their weights, the same in the session and in
the address of the page."""

from dataclasses import dataclass, field

import streamlit as st

from aion.catalog import Catalog
from aion.errors import InputError
from aion.explorer.ui.shared.session import current_session

OPEN = "@open"
"""Stands for the upload that is open on the Analyze page."""
PARAMETER = "like"
"""``?like=SIM-00012&like=SIM-00040:-0.5``: an id, and its weight where that is not 1."""


@dataclass
class Query:
    """Ids and weights in the order they were added."""

    weights: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    """Why the last thing a person did had no effect."""
    changes: int = 0
    """Part of widget keys, so that a weight set elsewhere is shown."""

    def only(self, id: str) -> None:
        """Ask by this object alone."""
        self.weights, self.error = {}, None
        self.add(id)

    def only_open(self) -> None:
        """Ask by no object of a catalog any more."""
        self.weights = {id: weight for id, weight in self.weights.items() if id == OPEN}
        self.error = None
        self.changes += 1

    def add(self, id: str, weight: float = 1.0) -> None:
        """Ask by this one too, or by this weight."""
        self.weights[id] = weight
        self.error = None
        self.changes += 1

    def remove(self, id: str) -> None:
        """Ask without it."""
        self.weights.pop(id, None)
        self.error = None

    def add_entry(self, catalog: Catalog, id: str, weight: float = 1.0) -> None:
        """`add`, if the catalog has it; else say so."""
        try:
            catalog.row(id)
        except InputError as exc:
            self.error = str(exc)
        else:
            self.add(id, weight)


def current_query() -> Query:
    """The one of this browser tab."""
    current: Query = st.session_state.setdefault("query", Query())
    return current


def follow_address(catalog: Catalog, *, is_own: bool = False) -> None:
    """Take over what the address asks by when the page opens with one, then keep the address up to date.

    ``is_own``: the objects are a person's own, which nobody else has: they do not stand in the address.
    """
    query = current_query()
    given = st.query_params.get_all(PARAMETER)
    if given and not is_own and not query.weights and not query.changes:
        for text in given:
            id, weight = _parse(text)
            query.add_entry(catalog, id, weight)
    if OPEN in query.weights and current_session().upload is None:
        query.remove(OPEN)
    wanted = [id if weight == 1 else f"{id}:{weight:g}" for id, weight in query.weights.items() if id != OPEN]
    if is_own:
        st.query_params.pop(PARAMETER, None)
    elif wanted != given:
        st.query_params[PARAMETER] = wanted


def _parse(text: str) -> tuple[str, float]:
    """An id may have colons itself: what follows the last one is a weight if it is a number."""
    id, _, weight = text.rpartition(":")
    try:
        return (id, float(weight)) if id else (text, 1.0)
    except ValueError:
        return text, 1.0
