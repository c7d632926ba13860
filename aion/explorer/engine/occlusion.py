"""The passes behind an `Occlusion`: groups of tokens hidden in turn, a few in each piece of work, so that the
engine answers others between."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from aion.errors import InputError
from aion.explorer.engine.engine import Engine
from aion.explorer.engine.networks import ModelOutput, Networks, Tokens
from aion.explorer.engine.token_groups import RUN, SIDE, token_groups, without
from aion.explorer.results import MeasuredObject
from aion.explorer.results.occlusion import Occlusion
from aion.redshift import redshift_pdfs

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
    groups = engine.work_between(partial(token_groups, tokens=tokens, run=RUN, side=SIDE))
    if len(groups) < 2:
        raise InputError("the model read a single number: without it there is nothing to ask about")
    inputs = [tokens, *(without(tokens, group) for group in groups)]
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
