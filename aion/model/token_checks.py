"""What a caller hands to the transformer, checked against the streams: targets, and token ids (B, n)."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from aion.errors import InputError, TokenKeyError
from aion.streams import STREAMS

Tokens = Mapping[str, Tensor]
"""Token key -> ids (B, n)."""


def read_target(target: Any) -> tuple[str, int]:
    """Token key and number of tokens of what shall be predicted."""
    key = target if isinstance(target, str) else getattr(target, "token_key", None)
    if key not in STREAMS:
        raise TokenKeyError(
            f"{target!r} is neither a modality nor a token key; the keys are {', '.join(STREAMS)}"
        )
    count = getattr(target, "num_tokens", None) or STREAMS[key].max_tokens
    return key, int(count)


def checked_shape(key: str, ids: Tensor) -> Tensor:
    """Ids as (B, n), with n as the stream demands."""
    ids = ids.unsqueeze(1) if ids.dim() == 1 else ids
    stream = STREAMS[key]
    lengths = range(1, stream.positions + 1) if stream.is_sequence else (stream.max_tokens,)
    if ids.dim() != 2 or ids.shape[1] not in lengths:
        wanted = f"1 to {stream.positions}" if stream.is_sequence else str(stream.max_tokens)
        raise InputError(f"tokens of {key} have the shape {list(ids.shape)}; expected (objects, {wanted})")
    return ids


def check_batch(tokens: Tokens, ids: Sequence[Tensor]) -> None:
    """Raises InputError: the streams are not of equally many objects."""
    batches = {key: len(part) for key, part in zip(tokens, ids, strict=True)}
    if len(set(batches.values())) > 1:
        counts = ", ".join(f"{key} {count}" for key, count in batches.items())
        raise InputError(f"the streams hold different numbers of objects: {counts}")


def range_problems(tokens: Tokens, ids: Sequence[Tensor], keep: Sequence[Tensor]) -> list[str]:
    """A sentence for each stream that keeps an id beyond its vocabulary."""
    highest = {key: int(torch.where(k, i, 0).max()) for key, i, k in zip(tokens, ids, keep, strict=True)}
    return [
        f"{key} holds the id {top}; its ids run from 0 to {STREAMS[key].vocab_size - 1}"
        for key, top in highest.items()
        if top >= STREAMS[key].vocab_size
    ]
