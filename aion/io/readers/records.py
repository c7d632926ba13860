"""Records of named arrays: Multimodal Universe rows (Parquet, HDF5), SPARCL records, npz and npy files, mappings in memory.

https://github.com/MultimodalUniverse/MultimodalUniverse and https://astrosparcl.datalab.noirlab.edu/sparc/sfc/
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from aion.errors import AIONError, FormatError, ModalityError
from aion.io.content import FLUX_NAMES, WAVELENGTH_NAMES, Record, Records, numbers
from aion.io.image_records import image_of
from aion.io.images import build_image
from aion.io.objects import Entry, Overrides
from aion.io.registry import ROWS, Found, check_count, reader
from aion.io.rows import facts, photometry, text_of
from aion.io.spectra import SpectrumArrays, build_spectrum, ivar_of
from aion.io.units import medium_of

_SPECTRUM_FLUX = ("spectrum_flux", *FLUX_NAMES)
_SPECTRUM_WAVELENGTH = ("spectrum_lambda", "spectrum_wavelength", *WAVELENGTH_NAMES)
_IVAR = ("spectrum_ivar", "ivar", "invvar", "inverse_variance", "weight")
_ERROR = (
    "error",
    "err",
    "sigma",
    "flux_error",
    "flux_err",
    "e_flux",
    "eflux",
    "uncertainty",
    "noise",
    "std",
    "flux_unc",
    "unc",
)
_VARIANCE = ("variance", "var", "flux_var", "flux_variance")
_MASK = ("spectrum_mask", "mask", "and_mask", "flags", "bad", "quality")
_MMU = ("spectrum_flux", "image_array", "image_flux")


def is_mmu(content: Records) -> bool:
    """Names of the Multimodal Universe: ``spectrum_flux``, ``image_array``."""
    return any(content.items[0].get(name) is not None for name in _MMU)


def is_sparcl(content: Records) -> bool:
    """An id of SPARCL, and a spectrum."""
    item = content.items[0]
    return item.name("sparcl_id", "specid", "data_release") is not None and _has_spectrum(item)


@reader("Multimodal Universe", Records, matches=is_mmu)
def read_mmu(content: Records, overrides: Overrides) -> list[Found]:
    """Every row: image, spectrum and photometry, whichever it has."""
    units = {"spectrum_lambda": "Angstrom", "spectrum_flux": "1e-17 erg / (s cm2 Angstrom)"}
    notes = ("Multimodal Universe: True = bad", ("vacuum", "as in the surveys it comes from"))
    return _each(
        content,
        lambda item: _read_record(replace(item, units=units | dict(item.units)), overrides, None, *notes),
    )


@reader("SPARCL record", Records, matches=is_sparcl)
def read_sparcl(content: Records, overrides: Overrides) -> list[Found]:
    """Every record; SDSS, BOSS and DESI spectra come in vacuum Å and 1e-17 erg/s/cm2/Å."""

    def read_one(item: Record) -> Found:
        release = text_of(item.get("data_release", "_dr", "survey") or "").upper()
        survey = "DESI" if "DESI" in release else "SDSS" if "SDSS" in release or "BOSS" in release else None
        units = {"wavelength": "Angstrom", "flux": "1e-17 erg / (s cm2 Angstrom)"} | dict(item.units)
        record = replace(item, units=units)
        return _read_record(
            record, overrides, survey, "SPARCL: 0 = good", ("vacuum", "SPARCL gives vacuum wavelengths")
        )

    return _each(content, read_one)


@reader(
    "Arrays",
    Records,
    matches=lambda content: any(
        _has_spectrum(item) or image_of(item) is not None for item in content.items[:1]
    ),
)
def read_arrays(content: Records, overrides: Overrides) -> list[Found]:
    """Records with an image (and the names of its bands), one plane for each band, or a spectrum."""
    return _each(content, lambda item: _read_record(item, overrides))


@reader("Photometry", Records, matches=lambda content: bool(photometry(content.items[0])[0]))
def read_photometry(content: Records, overrides: Overrides) -> list[Found]:
    """Records of numbers."""
    return _each(content, lambda item: _read_record(item, overrides))


def spectrum_arrays(item: Record, **known: Any) -> SpectrumArrays:
    """The spectrum in a record, by the names of its arrays."""
    wavelength, flux = (item.name(*names) for names in (_SPECTRUM_WAVELENGTH, _SPECTRUM_FLUX))
    if wavelength is None or flux is None:
        raise FormatError(f"wavelength and flux are expected; there are {', '.join(item.values)}"[:300])
    parts = [_line(item.get(*names), names[0]) for names in (_IVAR, _ERROR, _VARIANCE, _MASK)]
    return SpectrumArrays(
        wavelength=_required(item.values[wavelength], wavelength),
        flux=_required(item.values[flux], flux),
        ivar=ivar_of(*parts[:3]),
        mask=parts[3],
        wavelength_unit=item.units.get(wavelength),
        log10=wavelength.startswith("log"),
        flux_unit=item.units.get(flux),
        **known,
    )


def _each(content: Records, read_one: Callable[[Record], Found]) -> list[Found]:
    """All records that can be read, with a note about the others; the error of the first one if none can."""
    check_count(len(content.items))
    found, problems = [], []
    for item in content.items:
        try:
            found.append(read_one(item))
        except AIONError as exc:
            problems.append(exc)
    if not found:
        raise problems[0]
    note = (
        Entry(ROWS, f"{len(problems)} of {len(content.items)}", "dropped", str(problems[0]))
        if problems
        else None
    )
    return [replace(one, entries=(*one.entries, note)) for one in found] if note else found


def _read_record(
    item: Record,
    overrides: Overrides,
    survey: str | None = None,
    mask_note: str | None = None,
    medium: tuple[str, str] | None = None,
) -> Found:
    """Everything one record holds."""
    parts: list[Found] = []
    if _has_spectrum(item):
        parts.append(_spectrum(item, overrides, survey, mask_note, medium))
    image = (
        None
        if parts and item.name("image_array", "image_flux", "images", "image", "cutout", "cube") is None
        else image_of(item)
    )
    if image is not None:
        parts.append(build_image(image, overrides))
    scalars, scalar_entries = photometry(item)
    if not parts and not scalars:
        raise ModalityError("the record has no spectrum, no image and no photometry that the model reads")
    known = facts(item)
    ra, dec = (known.ra, known.dec) if known.ra is not None or not parts else (parts[-1].ra, parts[-1].dec)
    return Found(
        known.id,
        (*(modality for part in parts for modality in part.modalities), *scalars),
        (*(entry for part in parts for entry in part.entries), *scalar_entries, *known.entries),
        ra,
        dec,
        known.z,
        text_of(item.get("spectype", "class") or ""),
        next((part.snr for part in parts if part.snr is not None), None),
        {key: frame for part in parts for key, frame in part.frames.items()},
    )


def _has_spectrum(item: Record) -> bool:
    flux, wavelength = item.get(*_SPECTRUM_FLUX), item.get(*_SPECTRUM_WAVELENGTH)
    return (
        flux is not None
        and wavelength is not None
        and np.ndim(np.squeeze(flux)) == 1
        and np.ndim(np.squeeze(wavelength)) == 1
    )


def _spectrum(
    item: Record,
    overrides: Overrides,
    survey: str | None,
    mask_note: str | None,
    medium: tuple[str, str] | None,
) -> Found:
    arrays = spectrum_arrays(
        item, survey=survey, mask_note=mask_note, medium=medium or medium_of({}, *item.values)
    )
    return build_spectrum(arrays, overrides)


def _required(values: Any, name: str) -> Any:
    line = _line(values, name)
    if line is None:
        raise FormatError(f"{name} is empty")
    return line


def _line(values: Any, name: str) -> Any:
    """(n,) numbers; None without. A single number is no array of a spectrum."""
    if values is None or np.size(values) < 2:
        return None
    return np.squeeze(numbers(values, name))
