"""p(z) of each part of a spectrum over one another, and that of all data behind them."""

from itertools import cycle

import plotly.graph_objects as go

from aion.explorer.figures.redshift import staircase
from aion.explorer.figures.theme import LIGHT, Theme, blank
from aion.explorer.results.arms import SpectrumArms
from aion.redshift import RedshiftPDF

DASHES = ("solid", "dash", "dashdot")
"""Of the parts from blue to red, for those who do not see their colors."""
LEAST_ROOM = 0.02
"""In 1 + z, shown on both sides of the redshifts: the width of some bins."""
BELOW = {"y": -0.32, "yanchor": "top"}


def spectrum_arms(arms: SpectrumArms, *, theme: Theme = LIGHT) -> go.Figure:
    """Densities, not scaled, so that a part that says nothing lies near 0; around the best redshifts of those
    that say one, or the whole grid where none does."""
    figure = blank(theme, height=300)
    _density(figure, arms.whole, "All data", theme.shade, fill="tozeroy", fillcolor=theme.shade, width=0.0)
    colors = (theme.low, theme.reference, theme.high) if len(arms.arms) == 3 else (theme.low, theme.high)
    for arm, color, dash in zip(arms.arms, cycle(colors), cycle(DASHES), strict=False):
        name = arm.name.removeprefix("the ")
        label = f"{name[0].upper()}{name[1:]}, {arm.low:.0f} to {arm.high:.0f} Å"
        _density(figure, arm.alone, label, color, dash=dash, width=1.8)
    figure.update_xaxes(title_text="Redshift z", range=_range(arms))
    figure.update_yaxes(title_text="Density p(z)", rangemode="tozero")
    return figure.update_layout(margin={"t": 12}, hovermode="closest", legend=BELOW)


def _density(
    figure: go.Figure,
    pdf: RedshiftPDF,
    name: str,
    color: str,
    *,
    width: float,
    dash: str = "solid",
    **fill: str,
) -> None:
    x, y = staircase(pdf, float(pdf.edges[0]), float(pdf.edges[-1]))
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            name=name,
            line={"color": color, "width": width, "dash": dash},
            hovertemplate="z %{x:.4f}<br>p(z) %{y:.3g}<extra>%{fullData.name}</extra>",
            **fill,
        )
    )


def _range(arms: SpectrumArms) -> tuple[float, float]:
    found = [arm.best[0] for arm in arms.arms if arm.speaks]
    end = float(arms.whole.edges[-1])
    if not found:
        return 0.0, end
    low, high = min(found), max(found)
    room = max(0.3 * (high - low), LEAST_ROOM * (1 + high))
    return max(low - room, 0.0), min(high + room, end)
