"""Streams that an object lacks, or that are withheld, drawn from what the model reads of it."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from aion.errors import InputError
from aion.explorer.engine.description import read_beside
from aion.explorer.engine.engine import Engine
from aion.explorer.engine.generation_passes import GenerationProgress, GenerationRequest, Passes
from aion.explorer.engine.generation_results import generated_image, generated_numbers, generated_spectrum
from aion.explorer.results.generated import Generated
from aion.generate import GENERATION
from aion.io import SkyObject
from aion.modalities import MODALITIES, Image, Scalar, Spectrum, Z
from aion.stoppable import StoppableWork

_GROUPS = {"photometry": "tok_flux_", "photometry_hsc": "tok_mag_"}
"""Numbers that are asked together -> how their token keys begin."""


class GenerationJob(StoppableWork[GenerationProgress]):
    """One request in a thread of its own, so that whoever asked can look on and stop."""

    def __init__(self, engine: Engine, target: SkyObject, request: GenerationRequest) -> None:
        self.request = request
        self.result: Generated | None = None
        self._engine, self._target = engine, target
        super().__init__(GenerationProgress(), "aion-generation")

    def _work(self) -> None:
        self.result = draw_samples(self._engine, self._target, self.request, self.progress)


def generation_targets(writes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Name -> token keys of everything that weights which predict these streams can generate: images and
    spectra, all photometry of a survey, single numbers. The redshift is not among them: it has p(z)."""
    kinds = {key: cls for key, cls in MODALITIES.items() if key in writes and key != Z.token_key}
    wide = [key for key, cls in kinds.items() if issubclass(cls, (Image, Spectrum))]
    numbers = [key for key, cls in kinds.items() if issubclass(cls, Scalar) and cls.num_tokens == 1]
    groups = {
        name: tuple(key for key in numbers if key.startswith(start) and not key.endswith("_gaia"))
        for name, start in _GROUPS.items()
    }
    singles = {key.removeprefix("tok_"): (key,) for key in (*wide, *numbers)}
    return {name: keys for name, keys in {**groups, **singles}.items() if keys}


def draw_samples(
    engine: Engine, target: SkyObject, request: GenerationRequest, progress: GenerationProgress | None = None
) -> Generated:
    """What is asked for of one object, with a truth beside it where the object has one.

    Raises:
        InputError: an unknown target, or nothing is left to read when it is withheld.
        TokenKeyError: MaskGIT of a stream that the weights do not read.
        StoppedError: ``progress`` was told to stop.
    """
    started = time.perf_counter()
    targets = generation_targets(engine.info.writes)
    if request.target not in targets:
        raise InputError(
            f"{request.target!r} is nothing that these weights generate; they generate {', '.join(targets)}"
        )
    keys = targets[request.target]
    progress = progress or GenerationProgress()
    passes = Passes(engine, target, request, keys, progress)
    measured = _measured(passes)
    passes.calibrate(measured.get("first_temperature", {}))
    tokens = passes.draw()
    parts: dict[str, Any] = {}
    cls = MODALITIES[keys[0]]
    if issubclass(cls, Spectrum):
        parts["spectrum"] = generated_spectrum(passes, keys[0], tokens[keys[0]])
    elif issubclass(cls, Image):
        parts["image"] = generated_image(passes, keys[0], tokens[keys[0]])
    else:
        parts["numbers"], parts["withheld"] = generated_numbers(passes, tokens)
    sampling = passes.request.sampling
    return Generated(
        target.id,
        request.target,
        sampling.method,
        max(sampling.passes(MODALITIES[key].num_tokens) for key in keys),
        sampling.temperature,
        sampling.seed,
        passes.encoding.used,
        engine.info,
        tokens,
        seconds=time.perf_counter() - started,
        notes=tuple(passes.encoding.notes),
        first_temperature=sampling.first_temperature,
        cautions=_cautions(passes, measured),
        **parts,
    )


def _measured(passes: Passes) -> dict[str, Any]:
    """How well these weights generate: of a file beside them, which holds only for the ones that it names."""
    measured: dict[str, Any] = passes.ask(partial(read_beside, name=GENERATION))
    return measured if measured.get("sha256") == passes.engine.info.sha256 else {}


def _cautions(passes: Passes, measured: Mapping[str, Any]) -> tuple[str, ...]:
    """Where generating these streams is bad."""
    targets, used = set(passes.keys), set(passes.encoding.used)
    return tuple(
        row["sentence"]
        for row in measured.get("cautions", ())
        if targets & set(row["targets"]) and not used & set(row["unless"])
    )
