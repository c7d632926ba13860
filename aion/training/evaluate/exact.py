"""Exact redshifts of spectra against the truth: how near, how honest their errors, how fast. N spectra."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from aion.exact_redshift import ExactRedshift, refine
from aion.modalities import Spectrum
from aion.redshift import RedshiftPDF
from aion.redshift_scores import Array, Columns, Floats, redshift_errors, sigma_nmad
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import held_out
from aion.training.evaluate.report import Report
from aion.training.evaluate.samples import BRIGHT, SNR_BINS, by_spectrum
from aion.training.evaluate.weights import Weights
from aion.training.metrics import Row, finite_or_none, mean, median
from aion.training.simulate.survey import SimulatedSurvey
from aion.training.spectrum_codec import as_modality


@dataclass(frozen=True)
class ExactRedshifts(Columns):
    """What the lines say within the best peak of each p(z)."""

    truth: Floats
    top: Floats
    """Middle of the highest bin of the peak."""
    bin: Floats
    """Width of that bin."""
    z: Floats
    """NaN where it was not refined."""
    error: Floats
    """One sigma, statistical."""
    seconds: Floats
    """Of the processor."""

    @classmethod
    def of(cls, spectra: Sequence[Spectrum], pdfs: Sequence[RedshiftPDF], truth: Array) -> "ExactRedshifts":
        """From batches of one."""
        rows = [_row(*one) for one in zip(spectra, pdfs, np.asarray(truth, dtype=float), strict=True)]
        return cls(*np.array(rows, dtype=float).reshape(-1, 6).T)


def measure(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig) -> Report:
    """The table of all held-out objects; their images, which it does not need, are not drawn."""
    numbers = tqdm(range(held_out.batches(config)), desc="exact redshifts", mininterval=5.0)
    found = _HeldOut.joined([_of_batch(weights, survey, config, number) for number in numbers])
    rows = by_spectrum(found.kind, found.survey, found.snr, BRIGHT)
    for low, high in SNR_BINS[2:4]:  # of both spectrographs
        within = (found.snr >= low) & (found.snr < high)
        rows[f"galaxies, S/N {low:g}-{high:g}"] = (found.kind == "galaxy") & within
    return {
        "simulated: exact redshifts": {
            name: exact_redshifts(found.exact[chosen]) | duration(found.exact[chosen])
            for name, chosen in rows.items()
        }
    }


def exact_redshifts(found: ExactRedshifts) -> Row:
    """Accuracy, the width of (z - truth) / error, and how often the exact redshift lies farther from the
    truth than the middle of the bin did, and than half the bin."""
    refined = found[np.isfinite(found.z)]
    distance, before = np.abs(refined.z - refined.truth), np.abs(refined.top - refined.truth)
    error = redshift_errors(refined.z, refined.truth)
    sure = refined[np.isfinite(refined.error) & (np.abs(error) < 0.003)]
    pulls = (sure.z - sure.truth) / sure.error
    return {
        "n": len(found.z),
        "refined": mean(np.isfinite(found.z)),
        "sigma_NMAD": finite_or_none(sigma_nmad(error)),
        "pull width": finite_or_none(sigma_nmad(pulls)),
        "farther than the bin": mean(distance > np.maximum(before, refined.bin / 2)),
    }


def duration(found: ExactRedshifts) -> Row:
    """How long it takes, which is no number of the weights."""
    return {"ms a spectrum": median(1000 * found.seconds)}


@dataclass(frozen=True)
class _HeldOut(Columns):
    """Exact redshifts of held-out objects, and what they are of."""

    kind: Array
    survey: Array
    snr: Floats
    exact: ExactRedshifts


@torch.no_grad()
def _of_batch(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, number: int) -> _HeldOut:
    objects = held_out.draw(survey, config, number, with_images=False)
    observed = as_modality(objects.spectra, torch.device("cpu"))
    pdfs = weights.redshifts(weights.manager.encode(observed))
    return _HeldOut(
        kind=np.array(objects.kind),
        survey=np.full(len(objects.kind), objects.spectra.survey),
        snr=objects.signal_to_noise.double().numpy(),
        exact=ExactRedshifts.of(_one_by_one(observed), pdfs, objects.z.double().numpy()),
    )


def _one_by_one(spectra: Spectrum) -> list[Spectrum]:
    """B spectra as batches of one."""
    arrays = (spectra.flux, spectra.ivar, spectra.mask, spectra.wavelength)
    return [type(spectra)(*(array[i : i + 1] for array in arrays)) for i in range(len(spectra.flux))]


def _row(spectrum: Spectrum, pdf: RedshiftPDF, truth: float) -> tuple[float, ...]:
    arrays = (spectrum.wavelength, spectrum.flux, spectrum.ivar, spectrum.mask)
    wavelength, flux, ivar, bad = (array[0].double().numpy() for array in arrays)
    started = time.process_time()
    best = refine(wavelength, flux, ivar, bad > 0, pdf, pdf.peaks)[0]
    seconds = time.process_time() - started
    top = int(np.abs(pdf.z - pdf.peaks[0].z).argmin())
    found = (best.z, best.error) if isinstance(best, ExactRedshift) else (np.nan, np.nan)
    return truth, float(pdf.z[top]), float(np.diff(pdf.edges)[top]), *found, seconds
