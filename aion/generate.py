"""Tokens of a target from a context: the most probable, drawn each for itself, or drawn some at a time
(MaskGIT, arXiv:2202.04200). Shapes: B rows, n positions of a stream.

Random numbers belong to (seed, number of the sample, stream, step, position), so that the tokens of a row do
not depend on what is drawn beside it.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
import torch
from torch import Tensor

from aion.config import AIONConfig
from aion.context import Context
from aion.errors import InputError, TokenKeyError
from aion.streams import STREAMS

GENERATION = "generation.json"
"""Name of the file beside weights that says how well they generate, and how sure of the first token of each
stream they may be."""
Method = Literal["argmax", "sample", "maskgit"]


class Predictor(Protocol):
    """What is asked of the model here; `aion.model.AION` is one."""

    config: AIONConfig

    def predict_at(self, context: Context, positions: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Logits (B, m, vocabulary) at chosen positions (B, m) of each stream."""

    def extended(self, context: Context, token_key: str, tokens: Tensor) -> Context:
        """The context with more tokens (B, n) of one stream."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Raises:
        InputError: an impossible value.
    """

    method: Method = "maskgit"
    """"argmax" takes the most probable token of each position, "sample" draws each position for itself,
    "maskgit" draws some positions, lets the encoder read them, and draws others. Which positions come first
    is drawn too: with the surest first, samples come out too much alike."""
    steps: int = 4
    """Of "maskgit"."""
    temperature: float = 1.0
    """Below 1 favours the probable tokens, above 1 the others; not for "argmax"."""
    seed: int = 0
    first_temperature: float = 1.0
    """Times ``temperature``, at the first position of a stream, which holds the level of a spectrum: weights
    may be more or less sure of it than of the others. Where it is not 1, that position is drawn first."""

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise InputError(f"method is {self.method!r}; it must be one of {', '.join(get_args(Method))}")
        if self.steps < 1 or not 0 < self.temperature * self.first_temperature < math.inf:
            raise InputError(
                f"steps ({self.steps}) must be at least 1 and temperature ({self.temperature}) above 0"
            )
        if self.seed < 0:
            raise InputError(f"the seed is {self.seed}; it must be 0 or more")

    def passes(self, count: int) -> int:
        """How often the model is asked for a stream of ``count`` positions."""
        return min(self.steps, count) if self.method == "maskgit" else 1


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
    first_temperature: float = 1.0,
) -> Tensor:
    """Tokens (B, count) of one stream; ids that no code stands for are never drawn.

    Args:
        method, steps, temperature, first_temperature: as in `Sampling`.
        seed: of the draws; the same seed gives the same tokens, and each row others. None draws anew each
            time.

    Raises:
        InputError: an impossible argument.
        TokenKeyError: "maskgit" for a stream that the model does not read.
    """
    fresh = int(np.random.SeedSequence().generate_state(1, np.uint64)[0]) if seed is None else seed
    sampling = Sampling(method, steps, temperature, fresh, first_temperature)
    rows = len(context.states)
    tokens = torch.full((rows, count), -1, device=context.states.device)
    for step in range(sampling.passes(count)):
        known = model.extended(context, key, tokens) if step else context
        tokens = draw_next(model, known, key, tokens, sampling, step=step, numbers=range(rows))
    return tokens


@torch.no_grad()
def draw_next(
    model: Predictor,
    context: Context,
    key: str,
    tokens: Tensor,
    sampling: Sampling,
    *,
    step: int,
    numbers: Sequence[int],
    among: np.ndarray | None = None,
) -> Tensor:
    """Tokens (B, n) of one stream after one more step, -1 where none is drawn yet. Only the positions of this
    step are computed.

    Args:
        context: what the encoder made of the inputs and of ``tokens``.
        tokens: (B, n) as the steps before left them; -1 wherever one is to be drawn before step 0.
        step: 0 to ``sampling.passes(n) - 1``; or m in place of n where only m positions are drawn.
        numbers: of the sample that each row is.
        among: (m,) increasing, the positions that are drawn in all steps; None = all. The others stay.

    Raises:
        TokenKeyError: "maskgit" for a stream that the model does not read.
    """
    if sampling.method == "maskgit" and key not in model.config.domains_in:
        raise TokenKeyError(
            f"{key!r} is no stream that this model reads, so maskgit cannot build on its tokens; "
            "use method='sample'"
        )
    count = tokens.shape[1]
    free = np.arange(count) if among is None else among
    places = [_positions(key, free, sampling, step, number) for number in numbers]
    position = torch.from_numpy(np.stack(places)).to(tokens.device)
    logits = model.predict_at(context, {key: position})[key][..., : STREAMS[key].codes]
    if sampling.method == "argmax":
        return tokens.scatter(1, position, logits.argmax(dim=-1))
    heat = np.full(count, sampling.temperature)
    heat[0] *= sampling.first_temperature
    drawn = [
        _draw(row, heat[place], _random(sampling.seed, number, key, 1 + step).random(count)[place])
        for row, place, number in zip(logits, places, numbers, strict=True)
    ]
    return tokens.scatter(1, position, torch.stack(drawn).to(tokens.device))


def _positions(key: str, free: np.ndarray, sampling: Sampling, step: int, number: int) -> np.ndarray:
    """Which of the free positions, increasing, are drawn in this step of one sample."""
    passes, order = sampling.passes(len(free)), free
    if not STREAMS[key].is_sequence:  # whose positions are counted, so that it grows from the front
        order = free[_random(sampling.seed, number, key, 0).permutation(len(free))]
    if sampling.first_temperature != 1 and 0 in order:  # it was fitted where nothing of the stream is known
        order = np.concatenate([[0], order[order != 0]])
    return np.sort(np.array_split(order, passes)[step])


def _random(seed: int, number: int, key: str, step: int) -> np.random.Generator:
    return np.random.default_rng((seed, number, zlib.crc32(key.encode()), step))


def _draw(logits: Tensor, temperature: np.ndarray, uniform: np.ndarray) -> Tensor:
    """Ids (m,) from logits (m, codes), as many temperatures, and numbers between 0 and 1; on the CPU, so that
    a seed means the same on every device."""
    reached = (logits.cpu().double() / torch.from_numpy(temperature)[:, None]).softmax(dim=-1).cumsum(dim=-1)
    wanted = torch.from_numpy(uniform)[:, None] * reached[:, -1:]
    return torch.searchsorted(reached, wanted, right=True)[:, 0].clamp(max=logits.shape[-1] - 1)
