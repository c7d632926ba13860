"""Numbers of an evaluation, each on a case that can be done by hand."""

import numpy as np
import pytest

from aion.training import metrics
from tests.test_redshift_scores import flat, peak, redshifts


def test_densities_that_say_what_they_should_are_calibrated():
    found = metrics.calibration(redshifts([flat(0, 1)] * 200, list((np.arange(200) + 0.5) / 200)))
    assert found["68 % region covers"] == pytest.approx(0.68, abs=0.02)
    assert found["largest coverage error"] < 0.02 and found["PIT KS"] < 0.01


def test_densities_far_too_narrow_are_not():
    found = metrics.calibration(redshifts([peak(0.5)] * 10, list(np.linspace(0.55, 0.6, 10))))
    assert found["68 % region covers"] == pytest.approx(0) and found["PIT KS"] == pytest.approx(1)
    assert found["largest coverage error"] == pytest.approx(0.9)


def test_spectroscopic_redshifts_are_judged_by_their_modes():
    found = metrics.spectroscopic(
        redshifts([peak(0.0), peak(1.0), peak(1.01), peak(1.5)], [0.0, 1.0, 1.0, 1.0])
    )
    assert found["n"] == 4 and found["within 0.003"] == 0.5 and found["within 0.01"] == 0.75
    assert found["outliers beyond 0.003"] == 0.5 and found["sigma_NMAD"] == pytest.approx(1.4826 * 0.0025)


def test_a_sure_miss_is_wrong_with_nearly_all_probability_in_its_peak():
    found = metrics.spectroscopic(redshifts([peak(1.5), flat(0, 2), peak(1.0)], [1.0, 0.2, 1.0]))
    assert found["sure misses"] == 1 and found["within 0.01"] == pytest.approx(1 / 3)


def test_photometric_redshifts_are_judged_by_their_medians():
    found = metrics.photometric(redshifts([peak(0.11), peak(0.11), peak(0.11), peak(1.0)], [0.1] * 4))
    assert found["bias"] == pytest.approx(0.01 / 1.1) and found["outliers beyond 0.15"] == 0.25
    assert found["sigma_NMAD"] == pytest.approx(0, abs=1e-9)


def test_what_no_object_tells_is_none():
    nothing = redshifts([], [])
    for found in (metrics.spectroscopic(nothing), metrics.photometric(nothing)):
        assert found.pop("n") == 0 and not found.pop("sure misses", 0) and set(found.values()) == {None}


def test_chance_is_the_score_against_the_truths_of_all_others():
    assert metrics.chance(np.array([0.1, 0.1, 0.5]), np.array([0.1, 0.1, 0.5]), 0.01) == pytest.approx(2 / 6)


def test_a_spectrum_is_compared_with_the_truth_in_units_of_its_noise_where_that_is_known():
    truth = np.zeros((3, 4))
    decoded = truth + np.array([[2.0], [4.0], [40.0]])
    sigma = np.full((3, 4), 2.0)
    decoded[0, 0], sigma[0, 0], decoded[1, 1] = 1e6, np.nan, np.nan
    np.testing.assert_allclose(metrics.residual_rms(decoded, truth, sigma), [1, 2, 20])


def test_the_continuum_is_the_mean_in_steps_of_wavelength():
    wavelength = 4000.0 + 10 * np.arange(10)
    means = metrics.bins_of(wavelength, np.stack([np.arange(10.0), np.ones(10)]))
    np.testing.assert_allclose(means, [[2, 7], [1, 1]])


def test_a_generated_continuum_is_judged_with_its_level_and_by_its_shape_alone():
    truth = np.array([1.0, 2.0, 3.0, 2.0])
    found = metrics.generated_continuum(1.5 * np.stack([truth] * 5), truth)
    assert found["rms"] == pytest.approx(0.5) and found["level"] == pytest.approx(1.5)
    assert found["rms of shape"] == pytest.approx(0, abs=1e-12) and found["shape covered"] == 1


def test_the_band_of_few_samples_covers_as_often_as_it_says():
    random = np.random.default_rng(0)
    covered = [
        [metrics.band_covers(*draw, level) for level in (0.68, 0.95)]
        for draw in ((random.normal(5, 1, (40, 50)), random.normal(5, 1, 50)) for _ in range(200))
    ]
    np.testing.assert_allclose(np.mean(covered, axis=0), (0.68, 0.95), atol=0.02)
    assert metrics.band_covers(np.ones((40, 3)), np.array([0.5, 1, 2]), 0.95) == pytest.approx(1 / 3)


def test_codes_are_counted_by_use_and_by_how_evenly_they_are_used():
    even, uneven = metrics.codes_used(np.array([5, 5, 0, 0])), metrics.codes_used(np.array([1000, 1, 1, 0]))
    assert even == {"n": 10, "codes": 4, "share used": 0.5, "effective share": pytest.approx(0.5)}
    assert uneven["share used"] == 0.75 and uneven["effective share"] < 0.26


def blob(radius: float, height: float = 10.0) -> np.ndarray:
    """(96, 96) a disk of constant brightness in the middle."""
    y, x = np.mgrid[:96, :96] - 47.5
    return height * (np.hypot(x, y) <= radius)


def test_the_aperture_is_a_circle_that_holds_the_light():
    truth = np.stack([blob(10), blob(25)])[:, None]
    radius = metrics.aperture_radius(truth)
    assert radius[0] == pytest.approx(10, abs=1) and radius[1] == pytest.approx(25, abs=1)
    totals = metrics.aperture_sums(truth, radius)[:, 0] / truth.sum((1, 2, 3))
    assert (totals >= 0.95).all() and (totals <= 1).all()


def test_a_decoded_image_is_compared_with_the_pixels_and_with_the_total_flux():
    truth = np.stack([blob(8), blob(12)])[:, None].repeat(3, 1)
    flux = truth + np.random.default_rng(0).normal(0, 1, truth.shape)
    errors = metrics.image_errors(truth * 1.1, flux, truth)
    assert errors.residual.shape == (2, 3)
    found = metrics.image_reconstruction(errors)
    assert found["median flux ratio"] == pytest.approx(1.1)
    assert found["68 % of fluxes within"] == pytest.approx(0.1)
    assert found["fluxes within 3 %"] == 0 and found["n"] == found["n with a total"] == 6
    np.testing.assert_allclose(errors.residual[0], np.sqrt(1 + blob(8, 1).sum() / 96**2), rtol=0.02)
    perfect = metrics.image_reconstruction(metrics.image_errors(flux, flux, truth))
    assert perfect["residual rms / pixel noise"] == 0


def test_totals_that_the_data_do_not_know_are_left_out():
    truth = np.stack([blob(8), blob(8, 0.1)])[:, None]
    flux = truth + np.random.default_rng(1).normal(0, 1, truth.shape)
    decoded = truth * np.array([1.0, 50.0])[:, None, None, None]
    found = metrics.image_reconstruction(metrics.image_errors(decoded, flux, truth))
    assert found["n with a total"] == 1 and found["68 % of fluxes within"] == pytest.approx(0)


def test_colors_of_decoded_images_are_compared_in_magnitudes():
    brightness = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 6.0], [1.0, 2.0, 12.0], [0.1, 0.1, 0.1]])
    truth = blob(8) * brightness[..., None, None]
    flux = truth + np.random.default_rng(2).normal(0, 1, truth.shape)
    redder = truth * np.array([0.9, 1.0, 1.1])[:, None, None]
    found = metrics.image_colors(metrics.image_errors(redder, flux, truth), 0, 2)
    reddening = 2.5 * np.log10(1.1 / 0.9)
    assert found["n"] == 3 and found["median error"] == found["68 % within"] == pytest.approx(reddening)
    assert found["correlation"] == pytest.approx(1)
    assert found["68 % of true colors within"] == pytest.approx(2.5 * np.log10(2))
    gray = truth.mean(1, keepdims=True).repeat(3, 1)
    assert metrics.image_colors(metrics.image_errors(gray, flux, truth), 0, 2)["68 % within"] > 1
    reversed_colors = truth[:, ::-1]
    assert metrics.image_colors(metrics.image_errors(reversed_colors, flux, truth), 0, 2)[
        "correlation"
    ] == pytest.approx(-1)


def circle(*degrees: float) -> np.ndarray:
    """Unit vectors (N, 2)."""
    return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1)


def test_quantiles_leave_out_what_was_not_measured():
    values = np.append(np.arange(101.0), np.nan)
    assert metrics.quantiles(values, (0.05, 0.5)) == {"n": 101, "0.05": 5.0, "0.5": 50.0}


def test_the_nearest_are_the_most_similar_and_never_the_query_itself():
    assert metrics.nearest(circle(0, 10, 25, 90), 2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert metrics.nearest(circle(0, 90), 10).shape == (2, 1)


def test_neighbors_of_the_same_class_are_compared_with_a_random_choice():
    labels = np.array(["a", "a", "b", "b"])
    found = metrics.same_label(metrics.nearest(circle(0, 10, 90, 120), 1), labels)
    assert found["same"] == 1 and found["at random"] == pytest.approx(1 / 3)
    assert found["ratio"] == pytest.approx(3)


def test_redshifts_of_neighbors_are_relative_to_the_query_and_compared_with_anything():
    z = np.array([1.0, 1.2, 3.0, 0.0])
    found = metrics.neighbor_redshifts(
        np.array([[1], [0], [1], [0]]), z, np.array([True, False, False, False])
    )
    assert found["n"] == 1 and found["median |dz|/(1+z)"] == pytest.approx(0.1)
    assert found["at random"] == pytest.approx(0.5)


def test_the_rank_of_a_twin_counts_all_that_are_more_similar():
    base = circle(0, 30, 60)
    assert metrics.twin_ranks(circle(1, 31, 2), base).tolist() == [1, 1, 3]
    assert metrics.twin_ranks(np.ones((2, 1)), np.ones((2, 1))).tolist() == [2, 2], "a tie is no success"
    assert metrics.ranks(np.array([1, 1, 7]), 10) == {
        "n": 3,
        "among": 10,
        "median rank": 1.0,
        "rank 1": 2 / 3,
        "within 5": 2 / 3,
    }
