"""What many objects have together: how often each value or flag comes."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from aion.explorer.figures.theme import LIGHT, Theme, as_label, blank
from aion.explorer.results import Floats

HEIGHT = 260
"""Pixels; two stand beside each other."""
BARS = 60
"""Bins of a histogram at most."""


def histogram(values: Mapping[str, Floats], title: str, *, theme: Theme = LIGHT) -> go.Figure:
    """How many objects have which value: the first filled, others, for comparison, as outlines.

    Args:
        values: Name -> (n,) values, NaN where unknown.
        title: Of the axis, with its unit.
    """
    figure = blank(theme, height=HEIGHT)
    known = {name: held[np.isfinite(held)] for name, held in values.items()}
    together = np.concatenate(list(known.values()))
    count = int(np.clip(2 * np.sqrt(len(together)), 8, BARS))
    low, high = (float(together.min()), float(together.max())) if len(together) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, count + 1)
    for number, (name, held) in enumerate(known.items()):
        counts = np.histogram(held, edges)[0]
        figure.add_trace(
            go.Scatter(
                x=np.repeat(edges, 2),
                y=np.concatenate([[0], np.repeat(counts, 2), [0]]),
                mode="lines",
                name=f"{as_label(name)} ({len(held):,})",
                fill=None if number else "tozeroy",
                fillcolor=theme.accent_soft,
                line={"color": theme.reference if number else theme.accent, "width": 1.5},
                hovertemplate="%{x:.4g}: %{y}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text=as_label(title))
    figure.update_yaxes(title_text="Objects", rangemode="tozero")
    return figure.update_layout(showlegend=len(values) > 1)


def count_bars(counts: Mapping[str, int], total: int, *, theme: Theme = LIGHT) -> go.Figure:
    """How many of ``total`` objects have each of some flags."""
    figure = blank(theme, height=HEIGHT)
    names = list(counts)[::-1]
    figure.add_trace(
        go.Bar(
            x=[counts[name] for name in names],
            y=[as_label(name) for name in names],
            text=[f"{counts[name]:,} ({counts[name] / total:.0%})" for name in names],
            orientation="h",
            width=0.5,
            marker_color=theme.accent_strong,
            textfont_color=theme.ink,
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title_text=f"Objects of {total:,}", range=[0, 1.2 * max(counts.values())])
    figure.update_yaxes(range=[-0.5, max(len(names), 3) - 0.5])  # few bars are no wider than many
    return figure.update_layout(showlegend=False)
