"""Weights from a Hub that is played by a local server:
what arrives, and what a person is told when nothing does."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from aion.hub import sha256
from aion.model import AION, AIONConfig
from tests.hub.server import COMMIT, TOKEN, Hub, hub

ROOT = Path(__file__).resolve().parents[2]


class Client:
    """A running worker: call it with an order; ``seconds`` is how long the last one took."""

    def __init__(self, endpoint: str, cache: Path, *arguments: str) -> None:
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith("HF_") and "proxy" not in k.lower()
        }
        environment |= {
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(cache),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def __call__(self, task: str, source: str, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdin.write(json.dumps({"task": task, "source": source, **order}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:  # libraries may print there too
            if line.startswith("answer "):
                answer: dict[str, Any] = json.loads(line.removeprefix("answer "))
                self.seconds = answer.pop("seconds")
                return answer
        raise AssertionError(self.process.stderr.read())

    def close(self) -> str:
        """Ends it; what it wrote beside its answers."""
        return self.process.communicate()[1]


@pytest.fixture(scope="module")
def model() -> AION:
    torch.manual_seed(0)
    return AION(
        AIONConfig(
            dim=8,
            encoder_depth=1,
            decoder_depth=1,
            num_heads=2,
            domains_in=("tok_z",),
            domains_out=("tok_z",),
        )
    ).eval()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, model: AION) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("repository")
    model.save_pretrained(folder)
    (folder / "codecs" / "Z").mkdir(parents=True)
    (folder / "codecs" / "Z" / "config.json").write_text("{}")
    with hub(folder) as server:
        yield server


@pytest.fixture(scope="module")
def ask(served: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(served.url, tmp_path_factory.mktemp("cache"))
    yield client
    client.close()


def test_a_model_arrives_through_a_redirect_and_equals_the_one_saved(
    ask: Client, served: Hub, model: AION
) -> None:
    answer = ask("model", "some/open")
    with torch.no_grad():
        assert answer["state"] == pytest.approx(
            float(model.encode({"tok_z": torch.tensor([[3]])}).sum()), rel=1e-6
        )
    assert answer["revision"] == COMMIT
    assert answer["sha256"] == sha256(served.folder / "model.safetensors")


def test_every_file_comes_from_the_commit_that_the_name_stood_for(ask: Client, served: Hub) -> None:
    assert ask("file", "some/pinned", revision="v1", path="codecs/Z/config.json")["revision"] == COMMIT
    paths = [path for _, path, _ in served.requests if path.startswith("/some/pinned/")]
    assert all("/v1/config.json" in path or f"/{COMMIT}/" in path for path in paths)


def test_what_was_downloaded_once_needs_no_network(ask: Client, served: Hub) -> None:
    first = ask("model", "some/kept")
    before = len(served.requests)
    assert ask("model", "some/kept", local_files_only=True) == first
    assert len(served.requests) == before


def test_whether_a_file_is_there_is_known_without_downloading_it(ask: Client, served: Hub) -> None:
    assert ask("has", "some/looked-at", path="model.safetensors")["has"]
    assert not ask("has", "some/looked-at", path="codecs/nothing/config.json")["has"]
    assert len(served.requests_of("some/looked-at")) == 1  # config.json alone


def test_a_download_that_breaks_off_goes_on_where_it_stopped(ask: Client, served: Hub) -> None:
    assert ask("model", "some/cut")["sha256"] == sha256(served.folder / "model.safetensors")
    half = (served.folder / "model.safetensors").stat().st_size // 2
    (resumed,) = [headers["Range"] for headers in served.requests_of("some/cut") if "Range" in headers]
    assert half - 256 < int(resumed.removeprefix("bytes=").removesuffix("-")) <= half


def test_a_download_that_never_completes_is_told_as_a_connection_problem(ask: Client) -> None:
    answer = ask("model", "some/broken")
    assert answer["error"] == "ConnectionFailedError"
    assert "model.safetensors" in answer["message"] and "try again" in answer["message"]


def test_a_server_that_is_not_there_is_told_with_its_address(tmp_path: Path) -> None:
    client = Client("http://127.0.0.1:9", tmp_path)
    answer = client("model", "some/open")
    client.close()
    assert answer["error"] == "ConnectionFailedError"
    assert "http://127.0.0.1:9/some/open" in answer["message"] and "HF_ENDPOINT" in answer["message"]


@pytest.mark.parametrize("way", ["refuses", "is silent", "has no address", "is looked up for ever"])
def test_without_a_network_one_sentence_comes_within_five_seconds(way: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = 9 if way == "refuses" else silent.getsockname()[1]
        host = (
            "nowhere.invalid"
            if way == "has no address"
            else "localhost"
            if "looked up" in way
            else "127.0.0.1"
        )
        client = Client(f"http://{host}:{port}", tmp_path, "waiting")
        for task in ("model", "codec"):
            answer = client(task, "polymathic-ai/aion-base", lookup_hangs="looked up" in way)
            assert client.seconds < 5
            assert answer["error"] == "ConnectionFailedError"
            assert f"{host}:{port}/polymathic-ai/aion-base" in answer["message"]
        assert client.close() == "", "nothing but the sentence"


def test_without_a_network_the_cache_is_enough_and_what_it_lacks_is_missed_at_once(
    served: Hub, tmp_path: Path
) -> None:
    online = Client(served.url, tmp_path)
    first = online("model", "some/whole")
    online("file", "some/partial", path="config.json")
    online.close()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, "waiting")
        assert client("model", "some/whole") == first and client.seconds < 5
        assert client("model", "some/whole", revision=COMMIT) == first and client.seconds < 1, (
            "a commit needs no question"
        )
        for revision in (None, COMMIT):
            answer = client("model", "some/partial", revision=revision)
            assert answer["error"] == "ConnectionFailedError" and client.seconds < 5
    assert client.close() == ""


@pytest.mark.parametrize("token", [None, "hf_without_access"])
def test_gated_weights_say_where_to_ask_and_where_the_token_goes(
    ask: Client, served: Hub, token: str | None
) -> None:
    answer = ask("model", "some/gated", token=token)
    assert answer["error"] == "AccessError"
    assert f"{served.url}/some/gated" in answer["message"] and "HF_TOKEN" in answer["message"]
    assert ("401" if token is None else "403") in answer["message"]


def test_the_token_may_come_from_the_environment_or_the_call(ask: Client) -> None:
    assert "state" in ask("model", "one/gated", environment={"HF_TOKEN": TOKEN})
    assert "state" in ask("model", "other/gated", token=TOKEN)


def test_a_token_is_never_shown(ask: Client) -> None:
    assert TOKEN not in ask("has", "shown/gated", token=TOKEN, path="config.json")["shown"]


@pytest.mark.parametrize("name", ["private", "forbidden"])
def test_weights_of_others_say_where_the_token_goes(ask: Client, name: str) -> None:
    answer = ask("model", f"some/{name}")
    assert answer["error"] == "AccessError"
    assert "HF_TOKEN" in answer["message"]


def test_an_unknown_id_is_named(ask: Client) -> None:
    answer = ask("model", "nobody/nothing")
    assert answer["error"] == "WeightsNotFoundError"
    assert "nobody/nothing" in answer["message"] and "polymathic-ai/aion-base" in answer["message"]


def test_an_unknown_revision_is_named(ask: Client) -> None:
    answer = ask("model", "some/open", revision="v99")
    assert answer["error"] == "WeightsNotFoundError"
    assert "'v99'" in answer["message"] and "/commits/" in answer["message"]


def test_a_missing_file_is_named(ask: Client) -> None:
    answer = ask("file", "some/open", path="codecs/nothing/config.json")
    assert answer["error"] == "WeightsNotFoundError"
    assert "codecs/nothing/config.json" in answer["message"]


def test_without_downloads_a_missing_file_is_told_as_such(ask: Client) -> None:
    answer = ask("model", "some/never-seen", local_files_only=True)
    assert answer["error"] == "WeightsNotFoundError"
    assert "local_files_only" in answer["message"]
