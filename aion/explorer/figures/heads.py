"""What heads learn from labels: predictions against labels, a confusion matrix, learning curves. n labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from aion.explorer.figures.theme import LIGHT, Figure, Theme, as_label, blank
from aion.explorer.results import Floats
from aion.heads.report import CurvePoint

HEAD_HEIGHT = 400


def label_pairs(labels: Floats, predicted: Floats, title: str, *, theme: Theme = LIGHT) -> Figure:
    """Predictions of held-out objects against their labels; ``title`` has the unit. A point has its row."""
    drawing = blank(theme, height=HEAD_HEIGHT)
    ends = [float(min(labels.min(), predicted.min())), float(max(labels.max(), predicted.max()))]
    drawing.add_trace(
        go.Scatter(
            x=ends,
            y=ends,
            mode="lines",
            line={"color": theme.reference, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    drawing.add_trace(
        go.Scattergl(
            x=labels,
            y=predicted,
            customdata=np.arange(len(labels)),
            mode="markers",
            marker={"color": theme.accent, "size": 4, "opacity": 0.5},
            hovertemplate="label %{x:.5g}, predicted %{y:.5g}<extra></extra>",
        )
    )
    return drawing.update_layout(
        xaxis={"title": f"{as_label(title)}, label"},
        yaxis={"title": f"{as_label(title)}, predicted"},
        showlegend=False,
    )


def confusion_matrix(counts: NDArray[np.int64], classes: Sequence[str], *, theme: Theme = LIGHT) -> Figure:
    """Of each class of labels (row), which share is predicted as what; with counts where there is room."""
    shares = counts / counts.sum(1, keepdims=True).clip(min=1)
    names = [as_label(name) for name in classes]
    has_room = len(names) <= 8
    drawing = blank(theme, height=max(HEAD_HEIGHT, 18 * len(names) + 120))
    drawing.add_trace(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            zmin=0,
            zmax=1,
            colorscale=[[0, theme.paper], [1, theme.accent]],
            customdata=counts,
            text=[
                [f"{share:.0%}<br>{count:,}" for share, count in zip(*row, strict=True)]
                for row in zip(shares, counts, strict=True)
            ]
            if has_room
            else None,
            texttemplate="%{text}" if has_room else None,
            hovertemplate="%{y} predicted as %{x}: %{z:.1%}, %{customdata} objects<extra></extra>",
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    return drawing.update_layout(
        xaxis={"title": "Predicted class", "type": "category"},
        yaxis={"title": "Class of the label", "type": "category", "autorange": "reversed"},
    )


def learning_curve(points: Sequence[CurvePoint], score: str, *, theme: Theme = LIGHT) -> Figure:
    """The score of held-out objects against how many labels were learned from: a line for each kind of data,
    a mark where a method was measured once."""
    drawing = blank(theme, height=HEAD_HEIGHT)
    colors = dict(zip(dict.fromkeys(one.data for one in points), theme.groups, strict=False))
    for data, method in dict.fromkeys((one.data, one.method) for one in points):
        own = [one for one in points if (one.data, one.method) == (data, method)]
        error: dict[str, Any] = {
            "type": "data",
            "array": [one.scatter for one in own],
            "thickness": 1,
            "width": 3,
        }
        drawing.add_trace(
            go.Scatter(
                x=[one.n for one in own],
                y=[one.mean for one in own],
                error_y=error,
                mode="lines+markers" if len(own) > 1 else "markers",
                name=f"{data}, {method}",
                line={"color": colors[data], "width": 2},
                marker={
                    "size": 6 if len(own) > 1 else 9,
                    "symbol": "circle" if len(own) > 1 else "diamond-open",
                },
                hovertemplate="%{x:,} labels: %{y:.3f}<extra></extra>",
            )
        )
    best = max(one.mean for one in points)
    lowest = min(0.0, max(-0.5, min(one.mean for one in points))) if score == "R²" else 0.0
    return drawing.update_layout(
        xaxis={"title": "Labels to learn from", "type": "log", "dtick": 1, "tickformat": ",d"},
        yaxis={
            "title": f"{score[:1].upper()}{score[1:]} of held-out objects",
            "range": [lowest - 0.02, max(best, 0.1) * 1.08],
        },
    )
