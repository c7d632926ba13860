"""Densities against truths, each number on a case that can be done by hand."""

import numpy as np
import pytest

from aion.redshift import RedshiftPDF
from aion.redshift_scores import (
    Redshifts,
    anderson_darling,
    covered_shares,
    ks_distance,
    redshift_errors,
    sigma_nmad,
    summarize,
)


def flat(low: float, high: float, bins: int = 100) -> RedshiftPDF:
    """Equal probability between two redshifts."""
    return RedshiftPDF(np.linspace(low, high, bins + 1), np.full(bins, 1 / bins))


def peak(z: float) -> RedshiftPDF:
    """Everything within 0.002 around z, on a grid from z - 0.101 to z + 0.101."""
    probability = np.zeros(101)
    probability[50] = 1.0
    return RedshiftPDF(z + 0.002 * (np.arange(102) - 50.5), probability)


def redshifts(pdfs: list[RedshiftPDF], truth: list[float]) -> Redshifts:
    parts = [Redshifts.of([pdf], np.array([z])) for pdf, z in zip(pdfs, truth, strict=True)]
    return Redshifts.joined(parts) if parts else Redshifts.of([], np.array([]))


def test_an_error_is_relative_to_one_plus_z():
    np.testing.assert_allclose(redshift_errors(np.array([1.1, 0.0]), np.array([1.0, 0.25])), [0.05, -0.2])


def test_the_scatter_is_the_median_deviation_scaled_to_a_gaussian_and_ignores_outliers_and_bias():
    assert sigma_nmad(np.array([4.0, 5.0, 6.0, 105.0])) == pytest.approx(1.4826)


def test_pit_is_the_probability_below_the_truth():
    np.testing.assert_allclose(
        redshifts([flat(0, 2)] * 4, [-1.0, 0.5, 1.0, 3.0]).below, [0, 0.25, 0.5, 1], atol=1e-12
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.5], 0.5), ([0.125, 0.375, 0.625, 0.875], 0.125), ([1.0, 1.0], 1.0), ([0.0, 0.0], 1.0)],
)
def test_the_ks_distance_is_that_to_the_uniform_distribution(values, expected):
    assert ks_distance(np.array(values)) == pytest.approx(expected)


@pytest.mark.parametrize("shape", ["peak", "flat", "two peaks", "ragged"])
def test_the_truth_enters_the_highest_density_region_at_its_level(shape):
    bins = np.arange(40)
    mass = {
        "peak": np.exp(-0.5 * ((bins - 12.3) / 3) ** 2),
        "flat": np.ones(40),
        "two peaks": np.exp(-0.5 * ((bins - 8) / 2) ** 2) + 0.8 * np.exp(-0.5 * ((bins - 30) / 1.5) ** 2),
        "ragged": np.random.default_rng(3).random(40),
    }[shape]
    pdf = RedshiftPDF(np.linspace(0, 4, 41), mass / mass.sum())
    for z in np.linspace(0.013, 3.987, 60):
        for level in np.linspace(0.05, 0.95, 10):
            inside = any(low <= z <= high for low, high in pdf.region(level))
            assert inside == (redshifts([pdf], [z]).level[0] <= level), f"z {z} at {level}"


def test_no_region_holds_what_lies_outside_the_grid():
    assert (redshifts([flat(0, 1)] * 2, [1.2, -0.1]).level == np.inf).all()


def test_the_peak_is_the_mode_and_three_bins_on_both_sides():
    assert redshifts([peak(0.5)], [0.5]).peak[0] == pytest.approx(1)
    mass = np.array([0, 0, 0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3])
    assert redshifts([RedshiftPDF(np.arange(10.0), mass)], [5.0]).peak[0] == pytest.approx(0.7)


def test_columns_are_chosen_and_joined_row_by_row():
    first, second = redshifts([peak(0.1), peak(0.2)], [0.1, 0.3]), redshifts([peak(0.5)], [0.6])
    both = Redshifts.joined([first, second])
    np.testing.assert_allclose(both.truth, [0.1, 0.3, 0.6])
    np.testing.assert_allclose(both[np.array([False, True, True])].mode, [0.2, 0.5])


def test_the_crps_is_the_integral_of_the_squared_distance_to_the_step():
    pdf = flat(0, 2, bins=7)
    for z in (0.3, 1.0, 1.9, 2.5, -0.5):
        fine = np.linspace(-1, 3, 400_001)
        cumulative = np.interp(fine, [0, 2], [0, 1])
        integral = np.trapezoid((cumulative - (fine >= z)) ** 2, fine)
        assert redshifts([pdf], [z]).crps[0] == pytest.approx(integral, abs=1e-4)


def test_the_density_at_the_truth_and_its_square_make_the_cde_loss():
    found = redshifts([flat(0, 2), flat(0, 2)], [0.5, 3.0])
    assert found.density == pytest.approx([0.5, 0.0]) and found.squared == pytest.approx(0.5)
    assert summarize(found, "mode", 0.1)["CDE loss"].value == pytest.approx(0.5 - 2 * 0.25)


def test_anderson_and_darling_see_what_is_not_uniform():
    even = (np.arange(200) + 0.5) / 200
    assert anderson_darling(even) < 0.2
    assert anderson_darling(even**2) > 2.49
    assert np.isfinite(anderson_darling(np.array([0.0, 1.0])))


def test_coverage_is_the_share_of_truths_in_the_region_of_each_level():
    found = redshifts([flat(0, 1)] * 100, list((np.arange(100) + 0.5) / 100))
    np.testing.assert_allclose(covered_shares(found, (0.1, 0.5, 0.9)), (0.1, 0.5, 0.9), atol=0.02)


def test_a_bootstrap_error_is_that_of_a_share_and_the_same_each_time():
    found = redshifts([peak(0.5)] * 300, [0.5] * 210 + [0.55] * 90)
    outliers = summarize(found, "mode", 0.01)["outliers > 0.01"]
    assert outliers.value == pytest.approx(0.3)
    assert outliers.error == pytest.approx(np.sqrt(0.3 * 0.7 / 300), rel=0.3)
    assert summarize(found, "mode", 0.01)["outliers > 0.01"] == outliers


def test_of_nothing_every_number_is_missing():
    assert all(np.isnan(one.value) for one in summarize(redshifts([], []), "median", 0.15).values())
