"""The sky around the object on the Analyze page: when there is a panel, and what it is told to draw."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from aion.catalog import Manifest
from aion.errors import ConfigError
from aion.explorer.settings import ALADIN, Settings
from aion.explorer.ui.analyze import sky_panel
from aion.explorer.ui.shared import server
from aion.sky.archive import Archive
from aion.sky.services import Services
from tests.pages.conftest import session, shown, unfold, widget

FOLD = "sky-around"


@pytest.fixture
def sky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archives may be asked; nobody asks them here."""
    ours = Archive(Services(cache=tmp_path))
    monkeypatch.setattr(server, "archive", lambda: ours)


def is_folded(at: AppTest) -> bool:
    """Whether the page has the panel."""
    return sky_panel.TITLE in [one.label for one in at.expander]


def drawn(at: AppTest) -> list[dict]:
    """What the browser is told of the sky; nothing while the panel is closed."""
    given = [one.proto for one in at.get("bidi_component") if one.proto.component_name == "aion_sky"]
    return [json.loads(one.json) for one in given]


def test_the_sky_has_the_cutout_the_field_and_the_object(sky, upload):
    at = upload("ls_cutout.fits.gz")
    assert is_folded(at) and not drawn(at)
    at = unfold(at, FOLD)
    assert not at.exception
    [told] = drawn(at)
    scene = told["scene"]
    assert told["library"] == ALADIN and ALADIN in told["words"]["not_loaded"]
    assert (scene["ra"], scene["dec"]) == pytest.approx((150.1, 2.2))
    assert scene["cutout"]["url"].startswith("data:image/png") and scene["cutout"]["wcs"]["NAXIS1"] == 120
    ra, dec = np.transpose(scene["field"])
    assert np.ptp(dec) * 3600 == pytest.approx(96 * 0.262, rel=0.01)
    assert (ra.mean(), dec.mean()) == pytest.approx((150.1, 2.2), abs=1e-4)
    assert [one["facts"]["Name"] for one in scene["objects"]] == ["ls_cutout"]
    assert "The square is the field of 96 pixels" in shown(at)


def test_a_spectrum_alone_is_a_place_in_the_sky_without_a_picture(sky, upload):
    at = unfold(upload("sdss_spec.fits"), FOLD)
    scene = drawn(at)[0]["scene"]
    assert scene["cutout"] is None and scene["field"] is None
    facts = {"Name": "0266-51630-0174", "z": "0.2500", "Class": "GALAXY/STARFORMING"}
    assert scene["objects"][0]["facts"] == facts
    assert "The square" not in shown(at)


def test_what_is_nowhere_in_the_sky_has_no_panel(sky, one_example, app, twin):
    at = app.run()
    widget(at.button, "open-").click().run()
    assert session(at).target.ra is not None and not is_folded(at), "an example is simulated"
    at.file_uploader[0].set_value(twin("spectrum.csv")).run()
    assert session(at).target.ra is None and not is_folded(at)


@pytest.mark.parametrize(
    ("origin", "simulated", "expected"),
    [
        ("catalog", True, True),
        ("catalog", False, False),
        ("catalog", None, False),
        ("own", True, False),
        ("sky", True, False),
        ("example", False, True),
    ],
)
def test_an_object_of_a_simulated_catalog_has_no_panel(monkeypatch, origin, simulated, expected):
    catalog = None if simulated is None else SimpleNamespace(manifest=Manifest("", "", simulated=simulated))
    monkeypatch.setattr(server, "engine", lambda: SimpleNamespace(catalog=catalog))
    assert sky_panel.is_simulated(SimpleNamespace(origin=origin)) is expected


def test_where_the_sky_is_off_there_is_no_panel(upload):
    assert not is_folded(upload("ls_cutout.fits.gz"))


def test_a_place_that_was_clicked_is_looked_up_once_a_person_asks(sky, upload, monkeypatch):
    asked = []
    monkeypatch.setattr(sky_panel, "look_up", asked.append)
    at = unfold(upload("ls_cutout.fits.gz"), FOLD)
    scene = drawn(at)[0]["scene"]
    at.session_state["sky-place"] = (f"{scene['ra']:.5f} {scene['dec']:.5f}", 150.09126, -0.5)
    at.run()
    button = next(one for one in at.button if one.label.startswith("Analyze at"))
    assert button.label == "Analyze at 150.09126 −0.50000" and asked == []
    button.click().run()
    assert asked == ["150.09126 -0.50000"]
    at.session_state["sky-place"] = ("10.00000 2.00000", 150.09126, -0.5)
    at.run()
    assert not any(one.label.startswith("Analyze at") for one in at.button), "of another object"


def test_objects_of_the_catalog_are_drawn_within_half_a_degree_across_ra_0():
    rows = [
        ("a", 359.9, 0.0, 0.5, "galaxy"),
        ("b", 0.2, 0.4, np.nan, np.nan),
        ("c", 0.0, 0.7, 0.1, "star"),
        ("d", np.nan, np.nan, 0.1, "star"),
    ]
    table = pd.DataFrame(rows, columns=["id", "ra", "dec", "z", "class"])
    real, simulated = (Manifest("", "", simulated=flag) for flag in (False, True))

    def around(table: pd.DataFrame, manifest: Manifest) -> list[sky_panel.SkySource]:
        return sky_panel.sources_around(SimpleNamespace(table=table, manifest=manifest), 0.0, 0.0)

    assert around(table, real) == [
        sky_panel.SkySource("a", 359.9, 0.0, 0.5, "galaxy"),
        sky_panel.SkySource("b", 0.2, 0.4, None, ""),
    ]
    assert around(table, simulated) == [] and around(table.drop(columns="ra"), real) == []


def test_what_a_click_on_an_object_shows_is_text():
    source = sky_panel.SkySource("<script>alert(1)</script>", 1.0, 2.0, -0.001, "<b>")
    facts = {"Name": "&lt;script&gt;alert(1)&lt;/script&gt;", "z": "−0.0010", "Class": "&lt;b&gt;"}
    assert source.as_plain()["facts"] == facts


def test_aladin_lite_is_an_address_or_a_file_that_is_there(tmp_path: Path):
    (tmp_path / "aladin.js").touch()
    for good in ("https://mirror.org/aladin.js", str(tmp_path / "aladin.js")):
        assert Settings.from_environment({"AION_ALADIN": good}).aladin == good
    for wrong in (str(tmp_path / "none.js"), "ftp://mirror.org/aladin.js"):
        with pytest.raises(ConfigError, match=r"AION_ALADIN .* begins with https://"):
            Settings.from_environment({"AION_ALADIN": wrong})
