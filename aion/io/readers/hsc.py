"""Hyper Suprime-Cam cutouts and coadds: HDUs IMAGE, MASK and VARIANCE, of one band or of several.

Data model: https://hsc-release.mtk.nao.ac.jp/doc/index.php/data-2/ ; pixels in counts, FLUXMAG0 is that of
AB magnitude 0.
"""

import numpy as np

from aion.errors import FormatError
from aion.io.content import Array
from aion.io.filters import camera_of
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_header import cards
from aion.io.image_hdus import arrays_of, image_hdus
from aion.io.images import build_image
from aion.io.objects import Overrides
from aion.io.registry import Found, reader

BAD_PLANES = ("MP_BAD", "MP_SAT", "MP_NO_DATA", "MP_CR")
"""Mask planes whose pixels hold no sky: bad, saturated, no data, cosmic ray."""


def is_hsc(file: FitsFile) -> bool:
    """Images as the HSC pipeline writes them: IMAGE (with MASK or VARIANCE), or a zero-point as FLUXMAG0."""
    planes = [hdu for hdu in file.images() if len(hdu.shape) == 2]
    names = {hdu.name.split("-")[-1] for hdu in planes}
    named = "IMAGE" in names and bool({"MASK", "VARIANCE"} & names)
    return named or any("FLUXMAG0" in hdu.header for hdu in planes)


@reader("HSC cutout", FitsFile, matches=is_hsc)
def read_hsc_cutout(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One image of all the bands in the file; planes of one band follow its IMAGE."""
    images, unused = image_hdus(file.images())
    if not images:
        raise FormatError("the HSC file has no IMAGE; download the cutout again with its image")
    camera = camera_of({**cards(file.primary.header), **cards(images[0].hdu.header)})
    survey = "HSC" if camera in (None, "HSC") else None  # the pipeline is Rubin's too
    return [build_image(arrays_of(file, images, unused, survey=survey, mask_of=_bad), overrides)]


def _bad(mask: Hdu) -> Array:
    """True where a bit of BAD_PLANES is set; MP_* cards give the bits."""
    bits = [int(mask.header[plane]) for plane in BAD_PLANES if plane in mask.header]
    bad = sum(1 << bit for bit in bits if 0 <= bit < 63)
    return np.asarray((mask.image().astype(np.int64) & bad) != 0)
