"""The Analyze page: from an upload, an example or the catalog to figures, and never a traceback."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from aion.explorer.engine import Engine
from aion.explorer.ui.shared import server
from tests.pages.conftest import unfold


def shown(at):
    """All the text of the page that is not in a figure."""
    parts = [at.title, at.subheader, at.markdown, at.caption, at.error, at.warning, at.info]
    return " ".join(str(element.value) for part in parts for element in part)


def session(at):
    return at.session_state["session"]


def widget(widgets, start):
    return next(item for item in widgets if str(item.key).startswith(start))


def reading(at):
    """What was decided when the files were read; the table is unfolded for it."""
    return next(table.value for table in unfold(at, "inspector").dataframe if "How" in table.value)


def facts(at):
    """The numbers beside p(z)."""
    return next(table.value for table in at.table if "Mode" in table.value.to_string())


def titles(figure):
    return " ".join(
        str(axis.get("title", {}).get("text")) for name, axis in figure["layout"].items() if "axis" in name
    )


def neighbors(at):
    return [button.key for button in at.menu_button if button.key.startswith("neighbor-do-")]


def reopened(at, root, **bound):
    """The page of somebody who follows its address; ``bound`` is what the browser adds to it for widgets."""
    again = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    for name, value in (dict(at.query_params) | bound).items():
        again.query_params[name] = value
    again.run()
    assert not again.exception and not again.error
    return again


def test_the_page_starts_empty_and_says_what_it_takes(app, figures):
    assert not app.exception
    assert not figures(app)
    for word in ("A spectrum", "An image", "Photometry"):
        assert word in shown(app)


def test_a_spectrum_shows_its_redshift_and_itself(upload, figures):
    at = upload("sdss_spec.fits")
    assert not at.exception and not at.error
    assert [metric.label for metric in at.metric] == ["Redshift (best peak)"]
    density, spectrum = (titles(figure) for figure in figures(at)[:2])
    assert "Redshift z" in density
    assert "Flux (1e-17 erg s⁻¹ cm⁻² Å⁻¹)" in spectrum and "Observed wavelength, vacuum (Å)" in spectrum
    assert "weights" in shown(at)


def test_image_spectrum_and_photometry_together_are_one_object(app, figures, root):
    files = sorted((root / "assets" / "examples" / "passive").iterdir())
    at = (
        app.file_uploader[0]
        .set_value([(file.name, file.read_bytes(), "application/octet-stream") for file in files])
        .run()
    )
    assert not at.exception and not at.error
    assert len(session(at).targets) == 1
    assert any("arcsec" in titles(figure) for figure in figures(at))


def test_an_image_can_be_seen_band_by_band(upload, figures):
    at = upload("ls_cutout.fits.gz")
    assert not at.exception and not at.error
    bands = widget(at.segmented_control, "band")
    before = next(figure for figure in figures(at) if "arcsec" in titles(figure))
    bands.set_value(bands.options[1]).run()
    after = next(figure for figure in figures(at) if "arcsec" in titles(figure))
    assert before != after


def test_an_example_shows_its_figures(one_example, app, figures):
    at = app.run()
    assert one_example in widget(at.button, "open-").label
    widget(at.button, "open-").click().run()
    assert not at.exception
    assert len(figures(at)) >= 2
    assert one_example in shown(at)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "picture"),
        (b"SIMPLE  =                    T", "rubbish.fits"),
        (b"just some words", "not a table"),
    ],
)
def test_a_broken_file_shows_its_message_and_no_traceback(app, content, says):
    at = app.file_uploader[0].set_value([("rubbish.fits", content, "application/fits")]).run()
    assert not at.exception
    assert len(at.error) == 1 and says in at.error[0].value
    assert "Traceback" not in at.error[0].value


def test_a_broken_file_leaves_what_was_open(upload, twin, figures):
    at = upload("sdss_spec.fits")
    before = session(at).target.id
    at.file_uploader[0].set_value([("rubbish.fits", b"no", "application/fits")]).run()
    assert at.error and session(at).target.id == before
    assert len(figures(at)) >= 2


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


def test_every_peak_is_listed_with_the_lines_found_at_it(upload):
    at = unfold(upload("sdss_spec.fits"), "votes")
    peaks = next(table.value for table in at.dataframe if "Peak" in table.value)
    lines_at_them = next(table.value for table in at.dataframe if "Line" in table.value)
    assert list(peaks.columns) == [
        "Peak",
        "Probability",
        "68 % of the peak",
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


def test_lines_smoothing_and_frame_change_the_spectrum(upload, figures, marks):
    at = upload("sdss_spec.fits")

    def spectrum():
        return next(figure for figure in figures(at) if "Flux" in titles(figure))

    at.segmented_control(key="frame").set_value("Rest").run()
    assert "Rest wavelength" in titles(spectrum())
    before = set(marks(at, "spectrum-0"))
    at.toggle(key="minor").set_value(True).run()
    assert set(marks(at, "spectrum-0")) > before
    at.segmented_control(key="smooth").set_value("9 px").run()
    assert "Data, mean of 9 pixels" in [trace.get("name") for trace in spectrum()["data"]]
    assert not at.exception


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


def test_an_image_blinks_and_shows_its_whole_cutout(upload, figures):
    at = upload("ls_cutout.fits.gz")
    how = at.segmented_control(key="compared")
    how.set_value("Blink").run()
    assert any(figure.get("frames") for figure in figures(at)) and not at.exception
    if "Whole cutout" in how.options:
        at.segmented_control(key="compared").set_value("Whole cutout").run()
        assert any("field" in str(figure["layout"].get("shapes")) for figure in figures(at))


def test_what_is_folded_is_made_when_it_is_opened(upload, figures):
    at = upload("sdss_spec.fits")
    assert len(figures(at)) == 2 and not at.code
    assert len(figures(unfold(at, "tokens"))) == 3
    assert any("neighbor" in titles(figure) for figure in figures(unfold(at, "neighbors-scatter")))
    assert not at.exception


def test_the_numbers_can_be_had_again_as_python_and_as_a_command(upload):
    at = unfold(upload("sdss_spec.fits"), "again")
    texts = [code.value for code in at.code]
    assert any("read(['sdss_spec.fits'])" in text for text in texts)
    assert any(
        text.startswith("python -m aion analyze --json --id") and text.endswith("sdss_spec.fits")
        for text in texts
    )


def test_figures_that_are_taken_away_are_looked_at_as_on_the_page(upload):
    at = upload("sdss_spec.fits", "ls_cutout.fits.gz")
    for key, value in {
        "scale": "Log",
        "smooth": "5 px",
        "frame": "Rest",
        "band": "DES-R",
        "residual": "σ",
    }.items():
        at.segmented_control(key=key).set_value(value)
    (python, _) = (code.value for code in unfold(at, "again").code)
    assert "extent='peaks', log=True" in python and "minor=False), rest=True, smoothing=5)" in python
    assert (
        "ShownImage(compared='panels', view=ImageView(band='DES-R', brightness=1.0, softening=8.0, in_sigma=True))"
        in python
    )


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
    assert (
        not wrong.exception
        and "The link cannot be followed" in wrong.error[0].value
        and "water" in wrong.error[0].value
    )


def test_a_link_to_nothing_is_explained(environment, root):
    at = AppTest.from_file(str(root / "app.py"), default_timeout=120)
    at.query_params["object"] = "nobody"
    at.run()
    assert not at.exception
    assert "nobody" in at.error[0].value


def test_a_file_of_many_targets_asks_which_one(upload):
    at = upload("desi_coadd.fits")
    assert not at.exception and not at.error
    first = session(at).target.id
    picker = widget(at.selectbox, "row-")
    assert len(picker.options) == len(session(at).targets) > 1
    picker.select_index(1).run()
    assert session(at).target.id != first
    assert at.title[0].value == session(at).target.id


def test_what_was_read_is_listed_and_can_be_set_instead(upload):
    at = upload("spectrum.csv")
    assert not at.exception and not at.error
    assert list(reading(at).columns[:3]) == ["What", "Value", "How"]
    next(box for box in at.selectbox if box.label == "Wavelengths are in").select("air")
    next(button for button in at.button if button.label == "Read again").click()
    at.run()
    assert not at.exception and not at.error
    assert session(at).overrides.medium == "air"
    assert "you set" in set(reading(at)["How"])


def test_a_neighbor_can_be_analyzed_in_turn(upload, figures):
    at = upload("sdss_spec.fits")
    widget(at.menu_button, "neighbor-do-").click("Analyze").run()
    assert not at.exception
    assert session(at).target.tokens
    assert "simulated" in shown(at)
    assert figures(at)


def test_a_catalog_is_called_simulated_only_where_its_manifest_says_so(upload, monkeypatch):
    at = upload("sdss_spec.fits")

    def explanation():
        return next(one.proto.help for one in at.subheader if one.value == "Most similar objects")

    assert "true by construction" in explanation()
    catalog = server.engine().catalog
    monkeypatch.setattr(catalog, "manifest", replace(catalog.manifest, simulated=False, label="real"))
    at.run()
    assert explanation() and "simulated" not in explanation()
    widget(at.menu_button, "neighbor-do-").click("Analyze").run()
    assert not at.exception and "Reference catalog" in shown(at) and "simulated" not in shown(at)
    at.switch_page("pages/catalog.py").run()
    assert "12 real objects: the neighbors" in shown(at)


def test_everything_shown_can_be_downloaded(upload):
    at = unfold(upload("sdss_spec.fits"), "downloads")
    labels = {button.label for button in at.download_button}
    assert {
        "Everything (JSON)",
        "p(z) (ECSV)",
        "p(z) (HDF5 for qp)",
        "Session bundle (zip)",
        "Figures (HTML)",
        "Decoded data (FITS)",
        "Embedding (npy)",
        "Embedding (Parquet)",
    } <= labels
    of_neighbors = {button.label for button in at.download_button if button.key.startswith("neighbors-")}
    assert of_neighbors == {"CSV", "ECSV", "VOTable", "FITS"}


def test_removing_the_upload_closes_the_object(upload, figures):
    at = upload("sdss_spec.fits")
    at.file_uploader[0].set_value([]).run()
    assert not at.exception
    assert session(at).target is None and not figures(at)


def test_an_object_stays_open_while_other_pages_are_visited(upload, figures):
    at = upload("sdss_spec.fits")
    at.switch_page("pages/model.py").run()
    at.switch_page("pages/analyze.py").run()
    assert not at.exception
    assert len(figures(at)) >= 2
