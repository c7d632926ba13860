"""Reasons to trust or doubt an answer, each measured on the data themselves."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from aion.constants import CODEC_FIELD
from aion.explorer.engine import reconstruction
from aion.explorer.engine.encoding import EncodedObject
from aion.explorer.engine.networks import Networks
from aion.explorer.engine.quantiles import Quantiles
from aion.explorer.results import Check, Floats, ImageResult, SpectrumResult
from aion.io import SkyObject
from aion.modalities import MODALITIES, Image, Modality, Spectrum
from aion.redshift import LOW_COVERAGE, RedshiftPDF

EDGE_FROM, UNUSUAL_FROM = 0.95, 0.99
"""Ranks of the distance to the catalog from which an object lies at its edge, and from which it is unlike
what the model knows: one in a hundred of the catalog itself."""
LOW_CHI2 = 0.8
"""Reduced chi² below which the errors of the file are too large: resampled pixels and cautious pipelines
explain about a tenth."""
POOR_CHI2 = 2.0
"""Reduced chi² is 1 + the mean square of (decoded - truth) / σ; from 2 on, the loss exceeds the noise."""
POOR_RANK = 0.95
"""Rank among held-out objects from which a reconstruction is unusually poor for these weights."""
COVERED_FROM = 0.5
"""Share of the survey's wavelength range with good pixels below which the coverage is low: the lines that
would decide between two redshifts are then as likely to be lost as seen."""


def with_coverage(
    redshift: RedshiftPDF, target: SkyObject, encoding: EncodedObject
) -> tuple[RedshiftPDF, tuple[str, ...]]:
    """The flag "low coverage" and its reason: photometry alone, or few good pixels and no image."""
    kinds = {MODALITIES[key] for key in encoding.used}
    if any(issubclass(kind, Image) for kind in kinds):
        return redshift, ()
    if not any(issubclass(kind, Spectrum) for kind in kinds):
        return redshift.with_flag(LOW_COVERAGE), (
            "Neither an image nor a spectrum was read, so the redshift rests on catalog numbers alone.",
        )
    spectra = (one for one in target.modalities if isinstance(one, Spectrum))
    shares = [reconstruction.coverage(one) for one in spectra if one.token_key in encoding.used]
    if shares and max(shares) < COVERED_FROM:
        return redshift.with_flag(LOW_COVERAGE), (
            f"Good pixels cover only {max(shares):.0%} of the survey's wavelength range.",
        )
    return redshift, ()


def distance_check(ranks: Mapping[str, float]) -> Check:
    """Where the object lies among the catalog.

    Args:
        ranks: What was compared ("all", "spectrum" ...) -> share of the catalog's objects that lie closer to
            their neighbors, 0 to 1. Empty: the catalog has nothing made from the same data.
    """
    name = "Distance to the reference catalog"
    why = (
        "Mean of 1 − cosine to the five nearest objects, ranked among the same of the catalog's own objects, "
        f"of which half rank below 50 % and 95 % below 95 %. From {UNUSUAL_FROM:.0%} on the model "
        "extrapolates. Compared are vectors made from the same kinds of data."
    )
    if not ranks:
        return Check(name, "not comparable: its objects are known by other numbers", True, why)
    highest = max(ranks.values())
    fits = highest < UNUSUAL_FROM
    place = "ordinary" if highest < EDGE_FROM else "at its edge" if fits else "unlike its objects"
    rank = ", ".join(f"{rank:.0%}" if part == "all" else f"{part} {rank:.0%}" for part, rank in ranks.items())
    return Check(name, f"{place}, rank {rank}", fits, why)


def chi2_check(name: str, chi2: float, pixels: int, quantiles: Quantiles | None) -> Check:
    """Reduced chi² of a reconstruction on so many pixels, with its rank among held-out objects."""
    rank = None if quantiles is None else quantiles.rank(chi2)
    if rank is None or quantiles is None:
        rank_text = "rank not measured for these weights"
    else:
        place = "below" if chi2 < quantiles.values[0] else "above" if chi2 > quantiles.values[-1] else "rank"
        count = "" if quantiles.count is None else f"{quantiles.count:,} "
        rank_text = f"{place} {rank:.0%} of {count}held-out objects"
    fine = LOW_CHI2 <= chi2 < POOR_CHI2 and (rank is None or rank < POOR_RANK)
    why = (
        f"Noise alone gives 1 ± {math.sqrt(2 / pixels):.2f} on {pixels:,} pixels. Above, tokens lost "
        f"features: from {POOR_CHI2:g} on, more than the noise hides, as happens with a high "
        f"signal-to-noise. Below {LOW_CHI2:g} the errors of the file are too large. From rank "
        f"{POOR_RANK:.0%} on it is unusual for these weights."
    )
    return Check(name, f"reduced χ² {chi2:.2f}, {rank_text}", fine, why)


def reconstruction_checks(
    images: Sequence[ImageResult], spectra: Sequence[SpectrumResult], quantiles: Mapping[str, Quantiles]
) -> list[Check]:
    """Reduced chi² of everything that came with its noise; ``known``: token key -> the distribution of
    held-out objects."""
    residuals = [(f"{one.survey} spectrum", one.residual) for one in spectra if one.residual is not None]
    residuals += [
        (f"{one.survey} image", (one.original - one.decoded) / one.sigma)
        for one in images
        if one.original is not None and one.sigma is not None
    ]
    keys = {
        f"{survey} {'image' if 'image' in key else 'spectrum'}": key
        for key, survey in reconstruction.SURVEYS.items()
    }
    measured = [(what, *_reduced_chi2(residual)) for what, residual in residuals]
    return [
        chi2_check(f"Reconstruction of the {what}", chi2, n, quantiles.get(keys[what]))
        for what, chi2, n in measured
        if n
    ]


def spectrum_checks(modalities: Sequence[Modality]) -> list[Check]:
    """Coverage of each spectrum."""
    checks: list[Check] = []
    for modality in modalities:
        if isinstance(modality, Spectrum):
            share = reconstruction.coverage(modality)
            why = "Share of the survey's wavelength range with good pixels; a line outside of it cannot vote."
            survey = reconstruction.SURVEYS[modality.token_key]
            name = f"Wavelengths covered by the {survey} spectrum"
            checks.append(Check(name, f"{share:.0%}", share >= COVERED_FROM, why))
    return checks


def image_checks(networks: Networks, modalities: Sequence[Modality]) -> list[Check]:
    """Clamping, field and proxy of each image."""
    checks: list[Check] = []
    for image in modalities:
        if isinstance(image, Image):
            clamped = networks.clamped_share(image)
            height, width = image.flux.shape[-2:]
            side = CODEC_FIELD
            why = "Pixels brighter than the codec's range are set to its end, so that bright cores look flat."
            checks.append(Check("Clamped pixels", f"{clamped:.2%}", clamped < 0.01, why))
            if (height, width) != (side, side):
                field = f"{side} × {side} of {height} × {width} pixels are read"
                why = "The model sees the middle only; the rest of the cutout plays no part."
                checks.append(Check("Field", field, True, why))
            if image.proxies:
                why = "Bands of another camera were read as if they were these."
                checks.append(Check("Survey proxy", "; ".join(image.proxies), False, why))
    return checks


def _reduced_chi2(residual: Floats) -> tuple[float, int]:
    """Of a residual in σ, and on how many pixels."""
    usable = residual[np.isfinite(residual)]
    return float(np.mean(usable**2)) if usable.size else math.nan, int(usable.size)
