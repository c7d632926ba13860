"""Pure functions: data in, plotly Figure out. One module per kind of picture; colours and fonts come from ``theme``."""

from aion.explorer.figures.image import panels
from aion.explorer.figures.population import neighbors, redshift_magnitude
from aion.explorer.figures.redshift import redshift
from aion.explorer.figures.spectrum import spectrum
from aion.explorer.figures.theme import CONFIG, DARK, LIGHT, Figure, Theme, theme_named
from aion.explorer.figures.tokens import image_tokens, spectrum_tokens

__all__ = [
    "CONFIG",
    "DARK",
    "Figure",
    "LIGHT",
    "Theme",
    "image_tokens",
    "neighbors",
    "panels",
    "redshift",
    "redshift_magnitude",
    "spectrum",
    "spectrum_tokens",
    "theme_named",
]
