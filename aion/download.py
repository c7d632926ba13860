"""What a Hub repository of weights holds, what of it is in the download cache, and fetching the rest. Sizes in bytes.

The Hub is asked by `repository` and `fetch` only. Files that have arrived whole stay in the cache, so that a fetch that was ended goes on
with those that are left. Knows nothing of models.
"""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import CacheNotFound, HTTPError  # type: ignore[attr-defined]  # of the HTTP client it uses

from aion import hub
from aion.errors import DiskSpaceError, WeightsNotFoundError

LAYOUT = (hub.CONFIG_FILE, hub.WEIGHTS_FILE, f"codecs/*/{hub.CONFIG_FILE}", f"codecs/*/{hub.WEIGHTS_FILE}")
"""The files that are fetched, of all that a repository may hold."""
SPARE = 100_000_000
"""Bytes that stay free on the disk."""
PATIENCE = 10.0
"""Seconds that the Hub has to say what a repository holds."""


@dataclass(frozen=True)
class HubFile:
    """One file of a repository."""

    path: str
    size: int
    is_cached: bool


@dataclass(frozen=True)
class Repository:
    """The files of the published layout at one commit of a Hub repository."""

    id: str
    revision: str
    """Commit hash."""
    is_gated: bool
    """Whether its owner lets in only those who asked."""
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def missing(self) -> tuple[HubFile, ...]:
        """Files that are not in the cache."""
        return tuple(file for file in self.files if not file.is_cached)


@dataclass(frozen=True)
class Cached:
    """What the download cache has of one commit of a repository, whole files only."""

    id: str
    revision: str
    """Commit hash."""
    folder: Path
    files: dict[str, int]
    """Path in the repository -> size."""


def cached() -> tuple[Cached, ...]:
    """Every commit of which the cache has a configuration, by id, the newest of each first. Asks nobody."""
    try:
        held = huggingface_hub.scan_cache_dir(cache_folder()).repos
    except CacheNotFound:
        return ()
    found = [
        (repo.repo_id, -revision.last_modified, Cached(repo.repo_id, revision.commit_hash, revision.snapshot_path, _files(revision)))
        for repo in held
        if repo.repo_type == "model"
        for revision in repo.revisions
    ]
    return tuple(entry for *_, entry in sorted(found, key=lambda row: row[:2]) if hub.CONFIG_FILE in entry.files)


def repository(id: str, *, revision: str | None = None, token: str | None = None) -> Repository:
    """What the Hub has under that id; ``revision``: a commit, branch or tag.

    Raises: WeightsNotFoundError, AccessError, ConnectionFailedError.
    """
    try:
        info = huggingface_hub.HfApi(token=token).model_info(id, revision=revision, timeout=PATIENCE, files_metadata=True)
    except (OSError, ValueError, HTTPError) as exc:
        raise hub.explained(exc, id, "the list of files", revision) from exc
    commit = str(info.sha)
    listed = [(file.rfilename, int(file.size or 0)) for file in info.siblings or [] if _belongs(file.rfilename)]
    if hub.CONFIG_FILE not in dict(listed):
        raise WeightsNotFoundError(f"{id} has no {hub.CONFIG_FILE}; it needs the published layout, {hub.layout()}")
    files = (
        HubFile(path, size, isinstance(huggingface_hub.try_to_load_from_cache(id, path, revision=commit), str)) for path, size in listed
    )
    return Repository(id, commit, bool(info.gated), tuple(sorted(files, key=lambda file: file.path)))


def fetch(wanted: Repository, progress: Callable[[str, int], None], *, token: str | None = None) -> None:
    """Bring what is missing into the cache.

    Args:
        progress: Called often with a path and how many bytes of it are there. What it raises ends the fetch and goes through.

    Raises: DiskSpaceError, WeightsNotFoundError, AccessError, ConnectionFailedError.
    """
    constants.HF_HUB_DISABLE_XET = True  # over plain HTTP every byte is told, and a download can be ended in the middle of a file
    left = sum(file.size for file in wanted.missing)
    for file in wanted.missing:
        _check_space(wanted.id, left)
        try:
            huggingface_hub.hf_hub_download(
                wanted.id, file.path, revision=wanted.revision, token=token, tqdm_class=_bar(file.path, progress)
            )
        except (OSError, ValueError, HTTPError) as exc:
            if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
                raise DiskSpaceError(
                    f"the disk of {cache_folder()} became full while {file.path} of {wanted.id} arrived; free some"
                ) from exc
            if isinstance(exc, OSError) and exc.errno is not None and not isinstance(exc, (ConnectionError, TimeoutError)):
                raise DiskSpaceError(f"{file.path} of {wanted.id} cannot be written to {cache_folder()}: {exc.strerror}") from exc
            raise hub.explained(exc, wanted.id, file.path, wanted.revision) from exc
        progress(file.path, file.size)
        left -= file.size


def cache_folder() -> Path:
    """Where downloads are kept."""
    return Path(constants.HF_HUB_CACHE)


def free_space() -> int:
    """Bytes free on the disk of the cache."""
    folder = cache_folder()
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.is_dir())).free


def _check_space(id: str, size: int) -> None:
    free = free_space()
    if size + SPARE > free:
        raise DiskSpaceError(
            f"{size / 1e9:.2f} GB of {id} are still to be fetched and {cache_folder()} has {free / 1e9:.2f} GB free; "
            "free some, or let HF_HOME name a folder on another disk"
        )


def _belongs(path: str) -> bool:
    return path.count("/") in (0, 2) and any(fnmatch(path, pattern) for pattern in LAYOUT)


def _files(revision: Any) -> dict[str, int]:
    """Path in the repository -> size, of those that belong to the layout."""
    held = {file.file_path.relative_to(revision.snapshot_path).as_posix(): file.size_on_disk for file in revision.files}
    return {path: size for path, size in held.items() if _belongs(path)}


def _bar(path: str, progress: Callable[[str, int], None]) -> Any:
    """What huggingface_hub takes for a progress bar."""

    class Bar:
        def __init__(self, *, initial: int = 0, total: int | None = None, **look: Any) -> None:
            self.n, self.total = initial, total

        def update(self, more: int = 1) -> None:
            self.n += more
            progress(path, self.n)

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *reason: object) -> None:
            """Nothing to close."""

    return Bar
