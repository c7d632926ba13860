"""Corrections of p(z): each undoes the fault that was put in, and its file belongs to its weights."""

from dataclasses import replace

import numpy as np
import pytest

from aion.errors import ConfigError
from aion.recalibration import (
    Correction,
    Recalibration,
    fit,
    fit_power,
    fit_smoothing,
    sharpened,
    smoothed,
    surprise,
)
from aion.redshift import RedshiftPDF
from aion.redshift_scores import Redshifts, ks_distance

EDGES = np.linspace(0.0, 2.0, 401)
MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2


def densities(count: int, sigma: float, claimed: float) -> tuple[np.ndarray, np.ndarray]:
    """Gaussians of a claimed width, whose truths scatter by another."""
    generator = np.random.default_rng(5)
    truth = generator.uniform(0.5, 1.5, count)
    middle = truth + generator.normal(0, sigma, count)
    p = np.exp(-0.5 * ((MIDDLES - middle[:, None]) / claimed) ** 2) + 1e-12
    return p / p.sum(1, keepdims=True), truth


@pytest.mark.parametrize("claimed", [0.05, 0.13])
def test_a_power_makes_regions_hold_what_they_say(claimed):
    p, truth = densities(1500, 0.1, claimed)
    assert abs(np.mean(Redshifts.of_arrays(p, EDGES, truth).level <= 0.68) - 0.68) > 0.1
    after = sharpened(p, fit_power(p, EDGES, truth))
    assert np.mean(Redshifts.of_arrays(after, EDGES, truth).level <= 0.68) == pytest.approx(0.68, abs=0.04)


def test_no_power_makes_the_truths_less_likely():
    p, truth = densities(1500, 0.08, 0.13)  # too wide
    few = np.arange(1500) % 12 == 0
    p[few] = np.roll(p[few], 200, axis=1)  # a redshift elsewhere, which narrower densities make unlikelier
    p = 0.98 * p + 0.02 / p.shape[1]
    before, after = (surprise(q, EDGES, truth).mean() for q in (p, sharpened(p, fit_power(p, EDGES, truth))))
    assert after <= before


@pytest.mark.parametrize("method", ["temperature", "PIT"])
def test_a_recalibration_is_better_on_objects_that_it_was_not_fitted_on(method):
    p, truth = densities(1600, 0.1, 0.07)
    correction = fit(p[:800], EDGES, truth[:800], method=method)
    before, after = (
        ks_distance(Redshifts.of_arrays(q, EDGES, truth[800:]).below)
        for q in (p[800:], correction.apply(p[800:], EDGES))
    )
    assert after < 0.6 * before


def test_a_ragged_hump_becomes_one_region_by_likelihood_and_keeps_the_stars():
    generator = np.random.default_rng(2)
    p, truth = densities(300, 0.1, 0.1)
    ragged = p * generator.exponential(1.0, p.shape)
    ragged[:, 0] = ragged.sum(1)  # half of it is a star
    ragged /= ragged.sum(1, keepdims=True)
    width = fit_smoothing(ragged, EDGES, truth)
    after = smoothed(ragged, EDGES, width)
    np.testing.assert_allclose(after[:, 0], ragged[:, 0])
    np.testing.assert_allclose(after.sum(1), 1)
    pieces = [len(RedshiftPDF(EDGES, q[0]).region(0.9)) for q in (ragged[:1], after[:1])]
    assert pieces[0] > 12 and pieces[1] <= 3


def test_a_sharp_peak_is_not_smoothed():
    sharp = np.zeros((1, 400))
    sharp[0, 200] = 1
    np.testing.assert_array_equal(smoothed(sharp, EDGES, 0.1), sharp)


def file_of(*corrections: Correction) -> Recalibration:
    return Recalibration("a" * 64, "two objects", corrections)


def test_the_most_special_correction_is_taken():
    low = Correction(("spectrum",), (-np.inf, 1.0), power=0.5)
    any_snr = Correction(("spectrum",), power=0.9)
    found = file_of(low, any_snr)
    assert found.correction(["spectrum"], 0.3) is low
    assert found.correction(["spectrum"], 3.0) is found.correction(["spectrum"], None) is any_snr
    assert found.correction(["image"], None) is None
    general = Correction((), power=0.8)
    assert file_of(low, general).correction(["image"], None) is general


def test_what_was_done_is_said():
    pdf = RedshiftPDF(EDGES, np.full(400, 1 / 400))
    found = file_of(Correction(("image", "photometry"), smoothing=0.03))
    assert found.of(pdf, ["photometry", "image"], None)[1] == (
        "smoothed over 3.0% of the bins that it fills for image and photometry; fitted on two objects"
    )
    assert found.of(pdf, ["spectrum"], 2.0) == (pdf, None)
    after, said = file_of(Correction(("image",), regions_of_peaks=True)).of(pdf, ["image"], None)
    assert after.regions_of_peaks and not pdf.regions_of_peaks
    assert said == "its regions in one piece for each peak for image; fitted on two objects"
    ranges = [(-np.inf, 1.0), (1.0, 3.0), (10.0, np.inf), None]
    assert [Correction((), one).snr_range for one in ranges] == ["below 1", "1 to 3", "from 10", "any"]


def test_a_file_is_read_as_it_was_written():
    whole = file_of(
        Correction(("spectrum",), (10.0, np.inf), 0.02, 0.7, (0.0, 0.4, 1.0), 55, {"galaxies": {"n": 2}}),
        Correction(("photometry",), regions_of_peaks=True),
    )
    assert Recalibration.from_json(whole.to_json(), sha256="a" * 64) == whole


WRONG_REGIONS = Correction((), regions_of_peaks="yes")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no", "is no recalibration"),
        ("[]", "is no recalibration"),
        (file_of(Correction((), pit=(0.0, 0.9, 0.5, 1.0))).to_json(), "does not rise"),
        (file_of(Correction((), power=-1.0)).to_json(), "out of range"),
        (file_of(WRONG_REGIONS).to_json(), "neither true nor false"),
        (replace(file_of(), sha256="b" * 64).to_json(), "belongs to the weights bbbbbbbbbbbb"),
    ],
)
def test_anything_else_is_refused(text, reason):
    with pytest.raises(ConfigError, match=reason):
        Recalibration.from_json(text, sha256="a" * 64)


def test_too_few_objects_are_refused():
    p, truth = densities(5, 0.1, 0.1)
    with pytest.raises(ConfigError, match="5 objects are too few"):
        fit(p, EDGES, truth, method="PIT")
