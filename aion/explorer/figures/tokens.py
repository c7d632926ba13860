"""Tokens over the data: what is known of each one, as bars below a spectrum and as a map beside an image.
A box or a lasso selects tokens, whose positions are the ``customdata`` of the points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aion.explorer.figures.reasons import image_reasons, spectrum_reasons
from aion.explorer.figures.theme import LIGHT, Theme
from aion.explorer.results import Floats, ImageResult, SpectrumResult
from aion.explorer.results.occlusion import TokenGroup

MARKER = 13
"""Pixels of a token that is selected on an image: a little less than it has on a wide page."""


def spectrum_tokens(
    spectrum: SpectrumResult,
    places: Sequence[TokenGroup],
    values: Floats,
    *,
    measure: str,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The spectrum, and below it a bar for each token; a dragged range selects tokens in both.

    Args:
        places: one token each; that of the brightness is left to words.
        values: (n,) one of each.
        measure: what they are, with the unit.
    """
    figure = spectrum_reasons(spectrum, places, values, measure=measure, theme=theme)
    placed = [(place.stretch, int(place.positions[0])) for place in places if place.stretch]
    middles = np.array([np.mean(stretch) for stretch, _ in placed])
    hover = [f"{low:.0f} to {high:.0f} Å" for (low, high), _ in placed]
    positions = [position for _, position in placed]
    figure.update_traces(
        selector={"type": "bar"},
        customdata=positions,
        text=hover,
        textposition="none",
        hovertemplate="%{text}<br>" + measure + " %{y:.4~g}<extra></extra>",
        marker={"color": theme.accent},
        **_selection(theme.decoded, 1.0, 0.6),
    )
    points = {"x": middles, "y": np.interp(middles, spectrum.wavelength, _level(spectrum)), "text": hover}
    figure.add_trace(_points(points, positions, theme, size=6), row=1, col=1)
    return figure.update_layout(dragmode="select", selectdirection="h", margin_t=12)


def image_tokens(
    image: ImageResult,
    places: Sequence[TokenGroup],
    values: Floats,
    *,
    measure: str,
    stacked: bool = False,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The image, and beside or below it the map of its tokens; a lasso or a box on either selects tokens."""
    figure = image_reasons(image, places, values, measure=measure, stacked=stacked, theme=theme)
    ends = (float(np.nanmin(values)), float(np.nanmax(values)))
    scale = [[0.0, theme.middle], [1.0, theme.accent]]
    figure.update_traces(selector={"type": "heatmap"}, colorscale=scale, zmin=ends[0], zmax=ends[1])
    figure.update_traces(selector={"type": "image"}, customdata=None, hovertemplate=None, hoverinfo="skip")
    patches = [place.patch for place in places if place.patch]
    step, half = image.pixel_scale or 1.0, image.decoded.shape[-1] / 2
    centers = [((c + size / 2 - half) * step, (r + size / 2 - half) * step) for r, c, size in patches]
    points = {
        "x": [x for x, _ in centers],
        "y": [y for _, y in centers],
        "text": [
            f"rows {r} to {r + size - 1}, columns {c} to {c + size - 1}<br>{measure} {value:.4g}"
            for (r, c, size), value in zip(patches, values, strict=True)
        ],
    }
    positions = [int(place.positions[0]) for place in places]
    for i in (1, 2):
        place = {"row": i, "col": 1} if stacked else {"row": 1, "col": i}
        figure.add_trace(_points(points, positions, theme, size=MARKER), **place)
    return figure.update_layout(dragmode="lasso")


def _points(points: dict[str, Any], positions: list[int], theme: Theme, *, size: int) -> go.Scatter:
    """Seen only where they are selected."""
    return go.Scatter(
        mode="markers",
        customdata=positions,
        marker={"symbol": "square", "size": size, "color": theme.decoded, "opacity": 0},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        **points,
        **_selection(theme.decoded, 0.75, 0.0),
    )


def _selection(color: str, selected: float, others: float) -> dict[str, Any]:
    """Color of what is selected, and opacity of that and of all else."""
    return {
        "selected": {"marker": {"color": color, "opacity": selected}},
        "unselected": {"marker": {"opacity": others}},
    }


def _level(spectrum: SpectrumResult) -> Floats:
    """(n,) flux, 0 where there is none."""
    return np.nan_to_num(spectrum.decoded if spectrum.flux is None else spectrum.flux)
