"""Other programs at the SAMP hub of this computer get what is sent, and what they point at is kept."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pyvo.samp import SAMPHubServer, SAMPIntegratedClient, conf

from aion.errors import ArchiveError
from aion.sky.samp import IMAGE, POINT, SPECTRUM, TABLE, SampConnection

PATIENCE = 10.0


class Listener:
    """Another program, which writes down what it gets."""

    def __init__(self, *kinds: str) -> None:
        self.client = SAMPIntegratedClient("Listener", addr="127.0.0.1")
        self.client.connect()
        self.got: list[tuple[str, dict]] = []
        self._came = threading.Event()
        for kind in kinds:
            self.client.bind_receive_notification(kind, self._take)

    def _take(self, key, sender, kind, params, extra) -> None:
        self.got.append((kind, params))
        self._came.set()

    def wait(self) -> tuple[str, dict]:
        assert self._came.wait(PATIENCE)
        return self.got[-1]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SAMPHubServer]:
    """One of this test alone: its lock file is in a home of its own, and it stays on this computer."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SAMP_HUB", raising=False)
    with conf.set_temp("use_internet", False):
        server = SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=str(tmp_path / ".samp"))
        server.start()
        yield server
        if server.is_running:
            server.stop()


@pytest.fixture
def ours() -> Iterator[SampConnection]:
    connection = SampConnection()
    yield connection
    connection.close()


def content(params: dict) -> bytes:
    return Path(unquote(urlsplit(params["url"]).path)).read_bytes()


def test_a_position_is_pointed_at(hub, ours: SampConnection) -> None:
    other = Listener(POINT)
    assert ours.send_place(150.10083, -2.2) == ("Listener",)
    assert other.wait() == (POINT, {"ra": "150.1008300", "dec": "-2.2000000"})
    other.client.disconnect()


@pytest.mark.parametrize(
    ("send", "kind"), [("send_image", IMAGE), ("send_table", TABLE), ("send_spectrum", SPECTRUM)]
)
def test_a_file_is_handed_over_on_disk(hub, ours: SampConnection, send: str, kind: str) -> None:
    other = Listener(kind)
    assert getattr(ours, send)("NGC 9999 / image", b"data") == ("Listener",)
    got, params = other.wait()
    assert got == kind and content(params) == b"data" and params["name"] == "NGC 9999 / image"
    other.client.disconnect()


def test_a_spectrum_is_a_table_where_nobody_shows_spectra(hub, ours: SampConnection) -> None:
    other = Listener(TABLE)
    assert ours.send_spectrum("spectrum", b"votable") == ("Listener",)
    assert other.wait()[0] == TABLE
    other.client.disconnect()


def test_nobody_who_takes_it_is_told_as_nobody(hub, ours: SampConnection) -> None:
    assert ours.send_image("image", b"") == ()


@pytest.mark.parametrize("way", ["notify", "call"])
def test_a_position_that_is_sent_is_kept(hub, ours: SampConnection, way: str) -> None:
    other = Listener()
    ours.join()
    message = {"samp.mtype": POINT, "samp.params": {"ra": "359.5", "dec": "12.5"}}
    if way == "notify":
        other.client.notify_all(message)
    else:
        [taker] = other.client.get_subscribed_clients(POINT)
        assert other.client.call_and_wait(taker, message, "5")["samp.status"] == "samp.ok"
        other.client.call_and_wait(taker, message | {"samp.params": {"ra": "x", "dec": "1"}}, "5")
    end = time.monotonic() + PATIENCE
    while ours.place is None and time.monotonic() < end:
        time.sleep(0.02)
    assert ours.place is not None
    assert (ours.place.ra, ours.place.dec, ours.place.sender) == (359.5, 12.5, "Listener")
    other.client.disconnect()


def test_without_a_hub_there_is_one_sentence(hub, ours: SampConnection) -> None:
    ours.join()
    hub.stop()
    for _ in range(2):
        with pytest.raises(ArchiveError, match="no SAMP hub runs on the computer of this server"):
            ours.send_place(1, 2)


def test_a_hub_that_was_started_again_is_found(hub, ours: SampConnection) -> None:
    ours.join()
    hub.stop()
    with pytest.raises(ArchiveError):
        ours.join()
    hub.start()
    other = Listener(POINT)
    assert ours.send_place(1, 2) == ("Listener",)
    other.client.disconnect()
