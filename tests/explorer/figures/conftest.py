"""What the tests of figures look at: titles of axes, traces, pixels; and a plot of a small catalog."""

import base64
import io

import numpy as np
from PIL import Image

from aion.explorer import figures
from aion.explorer.figures import LIGHT


def titles(figure, axis):
    """Of all axes that are shown, ``axis`` "x" or "y"."""
    return [
        getattr(item.title, "text", None)
        for item in getattr(figure, f"select_{axis}axes")()
        if item.visible is not False
    ]


def trace(figure, name):
    """The one with this name."""
    return next(item for item in figure.data if item.name == name)


def pixels(url):
    """(height, width, 3) of a data URL."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def catalog(colors, *, theme=LIGHT, z=(0.1, 0.2), magnitude=(18.0, 20.0)):
    """Objects 10, 11, ... by redshift and magnitude."""
    axes = (
        figures.Axis("Redshift z", np.array(z)),
        figures.Axis("r (AB mag)", np.array(magnitude), reverse=True),
    )
    return figures.scatter(10 + np.arange(len(z)), *axes, figures.Coloring("Class", colors), theme=theme)
