"""What the token lab finds of faults that are planted in data, with the embedded model: the numbers of
``python -m benchmarks.planted_faults`` on a few objects."""

import numpy as np
import pytest

from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.io import SkyObject
from aion.modalities import DESISpectrum, Image, Spectrum
from aion.training import real
from benchmarks import planted_faults as faults

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine():
    engine = Engine(Settings.from_environment({"AION_DEVICE": "cpu"}))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def targets():
    return list(faults.examples())[:4]


def test_a_satellite_trail_is_among_the_most_surprising_tokens(engine, targets):
    for seed, target in enumerate(targets):
        spoiled, planted = faults.trail(target, 10.0, seed)
        found = faults.stream(engine, spoiled, Image)
        assert faults.rank(found.surprise, planted) < faults.TOP
        others = np.setdiff1d(np.arange(len(found.ids)), planted)
        assert found.surprise[planted].mean() > found.surprise[others].mean() + 2


def test_planes_in_the_wrong_order_raise_the_surprise_of_the_whole_image(engine, targets):
    excess = [
        [faults.stream(engine, faults.swapped_planes(target, 0, last), Image).excess for last in (0, 3)]
        for target in targets[:3]
    ]
    assert all(swapped > right + 0.5 for right, swapped in excess)


def test_a_bright_cosmic_ray_is_among_the_largest_residuals_and_no_surprise(engine, targets):
    ranks = []
    for seed, target in enumerate(targets):
        spoiled, ends = faults.cosmic_ray(target, 80.0, seed)
        found = faults.stream(engine, spoiled, Spectrum)
        planted = faults.inside(found.places, ends)
        ranks.append([faults.rank(values, planted) for values in (found.residual, found.surprise)])
    by_residual, by_surprise = (np.array(ranks) < faults.TOP).sum(axis=0)
    assert by_residual >= 3 and by_residual > by_surprise


def test_a_shifted_arm_stands_apart_and_the_same_arms_as_they_are_agree(engine):
    """Of a DESI spectrum, whose middle arm is moved by 60 Å."""
    every = [one for one in faults.examples() if isinstance(faults.of_kind(one, Spectrum), DESISpectrum)]
    target = max(every, key=lambda one: one.snr)
    assert faults.arms_of(engine, target).summary().startswith("The parts agree: the B arm, the R arm and")
    for shift in (-60.0, 60.0):
        moved = faults.arms_of(engine, faults.moved_arm(target, shift, 1.0)[0]).apart
        assert moved is not None and moved.name == "the R arm"
        assert moved.shift == pytest.approx(shift, abs=15)


def test_real_spectra_are_not_said_to_disagree_and_a_shift_of_some_is_found(engine, real_data):
    spectra = real.parts(real.load(real_data), reserved=False)["development"]
    targets = [SkyObject(one.id, (one.spectrum,)) for one in spectra if one.kind != "sky"]
    moved = [faults.moved_arm(one, 60.0, 1.0)[0] for one in targets]
    wrong, found = (
        [faults.arms_of(engine, one).apart is not None for one in some] for some in (targets, moved)
    )
    assert len(wrong) >= 25 and sum(wrong) <= 0.02 * len(wrong)
    assert np.mean(found) > 0.3
