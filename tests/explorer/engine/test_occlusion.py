"""What an answer rests on: which tokens are hidden together, and what their absence changes."""

from itertools import pairwise

import numpy as np
import pytest

from aion.errors import InputError
from aion.explorer.engine.occlusion import occlude
from aion.explorer.results.occlusion import Occlusion, TokenGroup
from aion.io import SkyObject
from aion.modalities import LegacySurveyFluxG
from aion.redshift import Peak
from tests.explorer.conftest import sky_object

Z = np.array([0.1, 0.2, 0.3])
PEAK = Peak(0.2, 0.8, 0.19, 0.21)


def occlusion_without(without: list[float]) -> Occlusion:
    """Of one group, which changes the probabilities."""
    vectors = np.array([[1.0, 0.0], [0.6, 0.8]])
    group = TokenGroup("tok_flux_g", np.zeros(1, dtype=np.int64))
    return Occlusion((group,), Z, np.array([0.1, 0.8, 0.1]), np.array([without]), vectors[0], vectors[1:])


@pytest.fixture(scope="module")
def analysis_and_occlusion(engine):
    told = []
    analysis = engine.analyze(sky_object())
    found = occlude(engine, analysis, lambda done, total: told.append((done, total)))
    return analysis, found, told


def test_every_token_that_was_read_is_hidden_once(analysis_and_occlusion):
    analysis, found, _ = analysis_and_occlusion
    for key in analysis.used:
        positions = np.concatenate([group.positions for group in found.groups if group.key == key])
        assert sorted(positions) == list(range(len(analysis.tokens[key])))


def test_parts_have_places_on_the_data(analysis_and_occlusion):
    _, found, _ = analysis_and_occlusion
    ends = [group.stretch for group in found.groups if group.stretch]
    assert ends[0][0] == pytest.approx(3500) and ends[-1][1] == pytest.approx(3500 + 0.8 * 8704)
    assert all(one[1] == pytest.approx(other[0]) for one, other in pairwise(ends))
    patches = [group.patch for group in found.groups if group.patch]
    assert {size for *_, size in patches} == {12} and len({(row, column) for row, column, _ in patches}) == 64


def test_with_everything_it_is_the_answer_of_the_analysis(analysis_and_occlusion):
    analysis, found, told = analysis_and_occlusion
    np.testing.assert_allclose(found.whole, analysis.redshift.probability, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found.embedding, analysis.embedding, atol=1e-5)
    assert found.without.shape == (len(found.groups), len(found.z))
    assert told[0][0] == 0 and told[-1] == (len(found.groups) + 1,) * 2


def test_without_a_group_it_is_the_answer_to_the_rest(analysis_and_occlusion, engine):
    """Numbers are groups of their own, which can be left out by hand."""
    analysis, found, _ = analysis_and_occlusion
    [place] = [i for i, group in enumerate(found.groups) if group.key == "tok_flux_g"]
    rest = engine.analyze(sky_object(), use=set(analysis.used) - {"tok_flux_g"})
    np.testing.assert_allclose(found.without[place], rest.redshift.probability, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(found.embeddings[place], rest.embedding, atol=1e-4)


@pytest.mark.parametrize(("without", "nats"), [([0.25, 0.5, 0.25], np.log(4)), ([0.05, 0.9, 0.05], -0.81093)])
def test_evidence_is_the_loss_of_log_odds(without, nats):
    assert occlusion_without(without).evidence(PEAK) == pytest.approx(nats, abs=1e-5)


def test_evidence_does_not_end_where_the_odds_are_sure():
    assert np.isfinite(occlusion_without([0.0, 1.0, 0.0]).evidence(PEAK)).all()


def test_likeness_is_what_the_cosine_loses():
    found = occlusion_without([0.1, 0.8, 0.1])
    assert found.likeness(np.array([1.0, 0.0])) == pytest.approx(0.4)
    assert found.likeness(np.array([0.0, 1.0])) == pytest.approx(-0.8)


def test_of_a_single_number_nothing_can_be_hidden(engine):
    analysis = engine.analyze(SkyObject("one", (LegacySurveyFluxG(value=[5.0]),)))
    with pytest.raises(InputError, match="a single number"):
        occlude(engine, analysis)
