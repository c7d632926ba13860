"""Records of named arrays: Multimodal Universe rows (Parquet, HDF5), SPARCL records, npz and npy files,
mappings in memory.

https://github.com/MultimodalUniverse/MultimodalUniverse
and https://astrosparcl.datalab.noirlab.edu/sparc/sfc/
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from aion.errors import AIONError, ModalityError
from aion.io.content import Record, Records
from aion.io.image_records import image_of
from aion.io.images import build_image
from aion.io.objects import Entry, Overrides
from aion.io.plate_fiber import PlateFiber
from aion.io.registry import ROWS, Found, check_count, reader
from aion.io.rows import facts, kind_of, photometry, text_of, with_header
from aion.io.spectrum_records import FEWEST_VALUES, holds_spectrum, read_spectrum, spectra_in

_MMU = ("spectrum_flux", "image_array", "image_flux")


def is_mmu(content: Records) -> bool:
    """Names of the Multimodal Universe: ``spectrum_flux``, ``image_array``."""
    return any(content.items[0].get(name) is not None for name in _MMU)


def is_sparcl(content: Records) -> bool:
    """An id of SPARCL, and spectra."""
    named = content.items[0].name("sparcl_id", "data_release") is not None
    return named and any(holds_spectrum(item) for item in content.items)


@reader("Multimodal Universe", Records, matches=is_mmu)
def read_mmu(content: Records, overrides: Overrides) -> list[Found]:
    """Every row: image, spectrum and photometry, whichever it has."""
    units = {"spectrum_lambda": "Angstrom", "spectrum_wave": "Angstrom"}  # fluxes: 1e-17 cgs, or cgs (VIPERS)
    sense, medium = ("bad", "Multimodal Universe: True = bad"), ("vacuum", "as in the surveys it comes from")

    def read_one(item: Record) -> Found:
        return _read_record(
            replace(item, units=units | dict(item.units)), overrides, mask_sense=sense, medium=medium
        )

    return _each(content, read_one)


@reader("SPARCL record", Records, matches=is_sparcl)
def read_sparcl(content: Records, overrides: Overrides) -> list[Found]:
    """Every record; SDSS, BOSS and DESI spectra come in vacuum Å and 1e-17 erg/s/cm2/Å."""

    def read_one(item: Record) -> Found:
        release = text_of(item.get("data_release", "_dr", "survey") or "").upper()
        survey = "DESI" if "DESI" in release else "SDSS" if "SDSS" in release or "BOSS" in release else None
        units = {"wavelength": "Angstrom", "flux": "1e-17 erg / (s cm2 Angstrom)"} | dict(item.units)
        record = replace(item, units=units)
        medium = ("vacuum", "SPARCL gives vacuum wavelengths")
        found = _read_record(
            record, overrides, survey=survey, mask_sense=("bad", "SPARCL: 0 = good"), medium=medium
        )
        return _with_plate(found, item) if survey == "SDSS" else found

    return _each(content, read_one)


@reader("Arrays", Records, matches=lambda content: any(_has_arrays(item) for item in content.items[:1]))
def read_arrays(content: Records, overrides: Overrides) -> list[Found]:
    """Records with an image (and the names of its bands), one plane for each band, or spectra."""
    items = [one for item in content.items for one in spectra_in(item)]
    if len(items) == 1:
        items = [with_header(items[0], items[0].meta)]
    return _each(Records(items), lambda item: _read_record(item, overrides))


@reader("Photometry", Records, matches=lambda content: bool(photometry(content.items[0])[0]))
def read_photometry(content: Records, overrides: Overrides) -> list[Found]:
    """Records of numbers."""
    return _each(content, lambda item: _read_record(item, overrides))


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


def _read_record(item: Record, overrides: Overrides, **known: Any) -> Found:
    """Everything one record holds; `known` is what the survey says of its spectra."""
    parts: list[Found] = []
    if holds_spectrum(item):
        parts.append(read_spectrum(item, overrides, **known))
    named = item.name("image_array", "image_flux", "images", "image", "cutout", "cube") is not None
    image = image_of(item) if named or not parts else None
    if image is not None:
        parts.append(build_image(image, overrides))
    scalars, scalar_entries = photometry(item)
    if not parts and not scalars:
        names = ", ".join(name for name, value in item.values.items() if np.size(value) >= FEWEST_VALUES)
        lines = f"; its arrays ({names}) are without wavelengths or without fluxes" if names else ""
        raise ModalityError(
            f"the record has no spectrum, no image and no photometry that the model reads{lines}"
        )
    about = facts(item)
    ra, dec = (about.ra, about.dec) if about.ra is not None or not parts else (parts[-1].ra, parts[-1].dec)
    return Found(
        about.id,
        (*(modality for part in parts for modality in part.modalities), *scalars),
        (*(entry for part in parts for entry in part.entries), *scalar_entries, *about.entries),
        ra,
        dec,
        about.z,
        kind_of(item),
        next((part.snr for part in parts if part.snr is not None), None),
        {key: frame for part in parts for key, frame in part.frames.items()},
    )


def _with_plate(found: Found, item: Record) -> Found:
    """Under plate-mjd-fiber, as files of SDSS are: the numbers of a record are specObjID, with the sign that
    64 bits have, and the id of its photometry."""
    text = text_of(item.get("specid", "specobjid") or "")
    fiber = PlateFiber.of_specobjid(int(text)) if re.fullmatch(r"-?\d+", text) else None
    if fiber is None:
        return found
    entry = Entry("id", fiber.text, "detected", f"plate, MJD and fiber are in the bits of specObjID {text}")
    return replace(found, id=fiber.text, entries=(*found.entries, entry))


def _has_arrays(item: Record) -> bool:
    return holds_spectrum(item) or len(spectra_in(item)) > 1 or image_of(item) is not None
