"""Arrays of one spectrum, as a file stores them -> an SDSSSpectrum or DESISpectrum in vacuum Å and 1e-17 erg/s/cm2/Å."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.errors import ModalityError
from aion.io.objects import SPECTRUM_SURVEYS, Entry, Overrides
from aion.io.registry import Found
from aion.io.units import Floats, air_to_vacuum, flux_factor, in_angstrom
from aion.modalities import DESISpectrum, SDSSSpectrum, Spectrum

CODEC_RANGE = (3500.0, 10462.4)
"""Å; wavelengths that the spectrum codec looks at."""
FEWEST_PIXELS = 32
"""Good pixels inside CODEC_RANGE below which there is no spectrum to read; one token stands for 32."""
INVERTED_ABOVE = 0.9
"""A mask of unknown sense that is set on more of the pixels than this marks the good ones."""
_CLASSES: dict[str, type[Spectrum]] = {"SDSS": SDSSSpectrum, "DESI": DESISpectrum}


@dataclass(frozen=True)
class SpectrumArrays:
    """One spectrum as stored; every array (n,)."""

    wavelength: Floats
    flux: Floats
    ivar: Floats | None = None
    """Inverse variance in the stored flux unit to the power -2; None where the file has no uncertainty."""
    mask: NDArray[np.float64] | None = None
    """As stored; zero or not."""
    mask_note: str | None = None
    """What the survey's data model says of the mask; None: unknown, so the data are asked."""
    wavelength_unit: str | None = None
    log10: bool = False
    """Whether the wavelengths are stored as log10 of Å."""
    flux_unit: str | None = None
    medium: tuple[str, str] | None = None
    """``("air" | "vacuum", where that is said)``."""
    survey: str | None = None
    """Whose data model it is; None: unknown, so the grid is asked."""


def build_spectrum(arrays: SpectrumArrays, overrides: Overrides) -> Found:
    """The modality, what was decided on the way, and the median S/N.

    Raises:
        ModalityError: lengths differ, or there are no good pixels in the range of the codec.
    """
    arrays = _checked(arrays)
    wavelength, unit_entry = in_angstrom(arrays.wavelength, arrays.wavelength_unit, arrays.log10, overrides)
    wavelength, medium_entry = _in_vacuum(wavelength, arrays.medium, overrides)
    factor, flux_entry = flux_factor(arrays.flux, wavelength, arrays.flux_unit, overrides)
    flux = arrays.flux * factor
    ivar, noise_entry = (arrays.ivar / factor**2, ()) if arrays.ivar is not None else _estimated_ivar(flux)
    flagged, mask_entry = _flagged(arrays, overrides)
    noiseless = ~np.isfinite(ivar) | (ivar <= 0)
    unusable = ~np.isfinite(flux) | noiseless
    bad = flagged | unusable
    _check_coverage(wavelength, bad, {"masked": flagged, "without a positive uncertainty": noiseless})
    order, order_entry = _increasing(wavelength)
    survey, survey_entry = _survey(arrays, wavelength[order], overrides)
    snr = float(np.median((flux * np.sqrt(ivar.clip(0)))[~bad]))
    modality = _CLASSES[survey](
        flux=np.where(np.isfinite(flux), flux, 0.0)[order],
        ivar=np.where(unusable, 0.0, ivar)[order],
        mask=bad[order],
        wavelength=wavelength[order],
    )
    entries = (survey_entry, unit_entry, medium_entry, flux_entry, *noise_entry, mask_entry, *order_entry)
    return Found(None, (modality,), entries, snr=snr)


def ivar_of(ivar: Floats | None, error: Floats | None, variance: Floats | None = None) -> Floats | None:
    """Inverse variance from whichever is there; 0 where the uncertainty is not a positive number."""
    if ivar is not None:
        return ivar
    variance = error**2 if error is not None else variance
    if variance is None:
        return None
    return np.divide(1.0, variance, out=np.zeros_like(variance), where=np.isfinite(variance) & (variance > 0))


def _checked(arrays: SpectrumArrays) -> SpectrumArrays:
    """The pixels that have a wavelength."""
    given: dict[str, Any] = {
        "wavelength": arrays.wavelength,
        "flux": arrays.flux,
        "ivar": arrays.ivar,
        "mask": arrays.mask,
    }
    shapes = {name: values.shape for name, values in given.items() if values is not None}
    if len(set(shapes.values())) > 1 or arrays.flux.ndim != 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ModalityError(
            f"a spectrum needs one row of numbers of the same length for each of its parts; found {found}"
        )
    there = np.isfinite(arrays.wavelength) & (arrays.wavelength > 0)
    if not np.isfinite(arrays.flux[there]).any():
        raise ModalityError(
            "the spectrum has no finite flux; every pixel is NaN or without a wavelength: check which columns were stored"
        )
    return replace(arrays, **{name: values[there] for name, values in given.items() if values is not None})


def _in_vacuum(
    wavelength: Floats, stated: tuple[str, str] | None, overrides: Overrides
) -> tuple[Floats, Entry]:
    if overrides.medium:
        medium, entry = overrides.medium, Entry("medium", overrides.medium, "you set")
    elif stated:
        medium, entry = stated[0], Entry("medium", stated[0], "header", stated[1])
    else:
        medium, entry = (
            "vacuum",
            Entry(
                "medium", "vacuum", "assumed", "the file does not say; SDSS and DESI store vacuum wavelengths"
            ),
        )
    if medium == "air":
        return air_to_vacuum(wavelength), replace(
            entry, note=f"{entry.note}; converted to vacuum".lstrip("; ")
        )
    return wavelength, entry


def _estimated_ivar(flux: Floats) -> tuple[Floats, tuple[Entry, ...]]:
    """One inverse variance for all pixels from the scatter between next neighbours (DER_SNR, Stoehr et al. 2008)."""
    good = flux[np.isfinite(flux)]
    second = np.abs(2 * good[2:-2] - good[:-4] - good[4:]) if len(good) > 4 else np.abs(good)
    noise = float(1.482602 / np.sqrt(6.0) * np.median(second)) or float(np.abs(good).mean()) or 1.0
    note = f"the file has no uncertainty; {noise:.3g} in each pixel, from the scatter between neighbours"
    return np.where(np.isfinite(flux), noise**-2, 0.0), (Entry("uncertainty", "estimated", "assumed", note),)


def _flagged(arrays: SpectrumArrays, overrides: Overrides) -> tuple[NDArray[np.bool_], Entry]:
    if arrays.mask is None:
        entry = Entry(
            "mask", "bad where ivar is 0 or the flux is not finite", "detected", "the file has no mask"
        )
        return np.zeros(len(arrays.flux), bool), entry
    is_set = np.nan_to_num(arrays.mask, nan=1.0) != 0
    share = f"set on {100 * is_set.mean():.1f} % of the pixels"
    if overrides.mask_sense:
        return is_set != (overrides.mask_sense == "good"), Entry(
            "mask", f"non-zero = {overrides.mask_sense}", "you set", share
        )
    if arrays.mask_note is not None:
        return is_set, Entry("mask", "non-zero = bad", "header", f"{arrays.mask_note}; {share}".lstrip("; "))
    if is_set.mean() > INVERTED_ABOVE:
        return ~is_set, Entry(
            "mask", "non-zero = good", "assumed", f"{share}, so it was taken to mark the good ones"
        )
    return is_set, Entry("mask", "non-zero = bad", "assumed", share)


def _check_coverage(
    wavelength: Floats, bad: NDArray[np.bool_], causes: Mapping[str, NDArray[np.bool_]]
) -> None:
    low, high = CODEC_RANGE
    usable = int((~bad & (wavelength > low) & (wavelength < high)).sum())
    if usable < FEWEST_PIXELS:
        told = "".join(f", {flags.mean():.0%} are {cause}" for cause, flags in causes.items() if flags.any())
        raise ModalityError(
            f"the spectrum has {usable} good pixels between {low:.0f} and {high:.0f} Å; at least {FEWEST_PIXELS} are needed. It covers "
            f"{wavelength.min():.4g} to {wavelength.max():.4g} Å with {int((~bad).sum())} good pixels of {len(bad)}{told}: check "
            "wavelength unit, mask and uncertainty"
        )


def _increasing(wavelength: Floats) -> tuple[NDArray[np.intp], tuple[Entry, ...]]:
    steps = np.diff(wavelength)
    if (steps > 0).all():
        return np.arange(len(wavelength)), ()
    kind = "decreasing" if (steps < 0).all() else "unsorted"
    return np.argsort(wavelength, kind="stable"), (
        Entry("order", "sorted by wavelength", "detected", f"stored {kind}"),
    )


def _survey(arrays: SpectrumArrays, wavelength: Floats, overrides: Overrides) -> tuple[str, Entry]:
    if overrides.survey in SPECTRUM_SURVEYS:
        return overrides.survey, Entry("survey", overrides.survey, "you set")
    if arrays.survey:
        return arrays.survey, Entry("survey", arrays.survey, "header")
    steps = np.diff(wavelength)
    if np.allclose(steps, 0.8, atol=0.01) and len(wavelength) > 100:
        return "DESI", Entry("survey", "DESI", "detected", "steps of 0.8 Å")
    if np.allclose(np.diff(np.log10(wavelength)), 1e-4, atol=5e-6):
        return "SDSS", Entry("survey", "SDSS", "detected", "steps of 1e-4 in log10 of the wavelength")
    return "SDSS", Entry(
        "survey", "SDSS", "assumed", "neither the grid of SDSS nor of DESI; the codec resamples it"
    )
