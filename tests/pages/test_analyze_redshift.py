"""The redshift on the Analyze page: sliders, peaks, clicked features, a prior, switches, and doubts."""

import pyarrow as pa
import pytest

from aion.exact_redshift import ExactRedshift, LineFlux
from aion.explorer import results
from aion.explorer.engine import Engine
from aion.explorer.ui.shared import people
from aion.lines import LINE
from tests.pages.conftest import session, shown, titles, unfold, widget


def facts(at):
    """The numbers beside p(z)."""
    return next(table.value for table in at.table if "Mode" in table.value.to_string())


def test_switching_a_modality_off_changes_the_redshift(upload):
    at = upload("sdss_spec.fits", "photometry.ecsv")
    assert not at.error
    before = facts(at)
    switches = widget(at.pills, "switches-")
    switches.set_value([label for label in switches.options if "spectrum" in label]).run()
    assert not at.exception
    assert session(at).use == frozenset({"tok_spectrum_sdss"})
    assert not facts(at).equals(before)


def test_switching_everything_off_is_explained_and_can_be_undone(upload):
    at = upload("sdss_spec.fits", "photometry.ecsv")
    widget(at.pills, "switches-").set_value([]).run()
    assert not at.exception
    assert "switched off" in at.error[0].value
    next(button for button in at.button if button.label.startswith("Switch everything on")).click().run()
    assert not at.error and at.metric


def test_the_redshift_moves_the_lines_without_running_the_model(upload, figures, marks, monkeypatch):
    at = upload("sdss_spec.fits")
    drawn = next(figure for figure in figures(at) if "Flux" in titles(figure))
    calls = []
    monkeypatch.setattr(Engine, "analyze", lambda *a, **k: calls.append(a))
    at.number_input(key="z-typed").set_value(0.15).run()
    assert marks(at, "spectrum-0")["Hδ"] == pytest.approx(4102.9 * 1.15, abs=0.5)
    assert marks(at, "redshift") == {"Chosen z": pytest.approx(0.15)}
    assert drawn in figures(at)
    assert at.slider(key="z-slid").value == pytest.approx(0.15)
    at.slider(key="z-slid").set_value(0.3).run()
    assert at.number_input(key="z-typed").value == pytest.approx(0.3)
    assert calls == []


def test_the_fine_slider_moves_by_velocity_around_the_redshift_and_the_best_peak_comes_back(upload):
    at = upload("sdss_spec.fits")
    at.number_input(key="z-typed").set_value(0.15).run()
    at.slider(key="z-shifted").set_value(300).run()
    assert session(at).z == pytest.approx(0.15 + 1.15 * 300 / 299_792.458)
    at.slider(key="z-shifted").set_value(-300).run()
    assert session(at).z == pytest.approx(0.15 - 1.15 * 300 / 299_792.458)
    next(button for button in at.button if button.label == "Best peak").click().run()
    assert session(at).z is None and not at.exception
    assert at.slider(key="z-shifted").value == 0


def texts_of(table) -> list[list[str]]:
    """What is read in a table of numbers with errors."""
    data = pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_pandas()
    return data.astype(str).values.tolist()


def test_the_exact_redshift_stands_beside_the_peak_with_its_lines(upload, monkeypatch):
    lines = (
        LineFlux(LINE["Hα 6565"], 20.0, 0.5, 30.0, 0.8),
        LineFlux(LINE["Na D 5892"], -3.0, 0.9, -1.0, 0.3),
    )
    exact = ExactRedshift(0.1654232, 4.8e-6, 90.0, "narrow", 900.0, 700.0, lines)
    monkeypatch.setattr(results, "refine", lambda *spectrum_and_peaks: (exact,) * len(spectrum_and_peaks[-1]))
    at = unfold(upload("sdss_spec.fits"), "exact")
    assert dict(facts(at).values.tolist())["Exact, from lines"] == "0.1654232 ± 0.0000048"
    assert at.number_input(key="z-typed").value == pytest.approx(0.1654232)
    table = next(table for table in at.dataframe if "Flux (1e-17 erg/s/cm²)" in table.value)
    assert table.value["Flux (1e-17 erg/s/cm²)"].tolist() == [20.0, -3.0], "by which it is sorted"
    assert texts_of(table) == [
        ["Hα 6565", "+20.0 ± 0.5", "+30.0 ± 0.8", "40.0"],
        ["Na D 5892", "−3.0 ± 0.9", "−1.0 ± 0.3", "3.3"],
    ]


def test_every_peak_is_listed_with_the_lines_found_at_it(upload):
    at = unfold(upload("sdss_spec.fits"), "votes")
    peaks = next(table.value for table in at.dataframe if "Peak" in table.value)
    lines_at_them = next(table.value for table in at.dataframe if "Line" in table.value)
    assert list(peaks.columns) == [
        "Peak",
        "Probability",
        "68 % of the peak",
        "Exact, from lines",
        "Lines found",
        "S/N of its lines, total",
    ]
    assert lines_at_them["Line"].iloc[-1] == "Total"
    assert lines_at_them.columns[1] == f"z = {peaks['Peak'].iloc[0]}"


def test_a_clicked_feature_gets_a_name_and_so_a_redshift(upload):
    at = upload("sdss_spec.fits")
    session(at).feature = 6564.61 * 1.1
    at.run()
    lines_to_choose = at.selectbox(key="z-named")
    assert "7221.1 Å" in lines_to_choose.label
    chosen = next(option for option in lines_to_choose.options if option.startswith("Hα"))
    assert chosen.endswith("z = 0.10000")
    lines_to_choose.select(chosen).run()
    assert session(at).z == pytest.approx(0.1) and session(at).feature is None
    assert not at.exception


def test_own_lines_of_a_person_are_drawn_named_measured_and_kept_in_the_recipe(upload, marks):
    people.store().keep_lines("ann", [("DIB", 4232.0)])
    at = unfold(upload("sdss_spec.fits"), "votes")
    assert "DIB" not in marks(at, "spectrum-0")
    at.text_input(key="by").set_value("ann").run()
    at.number_input(key="z-typed").set_value(0.1).run()
    assert not at.exception
    assert marks(at, "spectrum-0")["DIB"] == pytest.approx(4232.0 * 1.1)
    table = next(table.value for table in at.dataframe if "Line" in table.value)
    assert "DIB 4232 (own)" in table["Line"].tolist()
    session(at).feature = 4232.0 * 1.2
    at.run()
    chosen = next(one for one in at.selectbox(key="z-named").options if one.startswith("DIB"))
    at.selectbox(key="z-named").select(chosen).run()
    assert session(at).z == pytest.approx(0.2)
    code = unfold(at, "again").code[0].value
    assert "own=(Line(name='DIB', rest=4232.0, feature='own'" in code


def test_lines_under_no_name_are_drawn_in_this_tab_until_they_are_saved_under_one(upload, marks):
    at = upload("sdss_spec.fits")
    session(at).own_lines = (("DIB", 6284.0),)
    at.run()
    assert "DIB" in marks(at, "spectrum-0")
    at.text_input(key="by").set_value("zoe").run()
    next(button for button in at.button if button.label == "Save the lines").click().run()
    assert people.store().lines("zoe") == [("DIB", 6284.0)] and session(at).own_lines == ()
    assert "DIB" in marks(at, "spectrum-0") and not at.exception


def test_a_prior_multiplies_the_redshift_and_the_page_says_so(upload):
    at = upload("sdss_spec.fits")
    before = facts(at)
    next(radio for radio in at.radio if str(radio.key).startswith("prior-")).set_value(
        "Flat in ln(1 + z)"
    ).run()
    next(button for button in at.button if button.label == "Apply").click().run()
    assert not at.exception
    assert "Multiplied by a prior flat in ln(1 + z)" in shown(at)
    assert not facts(at).equals(before)


def test_each_modality_speaks_alone_when_asked(upload, figures):
    at = upload("sdss_spec.fits", "photometry.ecsv")
    count = len(figures(at))
    next(button for button in at.button if button.label.startswith("Compare what each says")).click().run()
    assert not at.exception
    assert len(figures(at)) == count + 1
    rows = {"SDSS spectrum only", "Catalog numbers only", "All together"}
    assert any(rows <= {trace.get("name") for trace in figure["data"]} for figure in figures(at))


def test_a_spectrum_is_drawn_along_velocities_from_a_line_that_is_chosen(upload, figures):
    at = upload("sdss_spec.fits")
    at.segmented_control(key="frame").set_value("Velocity").run()
    at.segmented_control(key="flux").set_value("AB").run()
    chosen = at.selectbox(key="velocity-line")
    chosen.select_index(next(i for i, name in enumerate(chosen.options) if name.startswith("Hβ"))).run()
    assert not at.exception
    drawn = next(figure for figure in figures(at) if "AB magnitude" in titles(figure))
    assert "Velocity from Hβ at z = " in titles(drawn)


def test_the_parts_a_redshift_rests_on_are_shown_when_asked_for(upload, figures):
    at = unfold(upload("sdss_spec.fits", "photometry.ecsv"), "reasons")
    count = len(figures(at))
    at.button(key="reasons-start").click().run()
    assert not at.exception
    assert len(figures(at)) == count + 1
    [strongest] = [table.value for table in at.dataframe if "Lines there" in table.value]
    assert len(strongest) == 8 and strongest["Evidence (nats)"].abs().is_monotonic_decreasing
    assert not [button for button in at.button if button.key == "reasons-start"]
    likeness = next(one for one in at.selectbox if one.label == "Which parts speak for")
    assert likeness.options[0].startswith("z = ")


def test_the_parts_of_a_spectrum_are_compared_once_their_panel_is_open(upload, figures):
    at = upload("sdss_spec.fits", "photometry.ecsv")
    assert session(at).arms is None
    count = len(figures(at))
    at = unfold(at, "arms")
    assert not at.exception
    [arms] = session(at).arms
    assert arms.summary() in shown(at)
    [drawn] = figures(at)[count:]
    assert [trace["name"].split(",")[0] for trace in drawn["data"]] == ["All data", "Blue arm"]
    [table] = [table.value for table in at.dataframe if "Beside the rest" in table.value]
    assert table["Part"].tolist() == ["blue arm"], "the file ends before the red one"
    switches = widget(at.pills, "switches-")
    switches.set_value([label for label in switches.options if "spectrum" not in label]).run()
    assert session(at).arms is None and arms.summary() not in shown(at), "of other data, or of none"


def test_reasons_to_doubt_are_listed(upload):
    at = upload("sdss_spec.fits")
    lines = [
        text
        for text in at.markdown
        if text.value.startswith((":green[:material/check:] fine", ":orange[:material/warning:] look"))
    ]
    measured = " ".join(line.value for line in lines)
    assert "reduced χ²" in measured and "Wavelengths covered" in measured and "reference catalog" in measured
    assert "rank not measured for these weights" in measured
    assert all(line.help for line in lines), "what was measured and what it means"
