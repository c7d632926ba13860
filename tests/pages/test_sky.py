"""A position, a name or an id in the box of the Analyze page, with the fake archive behind it."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from streamlit.testing.v1 import AppTest

from aion.explorer.ui.shared import server
from aion.sky.archive import Archive
from tests.pages.conftest import PATIENCE, shown, unfold
from tests.sky.asked import archive_of
from tests.sky.conftest import archive, sky_server  # noqa: F401  # fixtures
from tests.sky.fake_archive import FakeArchive
from tests.sky.simulated_sky import EMBARGOED, GALAXY, NOTHING, QUASAR

BOX = "Position, name or TARGETID"
Ours = Callable[[], Archive]


@pytest.fixture
def sky(archive: FakeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeArchive:  # noqa: F811
    """The archives, as the application asks them."""
    ours = archive_of(archive, tmp_path)
    monkeypatch.setattr(server, "archive", lambda: ours)
    return archive


def box(at: AppTest):
    return next(one for one in at.text_input if one.label == BOX)


def finish(at: AppTest) -> AppTest:
    """The page when the search is over."""
    session, end = at.session_state["session"], monotonic() + PATIENCE
    while session.search is not None and monotonic() < end:
        session.search.wait(PATIENCE)
        at.run()
    assert not at.exception and session.search is None
    return at


def look_up(at: AppTest, text: str) -> AppTest:
    box(at).set_value(text).run()
    return finish(at)


def test_a_name_becomes_the_page_of_its_object(sky: FakeArchive, app: AppTest):
    at = look_up(app.run(), GALAXY.name)
    assert not at.error and at.title[0].value == GALAXY.name
    assert at.session_state["session"].target.z_reference is not None
    text = shown(at)
    assert "The Legacy Surveys consist of" in text and "SPARCL" in text
    choices = [one.label for one in at.selectbox if "within 2 arcsec" in one.label]
    assert [label.split()[0] for label in choices] == ["SDSS", "DESI"]
    assert at.query_params["at"] == f"{GALAXY.ra:.5f},{GALAXY.dec:.5f}"


def test_another_spectrum_of_the_object_can_be_chosen_or_none(sky: FakeArchive, app: AppTest):
    at = look_up(app.run(), GALAXY.name)
    choice = next(one for one in at.selectbox if one.label.startswith("DESI spectrum"))
    choice.select("none of them").run()
    finish(at)
    kinds = {type(one).__name__ for one in at.session_state["session"].target.modalities}
    assert "DESISpectrum" not in kinds and "SDSSSpectrum" in kinds


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ({"at": f"{GALAXY.ra},{GALAXY.dec}"}, None),
        ({"targetid": "39627835576420141"}, None),
        ({"name": GALAXY.name}, GALAXY.name),
    ],
    ids=["at", "targetid", "name"],
)
def test_a_link_of_the_sky_opens_the_same_place(sky: FakeArchive, environment, root: Path, query, title):
    at = AppTest.from_file(str(root / "app.py"), default_timeout=PATIENCE)
    for name, value in query.items():
        at.query_params[name] = value
    finish(at.run())
    assert not at.error and (title is None or at.title[0].value == title)
    assert at.session_state["session"].finding.place.ra == pytest.approx(GALAXY.ra, abs=1e-4)


def test_a_spectrum_that_is_farther_than_2_arcsec_is_a_question(sky: FakeArchive, app: AppTest):
    at = look_up(app.run(), f"{QUASAR.ra} {QUASAR.dec + 5 / 3600}")
    assert any("of another object as it seems" in one.value for one in at.warning)
    next(one for one in at.button if one.key == "sky-go-nearest").click().run()
    finish(at)
    assert at.session_state["session"].finding.best[0].spectrum.kind == "QSO"


def test_what_is_missing_is_a_sentence_and_the_rest_is_analyzed(sky: FakeArchive, app: AppTest):
    at = look_up(app.run(), EMBARGOED.name)
    assert not at.error and at.metric
    assert "No spectrum: SPARCL has none of SDSS DR17, BOSS DR17 or DESI DR1 within 30 arcsec." in shown(at)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (NOTHING.name, "Nothing was found there: no Legacy Surveys image"),
        ("NGC 12345678", "No catalog of Sesame"),
        ("400 10", "400"),
    ],
)
def test_a_place_with_nothing_leaves_what_was_open(sky: FakeArchive, app: AppTest, text: str, words: str):
    at = look_up(look_up(app.run(), GALAXY.name), text)
    assert words in at.error[0].value and "Shown below: NGC 9999" in at.error[0].value
    assert at.title[0].value == GALAXY.name


def test_without_a_network_the_page_says_so_and_can_be_used(sky: FakeArchive, app: AppTest):
    for service in ("viewer", "sparcl", "sesame"):
        sky.fail(service, "broken")
    at = look_up(app.run(), GALAXY.name)
    assert "broke off" in at.error[0].value and at.file_uploader


def test_a_search_can_be_cancelled(sky: FakeArchive, app: AppTest):
    sky.fail("viewer", "slow", slow_seconds=30)
    at = app.run()
    box(at).set_value(f"{GALAXY.ra} {GALAXY.dec}").run()
    next(one for one in at.button if one.key == "sky-cancel").click().run()
    at.run()
    assert not at.exception and at.session_state["session"].search is None and not at.error


def test_where_the_sky_is_off_there_is_no_box_and_a_link_says_why(app: AppTest, root: Path):
    assert all(one.label != BOX for one in app.text_input)
    at = AppTest.from_file(str(root / "app.py"), default_timeout=PATIENCE)
    at.query_params["at"] = "150.1,2.2"
    assert "AION_SKY=no" in at.run().error[0].value


def test_the_page_says_how_to_fetch_the_same_again_and_the_field_once(sky: FakeArchive, app: AppTest):
    at = unfold(look_up(app.run(), GALAXY.name), "again")
    code = " ".join(one.value for one in at.code)
    assert f"--name '{GALAXY.name}'" in code and f"objects_at('{GALAXY.name}'" in code
    assert "only the central" not in shown(at)
