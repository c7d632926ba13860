"""Which weights can be chosen, where they are and how large, and a download that runs beside everything else. Sizes in bytes."""

import json
import logging
import threading
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import huggingface_hub

from aion import download, hub
from aion.download import Repository
from aion.errors import AIONError
from aion.explorer.settings import Settings
from aion.modalities import MODALITIES

PUBLISHED = {
    "polymathic-ai/aion-base": 1_700_000_000,
    "polymathic-ai/aion-large": 4_000_000_000,
    "polymathic-ai/aion-xlarge": 12_400_000_000,
}
"""Hub id -> about how much is downloaded: 0.3, 0.9 and 3 billion parameters of 4 bytes, and the codecs."""


class Held(Enum):
    """How much of some weights is on this computer."""

    FOLDER = "this server"
    CACHE = "download cache"
    PARTLY = "download cache, incomplete"
    HUB = "Hugging Face Hub"


@dataclass(frozen=True)
class Choice:
    """Weights that somebody could use."""

    id: str
    """Folder or Hub id."""
    revision: str | None
    """Commit hash of what the cache has; None for a folder, and for a repository that was never fetched."""
    held: Held
    size: int | None
    """Of the files that are here; of those that are not, about what they would take, None where nobody knows."""

    @property
    def is_ready(self) -> bool:
        """Whether it can be loaded without asking the Hub."""
        return self.held in (Held.FOLDER, Held.CACHE)

    def settings(self, settings: Settings) -> Settings:
        """The same, with these weights."""
        return replace(settings, model=self.id, revision=self.revision)


def choices(settings: Settings) -> tuple[Choice, ...]:
    """The embedded weights, those that the server was started with, what the cache has, and what is published. Asks nobody."""
    folders = [id for id in dict.fromkeys((Settings.model, settings.model)) if (Path(id) / hub.CONFIG_FILE).is_file()]
    here = [Choice(id, None, Held.FOLDER, _size(Path(id))) for id in folders]
    in_cache = [choice for entry in download.cached() if (choice := _in_cache(entry)) is not None]
    known = {choice.id for choice in in_cache}
    ids = [*PUBLISHED, *([settings.model] if settings.model not in folders and not Path(settings.model).is_absolute() else [])]
    return (*here, *in_cache, *(Choice(id, None, Held.HUB, PUBLISHED.get(id)) for id in dict.fromkeys(ids) if id not in known))


def token_state(settings: Settings) -> str:
    """Whether there is a token for the Hub, and where from; never the token."""
    if settings.token:
        return "set by HF_TOKEN"
    return "saved by `hf auth login`" if huggingface_hub.get_token() else "none"


class State(Enum):
    """How a download is."""

    RUNNING = "running"
    DONE = "done"
    CANCELED = "canceled"
    FAILED = "failed"


class Download:
    """The missing files of a repository, fetched in a thread."""

    def __init__(self, repository: Repository, *, token: str | None = None) -> None:
        self.repository = repository
        self.received = {file.path: file.size if file.is_cached else 0 for file in repository.files}
        """Path -> bytes that are here."""
        self.state = State.RUNNING
        self.problem = ""
        """Why it failed."""
        self._canceled = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(token,), name="aion-download", daemon=True)
        self._thread.start()

    @property
    def share(self) -> float:
        """0 to 1, of all bytes."""
        return min(sum(self.received.values()) / max(self.repository.size, 1), 1.0)

    def cancel(self) -> None:
        """End it at the next bytes; files that are whole stay."""
        self._canceled.set()

    def wait(self, timeout: float | None = None) -> None:
        """Until it ends, or for so many seconds."""
        self._thread.join(timeout)

    def _run(self, token: str | None) -> None:
        try:
            download.fetch(self.repository, self._note, token=token)
        except _CanceledError:
            self.state = State.CANCELED
        except AIONError as exc:
            self.problem, self.state = str(exc), State.FAILED
        except Exception as exc:  # a thread has nobody else to tell
            logging.getLogger(__name__).exception("a download ended")
            self.problem = f"the download ended ({type(exc).__name__}); the log of the server has the details"
            self.state = State.FAILED
        else:
            self.state = State.DONE

    def _note(self, path: str, size: int) -> None:
        if self._canceled.is_set():
            raise _CanceledError
        self.received[path] = size


class _CanceledError(Exception):
    """A person ended the download."""


def _in_cache(entry: download.Cached) -> Choice | None:
    """What the cache has of a model of ours; None for somebody else's."""
    try:
        config = json.loads((entry.folder / hub.CONFIG_FILE).read_text(encoding="utf-8"))
        streams = {*config["domains_in"], *config["domains_out"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    names = {MODALITIES[key].name for key in streams if key in MODALITIES}
    wanted = {hub.WEIGHTS_FILE, *(f"codecs/{name}/{file}" for name in names for file in (hub.CONFIG_FILE, hub.WEIGHTS_FILE))}
    held = Held.CACHE if wanted <= entry.files.keys() else Held.PARTLY
    return Choice(entry.id, entry.revision, held, sum(entry.files.values()))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for pattern in download.LAYOUT for path in folder.glob(pattern))
