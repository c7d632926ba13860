"""Legacy Survey images: ``cutout.fits`` (one cube), ``subimage`` (one HDU for each brick and band), brick coadds, and other image cubes.

https://www.legacysurvey.org/viewer/urls and https://www.legacysurvey.org/dr10/files/#image-stacks-south-coadd ; pixels in nanomaggies.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aion.errors import FormatError
from aion.io.content import Array
from aion.io.fits_file import FitsFile, Hdu, cards
from aion.io.images import ImageArrays, build_image, celestial, stack
from aion.io.objects import Entry, Overrides
from aion.io.registry import Found, reader

NANOMAGGIES = {"BUNIT": "nanomaggy"}
MOST_BANDS = 9
"""Planes of a cube that can be bands; more are wavelengths."""


def is_subimage(file: FitsFile) -> bool:
    """Every image belongs to a brick and a band."""
    images = file.images()
    return bool(images) and all({"BRICK", "BAND"} <= set(hdu.header) for hdu in images)


def is_brick(file: FitsFile) -> bool:
    """A stack of one band over a brick."""
    images = [hdu for hdu in file.images() if len(hdu.shape) == 2]
    return len(images) == 1 and bool({"BRICKNAM", "BRICKNAME", "BRICKID", "BRICK"} & set(images[0].header))


def is_image(file: FitsFile) -> bool:
    """A plane or a cube with named bands or a place on the sky, or a cube of a few planes."""
    hdu = next(iter(file.images()), None)
    if hdu is None or len(hdu.shape) not in (2, 3):
        return False
    few_planes = len(hdu.shape) == 3 and hdu.shape[0] <= MOST_BANDS and min(hdu.shape[1:]) > MOST_BANDS
    return few_planes or _bands(hdu) is not None or celestial(cards(hdu.header)) is not None


@reader("Legacy Survey subimage", FitsFile, matches=is_subimage)
def read_subimage(file: FitsFile, overrides: Overrides) -> list[Found]:
    """The brick with most of the field, all its bands."""
    bricks: dict[str, list[Hdu]] = {}
    for hdu in file.images():
        bricks.setdefault(str(hdu.header["BRICK"]), []).append(hdu)
    area = {name: sum(hdu.shape[-1] * hdu.shape[-2] for hdu in hdus) for name, hdus in bricks.items()}
    brick = max(area, key=lambda name: area[name])
    images = [hdu for hdu in bricks[brick] if _kind(hdu) == "image"]
    inverse = {str(hdu.header["BAND"]): hdu for hdu in bricks[brick] if _kind(hdu) == "invvar"}
    if not images:
        raise FormatError("the subimage has inverse variances but no image; download it again")
    bands = tuple(str(hdu.header["BAND"]) for hdu in images)
    has_ivar = set(bands) <= set(inverse)
    arrays = ImageArrays(
        planes=stack([hdu.image() for hdu in images], list(bands)),
        bands=bands,
        header=NANOMAGGIES | cards(file.primary.header) | cards(images[0].header),
        ivar=stack([inverse[band].image() for band in bands], list(bands)) if has_ivar else None,
        survey="Legacy Survey",
    )
    found = build_image(arrays, overrides)
    note = (
        f"the others ({', '.join(sorted(set(bricks) - {brick}))}) show less of the field"
        if len(bricks) > 1
        else ""
    )
    return [replace(found, entries=(*found.entries, Entry("brick", brick, "header", note)))]


@reader("Legacy Survey brick", FitsFile, matches=is_brick)
def read_brick(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One band around the position that is given; the stacks of other bands come as files of their own."""
    hdu = file.images()[0]
    header = NANOMAGGIES | cards(file.primary.header) | cards(hdu.header)
    kind = str(header.get("IMTYPE", header.get("IMAGETYP", "image"))).lower()
    if "image" not in kind:
        raise FormatError(
            f"this is the {kind} stack of a brick; give legacysurvey-<brick>-image-<band>.fits.fz instead"
        )
    band = str(header.get("FILTER", header.get("BAND", ""))).split(" ")[0]
    arrays = ImageArrays(hdu.image()[None], (band,) if band else None, header, survey="Legacy Survey")
    return [build_image(arrays, overrides)]


@reader("Image", FitsFile, matches=is_image)
def read_legacy_cutout(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One image of a plane or a cube; inverse variance and mask bits from HDUs with IMAGETYP INVVAR and MASKBITS."""
    images = file.images()
    main = next((hdu for hdu in images if _kind(hdu) == "image"), images[0])
    header = cards(file.primary.header) | cards(main.header)
    extra = {_kind(hdu): hdu for hdu in images if hdu is not main}
    planes = _cube(main.image())
    ivar = _cube(extra["invvar"].image()) if "invvar" in extra else None
    mask = extra["maskbits"].image() if "maskbits" in extra else None
    arrays = ImageArrays(
        planes=planes,
        bands=_bands(main),
        header=header,
        ivar=ivar if ivar is not None and ivar.shape == planes.shape else None,
        mask=mask if mask is not None and mask.shape == planes.shape[-2:] else None,
        survey=_stated_survey(header),
    )
    return [build_image(arrays, overrides)]


def _kind(hdu: Hdu) -> str:
    return str(hdu.header.get("IMAGETYP", "image")).strip().lower()


def _cube(pixels: Array) -> Array:
    return pixels[None] if pixels.ndim == 2 else pixels


def _bands(hdu: Hdu) -> tuple[str, ...] | None:
    """From BAND0 ... or BANDS, which joins single letters or separates longer names by commas; FILTER for one plane."""
    header, count = hdu.header, hdu.shape[0] if len(hdu.shape) == 3 else 1
    numbered = [str(header[f"BAND{i}"]).strip() for i in range(count) if f"BAND{i}" in header]
    if len(numbered) == count:
        return tuple(numbered)
    joined = str(header.get("BANDS", header.get("BAND", header.get("FILTER", "")))).strip()
    parts = (
        re.split(r"[,\s]+", joined)
        if re.search(r"[,\s]", joined)
        else list(joined)
        if len(joined) == count
        else [joined]
    )
    return tuple(parts) if joined and len(parts) == count else None


def _stated_survey(header: Mapping[str, Any]) -> str | None:
    """Of the cutouts only the Legacy Survey's say where they are from."""
    survey = str(header.get("SURVEY", "")).replace(" ", "").lower()
    if "legacysurvey" in survey or "decals" in survey or survey.startswith("ls-"):
        return "Legacy Survey"
    return "HSC" if survey.startswith("hsc") else None
