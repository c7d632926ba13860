"""The temperature at which the level of a spectrum, its first token, is drawn from an image, fitted on
objects of the simulation that nothing else draws. Every batch is kept: a run goes on where it stopped.

Samples are drawn once and weighed for other temperatures: the level is drawn before all else, and what
follows it does not depend on how it was drawn. S samples of one object, n pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from aion.modalities import DESISpectrum, SDSSSpectrum
from aion.redshift_scores import Array, Floats
from aion.streams import STREAMS
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Weights
from aion.training.evaluate.generation import FAINTEST, draw_tokens, spread
from aion.training.evaluate.held_out import BATCH, magnitudes
from aion.training.evaluate.report import Table
from aion.training.metrics import Row, mean, mean_error, median
from aion.training.simulate.instruments import ObservedSpectra
from aion.training.simulate.survey import SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import object_tokens

LEVEL_SEED = 960_000_000
"""Added to the seed of the run: training, evaluation and everything else draw from elsewhere."""
BATCHES = range(4)
"""Numbers of those that are drawn."""
OBJECTS = 12
"""Of a batch, brighter than `FAINTEST`; one spectrum of each, by the two surveys in turn."""
SAMPLES = 20
DRAWN_AT = 0.85
"""Temperature of the level of the samples, which are weighed for all `TEMPERATURES`."""
TEMPERATURES = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
"""Rising."""
STREAMS_DRAWN = (SDSSSpectrum.token_key, DESISpectrum.token_key)
"""They get one temperature: so few objects cannot tell two apart."""
_TOGETHER = "both"

Batch = Mapping[str, np.ndarray]
"""``survey`` (B,), ``ln_p`` of the levels (B, S), ``below`` (B, S, n): 1 where a sample is below the truth, 0
where above, -1 where nothing is known."""


@torch.no_grad()
def draw_batch(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, number: int) -> Batch:
    """Objects of one number and their samples, drawn at `DRAWN_AT`."""
    generator = Generator().manual_seed(config.seed * 1_000_003 + LEVEL_SEED + number)
    objects = survey.draw(BATCH, generator, with_twin=True)
    assert objects.twin is not None
    at_that = replace(weights, first_temperature=dict.fromkeys(STREAMS_DRAWN, DRAWN_AT))
    image = object_tokens(weights.manager, objects)["tok_image"]
    rows = spread(np.flatnonzero(magnitudes(objects) < FAINTEST), OBJECTS)
    seen = [(objects.spectra, objects.twin)[i % 2] for i in range(len(rows))]
    drawn = [
        _draw(at_that, image[row : row + 1], spectra, row, seed=number * BATCH + row)
        for row, spectra in zip(rows, seen, strict=True)
    ]
    longest = max(below.shape[1] for _, below in drawn)
    return {
        "survey": np.array([spectra.survey for spectra in seen]),
        "ln_p": np.stack([ln_p for ln_p, _ in drawn]),
        "below": np.stack([_padded(below, longest) for _, below in drawn]),
    }


def fit(batches: Sequence[Batch]) -> float:
    """The lowest temperature at which 68 % bands cover 68 % of the pixels within the error, on average over
    the spectra of both surveys: of bands that are right, the narrowest. The highest there is if none are."""
    for temperature in TEMPERATURES:
        covers = _covers(batches, temperature)[_TOGETHER][:, 0]
        if covers.mean() + (mean_error(covers) or 0.0) >= 0.68:
            return temperature
    return TEMPERATURES[-1]


def table(batches: Sequence[Batch]) -> Table:
    """What the bands cover at every temperature, by the survey of the spectra."""
    return {
        f"{at:g}: {name}": _row(found) for at in TEMPERATURES for name, found in _covers(batches, at).items()
    }


def document(known: Mapping[str, Any], sha256: str, temperature: float) -> dict[str, Any]:
    """What `generation.json` holds; the cautions of ``known`` stay if they are of the same weights."""
    return {
        "sha256": sha256,
        "first_temperature": dict.fromkeys(STREAMS_DRAWN, temperature),
        "cautions": known["cautions"] if known.get("sha256") == sha256 else [],
    }


def covered(below: Array, weight: Floats, level: float) -> float:
    """Share of the pixels of a truth in the central band of ``level``; it is anywhere between its neighbors
    among the samples.

    Args:
        below: (S, n) 1 where a sample is below the truth, 0 where it is above.
        weight: (S,) of the samples; their sum is 1.
    """
    gap = 1 / (1 + effective(weight))
    low = (1 - gap) * (weight @ below)
    inside = np.minimum(low + gap, (1 + level) / 2) - np.maximum(low, (1 - level) / 2)
    return float((inside / gap).clip(0, 1).mean())


def weights_at(ln_p: Floats, temperature: float) -> Floats:
    """(S,) that samples drawn at `DRAWN_AT` have at another temperature, from ln p (S,) of their levels."""
    power = (1 / temperature - 1 / DRAWN_AT) * ln_p
    weight = np.exp(power - power.max())
    weights: Floats = weight / weight.sum()
    return weights


def effective(weight: Floats) -> float:
    """How many samples of equal weight are worth as much."""
    return float(1 / (weight**2).sum())


def _draw(
    weights: Weights, image: Tensor, seen: ObservedSpectra, row: int, *, seed: int
) -> tuple[Floats, Array]:
    """Of one object: ln p (S,) of its levels, and whether its samples are below the truth (S, n)."""
    observed = as_modality(seen, torch.device("cpu"))
    cls, key = type(observed), type(observed).token_key
    ids = draw_tokens(weights, {"tok_image": image}, cls, SAMPLES, seed)
    first = {key: torch.zeros(1, 1, dtype=torch.long)}
    logits = weights.model.predict_at(weights.model.context({"tok_image": image}), first)[key][0, 0]
    ln_p = logits[: STREAMS[key].codes].double().log_softmax(0)[ids[:, 0]].numpy()
    decoded = weights.manager.decode({key: ids}, cls, wavelength=observed.wavelength[row : row + 1])
    flux = decoded.flux.double().numpy()
    known = (seen.ivar[row] > 0).numpy() & np.isfinite(flux).all(axis=0)
    return ln_p, np.where(known, flux < seen.truth[row].double().numpy(), -1).astype(np.int8)


def _padded(below: Array, count: int) -> Array:
    return np.pad(below, ((0, 0), (0, count - below.shape[1])), constant_values=-1)


def _covers(batches: Sequence[Batch], temperature: float) -> dict[str, Floats]:
    """Survey, or `_TOGETHER` -> (objects, 3): the shares in the 68 and 95 % band, effective samples."""
    found = []
    for batch in batches:
        for ln_p, below in zip(batch["ln_p"], batch["below"], strict=True):
            weight, known = weights_at(ln_p, temperature), below[:, below[0] >= 0]
            found.append([covered(known, weight, 0.68), covered(known, weight, 0.95), effective(weight)])
    every, survey = np.array(found), np.concatenate([batch["survey"] for batch in batches])
    return {name: every[survey == name] for name in np.unique(survey)} | {_TOGETHER: every}


def _row(found: Floats) -> Row:
    return {
        "n": len(found),
        "68 % band covers": mean(found[:, 0]),
        "error of that": mean_error(found[:, 0]),
        "95 % band covers": mean(found[:, 1]),
        "effective samples, median": median(found[:, 2]),
    }
