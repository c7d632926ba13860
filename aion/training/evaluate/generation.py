"""Spectra drawn from an image alone, against the true ones: is the continuum right, and are the bands?

How much light a fibre catches follows from the shape of the object, but for its pointing;
the shape of a spectrum is judged by itself too.
"""

from collections.abc import Sequence

import numpy as np
import torch

from aion.generate import Method
from aion.modalities import LegacySurveyImage, Spectrum
from aion.redshift_scores import Array, Floats
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import held_out
from aion.training.evaluate.weights import Weights
from aion.training.metrics import Row, bins_of, generated_continuum, mean, median
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality

SAMPLES = 16
"""Spectra drawn for each object."""
OBJECTS: dict[Method, int] = {"sample": 100, "maskgit": 24}
"""How many objects each method is tried on; the iterated one is slow."""
FAINTEST = 20.0
"""r, AB."""
Found = list[tuple[str, dict[str, float]]]


@torch.no_grad()
def table(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig) -> dict[str, Row]:
    """Rows by method and class."""
    found: dict[Method, Found] = {method: [] for method in OBJECTS}
    for number in range(held_out.batches(config)):
        objects = held_out.draw(survey, config, number)
        if objects.legacy is None or all(len(found[method]) >= OBJECTS[method] for method in OBJECTS):
            break
        bright = np.flatnonzero(held_out.magnitudes(objects) < FAINTEST)
        for method in OBJECTS:
            rows = bright[: OBJECTS[method] - len(found[method])]
            found[method] += _continua(weights, objects, rows, method) if len(rows) else []
    every: dict[str, Row] = {}
    for method, numbers in found.items():
        every[f"{method}, all"] = _row([n for _, n in numbers])
        for kind in ("galaxy", "quasar", "star"):
            every[f"{method}, {kind}"] = _row([n for k, n in numbers if k == kind])
    return every


def _continua(weights: Weights, objects: Objects, rows: Array, method: Method) -> Found:
    assert objects.legacy is not None
    spectra = as_modality(objects.spectra, torch.device("cpu"))
    tokens = weights.manager.encode(
        LegacySurveyImage(objects.legacy.flux[rows], LegacySurveyImage.survey_bands)
    )
    context = weights.model.context(tokens)
    wavelength = spectra.wavelength[0].double().numpy()
    drawn = []
    for seed in range(SAMPLES):
        ids = weights.model.generate(context, type(spectra), method=method, seed=seed)
        decoded: Spectrum = weights.manager.decode(
            {spectra.token_key: ids}, type(spectra), wavelength=spectra.wavelength[rows]
        )
        drawn.append(bins_of(wavelength, decoded.flux.double().numpy()))
    samples: Floats = np.stack(drawn)  # (samples, objects, bins)
    truth = bins_of(wavelength, objects.spectra.truth[rows].double().numpy())
    return [(objects.kind[row], generated_continuum(samples[:, i], truth[i])) for i, row in enumerate(rows)]


def _row(found: Sequence[dict[str, float]]) -> Row:
    def column(name: str) -> Floats:
        return np.array([numbers[name] for numbers in found])

    return {
        "n": len(found),
        "rms, median": median(column("rms")),
        "rms of shape, median": median(column("rms of shape")),
        "within 20 %": mean(column("rms") < 0.2),
        "shape within 20 %": mean(column("rms of shape") < 0.2),
        "|ln level|, median": median(np.abs(np.log(column("level").clip(1e-6)))),
        "68 % band covers": mean(column("covered")),
        "68 % band of shape covers": mean(column("shape covered")),
    }
