"""The Similar page: what it can be asked by, how it compares, what it finds, and what its address keeps."""

import pytest

from aion.explorer.ui.shared import tiles
from aion.explorer.ui.shared.similarity_query import _parse


def found(at):
    return [
        button.key.removeprefix("found-do-")
        for button in at.menu_button
        if button.key.startswith("found-do-")
    ]


@pytest.fixture
def page(app):
    return app.switch_page("pages/similar.py").run()


@pytest.fixture
def asked(page):
    """Asked by one object."""
    page.text_input(key="add-id").set_value("object 1").run()
    return page


def test_an_empty_page_offers_objects_to_begin_with(page):
    assert not page.exception and not found(page)
    starters = [button for button in page.menu_button if button.key.startswith("starters-")]
    assert len(starters) == 6
    starters[0].click("Search by this").run()
    assert not page.exception and len(found(page)) == 11


def test_an_object_finds_all_others_best_first_with_three_decimals(asked, engine):
    expected = engine.catalog.neighbors({"all": engine.catalog.index.vector(1)}, 11, exclude=1)
    assert found(asked) == [neighbor.id for neighbor in expected]
    assert f"<b>{expected[0].similarity:.3f}</b>" in " ".join(
        str(element.proto.body) for element in asked.get("html")
    )


def test_an_unknown_id_is_refused_by_name_and_the_query_stays(asked):
    asked.text_input(key="add-id").set_value("nothing").run()
    assert "no object 'nothing'" in asked.error[0].value and len(found(asked)) == 11


def test_filters_order_and_number_take_part(asked):
    best = found(asked)
    asked.segmented_control(key="show").set_value("Least similar").run()
    assert found(asked) == best[::-1]
    asked.number_input(key="k").set_value(2).run()
    assert found(asked) == best[::-1][:2]
    asked.pills(key="class").set_value(["star"]).run()
    assert found(asked) == [id for id in best[::-1] if id in {"object 4", "object 7", "object 10"}][:2]


def test_objects_are_added_with_weights_and_removed(asked):
    asked.menu_button(key=f"found-do-{found(asked)[0]}").click("Less like this").run()
    assert not asked.exception
    query = asked.session_state["query"].weights
    assert list(query.values()) == [1.0, -1.0] and len(found(asked)) == 10
    asked.button(key=f"remove-{list(query)[1]}").click().run()
    assert list(asked.session_state["query"].weights) == ["object 1"]


def test_other_objects_are_shown_from_their_first_page(asked, monkeypatch):
    monkeypatch.setattr(tiles, "TILES", 5)
    asked.run()
    first = found(asked)
    asked.session_state["found-page"] = 2  # what a click on the pagination does
    asked.run()
    assert len(first) == 5 and not set(found(asked)) & set(first)
    asked.run()
    assert not set(found(asked)) & set(first), "the same search stays on its page"
    asked.segmented_control(key="show").set_value("Least similar").run()
    assert len(found(asked)) == 5 and asked.session_state["found-page"] == 1


def test_the_loneliest_objects_need_no_query(page):
    page.segmented_control(key="show").set_value("Outliers").run()
    assert not page.exception and len(found(page)) == 12


def test_an_upload_that_is_open_is_searched_by(upload):
    at = upload("ls_cutout.fits.gz")
    at.switch_page("pages/similar.py").run()
    next(button for button in at.button if button.label.startswith("Add ls_cutout")).click().run()
    assert not at.exception and not at.error and len(found(at)) == 12
    unlike = "No object of this catalog is known by the same data"
    assert any(caption.value.startswith(unlike) for caption in at.caption), "the objects have fluxes, too"
    at.selectbox(key="compare").select("Images").run()
    assert not at.exception and len(found(at)) == 12
    assert not any(caption.value.startswith(unlike) for caption in at.caption)


def test_two_objects_are_compared_side_by_side(asked, figures):
    asked.menu_button(key="found-do-object 3").click("Compare side by side").run()
    assert not asked.exception
    drawn = next(
        figure for figure in figures(asked) if "median" in figure["layout"]["yaxis"]["title"]["text"]
    )
    assert [trace["name"] for trace in drawn["data"]] == ["object 1", "object 3"]


def test_answers_can_be_taken_away_in_four_formats(asked):
    assert {"CSV", "ECSV", "VOTable", "FITS"} <= {button.label for button in asked.download_button}


def test_the_address_asks_by_objects_with_weights(app):
    app.query_params.update({"like": ["object 1", "object 2:-0.5"], "k": "3"})
    app.switch_page("pages/similar.py").run()
    assert not app.exception
    assert app.session_state["query"].weights == {"object 1": 1.0, "object 2": -0.5} and len(found(app)) == 3


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a", ("a", 1.0)),
        ("a:-0.5", ("a", -0.5)),
        ("a:b", ("a:b", 1.0)),
        ("a:b:2", ("a:b", 2.0)),
        (":x", (":x", 1.0)),
    ],
)
def test_an_id_may_have_colons_of_its_own(text, parsed):
    assert _parse(text) == parsed
