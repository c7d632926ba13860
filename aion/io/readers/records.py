"""Records of named arrays: Multimodal Universe rows (Parquet, HDF5), SPARCL records, npz and npy files, mappings in memory.

https://github.com/MultimodalUniverse/MultimodalUniverse and https://astrosparcl.datalab.noirlab.edu/sparc/sfc/
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from aion.errors import AIONError, ModalityError
from aion.io.content import Array, Record, Records, numbers
from aion.io.images import ImageArrays, build_image
from aion.io.objects import Entry, Overrides
from aion.io.registry import ROWS, Found, check_count, reader
from aion.io.rows import facts, kind_of, number, photometry, text_of, with_header
from aion.io.spectra import ivar_of
from aion.io.spectrum_records import holds_spectrum, read_spectrum, spectra_in

_IMAGE = (
    "image_array",
    "image_flux",
    "images",
    "image",
    "cutout",
    "cutouts",
    "cube",
    "array",
    "flux",
    "data",
)
_BANDS = ("image_band", "image_bands", "bands", "band", "filters", "filter", "channels")
_IMAGE_IVAR = ("image_ivar", "ivar", "invvar")
_PIXEL_SCALE = ("image_scale", "pixel_scale")
_MMU = ("spectrum_flux", "image_array", "image_flux")


def is_mmu(content: Records) -> bool:
    """Names of the Multimodal Universe: ``spectrum_flux``, ``image_array``."""
    return any(content.items[0].get(name) is not None for name in _MMU)


def is_sparcl(content: Records) -> bool:
    """An id of SPARCL, and spectra."""
    named = content.items[0].name("sparcl_id", "specid", "data_release") is not None
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
        return _read_record(
            record, overrides, survey=survey, mask_sense=("bad", "SPARCL: 0 = good"), medium=medium
        )

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
    image = _image_of(item) if named or not parts else None
    if image is not None:
        parts.append(build_image(image, overrides))
    scalars, scalar_entries = photometry(item)
    if not parts and not scalars:
        raise ModalityError("the record has no spectrum, no image and no photometry that the model reads")
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


def _has_arrays(item: Record) -> bool:
    return holds_spectrum(item) or len(spectra_in(item)) > 1 or _image_of(item) is not None


def _image_of(item: Record) -> ImageArrays | None:
    """The cube under one of the usual names, or planes under the names of their bands."""
    name = next(
        (name for name in _IMAGE if name in item.values and np.ndim(item.values[name]) in (2, 3, 4)), None
    )
    if name is None:
        planes = {key: value for key, value in item.values.items() if _is_band(key) and np.ndim(value) == 2}
        if not planes:
            return None
        if len({np.shape(plane) for plane in planes.values()}) > 1:
            raise ModalityError(
                f"the bands {', '.join(planes)} do not have one size; cut them to the same field"
            )
        return ImageArrays(
            np.stack([numbers(plane, key) for key, plane in planes.items()]).astype(np.float32), tuple(planes)
        )
    cube = np.asarray(numbers(item.values[name], name), dtype=np.float32)
    if cube.ndim == 4 and cube.shape[0] > 1:
        raise ModalityError(
            f"{name} has shape {cube.shape}; one object is expected: save each one by itself, (bands, height, width)"
        )
    cube = cube[0] if cube.ndim == 4 else cube[None] if cube.ndim == 2 else cube
    if cube.shape[-1] <= 9 < min(cube.shape[:2]):
        cube = np.moveaxis(cube, -1, 0)  # (height, width, bands)
    stated = item.get(*_BANDS)
    bands = (
        None if stated is None else tuple(text_of(band) for band in np.atleast_1d(np.asarray(stated)).ravel())
    )
    bands = (
        tuple(bands[0]) if bands is not None and len(bands) == 1 < len(cube) and bands[0].isalpha() else bands
    )
    scale = number(np.ravel(item.get(*_PIXEL_SCALE))[0]) if item.name(*_PIXEL_SCALE) else None
    ivar = ivar_of(
        *(
            _like(cube, item.get(*names))
            for names in (_IMAGE_IVAR, ("sigma",), ("image_variance", "variance"))
        )
    )
    mask = item.get("image_mask", "mask", "bit_mask")
    mask = mask if mask is not None and np.shape(mask) in (cube.shape, cube.shape[1:]) else None
    header = {"ZP": number(item.get("zeropoint", "zero_point", "zp")) or 0.0}
    return ImageArrays(cube, bands, header, ivar, mask, pixel_scale=scale)


def _is_band(key: str) -> bool:
    return key in ("g", "r", "i", "z", "y") or key.startswith(("hsc-", "hsc_", "des-", "des_"))


def _like(cube: Array, values: Any) -> Any:
    return (
        numbers(values, "inverse variance") if values is not None and np.shape(values) == cube.shape else None
    )
