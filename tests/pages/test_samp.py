"""The object on the page goes to other programs of this computer, and a position comes back."""

import pytest
from streamlit.testing.v1 import AppTest

from aion.errors import ArchiveError
from aion.explorer.ui.analyze import samp_panel
from aion.explorer.ui.shared import server
from aion.sky.samp import NO_HUB, SentPlace
from tests.pages.conftest import shown, unfold
from tests.pages.test_sky import look_up, sky  # noqa: F401  # fixture
from tests.sky.conftest import archive, sky_server  # noqa: F401  # fixtures
from tests.sky.simulated_sky import GALAXY, STAR

FOLD = "samp"


class Hub:
    """In place of the connection: what was sent through it."""

    def __init__(self) -> None:
        self.place: SentPlace | None = None
        self.is_there = True
        self.sent: list[tuple] = []

    def join(self) -> None:
        if not self.is_there:
            raise ArchiveError(NO_HUB)

    def __getattr__(self, name: str):
        def send(*what) -> tuple[str, ...]:
            self.sent.append((name, *what))
            return ("topcat",) if name != "send_image" else ()

        return send


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    found = Hub()
    monkeypatch.setattr(samp_panel, "_connection", lambda: found)
    monkeypatch.setattr(server, "is_on_this_computer", lambda: True)
    return found


def press(at: AppTest, label: str) -> AppTest:
    next(one for one in at.button if one.label == label).click()
    return at.run()


def test_each_thing_of_the_object_can_be_sent(sky, app: AppTest, hub: Hub) -> None:  # noqa: F811
    at = unfold(look_up(app.run(), GALAXY.name), FOLD)
    press(at, "Position")
    assert hub.sent[-1] == ("send_place", pytest.approx(GALAXY.ra), pytest.approx(GALAXY.dec))
    assert "Position: sent to topcat." in shown(at)
    press(at, "Legacy Surveys image")
    assert hub.sent[-1][2].startswith(b"SIMPLE  =") and "no program at the hub takes it" in shown(at)
    for label, kind in (
        ("SDSS spectrum", "send_spectrum"),
        ("DESI spectrum", "send_spectrum"),
        ("Neighbors", "send_table"),
    ):
        press(at, label)
        assert hub.sent[-1][0] == kind and b"<VOTABLE" in hub.sent[-1][2]


def test_a_position_that_came_leads_to_what_is_there(sky, app: AppTest, hub: Hub) -> None:  # noqa: F811
    at = unfold(look_up(app.run(), GALAXY.name), FOLD)
    hub.place = SentPlace(STAR.ra, STAR.dec, "Aladin")
    at.run()
    [button] = [one for one in at.button if "where Aladin points" in one.label]
    button.click().run()
    assert at.session_state["session"].search is not None
    assert at.session_state["session"].search.text == f"{STAR.ra:.5f} {STAR.dec:+.5f}"


def test_without_a_hub_the_panel_is_one_sentence(sky, app: AppTest, hub: Hub) -> None:  # noqa: F811
    hub.is_there = False
    at = unfold(look_up(app.run(), GALAXY.name), FOLD)
    assert "No SAMP hub runs on the computer of this server" in shown(at)
    assert not any(one.label == "Position" for one in at.button)


@pytest.mark.parametrize(
    ("ip", "url", "headers", "is_here"),
    [
        (None, "http://localhost:8501/", {}, True),
        (None, "http://127.0.0.1:8501/?at=1,2", {}, True),
        ("::ffff:127.0.0.1", "http://127.0.0.1:8501/", {}, True),
        (None, "https://explorer.example.org/", {}, False),
        (None, "http://localhost:8501/", {"X-Forwarded-For": "192.168.0.7"}, False),
        ("192.168.0.7", "http://localhost:8501/", {}, False),
        (None, None, {}, False),
    ],
)
def test_a_browser_elsewhere_is_offered_nothing(
    monkeypatch: pytest.MonkeyPatch, ip, url, headers: dict[str, str], is_here: bool
) -> None:
    context = type("Context", (), {"ip_address": ip, "url": url, "headers": headers})()
    monkeypatch.setattr(server.st, "context", context)
    assert server.is_on_this_computer() is is_here
