"""What the encoder made of the tokens of B objects, and how kept tokens are packed. Knows no weights."""

import warnings
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor

from aion.errors import InputError, TruncationWarning


@dataclass(frozen=True)
class Context:
    """What the encoder made of the tokens; every question about the objects is asked of it."""

    states: Tensor
    """(B, N, D) encoder output, zero where no token stands."""
    keep: Tensor
    """(B, N) bool, True = a real token."""
    stream: Tensor
    """(B, N) long, index into ``streams``."""
    position: Tensor
    """(B, N) long, position of the token within its stream."""
    streams: tuple[str, ...]
    """Token keys that were given."""
    tokens: Tensor | None = None
    """(B, N) long, the token ids that were read."""
    redshift: Tensor | None = None
    """(B, bins) logits of the redshift correlation, of models that declare it."""

    def repeated(self, rows: int) -> Self:
        """The same of the only object B = 1, for so many rows; nothing is copied."""

        def wide(values: Tensor | None) -> Tensor | None:
            return None if values is None else values.expand(rows, *values.shape[1:])

        tensors: dict[str, Any] = {name: wide(getattr(self, name)) for name in _TENSORS}
        return replace(self, **tensors)

    def of(self, token_key: str) -> Tensor:
        """(B, N) bool, True where a kept token of that stream stands."""
        if token_key not in self.streams:
            return torch.zeros_like(self.keep)
        return self.keep & (self.stream == self.streams.index(token_key))


_TENSORS = [item.name for item in fields(Context) if item.name != "streams"]


def packed(read: Context, budget: int | None) -> Context:
    """Kept tokens first, in order; columns in which no object has a token, or beyond the budget, are gone."""
    if budget is not None and budget < 1:
        raise InputError(f"num_encoder_tokens is {budget}; it must be at least 1, or None for all tokens")
    counts = read.keep.sum(dim=1)
    longest = int(counts.max())
    if budget is not None and budget < longest:
        warnings.warn(
            f"the encoder reads {budget} of {longest} tokens, in the order {', '.join(read.streams)}; "
            "leave num_encoder_tokens at None to use all",
            TruncationWarning,
            stacklevel=4,
        )
    columns = max(1, min(longest, budget or longest))
    if columns == read.keep.shape[1] and longest == int(counts.min()):
        return read
    assert read.tokens is not None
    first = (~read.keep).long().argsort(dim=1, stable=True)[:, :columns]
    return replace(
        read,
        keep=read.keep.gather(1, first),
        stream=read.stream.gather(1, first),
        position=read.position.gather(1, first),
        tokens=read.tokens.gather(1, first),
    )


def kept_positions(keep: Tensor) -> Tensor:
    """(B, n) bool -> (B, m) positions of the kept ones, m of the fullest row; -1 fills up."""
    counts = keep.sum(dim=1, keepdim=True)
    columns = max(1, int(counts.max()))
    if columns == keep.shape[1] == int(counts.min()):
        return torch.arange(columns, device=keep.device).expand(keep.shape)
    first = (~keep).long().argsort(dim=1, stable=True)[:, :columns]
    return torch.where(torch.arange(columns, device=keep.device) < counts, first, -1)
