"""Quantizers: every code comes back, gradients pass, bins hold what they say."""

import pytest
import torch

from aion.codecs.quantizers import (
    ComposedScalarQuantizer,
    FiniteScalarQuantizer,
    IdentityQuantizer,
    LookupFreeQuantizer,
    MultiScalarCompressedReservoirQuantizer,
    Quantizer,
    ScalarCompressedReservoirQuantizer,
    ScalarLinearQuantizer,
    ScalarLogReservoirQuantizer,
    ScalarReservoirQuantizer,
)
from aion.errors import ConfigError


@pytest.mark.parametrize("levels", [[7, 5, 5, 5, 5], [8, 5, 5, 5], [4, 4], [2], [1] * 5], ids=str)
def test_finite_codes_and_levels_are_one_to_one(levels: list[int]) -> None:
    quantizer = FiniteScalarQuantizer(levels)
    values = quantizer.decode(torch.arange(quantizer.codebook_size)[None])
    assert values.shape == (1, len(levels), quantizer.codebook_size)
    assert len(values[0].T.unique(dim=0)) == quantizer.codebook_size and values.abs().max() <= 1
    z = torch.randn(1, len(levels), 5000) * 3
    torch.testing.assert_close(quantizer.decode(quantizer.encode(z)), quantizer.quantize(z))
    assert [len(channel.unique()) for channel in quantizer.quantize(z)[0]] == levels


def test_every_lookup_free_code_is_a_corner_of_the_cube() -> None:
    quantizer = LookupFreeQuantizer(6, 64)
    codes = torch.arange(64)[None]
    corners = quantizer.decode(codes)
    assert corners.shape == (1, 6, 64) and (corners.abs() == 1).all()
    assert torch.equal(quantizer.encode(corners * 0.01), codes)


def test_lookup_free_codebooks_have_one_bit_per_channel() -> None:
    with pytest.raises(ConfigError, match="5 channels of one bit each need 32"):
        LookupFreeQuantizer(5, 1024)


def test_the_entropy_of_lookup_free_codes_is_that_of_the_full_softmax() -> None:
    z = torch.randn(50, 6) * 0.3
    quantizer = LookupFreeQuantizer(
        6, 64, inverse_temperature=1.5, commitment_weight=0.0, entropy_weight=1.0, diversity=0.7
    ).train()
    corners = quantizer.decode(torch.arange(64)[None])[0].T
    probability = (2 * 1.5 * z @ corners.T).softmax(-1)
    mean = probability.mean(0)
    expected = -(probability * probability.log()).sum(-1).mean() + 0.7 * (mean * mean.log()).sum()
    _, loss, _ = quantizer(z.T[None])
    torch.testing.assert_close(loss, expected)


def test_the_auxiliary_loss_is_for_training_only() -> None:
    _, loss, usage = LookupFreeQuantizer(6, 64).eval()(torch.randn(2, 6, 9))
    assert loss == 0
    assert usage.item() <= 18 / 64


@pytest.mark.parametrize(
    "quantizer", [FiniteScalarQuantizer([5, 5]), LookupFreeQuantizer(2, 4), ScalarLinearQuantizer(16, (0, 1))]
)
def test_gradients_pass_straight_through(quantizer: Quantizer) -> None:
    z = (torch.randn(3, 2, 7) * 0.5).requires_grad_()
    quantised, _, _ = quantizer(z)
    quantised.sum().backward()
    assert z.grad is not None and (z.grad > 0).all()


def test_fitted_bins_hold_equally_many_values() -> None:
    values = torch.randn(20_000).exp()
    for quantizer in (
        ScalarReservoirQuantizer(64, 5000),
        ScalarLogReservoirQuantizer(64, 5000, min_log_value=-9),
    ):
        quantizer.fit(values)
        counts = torch.bincount(quantizer.encode(values), minlength=64)
        # 20 000 / 63 in each; the first bin is the smallest value alone
        assert counts[1:].min() > 250 and counts[1:].max() < 390


def test_values_below_the_floor_share_the_lowest_bin() -> None:
    quantizer = ScalarLogReservoirQuantizer(64, 500)
    quantizer.fit(torch.linspace(0.1, 100, 1000))
    assert quantizer.encode(torch.tensor([-5.0, 0.0, 0.04])).tolist() == [0, 0, 0]


def test_the_middle_of_a_bin_is_half_a_bin_below_its_edge() -> None:
    quantizer = ScalarLinearQuantizer(11, (0.0, 1.0))
    values = torch.linspace(0.001, 0.999, 4001)
    codes = quantizer.encode(values)
    assert (quantizer.decode(codes) - values).mean().item() == pytest.approx(0.05, abs=1e-3)
    assert (quantizer.center(codes) - values).mean().item() == pytest.approx(0.0, abs=1e-3)
    assert quantizer.center(torch.tensor([0])).item() == 0.0


def test_each_channel_has_bins_of_its_own() -> None:
    quantizer = MultiScalarCompressedReservoirQuantizer(["arcsinh"], ["sinh"], 32, 300, 3)
    values = torch.randn(1000, 3) * torch.tensor([1.0, 100.0, 1e4])
    quantizer.fit(values)
    assert torch.bincount(quantizer.encode(values)[:, 2], minlength=32)[1:].min() > 20
    torch.testing.assert_close(quantizer.decode(quantizer.encode(values)), quantizer.quantize(values))


@pytest.mark.parametrize(
    ("functions", "message"), [((["load"], ["save"]), "not known"), ((["arcsinh"], ["exp"]), "do not undo")]
)
def test_only_known_functions_that_undo_each_other_compress(
    functions: tuple[list[str], list[str]], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        ScalarCompressedReservoirQuantizer(*functions, 16, 100)


def test_columns_share_a_codebook_without_sharing_codes() -> None:
    quantizer = ComposedScalarQuantizer({"X": IdentityQuantizer(96), "Z": ScalarLinearQuantizer(10, (0, 1))})
    codes = quantizer.encode({"X": torch.tensor([[3, 95]]), "Z": torch.tensor([[0.0, 1.0]])})
    assert codes.tolist() == [[[3, 96], [95, 105]]]
    assert quantizer.codebook_size == 106
    columns = quantizer.decode(torch.tensor([[[3, 96], [100, 3]]]))
    assert columns["X"].tolist() == [[3, -1]] and columns["Z"].tolist() == [[0.0, -1.0]]
