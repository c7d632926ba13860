"""Pure functions: data in, plotly Figure out. One module per kind of picture; colours and fonts come from ``theme``."""

from aion.explorer.figures.compare import Compared, compared_spectra
from aion.explorer.figures.image import image_url, panels
from aion.explorer.figures.population import Axis, Coloring, neighbors, scatter
from aion.explorer.figures.redshift import redshift
from aion.explorer.figures.spark import spark
from aion.explorer.figures.spectrum import spectrum
from aion.explorer.figures.theme import CONFIG, DARK, LIGHT, SELECTING, Figure, Theme, theme_named
from aion.explorer.figures.tokens import image_tokens, spectrum_tokens

__all__ = [
    "Axis",
    "CONFIG",
    "Coloring",
    "Compared",
    "DARK",
    "Figure",
    "LIGHT",
    "SELECTING",
    "Theme",
    "compared_spectra",
    "image_tokens",
    "image_url",
    "neighbors",
    "panels",
    "redshift",
    "scatter",
    "spark",
    "spectrum",
    "spectrum_tokens",
    "theme_named",
]
