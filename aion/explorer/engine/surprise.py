"""The passes behind a map of surprise: neighboring tokens hidden in turn, and asked for; then the data beside
what was expected. Some groups are a piece of work, so that the engine answers others between."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aion.constants import CODEC_FIELD, HSC_COUNTS_PER_NANOMAGGY
from aion.explorer.engine import reconstruction
from aion.explorer.engine.engine import Engine
from aion.explorer.engine.generation_passes import GenerationProgress
from aion.explorer.engine.networks import Networks, Tokens
from aion.explorer.engine.token_groups import RUN, SIDE, token_groups, without
from aion.explorer.results import Analysis, Floats, ImageResult, SpectrumResult
from aion.explorer.results.occlusion import TokenGroup
from aion.explorer.results.surprise import StreamSurprise
from aion.modalities import MODALITIES, Modality, Spectrum
from aion.stoppable import StoppableWork
from aion.streams import STREAMS

ROWS = 8
"""Groups of a pass."""
DRAWS = 8
"""Of each token, the median of which is what the model expects: its most probable tokens are too often those
of empty sky."""


class SurpriseJob(StoppableWork[GenerationProgress]):
    """The map of one object in a thread of its own, so that whoever asked can look on and stop."""

    def __init__(self, engine: Engine, analysis: Analysis) -> None:
        self.result: tuple[StreamSurprise, ...] | None = None
        self._engine, self._analysis = engine, analysis
        super().__init__(GenerationProgress(), "aion-surprise")

    def _work(self) -> None:
        self.result = map_surprise(self._engine, self._analysis, self.progress)


def mapped_streams(analysis: Analysis) -> tuple[str, ...]:
    """Images and spectra that were read and can be asked for."""
    decoded = {one.survey for one in analysis.images} | {one.survey for one in analysis.spectra}
    return tuple(
        key
        for key in analysis.used
        if reconstruction.SURVEYS.get(key) in decoded and key in analysis.model.writes
    )


def token_places(engine: Engine, analysis: Analysis) -> dict[str, tuple[TokenGroup, ...]]:
    """Token key of each of `mapped_streams` -> where each of its tokens lies, in order."""
    tokens = {key: analysis.tokens[key] for key in mapped_streams(analysis)}
    places = engine.work_between(partial(token_groups, tokens=tokens, run=1, side=1))
    return {key: tuple(place for place in places if place.key == key) for key in tokens}


def map_surprise(
    engine: Engine, analysis: Analysis, progress: GenerationProgress | None = None
) -> tuple[StreamSurprise, ...]:
    """Of every image and spectrum that was read of an object.

    Raises:
        StoppedError: ``progress`` was told to stop.
    """
    progress = progress or GenerationProgress()
    tokens = {key: analysis.tokens[key] for key in analysis.used}
    asked = {key: tokens[key] for key in mapped_streams(analysis)}
    groups = engine.work_between(partial(token_groups, tokens=asked, run=RUN, side=SIDE))
    places = token_places(engine, analysis)
    progress.total = sum(map(len, asked.values()))
    found: list[StreamSurprise] = []
    for key, ids in asked.items():
        own = [group for group in groups if group.key == key]
        surprise, entropy = np.zeros(len(ids)), np.zeros(len(ids))
        draws = np.tile(ids, (DRAWS, 1))
        for first in range(0, len(own), ROWS):
            progress.check()
            some = own[first : first + ROWS]
            logs = engine.work_between(partial(_ask, tokens=tokens, groups=some))
            for group, log in zip(some, logs, strict=True):
                surprise[group.positions] = -log[np.arange(len(log)), ids[group.positions]]
                entropy[group.positions] = -(np.exp(log) * log).sum(axis=1)
                draws[:, group.positions] = _draws(log, np.random.default_rng(int(group.positions[0])))
                progress.done += len(log)
        if issubclass(MODALITIES[key], Spectrum):
            draws[:, 0] = ids[0]  # the level is kept: a wrong one would be all that is seen
        progress.check()
        residual = engine.work_between(
            partial(_residual, analysis=analysis, key=key, draws=draws, places=places[key])
        )
        found.append(StreamSurprise(key, places[key], ids, surprise, entropy, residual))
    return tuple(found)


def _ask(networks: Networks, *, tokens: Tokens, groups: Sequence[TokenGroup]) -> list[Floats]:
    """Log probabilities (m, codes) of the m tokens of each group of one stream, all others known."""
    key = groups[0].key
    inputs = [without(tokens, group) for group in groups]
    longest = max(len(group.positions) for group in groups)
    asked = np.full((len(groups), longest), -1)
    for row, group in enumerate(groups):
        asked[row, : len(group.positions)] = group.positions
    with torch.inference_mode():
        together = {name: torch.from_numpy(np.stack([one[name] for one in inputs])) for name in tokens}
        context = networks.model.context(together)
        places = torch.from_numpy(asked).to(networks.device)
        logits = networks.model.predict_at(context, {key: places})[key][..., : STREAMS[key].codes]
        logs: Floats = logits.double().log_softmax(dim=-1).cpu().numpy()
    return [log[: len(group.positions)] for log, group in zip(logs, groups, strict=True)]


def _draws(log: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """(DRAWS, m) ids from log probabilities (m, codes), the same every time."""
    reached = np.exp(log).cumsum(axis=1)
    wanted = rng.random((DRAWS, len(log), 1)) * reached[:, -1:]
    ids: NDArray[np.int64] = (reached < wanted).sum(axis=2)
    return ids


def _residual(
    networks: Networks,
    *,
    analysis: Analysis,
    key: str,
    draws: NDArray[np.int64],
    places: Sequence[TokenGroup],
) -> Floats | None:
    """(n,) σ; None without data or without their noise."""
    survey, cls = reconstruction.SURVEYS[key], MODALITIES[key]
    if issubclass(cls, Spectrum):
        spectrum = next(one for one in analysis.spectra if one.survey == survey)
        if spectrum.flux is None or spectrum.sigma is None:
            return None
        flux = _decoded(networks, cls, draws, wavelength=spectrum.wavelength)
        return _of_spectrum(spectrum, np.median(flux, axis=0), places)
    image = next(one for one in analysis.images if one.survey == survey)
    if image.original is None:
        return None
    flux = _decoded(networks, cls, draws, bands=list(image.bands))
    scale = 1 / HSC_COUNTS_PER_NANOMAGGY if key == "tok_image_hsc" else 1.0
    return _of_image(image, np.median(flux, axis=0) * scale, round(len(places) ** 0.5))


def _decoded(networks: Networks, cls: type[Modality], draws: NDArray[np.int64], **options: Any) -> Floats:
    """Flux (DRAWS, ...) of ids (DRAWS, n)."""
    tokens = {cls.token_key: torch.from_numpy(draws).to(networks.device)}
    with torch.inference_mode():
        decoded: Any = networks.codecs.decode(tokens, cls, **options)
    flux: Floats = decoded.flux.double().cpu().numpy()
    return flux


def _of_spectrum(spectrum: SpectrumResult, expected: Floats, places: Sequence[TokenGroup]) -> Floats:
    """The level stands for no pixel."""
    edges = np.array([place.stretch for place in places if place.stretch])
    assert spectrum.flux is not None and spectrum.sigma is not None
    away = np.where(spectrum.bad, np.nan, np.abs(spectrum.flux - expected) / spectrum.sigma)
    token = np.searchsorted(edges[:, 0], spectrum.wavelength, side="right")
    usable = np.isfinite(away) & (token > 0) & (spectrum.wavelength < edges[-1, 1])
    found = np.full(len(places), np.nan)
    np.fmax.at(found, token[usable], away[usable])
    return found


def _of_image(image: ImageResult, expected: Floats, side: int) -> Floats:
    assert image.original is not None
    away = np.abs(image.original - expected) / reconstruction.image_noise(image)
    pixels = CODEC_FIELD // side
    blocks = away.reshape(len(away), side, pixels, side, pixels)
    found: Floats = np.fmax.reduce(np.fmax.reduce(np.fmax.reduce(blocks, axis=4), axis=2), axis=0).ravel()
    return found
