"""Tokens as they are: ids of the codebook, laid out as the codec lays them out."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from aion.explorer.figures.theme import LIGHT, Theme, blank, colorbar

SCALE = "Viridis"


def image_tokens(tokens: NDArray[np.integer[Any]], *, theme: Theme = LIGHT) -> go.Figure:
    """(n,) token ids of an image, n a square, on their grid; the first row is the lowest, as in the image.

    Raises:
        ValueError: n is not a square.
    """
    side = round(len(tokens) ** 0.5)
    if side * side != len(tokens):
        raise ValueError(f"{len(tokens)} image tokens do not make a square grid")
    figure = blank(theme, height=340)
    figure.add_trace(_heat(tokens.reshape(side, side), "row %{y}, column %{x}<br>token %{z}<extra></extra>"))
    figure.update_xaxes(title_text="Token column", constrain="domain", showgrid=False)
    figure.update_yaxes(title_text="Token row", scaleanchor="x", constrain="domain", showgrid=False)
    return figure.update_layout(margin={"t": 10})


def spectrum_tokens(tokens: NDArray[np.integer[Any]], *, theme: Theme = LIGHT) -> go.Figure:
    """(n,) token ids of a spectrum in order: the brightness, then the stretches of wavelength."""
    figure = blank(theme, height=130)
    figure.add_trace(_heat(tokens.reshape(1, -1), "position %{x}<br>token %{z}<extra></extra>"))
    figure.update_xaxes(title_text="Token position (0 is the brightness)", showgrid=False)
    figure.update_yaxes(title_text="", showticklabels=False, ticks="", showgrid=False)
    return figure.update_layout(margin={"t": 10})


def _heat(z: NDArray[np.integer[Any]], hover: str) -> go.Heatmap:
    return go.Heatmap(z=z, colorscale=SCALE, colorbar=colorbar("Token id"), hovertemplate=hover)
