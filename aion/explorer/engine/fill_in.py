"""Tokens that a person marked, drawn by the model from all the others of the object."""

import time
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from aion.errors import InputError
from aion.explorer.engine import reconstruction
from aion.explorer.engine.engine import Engine
from aion.explorer.engine.generation_passes import GenerationProgress, GenerationRequest, Passes
from aion.explorer.engine.generation_results import generated_image, generated_spectrum
from aion.explorer.engine.token_groups import token_groups
from aion.explorer.results import Analysis, ImageResult, SpectrumResult
from aion.explorer.results.generated import FilledIn, Generated
from aion.generate import Sampling
from aion.io import SkyObject
from aion.modalities import MODALITIES, Spectrum
from aion.stoppable import StoppableWork


class FillJob(StoppableWork[GenerationProgress]):
    """One request in a thread of its own, so that whoever asked can look on and stop."""

    def __init__(
        self,
        engine: Engine,
        target: SkyObject,
        analysis: Analysis,
        key: str,
        marked: Collection[int],
        sampling: Sampling = Sampling(),
    ) -> None:
        self.result: FilledIn | None = None
        self._fill = partial(fill_in, engine, target, analysis, key, marked, sampling)
        super().__init__(GenerationProgress(), "aion-fill-in")

    def _work(self) -> None:
        self.result = self._fill(self.progress)


def fill_in(
    engine: Engine,
    target: SkyObject,
    analysis: Analysis,
    key: str,
    marked: Collection[int],
    sampling: Sampling = Sampling(),
    progress: GenerationProgress | None = None,
) -> FilledIn:
    """One draw.

    Args:
        analysis: of ``target``; what it read is what the model may read here.
        key: the image or spectrum.
        marked: positions of its tokens, which are hidden and drawn.

    Raises:
        InputError: nothing is marked, or everything that was read of the object.
        StoppedError: ``progress`` was told to stop.
    """
    started = time.perf_counter()
    hidden, own = np.unique(np.array(sorted(marked), dtype=np.int64)), analysis.tokens[key]
    if not len(hidden):
        raise InputError("no token is marked; mark some with a box or a lasso, or give a wavelength range")
    if len(hidden) == len(own) and analysis.used == (key,):
        raise InputError("every token that was read is marked, which leaves nothing to fill in from")
    given = own.copy()
    given[hidden] = -1
    name = f"{key.removeprefix('tok_')}-fill-in"
    request = GenerationRequest(name, 1, sampling, analysis.used)
    passes = Passes(engine, target, request, (key,), progress or GenerationProgress(), given=given)
    drawn = passes.draw()
    results: tuple[ImageResult | SpectrumResult, ...] = (*analysis.images, *analysis.spectra)
    before = next(one for one in results if one.survey == reconstruction.SURVEYS[key])
    if issubclass(MODALITIES[key], Spectrum):
        spectrum = generated_spectrum(passes, key, drawn[key])
        part: dict[str, Any] = {"spectrum": replace(spectrum, truth=None, withheld=None)}
    else:
        image = generated_image(passes, key, drawn[key])
        part = {"image": replace(image, truth=None, withheld=None)}
    generated = Generated(
        target.id,
        name,
        sampling.method,
        sampling.passes(len(hidden)),
        sampling.temperature,
        sampling.seed,
        analysis.used,
        engine.info,
        drawn,
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(hidden)} of {len(own)} tokens were drawn, the others are the object's own; positions of "
            f"those that were drawn: {', '.join(map(str, hidden))}",
            *passes.encoding.notes,
        ),
        **part,
    )
    places = passes.ask(partial(token_groups, tokens={key: own}, run=1, side=1))
    return FilledIn(generated, before, tuple(places[position] for position in hidden))
