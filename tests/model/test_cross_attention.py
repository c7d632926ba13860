"""Cross-attention of few queries takes a shorter way than that of many, to the same result."""

import pytest
import torch

from aion.layers import CrossAttention, Dimensions

OBJECTS, TOKENS, DIM, HEADS = 2, 11, 32, 4
WIDTH = DIM // HEADS


def cross_attention(*, biased: bool) -> CrossAttention:
    torch.manual_seed(3)
    bias = dict.fromkeys(("qkv_bias", "proj_bias", "mlp_bias", "norm_bias"), biased)
    dimensions = Dimensions(DIM, HEADS, 4.0, "SiLU", gated_mlp=True, qk_norm=False, **bias)
    attention = CrossAttention(dimensions).double().eval()
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter)
    return attention


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("is_masked", [False, True])
def test_few_queries_see_what_they_see_among_many(biased: bool, is_masked: bool) -> None:
    attention = cross_attention(biased=biased)
    queries, context = torch.randn(OBJECTS, WIDTH, DIM).double(), torch.randn(OBJECTS, TOKENS, DIM).double()
    visible = torch.arange(TOKENS) < torch.tensor([[TOKENS], [4]]) if is_masked else None
    with torch.inference_mode():
        many = attention(queries, context, visible)
        few = attention(queries[:, : WIDTH - 1], context, visible)
    torch.testing.assert_close(few, many[:, : WIDTH - 1])
    assert many.std() > 1
