"""Links to the Analyze page: whoever follows one sees what its sender saw."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import reading, reopened, session, unfold, widget


def neighbors(at):
    return [button.key for button in at.menu_button if button.key.startswith("neighbor-do-")]


def test_a_link_opens_the_example_as_it_was(one_example, app, root):
    at = app.run()
    widget(at.button, "open-").click().run()
    at.number_input(key="z-typed").set_value(0.15).run()
    link = dict(at.query_params)
    assert link["example"] in ("spiral", ["spiral"]) and link["z"] in ("0.15000", ["0.15000"])
    again = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    for name, value in link.items():
        again.query_params[name] = value
    again.run()
    assert not again.exception
    assert session(again).label == one_example and session(again).z == pytest.approx(0.15)


def test_a_link_opens_an_object_of_the_catalog_with_its_switches(environment, root):
    at = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    at.query_params["object"], at.query_params["use"], at.query_params["z"] = "object 1", "tok_image", "0.4"
    at.run()
    assert not at.exception
    assert session(at).target.id == "object 1" and session(at).use == frozenset({"tok_image"})
    assert session(at).z == pytest.approx(0.4)


def test_a_link_opens_the_view_of_an_image_and_the_neighbors_of_the_sender(two_files, app, root, figures):
    at = app.run()
    widget(at.button, "open-").click().run()
    at.segmented_control(key="band").set_value("DES-R")
    at.slider(key="brightness").set_value(2.0)
    at.slider(key="q").set_value(12.0)
    at.segmented_control(key="residual").set_value("σ")
    at.number_input(key="neighbors-k").set_value(3)
    at.pills(key="neighbors-class").set_value(["star"]).run()
    image = {"band": "r", "brightness": "2.0", "q": "12.0", "residual": "σ"}
    again = reopened(at, root, **image, **{"neighbors-k": "3", "neighbors-class": "star"})
    assert set(at.query_params) == {"example"}, "what is as it was in the beginning is left out"
    assert figures(again) == figures(at)
    assert neighbors(again) == neighbors(at) and len(neighbors(at)) == 3
    assert reopened(at, root, compared="Swipe").segmented_control(key="compared").value == "Swipe"


def test_a_link_reads_the_example_as_the_sender_did(one_example, app, root):
    at = app.run()
    widget(at.button, "open-").click().run()
    unfold(at, "inspector")
    next(box for box in at.selectbox if box.label == "Wavelengths are in").select("air")
    next(button for button in at.button if button.label == "Read again").click()
    at.run()
    again = reopened(at, root)
    assert session(again).overrides.medium == "air" and reading(again).equals(reading(at))
    wrong = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    wrong.query_params["example"], wrong.query_params["set"] = "spiral", "medium=water"
    wrong.run()
    assert not wrong.exception and "The link cannot be followed" in wrong.error[0].value
    assert "water" in wrong.error[0].value


def test_a_link_to_nothing_is_explained(environment, root):
    at = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    at.query_params["object"] = "nobody"
    at.run()
    assert not at.exception
    assert "nobody" in at.error[0].value
