"""Long series become short ones that look the same."""

import numpy as np

from aion.explorer.figures.sampling import decimate, flux_range, runs, smooth


def test_a_short_series_is_drawn_whole():
    assert decimate(np.zeros(500)).tolist() == list(range(500))


def test_a_line_of_one_pixel_survives_decimation_with_its_height():
    values = np.zeros(100_000)
    values[54_321], values[99_999] = 7.0, -3.0
    kept = decimate(values, points=2_000)
    assert len(kept) <= 2_000
    assert {54_321, 99_999} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()


def test_a_gap_stays_a_gap():
    values = np.ones(50_000)
    values[20_000:30_000] = np.nan
    assert np.isnan(values[decimate(values, points=1_000)]).any()


def test_masked_pixels_become_stretches_and_small_holes_are_bridged():
    flags = np.zeros(30, dtype=bool)
    flags[[2, 3, 6, 20]] = True
    assert runs(flags) == [(2, 6), (20, 20)]
    assert runs(np.zeros(4, dtype=bool)) == []


def test_the_flux_range_ignores_one_hot_pixel_but_shows_a_line():
    flux = np.ones(1000)
    flux[500] = 1e4
    flux[700:704] = 30.0
    low, high = flux_range(flux, np.ones(1000), np.zeros(1000, dtype=bool))
    assert low <= 0 and 30 < high < 100


def test_a_spectrum_without_a_good_pixel_still_has_a_range():
    low, high = flux_range(np.full(5, np.nan), np.full(5, np.nan), np.ones(5, dtype=bool))
    assert low < high


def test_smoothing_is_a_mean_weighted_by_the_inverse_variance_and_leaves_masked_pixels_out():
    flux, sigma = np.array([1.0, 3.0, 100.0, 5.0, 7.0]), np.array([1.0, 0.5, 1.0, 1.0, 1.0])
    bad = np.array([False, False, True, False, False])
    smoothed, error = smooth(flux, sigma, bad, 3)
    assert smoothed[1] == (1 * 1 + 3 * 4) / 5
    assert error[1] == 1 / np.sqrt(5)
    assert smoothed[3] == 6.0
    alone, _ = smooth(flux, sigma, np.ones(5, dtype=bool), 3)
    assert np.isnan(alone).all()
    assert smooth(flux, sigma, bad, 1)[0] is flux
