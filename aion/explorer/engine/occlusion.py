"""The passes behind an `Occlusion`: groups of tokens hidden in turn, a few in each piece of work, so that the
engine answers others between."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.codecs.modules.spectrum import LatentSpectralGrid
from aion.codecs.spectrum import SpectrumCodec
from aion.constants import CODEC_FIELD
from aion.errors import InputError
from aion.explorer.engine.engine import Engine
from aion.explorer.engine.networks import ModelOutput, Networks, Tokens
from aion.explorer.results import MeasuredObject
from aion.explorer.results.occlusion import Occlusion, TokenGroup
from aion.modalities import MODALITIES, Image, Spectrum
from aion.redshift import redshift_pdfs

RUN, SIDE = 4, 3
"""Tokens of a spectrum (about 100 Å) and, in both directions, of an image that are hidden together: with runs
twice as long the evidence of single lines is half as clear."""
ROWS = 8
"""Groups of a pass."""


def occlude(
    engine: Engine,
    measured: MeasuredObject,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Occlusion:
    """Hide each group of the tokens that were read of an object in turn.

    Args:
        progress: told the passes that are done, and all of them.

    Raises:
        InputError: one group is all that was read: without it there is nothing to ask about.
    """
    tokens = {key: measured.tokens[key] for key in measured.used}
    groups = engine.work_between(partial(_groups, tokens=tokens))
    if len(groups) < 2:
        raise InputError("the model read a single number: without it there is nothing to ask about")
    inputs = [tokens, *(_without(tokens, group) for group in groups)]
    answers: list[ModelOutput] = []
    for first in range(0, len(inputs), ROWS):
        progress(first, len(inputs))
        answers += engine.work_between(partial(_ask, inputs=inputs[first : first + ROWS]))
    progress(len(inputs), len(inputs))
    buckets: NDArray[np.float64] = engine.work_between(lambda networks: networks.buckets)
    pdfs = redshift_pdfs(np.stack([answer.logits for answer in answers]), buckets)
    probability = np.stack([pdf.probability for pdf in pdfs])
    vectors = np.stack([answer.embedding for answer in answers])
    return Occlusion(tuple(groups), pdfs[0].z, probability[0], probability[1:], vectors[0], vectors[1:])


def _ask(networks: Networks, inputs: list[Tokens]) -> list[ModelOutput]:
    return networks.answer(inputs)


def _without(tokens: Tokens, group: TokenGroup) -> Tokens:
    """Hidden tokens have a negative id."""
    ids = tokens[group.key].copy()
    ids[group.positions] = -1
    return {**tokens, group.key: ids}


def _groups(networks: Networks, tokens: Mapping[str, NDArray[Any]]) -> list[TokenGroup]:
    """All tokens, each in one group."""
    groups: list[TokenGroup] = []
    for key, ids in tokens.items():
        cls = MODALITIES[key]
        if issubclass(cls, Spectrum):
            codec = networks.codecs.codec(cls)
            assert isinstance(codec, SpectrumCodec)
            groups += _stretches(key, len(ids), codec.latent_grid)
        elif issubclass(cls, Image):
            groups += _patches(key, len(ids))
        else:
            groups.append(TokenGroup(key, np.arange(len(ids))))
    return groups


def _stretches(key: str, count: int, grid: LatentSpectralGrid) -> list[TokenGroup]:
    """The brightness, then runs of tokens, each of which stands for as many pixels of the codec's grid."""
    step = float(grid.resolution) * (int(grid.length) // (count - 1))
    groups = [TokenGroup(key, np.zeros(1, dtype=np.int64))]
    for first in range(1, count, RUN):
        positions = np.arange(first, min(first + RUN, count))
        ends = float(grid.lambda_min) + step * np.array([positions[0] - 1, positions[-1]])
        groups.append(TokenGroup(key, positions, stretch=(float(ends[0]), float(ends[1]))))
    return groups


def _patches(key: str, count: int) -> list[TokenGroup]:
    """Squares of tokens on the field."""
    side = round(count**0.5)
    grid, pixels = np.arange(count).reshape(side, side), CODEC_FIELD // side
    return [
        TokenGroup(
            key,
            grid[row : row + SIDE, column : column + SIDE].ravel(),
            patch=(row * pixels, column * pixels, SIDE * pixels),
        )
        for row in range(0, side, SIDE)
        for column in range(0, side, SIDE)
    ]
