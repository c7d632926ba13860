"""Pooling: padding and other streams never take part, and every object becomes a vector of length 1."""

import pytest
import torch

from aion.embedding import pool
from aion.errors import TokenKeyError
from aion.model import Context


@pytest.fixture
def context() -> Context:
    """Two objects: stream a at 0-2, stream b at 3-4; the second object has no b."""
    states = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0))
    keep = torch.tensor([[True, True, False, True, True], [True, True, True, False, False]])
    stream = torch.tensor([[0, 0, 0, 1, 1]] * 2)
    position = torch.tensor([[0, 1, 2, 0, 1]] * 2)
    return Context(states=states, keep=keep, stream=stream, position=position, streams=("a", "b"))


def test_the_mean_of_the_kept_tokens_is_scaled_to_length_one(context):
    vectors = pool(context)
    assert vectors.shape == (2, 8) and vectors.dtype == torch.float32
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))
    mean = context.states[0, [0, 1, 3, 4]].mean(dim=0)
    torch.testing.assert_close(vectors[0], mean / mean.norm())


def test_what_padding_holds_does_not_matter(context):
    states = context.states.clone()
    states[~context.keep] = 1e6
    other = Context(
        states=states,
        keep=context.keep,
        stream=context.stream,
        position=context.position,
        streams=context.streams,
    )
    torch.testing.assert_close(pool(other), pool(context))


def test_a_choice_of_streams_averages_over_these_alone(context):
    mean = context.states[:, :3].where(context.keep[:, :3, None], 0).sum(1) / context.keep[:, :3].sum(
        1, keepdim=True
    )
    torch.testing.assert_close(pool(context, ["a"]), torch.nn.functional.normalize(mean, dim=-1))
    torch.testing.assert_close(pool(context, ["a", "b"]), pool(context))


@pytest.mark.parametrize(
    ("streams", "words"),
    [(["c"], "c is not in this context; it has a, b"), ([], "nothing"), (["b"], r"objects \[1\]")],
)
def test_streams_that_are_not_there_are_refused_by_name(context, streams, words):
    with pytest.raises(TokenKeyError, match=words):
        pool(context, streams)


def test_half_precision_states_give_a_float32_vector(context):
    half = Context(
        states=context.states.bfloat16(),
        keep=context.keep,
        stream=context.stream,
        position=context.position,
        streams=context.streams,
    )
    assert pool(half).dtype == torch.float32
    torch.testing.assert_close(pool(half), pool(context), atol=0.02, rtol=0.02)
