"""What the Analyze page asks where a file leaves something open, and what follows from an answer."""

import io

import numpy as np
import pytest

from aion.explorer.ui.analyze import choices
from aion.explorer.ui.shared.session import CACHE_SIZE, Session
from tests.io.layouts import ERROR, FLUX, WAVELENGTH, fits_bytes, table_hdu
from tests.pages.conftest import reading, session, shown, unfold, widget


def as_file(name, content):
    return name, content, "application/octet-stream"


def red_arm():
    wavelength = np.linspace(917, 1005, 900)
    flux = 5 + 12 * np.exp(-(((wavelength - 953.2) / 0.4) ** 2))
    return as_file(
        "red.fits", fits_bytes(table_hdu(wavelength=wavelength, flux=flux, error=np.full(900, 0.5)))
    )


def masked():
    mask = (np.arange(500) % 5 == 1).astype("i2")
    return as_file(
        "masked.fits", fits_bytes(table_hdu(wavelength=WAVELENGTH, flux=FLUX, error=ERROR, mask=mask))
    )


def without_medium(*others):
    unit = "1e-17 erg/s/cm2/Angstrom"
    spectrum = table_hdu(
        wavelength=(WAVELENGTH, "Angstrom"),
        flux=(FLUX, unit),
        error=(ERROR, unit),
        cards={"TELESCOP": "SDSS"},
    )
    return as_file("plain.fits", fits_bytes(spectrum, *others))


def cube():
    stream = io.BytesIO()
    np.savez(stream, image=np.ones((3, 100, 100)) * np.array([1, 2, 4])[:, None, None])
    return as_file("cube.npz", stream.getvalue())


@pytest.fixture
def given(app):
    """The page after uploading these files."""
    return lambda *files: app.file_uploader[0].set_value(list(files)).run()


@pytest.fixture
def readings(monkeypatch):
    """The choices of every question whose outcomes were computed, in order."""
    asked = []

    def noted(sources, overrides, settings, *, id=None):
        asked.append(settings)
        return alternatives(sources, overrides, settings, id=id)

    alternatives = choices.alternatives
    monkeypatch.setattr(choices, "alternatives", noted)
    return asked


def box(at):
    """The expander of what is open."""
    return next(one for one in at.expander if "open: " in one.label)


def test_a_file_that_can_be_read_in_two_ways_asks_and_one_click_reads_all_of_them(given):
    at = given(red_arm(), cube())
    assert not at.exception and not at.error
    assert "red.fits: the file does not say; values from 917 to 1005 can be Angstrom or nm" in shown(at)
    assert "Shown below: cube.npz." in shown(at)
    assert "**Å**: cannot be read: the spectrum has 0 good pixels" in shown(at)
    assert "**nm**: 9170–10050 Å · 900 good pixels" in shown(at)
    assert "strongest feature: emission at 9532" in shown(at)
    unit = widget(at.segmented_control, "choice-wavelength_unit")
    assert unit.options == ["Å", "nm"] and unit.value is None
    unit.set_value("wavelength_unit=nm").run()
    assert not at.exception and not at.error
    assert [file.name for file in session(at).files] == ["red.fits", "cube.npz"]
    assert session(at).overrides.texts == ("wavelength_unit=nm",)
    assert session(at).target.streams == ("tok_spectrum_sdss", "tok_image")


def test_a_refused_file_alone_can_be_read_by_one_click(given):
    at = given(red_arm())
    widget(at.segmented_control, "choice-wavelength_unit").set_value("wavelength_unit=nm").run()
    assert not at.exception and not at.error and at.metric
    assert "**you set**" in " ".join(reading(at)["How it is known"])


def test_a_choice_that_cannot_be_read_is_told_and_the_other_is_still_there(given):
    at = given(red_arm())
    widget(at.segmented_control, "choice-wavelength_unit").set_value("wavelength_unit=Angstrom").run()
    assert not at.exception and "0 good pixels" in at.error[0].value
    next(one for one in at.selectbox if one.label == "Wavelength unit").set_value("nm")
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception and not at.error and at.metric


def test_what_is_assumed_of_a_mask_is_asked_and_an_answer_can_be_taken_back(given):
    at = given(masked())
    assert (
        not at.exception and box(at).label == "The file leaves open: mask, survey, air or vacuum, flux unit"
    )
    assert "400 good pixels" in shown(at) and "100 good pixels" in shown(at)
    mask = widget(at.segmented_control, "choice-mask_sense")
    assert mask.value == "mask_sense=bad"
    mask.set_value("mask_sense=good").run()
    assert session(at).overrides.mask_sense == "good"
    assert session(at).target.modalities[0].mask.sum() == 400
    assert box(at).label == "The file leaves open: mask, survey, air or vacuum, flux unit"
    mask = widget(at.segmented_control, "choice-mask_sense")
    assert mask.value == "mask_sense=good"
    mask.set_value("mask_sense=bad").run()
    assert session(at).target.modalities[0].mask.sum() == 100


def test_a_medium_that_is_assumed_is_one_closed_line_and_no_note(given, readings):
    at = given(without_medium())
    assert box(at).label == "The file leaves open: survey, air or vacuum"
    assert not readings and not [one for one in at.segmented_control if str(one.key).startswith("choice-")]
    assert "medium" not in shown(at)
    unfold(at, f"choices-{session(at).opened}")
    assert ("medium=vacuum", "medium=air") in readings
    widget(at.segmented_control, "choice-medium").set_value("medium=air").run()
    assert session(at).overrides.medium == "air"


def test_a_file_that_says_everything_is_asked_nothing(upload):
    at = upload("sdss_spec.fits")
    assert not [one for one in at.expander if "open: " in one.label]


def test_a_factor_that_was_chosen_is_the_one_selected(given):
    at = given(masked())
    factor = widget(at.segmented_control, "choice-spectrum_flux_scale")
    assert factor.options == ["10⁻¹⁷", "10⁻¹⁶", "10⁻¹⁸"]
    factor.set_value("spectrum_flux_scale=10").run()
    assert session(at).overrides.spectrum_flux_scale == 10
    assert widget(at.segmented_control, "choice-spectrum_flux_scale").value == "spectrum_flux_scale=10"


def test_bands_and_zero_points_are_asked_with_the_magnitudes_they_give(given):
    at = given(cube())
    assert box(at).label == "The file leaves open: bands, zero-point"
    assert widget(at.segmented_control, "choice-image_flux_scale").options == [
        "22.5",
        "25",
        "27",
        "30",
        "31.4",
    ]
    told = shown(at)
    assert "**g r z**: g 15.87 · r 15.12 · z 14.37 AB" in told, "about 450 pixels of 1, 2 and 4 nanomaggies"
    assert "**z r g**: g 14.37 · r 15.12 · z 15.87" in told
    assert "**25**: g 18.37 · r 17.62 · z 16.87" in told
    widget(at.segmented_control, "choice-bands").set_value("bands=z,r,g").run()
    assert session(at).target.modalities[0].bands == ["DES-Z", "DES-R", "DES-G"]


def test_what_choices_give_is_computed_once(given, readings):
    at = given(masked())
    before = list(readings)
    assert len(before) == 4
    at.segmented_control(key="frame").set_value("Rest").run()
    assert readings == before
    widget(at.segmented_control, "choice-mask_sense").set_value("mask_sense=good").run()
    assert readings.count(("mask_sense=bad", "mask_sense=good")) == 1, "nothing of it has changed"


def test_of_large_files_the_choices_are_offered_without_reading_them_for_each(given, readings, monkeypatch):
    monkeypatch.setattr(choices, "LARGEST", 100)
    at = given(masked())
    assert widget(at.segmented_control, "choice-mask_sense").options == ["bad pixels", "good pixels"]
    assert not readings and "400 good pixels" not in shown(at)


def test_the_outcomes_that_are_kept_are_few():
    kept = Session()
    for number in range(3 * CACHE_SIZE):
        kept.alternatives(number, tuple)
    assert kept.alternatives(0, lambda: ("again",)) == ("again",)


def test_what_a_person_chose_is_in_the_code_that_gives_the_same_numbers(given):
    at = unfold(given(masked()), "again")
    widget(at.segmented_control, "choice-mask_sense").set_value("mask_sense=good").run()
    python, command = (block.value for block in at.code)
    assert "overrides=Overrides(mask_sense='good')" in python
    assert "--set mask_sense=good" in command


def test_hdus_that_are_not_used_are_listed_apart_and_are_no_notes(given):
    at = given(without_medium(*(table_hdu(f"QA{number}", a=np.arange(3)) for number in range(30))))
    assert "QA" not in shown(at)
    unfold(at, "inspector")
    assert not any("QA" in value for value in reading(at)["Value"])
    [unused] = [table.value for table in at.dataframe if "Not used" in table.value]
    assert len(unused) == 30 and "QA0" in unused["Not used"][0]
