"""Exact redshifts of spectra against the truth: how near, how honest their errors, how fast. N spectra."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aion.exact_redshift import ExactRedshift, refine
from aion.modalities import Spectrum
from aion.redshift import RedshiftPDF
from aion.redshift_scores import Array, Columns, Floats, redshift_errors, sigma_nmad
from aion.training.metrics import Row, finite_or_none, mean, median


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


def each(spectra: Spectrum) -> list[Spectrum]:
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
