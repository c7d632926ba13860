"""The Catalog page: table, plots, filters and one selection, and what its address keeps."""

import json

import pandas as pd
import pytest
import streamlit as st

from aion.explorer.ui.catalog import objects
from aion.explorer.ui.catalog.card import lines
from aion.explorer.ui.shared import paging
from aion.explorer.ui.shared.figure import FORMAT
from aion.explorer.ui.shared.selection import Selection
from tests.pages.conftest import drawn


@pytest.fixture
def page(app):
    return app.switch_page("pages/catalog.py").run()


def test_the_catalog_lists_its_objects_and_plots_them(page, figures):
    assert not page.exception and len(page.dataframe[0].value) == 12
    drawn = [figure["layout"] for figure in figures(page)]
    titles = [(axes["xaxis"]["title"]["text"], axes["yaxis"]["title"]["text"]) for axes in drawn]
    assert titles == [("PCA 1", "PCA 2"), ("Redshift z", "r (AB mag)")]  # too few for a UMAP


def test_the_table_is_sent_with_each_shared_text_once_and_says_the_same():
    rows = pd.DataFrame(
        {
            "id": [f"object {n}" for n in range(100)],
            "class": ["galaxy", "star"] * 50,
            "has_image": [True, False] * 50,
        }
    )
    sent = objects._compact(rows)
    assert list(sent["class"]) == list(rows["class"]) and list(sent["id"]) == list(rows["id"])
    assert sent.dtypes.astype(str).tolist() == [str(rows["id"].dtype), "category", "bool"]


def test_what_was_drawn_once_is_kept_by_the_browser_while_a_person_goes_round_the_pages():
    assert st.config.get_option("global.maxCachedMessageAge") >= 20


def test_a_filter_narrows_the_table_and_both_plots(page, figures):
    page.pills(key="class").set_value(["quasar"]).run()
    assert not page.exception and set(page.dataframe[0].value["class"]) == {"quasar"}
    assert [[trace["name"].split()[0] for trace in figure["data"]] for figure in figures(page)] == [
        ["quasar"],
        ["quasar"],
    ]


def test_filters_that_nothing_passes_are_explained(page):
    page.slider(key="zrange").set_value((1.99, 2.0)).run()
    page.pills(key="class").set_value(["galaxy"]).run()
    assert not page.exception and "No object passes" in page.info[0].value


def test_points_are_colored_by_any_column(page, figures):
    page.selectbox(key="color").select("z").run()
    assert not page.exception
    assert all(
        len(figure["data"]) == 1 and "colorscale" in str(figure["data"][0]["marker"])
        for figure in figures(page)
    )


def test_the_camera_of_the_plots_saves_the_format_that_was_chosen(page):
    assert {key: one["camera"] for key, one in drawn(page).items()} == {
        key: {"format": "png", "filename": key, "scale": 2} for key in ("map-plot", "beside-plot")
    }
    page.segmented_control(key=FORMAT).set_value("SVG").run()
    assert {one["camera"]["format"] for one in drawn(page).values()} == {"svg"}


def test_the_sky_is_offered_only_where_there_are_positions(page):
    assert page.segmented_control(key="beside").options == ["z and magnitude"]
    sky = objects._PAIRS["Sky"]
    assert sky.has_both(pd.DataFrame({"ra": [10.0, None], "dec": [1.0, 2.0]})).tolist() == [True, False]
    assert not sky.has_both(pd.DataFrame({"ra": [None], "dec": [1.0]}, dtype=float)).any()
    assert not sky.has_both(pd.DataFrame({"z": [0.1]})).any()
    assert [objects._label(name) for name in (sky.across, sky.up)] == ["RA (deg, ICRS)", "Dec (deg, ICRS)"]


def test_the_plot_beside_the_map_opens_on_what_most_objects_have_and_says_how_many_are_drawn(page):
    assert "6 of 12 objects are drawn: the others have no Redshift z or no r (AB mag)." in [
        caption.value for caption in page.caption
    ]
    spectra = pd.DataFrame(
        {"z": [0.1] * 9, "mag_r": [20.0, *[None] * 8], "ra": [1.0] * 9, "dec": [2.0] * 9}, dtype=float
    )
    assert objects._fullest(spectra, objects._PAIRS) == "Sky"
    assert objects._fullest(spectra.assign(mag_r=20.0), objects._PAIRS) == "z and magnitude"
    few = spectra.assign(ra=[1.0, 2.0, *[None] * 7])
    assert objects._fullest(few, objects._PAIRS) == "Sky" and objects._fullest(few, {}) is None


def test_marked_objects_are_in_the_gallery_and_the_table_until_unmarked(page):
    page.session_state["selection"] = Selection(frozenset({"object 3", "object 8"}))
    page.run()
    assert not page.exception
    assert list(page.dataframe[0].value["id"]) == ["object 3", "object 8"]
    assert {button.key for button in page.menu_button} == {"marked-do-object 3", "marked-do-object 8"}
    assert {key: sum(map(len, one["selected"])) for key, one in drawn(page).items()} == {
        "map-plot": 2,
        "beside-plot": 1,
    }
    next(button for button in page.button if button.label == "Unmark").click().run()
    assert len(page.dataframe[0].value) == 12 and not page.menu_button
    assert {one["selected"] for one in drawn(page).values()} == {None}


def test_a_marked_object_can_be_analyzed_or_searched_by(page):
    page.session_state["selection"] = Selection(frozenset({"object 3"}))
    page.run()
    page.menu_button(key="marked-do-object 3").click("Search by this").run()
    assert not page.exception
    assert page.title[0].value == "Similar objects"
    assert page.session_state["query"].weights == {"object 3": 1.0}


def test_the_filters_survive_a_look_at_another_page(page):
    page.pills(key="class").set_value(["star"]).run()
    page.switch_page("pages/model.py").run()
    page.switch_page("pages/catalog.py").run()
    assert set(page.dataframe[0].value["class"]) == {"star"}


def test_the_address_opens_the_page_with_its_filters_and_color(app, root):
    app.query_params.update({"class": ["quasar"], "color": "Redshift z"})
    app.switch_page("pages/catalog.py").run()
    assert not app.exception
    assert set(app.dataframe[0].value["class"]) == {"quasar"} and app.selectbox(key="color").value == "z"


def test_a_selection_is_of_objects_whatever_the_filters_and_none_is_no_selection():
    table, now = pd.DataFrame({"id": ["a", "b", "c"]}), Selection()
    assert now.rows(table) is None
    now.take(table, [0, 2])
    assert now.ids == {"a", "c"} and now.rows(table) == [0, 2] and list(now.among(table[1:])["id"]) == ["c"]
    now.take(table, [])
    assert now.rows(table) is None


def test_a_card_says_what_is_known_of_an_object_and_nothing_else(page):
    assert [one.proto.component_name for one in page.get("bidi_component")].count("aion_card") == 1
    assert lines(pd.Series({"class": "star", "subtype": None, "z": -0.00012, "mag_r": 18.5})) == [
        "star",
        "z −0.0001 · r 18.50 mag",
    ]
    assert lines(pd.Series({"class": None, "z": float("nan"), "g_r": -0.2, "dec": -1.5})) == [
        "g − r −0.20",
        "Dec −1.50000°",
    ]


def test_a_pointer_gets_the_card_of_its_row(page):
    page.session_state["card"] = {"row": 2}
    page.run()
    [card] = [
        json.loads(one.proto.json)
        for one in page.get("bidi_component")
        if one.proto.component_name == "aion_card"
    ]
    assert card["card"]["id"] == "object 2" and card["card"]["picture"].startswith("data:image/")
    assert not page.exception


def test_a_long_table_comes_in_pages_that_are_sorted_as_a_whole(page, monkeypatch):
    monkeypatch.setattr(paging, "PAGED", 4)
    monkeypatch.setattr(paging, "PAGE", 5)
    at = page.run()
    assert at.dataframe[0].value["id"].tolist() == [f"object {i}" for i in range(5)]
    at.selectbox(key="sort").set_value("z").run()
    at.toggle(key="falling").set_value(True).run()
    assert not at.exception
    table = at.dataframe[0].value
    assert len(table) == 5 and table["z"].dropna().is_monotonic_decreasing


def test_a_crowded_plot_says_what_its_points_are(page, figures, monkeypatch):
    for name, value in (("DRAWN", 6), ("SAMPLE", 3)):
        monkeypatch.setattr(f"aion.explorer.figures.density.{name}", value)
    at = page.run()
    assert not at.exception
    assert any("density of all 12 objects in view; 3 of" in caption.value for caption in at.caption)
