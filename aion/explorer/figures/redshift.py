"""The probability density over redshift: what it is, where its mass lies, what it is compared with."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from aion.explorer.figures.overlay import Marks
from aion.explorer.figures.theme import LIGHT, Theme, template
from aion.redshift import Interval, RedshiftPDF

Floats = NDArray[np.floating[Any]]
Extent = Literal["peaks", "grid"]

HIDDEN_TAIL = 0.02
"""Probability at either end that the "peaks" extent may leave out; listed peaks are always shown."""
LABEL_WIDTH = 0.14
"""Of the shown range, that the label of a peak takes."""
PEAK_CURVE, DENSITY = "Peaks", "p(z)"
CHOSEN_Z = "Chosen z"
DECADES = 5.0
"""Of density below the highest that a logarithmic axis shows."""
ESTIMATES = {"Mode": "circle-open", "Median": "diamond-open", "Mean": "square-open"}


def redshift(
    pdf: RedshiftPDF,
    *,
    z: float | None = None,
    reference: float | None = None,
    extent: Extent = "peaks",
    log: bool = False,
    with_marks: bool = True,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Density with its 68 % and 95 % highest-density regions filled, its peaks, mode, median and mean marked.

    ``customdata`` of what can be clicked is a redshift.

    Args:
        z: the redshift a person chose, drawn as a line.
        reference: a redshift from a header or a catalog, for comparison, drawn as a dashed line.
        extent: show the stretch with nearly all of the mass (and ``z``, ``reference`` if near), or all.
        log: a logarithmic density, for what is small beside the peak.
        with_marks: draw the line of ``z``; else only its legend, for a `redshift_mark` that can move.
    """
    figure = go.Figure()
    for interval, color, name in _regions(pdf, theme):
        x, y = staircase(pdf, *interval)
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line_width=0,
                fill="tozeroy",
                fillcolor=color,
                name=name,
                legendgroup=name,
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for name, color in (("68 % region", theme.accent_strong), ("95 % region", theme.accent_soft)):
        marker = {"symbol": "square", "size": 11, "color": color}
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                marker=marker,
                name=name,
                legendgroup=name,
                hoverinfo="skip",
            )
        )
    x, y = staircase(pdf, float(pdf.edges[0]), float(pdf.edges[-1]))
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            customdata=np.repeat(pdf.z, 2),
            mode="lines",
            line={"color": theme.accent, "width": 1.4},
            name=DENSITY,
            showlegend=False,
            hovertemplate="z %{customdata:.5f}<br>p(z) %{y:.4g}<extra></extra>",
        )
    )
    low, high = (
        shown_range(pdf, [value for value in (z, reference) if value is not None])
        if extent == "peaks"
        else (float(pdf.edges[0]), float(pdf.edges[-1]))
    )
    _estimates(figure, pdf, theme)
    _peaks(figure, pdf, theme, apart=LABEL_WIDTH * (high - low))
    if z is not None and with_marks:
        _marker(figure, z, CHOSEN_Z, theme.ink, "solid")
    elif z is not None:
        _legend(figure, CHOSEN_Z, theme.ink, "solid")
    if reference is not None:
        _marker(figure, reference, "Reference z", theme.reference, "dash")
    figure.update_xaxes(title_text="Redshift z", range=[low, high])
    _density_axis(figure, float(pdf.density.max()), log)
    figure.update_layout(template=template(theme), height=350, margin={"t": 30})
    return figure.update_layout(dragmode="zoom", hovermode="closest")


def _density_axis(figure: go.Figure, top: float, log: bool) -> None:
    title = "Probability density p(z)"
    if log:
        shown = [float(np.log10(top)) - DECADES, float(np.log10(top)) + 0.35]
        figure.update_yaxes(title_text=title, type="log", range=shown, dtick=1, exponentformat="power")
    else:
        figure.update_yaxes(title_text=title, rangemode="tozero", range=[0, 1.22 * top])


def alone(
    densities: Mapping[str, RedshiftPDF],
    *,
    z: float | None = None,
    reference: float | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """One p(z) per row for each choice of what the model may read, on one axis, each scaled to its top."""
    titles = [
        f"{name}: best z = {pdf.peaks[0].z:.4f} ({pdf.peaks[0].probability:.0%})"
        for name, pdf in densities.items()
    ]
    figure = make_subplots(
        rows=len(titles), cols=1, shared_xaxes=True, vertical_spacing=0.3 / len(titles), subplot_titles=titles
    )
    for row, (name, pdf) in enumerate(densities.items(), start=1):
        x, y = staircase(pdf, float(pdf.edges[0]), float(pdf.edges[-1]))
        style = {
            "line": {"color": theme.accent, "width": 1.2},
            "fill": "tozeroy",
            "fillcolor": theme.accent_soft,
            "showlegend": False,
        }
        hover = f"{name}: z %{{x:.5f}}<br>%{{y:.3f}} of the maximum<extra></extra>"
        figure.add_trace(
            go.Scatter(x=x, y=y / y.max(), mode="lines", name=name, hovertemplate=hover, **style),
            row=row,
            col=1,
        )
    others = [value for value in (z, reference) if value is not None]
    spans = [shown_range(pdf, others) for pdf in densities.values()]
    figure.update_xaxes(range=[min(low for low, _ in spans), max(high for _, high in spans)])
    figure.update_xaxes(title_text="Redshift z", row=len(titles), col=1)
    figure.update_yaxes(range=[0, 1.08], tickvals=[0, 1], showgrid=False)
    figure.update_yaxes(title_text="p(z) / maximum", row=len(titles), col=1)
    if z is not None:
        _marker(figure, z, CHOSEN_Z, theme.ink, "solid")
    if reference is not None:
        _marker(figure, reference, "Reference z", theme.reference, "dash")
    legend = {"y": -0.5 / len(titles), "yanchor": "top"}
    figure.update_layout(
        template=template(theme), height=60 + 110 * len(titles), margin={"t": 26}, legend=legend
    )
    return figure.update_annotations(x=0, xanchor="left", font={"color": theme.ink, "size": 13})


def _regions(pdf: RedshiftPDF, theme: Theme) -> list[tuple[Interval, str, str]]:
    wide = [(interval, theme.accent_soft, "95 % region") for interval in pdf.ci95]
    return wide + [(interval, theme.accent_strong, "68 % region") for interval in pdf.ci68]


def staircase(pdf: RedshiftPDF, low: float, high: float) -> tuple[Floats, Floats]:
    """The staircase of the density between two redshifts."""
    first = int(np.searchsorted(pdf.edges, low, side="right") - 1)
    last = int(np.searchsorted(pdf.edges, high, side="left"))
    first, last = max(first, 0), min(last, len(pdf.density))
    x = np.repeat(pdf.edges[first : last + 1], 2)[1:-1].clip(low, high)
    return x, np.repeat(pdf.density[first:last], 2)


def _estimates(figure: go.Figure, pdf: RedshiftPDF, theme: Theme) -> None:
    """Mode, median and mean on the curve, each with its symbol in the legend."""
    for (name, symbol), z in zip(ESTIMATES.items(), (pdf.mode, pdf.median, pdf.mean), strict=True):
        height = float(pdf.density[int(np.abs(pdf.z - z).argmin())])
        marker = {"symbol": symbol, "size": 9, "color": theme.ink, "line": {"width": 1.5}}
        hover = f"{name} %{{x:.5f}}<extra></extra>"
        figure.add_trace(
            go.Scatter(
                x=[z],
                y=[height],
                customdata=[z],
                mode="markers",
                marker=marker,
                name=name,
                hovertemplate=hover,
            )
        )


def _peaks(figure: go.Figure, pdf: RedshiftPDF, theme: Theme, *, apart: float) -> None:
    """Each peak with z and probability; of peaks closer than ``apart`` only the more probable is labeled."""
    labeled: list[float] = []
    for peak in pdf.peaks:
        if all(abs(peak.z - other) >= apart for other in labeled):
            labeled.append(peak.z)
    names = [f"{peak.z:.4f} · {peak.probability:.0%}" for peak in pdf.peaks]
    heights = [float(pdf.density[int(np.abs(pdf.z - peak.z).argmin())]) for peak in pdf.peaks]
    figure.add_trace(
        go.Scatter(
            x=[peak.z for peak in pdf.peaks],
            y=heights,
            mode="markers+text",
            marker={"symbol": "triangle-down", "size": 10, "color": theme.accent},
            text=[
                f" {name}" if peak.z in labeled else "" for name, peak in zip(names, pdf.peaks, strict=True)
            ],
            hovertext=names,
            customdata=[peak.z for peak in pdf.peaks],
            textposition="top right",
            textfont={"size": 12, "color": theme.ink},
            cliponaxis=False,
            name=PEAK_CURVE,
            showlegend=False,
            hovertemplate="peak at z %{x:.5f}<br>%{hovertext}<extra></extra>",
        )
    )


def redshift_mark(*, theme: Theme = LIGHT) -> Marks:
    """The line of the redshift that a person chose, to move over `redshift`."""
    return Marks((_vertical(0.0, CHOSEN_Z, theme.ink, "solid"),), origin=-1.0)


def _marker(figure: go.Figure, z: float, name: str, color: str, dash: str) -> None:
    """A vertical line that is also in the legend."""
    figure.add_shape(_vertical(z, name, color, dash))
    _legend(figure, f"{name} = {z:.5f}", color, dash)


def _vertical(z: float, name: str, color: str, dash: str) -> dict[str, Any]:
    line = {"color": color, "width": 1.3, "dash": dash}
    return {
        "type": "line",
        "x0": z,
        "x1": z,
        "y0": 0,
        "y1": 1,
        "xref": "x",
        "yref": "paper",
        "line": line,
        "name": name,
    }


def _legend(figure: go.Figure, name: str, color: str, dash: str) -> None:
    line = {"color": color, "width": 1.3, "dash": dash}
    figure.add_trace(go.Scatter(x=[None], y=[None], mode="lines", line=line, name=name, hoverinfo="skip"))


def shown_range(pdf: RedshiftPDF, others: Sequence[float]) -> tuple[float, float]:
    """Redshifts that hold nearly all of the mass, every peak and the ``others`` nearby, with room around."""
    cumulative = np.concatenate([[0.0], np.cumsum(pdf.probability)])
    low, high = np.interp([HIDDEN_TAIL, 1 - HIDDEN_TAIL], cumulative, pdf.edges).tolist()
    low, high = min([low, *(peak.z for peak in pdf.peaks)]), max([high, *(peak.z for peak in pdf.peaks)])
    room = max(0.25 * (high - low), 0.015 * (1 + pdf.mode))
    near = [value for value in others if low - 4 * room <= value <= high + 4 * room]
    low, high = min([low, *near]), max([high, *near])
    return max(float(pdf.edges[0]), low - room), min(float(pdf.edges[-1]), high + room)
