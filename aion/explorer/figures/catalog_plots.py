"""Many objects at once: the reference catalog, and the neighbors of one object in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from aion.catalog import Neighbor
from aion.explorer.figures.theme import LIGHT, Theme, as_label, blank, colorbar
from aion.explorer.results import Floats

KINDS = ("galaxy", "quasar", "star")
UNKNOWN = "unknown"
"""Group of objects whose column has no value: faint."""
TABLE_HEIGHT = 520
"""Pixels; the plot stands beside a table."""
MANY = 3_000
"""Points from which they are drawn smaller, and all as circles, which a browser draws in half the time."""
SCALE = "Viridis"
SYMBOLS = {"galaxy": "circle", "quasar": "diamond", "star": "star"}


@dataclass(frozen=True)
class Axis:
    """Values of every object along one axis."""

    title: str
    """With its unit."""
    values: Floats
    """(n,) in the precision that the browser is sent; NaN where unknown."""
    reverse: bool = False
    """Whether it falls to the right or upwards, as magnitudes do."""


@dataclass(frozen=True)
class Coloring:
    """A column that colors the points: numbers on a scale, anything else by group."""

    title: str
    values: Sequence[Any]
    """(n,) numbers, NaN where unknown, or texts."""

    @property
    def is_scale(self) -> bool:
        return np.issubdtype(np.asarray(self.values).dtype, np.number)


def scatter(
    rows: NDArray[np.integer[Any]], x: Axis, y: Axis, color: Coloring, *, theme: Theme = LIGHT
) -> go.Figure:
    """One point per object in WebGL, for a box or a lasso; its ``customdata`` is its (n,) row."""
    figure = blank(theme, height=TABLE_HEIGHT)
    visible = np.isfinite(x.values) & np.isfinite(y.values)
    values, many = np.asarray(color.values), len(rows) > MANY
    for label, members in [("", visible)] if color.is_scale else _groups(values, visible):
        marker: dict[str, Any] = {"size": 5 if many else 6, "opacity": 0.75}
        if color.is_scale:
            has_values = np.isfinite(values[visible]).any()
            low, high = np.nanpercentile(values[visible], [2, 98]) if has_values else (0.0, 1.0)
            scale = {
                "colorscale": SCALE,
                "cmin": float(low),
                "cmax": float(high),
                "colorbar": colorbar(as_label(color.title)),
            }
            marker |= {"color": np.nan_to_num(values[members].astype(np.float32), nan=low), **scale}
        else:
            marker |= {
                "color": _group_color(label, values, theme),
                "symbol": "circle" if many else SYMBOLS.get(label, "circle"),
            }
        figure.add_trace(
            go.Scattergl(
                x=x.values[members],
                y=y.values[members],
                customdata=rows[members].astype(np.int32),
                mode="markers",
                name=f"{as_label(label)} ({members.sum()})",
                marker=marker,
                unselected={"marker": {"opacity": 0.08}},
                hoverinfo="none",  # its card says more
            )
        )
    figure.update_xaxes(title_text=as_label(x.title), autorange="reversed" if x.reverse else True)
    figure.update_yaxes(title_text=as_label(y.title), autorange="reversed" if y.reverse else True)
    return figure.update_layout(clickmode="event+select", dragmode="lasso", showlegend=not color.is_scale)


def _groups(values: NDArray[Any], visible: NDArray[np.bool_]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Known classes first, in their order, then others by name."""
    labels = values.astype(str)
    known = [kind for kind in KINDS if kind in labels]
    return [
        (label, visible & (labels == label))
        for label in [*known, *sorted(set(labels) - set(known))]
        if (visible & (labels == label)).any()
    ]


def _group_color(label: str, values: NDArray[Any], theme: Theme) -> str:
    """Classes have theirs everywhere; other groups take turns."""
    if label in (*KINDS, UNKNOWN):
        return theme.kind(label)
    return theme.groups[sorted(set(values.astype(str))).index(label) % len(theme.groups)]


def neighbors(matches: Sequence[Neighbor], *, z: float | None = None, theme: Theme = LIGHT) -> go.Figure:
    """Similarity of neighbors against their redshift; ``z`` is the redshift of the object itself."""
    figure = blank(theme, height=300)
    for kind in [*KINDS, *sorted({neighbor.kind for neighbor in matches} - set(KINDS))]:
        chosen = [neighbor for neighbor in matches if neighbor.kind == kind and neighbor.z is not None]
        if chosen:
            figure.add_trace(
                go.Scatter(
                    x=[neighbor.z for neighbor in chosen],
                    y=[neighbor.similarity for neighbor in chosen],
                    customdata=[as_label(neighbor.id) for neighbor in chosen],
                    mode="markers",
                    name=as_label(kind),
                    marker={
                        "size": 10,
                        "opacity": 0.85,
                        "color": theme.kind(kind),
                        "symbol": SYMBOLS.get(kind, "circle"),
                    },
                    hovertemplate="%{customdata}<br>%{fullData.name}, z %{x:.4f}<br>"
                    "similarity %{y:.3f}<extra></extra>",
                )
            )
    if z is not None:
        figure.add_vline(
            x=z,
            line={"color": theme.ink, "width": 1.3},
            annotation={"text": "this object", "font": {"color": theme.ink}},
        )
    figure.update_xaxes(title_text="Redshift z of the neighbor")
    figure.update_yaxes(title_text="Similarity (cosine)")
    return figure
