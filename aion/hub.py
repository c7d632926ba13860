"""Where weights are read from: a folder or a Hugging Face Hub id, with the same files, safetensors only.

Downloads, redirects, resumes and the cache are huggingface_hub's; this file turns its failures into errors
that say what to do, and waits no longer than `PATIENCE` for a Hub that does not answer. It knows files, JSON
and tensors, and nothing of models or codecs.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import huggingface_hub
import huggingface_hub.errors as hub_errors
import safetensors
from huggingface_hub import constants
from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from aion.errors import (
    AccessError,
    ConfigError,
    ConnectionFailedError,
    WeightsError,
    WeightsMismatchError,
    WeightsNotFoundError,
)

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
PATIENCE = 3.0
"""Seconds that the Hub has to answer a question."""
_NAMES_SHOWN = 5  # tensors listed in a message before "and n more"

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """A place weights are read from, already resolved: every file is of the same folder or commit."""

    id: str
    """As it was asked for: ``polymathic-ai/aion-base`` or a folder."""
    revision: str | None
    """Commit hash of a Hub source, None for a folder."""
    token: str | bool | None = field(default=None, repr=False)
    """Access token for the Hub; None uses ``HF_TOKEN`` or the saved login."""
    local_files_only: bool = False
    """Look in the download cache only."""
    unreachable: ConnectionFailedError | None = field(default=None, repr=False)
    """Why the Hub cannot be asked, so that there is only what the cache has."""

    @property
    def is_folder(self) -> bool:
        return self.revision is None

    def file(self, path: str) -> Path:
        """Local path of one file, downloaded if need be.

        Raises: WeightsNotFoundError, AccessError, ConnectionFailedError.
        """
        if not self.is_folder:
            kept = self._cached(path)
            return kept or _download(self.id, path, self.revision, self.token, self.local_files_only)
        local = Path(self.id).expanduser() / path
        if not local.is_file():
            raise WeightsNotFoundError(
                f"the folder {self.id} has no {path}; it needs the published layout, {layout()}"
            )
        return local

    def has(self, path: str) -> bool:
        """Whether the file is there, without downloading it."""
        if self.is_folder:
            return (Path(self.id).expanduser() / path).is_file()
        if self._cached(path):
            return True
        if self.local_files_only:
            return False
        try:
            return ask(
                partial(
                    huggingface_hub.HfApi(token=self.token).file_exists, self.id, path, revision=self.revision
                )
            )
        except (OSError, HTTPError) as exc:
            raise explained(exc, self.id, path, self.revision) from exc

    def _cached(self, path: str) -> Path | None:
        """The file if the download cache has it; nobody is asked. Raises ConnectionFailedError:
        it has not, and nobody can be asked."""
        kept = find_cached(self.id, path, self.revision)
        if kept is None and self.unreachable is not None:
            raise self.unreachable
        return kept


def locate(
    source: str | Path,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    local_files_only: bool = False,
) -> Source:
    """The folder if one exists under that name, else the Hub repository,
    pinned to the commit that ``revision`` means now.

    Raises: WeightsNotFoundError, AccessError, ConnectionFailedError.
    """
    if Path(source).expanduser().is_dir():
        return Source(str(source), None)
    if isinstance(source, Path) or source.startswith((".", "/", "~")):
        raise WeightsNotFoundError(
            f"there is no folder {source}; "
            "give an existing folder or a Hub id such as polymathic-ai/aion-base"
        )
    kept = find_cached(source, CONFIG_FILE, revision)  # as snapshots/<commit>/config.json
    if kept is not None and kept.parent.name == revision:  # what a commit is does not change
        return Source(source, revision, token, local_files_only)
    try:
        config = _download(source, CONFIG_FILE, revision, token, local_files_only)
    except ConnectionFailedError as exc:
        if kept is None:
            raise
        return Source(source, kept.parent.name, token, local_files_only, exc)
    return Source(source, config.parent.name, token, local_files_only)


def find_cached(repo: str, path: str, revision: str | None) -> Path | None:
    """The file of a Hub repository, if the download cache has it; nobody is asked.
    Raises WeightsNotFoundError: that is no id."""
    try:
        kept = huggingface_hub.try_to_load_from_cache(repo, path, revision=revision)
    except ValueError as exc:
        raise explained(exc, repo, path, revision) from exc
    return Path(kept) if isinstance(kept, str) else None


def ask(question: Callable[[], T]) -> T:
    """What the Hub answers. Raises TimeoutError after `PATIENCE`, whatever the client still waits for:
    looking a name up and trying every address of it have no limit together."""
    answers: SimpleQueue[T | Exception] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(question())
        except Exception as exc:
            answers.put(exc)

    Thread(target=run, name="aion-hub", daemon=True).start()
    try:
        answer = answers.get(timeout=PATIENCE)
    except Empty:
        raise TimeoutError(f"no answer in {PATIENCE:.0f} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def read_config(source: Source, path: str = CONFIG_FILE) -> dict[str, Any]:
    """A JSON object. Raises ConfigError when the file holds anything else."""
    try:
        config = json.loads(source.file(path).read_text(encoding="utf-8"))
    except ValueError as exc:
        raise ConfigError(f"{path} of {source.id} is not valid JSON: {exc}") from exc
    if not isinstance(config, dict):
        raise ConfigError(
            f"{path} of {source.id} holds a {type(config).__name__}; a configuration is a JSON object"
        )
    return config


def read_tensors(source: Source, path: str) -> dict[str, Tensor]:
    """All tensors of a safetensors file, on the CPU. Raises WeightsMismatchError if truncated or foreign."""
    local = source.file(path)
    try:
        return load_file(local)
    except (safetensors.SafetensorError, OSError) as exc:
        raise WeightsMismatchError(
            f"{path} of {source.id} cannot be read: {_what_is_wrong(local) or exc}; fetch the file again"
        ) from exc


def load_into(module: nn.Module, tensors: Mapping[str, Tensor], *, origin: str) -> None:
    """Copy tensors into the module, strictly. Of parameters that are tied, one name is enough.

    Raises: WeightsMismatchError naming the missing, unexpected and misshapen tensors with both shapes.
    """
    expected = module.state_dict(keep_vars=True)
    given = dict(tensors)
    for names in _tied(expected):
        present = [name for name in names if name in given]
        given |= {name: given[present[0]] for name in names if present and name not in given}
    problems = [
        *_listed("missing", (f"{name} {list(t.shape)}" for name, t in expected.items() if name not in given)),
        *_listed(
            "not part of the model",
            (f"{name} {list(t.shape)}" for name, t in given.items() if name not in expected),
        ),
        *_listed(
            "of another shape",
            (
                f"{name} is {list(given[name].shape)}, the configuration asks for {list(t.shape)}"
                for name, t in expected.items()
                if name in given and given[name].shape != t.shape
            ),
        ),
    ]
    if problems:
        raise WeightsMismatchError(
            f"the weights of {origin} do not fit {type(module).__name__}: {'; '.join(problems)}"
        )
    module.load_state_dict(given)


def write(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """``config.json`` and ``model.safetensors``, as the published repositories have them;
    tied tensors are stored once."""
    folder.mkdir(parents=True, exist_ok=True)
    dropped = {name: names[0] for names in _tied(tensors) for name in names[1:]}
    kept = {name: t.detach().cpu().contiguous() for name, t in tensors.items() if name not in dropped}
    unfinished = folder / f"{WEIGHTS_FILE}.unfinished"
    save_file(kept, unfinished, metadata={"format": "pt", **dropped})
    unfinished.replace(folder / WEIGHTS_FILE)  # a reader never meets half a file
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(
    repo: str, path: str, revision: str | None, token: str | bool | None, local_files_only: bool
) -> Path:
    try:
        # the client tries again and again for half a minute: it begins once the Hub has answered
        if not local_files_only:
            url = huggingface_hub.hf_hub_url(repo, path, revision=revision)
            with suppress(hub_errors.HfHubHTTPError):  # a refusal is an answer; the client says which
                ask(partial(huggingface_hub.get_hf_file_metadata, url, token=token))
        return Path(
            huggingface_hub.hf_hub_download(
                repo, path, revision=revision, token=token, local_files_only=local_files_only
            )
        )
    except (OSError, ValueError, HTTPError) as exc:
        # a full disk or a cache that may not be written
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        raise explained(exc, repo, path, revision) from exc


def explained(exc: Exception, repo: str, path: str, revision: str | None) -> WeightsError:
    """Our error for one of huggingface_hub's, saying what to do; ``path``: what was asked for."""
    url = f"{constants.ENDPOINT}/{repo}"
    at = f" at revision {revision}" if revision else ""
    sign_in = (
        f"ask for access at {url}, then put your token into the environment variable HF_TOKEN or pass token="
    )
    status = getattr(getattr(exc, "response", None), "status_code", None)
    if isinstance(exc, hub_errors.GatedRepoError):
        return AccessError(f"{repo} is gated ({status}): {sign_in}")
    if isinstance(exc, hub_errors.RepositoryNotFoundError):
        if status == 404:
            return WeightsNotFoundError(
                f"{url} does not exist ({status}), or is private to others; "
                "ids look like polymathic-ai/aion-base"
            )
        return AccessError(
            f"{repo} cannot be read ({status}): the id is misspelt, or the repository is private; "
            f"if so, {sign_in}"
        )
    if isinstance(exc, hub_errors.RevisionNotFoundError):
        return WeightsNotFoundError(
            f"{repo} has no revision {revision!r}; its commits are listed at {url}/commits/main"
        )
    if isinstance(exc, hub_errors.RemoteEntryNotFoundError):
        return WeightsNotFoundError(f"{repo}{at} has no {path}; it needs the published layout, {layout()}")
    if isinstance(exc, hub_errors.HFValidationError):
        return WeightsNotFoundError(
            f"{repo!r} is neither an existing folder nor a Hub id such as polymathic-ai/aion-base"
        )
    if status in (401, 403) or _status_of_cause(exc) in (401, 403):
        return AccessError(
            f"{repo} may not be read with this token ({status or _status_of_cause(exc)}): {sign_in}"
        )
    if isinstance(exc, hub_errors.LocalEntryNotFoundError) and exc.__cause__ is None:
        return WeightsNotFoundError(
            f"{path} of {repo}{at} is not in the download cache; allow downloads (local_files_only=False)"
        )
    reason = exc.__cause__ or exc
    return ConnectionFailedError(
        f"{path} of {url} could not be downloaded ({type(reason).__name__}: {reason}); "
        "check the network and HF_ENDPOINT and try again, or give a folder that has the weights"
    )


def _status_of_cause(exc: Exception) -> int | None:
    """HTTP status of the failure behind this one."""
    status = getattr(getattr(exc.__cause__, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def layout() -> str:
    """The files of published weights, in words."""
    return f"{CONFIG_FILE} and {WEIGHTS_FILE}, and the same two files in codecs/<name>/"


def _tied(tensors: Mapping[str, Tensor]) -> list[list[str]]:
    """Groups of names that are one and the same tensor, each in alphabetical order."""
    groups: dict[tuple[int, tuple[int, ...]], list[str]] = {}
    for name, tensor in tensors.items():
        if tensor.numel() and tensor.device.type != "meta":
            groups.setdefault((tensor.data_ptr(), tuple(tensor.shape)), []).append(name)
    return [sorted(names) for names in groups.values() if len(names) > 1]


def _listed(what: str, names: Iterable[str]) -> list[str]:
    found = list(names)
    if not found:
        return []
    more = f" and {len(found) - _NAMES_SHOWN} more" if len(found) > _NAMES_SHOWN else ""
    return [f"{len(found)} {what}: {', '.join(found[:_NAMES_SHOWN])}{more}"]


def _what_is_wrong(path: Path) -> str | None:
    """Which tensor a truncated file breaks off at, if it is one."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        header_size = int.from_bytes(stream.read(8), "little")
        try:
            header = json.loads(stream.read(header_size)) if header_size < size else None
        except ValueError:
            header = None
    if not isinstance(header, dict):
        return f"its {size} bytes are no safetensors file, or not even its header is whole"
    ends = {
        name: 8 + header_size + entry["data_offsets"][1]
        for name, entry in header.items()
        if name != "__metadata__"
    }
    cut = sorted((end, name) for name, end in ends.items() if end > size)
    if not cut:
        return None
    first = cut[0][1]
    tensor = f"the first tensor that is not whole is {first} {header[first]['shape']}"
    return f"it is truncated, {size} bytes of {max(ends.values())}; {tensor}"
