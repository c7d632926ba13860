"""What the model generated: samples with their median and bands, a withheld truth over them. Every figure
carries the mark of generated data; fluxes as in the results."""

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aion import color_image
from aion.explorer.figures.image import UNIT, pixel_trace, square_axes
from aion.explorer.figures.sampling import decimate, flux_range
from aion.explorer.figures.spectral_axes import FLUX_TITLE, WAVELENGTH_TITLE
from aion.explorer.figures.theme import LIGHT, Theme, colorbar, template
from aion.explorer.results import Floats
from aion.explorer.results.generated import (
    MARK,
    Generated,
    GeneratedImage,
    GeneratedNumber,
    GeneratedSpectrum,
    mark,
)

SAMPLE_POINTS = 1_600
"""Points of each faint sample; the median and the bands are drawn with all."""
BAND_POINTS = 4_000
REACH = 2.0
"""Half widths of the 68 % band above the median that the axis shows."""
DECADES = 6.0
"""Ends of the 68 % band, the upper over the lower, from which fluxes are drawn on a logarithmic axis."""
DECADE_TICKS: dict[str, Any] = {"dtick": 1, "tickformat": "~g"}
"""Of a logarithmic axis: 0.1, 1, 10."""
MARK_COLOR = "#8b92a3"
"""Of the mark across a figure: seen on paper of both themes and on the black of an image."""
GAP = 4
"""Pixels between two images of the grid."""


def generated_figures(
    generated: Generated, *, theme: Theme = LIGHT, narrow: bool = False
) -> dict[str, go.Figure]:
    """Name -> figure, each with the mark; ``narrow``: on a phone."""
    figures: dict[str, go.Figure] = {}
    if generated.spectrum is not None:
        figures["spectrum"] = _spectrum(generated.spectrum, theme)
    if generated.image is not None:
        figures["image"] = _summary(generated.image, theme, narrow=narrow)
        if generated.samples > 1:
            figures["samples"] = _grid(generated.image, theme, columns=4 if narrow else 8)
    if generated.numbers:
        figures["numbers"] = _numbers(generated.numbers, theme, columns=1 if narrow else 4)
    return {name: stamp(figure, generated, theme) for name, figure in figures.items()}


def stamp(figure: go.Figure, generated: Generated, theme: Theme) -> go.Figure:
    """The mark across the figure, and a line with how it was made above it."""
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
    large = {"font": {"size": 30, "color": MARK_COLOR}, "opacity": 0.5, "textangle": -12}
    figure.add_annotation(text=MARK, name="mark", **middle, **large)
    line = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    text = {"text": _wrapped(mark(generated)), "align": "left", "showarrow": False, "yshift": 26}
    figure.add_annotation(name="how", font={"size": 11, "color": theme.faint}, **line, **text)
    legend = {"y": 1, "yanchor": "bottom", "x": 0, "xanchor": "left"}
    return figure.update_layout(margin_t=84, legend=legend)


def _wrapped(text: str) -> str:
    """In two lines, so that a phone shows it whole."""
    first, _, rest = text.partition(", weights")
    return f"{first},<br>weights{rest}" if rest else first


def _spectrum(result: GeneratedSpectrum, theme: Theme) -> go.Figure:
    figure, x = go.Figure(), result.wavelength
    median = np.median(result.samples, axis=0)
    if len(result.samples) > 1:
        for level, color in ((0.95, theme.accent_soft), (0.68, theme.accent_strong)):
            _band(figure, x, result.band(level), f"{level:.0%} of samples".replace("%", " %"), color)
        for number, sample in enumerate(result.samples):
            line = {"color": theme.ink, "width": 0.6}
            first = {"name": "Samples", "legendgroup": "samples", "showlegend": number == 0}
            _line(figure, x, sample, line, points=SAMPLE_POINTS, opacity=0.28, hoverinfo="skip", **first)
    if result.truth is not None and result.truth.flux is not None:
        given = np.where(result.truth.bad, np.nan, result.truth.flux)
        _line(figure, x, given, {"color": theme.reference, "width": 1.1}, name="Observed, withheld")
    name = "Median of the samples" if len(result.samples) > 1 else "Most probable"
    _line(figure, x, median, {"color": theme.decoded, "width": 1.7}, name=name)
    shown = median if result.truth is None or result.truth.flux is None else result.truth.flux
    bad = np.zeros(len(x), dtype=bool) if result.truth is None else result.truth.bad
    ends = result.band(0.68) if len(result.samples) > 1 else (median, median)
    above = median + REACH * (ends[1] - median)  # a sample of another level would hide all others
    low, high = flux_range(shown, above, bad)
    figure.update_yaxes(title_text=FLUX_TITLE, **_flux_axis(ends, low, high))
    figure.update_xaxes(title_text=WAVELENGTH_TITLE, tickformat="d", range=[float(x[0]), float(x[-1])])
    figure.update_xaxes(showgrid=False)
    return figure.update_layout(
        template=template(theme), height=500, hovermode="x", margin={"l": 8, "r": 8, "b": 8}
    )


def _flux_axis(ends: tuple[Floats, Floats], low: float, high: float) -> dict[str, Any]:
    """Logarithmic where the level alone spans a factor of `DECADES`, so that faint samples are seen too."""
    bottom, top = (float(np.nanmedian(end)) for end in ends)
    if bottom <= 0 or top / bottom < DECADES:
        return {"range": [low, high]}
    return {"type": "log", "range": [math.log10(bottom / 4), math.log10(4 * top)], **DECADE_TICKS}


def _band(figure: go.Figure, x: Floats, ends: tuple[Floats, Floats], name: str, color: str) -> None:
    kept = decimate(ends[1], points=BAND_POINTS)
    kept = kept[np.isfinite(ends[0][kept]) & np.isfinite(ends[1][kept])]
    edge: dict[str, Any] = {"x": x[kept].astype(np.float32), "mode": "lines", "line": {"width": 0}}
    low, high = (end[kept].astype(np.float32) for end in ends)
    figure.add_trace(go.Scatter(y=low, showlegend=False, hoverinfo="skip", legendgroup=name, **edge))
    fill = {"fill": "tonexty", "fillcolor": color, "hoverinfo": "skip", "legendgroup": name}
    figure.add_trace(go.Scatter(y=high, name=name, **edge, **fill))


def _line(
    figure: go.Figure, x: Floats, y: Floats, line: dict[str, Any], *, points: int = 9_000, **how: Any
) -> None:
    kept = decimate(y, points=points)
    values = {"x": x[kept].astype(np.float32), "y": y[kept].astype(np.float32)}
    figure.add_trace(go.Scatter(mode="lines", line=line, **values, **how))


def _summary(image: GeneratedImage, theme: Theme, *, narrow: bool) -> go.Figure:
    """Observed where it was withheld | median | spread per pixel."""
    median = np.median(image.samples, axis=0)
    observed = None if image.truth is None else image.truth.original
    reference = median if observed is None else observed
    stretch = color_image.color_stretch(reference, image.bands)
    pictures = {} if observed is None else {"Observed, withheld": observed}
    pictures["Median of the samples" if len(image.samples) > 1 else "Most probable"] = median
    titles = [*pictures, *(["Spread (standard deviation)"] if len(image.samples) > 1 else [])]
    rows, columns = (len(titles), 1) if narrow else (1, len(titles))
    places = [{"row": i, "col": 1} if narrow else {"row": 1, "col": i} for i in range(1, len(titles) + 1)]
    spaces = {"horizontal_spacing": 0.035, "vertical_spacing": 0.06}
    figure = make_subplots(rows=rows, cols=columns, subplot_titles=titles, **spaces)
    step = image.pixel_scale
    hover = "<br>".join(f"{name} %{{customdata[{i}]:.3g}}" for i, name in enumerate(image.bands))
    for place, flux in zip(places, pictures.values(), strict=False):
        pixels = color_image.color(flux, image.bands, stretch)
        figure.add_trace(pixel_trace((pixels, np.moveaxis(flux, 0, -1), hover), step), **place)
    if len(image.samples) > 1:
        spread = image.samples.std(axis=0, ddof=1).mean(axis=0)
        corner = {"x0": -(spread.shape[1] - 1) / 2 * step, "y0": -(spread.shape[0] - 1) / 2 * step}
        bar = colorbar(UNIT) | ({"y": 0, "yanchor": "bottom", "len": 0.3} if narrow else {})
        colors: dict[str, Any] = {"colorscale": [[0, theme.middle], [1, theme.accent]], "colorbar": bar}
        top = float(np.percentile(spread, 99.5)) or 1.0
        figure.add_trace(
            go.Heatmap(z=spread.astype(np.float32), dx=step, dy=step, zmin=0, zmax=top, **corner, **colors),
            **places[-1],
        )
    square_axes(figure, median.shape, step, places)
    return figure.update_layout(template=template(theme), height=360 * rows + 90, margin={"l": 8, "r": 8})


def _grid(image: GeneratedImage, theme: Theme, *, columns: int) -> go.Figure:
    """Every sample in color with one stretch, the first at the upper left."""
    columns = min(columns, len(image.samples))
    side = image.samples.shape[-1] + GAP
    rows = math.ceil(len(image.samples) / columns)
    reference = image.samples[0] if image.truth is None else image.truth.original
    assert reference is not None
    stretch = color_image.color_stretch(reference, image.bands)
    canvas = np.full((rows * side, columns * side, 3), 255 if theme.name == "light" else 16, dtype=np.uint8)
    for number, sample in enumerate(image.samples):
        top, left = number // columns * side, number % columns * side
        pixels = color_image.color(sample, image.bands, stretch)[::-1]  # rows of a picture go down
        canvas[top : top + side - GAP, left : left + side - GAP] = pixels
    empty = canvas[..., :1].astype(np.float32) * 0
    figure = go.Figure(pixel_trace((canvas[::-1], empty, ""), None).update(hoverinfo="skip", customdata=None))
    figure.data[0].hovertemplate = None
    figure.update_xaxes(visible=False, range=[-columns * side / 2, columns * side / 2])
    figure.update_yaxes(visible=False, range=[-rows * side / 2, rows * side / 2], scaleanchor="x")
    return figure.update_layout(
        template=template(theme), height=150 * rows + 96, margin={"l": 8, "r": 8, "b": 8}
    )


def _numbers(numbers: tuple[GeneratedNumber, ...], theme: Theme, *, columns: int) -> go.Figure:
    """A density each, with its 68 and 95 % regions, and the truth where it was withheld."""
    columns = min(columns, len(numbers))
    rows = math.ceil(len(numbers) / columns)
    figure = make_subplots(
        rows=rows, cols=columns, horizontal_spacing=0.07 if columns > 1 else 0, vertical_spacing=0.3 / rows
    )
    for i, number in enumerate(numbers):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        _density(figure, number, theme, place, with_legend=i == 0)
    return figure.update_layout(
        template=template(theme),
        height=max(300, (180 if columns == 1 else 210) * rows) + 84,
        margin={"l": 8, "r": 8, "b": 8},
    )


def _density(
    figure: go.Figure, number: GeneratedNumber, theme: Theme, place: dict[str, int], *, with_legend: bool
) -> None:
    """On a logarithmic axis where the values span more than a factor of 100."""
    low, high = number.quantile(0.002), number.quantile(0.998)
    is_log = low > 0 and high / low > 100
    edges = np.linspace(np.log10(low), np.log10(high), 61) if is_log else np.linspace(low, high, 61)
    reached = np.interp(
        10**edges if is_log else edges, number.edges, np.append(0, number.probability.cumsum())
    )
    density, middle = np.diff(reached) / np.diff(edges), (edges[1:] + edges[:-1]) / 2
    x = 10**middle if is_log else middle
    for shares, color in (((0.025, 0.975), theme.accent_soft), ((0.16, 0.84), theme.accent_strong)):
        inside = (x >= number.quantile(shares[0])) & (x <= number.quantile(shares[1]))
        name = "68 %" if shares[0] == 0.16 else "95 %"
        area = {"fill": "tozeroy", "fillcolor": color, "mode": "none", "hoverinfo": "skip"}
        legend = {"name": name, "legendgroup": name, "showlegend": with_legend}
        figure.add_trace(go.Scatter(x=x[inside], y=density[inside], **area, **legend), **place)
    line = {"color": theme.accent, "width": 1.6, "shape": "hvh"}
    legend = {"name": "Density", "legendgroup": "density", "showlegend": with_legend}
    figure.add_trace(go.Scatter(x=x, y=density, mode="lines", line=line, hoverinfo="x", **legend), **place)
    if number.truth is not None:
        across = {"x": [number.truth] * 2, "y": [0, float(density.max())]}
        legend = {"name": "Given, withheld", "legendgroup": "truth", "showlegend": with_legend}
        mark_line = {"color": theme.reference, "width": 2, "dash": "dash"}
        figure.add_trace(go.Scatter(mode="lines", line=mark_line, **across, **legend), **place)
    unit = f" ({number.unit})" if number.unit else ""
    axis = {"type": "log", **DECADE_TICKS} if is_log else {"nticks": 4}
    figure.update_xaxes(title_text=f"{number.name}{unit}", **axis, **place)
    per = "dex" if is_log else number.unit
    title = f"Density per {per}" if per else "Density"
    figure.update_yaxes(title_text=title, rangemode="tozero", nticks=3, **place)
