"""Positions on the pages: a cone that filters, separations, the sky, and links to where an object is."""

import json
from dataclasses import replace

import numpy as np
import pytest

from aion.catalog import Cone, Filters
from aion.explorer.ui.shared import positions, server
from aion.explorer.ui.shared.filtering import as_plain
from aion.sky.services import Services
from tests.pages.conftest import drawn, session, shown

RA = np.array([359.9999, 0.0001, 0.0001, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, np.nan])
DEC = np.array([0.0, 0.0, 0.0002, 0, 0, 0, 0, 0, 0, 0, 0, 0])
"""Of objects 0 to 11: 2 is 0.72 arcsec from 1, 0 as far on the other side of RA 0, 11 has no position."""


@pytest.fixture
def placed(app, monkeypatch):
    """The first page, with a reference catalog of real objects with positions."""
    return place(app, monkeypatch)


def place(app, monkeypatch, *, simulated: bool = False, services: Services | None = Services()):
    catalog, settings = server.engine().catalog, replace(server.settings(), sky=services)
    monkeypatch.setattr(server, "settings", lambda: settings)
    monkeypatch.setattr(catalog, "table", catalog.table.assign(ra=RA, dec=DEC))
    monkeypatch.setattr(catalog, "manifest", replace(catalog.manifest, simulated=simulated))
    return app


def catalog_page(app):
    return app.switch_page("pages/catalog.py").run()


def opened(page, origin="catalog"):
    """With object 1 as the one looked at."""
    session(page).open([server.engine().catalog.entry("object 1")], origin=origin, label="object 1")
    return page


def analyzed(page):
    """The Analyze page of object 1."""
    page = opened(page).switch_page("pages/analyze.py").run()
    assert not page.exception
    return page


def near(page, text, radius=None, unit=None):
    page.text_input(key="near").set_value(text).run()
    if unit is not None:
        page.segmented_control(key="unit").set_value(unit).run()
    if radius is not None:
        page.number_input(key="radius").set_value(radius).run()
    assert not page.exception
    return page


def listed(page):
    """Numbers of the objects in the table."""
    return [int(id.split()[1]) for id in page.dataframe[-1].value["id"]]


def tiles(page):
    """What stands on the tiles of a gallery, in their order."""
    return [one.proto.body for one in page.get("html") if "aion-object" in one.proto.body]


def test_a_position_and_a_radius_filter_the_catalog_and_both_plots(placed, figures):
    page = near(catalog_page(placed), "0 0")
    assert page.number_input(key="radius").label == "Radius (arcmin)"
    assert listed(page) == [0, 1, 2, 3]
    assert "4 objects" in shown(page)
    assert {trace["name"] for trace in figures(page)[0]["data"]} == {"galaxy (2)", "quasar (1)", "star (1)"}
    page = near(page, "00:00:00.024 -00:00:00.0", 0.8, "arcsec")
    assert page.number_input(key="radius").label == "Radius (arcsec)" and listed(page) == [0, 1, 2]
    assert listed(near(page, "0 0", 180, "degrees")) == list(range(11))
    assert listed(near(page, "")) == list(range(12))


def test_text_that_is_no_position_is_said_outside_of_the_filters_and_filters_nothing(placed):
    page = near(catalog_page(placed), "M 31 *x*")
    assert len(listed(page)) == 12
    assert (
        page.error[0].value
        == r"'M 31 \*x\*' is no position, so it filters nothing; 150.1021 +2.2058 would be one."
    )
    page = near(page, "10 99")
    assert "declination" in page.error[0].value and page.error[0].value.endswith("filters nothing.")
    assert len(listed(page)) == 12 and not near(page, "").error


def test_a_cone_that_holds_nothing_says_how_far_the_nearest_is(placed):
    page = near(catalog_page(placed), "0 2")
    assert [info.value for info in page.info] == [
        "No object lies within this radius; the nearest is 2.0 degrees away.",
        "No object passes these filters. Widen one of them.",
    ]


def test_the_address_keeps_the_position_and_the_radius(placed):
    placed.query_params.update({"near": "0 0", "radius": "3", "unit": "arcsec"})
    page = catalog_page(placed)
    assert listed(page) == [0, 1, 2]


def test_the_header_of_a_file_says_the_cone_with_its_units():
    cone = {"ra": 0.0, "dec": 0.0, "radius": 3.0, "unit": "deg, radius arcsec"}
    assert as_plain(Filters(cone=Cone(0.0, 0.0, 3.0))) == {"cone": cone} and as_plain(Filters()) == {}


def test_a_catalog_without_positions_shows_nothing_of_them(app):
    page = catalog_page(app)
    assert "near" not in {one.key for one in page.text_input}
    assert set(page.dataframe[-1].value) & {"separation", "at"} == set()
    page = analyzed(page)
    assert not page.exception and "neighbors-near" not in {one.key for one in page.text_input}
    assert "Neighbors on the sky" not in {one.label for one in page.expander}
    assert tiles(page) and not any("away" in tile or "On the sky" in tile for tile in tiles(page))


def test_separations_are_from_the_middle_of_the_cone_or_from_the_object_looked_at(placed):
    page = near(catalog_page(placed), "0 0", 1.0, "degrees")
    assert page.dataframe[-1].value["separation"][:3].to_numpy() == pytest.approx(
        [0.36, 0.36, 0.805], abs=1e-3
    )
    near(page, "")
    assert "separation" not in page.dataframe[-1].value
    page = opened(page).run()
    assert page.dataframe[-1].value["separation"][:3].to_numpy() == pytest.approx([0.72, 0.0, 0.72], abs=1e-3)
    assert np.isnan(page.dataframe[-1].value["separation"][11])


def test_a_neighbor_within_an_arcsecond_is_marked_as_the_same_object(app, monkeypatch):
    page = analyzed(place(app, monkeypatch))
    assert not page.exception
    by_id = dict(zip(neighbor_ids(page, "neighbor"), tiles(page), strict=True))
    same = {id for id, tile in by_id.items() if "same object" in tile}
    assert same == {"object 0", "object 2"}
    assert "0.7 arcsec away" in by_id["object 2"] and "35.6 arcsec away" in by_id["object 3"]
    assert "away" not in by_id["object 11"] and "On the sky" not in by_id["object 11"]


def neighbor_ids(page, name):
    keys = [button.key for button in page.menu_button]
    return [key.removeprefix(f"{name}-do-") for key in keys if key.startswith(f"{name}-do-")]


def test_answers_say_how_far_they_are_from_the_only_object_of_a_query(placed):
    page = placed.switch_page("pages/similar.py").run()
    page.text_input(key="add-id").set_value("object 1").run()
    by_id = dict(zip(neighbor_ids(page, "found"), tiles(page)[1:], strict=True))
    assert "same object" in by_id["object 2"] and "35.6 arcsec away" in by_id["object 3"]
    page.text_input(key="add-id").set_value("object 3").run()
    assert not any("away" in tile for tile in tiles(page)), "from which of the two?"


def test_the_sky_marks_the_object_looked_at_and_its_neighbors(app, monkeypatch, figures):
    page = analyzed(place(app, monkeypatch))
    page = catalog_page(page)
    page.segmented_control(key="beside").set_value("Sky").run()
    assert not page.exception
    sky = json.loads(drawn(page)["beside-plot"]["figure"])
    assert sky["layout"]["xaxis"]["autorange"] == "reversed"
    kinds = [shape["type"] for shape in sky["layout"]["shapes"]]
    assert kinds.count("circle") == 10 and kinds.count("path") == 2, "one of the 11 neighbors has no position"
    assert "Rings: the 11 objects most like object 1" in shown(page)
    near(page, "0 0", 10.0, "arcsec")
    sky = json.loads(drawn(page)["beside-plot"]["figure"])
    assert [shape["type"] for shape in sky["layout"]["shapes"]].count("circle") == 2


def test_neighbors_are_drawn_on_the_sky_when_that_is_unfolded(app, monkeypatch):
    page = analyzed(place(app, monkeypatch))
    page.session_state["neighbors-sky-fold"] = True
    page.run()
    sky = drawn(page)["neighbors-sky"]
    assert sky["selectable"] and len(json.loads(sky["figure"])["layout"]["shapes"]) == 2
    assert "1 of 11 have no position." in shown(page)


def test_a_real_object_is_linked_with_its_position_from_its_tile_and_its_row(app, monkeypatch):
    page = analyzed(place(app, monkeypatch))
    tile = dict(zip(neighbor_ids(page, "neighbor"), tiles(page), strict=True))["object 3"]
    assert 'href="./?at=0.01000,0.00000"' in tile and "https://simbad.cds.unistra.fr/" in tile
    rows = catalog_page(page).dataframe[-1].value
    assert rows["at"][0] == "./?at=359.99990,0.00000" and rows["at"].isna().tolist() == [False] * 11 + [True]


@pytest.mark.parametrize("why", ["simulated", "switched off"])
def test_nothing_is_linked_of_simulated_objects_and_where_the_sky_is_switched_off(app, monkeypatch, why):
    services = None if why == "switched off" else Services()
    page = analyzed(place(app, monkeypatch, simulated=why == "simulated", services=services))
    assert any("same object" in tile for tile in tiles(page)), "of one sky"
    assert not any("aion-links" in tile for tile in tiles(page))
    assert "at" not in catalog_page(page).dataframe[-1].value


@pytest.mark.parametrize(
    ("origin", "simulated", "is_compared"),
    [
        ("catalog", False, True),
        ("catalog", True, True),
        ("upload", False, True),
        ("upload", True, False),
        ("own", True, False),
        ("example", False, False),
    ],
)
def test_objects_of_two_skies_are_not_compared(app, monkeypatch, origin, simulated, is_compared):
    page = catalog_page(place(app, monkeypatch, simulated=simulated))
    page = opened(page, origin).run()
    assert not page.exception and ("separation" in page.dataframe[-1].value) == is_compared


def test_the_link_to_a_position_has_five_decimals_and_no_host():
    assert positions.sky_link(150.1, -2.2058049) == "./?at=150.10000,-2.20580"
