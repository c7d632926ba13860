"""Published weights: bringing them into the download cache of the Hub's client, and what that cache holds.
Sizes in bytes.

The Hub is asked by `fetch` only. Files that have arrived whole stay in the cache,
so that a fetch that was ended goes on with those that are left. Knows nothing of models.
"""

import errno
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import CacheNotFound, HTTPError  # type: ignore[attr-defined]
from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

from aion import hub
from aion.errors import DiskSpaceError

LAYOUT = (hub.CONFIG_FILE, hub.WEIGHTS_FILE, f"codecs/*/{hub.CONFIG_FILE}", f"codecs/*/{hub.WEIGHTS_FILE}")
"""The files that are fetched, of all that a repository may hold."""
SPARE = 100_000_000
"""Bytes that stay free on the disk."""


@dataclass(frozen=True)
class CachedWeights:
    """What the download cache has of one commit of a repository, whole files only."""

    id: str
    revision: str
    """Commit hash."""
    is_newest: bool
    """Whether it is what the repository's main branch was when it was asked last."""
    folder: Path
    files: dict[str, int]
    """Path in the repository -> size."""

    @property
    def size(self) -> int:
        return sum(self.files.values())


def cached_weights() -> tuple[CachedWeights, ...]:
    """Every commit of which the cache has a configuration, by id, the newest of each first. Asks nobody."""
    try:
        repositories = huggingface_hub.scan_cache_dir(cache_folder()).repos
    except CacheNotFound:
        return ()
    found = [
        (repo.repo_id, -revision.last_modified, revision)
        for repo in repositories
        if repo.repo_type == "model"
        for revision in repo.revisions
    ]
    entries = (
        CachedWeights(
            id, revision.commit_hash, "main" in revision.refs, revision.snapshot_path, _files(revision)
        )
        for id, _, revision in sorted(found, key=lambda row: row[:2])
    )
    return tuple(entry for entry in entries if hub.CONFIG_FILE in entry.files)


def fetch(id: str, *, revision: str | None = None, token: str | None = None) -> hub.Source:
    """Bring what the cache lacks of a Hub repository into it; bytes and rate are on standard error meanwhile.

    Args:
        revision: A commit, branch or tag; None is the main branch.

    Raises: DiskSpaceError, WeightsNotFoundError, AccessError, ConnectionFailedError.
    """
    source = hub.locate(id, revision=revision, token=token)
    if source.is_folder:
        return source
    if source.unreachable is not None:
        raise source.unreachable
    sizes = _listed(source)
    missing = {
        path: size for path, size in sizes.items() if hub.find_cached(id, path, source.revision) is None
    }
    left = sum(missing.values())
    _check_space(id, left)
    total = sum(sizes.values())
    bytes_bar: Any = tqdm  # which ships no types
    bar = bytes_bar(desc=id, total=total, initial=total - left, unit="B", unit_scale=True, mininterval=0.5)
    with bar as line:
        for path, size in missing.items():
            whole = line.n + size
            _download(source, path, line)
            # nothing arrives where the cache has the same bytes under another name
            line.update(whole - line.n)
    return source


def cache_folder() -> Path:
    """Where downloads are kept."""
    return Path(constants.HF_HUB_CACHE)


def _listed(source: hub.Source) -> dict[str, int]:
    """Path -> size of the files that the Hub has of the layout."""
    question = partial(
        huggingface_hub.HfApi(token=source.token).model_info,
        source.id,
        revision=source.revision,
        files_metadata=True,
    )
    try:
        info = hub.ask(partial(question, timeout=constants.HF_HUB_ETAG_TIMEOUT))
    except (OSError, ValueError, HTTPError) as exc:
        raise hub.explained(exc, source.id, "the list of files", source.revision) from exc
    return {file.rfilename: int(file.size or 0) for file in info.siblings or [] if _belongs(file.rfilename)}


def _download(source: hub.Source, path: str, line: tqdm) -> None:
    try:
        huggingface_hub.hf_hub_download(
            source.id, path, revision=source.revision, token=source.token, tqdm_class=_part_of(line)
        )
    except (OSError, ValueError, HTTPError) as exc:
        if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
            raise DiskSpaceError(
                f"the disk of {cache_folder()} became full while {path} of {source.id} arrived; free some"
            ) from exc
        if (
            isinstance(exc, OSError)
            and exc.errno is not None
            and not isinstance(exc, (ConnectionError, TimeoutError))
        ):
            raise DiskSpaceError(
                f"{path} of {source.id} cannot be written to {cache_folder()}: {exc.strerror}"
            ) from exc
        raise hub.explained(exc, source.id, path, source.revision) from exc


def _check_space(id: str, size: int) -> None:
    folder = cache_folder()
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.is_dir())).free
    if size + SPARE > free:
        raise DiskSpaceError(
            f"{size / 1e9:.2f} GB of {id} are still to be fetched "
            f"and {cache_folder()} has {free / 1e9:.2f} GB free; "
            "free some, or let HF_HOME name a folder on another disk"
        )


def _belongs(path: str) -> bool:
    """Whether a file is one of the layout."""
    return path.count("/") in (0, 2) and any(fnmatch(path, pattern) for pattern in LAYOUT)


def _files(revision: Any) -> dict[str, int]:
    """Path in the repository -> size, of those that belong to the layout."""
    held = {
        file.file_path.relative_to(revision.snapshot_path).as_posix(): file.size_on_disk
        for file in revision.files
    }
    return {path: size for path, size in held.items() if _belongs(path)}


def _part_of(line: tqdm) -> type[tqdm]:
    """What huggingface_hub makes as the progress bar of one file: not drawn, it moves that of all files."""

    class Part(tqdm):
        def __init__(self, *, total: int | None = None, initial: int = 0, **_: Any) -> None:
            super().__init__(total=total, initial=initial, disable=True)  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> None:
            line.update(n)

        def update_transfer(self, n: float | None = 1) -> None:
            """Bytes on the network, which may be fewer than those of the file."""

    return Part
