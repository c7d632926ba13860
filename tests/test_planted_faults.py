"""What the token lab finds of faults that are planted in data, with the embedded model: the numbers of
``python -m benchmarks.planted_faults`` on a few objects."""

import numpy as np
import pytest

from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.modalities import Image, Spectrum
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
