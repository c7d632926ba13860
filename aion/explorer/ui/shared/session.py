"""One person's session as one typed object: what is opened, looked at and answered. Knows no widget."""

import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import streamlit as st

from aion.io import Entry, Overrides, SkyObject

if TYPE_CHECKING:  # a session that looks at nothing yet needs none of these
    from aion.explorer.engine.fill_in import FillJob
    from aion.explorer.engine.generation import GenerationJob
    from aion.explorer.engine.surprise import SurpriseJob
    from aion.explorer.redshift.prior import Prior
    from aion.explorer.results import Analysis, MeasuredObject
    from aion.explorer.results.arms import SpectrumArms
    from aion.explorer.results.generated import FilledIn, Generated
    from aion.explorer.results.occlusion import Occlusion
    from aion.explorer.results.surprise import StreamSurprise
    from aion.heads import Predictions
    from aion.io.alternatives import Alternative
    from aion.recalibration import Recalibration
    from aion.sky.gather import Finding
    from aion.sky.search import Search

File = BinaryIO | Path
Origin = Literal["nothing", "upload", "example", "catalog", "own", "sky"]
"""``"own"``: an object of a catalog that the person made, which has no address; ``"sky"``: of archives."""

CACHE_SIZE = 8
"""Analyses kept, so that going back to a switch or an object is instant; and what as many questions gave."""


@dataclass(frozen=True)
class Pending:
    """Files that were given and not read yet."""

    files: tuple[File, ...]
    origin: Origin
    label: str
    overrides: Overrides = field(default_factory=Overrides)
    example: str | None = None
    """Slug of the example whose files these are."""
    answered: tuple[Entry, ...] = ()
    """Assumptions in whose place the person chose one of the settings; these are in ``overrides``."""
    finding: "Finding | None" = None
    """What the archives have, where these files are of it."""


@dataclass
class TokenLab:
    """What was asked of the tokens of the object that is open."""

    job: "SurpriseJob | FillJob | None" = None
    """What is being computed."""
    surprise: "tuple[StreamSurprise, ...] | None" = None
    """Of every image and spectrum; None until a person asks."""
    marked: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Token key -> positions that are to be filled in."""
    filled: "FilledIn | None" = None
    """What was filled in last: never data."""
    problem: str | None = None
    """Why the last request gave nothing."""

    def start(self, job: "SurpriseJob | FillJob") -> None:
        """Look on while this is computed."""
        self.job, self.problem = job, None

    def stop(self) -> None:
        """Give it up."""
        if self.job is not None:
            self.job.stop()
        self.job = None


@dataclass
class Session:
    """What one person has open. Everything a page shows follows from it."""

    origin: Origin = "nothing"
    label: str = ""
    """Title of the example, or the names of the files."""
    example: str | None = None
    """Slug of the example that is open."""
    files: tuple[File, ...] = ()
    """Kept, so that they can be read again with other overrides."""
    targets: tuple[SkyObject, ...] = ()
    """Every object of the files; one is looked at."""
    row: int = 0
    overrides: Overrides = field(default_factory=Overrides)
    answered: tuple[Entry, ...] = ()
    """As of `Pending`, of the files that are open."""
    search: "Search | None" = None
    """What is being looked up in the archives."""
    finding: "Finding | None" = None
    """As of `Pending`, of the files that are open."""
    error: str | None = None
    """Why the last thing a person did had no effect; what was open stays open."""
    refused: "Pending | None" = None
    """Files that could not be read as they are, and may be with values that a person sets."""
    question: Entry | None = None
    """What has to be chosen before the refused files can be read; None: that is not why."""
    use: frozenset[str] | None = None
    """Token keys the model may read; None = all."""
    z: float | None = None
    """The redshift that lines are drawn at; None = the best peak of p(z)."""
    anchor: float | None = None
    """Where the fine control of z is centered; None = the best peak."""
    feature: float | None = None
    """Å, observed: what a person clicked in a spectrum and has not named yet."""
    own_lines: tuple[tuple[str, float], ...] = ()
    """Name and vacuum wavelength at rest, Å, of lines that the person added and keeps under no name."""
    alone: "dict[str, MeasuredObject] | None" = None
    """What each modality alone says of p(z); None until a person asks."""
    reasons: "Occlusion | None" = None
    """What the answer rests on; None until a person asks."""
    arms: "tuple[SpectrumArms, ...] | None" = None
    """What the parts of each spectrum say alone; None until a person asks."""
    prior: "Prior | None" = None
    """What p(z) is multiplied with."""
    own_recalibration: "Recalibration | None" = None
    """What the person corrects p(z) with in this session; None: with what the engine does."""
    is_raw: bool = False
    """Whether p(z) is looked at as the model gives it."""
    labeled: "tuple[Hashable, list[Predictions | None]] | None" = None
    """What kept heads said last, and all that it follows from."""
    generation: "GenerationJob | None" = None
    """What is being generated for the object."""
    generated: "Generated | None" = None
    """What was generated for it last: never data."""
    generation_problem: str | None = None
    """Why the last generation gave nothing."""
    compared: "BinaryIO | None" = None
    """Session bundle that the open result is compared with, with its name."""
    lab: TokenLab = field(default_factory=TokenLab)
    followed: bool = False
    """Whether the address that the session began with was looked at."""
    linked: "tuple[frozenset[str] | None, Prior | None, float | None] | None" = None
    """Streams, prior and z of a link whose object is being opened."""
    pending: Pending | None = None
    """What a widget left to be read when the page runs."""
    inputs: int = 0
    """Part of the keys of the input widgets: they start afresh when anything but an upload is opened."""
    opened: int = 0
    """Counts what was opened; part of widget keys, so that a new object starts with fresh widgets."""
    _analyses: "dict[tuple[int, int, frozenset[str] | None], Analysis]" = field(default_factory=dict)
    _alternatives: "dict[Hashable, tuple[Alternative, ...]]" = field(default_factory=dict)

    def recalibration(self, of_engine: "Recalibration | None") -> "Recalibration | None":
        """What p(z) is corrected with; None: with nothing."""
        return None if self.is_raw else self.own_recalibration or of_engine

    @property
    def recalibration_name(self) -> str | None:
        """As ``AION_RECALIBRATION`` says it; None: what the engine does by itself."""
        return "no" if self.is_raw else "recalibration.json" if self.own_recalibration else None

    @property
    def target(self) -> SkyObject | None:
        """The object looked at."""
        return self.targets[self.row] if self.targets else None

    @property
    def upload(self) -> SkyObject | None:
        """The object looked at, where it came from files."""
        return None if self.target is None or self.target.tokens else self.target

    @property
    def given(self) -> Pending:
        """What is open, as it was given: to be read again with other settings."""
        about = (self.overrides, self.example, self.answered, self.finding)
        return Pending(self.files, self.origin, self.label, *about)

    def open(
        self, targets: Sequence[SkyObject], *, origin: Origin, label: str, given: Pending | None = None
    ) -> None:
        """Look at the first of these, which were read from what was ``given``, with every switch back to its
        default."""
        given = given or Pending((), origin, label)
        if given.files != self.files:
            self._alternatives.clear()
        self.origin, self.label, self.targets = origin, label, tuple(targets)
        self.files, self.overrides, self.answered = given.files, given.overrides, given.answered
        self.example, self.finding = given.example, given.finding
        self.opened += 1
        self._analyses.clear()
        self.look_at(0)

    def close(self) -> None:
        """Nothing is open."""
        self.open((), origin="nothing", label="")

    def look_at(self, row: int) -> None:
        """Another object of the same files."""
        self.row, self.use, self.prior, self.alone = row, None, None, None
        self.reasons = self.arms = None
        self.forget_generated()
        self.compared = None
        self.error = self.refused = self.question = None
        self.choose(None)

    def apply_link(self) -> None:
        """The view that a link asks for, once its object is open."""
        if self.linked is not None:
            (self.use, self.prior, z), self.linked = self.linked, None
            self.choose(z)

    def switch(self, use: frozenset[str] | None) -> None:
        """Let the model read these streams only; the lines follow the new p(z)."""
        self.use, self.reasons, self.arms = use, None, None
        self.forget_generated()
        self.choose(None)

    def generate(self, job: "GenerationJob") -> None:
        """Look on while this is generated; what was before goes."""
        self.stop_generation()
        self.generated = self.generation_problem = None
        self.generation = job

    def stop_generation(self) -> None:
        """Give it up."""
        if self.generation is not None:
            self.generation.stop()
        self.generation = None

    def forget_generated(self) -> None:
        """Nothing is generated for the object that is open, and nothing asked of its tokens."""
        self.stop_generation()
        self.generated = self.generation_problem = None
        self.lab.stop()
        self.lab = TokenLab()

    def choose(self, z: float | None) -> None:
        """Lines go to this redshift, None = the best peak, and the fine control is centered on it."""
        self.z, self.anchor, self.feature = z, z, None

    def analysis(self, compute: "Callable[[SkyObject, frozenset[str] | None], Analysis]") -> "Analysis":
        """The answer for what is looked at, from memory when it was asked before."""
        assert self.target is not None
        key = (self.opened, self.row, self.use)
        if key not in self._analyses:
            answer = compute(self.target, self.use)
            while len(self._analyses) >= CACHE_SIZE:
                self._analyses.pop(next(iter(self._analyses)))
            self._analyses[key] = answer
        return self._analyses[key]

    @property
    def answer(self) -> "Analysis | None":
        """The answer for what is looked at, where it was asked before."""
        return self._analyses.get((self.opened, self.row, self.use))

    def alternatives(
        self, key: Hashable, compute: "Callable[[], tuple[Alternative, ...]]"
    ) -> "tuple[Alternative, ...]":
        """What the choices of a question give, from memory when it was asked before; ``key`` holds all that
        they follow from."""
        if key not in self._alternatives:
            answer = compute()
            while len(self._alternatives) >= CACHE_SIZE:
                self._alternatives.pop(next(iter(self._alternatives)))
            self._alternatives[key] = answer
        return self._alternatives[key]


def file_size(file: File) -> int:
    """Bytes, without reading them."""
    return file.stat().st_size if isinstance(file, Path) else file.seek(0, os.SEEK_END)


def current_session() -> Session:
    """The one of this browser tab."""
    current: Session = st.session_state.setdefault("session", Session())
    return current
