"""The benchmark of NVIDIA cards, at a tiny size on the processor: what it counts and what it prints."""

import pytest
import torch

from aion.model import AIONConfig
from benchmarks import gpu

CPU = torch.device("cpu")
TINY = AIONConfig(dim=32, encoder_depth=2, decoder_depth=1, num_heads=4)


def test_a_rate_for_each_batch_with_operations_in_proportion() -> None:
    one, two = gpu.rates("tiny", "step by step", TINY, CPU, (1, 2), repeats=1)
    assert (one.batch, two.batch) == (1, 2)
    assert two.operations == 2 * one.operations
    tokens, width = 576 + 273, TINY.dim
    products = 12 * tokens * width**2 * TINY.encoder_depth  # those of a block, twice: a sum for each product
    assert one.operations > 2 * products


def test_the_answer_of_replayed_blocks_comes_from_the_same_blocks() -> None:
    plain = gpu.random_model(TINY, CPU)
    graphs = gpu.replayed(gpu.random_model(TINY, CPU))
    assert len(list(graphs.encoder)) == 1
    assert [one.shape for one in graphs.parameters()] == [one.shape for one in plain.parameters()]


def test_a_line_says_how_much_of_the_peak_was_reached() -> None:
    cells = gpu.Rate("base", "compiled", 16, seconds=0.5, operations=1e12).cells(peak=8e12)
    assert cells == ["base", "compiled", "16", "32.0", "2.0", "25%"]
    assert gpu.peak_of(CPU, rows=32, repeats=1) > 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card, and this is about none")
def test_without_a_card_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["gpu"])
    with pytest.raises(SystemExit, match="torch finds no NVIDIA card here"):
        gpu.main()
