"""An image, what its tokens kept and the difference, side by side with one stretch and one zoom. Fluxes in nanomaggies per pixel."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from aion.explorer.figures import stretch
from aion.explorer.figures.theme import LIGHT, Theme, colorbar, template
from aion.explorer.results import ImageResult

Floats = NDArray[np.floating[Any]]

UNIT = "nanomaggies per pixel"
HEIGHT = 410
BARS = (10.0, 5.0, 2.0, 1.0)
"""Lengths a scale bar may have, arcsec; the longest that spans at most a third of the field is drawn."""


def panels(image: ImageResult, *, band: str | None = None, theme: Theme = LIGHT) -> go.Figure:
    """Original | decoded | residual; decoded alone where there is no original.

    Args:
        band: one of ``image.bands`` for a single band; None for a colour image, whose residual is the mean over the bands.
    """
    titles = ["Decoded"] if image.original is None else ["Original", "Decoded", "Residual"]
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles, horizontal_spacing=0.035)
    pictures = _pictures(image, band)
    for column, picture in enumerate(pictures, start=1):
        figure.add_trace(_trace(picture, image.pixel_scale), row=1, col=column)
    if image.original is not None:
        figure.add_trace(_residual(image, band, theme), row=1, col=3)
    _axes(figure, image, len(titles))
    if image.pixel_scale is not None:
        _scale_bar(figure, image, image.pixel_scale)
    figure.update_layout(
        template=template(theme),
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        uirevision=f"{float(np.nansum(image.decoded)):.8g}",
    )
    figure.update_annotations({"font": {"color": theme.ink, "size": 13}}, selector={"yref": "paper"})
    return figure


def image_url(image: ImageResult) -> str:
    """The image in color as a data URL, as given where it was, else decoded."""
    shown = image.decoded if image.original is None else image.original
    return stretch.png_url(stretch.colour(shown, image.bands, stretch.colour_stretch(shown, image.bands)))


def _pictures(image: ImageResult, band: str | None) -> list[tuple[stretch.Pixels, Floats, str]]:
    """Pixels, the fluxes behind them (height, width, shown on hover) and how to write one, of the original and the decoded image."""
    sources = [image.decoded] if image.original is None else [image.original, image.decoded]
    if band is None:
        common = stretch.colour_stretch(sources[0], image.bands)
        pixels = [stretch.colour(flux, image.bands, common) for flux in sources]
        hover = "<br>".join(f"{name} %{{customdata[{index}]:.3g}}" for index, name in enumerate(image.bands))
        return [(shown, np.moveaxis(flux, 0, -1), hover) for shown, flux in zip(pixels, sources, strict=True)]
    index = image.bands.index(band)
    one = stretch.band_stretch(sources[0][index])
    grey = [np.clip(one(np.nan_to_num(flux[index])), 0, 1) for flux in sources]
    pixels = [np.repeat((plane[..., None] * 255).astype(np.uint8), 3, axis=-1) for plane in grey]
    hover = f"{band} %{{customdata[0]:.3g}}"
    return [(shown, flux[index][..., None], hover) for shown, flux in zip(pixels, sources, strict=True)]


def _trace(picture: tuple[stretch.Pixels, Floats, str], pixel_scale: float | None) -> go.Image:
    pixels, flux, hover = picture
    height, width = pixels.shape[:2]
    step = pixel_scale or 1.0
    return go.Image(
        z=pixels,
        x0=-(width - 1) / 2 * step,
        dx=step,
        y0=-(height - 1) / 2 * step,
        dy=step,
        customdata=np.round(flux, 4),
        hovertemplate=f"{hover}<br>{UNIT}<extra></extra>",
    )


def _residual(image: ImageResult, band: str | None, theme: Theme) -> go.Heatmap:
    assert image.original is not None
    difference = image.original - image.decoded
    plane = np.nanmean(difference, axis=0) if band is None else difference[image.bands.index(band)]
    finite = np.abs(plane[np.isfinite(plane)])
    limit = float(np.percentile(finite, 99.5)) if finite.size else 1.0
    height, width = plane.shape
    step = image.pixel_scale or 1.0
    what = "mean over bands" if band is None else band
    return go.Heatmap(
        z=plane,
        x0=-(width - 1) / 2 * step,
        dx=step,
        y0=-(height - 1) / 2 * step,
        dy=step,
        zmin=-limit or -1.0,
        zmax=limit or 1.0,
        colorscale=theme.diverging,
        colorbar=colorbar(f"Residual ({UNIT})"),
        hovertemplate=f"residual, {what}<br>%{{z:.3g}} {UNIT}<extra></extra>",
    )


def _axes(figure: go.Figure, image: ImageResult, count: int) -> None:
    """Square pixels, first row at the bottom, one zoom for all panels."""
    height, width = image.decoded.shape[-2:]
    step = image.pixel_scale or 1.0
    unit = "arcsec" if image.pixel_scale is not None else "pixels"
    for column in range(1, count + 1):
        figure.update_xaxes(
            title_text=f"x ({unit})",
            range=[-width / 2 * step, width / 2 * step],
            constrain="domain",
            matches="x",
            showgrid=False,
            row=1,
            col=column,
        )
        figure.update_yaxes(
            title_text=f"y ({unit})" if column == 1 else None,
            showticklabels=column == 1,
            range=[-height / 2 * step, height / 2 * step],
            scaleanchor="x" if column == 1 else f"x{column}",
            constrain="domain",
            matches="y",
            showgrid=False,
            row=1,
            col=column,
        )


def _scale_bar(figure: go.Figure, image: ImageResult, pixel_scale: float) -> None:
    """A white bar with its length in arcsec, low on the left of the first panel."""
    width = image.decoded.shape[-1] * pixel_scale
    height = image.decoded.shape[-2] * pixel_scale
    length = next((bar for bar in BARS if bar <= width / 3), BARS[-1])
    x, y = -0.44 * width, -0.42 * height
    figure.add_shape(type="line", x0=x, x1=x + length, y0=y, y1=y, line={"color": "white", "width": 2}, row=1, col=1)
    figure.add_annotation(
        x=x + length / 2, y=y, text=f"{length:g}″", yshift=10, showarrow=False, font={"color": "white", "size": 12}, row=1, col=1
    )
