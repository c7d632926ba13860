"""The Analyze page: from an upload, an example or the catalog to figures, and never a traceback."""

import pytest

from aion.explorer.catalog import CatalogEntry
from aion.explorer.engine import Engine


def shown(at):
    """All the text of the page that is not in a figure."""
    parts = [at.title, at.subheader, at.markdown, at.caption, at.error, at.warning, at.info]
    return " ".join(str(element.value) for part in parts for element in part)


def session(at):
    return at.session_state["session"]


def widget(widgets, start):
    return next(item for item in widgets if str(item.key).startswith(start))


def titles(figure):
    return " ".join(str(axis.get("title", {}).get("text")) for name, axis in figure["layout"].items() if "axis" in name)


def lines(figure):
    return {shape["name"]: shape["x0"] for shape in figure["layout"]["shapes"] if shape.get("type") == "line" and "name" in shape}


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
    at = app.file_uploader[0].set_value([(file.name, file.read_bytes(), "application/octet-stream") for file in files]).run()
    assert not at.exception and not at.error
    assert len(session(at).things) == 1
    assert any("arcsec" in titles(figure) for figure in figures(at))


def test_an_image_can_be_seen_band_by_band(upload, figures):
    at = upload("ls_cutout.fits.gz")
    assert not at.exception and not at.error
    bands = widget(at.segmented_control, "band-")
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
    before = session(at).thing.id
    at.file_uploader[0].set_value([("rubbish.fits", b"no", "application/fits")]).run()
    assert at.error and session(at).thing.id == before
    assert len(figures(at)) >= 2


def test_switching_a_modality_off_changes_the_redshift(upload):
    at = upload("sdss_spec.fits", "photometry.ecsv")
    if at.error:
        pytest.skip(f"the twins are not of one object: {at.error[0].value}")
    before = at.table[0].value
    switches = widget(at.pills, "switches-")
    switches.set_value([label for label in switches.options if "spectrum" in label]).run()
    assert not at.exception
    assert session(at).use == frozenset({"tok_spectrum_sdss"})
    assert not at.table[0].value.equals(before)


def test_switching_everything_off_is_explained_and_can_be_undone(upload):
    at = upload("sdss_spec.fits", "photometry.ecsv")
    widget(at.pills, "switches-").set_value([]).run()
    assert not at.exception
    assert "switched off" in at.error[0].value
    next(button for button in at.button if button.label.startswith("Switch everything on")).click().run()
    assert not at.error and at.metric


def test_the_redshift_moves_the_lines_without_running_the_model(upload, figures, monkeypatch):
    at = upload("sdss_spec.fits")
    calls = []
    monkeypatch.setattr(Engine, "analyze", lambda *a, **k: calls.append(a))
    at.number_input(key="z-typed").set_value(0.15).run()
    spectrum = next(figure for figure in figures(at) if "Flux" in titles(figure))
    assert lines(spectrum)["Hδ"] == pytest.approx(4102.9 * 1.15, abs=0.5)
    assert at.slider(key="z-slid").value == pytest.approx(0.15)
    at.slider(key="z-slid").set_value(0.3).run()
    assert at.number_input(key="z-typed").value == pytest.approx(0.3)
    assert calls == []


def test_a_peak_can_be_chosen_as_the_redshift(upload):
    at = upload("sdss_spec.fits")
    peaks = at.pills(key="z-peak")
    last = session(at).z
    peaks.set_value(peaks.options[-1]).run()
    assert session(at).z != last
    assert f"{session(at).z:.4f}" in peaks.options[-1]


def test_a_file_of_many_targets_asks_which_one(upload):
    at = upload("desi_coadd.fits")
    assert not at.exception and not at.error
    first = session(at).thing.id
    picker = widget(at.selectbox, "row-")
    assert len(picker.options) == len(session(at).things) > 1
    picker.select_index(1).run()
    assert session(at).thing.id != first
    assert at.title[0].value == session(at).thing.id


def test_what_was_read_is_listed_and_can_be_set_instead(upload):
    at = upload("spectrum.csv")
    assert not at.exception and not at.error
    assert list(at.dataframe[0].value.columns[:3]) == ["What", "Value", "How"]
    next(box for box in at.selectbox if box.label == "Wavelengths are in").select("air")
    next(button for button in at.button if button.label == "Read again").click()
    at.run()
    assert not at.exception and not at.error
    assert session(at).overrides.medium == "air"
    assert "you set" in set(at.dataframe[0].value["How"])


def test_a_neighbor_can_be_analyzed_in_turn(upload, figures):
    at = upload("sdss_spec.fits")
    widget(at.menu_button, "neighbor-do-").click("Analyze").run()
    assert not at.exception
    assert isinstance(session(at).thing, CatalogEntry)
    assert "simulated" in shown(at)
    assert figures(at)


def test_everything_shown_can_be_downloaded(upload):
    at = upload("sdss_spec.fits")
    labels = {button.label for button in at.download_button}
    assert {"Everything (JSON)", "p(z) (ECSV)", "Decoded data (FITS)", "Neighbors (ECSV)", "Embedding (npy)"} <= labels


def test_removing_the_upload_closes_the_object(upload, figures):
    at = upload("sdss_spec.fits")
    at.file_uploader[0].set_value([]).run()
    assert not at.exception
    assert session(at).thing is None and not figures(at)


def test_an_object_stays_open_while_other_pages_are_visited(upload, figures):
    at = upload("sdss_spec.fits")
    at.switch_page("pages/model.py").run()
    at.switch_page("pages/analyze.py").run()
    assert not at.exception
    assert len(figures(at)) >= 2
