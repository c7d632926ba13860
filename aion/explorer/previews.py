"""The small picture of an object of one's own, in the colors of the Analyze page."""

from aion import previews
from aion.explorer.figures import stretch
from aion.modalities import Image

FIELD = 96
"""Pixels on a side, cut from the middle: what the model reads."""


def picture(image: Image) -> bytes:
    """An upright WebP of a batch of one, whose first row is the lowest as in FITS."""
    flux = image.flux[0].numpy()
    top, left = (max(size - FIELD, 0) // 2 for size in flux.shape[-2:])
    field = flux[:, top : top + FIELD, left : left + FIELD]
    return previews.webp(stretch.colour(field, image.bands, stretch.colour_stretch(field, image.bands)))
