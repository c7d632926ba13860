"""Legacy Survey images, nanomaggies: ``cutout.fits`` (one cube), ``subimage`` (an HDU for each brick
and band), brick coadds; and FITS images of other surveys.

https://www.legacysurvey.org/viewer/urls and https://www.legacysurvey.org/dr10/files/#image-stacks-south-coadd
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aion.errors import FormatError, ModalityError
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_header import cards
from aion.io.image_hdus import ImageHdu, arrays_of, band_of, cube_bands, header_of, image_hdus
from aion.io.images import MOST_BANDS, build_image
from aion.io.objects import Entry, Overrides
from aion.io.pixel_wavelengths import axis_of
from aion.io.registry import Found, reader
from aion.io.sky_grid import celestial

_SPECTRAL = ("MULTISPE", "LINEAR", "WAVE", "LAMBDA", "AWAV", "PIXEL")
"""What CTYPE1 of a stack of extracted spectra begins with."""


def is_subimage(file: FitsFile) -> bool:
    """Every image belongs to a brick and a band."""
    images = file.images()
    return bool(images) and all({"BRICK", "BAND"} <= set(hdu.header) for hdu in images)


def is_brick(file: FitsFile) -> bool:
    """A stack of one band over a brick."""
    images = [hdu for hdu in file.images() if len(hdu.shape) == 2]
    return len(images) == 1 and bool({"BRICKNAM", "BRICKNAME", "BRICKID", "BRICK"} & set(images[0].header))


def is_image(file: FitsFile) -> bool:
    """Planes with a named band or a place on the sky, or a cube that is no stack of extracted spectra."""
    hdus = file.images()
    images, _ = image_hdus(hdus)
    return bool(images) and len(hdus[0].shape) > 1 and any(_is_of_the_sky(image, file) for image in images)


@reader("Legacy Survey subimage", FitsFile, matches=is_subimage)
def read_subimage(file: FitsFile, overrides: Overrides) -> list[Found]:
    """The brick with most of the field, all its bands."""
    bricks: dict[str, list[Hdu]] = {}
    for hdu in file.images():
        bricks.setdefault(str(hdu.header["BRICK"]), []).append(hdu)
    area = {name: sum(hdu.shape[-1] * hdu.shape[-2] for hdu in hdus) for name, hdus in bricks.items()}
    brick = max(area, key=lambda name: area[name])
    images, unused = image_hdus(bricks[brick])
    if not images:
        raise FormatError("the subimage has inverse variances but no image; download it again")
    found = build_image(arrays_of(file, images, unused, survey="Legacy Survey"), overrides)
    others = ", ".join(sorted(set(bricks) - {brick}))
    note = f"BRICK; the others ({others}) show less of the field" if others else "BRICK"
    return [replace(found, entries=(*found.entries, Entry("brick", brick, "header", note)))]


@reader("Legacy Survey brick", FitsFile, matches=is_brick)
def read_brick(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One band around the position that is given; the stacks of other bands come as files of their own."""
    (hdu,) = (hdu for hdu in file.images() if len(hdu.shape) == 2)
    header = cards(file.primary.header) | cards(hdu.header)
    kind = str(header.get("IMTYPE", header.get("IMAGETYP", "image"))).lower()
    if "image" not in kind:
        raise FormatError(
            f"this is the {kind} stack of a brick; give legacysurvey-<brick>-image-<band>.fits.fz instead"
        )
    return [build_image(arrays_of(file, [ImageHdu(hdu)], survey="Legacy Survey"), overrides)]


@reader("Image", FitsFile, matches=is_image)
def read_image(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One image of a cube, of a plane, or of an HDU for each band; what is left is reported.

    Raises:
        ModalityError: several planes, and nothing says which bands they are.
    """
    images, unused = image_hdus([*file.images(), *file.tables()])
    chosen = _chosen(images, file, overrides)
    left = [hdu for image in images if image not in chosen for hdu in (image.hdu, *image.extras.values())]
    header = header_of(chosen[0].hdu, file)
    arrays = arrays_of(file, chosen, [*left, *unused], survey=_stated_survey(header))
    return [build_image(arrays, overrides)]


def _chosen(images: list[ImageHdu], file: FitsFile, overrides: Overrides) -> list[ImageHdu]:
    """The first cube or the only image; else all that say their band, or as many as bands were set."""
    first = images[0]
    if len(first.axes) > 2 or len(images) == 1:
        return [first]
    planes = [image for image in images if len(image.axes) == 2]
    stated = [(image, band_of(image, file)) for image in planes]
    named = [image for image, band in stated if band and not band[1].endswith("of the file")]
    if named:
        return named
    count = len(overrides.bands or ())
    if count in (1, len(planes)):
        return planes[:count]
    if band_of(first, file):
        return [first]
    sizes = ", ".join(f"{image.hdu.name or 'no name'} {'x'.join(map(str, image.axes))}" for image in planes)
    raise ModalityError(
        f"the file holds {len(planes)} images ({sizes}) and does not say which bands they are; "
        "set bands, one for each in their order, such as g,r,z"
    )


def _is_of_the_sky(image: ImageHdu, file: FitsFile) -> bool:
    header = header_of(image.hdu, file)
    if _is_bare(image, header, file):
        return True
    if str(header.get("CTYPE1", "")).upper().startswith(_SPECTRAL):
        return False
    if celestial(header) is not None:
        return True
    axes = image.axes
    if len(axes) == 2:
        return bool(band_of(image, file)) and min(axes) > MOST_BANDS
    return len(axes) == 3 and (sorted(axes)[1] > MOST_BANDS or cube_bands(header, axes[0]) is not None)


def _stated_survey(header: Mapping[str, Any]) -> str | None:
    """Of the cutouts only the Legacy Survey's say where they are from."""
    survey = str(header.get("SURVEY", "")).replace(" ", "").lower()
    if re.search("legacysurvey|decals|^ls-", survey):
        return "Legacy Survey"
    return "HSC" if survey.startswith("hsc") else None


def _is_bare(image: ImageHdu, header: Mapping[str, Any], file: FitsFile) -> bool:
    """Whether pixels are alone in a file that says nothing of them, neither wavelengths nor apertures, and
    are nearly as many high as wide: what arrays of an image are saved as."""
    if len(image.axes) != 2 or len(file.images()) > 1 or file.tables() or {"APNUM1", "BANDID1"} & set(header):
        return False
    shorter, longer = sorted(image.axes)
    axis = axis_of(header, image.axes[1])
    return shorter > MOST_BANDS and longer <= 2 * shorter and (axis is None or axis.values.min() <= 0)
