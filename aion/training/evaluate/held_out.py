"""Held-out simulated objects and what the model says of them, batch by batch, so that no spectrum is kept.

All objects have a spectrum and photometry; the first `PICTURED` of them images of both
surveys and spectra of both too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from aion.constants import NANOMAGGY_ZERO_POINT
from aion.modalities import HSCImage, Image, LegacySurveyImage
from aion.redshift_scores import Array, Columns, Floats, Redshifts
from aion.streams import STREAMS
from aion.training.config import EmbeddedConfig
from aion.training.evaluate.weights import Weights
from aion.training.line_fluxes import LineFluxes, compare
from aion.training.masked_modeling import IMAGES, SPECTRA
from aion.training.metrics import ImageErrors, image_errors, residual_rms
from aion.training.simulate.survey import Objects, Pictures, SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import scalar_tokens

HELD_OUT_SEED = 900_000_000
"""Added to the seed of the run: training never draws from here."""
BATCH = 50
"""Objects drawn and read together; they share a spectrograph."""
PICTURED = 2_000
"""Objects with images and twins."""
_LEGACY = ("tok_flux", "tok_shape_", "tok_ebv")


@dataclass(frozen=True)
class Seen(Columns):
    """Every held-out object: what it is, its redshift from the spectrum and from fluxes,
    how well the spectrum is decoded."""

    kind: Array
    survey: Array
    snr: Floats
    z: Floats
    mag: Floats
    """r, AB."""
    spectrum: Redshifts
    photometry: Redshifts
    rms: Floats
    """Of (decoded - noiseless truth) / sigma over the pixels."""
    chi2: Floats
    """Mean of ((decoded - data) / sigma)^2."""
    vector: Floats
    """(N, D) of the spectrum."""


@dataclass(frozen=True)
class Pictured(Columns):
    """Objects with images of both surveys and spectra of both."""

    kind: Array
    morphology: Array
    snr: Floats
    z: Floats
    mag: Floats
    image: Redshifts
    image_and_fluxes: Redshifts
    legacy: ImageErrors
    hsc: ImageErrors
    legacy_vector: Floats
    hsc_vector: Floats
    sdss_vector: Floats
    desi_vector: Floats


@dataclass(frozen=True)
class HeldOut:
    """Everything that the tables are made of."""

    seen: Seen
    pictured: Pictured
    lines: LineFluxes
    codes: dict[str, Array]
    """Codec or token key -> how often each code occurs."""


def draw(
    survey: SimulatedSurvey, config: EmbeddedConfig, number: int, *, with_images: bool = True
) -> Objects:
    """Batch ``number`` of the held-out objects; without images and twins they are the same objects."""
    count = min(BATCH, config.held_out - number * BATCH)
    generator = Generator().manual_seed(config.seed * 1_000_003 + HELD_OUT_SEED + number)
    pictured = with_images and number * BATCH < PICTURED
    return survey.draw(count, generator, with_images=pictured, with_twin=pictured)


def batches(config: EmbeddedConfig) -> int:
    """How many `draw` gives."""
    return -(-config.held_out // BATCH)


@torch.no_grad()
def ask(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig) -> HeldOut:
    """Draw all objects and let the model read them."""
    seen, pictured, lines = [], [], []
    codes = _Codes()
    for number in tqdm(range(batches(config)), desc="held-out objects", mininterval=5.0):
        objects = draw(survey, config, number)
        scalars = scalar_tokens(weights.manager, objects.scalars)
        spectrum = weights.manager.encode(as_modality(objects.spectra, torch.device("cpu")))
        found, of_batch = _spectra(weights, objects, spectrum, scalars, number * BATCH)
        seen.append(found)
        lines.append(of_batch)
        codes.count(spectrum | scalars)
        if objects.legacy is not None and objects.hsc is not None:
            images = {
                **_image_tokens(weights, LegacySurveyImage, objects.legacy),
                **_image_tokens(weights, HSCImage, objects.hsc),
            }
            pictured.append(_pictures(weights, objects, images, scalars, found.vector))
            codes.count(images)
    return HeldOut(Seen.joined(seen), Pictured.joined(pictured), LineFluxes.joined(lines), codes.counts)


def magnitudes(objects: Objects) -> Floats:
    """r (B,), AB, without noise."""
    return (NANOMAGGY_ZERO_POINT - 2.5 * torch.log10(objects.true_fluxes[:, 1])).double().numpy()


def _spectra(
    weights: Weights,
    objects: Objects,
    tokens: Mapping[str, Tensor],
    scalars: Mapping[str, Tensor],
    first: int,
) -> tuple[Seen, LineFluxes]:
    z = objects.z.double().numpy()
    observed = as_modality(objects.spectra, torch.device("cpu"))
    decoded = weights.round_trip(observed, tokens)
    sigma = torch.where(observed.ivar > 0, observed.ivar.rsqrt(), torch.nan)
    arrays = [
        t.double().numpy()
        for t in (observed.wavelength, decoded.flux, objects.spectra.truth, observed.flux, sigma)
    ]
    wavelength, flux, truth, data, noise = arrays
    lines = compare(wavelength, flux, truth, data, noise, z, objects.kind)
    pdfs, vector = weights.read(tokens)
    fluxes = weights.redshifts({key: value for key, value in scalars.items() if key.startswith(_LEGACY)})
    found = Seen(
        kind=np.array(objects.kind),
        survey=np.full(len(z), objects.spectra.survey),
        snr=objects.signal_to_noise.double().numpy(),
        z=z,
        mag=magnitudes(objects),
        spectrum=Redshifts.of(pdfs, z),
        photometry=Redshifts.of(fluxes, z),
        rms=residual_rms(flux, truth, noise),
        chi2=residual_rms(flux, data, noise) ** 2,
        vector=vector,
    )
    return found, LineFluxes(lines.row + first, lines.name, lines.ratio, lines.signal_to_noise)


def _pictures(
    weights: Weights,
    objects: Objects,
    images: Mapping[str, Tensor],
    scalars: Mapping[str, Tensor],
    vector: Floats,
) -> Pictured:
    assert objects.legacy is not None and objects.hsc is not None and objects.twin is not None
    z = objects.z.double().numpy()
    fluxes = {key: value for key, value in scalars.items() if key.startswith(_LEGACY)}
    legacy = {"tok_image": images["tok_image"]}
    pdfs, legacy_vector = weights.read(legacy)
    _, hsc_vector = weights.read({"tok_image_hsc": images["tok_image_hsc"]})
    _, twin = weights.read(weights.manager.encode(as_modality(objects.twin, torch.device("cpu"))))
    sdss, desi = (vector, twin) if objects.spectra.survey == "SDSS" else (twin, vector)
    return Pictured(
        kind=np.array(objects.kind),
        morphology=np.array(objects.morphology),
        snr=objects.signal_to_noise.double().numpy(),
        z=z,
        mag=magnitudes(objects),
        image=Redshifts.of(pdfs, z),
        image_and_fluxes=Redshifts.of(weights.redshifts(legacy | fluxes), z),
        legacy=_image_errors(weights, LegacySurveyImage, objects.legacy, images),
        hsc=_image_errors(weights, HSCImage, objects.hsc, images),
        legacy_vector=legacy_vector,
        hsc_vector=hsc_vector,
        sdss_vector=sdss,
        desi_vector=desi,
    )


def _image_tokens(weights: Weights, cls: type[Image], pictures: Pictures) -> dict[str, Tensor]:
    return weights.manager.encode(cls(pictures.flux, cls.survey_bands))


def _image_errors(
    weights: Weights, cls: type[Image], pictures: Pictures, tokens: Mapping[str, Tensor]
) -> ImageErrors:
    decoded = weights.manager.decode(tokens, cls)
    return image_errors(*(t.double().numpy() for t in (decoded.flux, pictures.flux, pictures.truth)))


class _Codes:
    """How often each code of each codebook occurs; both surveys share those of spectra and of images."""

    def __init__(self) -> None:
        self.counts: dict[str, Array] = {}

    def count(self, tokens: Mapping[str, Tensor]) -> None:
        """Add these tokens (B, n); the first of a spectrum is its level, not a code of its book."""
        for key, ids in tokens.items():
            book = "spectrum" if key in SPECTRA else "image" if key in IMAGES else key
            used = ids[:, 1:] if key in SPECTRA else ids
            size = STREAMS[key].codes
            before = self.counts.get(book, np.zeros(size, dtype=int))
            self.counts[book] = before + torch.bincount(used[used >= 0], minlength=size).numpy()
