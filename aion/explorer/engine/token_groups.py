"""Which tokens of an object are neighbors on the data, and where that is: Å of a spectrum, pixels of the
field of an image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.codecs.modules.spectrum import LatentSpectralGrid
from aion.codecs.spectrum import SpectrumCodec
from aion.constants import CODEC_FIELD
from aion.explorer.engine.networks import Networks, Tokens
from aion.explorer.results.occlusion import TokenGroup
from aion.modalities import MODALITIES, Image, Spectrum

RUN, SIDE = 4, 3
"""Tokens of a spectrum (about 100 Å) and, in both directions, of an image that are hidden together: with runs
twice as long the evidence of single lines is half as clear."""


def token_groups(
    networks: Networks, tokens: Mapping[str, NDArray[Any]], *, run: int, side: int
) -> list[TokenGroup]:
    """All tokens, each in one group: ``run`` of a spectrum, squares of ``side`` of an image."""
    groups: list[TokenGroup] = []
    for key, ids in tokens.items():
        cls = MODALITIES[key]
        if issubclass(cls, Spectrum):
            codec = networks.codecs.codec(cls)
            assert isinstance(codec, SpectrumCodec)
            groups += _stretches(key, len(ids), codec.latent_grid, run)
        elif issubclass(cls, Image):
            groups += _patches(key, len(ids), side)
        else:
            groups.append(TokenGroup(key, np.arange(len(ids))))
    return groups


def without(tokens: Tokens, group: TokenGroup) -> Tokens:
    """Hidden tokens have a negative id."""
    ids = tokens[group.key].copy()
    ids[group.positions] = -1
    return {**tokens, group.key: ids}


def _stretches(key: str, count: int, grid: LatentSpectralGrid, run: int) -> list[TokenGroup]:
    """The brightness, then runs of tokens, each of which stands for as many pixels of the codec's grid."""
    step = float(grid.resolution) * (int(grid.length) // (count - 1))
    groups = [TokenGroup(key, np.zeros(1, dtype=np.int64))]
    for first in range(1, count, run):
        positions = np.arange(first, min(first + run, count))
        ends = float(grid.lambda_min) + step * np.array([positions[0] - 1, positions[-1]])
        groups.append(TokenGroup(key, positions, stretch=(float(ends[0]), float(ends[1]))))
    return groups


def _patches(key: str, count: int, across: int) -> list[TokenGroup]:
    """Squares of tokens on the field."""
    side = round(count**0.5)
    grid, pixels = np.arange(count).reshape(side, side), CODEC_FIELD // side
    return [
        TokenGroup(
            key,
            grid[row : row + across, column : column + across].ravel(),
            patch=(row * pixels, column * pixels, across * pixels),
        )
        for row in range(0, side, across)
        for column in range(0, side, across)
    ]
