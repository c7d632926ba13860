"""Pure functions: data in, plotly Figure out. A module per kind of picture; colors and fonts in ``theme``."""

from aion.explorer.figures.analysis_figures import ComparedImage, Shown, ShownImage, on_page
from aion.explorer.figures.arms import spectrum_arms
from aion.explorer.figures.batch_plots import HEIGHT, count_bars, histogram
from aion.explorer.figures.calibration import coverage_curve, pit_histogram, redshift_pairs
from aion.explorer.figures.catalog_plots import UNKNOWN, Axis, Coloring, neighbors, scatter
from aion.explorer.figures.comparison import compared_densities, compared_images, compared_spectra
from aion.explorer.figures.density import PlotWindow, PointChoice, choose_points, draw_density
from aion.explorer.figures.filled_in import filled_in
from aion.explorer.figures.generated import generated_figures
from aion.explorer.figures.heads import confusion_matrix, label_pairs, learning_curve
from aion.explorer.figures.image import ImageView, blink, cutout_url, image_url, panels, picture_urls, whole
from aion.explorer.figures.overlay import Marks
from aion.explorer.figures.reasons import image_reasons, spectrum_reasons
from aion.explorer.figures.redshift import Extent, alone, redshift, redshift_mark
from aion.explorer.figures.sky import sky
from aion.explorer.figures.sparkline import spark, spark_redshift
from aion.explorer.figures.spectra_overlay import OverlaySpectrum, overlay_spectra
from aion.explorer.figures.spectral_axes import FluxScale
from aion.explorer.figures.spectrum import View, line_marks, spectrum
from aion.explorer.figures.theme import DARK, LIGHT, Figure, Theme, html, theme_by_name
from aion.explorer.figures.tokens import image_tokens, spectrum_tokens

__all__ = [
    "DARK",
    "HEIGHT",
    "LIGHT",
    "UNKNOWN",
    "Axis",
    "Coloring",
    "ComparedImage",
    "Extent",
    "Figure",
    "FluxScale",
    "ImageView",
    "Marks",
    "OverlaySpectrum",
    "PointChoice",
    "Shown",
    "ShownImage",
    "Theme",
    "View",
    "PlotWindow",
    "alone",
    "blink",
    "choose_points",
    "compared_densities",
    "compared_images",
    "compared_spectra",
    "confusion_matrix",
    "count_bars",
    "coverage_curve",
    "cutout_url",
    "draw_density",
    "filled_in",
    "generated_figures",
    "histogram",
    "html",
    "image_reasons",
    "image_tokens",
    "image_url",
    "label_pairs",
    "learning_curve",
    "line_marks",
    "neighbors",
    "on_page",
    "overlay_spectra",
    "panels",
    "picture_urls",
    "pit_histogram",
    "redshift",
    "redshift_mark",
    "redshift_pairs",
    "scatter",
    "sky",
    "spark",
    "spark_redshift",
    "spectrum",
    "spectrum_arms",
    "spectrum_reasons",
    "spectrum_tokens",
    "theme_by_name",
    "whole",
]
