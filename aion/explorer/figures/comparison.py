"""Two results of the same object over each other: p(z), decoded spectra, decoded images. The first has the
color of what tokens kept, the second that of probability, in every figure."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aion.explorer.figures.image import (
    HEIGHT,
    STACKED_HEIGHT,
    ImageView,
    color_picture,
    pixel_trace,
    square_axes,
)
from aion.explorer.figures.redshift import shown_range, staircase
from aion.explorer.figures.sampling import decimate, flux_range
from aion.explorer.figures.spectral_axes import FLUX_TITLE, WAVELENGTH_TITLE
from aion.explorer.figures.theme import LIGHT, Theme, as_label, blank, template
from aion.explorer.results import ImageResult, SpectrumResult
from aion.explorer.results.comparison import ResultComparison

Names = tuple[str, str]
"""Of the first and of the second result, for people."""
BELOW = {"y": -0.18, "yanchor": "top"}
"""Legend under the axis, where names have room on a phone too."""


def compared_densities(comparison: ResultComparison, names: Names, *, theme: Theme = LIGHT) -> go.Figure:
    """Both p(z) on one axis, each scaled to its top; lines are the best redshifts, bands their errors."""
    figure = blank(theme, height=350)
    pair = (comparison.first, comparison.second)
    for one, name, color in zip(pair, names, _colors(theme), strict=True):
        x, y = staircase(one.redshift, float(one.redshift.edges[0]), float(one.redshift.edges[-1]))
        label = f"{as_label(name)}: z = {one.best}"
        style = {"line": {"color": color, "width": 1.4}, "fill": "tozeroy", "opacity": 0.8}
        hover = "z %{x:.5f}<br>p(z) %{customdata:.4g}<extra>%{fullData.name}</extra>"
        told = {"customdata": y, "hovertemplate": hover}
        figure.add_trace(go.Scatter(x=x, y=y / y.max(), mode="lines", name=label, **told, **style))
        figure.add_vline(x=one.best.z, line={"color": color, "width": 1.3, "dash": "dash"})
        figure.add_vrect(x0=one.best.low, x1=one.best.high, fillcolor=color, opacity=0.15, line_width=0)
    spans = [shown_range(one.redshift, [one.best.z]) for one in pair]
    figure.update_xaxes(title_text="Redshift z", range=[min(a for a, _ in spans), max(b for _, b in spans)])
    figure.update_yaxes(title_text="p(z) / its maximum", range=[0, 1.08])
    return figure.update_layout(margin={"t": 30}, hovermode="closest", legend=BELOW)


def compared_spectra(
    first: SpectrumResult | None, second: SpectrumResult | None, names: Names, *, theme: Theme = LIGHT
) -> go.Figure:
    """What each decoded, over the data, and below it what each left of them; at least one is there."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.035)
    known = [one for one in (first, second) if one is not None]
    data = known[0]
    if data.flux is not None:
        flux = np.where(data.bad, np.nan, data.flux)
        _curve(figure, 1, data.wavelength, flux, "Data", theme.ink, 1.0)
    for one, name, color in zip((first, second), names, _colors(theme), strict=True):
        if one is None:
            continue
        chi2 = "" if one.reduced_chi2 is None else f", reduced χ² {one.reduced_chi2:.3g}"
        _curve(figure, 1, one.wavelength, one.decoded, f"{as_label(name)}{chi2}", color, 1.4)
        if one.residual is not None:
            _curve(figure, 2, one.wavelength, one.residual, as_label(name), color, 0.8, in_legend=False)
    shown = data.decoded if data.flux is None else data.flux
    figure.update_yaxes(title_text=FLUX_TITLE, range=flux_range(shown, data.decoded, data.bad), row=1, col=1)
    figure.update_yaxes(title_text="Residual (σ)", range=[-8, 8], row=2, col=1)
    figure.update_xaxes(showgrid=False, tickformat="d")
    figure.update_xaxes(title_text=WAVELENGTH_TITLE, row=2, col=1)
    return figure.update_layout(
        template=template(theme),
        height=500,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        hovermode="closest",
        legend=BELOW,
    )


def compared_images(
    first: ImageResult | None,
    second: ImageResult | None,
    names: Names,
    *,
    stacked: bool = False,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The original, where there is one, and what each decoded, with one stretch; at least one is there."""
    pair = [(name, one) for name, one in zip(names, (first, second), strict=True) if one is not None]
    reference = next((one for _, one in pair if one.original is not None), pair[0][1])
    fluxes = [] if reference.original is None else [("Original", reference.original, reference.bands)]
    fluxes += [(as_label(name), one.decoded, one.bands) for name, one in pair]
    drawn = [(name, flux) for name, flux, bands in fluxes if bands == reference.bands]
    count = len(drawn)
    rows, columns = (count, 1) if stacked else (1, count)
    places = [{"row": i, "col": 1} if stacked else {"row": 1, "col": i} for i in range(1, count + 1)]
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[name for name, _ in drawn],
        horizontal_spacing=0.035,
        vertical_spacing=0.05,
    )
    for place, (_, flux) in zip(places, drawn, strict=True):
        picture = color_picture(flux, reference, ImageView())
        figure.add_trace(pixel_trace(picture, reference.pixel_scale), **place)
    square_axes(figure, reference.decoded.shape, reference.pixel_scale, places)
    height = STACKED_HEIGHT * count if stacked else HEIGHT
    figure.update_layout(template=template(theme), height=height, margin={"l": 8, "r": 8, "t": 30, "b": 8})
    return figure.update_annotations({"font": {"color": theme.ink, "size": 13}})


def _colors(theme: Theme) -> tuple[str, str]:
    return theme.decoded, theme.accent


def _curve(
    figure: go.Figure,
    row: int,
    wavelength: np.ndarray,
    values: np.ndarray,
    name: str,
    color: str,
    width: float,
    *,
    in_legend: bool = True,
) -> None:
    kept = decimate(values)
    figure.add_trace(
        go.Scatter(
            x=wavelength[kept].astype(np.float32),
            y=values[kept].astype(np.float32),
            mode="lines",
            name=name,
            line={"color": color, "width": width},
            showlegend=in_legend,
            hovertemplate="%{x:.1f} Å<br>%{y:.4g}<extra>%{fullData.name}</extra>",
        ),
        row=row,
        col=1,
    )
