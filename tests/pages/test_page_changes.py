"""What a person set on a page is still set when they come back from another page:
every widget of every page, one after the other."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from aion.explorer.ui.shared import tiles
from tests.pages.conftest import unfold
from tests.pages.test_batch import finished, pick, use

KINDS = (
    "segmented_control",
    "pills",
    "selectbox",
    "multiselect",
    "radio",
    "toggle",
    "number_input",
    "slider",
    "text_input",
    "pagination",
)
ANALYZE, BATCH, CATALOG, SIMILAR, MODEL = (
    f"pages/{name}.py" for name in ("analyze", "batch", "catalog", "similar", "model")
)
NOT_KEPT = ("add-id", "z-named", "example-", "catalog-choice")
"""An id to add, a line to name and an example to open do something and are empty again;
another catalog has other widgets."""
EMPTYING = {"mag", "neighbors-mag"}
"""All objects of the tiny catalog have one magnitude: with any other range there is nothing on the page."""


def widgets(at: AppTest) -> dict[str, Any]:
    """Key -> widget, of all that hold a value and another one can be chosen;
    a form is kept when it is sent."""
    found = {str(widget.key): widget for kind in KINDS for widget in getattr(at, kind)}
    found = {
        key: one
        for key, one in found.items()
        if not (one.form_id or one.proto.disabled or key.startswith(NOT_KEPT))
    }
    return {
        key: one
        for key, one in found.items()
        if key not in EMPTYING and len(vars(one).get("options", "several")) > 1
    }


def values(at: AppTest) -> dict[str, Any]:
    return {key: widget.value for key, widget in widgets(at).items()}


def another(widget: Any) -> Any:
    """A value that the widget does not have now."""
    now = widget.value
    match widget.type:
        case "toggle":
            return not now
        case "text_input":
            return "no position"  # which filters nothing
        case "number_input":
            return now + widget.step
        case "slider" if isinstance(now, tuple | list):
            return (now[0] + widget.step, now[1])
        case "slider":
            return now + widget.step
        case "pagination":
            return now + 1
        case _ if isinstance(now, list):
            return list(widget.options[:1] if len(now) != 1 else widget.options[:2])
    shown = [str(widget.format_func(now))] if now is not None else []
    return next(option for option in widget.options if option not in shown)


def set_all(at: AppTest) -> set[str]:
    """Every widget to another value, then those that appear by that; their keys."""
    done: set[str] = set()
    while left := {key: widget for key, widget in widgets(at).items() if key not in done}:
        for widget in left.values():
            widget.set_value(another(widget))
        at.run()
        assert not at.exception
        done |= left.keys()
    return done


def come_back(at: AppTest, page: str) -> AppTest:
    at.switch_page(CATALOG if page != CATALOG else SIMILAR).run()
    at.switch_page(page).run()
    assert not at.exception
    return at


@pytest.fixture
def analyze(upload: Callable[..., AppTest]) -> AppTest:
    """An object with an image and a spectrum."""
    return upload("sdss_spec.fits", "ls_cutout.fits.gz")


@pytest.fixture
def catalog(app: AppTest) -> AppTest:
    return app.switch_page(CATALOG).run()


@pytest.fixture
def batch(app: AppTest) -> AppTest:
    """Objects with redshifts and positions, done."""
    rows = [f"{i},{1 + i},{2 + i},{i / 100},{'GALAXY' if i % 2 else 'QSO'},{10 + i},{i}" for i in range(12)]
    file = io.BytesIO("\n".join(["id,FLUX_G,FLUX_R,z,class,ra,dec", *rows]).encode())
    file.name = "mine.csv"
    return finished(pick(app.switch_page(BATCH).run(), file))


@pytest.fixture
def own_catalog(batch: AppTest) -> AppTest:
    return use(batch)


@pytest.fixture
def similar(app: AppTest) -> AppTest:
    """Answers on more than one page."""
    app.query_params["like"] = "object 1"
    return app.switch_page(SIMILAR).run()


@pytest.fixture
def own_similar(own_catalog: AppTest) -> AppTest:
    own_catalog.switch_page(SIMILAR).run()
    return own_catalog.text_input(key="add-id").set_value("1").run()


@pytest.fixture
def model(app: AppTest) -> AppTest:
    app.switch_page(MODEL).run()
    app.session_state["section"] = "Other weights"
    return app.run()


@pytest.mark.parametrize(
    ("opened", "page", "some"),
    [
        ("analyze", ANALYZE, {"band", "smooth", "neighbors-k", "neighbor-page", "prior-1-0", "switches-1-0"}),
        ("batch", BATCH, {"batch-against", "batch-flag"}),
        ("catalog", CATALOG, {"color", "columns", "class", "zrange"}),
        ("own_catalog", CATALOG, {"-beside", "-color", "-columns", "-class"}),
        ("similar", SIMILAR, {"show", "compare", "k", "class", "found-page"}),
        ("own_similar", SIMILAR, {"show", "k", "-class"}),
    ],
)
def test_what_is_set_on_a_page_is_still_set_when_a_person_comes_back(
    opened, page, some, request, monkeypatch
):
    monkeypatch.setattr(tiles, "TILES", 2)
    at = request.getfixturevalue(opened)
    done = set_all(at)
    missed = {name for name in some if not any(key.startswith(name) or key.endswith(name) for key in done)}
    assert not missed, done
    before = values(at)
    assert before and values(come_back(at, page)) == before


def test_a_prior_that_was_not_applied_yet_is_still_there_with_its_numbers(analyze):
    analyze.radio(key="prior-1-0").set_value("Around a redshift").run()
    analyze.number_input(key="prior-1-0-z").set_value(0.7).run()
    come_back(analyze, ANALYZE)
    assert analyze.number_input(key="prior-1-0-z").value == 0.7
    assert analyze.session_state["session"].prior is None


def test_the_format_of_saved_figures_is_still_the_one_that_was_chosen(analyze):
    unfold(analyze, "downloads").segmented_control(key="figure-format").set_value("SVG").run()
    come_back(analyze, ANALYZE)
    assert unfold(analyze, "downloads").segmented_control(key="figure-format").value == "SVG"


def test_spectra_side_by_side_stay_in_the_observed_frame(similar):
    def open_again() -> None:
        similar.menu_button(key="found-do-object 5").click("Compare side by side").run()

    open_again()
    similar.toggle(key="side-rest").set_value(False).run()
    come_back(similar, SIMILAR)
    open_again()
    assert similar.toggle(key="side-rest").value is False


def test_the_tab_of_the_model_page_is_still_open(model):
    come_back(model, MODEL)
    assert model.session_state["section"] == "Other weights" and model.code
