"""Predictions: both published spellings, targets that leave one another alone, every stream as a target."""

import random
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from aion.errors import InputError, TokenKeyError
from aion.layers import Queries
from aion.modalities import MODALITIES, LegacySurveyCatalog, LegacySurveySegmentationMap, Modality, Z
from aion.model import AION
from aion.streams import STREAMS
from tests.model.conftest import tokens_of

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(autouse=True)
def no_gradients() -> object:
    with torch.no_grad():
        yield


@pytest.fixture(params=["model", "ours"])
def either(request: pytest.FixtureRequest) -> AION:
    """Both kinds of decoder attention, without and with a redshift correlation."""
    found: AION = request.getfixturevalue(request.param)
    return found


def test_both_published_spellings_give_the_same(either: AION, tokens: dict[str, Tensor]) -> None:
    by_modality = either(tokens, Z)
    by_list = either(tokens, target_modality=[Z])
    by_mask = either(tokens, target_mask={"tok_z": torch.zeros(2, 1)}, num_encoder_tokens=600)
    kept = either.predict(either.context(tokens), Z)
    assert by_modality["tok_z"].shape == (2, 1, 1025)
    for other in (by_list, by_mask, kept):
        assert_close(other, by_modality, rtol=0, atol=0)


@pytest.mark.parametrize("modality", list(MODALITIES.values()), ids=lambda m: m.__name__)
def test_every_modality_can_be_a_target(model: AION, modality: type[Modality]) -> None:
    logits = model(tokens_of("tok_flux_g"), modality)[modality.token_key]
    stream = STREAMS[modality.token_key]
    assert logits.shape == (2, stream.max_tokens, stream.vocab_size)
    assert logits.isfinite().all()


def test_catalogs_and_segmentation_maps_can_be_targets(model: AION, tokens: dict[str, Tensor]) -> None:
    logits = model(tokens, [LegacySurveyCatalog, LegacySurveySegmentationMap])
    assert {key: values.shape for key, values in logits.items()} == {
        "catalog": (2, 50, 3468),
        "tok_segmap": (2, 144, 1000),
    }


def test_targets_asked_together_are_answered_as_if_asked_alone(
    either: AION, tokens: dict[str, Tensor]
) -> None:
    context = either.context(tokens)
    together = either.predict(context, "tok_segmap", "tok_z", "tok_flux_g", "catalog")
    for key, logits in together.items():
        assert_close(logits, either.predict(context, key)[key], **CLOSE)


def test_positions_may_be_chosen_for_each_object(ours: AION, tokens: dict[str, Tensor]) -> None:
    context = ours.context(tokens)
    positions = torch.tensor([[5, 100, 7], [3, -1, -1]])
    chosen = ours.predict_at(context, {"tok_segmap": positions})["tok_segmap"]
    alone = ours.predict_at(
        ours.context({k: v[1:] for k, v in tokens.items()}), {"tok_segmap": torch.tensor([[3]])}
    )["tok_segmap"]
    assert_close(chosen[1:, :1], alone, **CLOSE)
    everything = ours.predict_at(context, {"tok_segmap": torch.arange(144).expand(2, -1)})["tok_segmap"]
    # queries of one target do see one another
    assert not torch.allclose(chosen[0], everything[0, positions[0]], **CLOSE)


def test_a_target_mask_leaves_out_what_is_hidden(either: AION, tokens: dict[str, Tensor]) -> None:
    mask = torch.ones(2, 144, dtype=torch.bool)
    mask[0, [3, 8]] = mask[1, [70, 143]] = False
    logits = either(tokens, target_mask={"tok_segmap": mask})["tok_segmap"]
    expected = either.predict_at(either.context(tokens), {"tok_segmap": torch.tensor([[3, 8], [70, 143]])})[
        "tok_segmap"
    ]
    assert_close(logits, expected, rtol=0, atol=0)


def test_the_global_random_state_is_left_alone(either: AION, tokens: dict[str, Tensor]) -> None:
    random.seed(1)
    torch.manual_seed(1)
    before = random.getstate(), torch.get_rng_state()
    first = either(tokens, ["tok_z", "tok_segmap", "tok_flux_g"])
    second = either(tokens, ["tok_z", "tok_segmap", "tok_flux_g"])
    assert (random.getstate(), torch.get_rng_state().tolist()) == (before[0], before[1].tolist())
    assert_close(first, second, rtol=0, atol=0)
    assert list(first) == ["tok_z", "tok_segmap", "tok_flux_g"]


def test_published_queries_receive_the_average_of_all_values_of_their_target(model: AION) -> None:
    # what attention with every place masked comes to in package 0.0.2
    attention = model.decoder[0].self_attn
    x = torch.randn(2, 7, 32)
    values = attention.qkv(x)[..., 64:]
    expected = attention.proj(values.mean(dim=1, keepdim=True)).expand(2, 7, 32)
    assert_close(attention.uniform(x, Queries([7], None)).expand(2, 7, 32), expected, **CLOSE)
    apart = attention.uniform(x, Queries([3, 4], None))
    assert_close(apart[:, :3], attention.uniform(x[:, :3], Queries([3], None)).expand(2, 3, 32), **CLOSE)


def test_the_logits_of_the_redshift_correlation_are_added_to_the_redshift_alone(
    ours: AION, tokens: dict[str, Tensor]
) -> None:
    context = ours.context(tokens)
    assert context.redshift is not None and context.redshift.std() > 0
    with_it = ours.predict(context, "tok_z", "tok_flux_g")
    without_it = ours.predict(replace(context, redshift=None), "tok_z", "tok_flux_g")
    assert_close(
        with_it["tok_z"][..., :1024], without_it["tok_z"][..., :1024] + context.redshift[:, None], **CLOSE
    )
    assert_close(with_it["tok_z"][..., 1024:], without_it["tok_z"][..., 1024:])
    assert_close(with_it["tok_flux_g"], without_it["tok_flux_g"])


def test_what_cannot_be_predicted_is_refused_by_name(ours: AION, tokens: dict[str, Tensor]) -> None:
    context = ours.context(tokens)
    with pytest.raises(
        TokenKeyError, match=r"'tok_image' is no stream that this model predicts; it predicts .*tok_z"
    ):
        ours.predict(context, "tok_image")
    with pytest.raises(TokenKeyError, match="'redshift' is neither a modality nor a token key"):
        ours.predict(context, "redshift")
    with pytest.raises(InputError, match="either target_modality or target_mask"):
        ours(tokens)
    with pytest.raises(InputError, match="either target_modality or target_mask"):
        ours(tokens, Z, target_mask={"tok_z": torch.zeros(2, 1)})
    with pytest.raises(InputError, match="tok_segmap asks a different number"):
        ours(tokens, target_mask={"tok_segmap": torch.arange(144).expand(2, -1) > torch.tensor([[3], [5]])})
    with pytest.raises(InputError, match="tok_segmap has the positions 0 to 143; 144 was asked"):
        ours.predict_at(context, {"tok_segmap": torch.tensor([[144], [0]])})


def test_half_precision_predicts_nearly_the_same(either: AION, tokens: dict[str, Tensor]) -> None:
    exact = either(tokens, Z)["tok_z"].softmax(-1)
    with torch.autocast("cpu", torch.bfloat16):
        rough = either(tokens, Z)["tok_z"]
    assert_close(rough.float().softmax(-1), exact, rtol=0.1, atol=1e-3)
