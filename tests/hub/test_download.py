"""Weights are fetched with their bytes told, ended and gone on with, and started with;
what stands in the way is said in a sentence."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from aion import download, hub
from aion.__main__ import main
from aion.errors import AccessError, ConnectionFailedError, DiskSpaceError, WeightsNotFoundError
from aion.explorer.engine import weights
from aion.explorer.engine.weights import Place
from aion.explorer.settings import Settings
from aion.model import AION
from tests.hub.server import COMMIT, TOKEN, Hub


def until(claim, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def _heeds_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(process: "subprocess.Popen[str]") -> str:
    """What it says on standard error after Ctrl-C."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=30)[1]
    finally:
        process.kill()


def layout(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_command_fetches_the_layout_and_says_bytes_and_rate(
    online: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["download", "some/open"]) == 0
    said = capsys.readouterr()
    assert said.out == "" and f"some/open at {COMMIT} is in {constants.HF_HUB_CACHE}" in said.err
    assert re.search(r"some/open: 100%\|.*\| ([\d.]+M)/\1 \[.*B/s\]", said.err), said.err
    (entry,) = download.cached_weights()
    assert (entry.id, entry.revision, entry.is_newest, entry.files) == (
        "some/open",
        COMMIT,
        True,
        layout(online.folder),
    )
    online.requests.clear()
    assert main(["download", "some/open"]) == 0
    assert not [path for verb, path, _ in online.requests if verb == "GET" and "/api/" not in path], (
        "nothing is fetched twice"
    )


def test_what_was_fetched_by_its_branch_loads_without_a_network(
    online: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    download.fetch("some/open")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert AION.from_pretrained("some/open").config.dim == 32


def test_a_revision_is_fetched_by_its_name_and_is_not_the_newest(online: Hub) -> None:
    assert download.fetch("some/open", revision="v1").revision == COMMIT
    (entry,) = download.cached_weights()
    assert not entry.is_newest


def test_a_fetch_goes_on_where_the_connection_broke(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    download.fetch("some/cut")
    assert download.cached_weights()[0].files == layout(online.folder)
    assert any(headers.get("range") or headers.get("Range") for headers in online.requests_of("some/cut/cdn"))


def test_a_fetch_that_is_interrupted_keeps_whole_files_and_goes_on_with_the_others(
    online: Hub, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "0",
        "HF_ENDPOINT": online.url,
        "HF_HOME": str(tmp_path),
        "HF_HUB_CACHE": constants.HF_HUB_CACHE,
    }
    command = [sys.executable, "-m", "aion", "download", "some/slow"]
    # a shell that starts the tests in the background lets them, and so their children, ignore Ctrl-C
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=_heeds_interrupts
    )

    def begun() -> list[str]:
        return [path for verb, path, _ in online.requests if verb == "GET" and path.endswith(".safetensors")]

    until(begun)
    large = begun()[0]
    time.sleep(0.5)
    said = interrupted(process)
    assert process.returncode == 2 and "files that arrived whole are kept" in said and "Traceback" not in said
    (entry,) = download.cached_weights()
    kept = entry.files.keys()
    assert kept and not any(large.endswith(f"/{COMMIT}/{name}") for name in kept)
    online.requests.clear()
    online.go.set()
    download.fetch("some/slow")
    asked = [path for verb, path, _ in online.requests if verb == "GET" and "/api/" not in path]
    assert asked and not any(path.endswith(f"/{COMMIT}/{name}") for path in asked for name in kept)


def test_weights_in_the_cache_are_offered_by_how_much_is_there(online: Hub) -> None:
    before = {choice.id: choice for choice in weights.choices(Settings())}
    assert before["polymathic-ai/aion-base"].place is Place.HUB
    assert before[Settings.model].place is Place.FOLDER
    assert not online.requests, "nobody is asked"
    download.fetch("polymathic-ai/aion-base")
    after = {choice.id: choice for choice in weights.choices(Settings())}["polymathic-ai/aion-base"]
    assert (after.place, after.revision, after.size) == (
        Place.CACHE,
        COMMIT,
        sum(layout(online.folder).values()),
    )
    snapshot = Path(constants.HF_HUB_CACHE) / "models--polymathic-ai--aion-base" / "snapshots" / COMMIT
    (snapshot / "codecs" / "Z" / "config.json").resolve().unlink()
    (snapshot / "codecs" / "Z" / "config.json").unlink()
    assert {choice.id: choice for choice in weights.choices(Settings())}[
        "polymathic-ai/aion-base"
    ].place is Place.PARTLY
    for text in ("not json", "{}", "[]"):
        (snapshot / "config.json").resolve().write_text(text)
        assert {choice.id: choice for choice in weights.choices(Settings())}[
            "polymathic-ai/aion-base"
        ].place is Place.HUB, "not ours"


@pytest.mark.parametrize(
    ("id", "revision", "problem", "said"),
    [
        ("some/gated", "main", AccessError, "is gated .*HF_TOKEN"),
        ("some/private", "main", AccessError, "private.*HF_TOKEN"),
        ("some/open", "v9", WeightsNotFoundError, "no revision 'v9'"),
        ("nobody/open", "main", WeightsNotFoundError, "nobody/open does not exist"),
        ("not an id", "main", WeightsNotFoundError, "neither an existing folder nor a Hub id"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence_and_code_2(
    id: str,
    revision: str,
    problem: type[Exception],
    said: str,
    online: Hub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(problem, match=said):
        download.fetch(id, revision=revision)
    assert main(["download", id, "--revision", revision]) == 2
    assert re.fullmatch(rf"aion: [^\n]*{said}[^\n]*\n", capsys.readouterr().err)


def test_a_gate_opens_with_a_token_which_is_never_shown(
    online: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(["download", "some/gated"]) == 0
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err


def test_a_folder_needs_no_download(online: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["download", str(online.folder)]) == 2
    assert "nothing to download" in capsys.readouterr().err and not online.requests


def test_a_disk_without_room_is_told_before_anything_large_is_fetched(
    online: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9 - 10**8, 10**8)
    )
    with pytest.raises(DiskSpaceError, match=r"0\.10 GB free"):
        download.fetch("some/open")
    assert not [path for _, path, _ in online.requests if path.endswith(".safetensors")]


def test_a_hub_that_does_not_answer_is_not_waited_for(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.locate("some/open")
    monkeypatch.setattr(hub, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        with pytest.raises(ConnectionFailedError, match=r"could not be downloaded .*no answer"):
            download.fetch("some/open")
