"""Transformer layers under the names of the published checkpoints.
Shapes: B objects, N encoder tokens, M queries, H heads, D width.

Masks are ``visible`` (True = may be attended to) and None when everything is.
Nothing here knows which stream a token belongs to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from aion.streams import TokenStream

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"SiLU": F.silu, "GELU": F.gelu, "ReLU": F.relu}
_INIT_STD = 0.02


@dataclass(frozen=True)
class Dimensions:
    """What all blocks of a model have in common; the names are those of `AIONConfig`."""

    dim: int
    num_heads: int
    mlp_ratio: float
    act_layer: str
    gated_mlp: bool
    qk_norm: bool
    qkv_bias: bool
    proj_bias: bool
    mlp_bias: bool
    norm_bias: bool


@dataclass(frozen=True)
class Queries:
    """Which decoder queries belong together: ``sizes`` columns of each target, side by side."""

    sizes: list[int]
    asked: Tensor | None
    """(B, M) bool, False for columns that only fill up a row; None when all are asked."""

    def average(self, x: Tensor) -> Tensor:
        """(B, M, D) -> (B, targets, D), the mean over the asked queries of each target."""
        if self.asked is None:
            means = [part.mean(dim=1) for part in torch.split(x, self.sizes, dim=1)]
            return torch.stack(means, dim=1)
        kept = self.asked.to(x.dtype).unsqueeze(-1)
        sums = torch.stack([part.sum(dim=1) for part in torch.split(x * kept, self.sizes, dim=1)], dim=1)
        counts = torch.stack([part.sum(dim=1) for part in torch.split(kept, self.sizes, dim=1)], dim=1)
        return sums / counts.clamp(min=1)

    def spread(self, per_target: Tensor) -> Tensor:
        """(B, targets, D) -> (B, M, D), each target's row for all of its queries."""
        if len(self.sizes) == 1:
            return per_target  # one row broadcasts
        repeats = torch.tensor(self.sizes, device=per_target.device)
        return per_target.repeat_interleave(repeats, dim=1, output_size=sum(self.sizes))


class LayerNorm(nn.Module):
    """Layer norm whose bias may be a constant zero; the checkpoints hold it either way."""

    bias: Tensor

    def __init__(self, dim: int, *, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        if bias:
            self.bias = nn.Parameter(torch.zeros(dim))
        else:
            self.register_buffer("bias", torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, eps=1e-6)


class Mlp(nn.Module):
    """Two linear layers, or with ``gated_mlp`` three (SwiGLU, arXiv:2002.05202) of two thirds the width."""

    def __init__(self, d: Dimensions) -> None:
        super().__init__()
        hidden = int(d.dim * d.mlp_ratio)
        hidden = int(2 * hidden / 3) if d.gated_mlp else hidden
        self.activation = ACTIVATIONS[d.act_layer]
        self.fc1 = nn.Linear(d.dim, hidden, bias=d.mlp_bias)
        self.fc2 = nn.Linear(hidden, d.dim, bias=d.mlp_bias)
        self.fc3 = nn.Linear(d.dim, hidden, bias=d.mlp_bias) if d.gated_mlp else None

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.activation(self.fc1(x))
        return self.fc2(hidden if self.fc3 is None else hidden * self.fc3(x))  # type: ignore[no-any-return]


class _Heads(nn.Module):
    """What self- and cross-attention share: heads, optional norm of queries and keys, the last projection."""

    def __init__(self, d: Dimensions) -> None:
        super().__init__()
        self.num_heads = d.num_heads
        self.proj = nn.Linear(d.dim, d.dim, bias=d.proj_bias)
        width = d.dim // d.num_heads
        self.q_norm = LayerNorm(width, bias=d.norm_bias) if d.qk_norm else None
        self.k_norm = LayerNorm(width, bias=d.norm_bias) if d.qk_norm else None

    def split(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(B, N, parts * D) -> that many (B, H, N, D/H)."""
        return x.reshape(*x.shape[:2], parts, self.num_heads, -1).permute(2, 0, 3, 1, 4).unbind(0)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, visible: Tensor | None) -> Tensor:
        """Heads -> (B, N, D); ``visible`` is (B, N of k)."""
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q).to(v.dtype), self.k_norm(k).to(v.dtype)
        mask = None if visible is None else visible[:, None, None, :]
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)


class SelfAttention(_Heads):
    """Every token looks at the visible ones; decoder queries only at those of their own target."""

    def __init__(self, d: Dimensions) -> None:
        super().__init__(d)
        self.qkv = nn.Linear(d.dim, 3 * d.dim, bias=d.qkv_bias)

    def forward(self, x: Tensor, visible: Tensor | None) -> Tensor:
        q, k, v = self.split(self.qkv(x), 3)
        return self.proj(self.attend(q, k, v, visible))  # type: ignore[no-any-return]

    def within(self, x: Tensor, queries: Queries) -> Tensor:
        """Attention among the queries of each target."""
        q, k, v = self.split(self.qkv(x), 3)
        asked: Sequence[Tensor | None] = [None] * len(queries.sizes)
        if queries.asked is not None:
            asked = torch.split(queries.asked, queries.sizes, dim=1)
        parts = zip(*(torch.split(heads, queries.sizes, dim=2) for heads in (q, k, v)), asked, strict=True)
        results = [
            self.attend(qs, ks, vs, something_visible(seen))
            if qs.shape[2] > 1
            else vs.transpose(1, 2).flatten(2)
            for qs, ks, vs, seen in parts
        ]
        return self.proj(torch.cat(results, dim=1))  # type: ignore[no-any-return]

    def uniform(self, x: Tensor, queries: Queries) -> Tensor:
        """Every query receives the average of all values of its target:
        attention with equal weights, without the attention."""
        dim = x.shape[-1]
        bias = None if self.qkv.bias is None else self.qkv.bias[2 * dim :]
        # the average commutes with the linear map
        values = F.linear(queries.average(x), self.qkv.weight[2 * dim :], bias)
        return queries.spread(self.proj(values))


class CrossAttention(_Heads):
    """Queries look at the visible tokens of the context."""

    def __init__(self, d: Dimensions) -> None:
        super().__init__(d)
        self.q = nn.Linear(d.dim, d.dim, bias=d.qkv_bias)
        self.kv = nn.Linear(d.dim, 2 * d.dim, bias=d.qkv_bias)

    def forward(self, x: Tensor, context: Tensor, visible: Tensor | None) -> Tensor:
        (q,) = self.split(self.q(x), 1)
        if self.k_norm is None and q.shape[2] < q.shape[3]:
            return self.proj(self._attend_few(q, context, visible))  # type: ignore[no-any-return]
        k, v = self.split(self.kv(context), 2)
        return self.proj(self.attend(q, k, v, visible))  # type: ignore[no-any-return]

    def _attend_few(self, q: Tensor, context: Tensor, visible: Tensor | None) -> Tensor:
        """Heads of fewer queries than a head is wide -> (B, M, D), as `attend`: the weights of keys and
        values are multiplied with the queries and with what these see, not with every token of the context.
        The bias of the keys adds the same to all scores of a query, which softmax does not see.
        """
        heads, queries, width = q.shape[1:]
        keys, values = self.kv.weight.view(2, heads, width, -1).unbind(0)
        scores = (q * width**-0.5 @ keys).flatten(1, 2) @ context.transpose(1, 2)  # (B, H * M, N)
        if visible is not None:
            scores = scores.masked_fill(~visible[:, None], -torch.inf)
        seen = (scores.softmax(dim=-1) @ context).unflatten(1, (heads, queries))  # (B, H, M, D)
        attended: Tensor = (seen @ values.transpose(1, 2)).transpose(1, 2).flatten(2)
        return attended if self.kv.bias is None else attended + self.kv.bias[heads * width :]


class EncoderBlock(nn.Module):
    """Self-attention and MLP, each after a norm and around a residual."""

    def __init__(self, d: Dimensions) -> None:
        super().__init__()
        self.norm1 = LayerNorm(d.dim, bias=d.norm_bias)
        self.attn = SelfAttention(d)
        self.norm2 = LayerNorm(d.dim, bias=d.norm_bias)
        self.mlp = Mlp(d)

    def forward(self, x: Tensor, visible: Tensor | None) -> Tensor:
        x = x + self.attn(self.norm1(x), visible)
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class DecoderBlock(nn.Module):
    """Self-attention among queries, cross-attention to the context, MLP."""

    def __init__(self, d: Dimensions, *, uniform_attention: bool) -> None:
        super().__init__()
        self.norm1 = LayerNorm(d.dim, bias=d.norm_bias)
        self.self_attn = SelfAttention(d)
        self.cross_attn = CrossAttention(d)
        self.query_norm = LayerNorm(d.dim, bias=d.norm_bias)
        self.context_norm = LayerNorm(d.dim, bias=d.norm_bias)
        self.norm2 = LayerNorm(d.dim, bias=d.norm_bias)
        self.mlp = Mlp(d)
        self.uniform_attention = uniform_attention

    def forward(self, x: Tensor, context: Tensor, visible: Tensor | None, queries: Queries) -> Tensor:
        mix = self.self_attn.uniform if self.uniform_attention else self.self_attn.within
        x = x + mix(self.norm1(x), queries)
        x = x + self.cross_attn(self.query_norm(x), self.context_norm(context), visible)
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class EncoderEmbedding(nn.Module):
    """Token ids and positions of one stream -> vectors."""

    pos_emb: Tensor

    def __init__(self, stream: TokenStream, dim: int) -> None:
        super().__init__()
        self.register_buffer("pos_emb", position_table(stream, dim))
        self.mod_emb = nn.Parameter(torch.zeros(1, 1, dim))
        self.token_emb = nn.Embedding(stream.vocab_size, dim)

    def place(self, position: Tensor) -> Tensor:
        """Positions (...) -> (..., D): where a token stands, and in which stream."""
        return self.pos_emb[0][position] + self.mod_emb[0, 0]


class DecoderEmbedding(EncoderEmbedding):
    """Positions of one stream -> query vectors, and decoder outputs -> logits.

    ``token_emb`` is in the checkpoints; only sequences use it, and of it only row 0.
    """

    def __init__(self, stream: TokenStream, dim: int) -> None:
        super().__init__(stream, dim)
        self.is_sequence = stream.is_sequence
        self.to_logits = nn.Linear(dim, stream.vocab_size, bias=False)

    def query(self, position: Tensor, mask_token: Tensor) -> Tensor:
        """Positions (B, n) -> (B, n, D)."""
        return self.place(position) + (self.token_emb.weight[0] if self.is_sequence else mask_token)


def position_table(stream: TokenStream, dim: int) -> Tensor:
    """Sine-cosine positions (1, positions, D) of a grid or of a sequence (MoCo v3, arXiv:2104.02057)."""
    if stream.is_sequence:
        waves = [torch.arange(stream.positions)]
    else:
        height, width = stream.grid
        # first the axis that varies slowly; the checkpoints call it the width,
        # which matters to square grids only by name
        waves = list(torch.meshgrid(torch.arange(width), torch.arange(height), indexing="ij"))
    half = dim // (2 * len(waves))
    frequency = 1.0 / 10_000 ** (torch.arange(half, dtype=torch.float32) / half)
    angles = [axis.reshape(-1, 1).float() * frequency for axis in waves]
    return torch.cat([wave for angle in angles for wave in (angle.sin(), angle.cos())], dim=1).unsqueeze(0)


def initialise(module: nn.Module) -> None:
    """Random weights as 4M draws them: Xavier for linear layers, each of q, k and v for itself;
    normal for embeddings."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear):
            stacked = {"qkv": 3, "kv": 2}.get(name.rsplit(".", 1)[-1], 1)
            limit = (6 / (part.out_features // stacked + part.in_features)) ** 0.5
            nn.init.uniform_(part.weight, -limit, limit)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, std=_INIT_STD)
        elif isinstance(part, EncoderEmbedding):
            nn.init.normal_(part.mod_emb, std=_INIT_STD)


class without_initialisation(TorchFunctionMode):  # noqa: N801  # read as `with without_initialisation():`
    """Modules made inside keep whatever their memory held: for weights that are loaded right after.
    Of this thread only."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in (
            Tensor.uniform_,
            Tensor.normal_,
            nn.init.uniform_,
            nn.init.normal_,
            nn.init.kaiming_uniform_,
        ):
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def concatenated(parts: Sequence[Tensor]) -> Tensor:
    """Along the tokens; a single part is passed through."""
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=1)


def something_visible(visible: Tensor | None) -> Tensor | None:
    """A row that sees nothing sees its first column: attention to nothing has no value."""
    if visible is None:
        return None
    first = torch.arange(visible.shape[1], device=visible.device) == 0
    return visible | (first & ~visible.any(dim=1, keepdim=True))
