"""Weights are listed, fetched with their bytes told, ended and gone on with; what stands in the way is said in a sentence."""

import shutil
import socket
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from aion import download
from aion.errors import AccessError, ConnectionFailedError, DiskSpaceError, WeightsNotFoundError
from aion.explorer import weights
from aion.explorer.settings import Settings
from aion.explorer.weights import Download, Held, State
from aion.model import AION
from tests.hub.server import COMMIT, TOKEN, Hub


def until(claim, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def test_a_repository_is_listed_with_sizes_gate_and_commit(online: Hub) -> None:
    found = download.repository("some/open", revision="v1")
    assert (found.revision, found.is_gated) == (COMMIT, False)
    sizes = {path.relative_to(online.folder).as_posix(): path.stat().st_size for path in online.folder.rglob("*") if path.is_file()}
    assert {file.path: file.size for file in found.files} == sizes and found.size == sum(sizes.values())
    assert found.missing == found.files
    assert download.repository("some/gated").is_gated
    assert not [path for _, path, _ in online.requests if "resolve" in path], "listing downloads nothing"


def test_a_fetch_tells_every_byte_and_what_is_here_is_found_without_asking(online: Hub) -> None:
    told: dict[str, list[int]] = {}
    found = download.repository("some/open")
    download.fetch(found, lambda path, size: told.setdefault(path, []).append(size))
    assert {path: sizes[-1] for path, sizes in told.items()} == {file.path: file.size for file in found.files}
    assert all(sizes == sorted(sizes) for sizes in told.values())
    assert len(told["model.safetensors"]) > 10, "many steps of a large file"
    online.requests.clear()
    (held,) = download.cached()
    assert (held.id, held.revision, held.files) == ("some/open", COMMIT, {file.path: file.size for file in found.files})
    assert not online.requests
    assert not download.repository("some/open").missing


def test_a_fetch_goes_on_where_the_connection_broke(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    last: dict[str, int] = {}
    found = download.repository("some/cut")
    download.fetch(found, last.__setitem__)
    assert last["model.safetensors"] == (online.folder / "model.safetensors").stat().st_size
    assert any(headers.get("range") or headers.get("Range") for headers in online.asked("some/cut/cdn"))


def test_a_canceled_download_keeps_whole_files_and_goes_on_with_the_others(online: Hub) -> None:
    found = download.repository("some/slow")
    first = Download(found)
    large = next(file for file in found.files if file.path.endswith(".safetensors"))
    until(lambda: first.received[large.path] > 0)
    assert first.state is State.RUNNING and 0 < first.share < 1
    assert first.received[large.path] < large.size
    first.cancel()
    online.go.set()
    first.wait(30)
    assert first.state is State.CANCELED
    kept = [file.path for file in download.repository("some/slow").files if file.is_cached]
    assert kept and large.path not in kept
    online.requests.clear()
    second = Download(download.repository("some/slow"))
    second.wait(60)
    assert second.state is State.DONE and second.share == 1
    asked = [path for verb, path, _ in online.requests if verb == "GET" and "/api/" not in path]
    assert asked and not any(path.endswith(name) for path in asked for name in kept)


def test_weights_in_the_cache_are_offered_and_load_without_the_hub(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {choice.id: choice for choice in weights.choices(Settings())}
    assert before["polymathic-ai/aion-base"].held is Held.HUB and before[Settings.model].held is Held.FOLDER
    assert not online.requests, "nobody is asked"
    download.fetch(download.repository("polymathic-ai/aion-base"), lambda path, size: None)
    after = {choice.id: choice for choice in weights.choices(Settings())}["polymathic-ai/aion-base"]
    assert (after.held, after.revision, after.is_ready) == (Held.CACHE, COMMIT, True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    chosen = after.settings(Settings())
    assert AION.from_pretrained(chosen.model, revision=chosen.revision).config.dim == 32
    blob = (
        Path(constants.HF_HUB_CACHE) / "models--polymathic-ai--aion-base" / "snapshots" / COMMIT / "codecs" / "Z" / "config.json"
    ).resolve()
    blob.unlink()
    (blob.parents[1] / "snapshots" / COMMIT / "codecs" / "Z" / "config.json").unlink()
    assert {choice.id: choice for choice in weights.choices(Settings())}["polymathic-ai/aion-base"].held is Held.PARTLY


def test_a_gate_opens_with_a_token_only_and_the_token_is_never_shown(online: Hub) -> None:
    shut = Download(download.repository("some/gated"))
    shut.wait(30)
    assert shut.state is State.FAILED and "gated" in shut.problem and "HF_TOKEN" in shut.problem
    opened = Download(download.repository("some/gated", token=TOKEN), token=TOKEN)
    opened.wait(60)
    assert opened.state is State.DONE
    assert weights.token_state(Settings()) == "none"
    assert weights.token_state(Settings(token=TOKEN)) == "set by HF_TOKEN"
    with pytest.raises(AccessError, match="private"):
        download.repository("some/private")


def test_what_is_not_there_and_what_cannot_be_reached_is_named(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsNotFoundError, match="no revision 'v9'"):
        download.repository("some/open", revision="v9")
    with pytest.raises(WeightsNotFoundError, match="nobody/open does not exist"):
        download.repository("nobody/open")
    with pytest.raises(WeightsNotFoundError, match="neither"):
        download.repository("not an id")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConnectionFailedError, match="offline mode is enabled"):
        download.repository("some/open")


def test_a_disk_without_room_is_told_before_anything_is_fetched(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    found = download.repository("some/open")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9 - 10**8, 10**8))
    with pytest.raises(DiskSpaceError, match=r"0\.10 GB free"):
        download.fetch(found, lambda path, size: None)
    assert not online.asked("some/open/resolve")


def test_a_hub_that_does_not_answer_is_not_waited_for(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ConnectionFailedError, match="could not be downloaded"):
            download.repository("some/open")
