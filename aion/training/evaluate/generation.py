"""What the model generates of held-out objects beside their truths: are the bands as wide as they say?

Spectra from a Legacy Survey image, photometry from a spectrum or that image, images from a spectrum or from
the other camera. It is drawn as the explorer draws. Spectra and images are compared with the noiseless truth,
photometry with what was measured. S samples of one object.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from aion.generate import Sampling
from aion.modalities import DESISpectrum, HSCImage, Image, LegacySurveyImage, Modality
from aion.redshift_scores import Array, Floats
from aion.streams import STREAMS
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import held_out
from aion.training.evaluate.report import Report
from aion.training.evaluate.weights import Weights
from aion.training.metrics import (
    Row,
    band_covers,
    bins_of,
    generated_continuum,
    mean,
    mean_error,
    median,
)
from aion.training.simulate.instruments import ObservedSpectra
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import object_tokens

SAMPLES = 40
"""Drawn of each object: the ends of a 95 % band need as many."""
BATCHES = 6
"""Of held-out objects, of all of which photometry is asked for."""
SPECTRA, IMAGES = 6, 2
"""Objects of a batch of which spectra and images are drawn."""
FAINTEST = 20.5
"""r, AB, of those."""
MIDDLE = slice(32, 64)
"""Pixels, both ways, of an image that are compared: the object, not the sky."""
FROM_IMAGE = "simulated: spectra generated from a Legacy Survey image"
PHOTOMETRY = "simulated: photometry generated"
PICTURES = "simulated: images generated"
CATALOGS = {"Legacy Survey fluxes": "tok_flux_", "HSC magnitudes": "tok_mag_"}
"""Numbers that belong together -> how their token keys begin."""
SOURCES = {
    "DESI spectrum": "tok_spectrum_desi",
    "SDSS spectrum": "tok_spectrum_sdss",
    "Legacy Survey image": "tok_image",
}
"""What photometry is generated from."""
_BAND_68, _BAND_95 = "68 % band covers", "95 % band covers"

Found = defaultdict[str, list[dict[str, float]]]
"""Sample -> quantities of each object."""


@torch.no_grad()
def measure(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig) -> Report:
    """A table for each kind of data that is generated."""
    spectra, photometry, pictures = Found(list), Found(list), Found(list)
    for number in tqdm(range(min(BATCHES, held_out.batches(config))), desc="generated", mininterval=5.0):
        objects = held_out.draw(survey, config, number)
        tokens = object_tokens(weights.manager, objects)
        for name, source in SOURCES.items():
            for sample, every in _photometry(weights, tokens, source):
                photometry[f"{name}: {sample}"] += every
        bright = np.flatnonzero(held_out.magnitudes(objects) < FAINTEST)
        for row in spread(bright, SPECTRA):
            for seen in (objects.spectra, objects.twin):
                assert seen is not None
                one = _spectrum(weights, tokens, seen, row, seed=_seed(number, row))
                for sample in ("all", objects.kind[row]):
                    spectra[f"{seen.survey}, {sample}"].append(one)
        for row in spread(bright, IMAGES):
            for sample, one in _images(weights, tokens, objects, row, seed=_seed(number, row)):
                pictures[sample].append(one)
    return {
        FROM_IMAGE: {name: _coverage(of) | _continuum(of) for name, of in sorted(spectra.items())},
        PHOTOMETRY: {name: _coverage(of) for name, of in photometry.items()},
        PICTURES: {
            name: _coverage(of) | {"flux ratio, median": median(_column(of, "flux"))}
            for name, of in pictures.items()
        },
    }


def share_of_code(probability: Floats, ids: Array, level: float) -> Floats:
    """(B,) share of the code of each truth within the central band of ``level``; probabilities (B, codes) of
    ordered codes: the truth is anywhere in its code. NaN where the id is negative: there is no truth."""
    rows = np.arange(len(ids))
    own = probability[rows, ids].clip(1e-300)
    above = probability.cumsum(1)[rows, ids]
    inside = np.minimum(above, (1 + level) / 2) - np.maximum(above - own, (1 - level) / 2)
    return np.where(ids < 0, np.nan, (inside / own).clip(0, 1))


def draw_tokens(
    weights: Weights, source: Mapping[str, Tensor], cls: type[Modality], count: int, seed: int
) -> Tensor:
    """Of one object, from its tokens (1, n): ids (count, n) as the explorer draws them."""
    return weights.model.generate(
        weights.model.context(source).repeated(count),
        cls,
        method="maskgit",
        steps=Sampling.steps,
        first_temperature=weights.first_temperature.get(cls.token_key, 1.0),
        seed=seed,
    )


def spread(rows: Array, count: int) -> list[int]:
    """``count`` of some rows, evenly from all of them: objects are drawn class by class."""
    chosen = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)
    return [int(row) for row in rows[chosen]]


def _photometry(
    weights: Weights, tokens: Mapping[str, Tensor], source: str
) -> Iterator[tuple[str, list[dict[str, float]]]]:
    """Of each number, and of those of a catalog together: what every object says."""
    context = weights.model.context({source: tokens[source]})
    for catalog, start in CATALOGS.items():
        keys = [key for key in tokens if key.startswith(start)]
        answers = weights.model.predict(context, *keys)
        every: dict[str, list[Floats]] = {_BAND_68: [], _BAND_95: []}
        for key in keys:
            probability = answers[key][:, 0, : STREAMS[key].codes].double().softmax(1).numpy()
            ids = tokens[key][:, 0].numpy()
            for name, level in ((_BAND_68, 0.68), (_BAND_95, 0.95)):
                every[name].append(share_of_code(probability, ids, level))
            yield key.removeprefix("tok_"), _objects({name: of[-1] for name, of in every.items()})
        yield catalog, _objects({name: np.mean(of, axis=0) for name, of in every.items()})


def _objects(shares: Mapping[str, Floats]) -> list[dict[str, float]]:
    """One entry for each object that has a truth."""
    known = np.isfinite(shares[_BAND_68])
    return [dict(zip(shares, row, strict=True)) for row in np.stack(list(shares.values()), axis=1)[known]]


def _spectrum(
    weights: Weights, tokens: Mapping[str, Tensor], seen: ObservedSpectra, row: int, *, seed: int
) -> dict[str, float]:
    """From the image of one object."""
    observed = as_modality(seen, torch.device("cpu"))
    wavelength = observed.wavelength[row : row + 1]
    source = {"tok_image": tokens["tok_image"][row : row + 1]}
    drawn = _decoded(weights, source, type(observed), seed, wavelength=wavelength)
    samples, truth = drawn.flux.double().numpy(), seen.truth[row].double().numpy()
    good = (seen.ivar[row] > 0).numpy() & np.isfinite(samples).all(axis=0)
    continua = (bins_of(wavelength[0].double().numpy(), flux) for flux in (samples, truth))
    return _bands(samples[:, good], truth[good]) | generated_continuum(*continua)


def _images(
    weights: Weights, tokens: Mapping[str, Tensor], objects: Objects, row: int, *, seed: int
) -> Iterator[tuple[str, dict[str, float]]]:
    """Of one object, from its DESI spectrum and from the image of the other survey."""
    assert objects.legacy is not None and objects.hsc is not None
    desi, legacy = DESISpectrum.token_key, LegacySurveyImage.token_key
    pictures: Sequence[tuple[str, str, type[Image], Tensor]] = (
        ("Legacy Survey image from a DESI spectrum", desi, LegacySurveyImage, objects.legacy.truth),
        ("HSC image from a Legacy Survey image", legacy, HSCImage, objects.hsc.truth),
    )
    for name, source, cls, truth in pictures:
        drawn = _decoded(weights, {source: tokens[source][row : row + 1]}, cls, seed)
        samples = drawn.flux[..., MIDDLE, MIDDLE].double().flatten(1).numpy()
        true = truth[row, :, MIDDLE, MIDDLE].double().flatten().numpy()
        yield name, _bands(samples, true) | {"flux": float(np.median(samples.sum(1)) / true.sum())}


def _decoded(
    weights: Weights, source: Mapping[str, Tensor], cls: type[Any], seed: int, **options: Any
) -> Any:
    """`SAMPLES` of one object, from its tokens (1, n)."""
    ids = draw_tokens(weights, source, cls, SAMPLES, seed)
    return weights.manager.decode({cls.token_key: ids}, cls, **options)


def _seed(number: int, row: int) -> int:
    """Of one object: its place among all that are held out."""
    return number * held_out.BATCH + row


def _bands(samples: Floats, truth: Floats) -> dict[str, float]:
    """Samples (S, n) of one object and its truth (n,)."""
    return {name: band_covers(samples, truth, level) for name, level in ((_BAND_68, 0.68), (_BAND_95, 0.95))}


def _coverage(found: Sequence[dict[str, float]]) -> Row:
    """Shares, and the error of the first: values of one object go together."""
    covers = _column(found, _BAND_68)
    return {
        "n": len(found),
        _BAND_68: mean(covers),
        "error of that": mean_error(covers),
        _BAND_95: mean(_column(found, _BAND_95)),
    }


def _continuum(found: Sequence[dict[str, float]]) -> Row:
    return {
        "rms, median": median(_column(found, "rms")),
        "rms of shape, median": median(_column(found, "rms of shape")),
        "within 20 %": mean(_column(found, "rms") < 0.2),
        "shape within 20 %": mean(_column(found, "rms of shape") < 0.2),
        "|ln level|, median": median(np.abs(np.log(_column(found, "level").clip(1e-6)))),
        "68 % band of shape covers": mean(_column(found, "shape covered")),
    }


def _column(found: Sequence[dict[str, float]], name: str) -> Floats:
    return np.array([numbers[name] for numbers in found])
