"""Files as people have them: what is said of them on the Analyze page, and what a person can do about it."""

import io
import json
import re

import numpy as np

from aion.explorer.ui.analyze import image_panel
from tests.pages.conftest import shown, titles, unfold


def csv(name, **columns):
    """A table of 200 pixels as an upload."""
    rows = zip(*columns.values(), strict=True)
    text = "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)])
    return name, text.encode(), "text/csv"


def test_what_cannot_be_read_as_it_is_can_be_read_with_what_a_person_says(app):
    pixels = range(200)
    # looks like µm
    wrong = csv("odd.csv", wavelength=[1.2 + i / 200 for i in pixels], flux=[2 + i % 7 for i in pixels])
    at = app.file_uploader[0].set_value([wrong]).run()
    assert not at.exception and "0 good pixels" in at.error[0].value
    next(box for box in at.selectbox if box.label == "Wavelength unit").set_value("nm")
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception and "cover 12 to" in at.error[0].value, (
        "with nm it is refused for another reason, and can be tried again"
    )
    at.file_uploader[0].set_value([]).run()
    assert not at.exception and not at.error, "what was wrong is forgotten with the file"


def test_a_refused_file_says_what_is_still_shown(upload, twin):
    at = upload("sdss_spec.fits")
    shown_before = at.title[0].value
    at.file_uploader[0].set_value([("nothing.fits", b"", "application/octet-stream")]).run()
    assert "nothing.fits is empty" in at.error[0].value
    assert "Shown below: sdss_spec.fits." in at.error[0].value
    assert at.title[0].value == shown_before


def test_one_file_that_cannot_be_read_leaves_the_others_in(app, twin):
    [good] = twin("sdss_spec.fits")
    cube = io.BytesIO()
    np.savez(cube, image=np.zeros((2, 100, 100), "f4"))
    at = app.file_uploader[0].set_value([("nothing.fits", b"", "application/fits"), good]).run()
    assert not at.exception and at.metric
    assert "nothing.fits is empty" in at.error[0].value
    assert "Shown below: sdss_spec.fits." in at.error[0].value
    at.file_uploader[0].set_value([good, ("two.npz", cube.getvalue(), "application/octet-stream")]).run()
    assert "set bands" in at.error[0].value and at.metric, (
        "the other file is shown, and this one can be read with bands"
    )
    assert any(box.label == "Bands, in order" for box in at.text_input)
    at.file_uploader[0].set_value(
        [("nothing.fits", b"", "application/fits"), ("none.fits", b"", "application/fits")]
    ).run()
    assert "is empty" in at.error[0].value and "Shown below: sdss_spec.fits." in at.error[0].value, (
        "what was open stays"
    )


def test_bands_are_set_for_a_cube_that_names_none(app):
    stream = io.BytesIO()
    np.savez(stream, image=np.random.default_rng(0).normal(size=(2, 100, 100)).astype("f4"))
    at = app.file_uploader[0].set_value([("two.npz", stream.getvalue(), "application/octet-stream")]).run()
    assert "set bands" in at.error[0].value
    next(box for box in at.text_input if box.label == "Bands, in order").set_value("g r")
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception and not at.error and at.metric
    unfold(at, "inspector")
    next(box for box in at.text_input if box.label.startswith("Position")).set_value("here")
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception and "A position is two numbers" in at.error[0].value


def test_the_panels_of_an_image_are_one_below_the_other_on_a_phone(upload, figures, monkeypatch):
    monkeypatch.setattr(image_panel, "on_phone", lambda: True)
    [image] = [figure for figure in figures(upload("ls_cutout.fits.gz")) if "arcsec" in titles(figure)]
    assert image["layout"]["xaxis3"]["domain"] == [0, 1]


def test_files_of_two_objects_are_said_to_be_two(app):
    pixels = {"wavelength": [4000 + 20 * i for i in range(200)], "flux": [2 + i % 7 for i in range(200)]}
    at = app.file_uploader[0].set_value([csv("a.csv", **pixels), csv("b.csv", **pixels)]).run()
    assert not at.exception
    assert "b.csv is not taken for the same object: a.csv already holds a spectrum." in shown(at)


def test_three_notes_are_read_and_those_on_the_data_come_before_those_on_the_file(app):
    pixels = range(200)
    faint = csv(
        "faint.csv", wavelength=[4000 + 20 * i for i in pixels], flux=[(i % 3 - 1) * 1e-3 for i in pixels]
    )
    cube = io.BytesIO()
    np.savez(cube, image=np.random.default_rng(0).normal(1, 0.1, size=(3, 100, 100)))
    at = app.file_uploader[0].set_value([faint, ("cube.npz", cube.getvalue(), "application/zip")]).run()
    [warning] = [one.value for one in at.warning]
    assert warning.count("\n- ") == 2 and "The mean flux is" in warning.splitlines()[0]
    [more] = [one for one in at.expander if "on these data" in one.label]
    assert more.label == "2 more notes on these data"


def test_the_best_peak_says_how_much_it_holds_and_columns_have_their_names(upload):
    at = upload("sdss_spec.fits")
    assert re.search(r"This peak holds \d+% of the probability", shown(at))
    [peaks] = [table for table in at.dataframe if "Peak" in table.value]
    shown_as = json.loads(peaks.proto.columns)
    assert shown_as.get("Probability", {}).get("label") in (None, "Probability")
