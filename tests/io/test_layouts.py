"""Every layout under tests/io/layouts is read as its definition says, is asked about, or is refused."""

import importlib
import pkgutil
import re

import numpy as np
import pytest

from aion.errors import ChoiceNeededError, FormatError, ModalityError
from aion.io import Overrides, read
from aion.modalities import Image, Spectrum
from tests.io import layouts
from tests.io.layouts import LAYOUTS, Expected, Layout

for module in pkgutil.iter_modules(layouts.__path__):
    importlib.import_module(f"tests.io.layouts.{module.name}")


def objects_of(layout: Layout) -> list:
    source = layout.build()
    return read(source, name=layout.file, overrides=Overrides.parse(layout.settings))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_read_as_its_definition_says(layout: Layout) -> None:
    expected = layout.expected
    if expected.asks:
        with pytest.raises(ChoiceNeededError) as choice:
            objects_of(layout)
        assert set(expected.asks) <= set(choice.value.choices)
        for setting in expected.asks:  # each of them answers the question
            assert read(
                layout.build(), name=layout.file, overrides=Overrides.parse((*layout.settings, setting))
            )
        return
    if expected.refused:
        with pytest.raises((FormatError, ModalityError)) as refusal:
            objects_of(layout)
        assert re.search(expected.refused, str(refusal.value)), str(refusal.value)
        return
    compare(objects_of(layout), expected)


def compare(objects: list, expected: Expected) -> None:
    assert len(objects) == expected.objects
    first = objects[0]
    sentences = [sentence for report in first.reports for sentence in report.sentences()]
    for pattern in expected.says:
        assert any(re.search(pattern, sentence) for sentence in sentences), "\n".join([pattern, *sentences])
    for name, value in (("ra", expected.ra), ("dec", expected.dec), ("z_reference", expected.z)):
        if value is not None:
            assert getattr(first, name) == pytest.approx(value, abs=1e-5), name
    for name, value in (("id", expected.id), ("kind", expected.kind)):
        assert value is None or getattr(first, name) == value
    if expected.values:
        scalars = {modality.name: modality.value.item() for modality in first.modalities}
        assert scalars == pytest.approx(dict(expected.values), rel=1e-4)
    for modality in first.modalities:
        if isinstance(modality, Spectrum):
            compare_spectrum(modality, expected)
        if isinstance(modality, Image):
            compare_image(modality, expected)
    if expected.wavelength:
        assert any(isinstance(modality, Spectrum) for modality in first.modalities)
    if expected.bands:
        assert any(isinstance(modality, Image) for modality in first.modalities)


def compare_spectrum(spectrum: Spectrum, expected: Expected) -> None:
    wavelength, flux, ivar = (
        part[0].double().numpy() for part in (spectrum.wavelength, spectrum.flux, spectrum.ivar)
    )
    good = ~spectrum.mask[0].numpy()
    if expected.wavelength:
        assert (wavelength[0], wavelength[-1]) == pytest.approx(expected.wavelength, abs=0.02)
    if expected.flux is not None:
        assert np.median(flux[good]) == pytest.approx(expected.flux, rel=0.01)
    if expected.error is not None and np.isfinite(expected.error):
        assert np.median(1 / np.sqrt(ivar[good])) == pytest.approx(expected.error, rel=0.01)
    if expected.good is not None:
        assert good.sum() == expected.good


def compare_image(image: Image, expected: Expected) -> None:
    assert expected.bands is None or tuple(image.bands) == expected.bands
    flux = image.flux[0].numpy()
    if expected.maximum is not None:
        assert np.nanmax(flux[-1]) == pytest.approx(expected.maximum, abs=1e-3)
    if expected.missing is not None:
        assert (~np.isfinite(flux)).sum() == expected.missing
