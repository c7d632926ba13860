"""The masked-modeling loss: what is asked counts, what is hidden does not, and a model learns from it."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from aion.errors import InputError, TokenKeyError
from aion.model import AION, AIONConfig
from tests.model.conftest import SMALL, seeded, tokens_of


def test_the_loss_is_the_cross_entropy_of_the_prediction(ours: AION, tokens: dict[str, Tensor]) -> None:
    targets = tokens_of("tok_segmap", "tok_z")
    with torch.no_grad():
        loss = ours.loss(tokens, targets)
        logits = ours.predict(ours.context(tokens), "tok_segmap", "tok_z")
    for key, truth in targets.items():
        assert_close(loss[key], cross_entropy(logits[key].flatten(0, 1), truth.flatten()))


def test_only_what_is_asked_counts(ours: AION, tokens: dict[str, Tensor]) -> None:
    truth = tokens_of("tok_segmap")["tok_segmap"]
    hidden = torch.arange(144).expand(2, -1) >= torch.tensor([[5], [90]])
    other = torch.where(hidden, (truth + 1) % 1000, truth)
    with torch.no_grad():
        first = ours.loss(tokens, {"tok_segmap": truth}, target_mask={"tok_segmap": hidden})
        second = ours.loss(tokens, {"tok_segmap": other}, target_mask={"tok_segmap": hidden})
        negative = ours.loss(tokens, {"tok_segmap": torch.where(hidden, -1, truth)})
    assert_close(first, second)
    assert_close(first, negative)


def test_a_stream_of_which_nothing_is_asked_costs_nothing(ours: AION, tokens: dict[str, Tensor]) -> None:
    loss = ours.loss(tokens, {"tok_z": torch.full((2, 1), -1)})["tok_z"]
    assert loss == 0
    loss.backward()


def test_every_weight_that_has_a_part_in_it_gets_a_gradient() -> None:
    model = seeded(
        AIONConfig(
            **SMALL,
            domains_in=("tok_segmap",),
            domains_out=("tok_segmap", "tok_z"),
            decoder_attention="within_modality",
        )
    )
    sum(
        model.loss(tokens_of("tok_segmap"), tokens_of("tok_segmap", "tok_z")).values(), torch.zeros(())
    ).backward()
    without = {name for name, p in model.named_parameters() if p.grad is None}
    # in the checkpoints, never used
    assert without == {f"decoder_embeddings.{key}.token_emb.weight" for key in ("tok_segmap", "tok_z")}


@pytest.mark.parametrize("attention", ["upstream", "within_modality"])
def test_a_model_learns_to_fill_in_what_is_hidden(attention: str) -> None:
    streams = ("tok_flux_g", "tok_flux_r")
    config = AIONConfig.from_dict(
        {
            **AIONConfig(**SMALL).to_dict(),
            "domains_in": streams,
            "domains_out": streams,
            "decoder_attention": attention,
        }
    )
    model = seeded(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(60):
        g = torch.randint(0, 8, (64, 1), generator=generator)
        loss = model.loss({"tok_flux_g": g}, {"tok_flux_r": 2 * g + 1})["tok_flux_r"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > math.log(1024) - 1
    assert losses[-1] < 1  # a guess among the eight values that occur costs ln 8 = 2.1


def test_targets_that_do_not_fit_are_refused_by_name(ours: AION, tokens: dict[str, Tensor]) -> None:
    with pytest.raises(TokenKeyError, match="'tok_image' is no stream that this model predicts"):
        ours.loss(tokens, tokens_of("tok_image"))
    with pytest.raises(InputError, match="tok_z holds the id 1025"):
        ours.loss(tokens, {"tok_z": torch.full((2, 1), 1025)})
    with pytest.raises(InputError, match="the targets hold 3 objects, the inputs 2"):
        ours.loss(tokens, tokens_of("tok_z", batch=3))
