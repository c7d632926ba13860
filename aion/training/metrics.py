"""Numbers of an evaluation from arrays: redshift errors, calibration, reconstruction. Each is a pure function; N objects.

Definitions: dz = (z_predicted - z_true) / (1 + z_true); sigma_NMAD = 1.4826 median|dz - median(dz)|.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aion.redshift import RedshiftPDF

Floats = NDArray[np.float64]


def redshift_errors(predicted: Floats, truth: Floats) -> Floats:
    """dz (N,)."""
    return (np.asarray(predicted) - truth) / (1 + np.asarray(truth))


def sigma_nmad(error: Floats) -> float:
    """Robust scatter of dz."""
    return float(1.4826 * np.median(np.abs(error - np.median(error))))


def pit(pdfs: Sequence[RedshiftPDF], truth: Floats) -> Floats:
    """Probability (N,) that each density puts below the truth; uniform in 0..1 when calibrated."""
    values = []
    for pdf, z in zip(pdfs, truth, strict=True):
        below = np.concatenate([[0.0], np.cumsum(pdf.probability)])
        values.append(float(np.interp(z, pdf.edges, below)))
    return np.array(values)


def ks_distance(values: Floats) -> float:
    """Largest distance between the distribution of values in 0..1 and the uniform one."""
    ordered = np.sort(values)
    n = len(ordered)
    return float(max(np.abs(np.arange(1, n + 1) / n - ordered).max(), np.abs(np.arange(n) / n - ordered).max()))


def coverage(pdfs: Sequence[RedshiftPDF], truth: Floats, level: float) -> float:
    """Fraction of truths inside the highest-density region of that probability."""
    inside = [any(low <= z <= high for low, high in pdf.region(level)) for pdf, z in zip(pdfs, truth, strict=True)]
    return float(np.mean(inside))


def spectroscopic(pdfs: Sequence[RedshiftPDF], truth: Floats) -> dict[str, float]:
    """Accuracy and calibration of redshifts from spectra."""
    error = redshift_errors(np.array([p.mode for p in pdfs]), truth)
    return {
        "n": len(truth),
        "within 0.003": float((np.abs(error) < 0.003).mean()),
        "within 0.01": float((np.abs(error) < 0.01).mean()),
        "sigma_NMAD": sigma_nmad(error),
    } | calibration(pdfs, truth)


def photometric(pdfs: Sequence[RedshiftPDF], truth: Floats) -> dict[str, float]:
    """Accuracy and calibration of photometric redshifts, from the median of each density."""
    error = redshift_errors(np.array([p.median for p in pdfs]), truth)
    return {
        "n": len(truth),
        "bias": float(np.median(error)),
        "sigma_NMAD": sigma_nmad(error),
        "outliers beyond 0.15": float((np.abs(error) > 0.15).mean()),
    } | calibration(pdfs, truth)


def calibration(pdfs: Sequence[RedshiftPDF], truth: Floats) -> dict[str, float]:
    """How far densities are from saying what they should."""
    levels = [coverage(pdfs, truth, level) - level for level in (0.1, 0.3, 0.5, 0.68, 0.9)]
    return {
        "68 % region covers": levels[3] + 0.68,
        "largest coverage error": float(np.abs(levels).max()),
        "PIT KS": ks_distance(pit(pdfs, truth)),
    }


def spectrum_reconstruction(decoded: Floats, truth: Floats, sigma: Floats) -> float:
    """Median over objects of the rms of (decoded - noiseless truth) / sigma; arrays (N, n), sigma NaN where nothing is known."""
    ratio = (decoded - truth) / sigma
    return float(np.median(np.sqrt(np.nanmean(ratio**2, axis=1))))


def image_reconstruction(decoded: Floats, flux: Floats, truth: Floats) -> dict[str, float]:
    """Residual against pixel noise, and total fluxes; (N, bands, height, width) in one unit."""
    noise = np.std(flux - truth, axis=(-2, -1))
    residual = np.sqrt(np.mean((decoded - flux) ** 2, axis=(-2, -1)))
    core = np.s_[..., 24:72, 24:72]  # the middle half of the field, where the object is
    total, original = decoded[core].sum((-2, -1)), truth[core].sum((-2, -1))
    bright = original > 20 * noise  # totals of faint objects are noise
    return {
        "residual rms / pixel noise": float(np.median(residual / noise)),
        "median flux ratio": float(np.median((total / original)[bright])),
        "68 % of flux ratios within": float(np.percentile(np.abs(total / original - 1)[bright], 68)),
    }
