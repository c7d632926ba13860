"""What files would be with each setting that they leave open, in a few numbers that show a wrong guess.

Wavelengths are vacuum Å, observed frame; fluxes of spectra 1e-17 erg/s/cm2/Å. Knows no page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.constants import HSC_ZERO_POINT, NANOMAGGY_ZERO_POINT
from aion.errors import AIONError
from aion.io.objects import Overrides, SkyObject
from aion.io.reading import read_objects
from aion.lines import ATMOSPHERE, Feature
from aion.modalities import HSCImage, Image, Spectrum

Floats = NDArray[np.float64]
CONTINUUM, LINE = 101, 5
"""Good pixels whose median is the continuum, and over which a narrow feature is summed."""
LEAST_SIGNIFICANCE = 5.0
"""Below this a feature may be noise."""
APERTURE = 12
"""Radius in pixels around the middle of an image; most of a galaxy that fits into the field of the codec."""


@dataclass(frozen=True)
class NarrowFeature:
    """The line that stands out most."""

    wavelength: float
    """Å."""
    kind: Feature
    significance: float
    """Its flux over the error of that."""


@dataclass(frozen=True)
class Alternative:
    """What one setting gives; of a spectrum, an image, or both."""

    choice: str
    """The setting, as `Overrides.parse` takes it."""
    refused: str = ""
    """Why the files cannot be read with it; empty where they can."""
    wavelength: tuple[float, float] | None = None
    """First and last good pixel, Å; None without a spectrum."""
    good: int = 0
    """Pixels of the spectrum that are not masked."""
    snr: float | None = None
    """Median per good pixel."""
    flux: float | None = None
    """Median over the good pixels, 1e-17 erg/s/cm2/Å."""
    feature: NarrowFeature | None = None
    """See `strongest_feature`; None where none is significant."""
    magnitudes: Mapping[str, float] = field(default_factory=dict)
    """Band -> AB magnitude within APERTURE pixels of the middle of the image; NaN for a flux below zero."""


def alternatives(
    sources: Sequence[Any], overrides: Overrides, choices: Sequence[str], *, id: str | None = None
) -> tuple[Alternative, ...]:
    """One for each of `choices`, which replaces what `overrides` says of its own.

    Args:
        sources: As `aion.io.read` takes them; each is read once per choice, open files from their beginning.
        overrides: What is set besides.
        choices: As in `Entry.choices` and `ChoiceNeededError.choices`.
        id: Of the object to look at; the first one by default, and where no object has it.
    """
    return tuple(_alternative(sources, overrides, choice, id) for choice in choices)


def with_choice(overrides: Overrides, choice: str) -> Overrides:
    """The same with one setting more, or with another value of it."""
    return replace(overrides, **Overrides.parse([choice]).set_fields())


def strongest_feature(spectrum: Spectrum) -> NarrowFeature | None:
    """The narrow line, in emission or absorption, of the highest significance; None below LEAST_SIGNIFICANCE.

    From the good pixels outside the `ATMOSPHERE` the median of CONTINUUM of them is subtracted; LINE
    neighbors are summed with weights ivar, and the sum is divided by its error.
    """
    wavelength, flux, ivar = _good_pixels(spectrum)
    spoiled = np.any([(wavelength > one.low) & (wavelength < one.high) for one in ATMOSPHERE], axis=0)
    wavelength, flux, ivar = wavelength[~spoiled], flux[~spoiled], ivar[~spoiled]
    if len(flux) < CONTINUUM:
        return None
    padded = np.pad(flux, CONTINUUM // 2, mode="reflect")
    continuum = np.median(np.lib.stride_tricks.sliding_window_view(padded, CONTINUUM), axis=1)
    box = np.ones(LINE)
    weight = np.convolve(ivar, box, mode="same")
    significance = np.convolve((flux - continuum) * ivar, box, mode="same") / np.sqrt(weight)
    place = int(np.abs(significance).argmax())
    if abs(significance[place]) < LEAST_SIGNIFICANCE:
        return None
    kind: Feature = "emission" if significance[place] > 0 else "absorption"
    return NarrowFeature(float(wavelength[place]), kind, float(abs(significance[place])))


def _alternative(sources: Sequence[Any], overrides: Overrides, choice: str, id: str | None) -> Alternative:
    for source in sources:
        if hasattr(source, "seek"):
            source.seek(0)
    try:
        found = read_objects(list(sources), name=None, overrides=with_choice(overrides, choice), strict=False)
    except AIONError as exc:
        return Alternative(choice, refused=str(exc))
    return _summary(choice, next((one for one in found if one.id == id), found[0]))


def _summary(choice: str, found: SkyObject) -> Alternative:
    summary = Alternative(choice, snr=found.snr)
    for modality in found.modalities:
        if isinstance(modality, Spectrum):
            wavelength, flux, _ = _good_pixels(modality)
            summary = replace(
                summary,
                wavelength=(float(wavelength[0]), float(wavelength[-1])),
                good=len(wavelength),
                flux=float(np.median(flux)),
                feature=strongest_feature(modality),
            )
        if isinstance(modality, Image):
            summary = replace(summary, magnitudes=_magnitudes(modality))
    return summary


def _good_pixels(spectrum: Spectrum) -> tuple[Floats, Floats, Floats]:
    """Wavelength, flux and inverse variance, each (n,)."""
    good = (~spectrum.mask[0] & (spectrum.ivar[0] > 0)).numpy()
    wavelength, flux, ivar = (
        values[0].numpy()[good].astype(float)
        for values in (spectrum.wavelength, spectrum.flux, spectrum.ivar)
    )
    return wavelength, flux, ivar


def _magnitudes(image: Image) -> dict[str, float]:
    flux = image.flux[0].numpy().astype(float)  # (bands, height, width)
    rows, columns = np.indices(flux.shape[1:])
    middle = [(size - 1) / 2 for size in flux.shape[1:]]
    inside = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2 <= APERTURE**2
    sums = np.nansum(flux[:, inside], axis=1)
    zero_point = HSC_ZERO_POINT if isinstance(image, HSCImage) else NANOMAGGY_ZERO_POINT
    magnitudes = zero_point - 2.5 * np.log10(np.where(sums > 0, sums, np.nan))
    return dict(zip(image.bands, magnitudes.tolist(), strict=True))
