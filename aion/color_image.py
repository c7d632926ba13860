"""Color and brightness of images: arrays (bands, height, width) in any one unit -> 8-bit pixels.
Knows nothing of files and figures.

Color images follow Lupton et al. (2004): the intensity is stretched with asinh,
the color of every pixel is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]

WEIGHTS = {"g": 6.0, "r": 3.4, "i": 2.8, "z": 2.2, "y": 2.0}
"""Relative brightness of a band in a color image; g, r and z as in the Legacy Surveys sky viewer."""
RED_TO_BLUE = "yzirg"
SOFTENING = 8.0
"""Q of Lupton et al.: how early the asinh leaves the linear regime."""
SKY_PERCENTILE, BRIGHT_PERCENTILE = 30.0, 99.6


@dataclass(frozen=True)
class Stretch:
    """What turns intensity into brightness; made from one image, used for all that are compared with it."""

    black: float
    white: float
    """Weighted intensities, in the unit of the image."""
    softening: float = SOFTENING
    """Q of Lupton et al."""

    def __call__(self, intensity: Floats) -> Floats:
        """0 to 1 between black and white, asinh in between."""
        share = (intensity - self.black) / (self.white - self.black)
        stretched: Floats = np.arcsinh(self.softening * np.clip(share, 0, None)) / np.arcsinh(self.softening)
        return stretched

    def adjusted(self, brightness: float, softening: float) -> "Stretch":
        """White is reached at 1/``brightness`` of the intensity above black; ``softening`` is Q."""
        return Stretch(self.black, self.black + (self.white - self.black) / brightness, softening)


def letter(band: str) -> str:
    """``"DES-G"`` -> ``"g"``."""
    return band.rsplit("-", 1)[-1].lower()


def channels(bands: Sequence[str]) -> tuple[int, int, int]:
    """Which bands are red, green and blue: reddest, middle and bluest; one band stands for all three."""
    order = sorted(range(len(bands)), key=lambda index: RED_TO_BLUE.find(letter(bands[index])))
    if {"g", "r", "z"} <= {letter(band) for band in bands}:
        by_letter = {letter(band): index for index, band in enumerate(bands)}
        return by_letter["z"], by_letter["r"], by_letter["g"]
    return order[0], order[(len(order) - 1) // 2], order[-1]


def color_stretch(flux: Floats, bands: Sequence[str]) -> Stretch:
    """The stretch that suits an image (bands, height, width)."""
    return _between_percentiles(_weighted(flux, bands).mean(axis=0))


def band_stretch(plane: Floats) -> Stretch:
    """The stretch that suits one band (height, width)."""
    return _between_percentiles(plane)


def color(flux: Floats, bands: Sequence[str], stretch: Stretch) -> Pixels:
    """(height, width, 3), 8 bits, of an image (bands, height, width)."""
    planes = np.clip(_weighted(flux, bands) - stretch.black, 0, None)
    intensity = planes.mean(axis=0)
    brightness = stretch(intensity + stretch.black)
    rgb = planes * np.divide(brightness, intensity, out=np.zeros_like(intensity), where=intensity > 0)
    rgb = rgb / np.maximum(rgb.max(axis=0), 1.0)  # a saturated pixel keeps its color
    pixels: Pixels = (np.moveaxis(rgb, 0, -1) * 255 + 0.5).astype(np.uint8)
    return pixels


def _weighted(flux: Floats, bands: Sequence[str]) -> Floats:
    """(3, height, width): the red, green and blue planes, each times its weight; NaN becomes 0."""
    chosen = channels(bands)
    weights = np.array([WEIGHTS.get(letter(bands[index]), 3.0) for index in chosen])
    weighted: Floats = np.nan_to_num(flux[list(chosen)].astype(float)) * weights[:, None, None]
    return weighted


def _between_percentiles(values: Floats) -> Stretch:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Stretch(0.0, 1.0)
    black, white = np.percentile(finite, [SKY_PERCENTILE, BRIGHT_PERCENTILE])
    return Stretch(float(black), float(max(white, black + 1e-6)))
