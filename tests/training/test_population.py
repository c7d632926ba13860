"""Targets: redshifts and magnitudes inside their ranges, reproducible,
and distances as cosmology has them."""

import pytest
import torch

from aion.constants import SPEED_OF_LIGHT
from aion.training.simulate.cosmology import age, distance_modulus
from aion.training.simulate.population import (
    GALAXY_RANGE,
    KINDS,
    MAG_RANGE,
    QUASAR_RANGE,
    STAR_MAX_KMS,
    Fractions,
    Population,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def population() -> Population:
    z = torch.linspace(0.05, 1.5, 500)
    return Population(torch.stack([18 + 3 * z, z, 0.8 + 2 * z], dim=1))


def test_every_kind_stays_in_its_ranges(population):
    targets = population.draw(6000, generator())
    kind = torch.tensor([KINDS.index(k) for k in targets.kind])
    assert targets.mag.min() >= MAG_RANGE[0] and targets.mag.max() <= MAG_RANGE[1]
    limits = (GALAXY_RANGE, QUASAR_RANGE, (-STAR_MAX_KMS / SPEED_OF_LIGHT, STAR_MAX_KMS / SPEED_OF_LIGHT))
    for number, (low, high) in enumerate(limits):
        z = targets.z[kind == number]
        assert z.min() >= low - 1e-6 and z.max() <= high + 1e-6


def test_the_kinds_come_in_the_fractions_asked_for():
    population = Population(torch.tensor([[18.0, 0.2, 1.5]]), Fractions(galaxy=0.5, quasar=0.3, star=0.2))
    kinds = population.draw(10_000, generator()).kind
    assert [round(kinds.count(kind) / 10_000, 1) for kind in KINDS] == [0.5, 0.3, 0.2]


def test_fractions_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueError, match="must be positive and sum to 1"):
        Fractions(galaxy=0.9, quasar=0.9, star=0.0)


def test_an_unknown_kind_is_refused_with_the_known_ones(population):
    with pytest.raises(
        ValueError, match="'nova' is not a kind of object; the kinds are galaxy, quasar, star"
    ):
        population.draw_kind("nova", 3, generator())


def test_without_the_nearby_component_galaxies_follow_the_table():
    z = torch.linspace(0.05, 1.5, 500)
    population = Population(torch.stack([18 + 3 * z, z, 0.8 + 2 * z], dim=1), Fractions(nearby=0.0))
    drawn = population.draw_kind("galaxy", 2000, generator())
    assert (drawn.mag - (18 + 3 * drawn.z)).abs().max() < 0.6


def test_crowded_redshifts_are_thinned_half_way():
    table = torch.cat(
        [torch.tensor([[20.0, 0.3, 2.0]]).expand(900, 3), torch.tensor([[20.0, 0.9, 2.0]]).expand(100, 3)]
    )
    drawn = Population(table, Fractions(nearby=0.0)).draw_kind("galaxy", 20_000, generator())
    assert (drawn.z > 0.6).float().mean().item() == pytest.approx(0.25, abs=0.02)  # √100 / (√100 + √900)


def test_the_same_seed_draws_the_same_targets(population):
    first, second = population.draw(50, generator(3)), population.draw(50, generator(3))
    assert first.kind == second.kind and torch.equal(first.z, second.z) and torch.equal(first.mag, second.mag)
    assert not torch.equal(first.z, population.draw(50, generator(4)).z)


def test_distances_and_ages_are_those_of_astropy():
    from astropy.cosmology import FlatLambdaCDM

    z, cosmology = torch.tensor([0.001, 0.01, 0.1, 1.0, 4.9]), FlatLambdaCDM(70, 0.3)
    expected = torch.tensor(cosmology.distmod(z.numpy()).value, dtype=torch.float32)
    torch.testing.assert_close(distance_modulus(z), expected, rtol=0, atol=1e-3)
    torch.testing.assert_close(
        age(z), torch.tensor(cosmology.age(z.numpy()).value, dtype=torch.float32), rtol=1e-4, atol=0
    )


def test_the_real_table_gives_faint_galaxies_beyond_z_1(ingredients):
    drawn = Population.from_file(ingredients.hsc_specz).draw_kind("galaxy", 5000, generator())
    assert 0.05 < (drawn.z > 1).float().mean() < 0.3
    assert drawn.mag[drawn.z > 1].median() > drawn.mag[drawn.z < 0.3].median() + 2
