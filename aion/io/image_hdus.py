"""HDUs of a FITS file -> the planes of one image, with the inverse variance and the mask of each.

Planes of several HDUs are put together only if their pixels are the same places of the sky.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Array, numbers
from aion.io.filters import filter_of, names_a_band, parse_filter
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_header import cards
from aion.io.images import ImageArrays, bands_first
from aion.io.objects import Entry
from aion.io.sky_grid import ALIGNED, REPROJECT, celestial, difference
from aion.io.spectra import ivar_of
from aion.io.zero_points import linear

_KINDS = {
    "invvar": {"INVVAR", "IVAR"},
    "variance": {"VARIANCE", "VAR"},
    "mask": {"MASK", "MASKBITS", "MSK", "DQ", "FLAGS"},
    "other": {"WGT", "WHT", "WEIGHT", "ERR", "ERROR", "SIGMA", "RMS", "NOISE", "CTX", "CON", "EXP", "NEXP"}
    | {
        "UNC",
        "UNCERT",
        "UNCERTAINTY",
        "STD",
        "STDDEV",
        "COV",
        "COVERAGE",
        "SEG",
        "SEGM",
        "SEGMAP",
        "SEGMENTATION",
    }
    | {"DEPTH", "SKY", "BKG", "BACKGROUND", "PSF", "MODEL", "CHI2"},
}
"""Words of EXTNAME or IMAGETYP -> what the HDU is; an image of the sky without one of them."""
_SPECTRAL = ("WAVE", "AWAV", "LAMBDA", "FREQ", "VELO", "VRAD", "VOPT", "ZOPT")


@dataclass
class ImageHdu:
    """An image of one band, or a cube, with what the file holds about its pixels."""

    hdu: Hdu
    extras: dict[str, Hdu] = field(default_factory=dict)
    """Kind -> HDU: ``invvar``, ``variance``, ``mask``."""

    @property
    def axes(self) -> tuple[int, ...]:
        return _axes(self.hdu)

    def extra(self, kind: str) -> Array | None:
        """The numbers of an HDU about it."""
        hdu = self.extras.get(kind)
        return None if hdu is None else numbers(hdu.image(), hdu.title)


def image_hdus(hdus: Sequence[Hdu]) -> tuple[list[ImageHdu], list[Hdu]]:
    """Images with the HDUs about them, which follow them or are of their band; and all other HDUs."""
    images: list[ImageHdu] = []
    rest: list[Hdu] = []
    for hdu in hdus:
        kind = _kind(hdu)
        if len(_axes(hdu)) < 2 or kind == "other":
            rest.append(hdu)
        elif kind == "image":
            images.append(ImageHdu(hdu))
        else:
            band = _own_band(hdu)
            same = [image for image in images if band and _own_band(image.hdu) == band] or images[-1:]
            if same and kind not in same[0].extras and _axes(hdu)[-2:] == same[0].axes[-2:]:
                same[0].extras[kind] = hdu
            else:
                rest.append(hdu)
    return images, rest


def _kind(hdu: Hdu) -> str:
    """``image``, ``invvar``, ``variance``, ``mask`` or ``other``."""
    words = set(re.split(r"[^A-Z0-9]+|_", f"{hdu.name} {hdu.header.get('IMAGETYP', '')}".upper()))
    return next((kind for kind, names in _KINDS.items() if words & names), "image")


def band_of(image: ImageHdu, file: FitsFile) -> tuple[str, str] | None:
    """The band of one plane and where it is from: a card or the name of the HDU, or a card of the file."""
    stated = filter_of(cards(image.hdu.header))
    if stated is not None:
        return stated
    if names_a_band(image.hdu.name):
        return image.hdu.name, "the name of the HDU"
    stated = filter_of(cards(file.primary.header))
    return (stated[0], f"{stated[1]} of the file") if stated else None


def header_of(hdu: Hdu, file: FitsFile) -> dict[str, Any]:
    """Its cards and those of the first HDU, unless that one has pixels of its own, which they are about.

    INHERIT: https://fits.gsfc.nasa.gov/registry/inherit.html
    """
    inherits = file.primary is hdu or not file.primary.shape or hdu.header.get("INHERIT") is True
    return (cards(file.primary.header) if inherits else {}) | cards(hdu.header)


def cube_bands(header: Any, count: int) -> tuple[tuple[str, ...], str] | None:
    """Of the planes of a cube: BAND0 or BAND1 ..., or BANDS, which joins letters or separates names."""
    for first in (0, 1):
        numbered = [str(header.get(f"BAND{i}", "")).strip() for i in range(first, first + count)]
        if all(numbered):
            return tuple(numbered), f"BAND{first} ..."
    for card in ("BANDS", "BAND", "FILTERS", "FILTER"):
        joined = str(header.get(card, "")).strip()
        parts = re.split(r"[,\s]+", joined) if re.search(r"[,\s]", joined) else list(joined)
        if joined and len(parts) == count:
            return tuple(parts), card
    return None


def arrays_of(
    file: FitsFile,
    images: Sequence[ImageHdu],
    unused: Sequence[Hdu] = (),
    *,
    survey: str | None,
    mask_of: Callable[[Hdu], Array] = Hdu.image,
) -> ImageArrays:
    """One image of the HDUs, a plane for each; a single HDU may be a cube.

    Raises:
        FormatError: a picture, a cube of spectra, a band twice, or bands that are not on one grid.
    """
    headers = [header_of(image.hdu, file) for image in images]
    entries: list[Entry] = []
    cubes: list[Array] = []
    for image, header in zip(images, headers, strict=True):
        name = image.hdu.title
        _refuse_spectra(image, header)
        cube, moved = bands_first(image.hdu.image(), name)
        cube, note = linear(cube, header)
        entries += [*moved, *([Entry("scaling", "asinh", "header", f"{name}: {note}")] if note else [])]
        cubes.append(cube)
    if len(images) > 1:
        entries.append(_aligned(images, headers))
    planes = np.concatenate(cubes)
    bands, source = _bands_of(file, images, headers[0], len(planes)) or (None, "")
    ivar, mask = _ivar(images, planes.shape), _mask(images, planes.shape, mask_of)
    entries += _about(images, ivar is not None, ("invvar", "variance"), "inverse variance")
    entries += _about(images, mask is not None, ("mask",), "mask")
    return ImageArrays(
        planes=planes,
        bands=bands,
        header=headers[0],
        plane_headers=tuple(headers) if len(images) > 1 else (),
        ivar=ivar,
        mask=mask,
        survey=survey,
        bands_source=source,
        entries=(*entries, *(_not_used(hdu) for hdu in unused)),
    )


def _axes(hdu: Hdu) -> tuple[int, ...]:
    """The shape without the axes of length 1 that radio images begin with."""
    shape = hdu.shape
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _own_band(hdu: Hdu) -> str | None:
    stated = filter_of(cards(hdu.header))
    return parse_filter(stated[0] if stated else hdu.name).letter


def _bands_of(
    file: FitsFile, images: Sequence[ImageHdu], header: dict[str, Any], count: int
) -> tuple[tuple[str, ...], str] | None:
    """Of all `count` planes, and where they are from; None where one does not say its band."""
    stated = [band_of(image, file) for image in images]
    if len(images) == 1 and (count > 1 or stated[0] is None):
        return cube_bands(header, count)
    if None in stated:
        return None
    bands, sources = zip(*(one for one in stated if one), strict=True)
    twice = next((band for band in bands if bands.count(band) > 1), None)
    if twice is not None:
        titles = ", ".join(one.hdu.title for one, band in zip(images, bands, strict=True) if band == twice)
        raise FormatError(f"the file has the band {twice} twice ({titles}); give one image of each band")
    return bands, " and ".join(dict.fromkeys(sources))


def _refuse_spectra(image: ImageHdu, header: dict[str, Any]) -> None:
    kind = str(header.get("CTYPE3", "")).upper()
    if len(image.axes) == 3 and image.axes[0] > 1 and kind.startswith(_SPECTRAL):
        planes, height, width = image.axes
        raise FormatError(
            f"{image.hdu.title} is a cube of spectra, {planes} wavelengths (CTYPE3 = {kind}) of "
            f"{height}x{width} pixels; extract the spectrum of an aperture first, as wavelength, flux and "
            "error"
        )


def _aligned(images: Sequence[ImageHdu], headers: list[dict[str, Any]]) -> Entry:
    """That the planes are of one size and on one grid."""
    sizes = {image.axes for image in images}
    names = [image.hdu.title for image in images]
    if len(sizes) > 1 or any(len(axes) > 2 for axes in sizes):
        each = ", ".join(f"{image.hdu.title} {'x'.join(map(str, image.axes))}" for image in images)
        raise FormatError(f"the bands do not have one size ({each}); cut them to the same field")
    grids = [celestial(header) for header in headers]
    if grids[0] is None or None in grids:
        note = "no WCS shows that the bands are aligned; pixels are put on pixels"
        return Entry("alignment", "unknown", "assumed", note)
    largest = 0.0
    for name, grid in zip(names[1:], grids[1:], strict=True):
        assert grid is not None
        pixels, how = difference(grids[0], grid, images[0].axes)
        if pixels > ALIGNED:
            raise FormatError(f"{name} {how} from {names[0]}; {REPROJECT}")
        largest = max(largest, pixels)
    return Entry("alignment", f"{largest:.2f} pixels", "detected", "the WCS of the bands agree")


def _ivar(images: Sequence[ImageHdu], shape: tuple[int, ...]) -> Array | None:
    """As the planes, where every image has an inverse variance or a variance."""
    parts = [ivar_of(image.extra("invvar"), None, image.extra("variance")) for image in images]
    weights = [part for part in parts if part is not None and part.shape[-2:] == shape[-2:]]
    if len(weights) < len(images):
        return None
    ivar = np.concatenate([part.reshape(-1, *shape[-2:]) for part in weights])
    return ivar if ivar.shape == shape else None


def _mask(
    images: Sequence[ImageHdu], shape: tuple[int, ...], mask_of: Callable[[Hdu], Array]
) -> Array | None:
    """(height, width) of one image, as the planes of several; None where one has none."""
    parts = [mask_of(image.extras["mask"]) for image in images if "mask" in image.extras]
    if len(parts) < len(images) or any(part.shape != shape[-2:] for part in parts):
        return None
    return parts[0] if len(images) == 1 and shape[0] > 1 else np.stack(parts)


def _about(images: Sequence[ImageHdu], is_used: bool, kinds: tuple[str, ...], what: str) -> list[Entry]:
    """Which HDUs the inverse variances or masks are from; or that they do not fit the planes."""
    titles = ", ".join(image.extras[kind].title for image in images for kind in kinds if kind in image.extras)
    if not titles:
        return []
    if is_used:
        return [Entry(f"image {what}", titles, "header", "for display; no codec reads it")]
    return [Entry(f"image {what}", titles, "dropped", "not of the size of the planes, or not for each")]


def _not_used(hdu: Hdu) -> Entry:
    size = "x".join(map(str, hdu.shape))
    what = f"{size} pixels" if hdu.shape else f"a table of {hdu.count('NAXIS2')} rows"
    note = f"{what}; no band of the image and nothing that is read with it"
    return Entry("HDU", hdu.title, "dropped", note)
