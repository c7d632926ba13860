"""The Analyze page: from an upload, an example or the catalog to figures, and never a traceback."""

from dataclasses import replace

import pytest

from aion.explorer.ui.shared import server
from tests.pages.conftest import reading, session, shown, titles, unfold, widget


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
    commands = [text for text in texts if text.startswith("python -m aion analyze --json --id")]
    assert any(text.endswith("sdss_spec.fits") for text in commands)


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
    assert "extent='peaks', log=True" in python and "rest=True, around=None" in python
    view = "ImageView(band='DES-R', brightness=1.0, softening=8.0, in_sigma=True)"
    assert f"ShownImage(compared='panels', view={view})" in python


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
    assert list(reading(at).columns) == ["Quantity", "Value", "How it is known"]
    next(box for box in at.selectbox if box.label == "Wavelengths are in").select("air")
    next(button for button in at.button if button.label == "Read again").click()
    at.run()
    assert not at.exception and not at.error
    assert session(at).overrides.medium == "air"
    assert "**you set**: converted to vacuum" in set(reading(at)["How it is known"])


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
