"""A prior multiplies p(z), in the open."""

from dataclasses import replace

import numpy as np
import pytest

from aion.errors import ConfigError, InputError
from aion.explorer.redshift.prior import FlatInLog, Gaussian, parse_prior, with_prior
from tests.explorer.figures import samples


@pytest.fixture(scope="module")
def analysis(engine, make_object):
    return replace(engine.analyze(make_object(1)), redshift=samples.pdf((0.3, 0.01, 1.0), (1.5, 0.01, 1.0)))


@pytest.fixture(scope="module")
def make_object():
    from tests.explorer.conftest import sky_object

    return sky_object


def test_a_prior_around_one_peak_leaves_that_peak(analysis):
    taken = with_prior(analysis, Gaussian(1.5, 0.1))
    assert len(analysis.redshift.peaks) == 2
    assert [round(peak.z, 1) for peak in taken.redshift.peaks] == [1.5]
    assert taken.redshift.probability.sum() == pytest.approx(1)
    assert "z = 1.5" in taken.prior


def test_a_flat_prior_in_the_logarithm_prefers_low_redshifts_by_one_over_one_plus_z(analysis):
    low, high = (with_prior(analysis, FlatInLog()).redshift.peaks[i].probability for i in (0, 1))
    before_low, before_high = (
        next(p.probability for p in analysis.redshift.peaks if abs(p.z - z) < 0.05) for z in (0.3, 1.5)
    )
    assert (low / high) / (before_low / before_high) == pytest.approx(2.5 / 1.3, rel=0.02)


def test_without_a_prior_nothing_changes(analysis):
    assert with_prior(analysis, None) is analysis


def test_a_prior_that_excludes_everything_is_refused(analysis):
    with pytest.raises(InputError, match="excludes every redshift"):
        with_prior(analysis, Gaussian(15.0, 0.001))


def test_weights_that_do_not_fit_the_grid_are_refused():
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        samples.pdf((0.3, 0.01, 1.0)).times(np.ones(3))


@pytest.mark.parametrize("text", ["flat", "0.3", "0.3,a", "0.3,0", "nan,0.05", "inf,0.05", "-1.5,0.05"])
def test_a_prior_that_makes_no_sense_is_refused(text):
    with pytest.raises(ConfigError):
        parse_prior(text)


def test_a_prior_is_written_as_text():
    assert parse_prior("log") == FlatInLog()
    assert parse_prior("0.3,0.05") == Gaussian(0.3, 0.05)
