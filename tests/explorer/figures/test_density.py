"""Too many objects to draw each: a density of all, some as points, and all of a small part."""

import numpy as np

from aion.explorer import figures
from aion.explorer.figures import density

N = 50_000


def cloud() -> tuple[np.ndarray, np.ndarray]:
    x, y = np.random.default_rng(0).normal(size=(2, N)).astype(np.float32)
    x[:100] = np.nan
    return x, y


def test_many_objects_are_a_density_and_a_sample():
    x, y = cloud()
    choice = figures.choose_points(x, y, None)
    assert choice.is_crowded and len(choice.shown) == density.SAMPLE and len(choice.inside) == N - 100
    assert np.isin(choice.shown, choice.inside).all()
    axes = (figures.Axis(name, values[choice.shown]) for name, values in (("x", x), ("y", y)))
    points = figures.scatter(choice.shown, *axes, figures.Coloring("", ["star"] * len(choice.shown)))
    drawing = figures.draw_density(points, x[choice.inside], y[choice.inside])
    shades, over = drawing.data
    assert shades.type == "heatmap" and over.type == "scattergl" and len(over.x) == density.SAMPLE
    assert np.isclose(np.nansum(10 ** np.asarray(shades.z, float)), N - 100, rtol=1e-4)


def test_all_objects_of_a_small_window_are_points():
    x, y = cloud()
    choice = figures.choose_points(x, y, figures.PlotWindow((0.3, 0.0), (-0.1, 0.2)))
    expected = np.flatnonzero((x >= 0) & (x <= 0.3) & (y >= -0.1) & (y <= 0.2))
    assert not choice.is_crowded and choice.shown.tolist() == expected.tolist()
