"""A record of named arrays -> the image in it: a cube under a usual name, or planes named by their bands."""

from typing import Any

import numpy as np

from aion.errors import ModalityError
from aion.io.content import Array, Record, numbers
from aion.io.filters import names_a_band
from aion.io.images import ImageArrays, bands_first
from aion.io.rows import number, text_of
from aion.io.spectra import ivar_of

_IMAGE_NAMES = ("image_array", "image_flux", "images", "image", "cutout", "cutouts", "cube")
_IMAGE = (*_IMAGE_NAMES, "array", "flux", "data")
_BANDS = ("image_band", "image_bands", "bands", "band", "filters", "filter", "channels")
_IVAR = ("image_ivar", "ivar", "invvar")
_VARIANCE = ("image_variance", "variance")
_CARDS = {
    "ZP": ("zeropoint", "zero_point", "zp", "magzero"),
    "BUNIT": ("bunit", "unit", "flux_unit", "image_unit"),
    "PIXEL_SCALE": ("image_scale", "pixel_scale", "pixscale"),
}
"""Card of a FITS header -> names that say the same."""


def image_of(item: Record) -> ImageArrays | None:
    """None: the record has no image.

    Raises:
        FormatError: a picture, or a cube of spectra.
        ModalityError: planes of several sizes, or images of several objects in one array.
    """
    name = next((name for name in _IMAGE if np.ndim(item.get(name)) in (2, 3, 4)), None)
    if name is None:
        return _planes(item)
    cube, entries = bands_first(np.asarray(item.values[name]), name)
    cube = numbers(cube, name).astype(np.float32)
    source = item.name(*_BANDS)
    mask = item.get("image_mask", "mask", "bit_mask")
    return ImageArrays(
        planes=cube,
        bands=_bands(item.values[source], len(cube)) if source else None,
        header=_header(item, name),
        plane_headers=_headers(item, name, len(cube)),
        ivar=ivar_of(*(_like(cube, item.get(*names)) for names in (_IVAR, ("sigma",), _VARIANCE))),
        mask=mask if mask is not None and np.shape(mask) in (cube.shape, cube.shape[1:]) else None,
        bands_source=source or "",
        entries=entries,
    )


def _planes(item: Record) -> ImageArrays | None:
    planes = {key: value for key, value in item.values.items() if names_a_band(key) and np.ndim(value) == 2}
    if not planes:
        return None
    if len({np.shape(plane) for plane in planes.values()}) > 1:
        raise ModalityError(f"the bands {', '.join(planes)} do not have one size; cut them to the same field")
    cubes = [numbers(bands_first(np.asarray(plane), key)[0], key) for key, plane in planes.items()]
    stacked = np.concatenate(cubes).astype(np.float32)
    header = _header(item, next(iter(planes)))
    return ImageArrays(stacked, tuple(planes), header, bands_source="the names of the arrays")


def _bands(stated: Any, count: int) -> tuple[str, ...]:
    """Of a list of names, or of single letters in one word."""
    bands = tuple(text_of(band) for band in np.atleast_1d(np.asarray(stated)).ravel())
    return tuple(bands[0]) if len(bands) == 1 < count and bands[0].isalpha() else bands


def _headers(item: Record, image: str, count: int) -> tuple[dict[str, Any], ...]:
    """Of each plane where there is a zero-point or unit for each; else empty."""
    each = any(1 < np.size(item.get(*names)) == count for names in _CARDS.values() if item.name(*names))
    return tuple(_header(item, image, plane) for plane in range(count)) if each else ()


def _header(item: Record, image: str, plane: int = 0) -> dict[str, Any]:
    """Zero-point, unit and pixel scale, under the names of FITS cards; of one of the planes."""
    header: dict[str, Any] = {"BUNIT": item.units[image]} if item.units.get(image) else {}
    for card, names in _CARDS.items():
        stated = item.get(*names)
        if stated is not None and np.size(stated):
            values = np.ravel(stated)
            value = values[plane if plane < len(values) else 0]
            header[card] = text_of(value) if card == "BUNIT" else number(value)
    return header


def _like(cube: Array, values: Any) -> Any:
    if values is None or np.shape(values) != cube.shape:
        return None
    return numbers(values, "inverse variance")
