"""The sky: right ascension to the left, a degree as long upwards as across, and what is looked at marked."""

import numpy as np
import pytest

from aion.explorer import figures
from aion.explorer.figures import Coloring


def sky(ra, dec, **marks):
    """Objects 0, 1, ... of one group."""
    ra, dec = np.array(ra, float), np.array(dec, float)
    return figures.sky(np.arange(len(ra)), ra, dec, Coloring("Class", ["galaxy"] * len(ra)), **marks)


def test_right_ascension_increases_to_the_left():
    figure = sky([10.0, 11.0], [1.0, 2.0])
    assert figure.layout.xaxis.autorange == "reversed" and figure.layout.yaxis.autorange is True
    assert figure.layout.xaxis.title.text == "RA (deg, ICRS)"
    assert list(figure.data[0].x) == [10.0, 11.0] and list(figure.data[0].customdata) == [0, 1]


@pytest.mark.parametrize(("dec", "stretch"), [(0.0, 1.0), (60.0, 2.0), (-60.0, 2.0), (90.0, 1000.0)])
def test_a_degree_is_as_long_upwards_as_across(dec, stretch):
    axis = sky([10.0, 11.0], [dec, dec]).layout.yaxis
    assert axis.scaleanchor == "x" and axis.scaleratio == pytest.approx(stretch)


def test_a_field_across_ra_0_is_drawn_in_one_piece_and_says_so():
    figure = sky([359.75, 0.25, np.nan, 0.5], [1.0, 1.0, 1.0, np.nan])
    assert list(figure.data[0].x) == [-0.25, 0.25] and list(figure.data[0].customdata) == [0, 1]
    assert figure.layout.xaxis.title.text == "RA (deg, ICRS; below 0: add 360)"


@pytest.mark.parametrize("ra", [[0.0, 90.0, 180.0, 270.0, 359.0], [100.0, 200.0], [350.0], []])
def test_right_ascensions_that_need_no_shift_stay_as_they_are(ra):
    figure = sky(ra, np.zeros(len(ra)))
    assert [x for trace in figure.data for x in trace.x] == ra
    assert figure.layout.xaxis.title.text == "RA (deg, ICRS)"


def test_the_target_has_a_cross_and_a_name_and_its_neighbors_have_rings():
    marks = {"target": (359.5, 2.0), "neighbors": [(0.5, 2.0), (359.0, 2.1)]}
    figure = sky([359.0, 0.5, 0.25], [2.1, 2.0, 2.0], **marks)
    rings = [shape for shape in figure.layout.shapes if shape.type == "circle"]
    assert [(ring.xanchor, ring.yanchor) for ring in rings] == [(0.5, 2.0), (-1.0, 2.1)]
    assert {(ring.xsizemode, ring.x0, ring.x1) for ring in rings} == {("pixel", -8, 8)}
    cross = [shape for shape in figure.layout.shapes if shape.type == "path"]
    assert {(part.xanchor, part.yanchor) for part in cross} == {(-0.5, 2.0)}
    [label] = figure.layout.annotations
    assert (label.text, label.x, label.y) == ("this object", -0.5, 2.0)


def test_points_keep_the_digits_of_their_positions():
    assert sky([359.0 + 1e-7], [1.0 + 1e-9]).data[0].x[0] == 359.0 + 1e-7
