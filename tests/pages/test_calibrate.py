"""The Calibrate page: what it shows of the weights alone, of a catalog, and of what cannot be used."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from aion.explorer.redshift.calibration import join_truths, write_p_z
from aion.explorer.ui.calibrate import sources
from tests.explorer.redshift.calibration.test_calibration import sample


@pytest.fixture
def page(app: AppTest) -> AppTest:
    return app.switch_page("pages/calibrate.py").run()


def choose(at: AppTest, source: str) -> AppTest:
    """Where p(z) is from."""
    at.session_state["calibrate-source"] = source
    return at.run()


def click(at: AppTest, label: str) -> AppTest:
    """The button that begins with this."""
    next(button for button in at.button if button.label.startswith(label)).click()
    return at.run()


def test_without_a_table_it_says_what_is_known_of_the_weights(page):
    assert not page.exception
    assert any("Nothing was measured with these weights" in info.value for info in page.info)


def test_a_catalog_is_measured_by_groups_when_the_model_is_asked(page):
    at = choose(page, sources.CATALOG)
    assert not at.exception and not at.dataframe
    click(at, "Ask the model")
    assert not at.exception and not at.error
    groups = at.dataframe[0].value
    assert groups["Group"][0] == "all" and groups["N"][0] == 11, "one of twelve has no redshift"
    assert groups["CRPS"].dtype == float, "columns are sorted by their numbers"
    assert {"bias", "σ_NMAD", "PIT KS", "PIT A²", "CRPS", "CDE loss"} <= set(groups.columns)
    assert any("are too few" in error.value for error in click(at, "Fit on half").error)


def test_another_table_offers_its_redshifts_and_finds_its_ids(page):
    at = click(choose(page, sources.CATALOG), "Ask the model")
    text = "mass;note;Id;z_spec\n" + "".join(f"9;x;object {row};0,5\n" for row in range(12))
    at.file_uploader[0].set_value(("truths.csv", text.encode("utf-8-sig"), "text/csv")).run()
    assert not at.exception and not at.error
    assert [(one.label, one.value) for one in at.selectbox][-2:] == [
        ("True redshift", "z_spec"),
        ("Ids", "id"),
    ]
    assert at.dataframe[0].value["N"][0] == 12


def test_a_folder_that_holds_no_p_z_is_refused(page, tmp_path):
    at = choose(page, sources.FOLDER)
    at.text_input(key="calibrate-folder").set_value(str(tmp_path)).run()
    assert not at.exception and any("holds no p" in error.value for error in at.error)


def test_a_file_of_p_z_is_measured_and_its_recalibration_used_in_the_session(page, tmp_path):
    path = tmp_path / "pz.hdf5"
    joined = join_truths(sample(), "z_spec")
    path.write_bytes(write_p_z(replace(joined, sha256="")))
    at = choose(page, sources.FOLDER)
    at.text_input(key="calibrate-folder").set_value(str(path)).run()
    assert not at.exception and at.dataframe[0].value["N"][0] == len(joined)
    click(at, "Fit on half")
    assert not at.exception and not at.error
    at.button(key="c-use").click().run()
    assert not at.exception and any("in your session" in caption.value for caption in at.caption)
    assert at.session_state["session"].own_recalibration is not None
