"""Figures of p(z): credible regions, peaks, marks, and the density of each choice of modalities."""

import numpy as np
import pytest

from aion.explorer import figures
from tests.explorer.figures import samples
from tests.explorer.figures.conftest import trace


def test_the_filled_regions_of_the_redshift_are_its_credible_regions():
    pdf = samples.pdf((0.3, 0.004, 1.0), (1.2, 0.004, 0.8))
    filled = [item for item in figures.redshift(pdf).data if item.fill == "tozeroy"]
    spans = {item.name: [] for item in filled}
    for item in filled:
        spans[item.name].append((min(item.x), max(item.x)))
    assert spans["68 % region"] == [pytest.approx(interval) for interval in pdf.ci68]
    assert spans["95 % region"] == [pytest.approx(interval) for interval in pdf.ci95]
    area = sum(np.trapezoid(item.y, item.x) for item in filled if item.name == "68 % region")
    assert area == pytest.approx(0.68, abs=1e-6)


def test_peaks_reference_and_chosen_redshift_are_marked():
    pdf = samples.pdf((0.3, 0.004, 1.0), (1.2, 0.004, 0.8))
    figure = figures.redshift(pdf, z=0.31, reference=0.305)
    assert list(trace(figure, "Peaks").x) == [peak.z for peak in pdf.peaks]
    lines = {shape.name: shape.x0 for shape in figure.layout.shapes}
    assert lines == {"Chosen z": 0.31, "Reference z": 0.305}


def test_the_redshift_shows_its_peaks_or_the_whole_grid():
    pdf = samples.pdf((0.3, 0.004, 1.0))
    low, high = figures.redshift(pdf).layout.xaxis.range
    assert 0.2 < low < 0.3 < high < 0.4
    low, high = figures.redshift(pdf, extent="grid").layout.xaxis.range
    assert (low, high) == (pytest.approx(pdf.edges[0]), pytest.approx(pdf.edges[-1]))


def test_a_click_anywhere_on_the_density_gives_the_middle_of_its_bin():
    pdf = samples.pdf((0.3, 0.01, 1.0))
    density = trace(figures.redshift(pdf), "p(z)")
    np.testing.assert_array_equal(density.customdata, np.repeat(pdf.z, 2))
    assert all(
        low <= z <= high
        for low, z, high in zip(density.x[::2], density.customdata[::2], density.x[1::2], strict=True)
    )
    assert list(trace(figures.redshift(pdf), "Peaks").customdata) == [peak.z for peak in pdf.peaks]


def test_mode_median_and_mean_are_marked_by_name():
    pdf = samples.pdf((0.3, 0.01, 1.0), (1.2, 0.05, 0.8))
    figure = figures.redshift(pdf)
    marked = {name: trace(figure, name).x[0] for name in ("Mode", "Median", "Mean")}
    assert marked == {"Mode": pdf.mode, "Median": pdf.median, "Mean": pdf.mean}


def test_a_logarithmic_density_shows_five_decades():
    axis = figures.redshift(samples.pdf((0.3, 0.01, 1.0)), log=True).layout.yaxis
    assert axis.type == "log" and 5 < axis.range[1] - axis.range[0] < 6


def test_each_choice_of_modalities_has_its_row_on_one_redshift_axis():
    figure = figures.alone(
        {"Image": samples.pdf((0.3, 0.2, 1.0)), "All": samples.pdf((0.3, 0.01, 1.0))}, z=0.31, reference=0.3
    )
    assert [item.name for item in figure.data[:2]] == ["Image", "All"]
    assert figure.layout.xaxis.matches == "x2" and figure.layout.xaxis2.title.text == "Redshift z"
    assert all(max(item.y) == 1 for item in figure.data[:2])
    assert {shape.name: shape.x0 for shape in figure.layout.shapes} == {"Chosen z": 0.31, "Reference z": 0.3}
