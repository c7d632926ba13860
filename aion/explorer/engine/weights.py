"""Which weights the explorer can be started with, how much of them is on this computer, and the command for
each. Asks nobody."""

import json
import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from aion import download, hub
from aion.explorer.settings import Settings
from aion.modalities import MODALITIES

HUB_MODELS = {
    "polymathic-ai/aion-base": 1_700_000_000,
    "polymathic-ai/aion-large": 4_000_000_000,
    "polymathic-ai/aion-xlarge": 12_400_000_000,
}
"""Hub id -> about how much is downloaded: 0.3, 0.9 and 3 billion parameters of 4 bytes, and the codecs."""


class Place(Enum):
    """Where some weights are."""

    FOLDER = "folder on this computer"
    CACHE = "download cache, complete"
    PARTLY = "download cache, incomplete"
    HUB = "Hugging Face Hub"


@dataclass(frozen=True)
class Choice:
    """Weights that the explorer can be started with."""

    id: str
    """Folder or Hub id."""
    place: Place
    size: int
    """Bytes of the files that are here; of those that are not, about what they would take."""
    revision: str | None = None
    """Commit hash of what the cache has."""
    is_newest: bool = True
    """Whether no revision has to be named to get these."""

    @property
    def command(self) -> str:
        """What to type to have the explorer with these weights; a line for the download, where there is
        something to download."""
        id = shlex.quote(self.id)
        fetch = f"aion download {id}" + ("" if self.is_newest else f" --revision {self.revision}")
        app = "aion app" + ("" if self.id == Settings.model else f" --model {id}")
        app = app if self.is_newest else f"AION_REVISION={self.revision} {app}"
        return app if self.place in (Place.FOLDER, Place.CACHE) else f"{fetch}\n{app}"


def choices(settings: Settings) -> tuple[Choice, ...]:
    """The embedded weights, those of this application, those in the cache, and those that are published."""
    folders = [
        id for id in dict.fromkeys((Settings.model, settings.model)) if (Path(id) / hub.CONFIG_FILE).is_file()
    ]
    here = [Choice(id, Place.FOLDER, _size(Path(id))) for id in folders]
    in_cache = [_in_cache(entry) for entry in download.cached_weights() if _is_ours(entry)]
    listed = {choice.id for choice in in_cache}
    return (
        *here,
        *in_cache,
        *(Choice(id, Place.HUB, size) for id, size in HUB_MODELS.items() if id not in listed),
    )


def _streams(entry: download.CachedWeights) -> set[str]:
    """Token keys in the configuration."""
    config = json.loads((entry.folder / hub.CONFIG_FILE).read_text(encoding="utf-8"))
    return {*config["domains_in"], *config["domains_out"]}


def _is_ours(entry: download.CachedWeights) -> bool:
    """Whether it is a model of this kind, and not one of the many others that a cache may hold."""
    try:
        return bool(_streams(entry))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _in_cache(entry: download.CachedWeights) -> Choice:
    names = {MODALITIES[key].name for key in _streams(entry) if key in MODALITIES}
    wanted = {
        hub.WEIGHTS_FILE,
        *(f"codecs/{name}/{file}" for name in names for file in (hub.CONFIG_FILE, hub.WEIGHTS_FILE)),
    }
    place = Place.CACHE if wanted <= entry.files.keys() else Place.PARTLY
    return Choice(entry.id, place, entry.size, entry.revision, entry.is_newest)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for pattern in download.LAYOUT for path in folder.glob(pattern))
