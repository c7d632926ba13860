"""`read(..., strict=True)`: what nothing states is an error that names its setting, and set, it passes."""

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest

from aion.errors import AIONError, ChoiceNeededError
from aion.io import Entry, Overrides, SkyObject, read
from tests.io import layouts
from tests.io.layouts import BAD, ERROR, FLUX, LAYOUTS, WAVELENGTH, Layout, fits_bytes, table_hdu

for module in pkgutil.iter_modules(layouts.__path__):
    importlib.import_module(f"tests.io.layouts.{module.name}")

STATED = {
    "WAVELENGTH": (WAVELENGTH, "Angstrom"),
    "FLUX": (FLUX, "1e-17 erg/s/cm2/Angstrom"),
    "ERROR": (ERROR, "1e-17 erg/s/cm2/Angstrom"),
}
SETTINGS = ("survey=DESI", "medium=vacuum")
"""What STATED leaves open: which of the two data models, and with no card the medium."""
IMAGE = 1.0 + np.random.default_rng(3).random((3, 120, 120)).astype("f4")
NO_CHOICE = {
    "uncertainty",  # no number can replace one that is not there
    "wavelength",  # of columns without names, as are the next
    "flux",
    "alignment",  # of images that have no WCS
    "band",  # that of a filter of another camera
    "position",
    "pixel scale",
    "ZWARN",
    "flux unit",  # of an image whose cards do not say
}
"""What is assumed with no choice to offer: the sentence says to state it in the file."""


def table(cards: dict[str, Any] | None = None, **changed: Any) -> bytes:
    """STATED with other columns in the place of some; None leaves a column out."""
    columns = {name: value for name, value in {**STATED, **changed}.items() if value is not None}
    return fits_bytes(table_hdu("SPECTRUM", cards, **columns))


def strict(source: Any, *settings: str) -> list[SkyObject]:
    return read(source, overrides=Overrides.parse(settings), strict=True)


def assumed(objects: list[SkyObject]) -> list[Entry]:
    entries = (entry for found in objects for report in found.reports for entry in report.entries)
    return [entry for entry in entries if entry.how == "assumed"]


def test_a_fully_stated_file_passes() -> None:
    (found,) = strict(table({"VACUUM": True}), "survey=DESI")
    assert found.modalities[0].name == "DESISpectrum" or type(found.modalities[0]).__name__ == "DESISpectrum"
    loglam = 3.56 + 1e-4 * np.arange(len(FLUX))
    grid = {"WAVELENGTH": None, "LOGLAM": (loglam, "log10(Angstrom)")}
    assert strict(table({"VACUUM": True}, **grid)), "the grid of SDSS states the survey"


ASSUMPTIONS = [
    ("wavelength unit", {"WAVELENGTH": (WAVELENGTH, None)}, "wavelength_unit=Angstrom"),
    ("flux unit", {"FLUX": (FLUX, None)}, "spectrum_flux_scale=1"),
    (
        "flux unit",
        {"FLUX": (FLUX * 1e-17, None), "ERROR": (ERROR * 1e-17, None)},
        "spectrum_flux_scale=1e+17",
    ),
    ("flux unit", {"FLUX": (FLUX, "count"), "ERROR": (ERROR, "count")}, "spectrum_flux_scale=1"),
    ("mask", {"MASK": BAD.astype("i4")}, "mask_sense=bad"),
]


@pytest.mark.parametrize(("what", "changed", "setting"), ASSUMPTIONS)
def test_an_assumption_is_an_error_that_names_its_setting(what, changed, setting) -> None:
    data = table(**changed)
    with pytest.raises(ChoiceNeededError, match=rf"nothing may be assumed.*{what}") as asked:
        strict(data, *SETTINGS)
    assert asked.value.choices[0] == setting, "what would be assumed comes first"
    lenient = read(data, overrides=Overrides.parse(SETTINGS))[0].modalities[0]
    confirmed = strict(data, *SETTINGS, setting)[0].modalities[0]
    assert (confirmed.flux == lenient.flux).all() and (confirmed.wavelength == lenient.wavelength).all()
    assert (confirmed.mask == lenient.mask).all(), "a setting that confirms an assumption changes nothing"


def test_the_medium_and_the_survey_are_asked_about_where_nothing_says_them() -> None:
    with pytest.raises(ChoiceNeededError, match="medium: vacuum") as asked:
        strict(table())
    assert asked.value.choices == ("survey=SDSS", "survey=DESI", "medium=vacuum", "medium=air")
    assert strict(table(), *SETTINGS)


def test_an_uncertainty_that_is_estimated_is_refused_with_what_to_do() -> None:
    with pytest.raises(ChoiceNeededError, match=r"uncertainty: estimated.*state it in the file") as asked:
        strict(table(ERROR=None), *SETTINGS)
    assert asked.value.choices == ()


def test_a_mask_that_is_set_nowhere_needs_no_setting() -> None:
    (found,) = strict(table(MASK=np.zeros(len(FLUX), "i4")), *SETTINGS)
    assert not found.modalities[0].mask.any()


def test_bands_survey_and_zero_point_of_an_image_are_asked_about() -> None:
    with pytest.raises(ChoiceNeededError, match=r"bands: .*flux unit: ") as asked:
        strict({"image": IMAGE})
    settings = ("bands=g,r,z", "survey=Legacy Survey", "image_flux_scale=1")
    assert set(settings) <= set(asked.value.choices)
    remaining = {entry.what for entry in assumed(read({"image": IMAGE}, overrides=Overrides.parse(settings)))}
    assert not remaining & {"bands", "survey", "flux unit"}


def test_what_is_assumed_of_any_object_of_a_file_is_told() -> None:
    first = {"wavelength": WAVELENGTH, "flux": FLUX, "ivar": ERROR**-2, "id": "a"}
    second = {**first, "wavelength": WAVELENGTH / 10, "id": "b"}
    with pytest.raises(ChoiceNeededError) as asked:
        strict({"records": [first, second]}, *SETTINGS)
    assert "look like Angstrom" in str(asked.value) and "look like nm" in str(asked.value)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_passes_or_everything_assumed_is_told_and_can_be_set(layout: Layout) -> None:
    try:
        objects = read(layout.build(), name=layout.file, overrides=Overrides.parse(layout.settings))
    except AIONError:
        return  # refused or asked about in tests/io/test_layouts.py
    entries = assumed(objects)
    if not entries:
        assert strict(layout.build(), *layout.settings)
        return
    with pytest.raises(ChoiceNeededError) as asked:
        strict(layout.build(), *layout.settings)
    for entry in entries:
        assert entry.sentence() in str(asked.value)
        assert set(entry.choices) <= set(asked.value.choices)
        assert entry.choices or entry.what in NO_CHOICE, entry
    first: dict[str, str] = {}
    for entry in entries:
        if entry.choices:
            first.setdefault(entry.choices[0].partition("=")[0], entry.choices[0])
    again = read(layout.build(), overrides=Overrides.parse((*layout.settings, *first.values())))
    decided = {entry.what for entry in entries if entry.choices}
    assert decided.isdisjoint(entry.what for entry in assumed(again))
