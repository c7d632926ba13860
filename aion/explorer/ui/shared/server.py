"""What all sessions share: the engine, started in the background when the first page opens, and what is on its way to take its place."""

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from aion.download import Repository
from aion.errors import AIONError, ConfigError
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.explorer.ui.shared import labels
from aion.explorer.weights import Download, State

POLL = 0.1
"""Seconds between two looks at how far the start is."""


@dataclass(frozen=True)
class Progress:
    """How far the start is."""

    step: str
    share: float


class Startup:
    """The engine, being made in a thread; a page can open meanwhile."""

    def __init__(self, settings: Settings, ready: "Callable[[Startup], None]" = lambda startup: None) -> None:
        """``ready`` is called with it in its thread, once the engine can be asked."""
        self.settings = settings
        self._ready = ready
        self.progress = Progress("Loading the weights", 0.0)
        self.engine: Engine | None = None
        """None until it is ready."""
        self.problem: str | None = None
        """Why there will be none."""
        self._thread = threading.Thread(target=self._run, name="aion-startup", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self.engine is None and self.problem is None

    def _run(self) -> None:
        try:
            engine = Engine(self.settings)
            engine.warm_up(self._report)
        except AIONError as exc:
            self.problem = str(exc)
        except Exception as exc:  # a thread has nobody else to tell
            logging.getLogger(__name__).exception("the engine could not be started")
            self.problem = f"The model could not be started ({type(exc).__name__}); the log of the server has the details."
        else:
            self.engine = engine
            self._ready(self)
            settle()

    def _report(self, step: str, share: float) -> None:
        self.progress = Progress(step, share)


def settle() -> None:
    """What is loaded by now stays: after each run of a page Streamlit collects garbage, and need not look through all of it every time."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Server:
    """One engine for everybody, the one that is loaded to take its place, and one download."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        """As the server was started."""
        self.current = Startup(settings)
        self.next: Startup | None = None
        """Other weights being loaded, or why they could not be."""
        self.download: Download | None = None
        """The last one."""
        self._door = threading.Lock()

    def switch(self, settings: Settings) -> None:
        """Load other weights. Those in use answer until the others are ready, and stay if they cannot be loaded."""
        with self._door:
            if self.next is None or not self.next.running:
                self.next = Startup(settings, self._take_over)

    def fetch(self, repository: Repository) -> None:
        """Download what is missing, unless something else is being downloaded."""
        with self._door:
            if self.download is None or self.download.state is not State.RUNNING:
                self.download = Download(repository, token=self.settings.token)

    def _take_over(self, startup: Startup) -> None:
        with self._door:
            old, self.current, self.next = self.current, startup, None
        if old.engine is not None:
            old.engine.close()


@st.cache_resource(show_spinner=False)
def server() -> Server:
    """The one of this process."""
    return Server(Settings.from_environment())


def startup() -> Startup:
    """The engine in use, ready or not; ends the page with the reason where the server was started with settings that do not exist."""
    try:
        return server().current
    except ConfigError as exc:
        st.error(f"**This server cannot start.** {labels.sentence(str(exc))}", icon=":material/error:")
        st.caption("Whoever runs it sets that variable, or leaves it out, and starts the application again.")
        st.stop()


def engine() -> Engine:
    """The engine, once it is ready; shows how far it is, or why there is none, and ends the page then."""
    start = startup()
    if start.running:
        _wait(start)
    if start.engine is None:
        explain(start)
        st.stop()
    assert start.engine is not None
    return start.engine


@st.fragment(run_every=1.0)
def announce() -> None:
    """One line on how far the start is, for pages that can be used meanwhile; renews itself."""
    start = startup()
    if start.running:
        st.progress(start.progress.share, text=f"Starting the model: {start.progress.step}")
    elif start.engine is None:
        explain(start)
    else:
        st.rerun()


def is_starting() -> bool:
    """Whether the engine is still being made, or failed."""
    return startup().engine is None


def _wait(start: Startup) -> None:
    place = st.empty()
    while start.running:
        place.progress(start.progress.share, text=f"Starting the model: {start.progress.step}")
        time.sleep(POLL)
    place.empty()


def explain(start: Startup) -> None:
    """Why there is no engine, and what to do."""
    st.error(f"**The model cannot be used.** {start.problem}", icon=":material/error:")
    or_here = ", or on the Model page" if server().settings.switch == "yes" else ""
    st.caption(
        f"Weights are chosen with `AION_MODEL` (a folder or a Hub id) when the application starts{or_here}; `HF_TOKEN` opens gated ones."
    )
    if st.button("Try again", icon=":material/refresh:"):
        server.clear()
        st.rerun(scope="app")
