"""Real spectra for the last report: which there are, and the checks that catch a model that fools us. Never for training.

A `Predict` takes one spectrum and gives its redshift density; what it runs, this file does not know.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from aion.errors import AIONError
from aion.io import read
from aion.modalities import Spectrum
from aion.redshift import RedshiftPDF

Predict = Callable[[Spectrum], RedshiftPDF]
STRETCHES = (0.02, 0.04, 0.06, 0.08, 0.10)
"""Factors by which wavelengths are stretched; the redshift must move with them."""
GOOD = 0.01
"""|dz|/(1+z) within which a redshift counts as right."""


@dataclass(frozen=True)
class RealSpectrum:
    """One spectrum with a redshift that people agree on."""

    id: str
    spectrum: Spectrum
    z: float | None
    """None for an empty sky fibre."""
    kind: str
    """``"galaxy"``, ``"quasar"``, ``"star"`` or ``"sky"``."""
    survey: str
    signal_to_noise: float
    """Median per pixel."""


def load(folder: Path) -> list[RealSpectrum]:
    """All spectra that ``folder/INDEX.csv`` lists with a redshift, or as sky."""
    found = []
    with (folder / "INDEX.csv").open() as file:
        for row in csv.DictReader(file):
            if row["kind"] not in ("sdss_spec_fits", "desi_coadd_fits"):
                continue
            truths = dict(pair.rsplit(":", 1) for pair in row["z_true"].split()) if ":" in row["z_true"] else {}
            for target in read(folder / row["file"]):
                spectrum = next((m for m in target.modalities if isinstance(m, Spectrum)), None)
                z = truths.get(target.id, "") if truths else row["z_true"]
                if spectrum is not None:
                    found.append(_real(target.id, spectrum, z, row["class"]))
    return found


def evaluate(predict: Predict, spectra: Sequence[RealSpectrum], z_max: float) -> dict[str, object]:
    """Every number of the report: accuracy at all S/N, added noise, stretch and null checks, stars and sky."""
    objects = [s for s in spectra if s.kind in ("galaxy", "quasar") and s.z is not None and s.z < z_max]
    bright = [s for s in objects if s.signal_to_noise >= 5]
    faint = [s for s in objects if s.signal_to_noise < 5]
    metrics: dict[str, object] = {"n_bright": len(bright), "n_faint": len(faint)}
    answers = [predict(s.spectrum) for s in bright]
    error = np.array([_error(a.mode, s.z) for a, s in zip(answers, bright, strict=True)])
    sure = np.array([_peak_probability(a) for a in answers]) > 0.9
    covered = [any(low <= (s.z or 0) <= high for low, high in a.ci68) for a, s in zip(answers, bright, strict=True)]
    metrics |= {
        "bright_within_0.01": float((abs(error) < GOOD).mean()),
        "bright_within_0.003": float((abs(error) < 0.003).mean()),
        "bright_sigma_nmad": float(1.4826 * np.median(abs(error - np.median(error)))),
        "bright_sure_misses": int((sure & (abs(error) >= GOOD)).sum()),
        "bright_ci68_covers": float(np.mean(covered)),
        "bright_missed": [_miss(s, a) for s, a, e in zip(bright, answers, error, strict=True) if abs(e) >= GOOD],
        "faint_within_0.01": _score(predict, [(s.spectrum, s.z) for s in faint]),
    }
    for level in (2.0, 1.0):
        metrics[f"noise_to_sn{level:.0f}_within_0.01"] = _score(predict, [(degraded(s, level), s.z) for s in bright])
    return metrics | _stretch(predict, bright) | _nulls(predict, bright) | _stars_and_sky(predict, spectra)


def degraded(real: RealSpectrum, signal_to_noise: float) -> Spectrum:
    """The spectrum with Gaussian noise added, the same for the same object, to a median S/N per pixel."""
    s = real.spectrum
    if real.signal_to_noise <= signal_to_noise:
        return s
    extra = (real.signal_to_noise / signal_to_noise) ** 2 - 1
    known = s.ivar > 0
    sigma = torch.where(known, (extra / s.ivar.clamp(min=1e-12)).sqrt(), 0.0)
    noise = sigma * torch.randn(s.flux.shape, generator=torch.Generator().manual_seed(len(real.id)))
    return type(s)(s.flux + noise, s.ivar / (1 + extra), s.mask, s.wavelength)


def smoothed(s: Spectrum, width: int = 601) -> Spectrum:
    """Only the continuum: a running median over ``width`` pixels (40,000 km/s in SDSS), which leaves no broad line either."""
    padded = F.pad(s.flux[:, None], (width // 2, width // 2), mode="replicate")[:, 0]
    return type(s)(padded.unfold(1, width, 1).median(-1).values, s.ivar, s.mask, s.wavelength)


def _stretch(predict: Predict, bright: Sequence[RealSpectrum]) -> dict[str, object]:
    moved, old = [], []
    for number, real in enumerate(bright):
        factor = 1 + STRETCHES[number % len(STRETCHES)]
        s = real.spectrum
        answer = predict(type(s)(s.flux, s.ivar, s.mask, s.wavelength * factor))
        assert real.z is not None
        moved.append(abs(_error(answer.mode, (1 + real.z) * factor - 1)) < GOOD)
        old.append(abs(_error(answer.mode, real.z)) < GOOD)
    return {"stretched_within_0.01_of_moved": float(np.mean(moved)), "stretched_within_0.01_of_old": float(np.mean(old))}


def _nulls(predict: Predict, bright: Sequence[RealSpectrum]) -> dict[str, object]:
    """Inputs that hold no redshift: the fraction that still seems right must be that of chance."""
    reverse = [(type(s.spectrum)(s.spectrum.flux.flip(1), s.spectrum.ivar, s.spectrum.mask, s.spectrum.wavelength), s.z) for s in bright]
    answers = [predict(s.spectrum).mode for s in bright]
    order = np.random.default_rng(1).permutation(len(bright))
    shuffled = [abs(_error(answers[i], bright[j].z)) < GOOD for i, j in enumerate(order) if bright[i].z != bright[j].z]
    return {
        "null_smoothed": _score(predict, [(smoothed(s.spectrum), s.z) for s in bright]),
        "null_reversed": _score(predict, reverse),
        "null_flat": _score(predict, [(_flat(s), s.z) for s in bright]),
        "null_shuffled": float(np.mean(shuffled)),
    }


def _flat(real: RealSpectrum) -> Spectrum:
    """A constant with the noise of the real spectrum."""
    s = real.spectrum
    noise = torch.randn(s.flux.shape, generator=torch.Generator().manual_seed(len(real.id)))
    sigma = torch.where(s.ivar > 0, s.ivar.clamp(min=1e-12).rsqrt(), 0.0)
    return type(s)(s.flux.median() + sigma * noise, s.ivar, s.mask, s.wavelength)


def _stars_and_sky(predict: Predict, spectra: Sequence[RealSpectrum]) -> dict[str, object]:
    stars = [predict(s.spectrum).mode < 0.005 for s in spectra if s.kind == "star"]
    sky = [_peak_probability(predict(s.spectrum)) for s in spectra if s.kind == "sky"]
    return {
        "n_stars": len(stars),
        "stars_mode_below_0.005": float(np.mean(stars)) if stars else None,
        "n_sky": len(sky),
        "sky_highest_peak_probability": max(sky, default=None),
    }


def _score(predict: Predict, cases: Sequence[tuple[Spectrum, float | None]]) -> float | None:
    right = []
    for spectrum, z in cases:
        try:
            right.append(abs(_error(predict(spectrum).mode, z)) < GOOD)
        except AIONError:
            right.append(False)
    return float(np.mean(right)) if right else None


def _miss(real: RealSpectrum, answer: RedshiftPDF) -> str:
    return f"{real.id}: z {real.z:.4f}, read as {answer.mode:.4f}"


def _error(z: float, truth: float | None) -> float:
    assert truth is not None
    return (z - truth) / (1 + truth)


def _peak_probability(pdf: RedshiftPDF) -> float:
    """Probability within three bins of the mode."""
    top = int(np.argmax(pdf.density))
    return float(pdf.probability[max(0, top - 3) : top + 4].sum())


def _real(id: str, spectrum: Spectrum, z: str, label: str) -> RealSpectrum:
    kinds = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star", "SKY": "sky"}
    good = ~spectrum.mask & (spectrum.ivar > 0)
    ratio: Tensor = (spectrum.flux * spectrum.ivar.sqrt())[good]
    survey = type(spectrum).__name__.removesuffix("Spectrum")
    signal_to_noise = float(ratio.median()) if len(ratio) else 0.0
    return RealSpectrum(id, spectrum, float(z) if z else None, kinds[label.split("/")[0]], survey, signal_to_noise)
