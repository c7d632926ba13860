"""What all sessions share: the engine of this process, started in the background by the first page.

What the engine and the archives are made of is imported with them: the first page does not wait for it.
"""

import gc
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from aion.errors import ConfigError, explained_fault
from aion.explorer.settings import Settings
from aion.explorer.ui.shared.browser_code import load_plotly
from aion.plain_text import as_text, sentence
from aion.sky.services import Services

if TYPE_CHECKING:
    from aion.explorer.catalogs.batches import Batches
    from aion.explorer.engine import Engine
    from aion.heads import HeadFolder
    from aion.sky.archive import Archive

POLL = 0.1
"""Seconds between two looks at how far the start is."""


HERE = ("localhost", "127.0.0.1", "::1")
"""Names that a computer has for itself."""
NO_ADDRESS = (None, "::ffff:127.0.0.1")
"""What Streamlit says of where a person is who is at this computer; the second where the server answers
IPv4 by IPv6."""


@dataclass(frozen=True)
class StartupProgress:
    """How far the start is."""

    step: str
    share: float


class Startup:
    """The engine, being made in a thread; a page can open meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.progress = StartupProgress("Loading the libraries", 0.0)
        self.engine: Engine | None = None
        """None until it is ready."""
        self.problem: str | None = None
        """Why there will be none."""
        self._thread = threading.Thread(target=self._run, name="aion-startup", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self.engine is None and self.problem is None

    def _run(self) -> None:
        try:
            from aion.explorer.engine import Engine

            self._report("Loading the weights", 0.3)
            engine = Engine(self.settings)
            engine.warm_up(self._report)
        except Exception as exc:  # a thread has nobody else to tell
            self.problem = str(explained_fault(exc))
        else:
            self.engine = engine
            try:
                engine.warm_up_search()
                _batches(engine, self.settings.own)  # those that were not over go on
            except Exception as exc:  # is logged by this, and told to whoever searches or opens them
                explained_fault(exc)
            freeze_loaded()

    def _report(self, step: str, share: float) -> None:
        self.progress = StartupProgress(step, share)


def freeze_loaded() -> None:
    """What is loaded by now stays: after each run of a page Streamlit collects garbage, and need not look
    through all of it every time."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def _settings() -> Settings:
    return Settings.from_environment()


@st.cache_resource(show_spinner=False)
def _startup() -> Startup:
    return Startup(_settings())


@st.cache_resource(show_spinner=False)
def _archive(services: Services) -> "Archive":
    from aion.sky.archive import Archive

    return Archive(services)


def archive() -> "Archive | None":
    """The archives of the sky, asked by all sessions in turn; None where they are off."""
    services = settings().sky
    return None if services is None else _archive(services)


@st.cache_resource(show_spinner=False)
def _batches(_engine: "Engine", own: Path) -> "Batches":
    from aion.explorer.catalogs.batches import Batches

    return Batches(own, _engine, lambda: archive())


def batches() -> "Batches":
    """What persons gave to be done on this server, once the engine is ready; ends the page as `engine`."""
    return _batches(engine(), settings().own)


@st.cache_resource(show_spinner=False)
def _heads(folder: Path) -> "HeadFolder":
    from aion.heads import HeadFolder

    return HeadFolder(folder)


def heads() -> "HeadFolder":
    """Heads that persons kept on this server."""
    return _heads(settings().heads)


def is_on_this_computer() -> bool:
    """Whether the page was opened under an address that only the computer of the server has."""
    is_passed_on = "X-Forwarded-For" in st.context.headers
    is_here = st.context.ip_address in NO_ADDRESS and urlsplit(st.context.url or "").hostname in HERE
    return is_here and not is_passed_on


def startup() -> Startup:
    """The one of this process; begins when it is first looked at. Ends the page as `settings` does."""
    settings()
    return _startup()


def settings() -> Settings:
    """Those of this process; ends the page with the reason where they are impossible."""
    try:
        return _settings()
    except ConfigError as exc:
        st.error(f"**This server cannot start.** {as_text(sentence(str(exc)))}", icon=":material/error:")
        st.caption("Whoever runs it sets that variable, or leaves it out, and starts the application again.")
        st.stop()


def engine() -> "Engine":
    """The engine, once it is ready; shows how far it is, or why there is none, and ends the page then."""
    start = startup()
    if start.is_running:
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
    if start.is_running:
        st.progress(start.progress.share, text=f"Starting the model: {start.progress.step}")
    elif start.engine is None:
        explain(start)
    else:
        st.rerun()


def is_starting() -> bool:
    """Whether the engine is still being made, or failed."""
    return startup().engine is None


def _wait(start: Startup) -> None:
    load_plotly()
    place = st.empty()
    while start.is_running:
        place.progress(start.progress.share, text=f"Starting the model: {start.progress.step}")
        time.sleep(POLL)
    place.empty()
    if start.engine is None:
        st.rerun()  # the page begins anew, and knows why there is none


def explain(start: Startup) -> None:
    """Why there is no engine, and what to do."""
    st.error(
        f"**The model cannot be used.** {as_text(sentence(start.problem or ''))}",
        icon=":material/error:",
    )
    st.caption(
        "`aion app` starts with the embedded weights, `aion app --model ID` with those of a folder or a Hub "
        "id, and `aion download ID` downloads them; `HF_TOKEN` opens gated ones. The Model page has the "
        "command for each."
    )
    if st.button("Try again", icon=":material/refresh:"):
        _startup.clear()
        st.rerun(scope="app")
