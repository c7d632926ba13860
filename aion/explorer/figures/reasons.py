"""What hidden tokens changed: of a spectrum as bars below it, of an image as a map beside it."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aion.explorer.figures.image import ImageView, color_picture, pixel_trace, square_axes
from aion.explorer.figures.sampling import decimate, flux_range
from aion.explorer.figures.spectral_axes import FLUX_TITLE, WAVELENGTH_TITLE
from aion.explorer.figures.spectrum import LABEL_ROW_HEIGHT, LABEL_ROWS
from aion.explorer.figures.theme import LIGHT, Theme, colorbar, template
from aion.explorer.results import Floats, ImageResult, SpectrumResult
from aion.explorer.results.occlusion import TokenGroup


def spectrum_reasons(
    spectrum: SpectrumResult,
    groups: Sequence[TokenGroup],
    change: Floats,
    *,
    measure: str,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The spectrum, and below it what each stretch changed.

    Args:
        groups: of this spectrum, in any order; one without a stretch is left to words.
        change: (groups,)
        measure: what the change is of, with its unit.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.04)
    flux = spectrum.decoded if spectrum.flux is None else np.where(spectrum.bad, np.nan, spectrum.flux)
    kept = decimate(flux)
    line = {"color": theme.ink, "width": 1}
    x, y = (values[kept].astype(np.float32) for values in (spectrum.wavelength, flux))
    figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip"), row=1, col=1)
    placed = [(group.stretch, value) for group, value in zip(groups, change, strict=True) if group.stretch]
    ends, values = np.array([stretch for stretch, _ in placed]), np.array([value for _, value in placed])
    figure.add_trace(
        go.Bar(
            x=ends.mean(axis=1),
            width=ends[:, 1] - ends[:, 0],
            y=values,
            customdata=ends,
            marker={"color": np.where(values >= 0, theme.accent, theme.high), "line": {"width": 0}},
            hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f} Å: %{y:+.2f}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    low, high = flux_range(flux, spectrum.decoded, spectrum.bad)
    figure.update_yaxes(title_text=FLUX_TITLE, range=[low, high], row=1, col=1)
    figure.update_yaxes(title_text=measure, row=2, col=1)
    figure.update_xaxes(range=[float(spectrum.wavelength[0]), float(spectrum.wavelength[-1])], showgrid=False)
    figure.update_xaxes(title_text=WAVELENGTH_TITLE, tickformat="d", row=2, col=1)
    margin = {"l": 8, "r": 8, "t": 12 + LABEL_ROW_HEIGHT * LABEL_ROWS, "b": 8}
    return figure.update_layout(template=template(theme), height=430, margin=margin, showlegend=False)


def image_reasons(
    image: ImageResult,
    groups: Sequence[TokenGroup],
    change: Floats,
    *,
    measure: str,
    stacked: bool = False,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The image, and beside or below it what each patch of it changed; as in `spectrum_reasons`."""
    rows, columns = (2, 1) if stacked else (1, 2)
    titles, gaps = ["Image", measure], {"horizontal_spacing": 0.035, "vertical_spacing": 0.06}
    figure = make_subplots(rows=rows, cols=columns, subplot_titles=titles, **gaps)
    places = [{"row": i, "col": 1} if stacked else {"row": 1, "col": i} for i in (1, 2)]
    shown = image.decoded if image.original is None else image.original
    figure.add_trace(pixel_trace(color_picture(shown, image, ImageView()), image.pixel_scale), **places[0])
    patches = [(*group.patch, value) for group, value in zip(groups, change, strict=True) if group.patch]
    size = patches[0][2]
    side = 1 + max(row for row, *_ in patches) // size
    grid = np.full((side, side), np.nan)
    for row, column, _, value in patches:
        grid[row // size, column // size] = value
    step = (image.pixel_scale or 1.0) * size
    most = float(np.nanmax(np.abs(grid))) or 1.0
    figure.add_trace(
        go.Heatmap(
            z=grid,
            x0=-(side - 1) / 2 * step,
            dx=step,
            y0=-(side - 1) / 2 * step,
            dy=step,
            colorscale=[[0.0, theme.high], [0.5, theme.middle], [1.0, theme.accent]],
            zmin=-most,
            zmax=most,
            colorbar=colorbar(measure) | ({"y": 0, "yanchor": "bottom", "len": 0.47} if stacked else {}),
            hovertemplate="%{z:+.3f}<extra></extra>",
        ),
        **places[1],
    )
    square_axes(figure, shown.shape, image.pixel_scale, places)
    margin = {"l": 8, "r": 8, "t": 30, "b": 8}
    figure.update_layout(template=template(theme), height=680 if stacked else 410, margin=margin)
    return figure.update_annotations({"font": {"color": theme.ink, "size": 13}}, selector={"yref": "paper"})
