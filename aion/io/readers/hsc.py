"""Hyper Suprime-Cam cutouts and coadds: HDUs IMAGE, MASK and VARIANCE of one band, or of several bands in one file.

Data model: https://hsc-release.mtk.nao.ac.jp/doc/index.php/data-2/ ; pixels in counts, FLUXMAG0 is the flux of AB magnitude 0.
"""

import re
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Array
from aion.io.fits_file import FitsFile, Hdu, cards
from aion.io.images import ImageArrays, build_image, stack
from aion.io.objects import Overrides
from aion.io.registry import Found, reader

BAD_PLANES = ("MP_BAD", "MP_SAT", "MP_NO_DATA", "MP_CR")
"""Mask planes whose pixels hold no sky: bad, saturated, no data, cosmic ray."""
_BAND = re.compile(r"(?:HSC[-_])?([GRIZY])2?", re.IGNORECASE)


def is_hsc(file: FitsFile) -> bool:
    """Images in the layout of the HSC pipeline: IMAGE (with MASK or VARIANCE), or a zero-point as FLUXMAG0."""
    names = {
        hdu.name.split("-")[-1] if "-" in hdu.name else hdu.name
        for hdu in file.images()
        if len(hdu.shape) == 2
    }
    named = "IMAGE" in names and bool({"MASK", "VARIANCE"} & names)
    return named or any("FLUXMAG0" in hdu.header for hdu in file.images() if len(hdu.shape) == 2)


@reader("HSC cutout", FitsFile, matches=is_hsc)
def read_hsc_cutout(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One image of all the bands in the file; planes of one band follow its IMAGE."""
    groups = _groups(file)
    bands = [_band(file, group) for group in groups]
    if len(groups) != len(set(bands)) and None not in bands:
        raise FormatError(
            f"the HSC file has a band twice ({', '.join(map(str, bands))}); give one image of each band"
        )
    names = tuple(band for band in bands if band is not None)
    header = cards(file.primary.header) | cards(groups[0]["image"].header)
    planes = stack([group["image"].image() for group in groups], [str(band) for band in bands])
    variances = [group["variance"].image() if "variance" in group else None for group in groups]
    masks = [_bad(group["mask"]) if "mask" in group else None for group in groups]
    ivar = (
        stack([_inverse(v) for v in variances if v is not None], list(names))
        if all(v is not None for v in variances)
        else None
    )
    arrays = ImageArrays(
        planes=planes,
        bands=names if len(names) == len(groups) else None,
        header=header,
        ivar=ivar,
        mask=stack([mask for mask in masks if mask is not None], list(names))
        if all(mask is not None for mask in masks)
        else None,
        survey="HSC",
    )
    return [build_image(arrays, overrides)]


def _groups(file: FitsFile) -> list[dict[str, Hdu]]:
    """One dict of image, mask, variance for each band."""
    groups: list[dict[str, Hdu]] = []
    for hdu in file.images():
        if len(hdu.shape) != 2:
            continue
        kind = next((kind for kind in ("MASK", "VARIANCE") if hdu.name.endswith(kind)), "IMAGE").lower()
        if kind == "image":
            groups.append({})
        if groups:
            groups[-1].setdefault(kind, hdu)
    if not groups:
        raise FormatError("the HSC file has no IMAGE; download the cutout again with its image")
    return groups


def _band(file: FitsFile, group: dict[str, Hdu]) -> str | None:
    """``"HSC-G"`` ... from FILTER of the image or of the file, or from the name of the HDU."""
    headers = (group["image"].header, file.primary.header)
    stated = [header.get(card) for header in headers for card in ("FILTER", "BAND", "FILTER01")]
    stated += group["image"].name.replace("IMAGE", "").strip("-_ ").split()
    for text in stated:
        match = _BAND.fullmatch(str(text or "").strip())
        if match:
            return f"HSC-{match[1].upper()}"
    return None


def _bad(mask: Hdu) -> Array:
    """True where a bit of BAD_PLANES is set; MP_* cards give the bits."""
    bits = [
        int(mask.header[plane])
        for plane in BAD_PLANES
        if plane in mask.header and 0 <= int(mask.header[plane]) < 63
    ]
    return np.asarray((mask.image().astype(np.int64) & sum(1 << bit for bit in bits)) != 0)


def _inverse(variance: Any) -> Array:
    return np.asarray(
        np.divide(
            1.0,
            variance,
            out=np.zeros(variance.shape, np.float32),
            where=np.isfinite(variance) & (variance > 0),
        )
    )
