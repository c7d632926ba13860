"""Numbers of an evaluation, each on a case that can be done by hand."""

import numpy as np
import pytest

from aion.redshift import RedshiftPDF
from aion.training import metrics


def flat(low: float, high: float, bins: int = 100) -> RedshiftPDF:
    """Equal probability between two redshifts."""
    return RedshiftPDF(np.linspace(low, high, bins + 1), np.full(bins, 1 / bins))


def peak(z: float) -> RedshiftPDF:
    """Everything within 0.002 around z, on a grid from z - 0.101 to z + 0.101."""
    probability = np.zeros(101)
    probability[50] = 1.0
    return RedshiftPDF(z + 0.002 * (np.arange(102) - 50.5), probability)


def test_an_error_is_relative_to_one_plus_z():
    np.testing.assert_allclose(metrics.redshift_errors(np.array([1.1, 0.0]), np.array([1.0, 0.25])), [0.05, -0.2])


def test_the_scatter_is_the_median_deviation_scaled_to_a_gaussian_and_ignores_outliers_and_bias():
    assert metrics.sigma_nmad(np.array([4.0, 5.0, 6.0, 105.0])) == pytest.approx(1.4826)


def test_pit_is_the_probability_below_the_truth():
    np.testing.assert_allclose(metrics.pit([flat(0, 2)] * 4, np.array([-1.0, 0.5, 1.0, 3.0])), [0, 0.25, 0.5, 1])


@pytest.mark.parametrize(
    ("values", "expected"), [([0.5], 0.5), ([0.125, 0.375, 0.625, 0.875], 0.125), ([1.0, 1.0], 1.0), ([0.0, 0.0], 1.0)]
)
def test_the_ks_distance_is_that_to_the_uniform_distribution(values, expected):
    assert metrics.ks_distance(np.array(values)) == pytest.approx(expected)


def test_coverage_counts_the_truths_inside_the_region():
    assert metrics.coverage([flat(0, 1)] * 4, np.array([0.5, 0.6, 3.0, 2.0]), 0.68) == pytest.approx(0.5)


def test_densities_that_say_what_they_should_are_calibrated():
    truth = (np.arange(200) + 0.5) / 200
    calibration = metrics.calibration([flat(0, 1)] * 200, truth)
    assert calibration["68 % region covers"] == pytest.approx(0.68, abs=0.02)
    assert calibration["largest coverage error"] < 0.02 and calibration["PIT KS"] < 0.01


def test_densities_far_too_narrow_are_not():
    calibration = metrics.calibration([peak(0.5)] * 10, np.linspace(0.55, 0.6, 10))
    assert calibration["68 % region covers"] == pytest.approx(0) and calibration["PIT KS"] == pytest.approx(1)
    assert calibration["largest coverage error"] == pytest.approx(0.9)


def test_spectroscopic_redshifts_are_judged_by_their_modes():
    truth = np.array([0.0, 1.0, 1.0, 1.0])
    found = metrics.spectroscopic([peak(0.0), peak(1.0), peak(1.01), peak(1.5)], truth)
    assert found["n"] == 4 and found["within 0.003"] == 0.5 and found["within 0.01"] == 0.75
    assert found["sigma_NMAD"] == pytest.approx(1.4826 * 0.0025)


def test_photometric_redshifts_are_judged_by_their_medians():
    found = metrics.photometric([peak(0.11), peak(0.11), peak(0.11), peak(1.0)], np.full(4, 0.1))
    assert found["bias"] == pytest.approx(0.01 / 1.1) and found["outliers beyond 0.15"] == 0.25
    assert found["sigma_NMAD"] == pytest.approx(0, abs=1e-9)


def test_a_spectrum_is_compared_with_the_truth_in_units_of_its_noise_where_that_is_known():
    truth = np.zeros((3, 4))
    decoded = truth + np.array([[2.0], [4.0], [40.0]])
    sigma = np.full((3, 4), 2.0)
    decoded[0, 0], sigma[0, 0] = 1e6, np.nan
    assert metrics.spectrum_reconstruction(decoded, truth, sigma) == pytest.approx(2.0)


def test_a_decoded_image_is_compared_with_the_pixels_and_with_the_total_flux():
    random = np.random.default_rng(0)
    truth = np.zeros((2, 3, 96, 96))
    truth[..., 40:56, 40:56] = 10.0
    flux = truth + random.normal(0, 1, truth.shape)
    decoded = truth * 1.1
    found = metrics.image_reconstruction(decoded, flux, truth)
    assert found["median flux ratio"] == pytest.approx(1.1) and found["68 % of flux ratios within"] == pytest.approx(0.1)
    assert found["residual rms / pixel noise"] == pytest.approx(np.sqrt(1 + 256 / 96**2), rel=0.02)
    assert metrics.image_reconstruction(flux, flux, truth)["residual rms / pixel noise"] == 0


def test_totals_of_faint_objects_are_left_out():
    truth = np.zeros((2, 1, 96, 96))
    truth[0, 0, 48, 48], truth[1, 0, 48, 48] = 1000.0, 1.0
    flux = truth + np.random.default_rng(1).normal(0, 1, truth.shape)
    decoded = truth * np.array([1.0, 50.0])[:, None, None, None]
    assert metrics.image_reconstruction(decoded, flux, truth)["68 % of flux ratios within"] == pytest.approx(0)
