"""p(z) against true redshifts: the histogram of PIT, z against z, and what regions cover. N objects."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aion.explorer.figures.theme import LIGHT, Figure, Theme, blank
from aion.redshift_scores import FINE_LEVELS, Point, Redshifts, covered_shares

PIT_BINS = 20
HEIGHT = 340


def pit_histogram(found: Redshifts, *, theme: Theme = LIGHT) -> Figure:
    """Probability below the truth; flat when p(z) is calibrated, with the scatter of a flat one."""
    n = len(found.below)
    counts, ends = np.histogram(found.below, np.linspace(0, 1, PIT_BINS + 1))
    expected = n / PIT_BINS
    scatter = float(np.sqrt(expected * (1 - 1 / PIT_BINS)))
    drawing = blank(theme, height=HEIGHT)
    drawing.add_hrect(expected - scatter, expected + scatter, fillcolor=theme.shade, line_width=0)
    drawing.add_trace(
        go.Bar(
            x=(ends[1:] + ends[:-1]) / 2,
            y=counts,
            width=1 / PIT_BINS,
            marker={"color": theme.accent, "line": {"width": 0}},
            hovertemplate="%{y} objects<extra></extra>",
        )
    )
    drawing.add_hline(expected, line={"color": theme.reference, "width": 1.5, "dash": "dash"})
    return drawing.update_layout(
        xaxis={"title": "Probability below the true redshift (PIT)", "range": [0, 1]},
        yaxis={"title": "Objects", "rangemode": "tozero"},
        showlegend=False,
    )


def coverage_curve(curves: Mapping[str, Redshifts], *, theme: Theme = LIGHT) -> Figure:
    """Share of truths in the highest-density region of each level, for each of some sets of objects."""
    drawing = blank(theme, height=HEIGHT)
    levels = [0.0, *FINE_LEVELS, 1.0]
    drawing.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="as promised",
            line={"color": theme.reference, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    for (name, found), color in zip(curves.items(), (theme.accent, theme.decoded), strict=False):
        shares = [0.0, *covered_shares(found), float(np.mean(np.isfinite(found.level)))]
        drawing.add_trace(
            go.Scatter(
                x=levels,
                y=shares,
                mode="lines",
                name=name,
                line={"color": color, "width": 2},
                hovertemplate="%{x:.0%} regions cover %{y:.1%}<extra></extra>",
            )
        )
    return drawing.update_layout(
        xaxis={"title": "Level of the highest-density region", "range": [0, 1], "tickformat": ".0%"},
        yaxis={"title": "Truths that it covers", "range": [0, 1], "tickformat": ".0%"},
        legend={"x": 0.02, "y": 0.98},
    )


def redshift_pairs(
    found: Redshifts, point: Point, beyond: float, classes: Any = None, *, theme: Theme = LIGHT
) -> Figure:
    """z of p(z) against the true one, outliers between the lines |Δz|/(1+z) = ``beyond``; ``classes`` (N,)
    give the colors. A point carries its row."""
    z = getattr(found, point)
    high = float(max(z.max(initial=0.1), found.truth.max(initial=0.1)))
    kinds = np.array(["objects"] * len(z) if classes is None else classes, dtype=object).astype(str)
    drawing = blank(theme, height=HEIGHT + 80)
    line = np.linspace(0, high, 2)
    for sign, dash in ((0, "solid"), (1, "dot"), (-1, "dot")):
        drawing.add_trace(
            go.Scatter(
                x=line,
                y=line + sign * beyond * (1 + line),
                mode="lines",
                line={"color": theme.reference, "width": 1, "dash": dash},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for kind in dict.fromkeys(kinds.tolist()):
        rows = np.flatnonzero(kinds == kind)
        drawing.add_trace(
            go.Scattergl(
                x=found.truth[rows],
                y=z[rows],
                customdata=rows,
                mode="markers",
                name=kind,
                marker={"color": theme.accent if classes is None else theme.kind(kind), "size": 4.5},
                hovertemplate="true %{x:.4f}, p(z) %{y:.4f}<extra></extra>",
            )
        )
    return drawing.update_layout(
        xaxis={"title": "True redshift"},
        yaxis={"title": f"Redshift of p(z), {point}"},
        showlegend=classes is not None,
        legend={"x": 0.02, "y": 0.98},
    )
