"""Tokens of a target from a context: the most probable, a random draw,
or drawn a few at a time (MaskGIT, arXiv:2202.04200)."""

import math
from collections.abc import Mapping
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from aion.config import AIONConfig
from aion.context import Context
from aion.errors import InputError, TokenKeyError
from aion.streams import STREAMS

Method = Literal["argmax", "sample", "maskgit"]


class Predictor(Protocol):
    """What is asked of the model here; `aion.model.AION` is one."""

    config: AIONConfig

    def predict_at(self, context: Context, positions: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Logits (B, m, vocabulary) at chosen positions (B, m) of each stream."""

    def extended(self, context: Context, token_key: str, tokens: Tensor) -> Context:
        """The context with more tokens (B, n) of one stream."""


@torch.no_grad()
def generate(
    model: Predictor,
    context: Context,
    key: str,
    count: int,
    *,
    method: Method,
    steps: int,
    temperature: float,
    seed: int | None,
) -> Tensor:
    """Tokens (B, count) of one stream; ids that no code stands for are never drawn.

    Args:
        method: "argmax" takes the most probable token of each position, "sample" draws each position
            for itself, "maskgit" draws all, keeps the surest, lets the encoder read them and draws
            the rest again, ``steps`` times.
        steps: encoder passes of "maskgit".
        temperature: below 1 favours the probable tokens, above 1 the others; not for "argmax".
        seed: of the draws; the same seed gives the same tokens. None draws anew each time.

    Raises:
        InputError: an impossible argument.
        TokenKeyError: "maskgit" for a stream that the model does not read.
    """
    if method not in get_args(Method):
        raise InputError(f"method is {method!r}; it must be one of {', '.join(get_args(Method))}")
    if steps < 1 or temperature <= 0:
        raise InputError(f"steps ({steps}) must be at least 1 and temperature ({temperature}) above 0")
    if method == "argmax":
        return _logits(model, context, key, count).argmax(dim=-1)
    generator = torch.Generator("cpu")
    generator.seed() if seed is None else generator.manual_seed(seed)
    if method == "sample":
        return _draw(_logits(model, context, key, count), temperature, generator)[0]
    if key not in model.config.domains_in:
        raise TokenKeyError(
            f"{key!r} is no stream that this model reads, so maskgit cannot build on its tokens; "
            "use method='sample'"
        )
    return _maskgit(model, context, key, count, min(steps, count), temperature, generator)


def _maskgit(
    model: Predictor,
    context: Context,
    key: str,
    count: int,
    steps: int,
    temperature: float,
    generator: torch.Generator,
) -> Tensor:
    tokens = torch.full((len(context.states), count), -1, device=context.states.device)
    for step in range(1, steps + 1):
        drawn, probability = _draw(_logits(model, context, key, count), temperature, generator)
        missing = tokens < 0
        share = 1 - math.cos(math.pi / 2 * step / steps)
        known = count if step == steps else max(step, round(count * share))
        if STREAMS[key].is_sequence:  # its positions are counted, so it grows from the front
            probability = -torch.arange(count, device=tokens.device).expand_as(drawn).float()
        surest = torch.where(missing, probability, math.inf).argsort(dim=1, descending=True, stable=True)
        chosen = torch.zeros_like(missing).scatter(1, surest[:, :known], True)
        tokens = torch.where(missing & chosen, drawn, tokens)
        if step < steps:
            context = model.extended(context, key, tokens)
    return tokens


def _logits(model: Predictor, context: Context, key: str, count: int) -> Tensor:
    """(B, count, codes): without the logits that no code stands for."""
    positions = torch.arange(count, device=context.states.device).expand(len(context.states), count)
    return model.predict_at(context, {key: positions})[key][..., : STREAMS[key].codes]


def _draw(logits: Tensor, temperature: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Drawn ids (B, n) and their probabilities; on the CPU, so that a seed means the same on every device."""
    probabilities = (logits.float() / temperature).softmax(dim=-1).cpu()
    drawn = torch.multinomial(probabilities.flatten(0, 1), 1, generator=generator)
    drawn = drawn.view(probabilities.shape[:2])
    return drawn.to(logits.device), probabilities.gather(2, drawn.unsqueeze(-1)).squeeze(-1).to(logits.device)
