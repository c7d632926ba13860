"""A spectrum or p(z) as a drawing of a kilobyte, to be recognized at a glance: an SVG as a data URL."""

import base64

import numpy as np

from aion.catalog import SmallSpectrum
from aion.explorer.figures.sampling import runs
from aion.explorer.figures.theme import LIGHT, Theme
from aion.explorer.results import Floats

WIDTH, HEIGHT = 160, 44
"""Units of the drawing; it fills the width it is given."""


def spark(spectrum: SmallSpectrum, *, theme: Theme = LIGHT) -> str:
    """Flux against ln wavelength, from zero or below to the highest; gaps stay gaps."""
    flux = _shorten(np.asarray(spectrum.flux, dtype=float))
    ends = np.log([spectrum.wavelength[0], spectrum.wavelength[-1]])
    place = np.log(_shorten(np.asarray(spectrum.wavelength, dtype=float)))
    x = (place - ends[0]) / (ends[1] - ends[0]) * WIDTH
    seen = flux[np.isfinite(flux)]
    low, high = min(float(np.percentile(seen, 1)), 0.0), float(seen.max())
    y = HEIGHT - 1 - (np.clip(flux, low, high) - low) / ((high - low) or 1.0) * (HEIGHT - 2)
    lines = [
        "L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in range(first, last + 1))
        for first, last in runs(np.isfinite(flux), bridge=0)
    ]
    return _drawing("".join(f"M{line}" for line in lines), theme.ink)


def spark_redshift(probability: Floats, edges: Floats, *, theme: Theme = LIGHT) -> str:
    """p(z) against ln(1 + z), from zero to its highest, of which no peak is lost.

    Args:
        probability: (bins,) in each bin.
        edges: (bins + 1,) of redshift.
    """
    density = probability / np.diff(edges)
    place = np.log1p((edges[1:] + edges[:-1]) / 2)
    column = ((place - place[0]) / (place[-1] - place[0]) * (WIDTH - 1)).astype(int)
    height = np.zeros(WIDTH)
    np.maximum.at(height, column, density)
    y = HEIGHT - 1 - height / (height.max() or 1.0) * (HEIGHT - 2)
    points = [f"{x} {y[x]:.1f}" for x in np.unique(column)]
    return _drawing("M" + "L".join(points), theme.accent)


def _drawing(path: str, color: str) -> str:
    """A line as an address that needs no server."""
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">'
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.2" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()


def _shorten(values: Floats) -> Floats:
    """Means of neighboring values, at most ``WIDTH`` of them; NaN where all are."""
    if len(values) <= WIDTH:
        return values
    step = -(-len(values) // WIDTH)
    blocks = np.pad(values, (0, -len(values) % step), constant_values=np.nan).reshape(-1, step)
    known = np.isfinite(blocks)
    mean: Floats = np.divide(
        np.nansum(blocks, axis=1),
        known.sum(axis=1),
        out=np.full(len(blocks), np.nan),
        where=known.any(axis=1),
    )
    return mean
