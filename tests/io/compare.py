"""What reading gave, held against what it must give."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from aion.errors import FormatError, ModalityError
from aion.io import SkyObject
from aion.modalities import Image, Spectrum
from tests.io.layouts import Expected


def check(reading: Callable[[], list[SkyObject]], expected: Expected) -> None:
    """Reads and compares; a refusal must say what is expected."""
    try:
        objects = reading()
    except (FormatError, ModalityError) as refusal:
        assert expected.refused and re.search(expected.refused, str(refusal)), str(refusal)
        return
    assert not expected.refused or expected.wavelength or expected.bands, (
        f"read, not refused: {objects[0].id}"
    )
    compare(objects, expected)


def compare(objects: list, expected: Expected) -> None:
    assert len(objects) == expected.objects
    first = objects[0]
    sentences = [sentence for report in first.reports for sentence in report.sentences()]
    for pattern in expected.says:
        assert any(re.search(pattern, sentence) for sentence in sentences), "\n".join([pattern, *sentences])
    for name, value in (("ra", expected.ra), ("dec", expected.dec), ("z_reference", expected.z)):
        if value is not None:
            assert getattr(first, name) == pytest.approx(value, abs=1e-5), name
    names = {"z": "z_reference", "ra": "ra"}
    assert not expected.none or getattr(first, names[expected.none]) is None
    if expected.snr is not None:
        assert first.snr == pytest.approx(expected.snr, abs=0.05)
    if expected.error is not None:
        estimated = any(re.match("uncertainty: estimated", sentence) for sentence in sentences)
        assert estimated == np.isinf(expected.error), "\n".join(sentences)
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
    error = 1 / np.sqrt(ivar[good])
    if expected.error is not None and np.isfinite(expected.error):
        assert np.median(error) == pytest.approx(expected.error, rel=0.01)
    if expected.noisy is not None:
        assert (error > 2 * np.median(error)).sum() == expected.noisy
    if expected.good is not None:
        assert good.sum() == expected.good


def compare_image(image: Image, expected: Expected) -> None:
    assert expected.bands is None or tuple(image.bands) == expected.bands
    flux = image.flux[0].numpy()
    if expected.maximum is not None:
        assert np.nanmax(flux[-1]) == pytest.approx(expected.maximum, abs=1e-3)
    if expected.missing is not None:
        assert (~np.isfinite(flux)).sum() == expected.missing
