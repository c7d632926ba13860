"""Arrays of one spectrum, as a file stores them -> an SDSSSpectrum or DESISpectrum in vacuum Å and 1e-17
erg/s/cm2/Å."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from aion.errors import ChoiceNeededError, ModalityError
from aion.io.objects import SPECTRUM_SURVEYS, Entry, How, Overrides
from aion.io.registry import Found
from aion.io.unit_spelling import Scale
from aion.io.units import CODEC_RANGE, CONTRADICTORY, Floats, air_to_vacuum, flux_factor, in_angstrom
from aion.modalities import DESISpectrum, SDSSSpectrum, Spectrum

FEWEST_PIXELS = 32
"""Good pixels inside CODEC_RANGE below which there is no spectrum to read; one token stands for 32."""
FEWEST_BAD = 0.5
"""A mask of unknown sense that is set on more of the pixels than this is taken to mark the good ones."""
MISSING = (-999.0, -9999.0)
"""Fluxes that stand for no value."""
LARGEST_RATIO = 1e8
"""Of a flux and its uncertainty; photon noise alone makes less than 1e5."""
SHORTEST_RUN = 10
"""Wavelengths that only rise or fall below which a run is no spectrum, as in rows in any order."""
TELLING = 0.9
"""Share of the pixels without weight that a mask must agree on to show what it means."""
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
    mask_sense: tuple[str, str] | None = None
    """``("bad" | "good", where that is said)`` of non-zero values; None: unknown, so the data are asked."""
    wavelength_unit: str | None = None
    scale: Scale = "linear"
    """How the wavelengths are stored: as they are, or as their logarithm."""
    flux_unit: str | None = None
    medium: tuple[str, str] | None = None
    """As `medium_of` gives it: ``("air" | "vacuum", where that is said)``."""
    survey: str | None = None
    """Whose data model it is; None: unknown, so the grid is asked."""
    entries: tuple[Entry, ...] = ()
    """Where the arrays come from."""


def build_spectrum(arrays: SpectrumArrays, overrides: Overrides) -> Found:
    """The modality, what was decided on the way, and the median S/N.

    Raises:
        ModalityError: lengths differ, or there are no good pixels in the range of the codec.
        ChoiceNeededError: the unit or the medium can be this or that.
    """
    arrays = _checked(arrays)
    wavelength, unit_entry = in_angstrom(arrays.wavelength, arrays.wavelength_unit, arrays.scale, overrides)
    wavelength, medium_entry = _in_vacuum(wavelength, arrays.medium, overrides)
    factor, flux_entry = flux_factor(arrays.flux, wavelength, arrays.flux_unit, overrides)
    flux = arrays.flux * factor
    ivar, noise_entry = (arrays.ivar / factor**2, ()) if arrays.ivar is not None else _estimated_ivar(flux)
    noiseless = ~np.isfinite(ivar) | (ivar <= 0)
    flagged, mask_entry = _flagged(arrays, noiseless, overrides)
    unusable = ~np.isfinite(flux) | noiseless
    bad = flagged | unusable
    _check_unit_of_noise(flux, ivar, ~bad)
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
    entries = (
        *arrays.entries,
        survey_entry,
        unit_entry,
        medium_entry,
        flux_entry,
        *noise_entry,
        mask_entry,
        *order_entry,
    )
    return Found(None, (modality,), entries, snr=snr)


def ivar_of(ivar: Floats | None, error: Floats | None, variance: Floats | None = None) -> Floats | None:
    """Inverse variance from whichever is there; 0 where the uncertainty is not a positive number."""
    if ivar is not None:
        return ivar
    variance = error**2 if error is not None else variance
    if variance is None:
        return None
    return np.divide(1.0, variance, out=np.zeros_like(variance), where=np.isfinite(variance) & (variance > 0))


def join_arms(parts: Sequence[SpectrumArrays], overrides: Overrides) -> SpectrumArrays:
    """The cameras of one spectrograph as one spectrum, on the pixels of the bluer one where two overlap.

    There the means are weighted by inverse variance.
    """
    for what in ("wavelength_unit", "scale", "flux_unit", "medium"):
        stated = list(dict.fromkeys(_stated(part, what) for part in parts))
        if len(stated) > 1:
            raise ModalityError(
                f"the parts of the spectrum do not state one {what.replace('_', ' ')} "
                f"({', '.join(stated)}); convert them to one"
            )
    first, *others = sorted(
        (_in_order(part, overrides) for part in parts), key=lambda part: part.wavelength[0]
    )
    for other in others:
        first = _joined(first, other)
    if any(part.mask is not None for part in parts):
        assert first.ivar is not None
        masked = (first.ivar <= 0).astype(float)
        first = replace(first, mask=masked, mask_sense=("bad", "pixels without a good value in any part"))
    names = ", ".join(entry.value for part in parts for entry in part.entries if entry.what == "flux")
    note = f"{names}; by inverse variance where they overlap"
    return replace(first, entries=(*first.entries, Entry("joined", f"{len(parts)} parts", "detected", note)))


def _stated(part: SpectrumArrays, what: str) -> str:
    value = part.medium and part.medium[0] if what == "medium" else getattr(part, what)
    return str(value or "none stated")


def _in_order(part: SpectrumArrays, overrides: Overrides) -> SpectrumArrays:
    """By wavelength, with the mask in the inverse variance, as what was masked must not be averaged."""
    part = _checked(part)
    ivar, entries = (part.ivar, ()) if part.ivar is not None else _estimated_ivar(part.flux)
    flagged, _ = _flagged(part, ~(ivar > 0), overrides)
    good = ~flagged & np.isfinite(part.flux) & np.isfinite(ivar) & (ivar > 0)
    order = np.argsort(part.wavelength, kind="stable")
    return replace(
        part,
        wavelength=part.wavelength[order],
        flux=np.where(good, part.flux, 0.0)[order],
        ivar=np.where(good, ivar, 0.0)[order],
        mask=None,
        entries=(*part.entries, *entries),
    )


def _joined(blue: SpectrumArrays, red: SpectrumArrays) -> SpectrumArrays:
    assert blue.ivar is not None and red.ivar is not None
    both = (blue.wavelength >= red.wavelength[0]) & (blue.wavelength <= red.wavelength[-1])
    at = blue.wavelength[both]
    touched = np.interp(at, red.wavelength, (red.ivar <= 0).astype(float)) > 0
    more = np.where(touched, 0.0, np.interp(at, red.wavelength, red.ivar))
    weight, flux = blue.ivar.copy(), blue.flux.copy()
    weight[both] += more
    weighted = blue.ivar[both] * blue.flux[both] + more * np.interp(at, red.wavelength, red.flux)
    flux[both] = np.divide(weighted, weight[both], out=np.zeros(len(at)), where=weight[both] > 0)
    beyond = (red.wavelength > blue.wavelength[-1]) | (red.wavelength < blue.wavelength[0])
    return replace(
        blue,
        wavelength=np.concatenate([blue.wavelength, red.wavelength[beyond]]),
        flux=np.concatenate([flux, red.flux[beyond]]),
        ivar=np.concatenate([weight, red.ivar[beyond]]),
    )


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
    gone = np.isin(arrays.flux, MISSING) | (_is_padding(arrays.flux) if arrays.ivar is None else False)
    if gone.any():
        stored = ", ".join(f"{value:g}" for value in np.unique(arrays.flux[gone]))
        note = f"the flux is {stored} there, which stands for no value"
        missing = Entry("missing pixels", str(int(gone.sum())), "detected", note)
        flux = np.where(gone, np.nan, arrays.flux)
        return _checked(replace(arrays, flux=flux, entries=(*arrays.entries, missing)))
    if _repeats(arrays.wavelength[there]):
        raise ModalityError(
            "the wavelengths run over the same range more than once: there are several spectra in one; "
            "give each by itself, or a column object_id that tells them apart"
        )
    if not np.isfinite(arrays.flux[there]).any():
        raise ModalityError(
            "the spectrum has no finite flux; every pixel is NaN or without a wavelength: check which "
            "columns were stored"
        )
    return replace(arrays, **{name: values[there] for name, values in given.items() if values is not None})


def _is_padding(flux: Floats) -> NDArray[np.bool_]:
    """Pixels in runs of exact zeros, as at the ends of a resampled spectrum; whole numbers may be counts."""
    zero = flux == 0
    finite = flux[np.isfinite(flux)]
    if not zero.any() or zero.all() or (finite == np.rint(finite)).all():
        return np.zeros(len(flux), bool)
    runs = np.split(np.arange(len(flux)), np.flatnonzero(np.diff(zero)) + 1)
    padding = np.zeros(len(flux), bool)
    for run in runs:
        padding[run] = zero[run[0]] and len(run) >= SHORTEST_RUN
    return padding


def _repeats(wavelength: Floats) -> bool:
    """Whether wavelengths are those of several spectra, one below the other or pixel by pixel.

    The orders of an echelle overlap too, but less than by half.
    """
    if len(np.unique(wavelength)) < 0.6 * len(wavelength):
        return True
    steps = np.diff(wavelength)
    starts = np.flatnonzero(steps < 0 if np.median(steps) > 0 else steps > 0) + 1
    runs = [run for run in np.split(wavelength, starts) if len(run) >= SHORTEST_RUN]
    return any(
        min(a.max(), b.max()) - max(a.min(), b.min()) > 0.5 * min(np.ptp(a), np.ptp(b)) > 0
        for a, b in pairwise(runs)
    )


def _in_vacuum(
    wavelength: Floats, stated: tuple[str, str] | None, overrides: Overrides
) -> tuple[Floats, Entry]:
    if overrides.medium:
        medium, entry = overrides.medium, Entry("medium", overrides.medium, "you set")
    elif stated and stated[0] == CONTRADICTORY:
        raise ChoiceNeededError(
            f"the file says two things of its wavelengths ({stated[1]}): set the medium",
            ("medium=vacuum", "medium=air"),
        )
    elif stated:
        medium, entry = stated[0], Entry("medium", stated[0], "header", stated[1])
    else:
        medium, entry = (
            "vacuum",
            Entry(
                "medium",
                "vacuum",
                "assumed",
                "the file does not say; SDSS and DESI store vacuum wavelengths",
                ("medium=vacuum", "medium=air"),
            ),
        )
    if medium == "air":
        return air_to_vacuum(wavelength), replace(
            entry, note=f"{entry.note}; converted to vacuum".lstrip("; ")
        )
    return wavelength, entry


def _estimated_ivar(flux: Floats) -> tuple[Floats, tuple[Entry, ...]]:
    """One inverse variance for all pixels from the scatter between next neighbors."""
    good = flux[np.isfinite(flux)]
    noise = noise_of(good) or float(np.abs(good).mean()) or 1.0
    note = f"the file has no uncertainty; {noise:.3g} in each pixel, from the scatter between neighbors"
    return np.where(np.isfinite(flux), noise**-2, 0.0), (Entry("uncertainty", "estimated", "assumed", note),)


def noise_of(flux: Floats) -> float:
    """Standard deviation of the noise in a spectrum without gaps, from next neighbors (DER_SNR, Stoehr et
    al. 2008)."""
    second = np.abs(2 * flux[2:-2] - flux[:-4] - flux[4:]) if len(flux) > 4 else np.abs(flux)
    return float(1.482602 / np.sqrt(6.0) * np.median(second))


def _flagged(
    arrays: SpectrumArrays, noiseless: NDArray[np.bool_], overrides: Overrides
) -> tuple[NDArray[np.bool_], Entry]:
    """Which pixels the mask calls bad."""
    if arrays.mask is None:
        value = "bad where ivar is 0 or the flux is not finite"
        return np.zeros(len(arrays.flux), bool), Entry("mask", value, "detected", "the file has no mask")
    is_set = np.nan_to_num(arrays.mask, nan=1.0) != 0
    share = f"set on {100 * is_set.mean():.1f} % of the pixels"
    if overrides.mask_sense:
        sense, how, why = overrides.mask_sense, "you set", ""
    elif arrays.mask_sense is not None:
        (sense, why), how = arrays.mask_sense, "header"
    elif not is_set.any():
        sense, how, why = "bad", "detected", "the other way round no pixel would be good"
    elif (seen := _sense_by_noise(is_set, noiseless)) is not None:
        sense, how, why = seen, "detected", "that is where pixels without a usable uncertainty are"
    else:
        sense, how = ("bad" if is_set.mean() <= FEWEST_BAD else "good"), "assumed"
        why = "" if sense == "bad" else "so it was taken to mark the good ones"
    other = "good" if sense == "bad" else "bad"
    choices = (f"mask_sense={sense}", f"mask_sense={other}") if how == "assumed" else ()
    note = "; ".join(part for part in ((why, share) if how == "header" else (share, why)) if part)
    entry = Entry("mask", f"non-zero = {sense}", cast(How, how), note, choices)
    return is_set != (sense == "good"), entry


def _sense_by_noise(is_set: NDArray[np.bool_], noiseless: NDArray[np.bool_]) -> str | None:
    """What a mask means, from the pixels that the file gives no weight; None where they do not tell."""
    if not noiseless.any() or noiseless.all():
        return None
    without, with_weight = float(is_set[noiseless].mean()), float(is_set[~noiseless].mean())
    if without > TELLING and with_weight < 0.5:
        return "bad"
    return "good" if without < 1 - TELLING and with_weight > 0.5 else None


def _check_unit_of_noise(flux: Floats, ivar: Floats, good: NDArray[np.bool_]) -> None:
    """Raises ModalityError for an uncertainty that cannot be in the unit of the flux, as 1e-17 beside 1."""
    typical = np.abs(flux[good]) * np.sqrt(ivar[good])
    ratio = float(np.median(typical)) if len(typical) else 1.0
    if ratio and not 1 / LARGEST_RATIO < ratio < LARGEST_RATIO:
        raise ModalityError(
            f"the flux is {ratio:.0e} times its uncertainty, so that both are not in one unit; "
            "state the units of both, or store them in one"
        )


def _check_coverage(
    wavelength: Floats, bad: NDArray[np.bool_], causes: Mapping[str, NDArray[np.bool_]]
) -> None:
    low, high = CODEC_RANGE
    usable = int((~bad & (wavelength > low) & (wavelength < high)).sum())
    if usable < FEWEST_PIXELS:
        told = "".join(f", {flags.mean():.0%} are {cause}" for cause, flags in causes.items() if flags.any())
        good = wavelength[~bad] if not bad.all() else wavelength
        raise ModalityError(
            f"the spectrum has {usable} good pixels between {low:.0f} and {high:.0f} Å; at least "
            f"{FEWEST_PIXELS} are needed. {int((~bad).sum())} of its {len(bad)} pixels are good; "
            f"{'they' if not bad.all() else 'all'} cover {good.min():.4g} to {good.max():.4g} Å{told}: check "
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
        "survey",
        "SDSS",
        "assumed",
        "neither the grid of SDSS nor of DESI; the codec resamples it",
        ("survey=SDSS", "survey=DESI"),
    )
