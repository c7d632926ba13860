"""Many objects at once: the reference catalog, and the neighbours of one object in it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from aion.explorer.figures.theme import LIGHT, Theme, blank
from aion.explorer.results import Neighbor

KINDS = ("galaxy", "quasar", "star")
TABLE_HEIGHT = 520
"""Pixels; the plot stands beside a table."""
SYMBOLS = {"galaxy": "circle", "quasar": "diamond", "star": "star"}


def redshift_magnitude(
    ids: Sequence[str], kinds: Sequence[str], z: NDArray[np.floating[Any]], magnitude: NDArray[np.floating[Any]], *, theme: Theme = LIGHT
) -> go.Figure:
    """Redshift against r magnitude (AB), coloured by class; ``customdata`` of a point is its id."""
    figure = blank(theme, height=TABLE_HEIGHT)
    labels, names = np.asarray(kinds, dtype=object), np.asarray(ids, dtype=object)
    shown = np.isfinite(z) & np.isfinite(magnitude)
    for kind in [*KINDS, *sorted({str(label) for label in labels} - set(KINDS))]:
        chosen = shown & (labels == kind)
        if chosen.any():
            figure.add_trace(
                go.Scattergl(
                    x=z[chosen],
                    y=magnitude[chosen],
                    customdata=names[chosen],
                    mode="markers",
                    name=f"{kind} ({int(chosen.sum())})",
                    marker={"size": 6, "opacity": 0.75, "color": theme.kind(kind), "symbol": SYMBOLS.get(kind, "circle")},
                    hovertemplate=f"%{{customdata}}<br>{kind}, z %{{x:.4f}}, r %{{y:.2f}}<extra></extra>",
                )
            )
    figure.update_xaxes(title_text="Redshift z")
    figure.update_yaxes(title_text="r magnitude (AB)", autorange="reversed")
    return figure.update_layout(clickmode="event+select", uirevision="catalog")


def neighbors(found: Sequence[Neighbor], *, z: float | None = None, theme: Theme = LIGHT) -> go.Figure:
    """Similarity of neighbours against their redshift; ``z`` is the redshift of the object they are neighbours of."""
    figure = blank(theme, height=300)
    for kind in [*KINDS, *sorted({neighbor.kind for neighbor in found} - set(KINDS))]:
        chosen = [neighbor for neighbor in found if neighbor.kind == kind and neighbor.z is not None]
        if chosen:
            figure.add_trace(
                go.Scatter(
                    x=[neighbor.z for neighbor in chosen],
                    y=[neighbor.similarity for neighbor in chosen],
                    customdata=[neighbor.id for neighbor in chosen],
                    mode="markers",
                    name=kind,
                    marker={"size": 10, "opacity": 0.85, "color": theme.kind(kind), "symbol": SYMBOLS.get(kind, "circle")},
                    hovertemplate=f"%{{customdata}}<br>{kind}, z %{{x:.4f}}<br>similarity %{{y:.3f}}<extra></extra>",
                )
            )
    if z is not None:
        figure.add_vline(x=z, line={"color": theme.ink, "width": 1.3}, annotation={"text": "this object", "font": {"color": theme.ink}})
    figure.update_xaxes(title_text="Redshift z of the neighbor")
    figure.update_yaxes(title_text="Similarity (cosine)")
    return figure
