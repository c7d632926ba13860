"""Generated tokens: reproducible, never of an id without a code, better informed with maskgit."""

import numpy as np
import pytest
import torch
from torch import Tensor

from aion.errors import InputError, TokenKeyError
from aion.generate import Method, Sampling, draw_next
from aion.modalities import LegacySurveySegmentationMap, Z
from aion.model import AION, AIONConfig
from tests.model.conftest import SMALL, seeded, tokens_of

METHODS: list[Method] = ["argmax", "sample", "maskgit"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("key", ["tok_segmap", "catalog", "tok_z"])
def test_tokens_have_the_shape_and_the_ids_of_their_stream(model: AION, method: Method, key: str) -> None:
    tokens = model.generate(model.context(tokens_of("tok_flux_g")), key, method=method, steps=3, seed=0)
    assert tokens.shape == (2, {"tok_segmap": 144, "catalog": 50, "tok_z": 1}[key])
    assert tokens.min() >= 0
    assert tokens.max() < {"tok_segmap": 1000, "catalog": 3468, "tok_z": 1024}[key]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_tokens_and_leaves_the_global_state_alone(
    model: AION, method: Method
) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    before = torch.get_rng_state()
    first, again, other = (
        model.generate(context, LegacySurveySegmentationMap, method=method, steps=2, seed=seed)
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (method == "argmax")
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_seed_every_draw_is_new(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    assert not torch.equal(
        model.generate(context, "tok_segmap", method="sample"),
        model.generate(context, "tok_segmap", method="sample"),
    )


def test_argmax_takes_the_most_probable_code(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    assert torch.equal(
        model.generate(context, Z)[:, 0], model.predict(context, Z)["tok_z"][:, 0, :1024].argmax(-1)
    )


def test_the_spare_logit_of_the_redshift_is_never_drawn() -> None:
    model = seeded(AIONConfig(**SMALL, domains_in=("tok_flux_g",), domains_out=("tok_z",)))
    with torch.no_grad():
        for parameter in (model.decoder_norm.weight, model.decoder_norm.bias):
            parameter.fill_(1)
        model.decoder_embeddings["tok_z"].to_logits.weight[1024] = 10
    context = model.context(tokens_of("tok_flux_g"))
    assert model.predict(context, "tok_z")["tok_z"].argmax() % 1025 == 1024
    assert all(
        int(model.generate(context, "tok_z", method=method, seed=0).max()) < 1024
        for method in ("argmax", "sample")
    )


def test_a_low_temperature_draws_the_most_probable(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    cold = model.generate(context, "tok_segmap", method="sample", temperature=1e-4, seed=0)
    assert torch.equal(cold, model.generate(context, "tok_segmap"))


def test_maskgit_in_one_step_is_a_sample(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    one = model.generate(context, "tok_segmap", method="maskgit", steps=1, seed=3)
    assert torch.equal(one, model.generate(context, "tok_segmap", method="sample", seed=3))


def test_maskgit_lets_the_encoder_read_what_it_has_drawn(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    known = torch.full((2, 144), -1)
    known[:, [4, 9]] = 77
    more = model.extended(context, "tok_segmap", known)
    direct = model.context({**tokens_of("tok_flux_g"), "tok_segmap": known})
    torch.testing.assert_close(
        more.states[more.of("tok_segmap")], direct.states[direct.of("tok_segmap")], rtol=1e-4, atol=1e-5
    )
    assert more.position[more.of("tok_segmap")].tolist() == [4, 9, 4, 9]
    again = model.extended(more, "tok_segmap", torch.full((2, 144), 5))
    assert again.of("tok_segmap").sum() == 2 * 144  # what was known of the stream is replaced


def test_nothing_is_remembered_for_gradients(model: AION) -> None:
    tokens: Tensor = model.generate(
        model.context(tokens_of("tok_flux_g")), "tok_segmap", method="maskgit", steps=2
    )
    assert not tokens.requires_grad


def test_what_cannot_be_done_is_refused(ours: AION) -> None:
    context = ours.context(tokens_of("tok_flux_g"))
    with pytest.raises(InputError, match="method is 'beam'; it must be one of argmax, sample, maskgit"):
        ours.generate(context, "tok_segmap", method="beam")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="temperature"):
        ours.generate(context, "tok_segmap", method="sample", temperature=0)
    with pytest.raises(InputError, match=r"steps \(0\)"):
        ours.generate(context, "tok_segmap", method="maskgit", steps=0)
    with pytest.raises(TokenKeyError, match="'tok_z' is no stream that this model reads, so maskgit"):
        ours.generate(context, "tok_z", method="maskgit")
    with pytest.raises(TokenKeyError, match="predicts"):
        ours.generate(context, "tok_image")


def test_a_row_is_drawn_by_its_number_whatever_is_drawn_beside_it(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g", batch=1))
    sampling = Sampling("maskgit", steps=2, seed=4)

    def drawn(numbers: list[int]) -> Tensor:
        tokens = torch.full((len(numbers), 144), -1)
        known = context.repeated(len(numbers))
        for step in range(2):
            tokens = draw_next(model, known, "tok_segmap", tokens, sampling, step=step, numbers=numbers)
            if step == 0:
                assert ((tokens >= 0).sum(dim=1) == 72).all()
                known = model.extended(known, "tok_segmap", tokens)
        return tokens

    together = drawn([0, 1, 2, 5])
    assert torch.equal(drawn([5, 0]), together[[3, 0]])
    assert len({tuple(row) for row in together.tolist()}) == 4


def test_which_positions_come_first_is_drawn_too(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    empty = torch.full((2, 144), -1)
    first = draw_next(
        model, context, "tok_segmap", empty, Sampling(steps=4, seed=1), step=0, numbers=range(2)
    )
    places = [torch.nonzero(row >= 0)[:, 0].tolist() for row in first]
    assert places[0] != places[1] and all(0 < min(one) + 143 - max(one) < 100 for one in places)


def test_only_free_positions_are_drawn_and_what_is_given_stays(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    free, given = np.array([3, 4, 90, 100, 143]), torch.arange(144).repeat(2, 1)
    given[:, free] = -1
    tokens = given
    sampling = Sampling("maskgit", steps=3, seed=2, first_temperature=0.5)
    for step in range(sampling.passes(len(free))):
        tokens = draw_next(
            model, context, "tok_segmap", tokens, sampling, step=step, numbers=range(2), among=free
        )
        assert bool((tokens[given >= 0] == given[given >= 0]).all())
    assert int(tokens.min()) >= 0


def test_a_level_with_a_temperature_of_its_own_is_drawn_first(model: AION) -> None:
    context = model.context(tokens_of("tok_flux_g"))
    empty = torch.full((2, 144), -1)
    for seed in range(3):
        cold = Sampling(steps=4, seed=seed, first_temperature=1e-6)
        tokens = draw_next(model, context, "tok_segmap", empty, cold, step=0, numbers=range(2))
        best = model.predict_at(context, {"tok_segmap": torch.zeros(2, 1, dtype=torch.long)})["tok_segmap"]
        assert torch.equal(tokens[:, 0], best[:, 0].argmax(dim=-1))
