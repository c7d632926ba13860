"""Numbers of an evaluation from arrays: redshifts and their calibration, spectra, lines, images, neighbors.
Pure functions; N objects.

Definitions: dz = (z_predicted - z_true) / (1 + z_true); sigma_NMAD = 1.4826 median|dz - median(dz)|.
What cannot be measured, for want of objects, is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aion.redshift_scores import (
    LEVELS,
    Array,
    Columns,
    Floats,
    Redshifts,
    covered_shares,
    ks_distance,
    redshift_errors,
    sigma_nmad,
)

Row = dict[str, object]
"""Quantity -> value, with ``n``, the number of things that were measured."""


def calibration(found: Redshifts) -> Row:
    """How far densities are from saying what they should."""
    error = np.abs(covered_shares(found, LEVELS) - np.array(LEVELS)).max()
    return {
        "68 % region covers": mean(found.level <= 0.68),
        "largest coverage error": finite_or_none(error),
        "PIT KS": finite_or_none(ks_distance(found.below)),
    }


def spectroscopic(found: Redshifts) -> Row:
    """Accuracy and calibration of redshifts from spectra, by their modes."""
    error = np.abs(found.error)
    return {
        "n": len(error),
        "within 0.003": mean(error < 0.003),
        "within 0.01": mean(error < 0.01),
        "outliers beyond 0.003": mean(error >= 0.003),
        "sigma_NMAD": finite_or_none(sigma_nmad(found.error)),
        "sure misses": int(((found.peak > 0.9) & (error >= 0.01)).sum()),
    } | calibration(found)


def photometric(found: Redshifts) -> Row:
    """Accuracy and calibration of photometric redshifts, by their medians."""
    error = redshift_errors(found.median, found.truth)
    return {
        "n": len(error),
        "bias": median(error),
        "sigma_NMAD": finite_or_none(sigma_nmad(error)),
        "outliers beyond 0.15": mean(np.abs(error) > 0.15),
    } | calibration(found)


def chance(predicted: Floats, truth: Floats, within: float) -> float | None:
    """Fraction of right answers when each is scored against the truths of all others."""
    error = np.abs(redshift_errors(np.asarray(predicted)[:, None], np.asarray(truth)[None]))
    return mean((error < within)[~np.eye(len(error), dtype=bool)])


def residual_rms(decoded: Floats, truth: Floats, sigma: Floats) -> Floats:
    """(N,) rms over pixels of (decoded - truth) / sigma; arrays (N, n), pixels with a NaN do not count."""
    ratio = ((decoded - truth) / sigma) ** 2
    known = np.isfinite(ratio)
    rms: Floats = np.sqrt(np.where(known, ratio, 0).sum(-1) / np.maximum(known.sum(-1), 1))
    return rms


def bins_of(wavelength: Floats, flux: Floats, width: float = 50.0) -> Floats:
    """Means (..., bins) of flux (..., n) in steps of ``width`` Å: the continuum without lines and noise."""
    index = ((wavelength - wavelength[0]) // width).astype(int)
    used = np.bincount(index)
    sums = np.add.reduceat(flux, np.flatnonzero(np.diff(index, prepend=-1)), axis=-1)
    means: Floats = sums / used[used > 0]
    return means


def generated_continuum(samples: Floats, truth: Floats) -> dict[str, float]:
    """Of one object: samples (S, bins) of its continuum against the true one (bins,);
    also with every level matched to the truth's."""
    middle = np.median(samples, axis=0)
    shapes, shape = (s * _level(s, truth) for s in (samples, middle))
    return {
        "rms": _relative_rms(middle, truth),
        "rms of shape": _relative_rms(shape, truth),
        "level": float(1 / _level(middle, truth)[0]),
        "shape covered": band_covers(shapes, truth, 0.68),
    }


def band_covers(samples: Floats, truth: Floats, level: float) -> float:
    """Share of the values of a truth (n,) in the central band of ``level`` of samples (S, n)."""
    shares = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(samples, shares, axis=0, method="weibull")  # exact for few samples
    return float(((low <= truth) & (truth <= high)).mean())


def codes_used(counts: Array) -> Row:
    """From how often each code was used: the share of codes that occur,
    and that of an even use with the same entropy."""
    total = counts.sum()
    share = counts[counts > 0] / max(total, 1)
    even = float(np.exp(-(share * np.log(share)).sum())) / len(counts)
    return {
        "n": int(total),
        "codes": len(counts),
        "share used": mean(counts > 0),
        "effective share": even if total else None,
    }


def aperture_sums(images: Floats, radius: Floats) -> Floats:
    """(N, bands) sums inside a circle of ``radius`` (N,) pixels around the middle of
    images (N, bands, height, width)."""
    inside = _distance(images.shape) <= radius[:, None, None]
    sums: Floats = (images * inside[:, None]).sum((-2, -1))
    return sums


def aperture_radius(truth: Floats, share: float = 0.95) -> Floats:
    """(N,) pixels: the smallest centred circle with ``share`` of the light, of all bands,
    that the largest one in the frame holds."""
    ring = np.ceil(_distance(truth.shape)).astype(int).ravel()  # a circle of r pixels holds the rings up to r
    rings = np.arange(ring.max() + 1)
    light = truth.sum(1).reshape(len(truth), -1) @ (ring[:, None] == rings).astype(float)
    growth = light.cumsum(1)[:, : min(truth.shape[-2:]) // 2]
    radius: Floats = (
        rings[np.argmax(growth >= share * growth.max(1, keepdims=True), axis=1)].clip(2).astype(float)
    )
    return radius


@dataclass(frozen=True)
class ImageErrors(Columns):
    """Decoded images against what they came from; (N, bands) each."""

    residual: Floats
    """rms of (decoded - data) over the rms of the noise; 1 for a decoder that gives the noiseless truth."""
    flux_ratio: Floats
    """Decoded over true flux in a circle that holds the object."""
    signal_to_noise: Floats
    """Of that flux in the data."""
    flux: Floats
    """True flux in that circle."""


def image_errors(decoded: Floats, flux: Floats, truth: Floats) -> ImageErrors:
    """From images (N, bands, height, width) in one unit; flux = truth + noise."""
    noise = np.std(flux - truth, axis=(-2, -1))
    radius = aperture_radius(truth)
    total, original = aperture_sums(decoded, radius), aperture_sums(truth, radius)
    pixels = aperture_sums(np.ones_like(truth), radius)
    residual = np.sqrt(np.mean((decoded - flux) ** 2, axis=(-2, -1))) / noise
    return ImageErrors(residual, total / original, original / (noise * np.sqrt(pixels)), original)


def image_reconstruction(errors: ImageErrors, measurable: float = 50.0) -> Row:
    """Of any choice of objects and bands; totals only where the data know them to 1 / ``measurable``."""
    ratio = errors.flux_ratio[errors.signal_to_noise > measurable]
    return {
        "n": int(errors.residual.size),
        "residual rms / pixel noise": median(errors.residual),
        "n with a total": int(ratio.size),
        "median flux ratio": median(ratio),
        "68 % of fluxes within": percentile(np.abs(ratio - 1), 68),
        "fluxes within 3 %": mean(np.abs(ratio - 1) < 0.03),
    }


def image_colors(errors: ImageErrors, blue: int, red: int, measurable: float = 50.0) -> Row:
    """Magnitude differences between two bands (indices), decoded against true,
    where the data know both totals to 1 / ``measurable``."""
    known = (errors.signal_to_noise[:, [blue, red]] > measurable).all(1)
    ratio, flux = (
        2.5 * np.log10(np.maximum(array[known][:, [blue, red]], 1e-6))
        for array in (errors.flux_ratio, errors.flux)
    )
    error, true = ratio[:, 1] - ratio[:, 0], flux[:, 1] - flux[:, 0]
    return {
        "n": len(error),
        "median error": median(error),
        "68 % within": percentile(np.abs(error), 68),
        "68 % of true colors within": percentile(np.abs(true - np.median(true)), 68) if len(true) else None,
        "correlation": float(np.corrcoef(true, true + error)[0, 1]) if len(true) > 2 else None,
    }


def quantiles(values: Floats, shares: Sequence[float]) -> Row:
    """The values (N,) that so many of the finite ones stay below, by the share as text."""
    finite = values[np.isfinite(values)]
    return {"n": len(finite)} | {f"{share:g}": float(np.quantile(finite, share)) for share in shares}


def nearest(vectors: Floats, k: int) -> Array:
    """(N, k) rows of the most similar others, by the cosine of unit vectors (N, D)."""
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    return np.argsort(-similarity, axis=1, kind="stable")[:, : min(k, len(vectors) - 1)]


def same_label(neighbors: Array, labels: Array) -> Row:
    """Share of neighbors (N, k) with the label of their query, and what a random choice would give."""
    n = len(labels)
    same = mean(labels[neighbors] == labels[:, None])
    random = mean((labels[:, None] == labels[None])[~np.eye(n, dtype=bool)])
    return {
        "n": n,
        "same": same,
        "at random": random,
        "ratio": same / random if same is not None and random else None,
    }


def neighbor_redshifts(neighbors: Array, z: Floats, queries: Array) -> Row:
    """Median |dz|/(1+z) between the chosen queries and their neighbors, and between them and anything."""
    others = np.abs(redshift_errors(z[None], z[:, None]))
    pairs = ~np.eye(len(z), dtype=bool) & queries[:, None]
    near = np.abs(redshift_errors(z[neighbors], z[:, None]))[queries]
    return {"n": int(queries.sum()), "median |dz|/(1+z)": median(near), "at random": median(others[pairs])}


def twin_ranks(queries: Floats, base: Floats) -> Array:
    """(N,) place of row i of ``base`` among all of it, most similar to row i of ``queries`` first;
    1 is best, ties count against."""
    similarity = queries @ base.T
    ranks: Array = (similarity >= np.diag(similarity)[:, None]).sum(1)
    return ranks


def ranks(found: Array, among: int) -> Row:
    """Of twins among ``among`` candidates."""
    return {
        "n": len(found),
        "among": among,
        "median rank": median(found),
        "rank 1": mean(found == 1),
        "within 5": mean(found <= 5),
    }


def finite_or_none(value: float) -> float | None:
    """None of what is not known."""
    return None if np.isnan(value) else float(value)


def mean(values: Array) -> float | None:
    """None of nothing."""
    return float(np.mean(values)) if np.size(values) else None


def mean_error(values: Array) -> float | None:
    """One sigma of the mean of independent values (N,); None of fewer than two."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def median(values: Array) -> float | None:
    """None of nothing."""
    return percentile(values, 50)


def percentile(values: Array, q: float) -> float | None:
    """None of nothing."""
    return float(np.percentile(values, q)) if np.size(values) else None


def _distance(shape: tuple[int, ...]) -> Floats:
    """Pixels from the middle of images (..., height, width)."""
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    distance: Floats = np.hypot(y - (shape[-2] - 1) / 2, x - (shape[-1] - 1) / 2)
    return distance


def _level(model: Floats, truth: Floats) -> Floats:
    """(..., 1) factors that bring models (..., bins) closest to the truth (bins,)."""
    factor: Floats = ((model * truth).sum(-1) / (model**2).sum(-1))[..., None]
    return factor


def _relative_rms(model: Floats, truth: Floats) -> float:
    return float(np.sqrt(((model - truth) ** 2).mean() / (truth**2).mean()))
