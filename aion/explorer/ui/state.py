"""One person's session as one typed object: what was opened, what is being looked at, what was answered. Knows no widget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import streamlit as st

from aion.explorer.catalog import CatalogEntry
from aion.explorer.results import Analysis
from aion.io import Overrides, SkyObject

Thing = SkyObject | CatalogEntry
File = BinaryIO | Path
Origin = Literal["nothing", "upload", "example", "catalog"]

REMEMBERED = 8
"""Analyses kept, so that going back to a switch or an object is instant."""


@dataclass(frozen=True)
class Pending:
    """Files that were given and not read yet."""

    files: tuple[File, ...]
    origin: Origin
    label: str
    overrides: Overrides = field(default_factory=Overrides)


@dataclass
class Session:
    """What one person has open. Everything a page shows follows from it."""

    origin: Origin = "nothing"
    label: str = ""
    """Title of the example, or the names of the files."""
    files: tuple[File, ...] = ()
    """Kept, so that they can be read again with other overrides."""
    things: tuple[Thing, ...] = ()
    """Every object of the files; one is looked at."""
    row: int = 0
    overrides: Overrides = field(default_factory=Overrides)
    error: str | None = None
    """Why the last thing a person did had no effect; what was open stays open."""
    use: frozenset[str] | None = None
    """Token keys the model may read; None = all."""
    z: float | None = None
    """The redshift that lines are drawn at; None = the best peak of p(z)."""
    pending: Pending | None = None
    """What a widget left to be read when the page runs."""
    inputs: int = 0
    """Part of the keys of the input widgets: they start afresh when something else than an upload is opened."""
    opened: int = 0
    """Counts what was opened; part of widget keys, so that a new object starts with fresh widgets."""
    _analyses: dict[tuple[int, int, frozenset[str] | None], Analysis] = field(default_factory=dict)

    @property
    def thing(self) -> Thing | None:
        """The object looked at."""
        return self.things[self.row] if self.things else None

    def open(
        self, things: Sequence[Thing], *, origin: Origin, label: str, files: Sequence[File] = (), overrides: Overrides | None = None
    ) -> None:
        """Look at the first of these, with every switch back to its default."""
        self.origin, self.label = origin, label
        self.files, self.things = tuple(files), tuple(things)
        self.overrides = overrides or Overrides()
        self.opened += 1
        self._analyses.clear()
        self.look_at(0)

    def close(self) -> None:
        """Nothing is open."""
        self.open((), origin="nothing", label="")

    def look_at(self, row: int) -> None:
        """Another object of the same files."""
        self.row, self.use, self.z, self.error = row, None, None, None

    def switch(self, use: frozenset[str] | None) -> None:
        """Let the model read these streams only; the lines follow the new p(z)."""
        self.use, self.z = use, None

    def analysis(self, compute: Callable[[Thing, frozenset[str] | None], Analysis]) -> Analysis:
        """The answer for what is looked at, from memory when it was asked before."""
        assert self.thing is not None
        key = (self.opened, self.row, self.use)
        if key not in self._analyses:
            answer = compute(self.thing, self.use)
            while len(self._analyses) >= REMEMBERED:
                self._analyses.pop(next(iter(self._analyses)))
            self._analyses[key] = answer
        return self._analyses[key]


def session() -> Session:
    """The one of this browser tab."""
    if "session" not in st.session_state:
        st.session_state["session"] = Session()
    current: Session = st.session_state["session"]
    return current
