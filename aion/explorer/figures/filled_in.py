"""Tokens that were filled in: what an image or a spectrum decodes to before and after, and the difference.
Every figure carries the mark of generated data; fluxes as in the results."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aion.explorer.figures.generated import stamp
from aion.explorer.figures.image import UNIT, ImageView, color_picture, pixel_trace, square_axes
from aion.explorer.figures.sampling import decimate, flux_range
from aion.explorer.figures.spectral_axes import FLUX_TITLE, WAVELENGTH_TITLE
from aion.explorer.figures.theme import LIGHT, Theme, colorbar, template
from aion.explorer.results import ImageResult, SpectrumResult
from aion.explorer.results.generated import FilledIn
from aion.explorer.results.occlusion import TokenGroup

BEFORE, AFTER, DIFFERENCE = "Before", "After", "Difference"


def filled_in(filled: FilledIn, *, theme: Theme = LIGHT, narrow: bool = False) -> go.Figure:
    """Before, after and the difference, with the mark; ``narrow``: on a phone."""
    before = filled.before
    if isinstance(before, SpectrumResult):
        figure = _spectrum(filled, before, theme)
    else:
        figure = _image(filled, before, theme, stacked=narrow)
    return stamp(figure, filled.generated, theme)


def _spectrum(filled: FilledIn, before: SpectrumResult, theme: Theme) -> go.Figure:
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.65, 0.35], vertical_spacing=0.04)
    x, after = before.wavelength, filled.after
    lines = {BEFORE: (before.decoded, theme.decoded), AFTER: (after, theme.accent)}
    if before.flux is not None:
        lines = {"Observed": (np.where(before.bad, np.nan, before.flux), theme.error), **lines}
    for name, (flux, color) in lines.items():
        kept = decimate(flux)
        trace = go.Scatter(
            x=x[kept], y=flux[kept], mode="lines", name=name, line={"color": color, "width": 1.4}
        )
        figure.add_trace(trace, row=1, col=1)
    difference = after - before.decoded
    kept = decimate(difference)
    line = {"color": theme.ink, "width": 1}
    trace = go.Scatter(
        x=x[kept], y=difference[kept], mode="lines", line=line, name=DIFFERENCE, showlegend=False
    )
    figure.add_trace(trace, row=2, col=1)
    for low, high in _stretches(filled.hidden):
        figure.add_vrect(x0=low, x1=high, fillcolor=theme.shade, line_width=0, layer="below", name="hidden")
    low, high = flux_range(before.decoded if before.flux is None else before.flux, after, before.bad)
    figure.update_yaxes(title_text=FLUX_TITLE, range=[low, high], row=1, col=1)
    figure.update_yaxes(title_text=DIFFERENCE, row=2, col=1)
    figure.update_xaxes(range=[float(x[0]), float(x[-1])], showgrid=False)
    figure.update_xaxes(title_text=WAVELENGTH_TITLE, tickformat="d", row=2, col=1)
    return figure.update_layout(template=template(theme), height=480, margin={"l": 8, "r": 8, "b": 8})


def _stretches(hidden: tuple[TokenGroup, ...]) -> list[tuple[float, float]]:
    """Å, those that touch as one."""
    ends = [place.stretch for place in hidden if place.stretch is not None]
    starts = [0, *(i + 1 for i, (one, other) in enumerate(pairwise(ends)) if other[0] > one[1] + 0.1)]
    return [(ends[i][0], ends[j - 1][1]) for i, j in pairwise([*starts, len(ends)])] if ends else []


def _image(filled: FilledIn, before: ImageResult, theme: Theme, *, stacked: bool) -> go.Figure:
    rows, columns = (3, 1) if stacked else (1, 3)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[BEFORE, AFTER, DIFFERENCE],
        horizontal_spacing=0.035,
        vertical_spacing=0.05,
    )
    places = [{"row": i, "col": 1} if stacked else {"row": 1, "col": i} for i in (1, 2, 3)]
    for place, flux in zip(places, (before.decoded, filled.after), strict=False):
        picture = color_picture(flux, before, ImageView())
        figure.add_trace(pixel_trace(picture, before.pixel_scale), **place)
    change = (filled.after - before.decoded).mean(axis=0)
    step, half = before.pixel_scale or 1.0, (len(change) - 1) / 2
    corner = {"x0": -half * step, "y0": -half * step, "dx": step, "dy": step}
    most = float(np.abs(change).max()) or 1.0
    bar = colorbar(UNIT) | ({"y": 0, "yanchor": "bottom", "len": 0.3} if stacked else {})
    colors = {"colorscale": theme.diverging, "zmin": -most, "zmax": most, "colorbar": bar}
    figure.add_trace(go.Heatmap(z=change.astype(np.float32), **corner, **colors), **places[2])
    outline = _outline(filled.hidden, before.decoded.shape[-1], step)
    for place in places[:2]:
        figure.add_trace(outline, **place)
    square_axes(figure, before.decoded.shape, before.pixel_scale, places)
    height = 330 * rows + 90 if stacked else 450
    figure.update_layout(template=template(theme), height=height, margin={"l": 8, "r": 8, "b": 8})
    return figure.update_annotations({"font": {"color": theme.ink, "size": 13}}, selector={"yref": "paper"})


def _outline(hidden: tuple[TokenGroup, ...], size: int, step: float) -> go.Scatter:
    """A line around what was hidden: each side of a token beyond which there is none."""
    patches = {place.patch for place in hidden if place.patch is not None}
    x: list[float | None] = []
    y: list[float | None] = []
    for row, column, side in patches:
        corners = [(row, column), (row, column + side), (row + side, column + side), (row + side, column)]
        beyond = [(row - side, column), (row, column + side), (row + side, column), (row, column - side)]
        for (one, other), (r, c) in zip(pairwise([*corners, corners[0]]), beyond, strict=True):
            if (r, c, side) not in patches:
                x += [(one[1] - size / 2) * step, (other[1] - size / 2) * step, None]
                y += [(one[0] - size / 2) * step, (other[0] - size / 2) * step, None]
    line = {"color": "white", "width": 1.2}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name="hidden")
