"""Pure functions: data in, plotly Figure out. One module per kind of picture; colours and fonts come from ``theme``."""

from aion.explorer.figures.image import ImageView, blink, panels, whole
from aion.explorer.figures.population import neighbors, redshift_magnitude
from aion.explorer.figures.redshift import alone, redshift
from aion.explorer.figures.spectrum import View, spectrum
from aion.explorer.figures.theme import CONFIG, DARK, LIGHT, Figure, Theme, config, html, theme_named
from aion.explorer.figures.tokens import image_tokens, spectrum_tokens

__all__ = [
    "CONFIG",
    "DARK",
    "Figure",
    "ImageView",
    "LIGHT",
    "Theme",
    "View",
    "alone",
    "blink",
    "config",
    "html",
    "image_tokens",
    "neighbors",
    "panels",
    "redshift",
    "redshift_magnitude",
    "spectrum",
    "spectrum_tokens",
    "theme_named",
    "whole",
]
