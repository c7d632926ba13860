"""The encoder pass: which tokens are read, and that nothing else has a say in the result."""

import warnings

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from aion.embedding import pool
from aion.errors import InputError, TokenKeyError, TruncationWarning
from aion.model import AION
from aion.streams import STREAMS
from tests.model.conftest import EVERY_KIND, rows, tokens_of

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(autouse=True)
def no_gradients() -> object:
    with torch.no_grad():
        yield


def test_all_tokens_are_read_unless_fewer_are_asked_for(model: AION) -> None:
    both = tokens_of("tok_image", "tok_spectrum_desi")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        context = model.context(both)
    assert context.states.shape == (2, 576 + 273, 32)
    assert context.keep.all()


def test_fewer_tokens_than_given_are_announced_with_their_number(
    model: AION, tokens: dict[str, Tensor]
) -> None:
    with pytest.warns(
        TruncationWarning, match="reads 256 of 379 tokens, in the order tok_spectrum_sdss, catalog"
    ):
        short = model.encode(tokens, num_encoder_tokens=256)
    assert short.shape[1] == 256
    assert model.encode(tokens, num_encoder_tokens=379).shape[1] == 379


def test_every_token_knows_its_stream_and_place(model: AION, tokens: dict[str, Tensor]) -> None:
    context = model.context(tokens)
    assert context.streams == tuple(tokens)
    for key, given in tokens.items():
        of_stream = context.of(key)
        assert torch.equal(context.position[of_stream].view(2, -1)[0], torch.arange(STREAMS[key].max_tokens))
        assert context.tokens is not None
        assert torch.equal(context.tokens[of_stream].view(2, -1), given)
    assert not context.of("tok_image").any()


def test_the_order_of_the_streams_changes_nothing_but_the_order(
    model: AION, tokens: dict[str, Tensor]
) -> None:
    forward, backward = model.context(tokens), model.context(dict(reversed(tokens.items())))
    for key in tokens:
        assert_close(forward.states[forward.of(key)], backward.states[backward.of(key)], **CLOSE)
    assert_close(model.predict(forward, "tok_z"), model.predict(backward, "tok_z"), **CLOSE)


def test_an_object_does_not_depend_on_its_neighbours_in_the_batch(model: AION) -> None:
    many = tokens_of(*EVERY_KIND, batch=3)
    together, alone = model.context(many), model.context(rows(many, [1]))
    assert_close(together.states[1:2], alone.states, **CLOSE)
    assert_close(
        model.predict(together, "tok_z")["tok_z"][1:2], model.predict(alone, "tok_z")["tok_z"], **CLOSE
    )


def test_hidden_tokens_are_as_if_they_were_not_given(model: AION, tokens: dict[str, Tensor]) -> None:
    hide = {
        "tok_spectrum_sdss": torch.arange(273).expand(2, -1) >= 100,
        "tok_flux_g": torch.tensor([[True], [False]]),
    }
    context = model.context(tokens, input_mask=hide)
    first = model.context(
        rows(without(tokens, "tok_flux_g"), [0]),
        input_mask={"tok_spectrum_sdss": hide["tok_spectrum_sdss"][:1]},
    )
    assert_close(context.states[:1][context.keep[:1]], first.states[first.keep], **CLOSE)
    # no column is kept for tokens that nobody has
    assert context.states.shape[1] == context.keep.sum(1).max()


@pytest.mark.parametrize("key", EVERY_KIND)
def test_a_negative_id_is_no_token(model: AION, tokens: dict[str, Tensor], key: str) -> None:
    absent = {**tokens, key: torch.full_like(tokens[key], -1)}
    assert_close(model.encode(absent), model.encode(without(tokens, key)), **CLOSE)


def test_the_padding_of_a_catalog_is_no_token(model: AION) -> None:
    full = tokens_of("catalog")
    padded = {"catalog": torch.cat([full["catalog"], torch.full((2, 50), 9999)], dim=1)}
    assert_close(model.encode(padded), model.encode(full), **CLOSE)


def test_a_catalog_may_have_any_number_of_tokens(model: AION) -> None:
    assert model.encode({"catalog": torch.ones(1, 100)}).shape == (1, 100, 32)


def test_places_without_a_token_are_zero(model: AION, tokens: dict[str, Tensor]) -> None:
    context = model.context(
        tokens, input_mask={"tok_spectrum_sdss": torch.tensor([True, False])[:, None].expand(2, 273)}
    )
    assert context.keep.sum(1).tolist() == [106, 379]
    assert (context.states[~context.keep] == 0).all()


def test_an_embedding_does_not_depend_on_padding(model: AION, tokens: dict[str, Tensor]) -> None:
    hide = {"tok_spectrum_sdss": torch.tensor([True, False])[:, None].expand(2, 273)}
    padded = pool(model.context(tokens, input_mask=hide))
    alone = pool(model.context(rows(without(tokens, "tok_spectrum_sdss"), [0])))
    assert_close(padded[:1], alone, **CLOSE)


def test_an_object_without_any_token_gets_an_answer_and_no_embedding(
    model: AION, tokens: dict[str, Tensor]
) -> None:
    nothing = {"tok_flux_g": torch.tensor([[-1], [5]])}
    context = model.context(nothing)
    assert model.predict(context, "tok_z")["tok_z"].isfinite().all()
    with pytest.raises(TokenKeyError, match=r"\[0\]"):
        pool(context)


def test_single_ids_and_numpy_like_integers_are_accepted(model: AION) -> None:
    assert_close(
        model.encode({"tok_flux_g": torch.tensor([3, 4])}),
        model.encode({"tok_flux_g": torch.tensor([[3], [4]], dtype=torch.int16)}),
    )


def test_the_tokens_given_stay_as_they_are(model: AION, tokens: dict[str, Tensor]) -> None:
    tokens["tok_flux_g"][0] = -1
    hide = {"catalog": torch.rand(2, 50) < 0.5}
    before = {key: values.clone() for key, values in tokens.items()}, hide["catalog"].clone()
    model.context(tokens, input_mask=hide)
    assert all(torch.equal(tokens[key], values) for key, values in before[0].items())
    assert torch.equal(hide["catalog"], before[1])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (
            {"tok_smell": torch.ones(2, 1)},
            TokenKeyError,
            "'tok_smell' is no stream that this model reads; it reads .*tok_image",
        ),
        (
            {"tok_flux_g": torch.tensor([[1024], [0]])},
            InputError,
            "tok_flux_g holds the id 1024; its ids run from 0 to 1023",
        ),
        (
            {"catalog": torch.full((2, 50), 3468)},
            InputError,
            "catalog holds the id 3468; its ids run from 0 to 3467",
        ),
        (
            {"tok_spectrum_sdss": torch.ones(2, 64)},
            InputError,
            r"tok_spectrum_sdss have the shape \[2, 64\]; expected \(objects, 273\)",
        ),
        ({"catalog": torch.ones(2, 513)}, InputError, r"expected \(objects, 1 to 512\)"),
        ({"tok_flux_g": torch.ones(3, 1)}, InputError, "different numbers of objects: .*tok_flux_g 3"),
    ],
)
def test_tokens_that_do_not_fit_are_refused_by_name(
    model: AION, tokens: dict[str, Tensor], change: dict[str, Tensor], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        model.context({**tokens, **change})


def test_masks_and_budgets_that_do_not_fit_are_refused(model: AION, tokens: dict[str, Tensor]) -> None:
    with pytest.raises(TokenKeyError, match="tok_image, of which there are no tokens"):
        model.context(tokens, input_mask={"tok_image": torch.zeros(2, 576)})
    with pytest.raises(InputError, match=r"the mask of catalog is \[2, 3\], its tokens are \[2, 50\]"):
        model.context(tokens, input_mask={"catalog": torch.zeros(2, 3)})
    with pytest.raises(InputError, match="num_encoder_tokens is 0"):
        model.context(tokens, num_encoder_tokens=0)
    with pytest.raises(TokenKeyError, match="no tokens"):
        model.context({})


def without(tokens: dict[str, Tensor], key: str) -> dict[str, Tensor]:
    return {name: values for name, values in tokens.items() if name != key}
