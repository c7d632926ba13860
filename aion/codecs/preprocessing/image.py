"""Steps between a survey's image and the network: crop, fill gaps, clamp, common zero-point.
Shapes: (B, bands, height, width).

Every step returns a new tensor and leaves its input alone.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from aion.codecs.preprocessing.band_to_index import BAND_CENTER_MAX
from aion.constants import HSC_ZERO_POINT, NANOMAGGY_ZERO_POINT
from aion.errors import ModalityError

ZEROPOINTS = {"HSC": HSC_ZERO_POINT, "DES": NANOMAGGY_ZERO_POINT}
"""AB magnitude of one unit of flux; 22.5 is the nanomaggy."""


class CenterCrop:
    """The central `crop_size` x `crop_size` pixels."""

    def __init__(self, crop_size: int = 96) -> None:
        self.crop_size = crop_size

    def __call__(self, image: Tensor) -> Tensor:
        """A view of (..., height, width). Raises ModalityError: the image is smaller than the crop."""
        height, width = image.shape[-2:]
        if min(height, width) < self.crop_size:
            raise ModalityError(
                f"image is {height}x{width} pixels; "
                f"the image codec needs at least {self.crop_size}x{self.crop_size}"
            )
        top, left = (height - self.crop_size) // 2, (width - self.crop_size) // 2
        return image[..., top : top + self.crop_size, left : left + self.crop_size]


class Clamp:
    """Limits each band to the range that the codec was trained on."""

    def __call__(self, image: Tensor, bands: Sequence[str]) -> Tensor:
        limit = self.limits(bands, image)
        return image.clamp(-limit, limit)

    def limits(self, bands: Sequence[str], like: Tensor) -> Tensor:
        """(bands, 1, 1) largest flux per pixel."""
        return like.new_tensor([BAND_CENTER_MAX[band] for band in bands])[:, None, None]


class RescaleToLegacySurvey:
    """The unit of a survey <-> nanomaggies."""

    def convert_zeropoint(self, zp: float) -> float:
        """Units of flux at zero-point `zp` in one nanomaggy."""
        return float(10.0 ** ((zp - NANOMAGGY_ZERO_POINT) / 2.5))

    def reverse_zeropoint(self, scale: float) -> float:
        """Zero-point at which one nanomaggy is `scale` units."""
        return NANOMAGGY_ZERO_POINT + 2.5 * math.log10(scale)

    def forward(self, image: Tensor, survey: str | Sequence[str]) -> Tensor:
        """To nanomaggies. `survey`: ``"HSC"`` or ``"DES"`` for all channels, or the band of each channel."""
        return image / self._scale(image, survey)

    def backward(self, image: Tensor, survey: str | Sequence[str]) -> Tensor:
        """From nanomaggies to the survey's unit."""
        return image * self._scale(image, survey)

    def _scale(self, image: Tensor, survey: str | Sequence[str]) -> Tensor:
        names = [survey] if isinstance(survey, str) else [band.split("-")[0] for band in survey]
        return image.new_tensor([self.convert_zeropoint(ZEROPOINTS[name]) for name in names])[:, None, None]


def fill_gaps(image: Tensor) -> Tensor:
    """Non-finite pixels take the median of the finite ones among their 5 x 5 neighbours,
    or of the band where there are none."""
    gaps = ~image.isfinite()
    if not gaps.any():
        return image
    known = image.masked_fill(gaps, torch.nan)
    band_median = known.flatten(2).nanmedian(-1).values[..., None, None]
    padded = F.pad(known, (2, 2, 2, 2), value=torch.nan)
    neighbours = padded.unfold(2, 5, 1).unfold(3, 5, 1)  # (B, bands, height, width, 5, 5), a view
    filling = neighbours[gaps].flatten(1).nanmedian(-1).values
    filled = image.clone()
    filled[gaps] = torch.where(filling.isfinite(), filling, band_median.expand_as(image)[gaps])
    return filled
