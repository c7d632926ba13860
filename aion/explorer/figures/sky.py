"""Objects where they are on the sky: right ascension to the left, and a degree as long upwards as across."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from aion.explorer.figures.catalog_plots import Axis, Coloring, scatter
from aion.explorer.figures.theme import LIGHT, Theme
from aion.explorer.results import Floats

Position = tuple[float, float]
"""RA and Dec, degrees, ICRS."""
STEEPEST = 1e-3
"""Least cosine of a declination that the axes are scaled with: nearer to a pole than 0.06 degrees a degree of
right ascension is drawn too long."""


def sky(
    rows: NDArray[np.integer[Any]],
    ra: Floats,
    dec: Floats,
    color: Coloring,
    *,
    target: Position | None = None,
    neighbors: Sequence[Position] = (),
    theme: Theme = LIGHT,
) -> go.Figure:
    """One point per object with a position; a cross on the target, a ring around each of its neighbors.

    Args:
        rows: (n,) what a point is known by, its ``customdata``.
        ra: (n,) degrees, NaN where unknown; a field across RA 0 is drawn in one piece.
        dec: (n,) degrees.
    """
    marked = [*neighbors, *([target] if target else [])]
    end = _end(np.array([*ra, *(place[0] for place in marked)]))
    title = "RA (deg, ICRS)" if end >= 360 else "RA (deg, ICRS; below 0: add 360)"
    across = Axis(title, _up_to(end, ra), reverse=True)
    figure = scatter(rows, across, Axis("Dec (deg, ICRS)", dec), color, theme=theme)
    known = [*dec[np.isfinite(ra) & np.isfinite(dec)], *(place[1] for place in marked)]
    middle = (min(known) + max(known)) / 2 if known else 0.0
    stretch = 1 / max(float(np.cos(np.radians(middle))), STEEPEST)
    figure.update_xaxes(constrain="domain")
    figure.update_yaxes(constrain="domain", scaleanchor="x", scaleratio=stretch)
    for place in neighbors:
        figure.add_shape(**_mark("circle", place, end, 8, theme.ink))
    if target is not None:
        for shape in ("M -12 0 L -4 0 M 4 0 L 12 0", "M 0 -12 L 0 -4 M 0 4 L 0 12"):
            figure.add_shape(**_mark("path", target, end, 12, theme.reference), path=shape)
        x, y = float(_up_to(end, np.array(target[0]))), target[1]
        font = {"color": theme.reference}
        figure.add_annotation(x=x, y=y, yshift=20, text="this object", font=font, bgcolor=theme.paper)
    return figure


def _mark(kind: str, place: Position, end: float, size: int, color: str) -> dict[str, Any]:
    """A shape of so many pixels to each side of a position, however near one looks."""
    anchor = {"xanchor": float(_up_to(end, np.array(place[0]))), "yanchor": place[1]}
    corners = {"x0": -size, "x1": size, "y0": -size, "y1": size} if kind != "path" else {}
    line = {"color": color, "width": 2 if kind == "path" else 1.3}
    return {"type": kind, "xsizemode": "pixel", "ysizemode": "pixel", "line": line, **anchor, **corners}


def _end(ra: Floats) -> float:
    """Where the axis of right ascension ends: at 360, or in the middle of what is empty where that is more
    than half of the circle."""
    places = np.unique(ra[np.isfinite(ra)])
    gaps = np.diff(places)
    if not len(gaps) or gaps.max() <= 180:
        return 360.0
    widest = int(gaps.argmax())
    return float(places[widest] + gaps[widest] / 2)


def _up_to(end: float, ra: Floats) -> Floats:
    """The same right ascensions, those beyond the end of the axis less 360."""
    return np.where(ra > end, ra - 360, ra)
