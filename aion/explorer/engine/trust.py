"""Reasons to trust or doubt an answer, each measured on the data themselves."""

from collections.abc import Sequence

from aion.explorer.engine import reconstruction
from aion.explorer.engine.networks import Networks
from aion.explorer.results import Check, SpectrumResult
from aion.modalities import Image, Modality, Spectrum

UNUSUAL_FROM = 0.95
"""Percentile of the distance to the catalog from which an object is unlike what the model knows."""
POOR_CHI2 = 3.0
"""Reduced chi² of the decoded spectrum from which the tokens have lost features that the data show clearly."""
COVERED_FROM = 0.5
"""Share of the survey's wavelength range with good pixels below which the coverage is low: the lines that would decide between
two redshifts are then as likely to be lost as seen."""


def distance_check(percentile: float) -> Check:
    """Where the object lies among the catalog."""
    return Check(
        "Distance to the reference catalog",
        f"{percentile:.0%} of its objects lie closer",
        percentile < UNUSUAL_FROM,
        "Mean of 1 − cosine to the five nearest objects, ranked among the same of the catalog's own. Far away, the model extrapolates.",
    )


def spectrum_checks(modalities: Sequence[Modality], spectra: Sequence[SpectrumResult]) -> list[Check]:
    """Reconstruction and coverage of each spectrum."""
    checks = [
        Check(
            f"Reconstruction of the {spectrum.survey} spectrum",
            f"reduced χ² {spectrum.reduced_chi2:.2f}",
            spectrum.reduced_chi2 < POOR_CHI2,
            "1 where tokens kept all that the noise allows; larger where they lost a feature, and with a high signal-to-noise.",
        )
        for spectrum in spectra
        if spectrum.reduced_chi2 is not None
    ]
    for modality in modalities:
        if isinstance(modality, Spectrum):
            share = reconstruction.covered(modality)
            why = "Share of the survey's wavelength range with good pixels; a line outside of it cannot vote."
            survey = reconstruction.SURVEYS[modality.token_key]
            checks.append(Check(f"Wavelengths covered by the {survey} spectrum", f"{share:.0%}", share >= COVERED_FROM, why))
    return checks


def image_checks(networks: Networks, modalities: Sequence[Modality]) -> list[Check]:
    """Clamping, field and proxy of each image."""
    checks: list[Check] = []
    for image in modalities:
        if isinstance(image, Image):
            clamped = networks.clamped_share(image)
            height, width = image.flux.shape[-2:]
            side = reconstruction.FIELD
            why = "Pixels brighter than the codec's range are set to its end, so that bright cores look flat."
            checks.append(Check("Clamped pixels", f"{clamped:.2%}", clamped < 0.01, why))
            if (height, width) != (side, side):
                seen = f"{side} × {side} of {height} × {width} pixels are read"
                checks.append(Check("Field", seen, True, "The model sees the middle only; the rest of the cutout plays no part."))
            if image.proxies:
                why = "Bands of another camera were read as if they were these."
                checks.append(Check("Survey proxy", "; ".join(image.proxies), False, why))
    return checks
