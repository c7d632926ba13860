"""Too many objects to draw each: how many lie where, as a picture, and which are drawn as points over it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from aion.explorer.figures.theme import LIGHT, Theme
from aion.explorer.results import Floats

DRAWN = 20_000
"""Points of a plot up to which all are drawn."""
SAMPLE = 4_000
"""Points that are drawn over a density, drawn at random with seed 0."""
BINS = (240, 200)
"""Across and up."""


@dataclass(frozen=True)
class PlotWindow:
    """The part of a plot that is looked at, in the units of its axes."""

    x: tuple[float, float]
    y: tuple[float, float]

    def keep(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """(n,) which of n points lie in it."""
        (left, right), (bottom, top) = sorted(self.x), sorted(self.y)
        keep: NDArray[np.bool_] = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        return keep


@dataclass(frozen=True)
class PointChoice:
    """What is drawn of n objects in a window."""

    shown: NDArray[np.int64]
    """(m,) which of them as points."""
    inside: NDArray[np.int64]
    """(k,) which of them lie in the window."""

    @property
    def is_crowded(self) -> bool:
        """Whether not all of them are points, so that their density is drawn too."""
        return len(self.shown) < len(self.inside)


def choose_points(x: Floats, y: Floats, window: PlotWindow | None) -> PointChoice:
    """Of n objects with a value on both axes: all in the window, or a sample of these."""
    keep = np.isfinite(x) & np.isfinite(y) if window is None else window.keep(x, y)
    inside = np.flatnonzero(keep)
    if len(inside) <= DRAWN:
        return PointChoice(inside, inside)
    return PointChoice(np.sort(np.random.default_rng(0).choice(inside, SAMPLE, replace=False)), inside)


def draw_density(figure: go.Figure, x: Floats, y: Floats, *, theme: Theme = LIGHT) -> go.Figure:
    """Below the points of a figure, how many of n objects lie in each bin, on a logarithmic scale."""
    (columns, first_x, dx), (rows, first_y, dy) = (
        _bins(values, bins) for values, bins in zip((x, y), BINS, strict=True)
    )
    # bins are equally wide, for which numpy's histogram2d searches all the same, ten times as long
    counts = np.bincount(columns * BINS[1] + rows, minlength=BINS[0] * BINS[1]).reshape(BINS)
    with np.errstate(divide="ignore"):
        shade = np.where(counts > 0, np.log10(counts), np.nan).T.astype(np.float32)
    picture: dict[str, Any] = {"colorscale": [[0, theme.grid], [1, theme.ink]], "showscale": False}
    figure.add_trace(
        go.Heatmap(
            z=shade,
            x0=first_x,
            dx=dx,
            y0=first_y,
            dy=dy,
            hoverinfo="skip",
            opacity=0.7,
            **picture,
        )
    )
    figure.data = (figure.data[-1], *figure.data[:-1])
    return figure


def _bins(values: Floats, count: int) -> tuple[NDArray[np.int64], float, float]:
    """The bin of each value, the middle of the first bin, and their width."""
    low, high = float(values.min()), float(values.max())
    width = (high - low) / count or 1.0
    return np.minimum(((values - low) / width).astype(np.int64), count - 1), low + width / 2, width
