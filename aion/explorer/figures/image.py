"""An image, what its tokens kept and the difference, side by side with one stretch and one zoom. Fluxes in
nanomaggies per pixel."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image
from plotly.subplots import make_subplots

from aion import color_image
from aion.explorer.figures.theme import LIGHT, Theme, colorbar, template
from aion.explorer.results import ImageResult

Floats = NDArray[np.floating[Any]]

UNIT = "nanomaggies per pixel"
HEIGHT, STACKED_HEIGHT = 410, 330
"""Pixels of panels side by side, and of each where they are one below the other."""
ONE_PLACE = ({"row": 1, "col": 1},)
CHI_LIMIT = 5.0
"""σ shown on both sides of zero."""
BARS = (60.0, 30.0, 10.0, 5.0, 2.0, 1.0)
"""Lengths a scale bar may have, arcsec; the longest that spans at most a third of the field is drawn."""


WHOLE_PIXELS = 512
"""Pixels on a side of a whole cutout that are drawn at most: of a larger one every second, third ..."""
BLINK = 600
"""Milliseconds for which each picture is shown."""


@dataclass(frozen=True)
class ImageView:
    """How an image is looked at; the same for every panel, so that what differs is the data."""

    band: str | None = None
    """One of ``ImageResult.bands``; None for a color image, whose residual is the mean over the bands."""
    brightness: float = 1.0
    """Factor on top of the stretch that suits the original."""
    softening: float = color_image.SOFTENING
    """Q of Lupton et al. (2004): larger shows faint parts."""
    in_sigma: bool = False
    """The residual over the noise, where the input has an inverse variance."""


def panels(
    image: ImageResult, *, view: ImageView = ImageView(), stacked: bool = False, theme: Theme = LIGHT
) -> go.Figure:
    """Original | decoded | residual, or one below the other; decoded alone where there is no original."""
    titles = ["Decoded"] if image.original is None else ["Original", "Decoded", "Residual"]
    places = [{"row": i, "col": 1} if stacked else {"row": 1, "col": i} for i in range(1, len(titles) + 1)]
    rows, columns = (len(titles), 1) if stacked else (1, len(titles))
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, horizontal_spacing=0.035, vertical_spacing=0.05
    )
    for place, picture in zip(places, _pictures(image, view), strict=False):
        figure.add_trace(pixel_trace(picture, image.pixel_scale), **place)
    if image.original is not None:
        figure.add_trace(_residual(image, view, theme), **places[2])
    square_axes(figure, image.decoded.shape, image.pixel_scale, places)
    _annotate(figure, image, image.decoded.shape)
    if stacked:
        figure.update_traces(colorbar={"y": 0, "yanchor": "bottom", "len": 0.3}, selector={"type": "heatmap"})
    return _finish(figure, image, theme).update_layout(
        height=HEIGHT if not stacked else STACKED_HEIGHT * len(titles)
    )


def blink(image: ImageResult, *, view: ImageView = ImageView(), theme: Theme = LIGHT) -> go.Figure:
    """Original and decoded in one place: shown by hand with the slider, or in turn with the button. The image
    must have an original."""
    figure = make_subplots(rows=1, cols=1)
    names = ("Original", "Decoded")
    for name, picture in zip(names, _pictures(image, view), strict=True):
        figure.add_trace(
            pixel_trace(picture, image.pixel_scale).update(name=name, visible=name == "Original")
        )
    shown = [[name == other for other in names] for name in names]
    figure.frames = [
        go.Frame(name=name, data=[{"type": "image", "visible": on} for on in flags])
        for name, flags in zip(names, shown, strict=True)
    ]
    turns = {"frame": {"duration": BLINK, "redraw": True}, "transition": {"duration": 0}, "mode": "immediate"}
    once = {**turns, "frame": {"duration": 0, "redraw": True}}
    steps = [{"label": name, "method": "animate", "args": [[name], once]} for name in names]
    button = {"label": "Blink", "method": "animate", "args": [[*names] * 5, turns]}
    place = {"x": 0.5, "xanchor": "center", "font": {"color": theme.ink}}
    figure.update_layout(
        sliders=[{"steps": steps, "len": 0.4, "y": -0.12, "currentvalue": {"prefix": "Shown: "}, **place}],
        updatemenus=[
            {
                "type": "buttons",
                "buttons": [button],
                "y": 1.02,
                "yanchor": "bottom",
                "showactive": False,
                **place,
            }
        ],
    )
    square_axes(figure, image.decoded.shape, image.pixel_scale)
    _annotate(figure, image, image.decoded.shape)
    return _finish(figure, image, theme).update_layout(height=HEIGHT + 150, margin={"t": 46})


def whole(image: ImageResult, *, view: ImageView = ImageView(), theme: Theme = LIGHT) -> go.Figure:
    """The cutout as given, with the field that the model sees drawn on it. Needs ``image.whole``."""
    assert image.whole is not None
    thinned, every = _thinned(image.whole)
    step = image.pixel_scale or 1.0
    figure = make_subplots(rows=1, cols=1)
    figure.add_trace(pixel_trace(color_picture(thinned, image, view), step * every))
    half = image.decoded.shape[-1] / 2 * step
    figure.add_shape(
        type="rect",
        x0=-half,
        x1=half,
        y0=-half,
        y1=half,
        line={"color": "white", "width": 1.5, "dash": "dot"},
        name="field",
    )
    label = f"{image.decoded.shape[-1]} px read by the model"
    figure.add_annotation(
        x=0, y=half, text=label, yshift=9, showarrow=False, font={"color": "white", "size": 12}
    )
    square_axes(figure, image.whole.shape, image.pixel_scale)
    _annotate(figure, image, image.whole.shape)
    return _finish(figure, image, theme).update_layout(height=HEIGHT + 100)


def _finish(figure: go.Figure, image: ImageResult, theme: Theme) -> go.Figure:
    """Theme, size and the colors of the panels' titles."""
    figure.update_layout(template=template(theme), height=HEIGHT, margin={"l": 8, "r": 8, "t": 30, "b": 8})
    return figure.update_annotations({"font": {"color": theme.ink, "size": 13}}, selector={"yref": "paper"})


def picture_urls(image: ImageResult, *, view: ImageView = ImageView()) -> tuple[str, str]:
    """Original and decoded as data URLs, with one stretch. The image must have an original."""
    original, decoded = (_png_url(pixels) for pixels, *_ in _pictures(image, view))
    return original, decoded


def image_url(image: ImageResult) -> str:
    """The image in color as a data URL, as given where it was, else decoded."""
    shown = image.decoded if image.original is None else image.original
    return _png_url(color_image.color(shown, image.bands, color_image.color_stretch(shown, image.bands)))


def cutout_url(image: ImageResult) -> tuple[str, int]:
    """The cutout as given, in color, as a data URL, and of how many of its pixels, in both directions, one is
    left. The image must have an original."""
    assert image.original is not None
    given, every = _thinned(image.original if image.whole is None else image.whole)
    stretch = color_image.color_stretch(image.original, image.bands)
    return _png_url(color_image.color(given, image.bands, stretch)), every


def _thinned(flux: Floats) -> tuple[Floats, int]:
    """Every n-th pixel of an image (bands, height, width), so that at most `WHOLE_PIXELS` are left on a side;
    and n."""
    every = -(-max(flux.shape[-2:]) // WHOLE_PIXELS)
    return flux[:, ::every, ::every], every


def _png_url(pixels: color_image.Pixels) -> str:
    """A data URL of (height, width, 3) pixels whose first row is the lowest, as in FITS."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[::-1])).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _pictures(image: ImageResult, view: ImageView) -> list[tuple[color_image.Pixels, Floats, str]]:
    """What `color_picture` makes of the original and the decoded image."""
    sources = [image.decoded] if image.original is None else [image.original, image.decoded]
    return [color_picture(flux, image, view) for flux in sources]


def color_picture(
    flux: Floats, image: ImageResult, view: ImageView
) -> tuple[color_image.Pixels, Floats, str]:
    """Pixels, what is behind them (height, width, numbers) and how a pointer is told; the stretch is that of
    the original."""
    reference = image.decoded if image.original is None else image.original
    if view.band is None:
        common = color_image.color_stretch(reference, image.bands).adjusted(view.brightness, view.softening)
        pixels = color_image.color(flux, image.bands, common)
        return pixels, *_hover_of(np.moveaxis(flux, 0, -1), image.bands, image.sky)
    index = image.bands.index(view.band)
    one = color_image.band_stretch(reference[index]).adjusted(view.brightness, view.softening)
    grey = np.clip(one(np.nan_to_num(flux[index])), 0, 1)
    pixels = np.repeat((grey[..., None] * 255).astype(np.uint8), 3, axis=-1)
    return pixels, *_hover_of(flux[index][..., None], (view.band,), image.sky)


def _hover_of(flux: Floats, bands: Sequence[str], sky: Floats | None) -> tuple[Floats, str]:
    """What a pointer is told of each pixel: fluxes (height, width, bands) and, on the field, RA and Dec."""
    lines = [f"{name} %{{customdata[{index}]:.3g}}" for index, name in enumerate(bands)]
    lines.append(UNIT)
    if sky is None or sky.shape[1:] != flux.shape[:2]:
        return np.round(flux, 4), "<br>".join(lines)
    ra, dec = len(bands), len(bands) + 1
    lines.append(f"RA %{{customdata[{ra}]:.5f}}, Dec %{{customdata[{dec}]:+.5f}}")
    return np.concatenate([np.round(flux, 4), np.moveaxis(sky, 0, -1)], axis=-1), "<br>".join(lines)


def pixel_trace(picture: tuple[color_image.Pixels, Floats, str], pixel_scale: float | None) -> go.Image:
    """What `color_picture` gives, centered on 0."""
    pixels, behind, hover = picture
    height, width = pixels.shape[:2]
    step = pixel_scale or 1.0
    return go.Image(
        source=_png_url(pixels[::-1]),  # drawn from its first row upwards
        x0=-(width - 1) / 2 * step,
        dx=step,
        y0=-(height - 1) / 2 * step,
        dy=step,
        customdata=behind.astype(np.float32),  # half of what a browser is sent
        hovertemplate=f"{hover}<extra></extra>",
    )


def _residual(image: ImageResult, view: ImageView, theme: Theme) -> go.Heatmap:
    assert image.original is not None
    difference = image.original - image.decoded
    what, unit = "mean over bands" if view.band is None else view.band, UNIT
    in_sigma = view.in_sigma and image.sigma is not None
    if view.in_sigma and image.sigma is not None:
        difference, unit = difference / image.sigma, "σ"
    if view.band is not None:
        plane = difference[image.bands.index(view.band)]
    elif in_sigma:  # the mean of n residuals in σ has an error of 1/√n
        plane = np.nanmean(difference, axis=0) * np.sqrt(len(image.bands))
    else:
        plane = np.nanmean(difference, axis=0)
    finite = np.abs(plane[np.isfinite(plane)])
    limit = CHI_LIMIT if in_sigma else (float(np.percentile(finite, 99.5)) if finite.size else 1.0)
    height, width = plane.shape
    step = image.pixel_scale or 1.0
    return go.Heatmap(
        z=plane.astype(np.float32),
        x0=-(width - 1) / 2 * step,
        dx=step,
        y0=-(height - 1) / 2 * step,
        dy=step,
        zmin=-limit or -1.0,
        zmax=limit or 1.0,
        colorscale=theme.diverging,
        colorbar=colorbar(f"Residual ({unit})"),
        hovertemplate=f"residual, {what}<br>%{{z:.3g}} {unit}<extra></extra>",
    )


def square_axes(
    figure: go.Figure,
    shape: tuple[int, ...],
    pixel_scale: float | None,
    places: Sequence[Mapping[str, int]] = ONE_PLACE,
) -> None:
    """Square pixels, first row at the bottom, one zoom for all panels."""
    height, width = shape[-2:]
    step = pixel_scale or 1.0
    unit = "arcsec" if pixel_scale is not None else "pixels"
    for number, place in enumerate(places, start=1):
        first_column, last_row = place["col"] == 1, place["row"] == places[-1]["row"]
        figure.update_xaxes(
            title_text=f"x ({unit})" if last_row else None,
            range=[-width / 2 * step, width / 2 * step],
            constrain="domain",
            matches="x",
            showgrid=False,
            **place,
        )
        figure.update_yaxes(
            title_text=f"y ({unit})" if first_column else None,
            showticklabels=first_column,
            range=[-height / 2 * step, height / 2 * step],
            scaleanchor="x" if number == 1 else f"x{number}",
            constrain="domain",
            matches="y",
            showgrid=False,
            **place,
        )


def _annotate(figure: go.Figure, image: ImageResult, shape: tuple[int, ...]) -> None:
    """Scale bar and compass in the first panel, as far as the input tells."""
    if image.pixel_scale is None:
        return
    height, width = (size * image.pixel_scale for size in shape[-2:])
    _scale_bar(figure, width, height)
    directions = compass(image.wcs)
    if directions is not None:
        _compass(figure, directions, width, height)


def compass(wcs: Mapping[str, Any]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Unit vectors (x, y) in pixels toward north and east, from the cards of a WCS; None where unknown."""
    try:
        if "CD1_1" in wcs:
            matrix = np.array([[wcs.get(f"CD{i}_{j}", 0.0) for j in (1, 2)] for i in (1, 2)], dtype=float)
        else:
            turned = [[wcs.get(f"PC{i}_{j}", float(i == j)) for j in (1, 2)] for i in (1, 2)]
            matrix = np.array([[float(wcs[f"CDELT{i}"])] for i in (1, 2)]) * np.array(turned, dtype=float)
        to_pixels = np.linalg.inv(
            matrix
        )  # columns: the pixels of one degree of right ascension (times cos Dec) and of declination
    except (KeyError, ValueError, np.linalg.LinAlgError):
        return None
    east, north = (column / np.linalg.norm(column) for column in to_pixels.T)
    return (float(north[0]), float(north[1])), (float(east[0]), float(east[1]))


def _compass(
    figure: go.Figure,
    directions: tuple[tuple[float, float], tuple[float, float]],
    width: float,
    height: float,
) -> None:
    """White arrows with N and E, low on the right of the first panel."""
    x, y, length = 0.38 * width, -0.42 * height, 0.09 * min(width, height)
    for name, (dx, dy) in zip("NE", directions, strict=True):
        tip = (x + length * dx, y + length * dy)
        figure.add_shape(
            type="line",
            x0=x,
            y0=y,
            x1=tip[0],
            y1=tip[1],
            line={"color": "white", "width": 1.5},
            name=name,
            row=1,
            col=1,
        )
        at = (x + 1.4 * length * dx, y + 1.4 * length * dy)
        figure.add_annotation(
            x=at[0], y=at[1], text=name, showarrow=False, font={"color": "white", "size": 11}, row=1, col=1
        )


def _scale_bar(figure: go.Figure, width: float, height: float) -> None:
    """A white bar with its length in arcsec, low on the left of the first panel; its sides are in arcsec."""
    length = next((bar for bar in BARS if bar <= width / 3), BARS[-1])
    x, y = -0.44 * width, -0.42 * height
    figure.add_shape(
        type="line",
        x0=x,
        x1=x + length,
        y0=y,
        y1=y,
        line={"color": "white", "width": 2},
        name="scale",
        row=1,
        col=1,
    )
    figure.add_annotation(
        x=x + length / 2,
        y=y,
        text=f"{length:g}″",
        yshift=10,
        showarrow=False,
        font={"color": "white", "size": 12},
        row=1,
        col=1,
    )
