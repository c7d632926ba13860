"""A spectrum, what its tokens kept and the difference over the noise, along the axes of `spectral_axes`."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from aion import lines as line_table
from aion.explorer.figures.overlay import Marks
from aion.explorer.figures.sampling import decimate, runs, smooth
from aion.explorer.figures.spectral_axes import (
    FLUX_TITLES,
    FluxScale,
    SpectralAxis,
    as_drawn,
    flux_limits,
    scaled,
)
from aion.explorer.figures.theme import LIGHT, Theme, as_label, template
from aion.explorer.results import SpectrumResult

Floats = NDArray[np.floating[Any]]

RESIDUAL_TITLE = "Residual (σ)"
RESIDUAL_LIMIT = 6.0
"""σ shown above and below zero."""
LABEL_ROWS = 3
LABEL_ROW_HEIGHT = 15
"""Pixels between two rows of line names."""
LABEL_WIDTH = 0.036
"""Of the plot's width, that a line name takes."""


@dataclass(frozen=True)
class View:
    """How a spectrum is looked at; data and residual stay what they are.

    Raises:
        ValueError: an even number of pixels, which would shift the spectrum.
    """

    lines: line_table.LineSet = field(default_factory=line_table.LineSet)
    rest: bool = False
    """Wavelengths divided by 1 + z, where z is known; fluxes stay as observed."""
    around: line_table.Line | None = None
    """Velocities from this line in the place of wavelengths, where z is known."""
    flux: FluxScale = "Fλ"
    """Flux per wavelength, per frequency, or AB magnitudes."""
    smoothing: int = 1
    """Pixels of the running mean over the data."""

    def __post_init__(self) -> None:
        if self.smoothing % 2 != 1:
            raise ValueError(
                f"smoothing over {self.smoothing} pixels; an odd number keeps lines where they are"
            )


def spectrum(
    result: SpectrumResult,
    *,
    z: float | None = None,
    view: View = View(),
    with_marks: bool = True,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Flux with its 1σ band, masked and atmospheric stretches shaded, decoded flux above, residual below.

    The first ``customdata`` of what can be clicked is an observed wavelength, Å.

    Args:
        z: redshift at which to mark spectral lines; None marks none.
        with_marks: draw the lines; else there is room for `line_marks`, which can move.
    """
    has_data = result.flux is not None
    figure = make_subplots(
        rows=2 if has_data else 1,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.74, 0.26] if has_data else [1.0],
        vertical_spacing=0.035,
    )
    axis = SpectralAxis.at(z, rest=view.rest, around=view.around)
    given = scaled(result, view.flux)
    shown = replace(given, wavelength=axis.of(result.wavelength))
    behind = _behind(result, given, view.flux)
    if has_data:
        _data(figure, shown, view, theme, behind)
    _line(
        figure,
        shown.wavelength,
        as_drawn(shown.decoded, view.flux),
        "Decoded from tokens",
        theme.decoded,
        1.6,
        behind=None if has_data else behind,
    )
    if has_data:
        _residual(figure, shown, theme)
    _regions(figure, result, shown, axis, view.flux, theme)
    _layout(figure, _seen(result, given, axis), view.flux, theme, with_marks=z is not None or not with_marks)
    figure.update_xaxes(range=[axis.of(end) for end in axis.seen(result.wavelength)])
    figure.update_xaxes(title_text=axis.title, row=2 if has_data else 1, col=1)
    return (
        figure
        if z is None or not with_marks
        else _with_lines(figure, result.wavelength, axis, z, view, theme)
    )


def line_marks(*, view: View = View(), theme: Theme = LIGHT) -> Marks:
    """The lines of the view, to move over the whole figure. At rest, and along velocities, they stand still
    and the data move."""
    lines = line_table.lines_in(0.0, np.inf, 0.0, chosen=view.lines)
    axis = SpectralAxis(around=view.around)
    labels = (_label(line.name, 0, line.feature, theme) for line in lines)
    return Marks(
        tuple(
            {**_line_shape(line, axis.of(line.rest), theme), **label}
            for line, label in zip(lines, labels, strict=True)
        ),
        follows=not view.rest and view.around is None,
    )


def _with_lines(
    figure: go.Figure, wavelength: Floats, axis: SpectralAxis, z: float, view: View, theme: Theme
) -> go.Figure:
    """The lines in the figure itself, all at once: Plotly checks the whole list for each single one."""
    low, high = axis.seen(wavelength)
    lines = line_table.lines_in(low, high, z, chosen=view.lines)
    apart = LABEL_WIDTH * (high - low)
    names = line_table.labels(lines, z, apart=apart, rows=LABEL_ROWS)
    places = np.clip([name.wavelength for name in names], low + apart / 2, high - apart / 2)
    shapes = [_line_shape(line, axis.of(line_table.observed(line, z)), theme) for line in lines]
    texts = (_label(name.text, name.row, name.feature, theme) for name in names)
    labels = [
        {**_vertical(place), "line": {"width": 0}, **text}
        for place, text in zip(axis.of(places).tolist(), texts, strict=True)
    ]
    return figure.update_layout(shapes=[*figure.layout.shapes, *shapes, *labels])


def _line_shape(line: line_table.Line, x: float, theme: Theme) -> dict[str, Any]:
    style = {
        "color": _line_color(line.feature, theme),
        "width": 1,
        "dash": "dot" if line.feature == "absorption" else "solid",
    }
    return {**_vertical(x), "line": style, "opacity": 0.55, "name": line.name}


def _vertical(x: float) -> dict[str, Any]:
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}


def _label(text: str, row: int, feature: line_table.Feature, theme: Theme) -> dict[str, Any]:
    """Of a vertical line, above its upper end: Plotly moves labels of shapes without drawing the data anew,
    and annotations not."""
    place = {
        "textposition": "end",
        "textangle": 0,
        "xanchor": "center",
        "yanchor": "bottom",
        "padding": 2 + LABEL_ROW_HEIGHT * row,
    }
    font = {"size": 11, "color": _line_color(feature, theme)}
    return {"label": {"text": as_label(text), "font": font, **place}}


def _line_color(feature: line_table.Feature, theme: Theme) -> str:
    colors = {"emission": theme.emission, "absorption": theme.absorption, "own": theme.reference}
    return colors[feature]


def _behind(result: SpectrumResult, given: SpectrumResult, scale: FluxScale) -> NDArray[np.float32]:
    """(n, 2 or 3) what a pointer on each pixel is told: observed wavelength and, as they are drawn, decoded
    flux and, where there is one, flux as given."""
    fluxes = [given.decoded, *([] if given.flux is None else [given.flux])]
    return np.stack([result.wavelength, *(as_drawn(one, scale) for one in fluxes)], axis=1).astype(np.float32)


def _data(
    figure: go.Figure, result: SpectrumResult, view: View, theme: Theme, behind: NDArray[np.float32]
) -> None:
    """The line has a gap at each masked pixel; those values are a click in the legend away."""
    assert result.flux is not None
    drawn, scale = np.where(result.bad, np.nan, result.flux), view.flux
    if result.sigma is not None:
        smoothed, error = smooth(result.flux, result.sigma, result.bad, view.smoothing)
        drawn = drawn if view.smoothing == 1 else smoothed
        kept, known = decimate(drawn), np.isfinite(drawn)
        sigma = np.where(known & np.isfinite(error), error, 0.0)[kept]
        x = result.wavelength[kept]
        # a fill can have no gap
        flux = np.interp(x, result.wavelength[known], drawn[known]) if known.any() else np.zeros(len(x))
        edge = {"x": _float32(x), "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        below, above = (_filled(as_drawn(flux + side * sigma, scale)) for side in (-1, 1))
        figure.add_trace(go.Scatter(y=_float32(below), showlegend=False, **edge), row=1, col=1)
        figure.add_trace(
            go.Scatter(y=_float32(above), name="±1σ", fill="tonexty", fillcolor=theme.error, **edge),
            row=1,
            col=1,
        )
    name = "Data" if view.smoothing == 1 else f"Data, mean of {view.smoothing} pixels"
    _line(figure, result.wavelength, as_drawn(drawn, scale), name, theme.ink, 1.0, behind=behind)


def _filled(edge: Floats) -> Floats:
    """The edge of a band without gaps: where there is no light, it runs off at the faint end."""
    known = edge[np.isfinite(edge)]
    return np.where(np.isfinite(edge), edge, known.max() + 5 if known.size else 0.0)


def _line(
    figure: go.Figure,
    x: Floats,
    y: Floats,
    name: str,
    color: str,
    width: float,
    *,
    behind: NDArray[np.float32] | None = None,
) -> None:
    """In the upper panel; a pointer is told what is ``behind`` each pixel."""
    kept = decimate(y)
    told: dict[str, Any] = {"hoverinfo": "skip"}
    if behind is not None:
        data = "data %{customdata[2]:.4g}<br>" if behind.shape[1] == 3 else ""
        hover = f"%{{customdata[0]:.1f}} Å observed<br>{data}decoded %{{customdata[1]:.4g}}<extra></extra>"
        told = {"customdata": behind[kept], "hovertemplate": hover}
    line = {"color": color, "width": width}
    figure.add_trace(
        go.Scatter(x=_float32(x[kept]), y=_float32(y[kept]), name=name, mode="lines", line=line, **told),
        row=1,
        col=1,
    )


def _float32(values: Floats) -> Floats:
    """With the seven digits that a drawing shows; a browser is sent half as much."""
    return values.astype(np.float32)


def _residual(figure: go.Figure, result: SpectrumResult, theme: Theme) -> None:
    if result.residual is not None:
        kept, line = decimate(result.residual), {"color": theme.faint, "width": 0.9}
        x, y, name = (
            _float32(result.wavelength[kept]),
            _float32(result.residual[kept]),
            "(data − decoded) / σ",
        )
        told = {"name": name, "showlegend": False, "hovertemplate": f"{name}: %{{y:.2f}}<extra></extra>"}
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, **told), row=2, col=1)
    figure.add_hline(y=0, line={"color": theme.decoded, "width": 1}, row=2, col=1)


def _regions(
    figure: go.Figure,
    given: SpectrumResult,
    result: SpectrumResult,
    axis: SpectralAxis,
    scale: FluxScale,
    theme: Theme,
) -> None:
    """Masked pixels and the atmosphere, shaded over both panels."""
    low, high = (axis.of(end) for end in axis.seen(given.wavelength))
    for region in line_table.ATMOSPHERE:
        first, last = axis.of(region.low), axis.of(region.high)
        if last > low and first < high:
            _shade(figure, [(max(first, low), min(last, high))], theme.shade, region.name)
            _name_region(figure, region, (first + last) / 2, theme)
    step = float(np.median(np.diff(result.wavelength))) if len(result.wavelength) > 1 else 1.0
    masked = [
        (float(result.wavelength[a]) - step / 2, float(result.wavelength[b]) + step / 2)
        for a, b in runs(result.bad)
    ]
    if masked:
        _shade(figure, masked, theme.error, "masked")
        marker = {"symbol": "square", "size": 11, "color": theme.error}
        figure.add_trace(
            go.Scatter(x=[None], y=[None], mode="markers", marker=marker, name="Masked", hoverinfo="skip"),
            row=1,
            col=1,
        )
    if masked and result.flux is not None:
        marker = {"size": 3, "color": theme.faint}
        at = result.bad & np.isfinite(result.flux)
        place = {
            "x": _float32(result.wavelength[at]),
            "y": _float32(as_drawn(result.flux[at], scale)),
            "visible": "legendonly",
            "legendrank": 1,
        }
        figure.add_trace(
            go.Scatter(mode="markers", marker=marker, name="Masked data", hoverinfo="skip", **place),
            row=1,
            col=1,
        )


def _name_region(figure: go.Figure, region: line_table.Region, x: float, theme: Theme) -> None:
    """Its short name at the foot of the flux panel."""
    font = {"size": 10, "color": theme.faint}
    figure.add_annotation(
        x=x,
        y=0.005,
        xref="x",
        yref="y domain",
        yanchor="bottom",
        text=region.short,
        showarrow=False,
        font=font,
    )


def _shade(figure: go.Figure, stretches: list[tuple[float, float]], color: str, name: str) -> None:
    """One shape for any number of stretches, from the bottom of the figure to its top."""
    path = " ".join(f"M {a:.2f},0 L {b:.2f},0 L {b:.2f},1 L {a:.2f},1 Z" for a, b in stretches)
    figure.add_shape(
        type="path",
        path=path,
        xref="x",
        yref="paper",
        fillcolor=color,
        line_width=0,
        layer="below",
        name=name,
    )


def _seen(result: SpectrumResult, given: SpectrumResult, axis: SpectralAxis) -> SpectrumResult:
    """What lies between the ends of the axis."""
    low, high = axis.seen(result.wavelength)
    seen = (result.wavelength >= low) & (result.wavelength <= high)
    flux = None if given.flux is None else given.flux[seen]
    return replace(given, flux=flux, decoded=given.decoded[seen], bad=given.bad[seen])


def _layout(
    figure: go.Figure, result: SpectrumResult, scale: FluxScale, theme: Theme, *, with_marks: bool
) -> None:
    has_data = result.flux is not None
    figure.update_yaxes(title_text=FLUX_TITLES[scale], range=flux_limits(result, scale), row=1, col=1)
    figure.update_xaxes(showgrid=False, tickformat="d")
    if has_data:
        figure.update_yaxes(
            title_text=RESIDUAL_TITLE,
            range=[-RESIDUAL_LIMIT, RESIDUAL_LIMIT],
            tickvals=[-5, 0, 5],
            ticktext=["−5", "0", "5"],
            row=2,
            col=1,
        )
    above = 12 + (LABEL_ROW_HEIGHT * LABEL_ROWS if with_marks else 0)
    figure.update_layout(
        template=template(theme),
        height=530 if has_data else 410,
        margin={"l": 8, "r": 8, "t": above, "b": 8},
        hovermode="closest",
        legend={"x": 0, "xanchor": "left", "y": -0.13 if has_data else -0.18, "yanchor": "top"},
        dragmode="zoom",
    )
