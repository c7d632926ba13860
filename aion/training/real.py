"""Real spectra for the last report: which there are, and the checks that catch a model that fools us.
Never for training.

A `Predict` takes one spectrum and gives its redshift density, a `Decode` what its tokens kept;
what they run, this file does not know.
"""

import csv
import hashlib
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
from aion.redshift_scores import Array, Floats, Redshifts, redshift_errors
from aion.training import metrics
from aion.training.evaluate.bars import REAL
from aion.training.evaluate.exact import ExactRedshifts, duration, exact_redshifts
from aion.training.evaluate.report import Report, Table
from aion.training.evaluate.samples import by_class, by_spectrum
from aion.training.line_fluxes import LineFluxes, compare, line_reconstruction
from aion.training.metrics import Row

Predict = Callable[[Spectrum], RedshiftPDF]
Decode = Callable[[Spectrum], Spectrum]
"""The same spectrum after its tokens, on the same wavelengths."""
BRIGHT = 5.0
"""Signal-to-noise from which a real spectrum is asked to be right."""
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

    @property
    def truth(self) -> float:
        """The redshift, where there is one."""
        assert self.z is not None, f"{self.id} is sky"
        return self.z


def load(folder: Path) -> list[RealSpectrum]:
    """All spectra that ``folder/INDEX.csv`` lists with a redshift, or as sky."""
    found = []
    with (folder / "INDEX.csv").open() as file:
        for row in csv.DictReader(file):
            if row["kind"] not in ("sdss_spec_fits", "desi_coadd_fits"):
                continue
            truths = (
                dict(pair.rsplit(":", 1) for pair in row["z_true"].split()) if ":" in row["z_true"] else {}
            )
            for target in read(folder / row["file"]):
                spectrum = next((m for m in target.modalities if isinstance(m, Spectrum)), None)
                z = truths.get(target.id, "") if truths else row["z_true"]
                if spectrum is not None:
                    found.append(_real(target.id, spectrum, z, row["class"]))
    return found


def part_of(id: str) -> str:
    """``"development"``, which may be looked at, or ``"reserved"``, for the last report;
    for good, by the object's id."""
    return ("development", "reserved")[hashlib.sha256(id.encode()).digest()[0] % 2]


def parts(spectra: Sequence[RealSpectrum], *, reserved: bool) -> dict[str, list[RealSpectrum]]:
    """The development half; with ``reserved``, the other one and all as well."""
    halves = {name: [s for s in spectra if part_of(s.id) == name] for name in ("development", "reserved")}
    return {**halves, "all": list(spectra)} if reserved else {"development": halves["development"]}


def evaluate(
    predict: Predict, decode: Decode, spectra: Sequence[RealSpectrum], z_max: float, *, part: str
) -> Report:
    """Every table on these spectra, titled by the part they are; of redshifts below ``z_max``."""
    objects = [
        s for s in spectra if s.kind in ("galaxy", "quasar", "star") and s.z is not None and s.z < z_max
    ]
    pdfs, truth = [predict(s.spectrum) for s in objects], np.array([s.z for s in objects], dtype=float)
    answers = Redshifts.of(pdfs, truth)
    exact = ExactRedshifts.of([s.spectrum for s in objects], pdfs, truth)
    bright = [s for s in objects if s.kind != "star" and s.signal_to_noise >= BRIGHT]
    title = REAL.format(part=part)
    found: Report = {
        "redshifts": {
            name: metrics.spectroscopic(answers[chosen]) for name, chosen in _rows(objects).items()
        },
        "exact redshifts": {
            name: exact_redshifts(exact[chosen]) | duration(exact[chosen])
            for name, chosen in _rows(objects).items()
        },
        "missed": _missed(objects, answers),
        "checks": checks(predict, bright),
        "stars and sky": _stars_and_sky(predict, spectra),
        **_decoded(decode, objects),
    }
    return {f"{title}{name}": table for name, table in found.items()}


def checks(predict: Predict, bright: Sequence[RealSpectrum]) -> Table:
    """Spectra made worse, moved or emptied: what remains right."""
    rows: Table = {}
    for level in (2.0, 1.0):
        rows[f"noise added to S/N {level:g}"] = _score(
            predict, [(degraded(s, level), s.truth) for s in bright]
        )
    return rows | _stretch(predict, bright) | _nulls(predict, bright)


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
    """Only the continuum: a running median over ``width`` pixels (40,000 km/s in SDSS),
    which leaves no broad line either."""
    padded = F.pad(s.flux[:, None], (width // 2, width // 2), mode="replicate")[:, 0]
    return type(s)(padded.unfold(1, width, 1).median(-1).values, s.ivar, s.mask, s.wavelength)


def _rows(objects: Sequence[RealSpectrum]) -> dict[str, Array]:
    kind, survey = (np.array([getattr(s, name) for s in objects], dtype=str) for name in ("kind", "survey"))
    return by_spectrum(kind, survey, np.array([s.signal_to_noise for s in objects]), BRIGHT)


def _missed(objects: Sequence[RealSpectrum], answers: Redshifts) -> Table:
    """Every galaxy and quasar whose redshift is wrong."""
    return {
        s.id: {
            "class": s.kind,
            "S/N": s.signal_to_noise,
            "z": s.truth,
            "read as": float(mode),
            "peak probability": float(peak),
        }
        for s, error, mode, peak in zip(objects, answers.error, answers.mode, answers.peak, strict=True)
        if s.kind != "star" and abs(error) >= GOOD
    }


def _stretch(predict: Predict, bright: Sequence[RealSpectrum]) -> Table:
    factors = [1 + STRETCHES[number % len(STRETCHES)] for number in range(len(bright))]
    moved = [_stretched(s.spectrum, factor) for s, factor in zip(bright, factors, strict=True)]
    modes = _modes(predict, moved)
    old = np.array([s.truth for s in bright])
    truths = {"moved": (1 + old) * np.array(factors) - 1, "old": old}
    return {f"stretched, {name} redshift": _scored(modes, truth) for name, truth in truths.items()}


def _stretched(s: Spectrum, factor: float) -> Spectrum:
    return type(s)(s.flux, s.ivar, s.mask, s.wavelength * factor)


def _nulls(predict: Predict, bright: Sequence[RealSpectrum]) -> Table:
    """Inputs that hold no redshift: the fraction that still seems right must be that of chance."""
    empty = {
        "smoothed continuum": [smoothed(s.spectrum) for s in bright],
        "reversed": [_reversed(s.spectrum) for s in bright],
        "flat with real noise": [_flat(s) for s in bright],
    }
    rows = {
        f"null, {name}": _score(predict, [(n, s.truth) for n, s in zip(found, bright, strict=True)])
        for name, found in empty.items()
    }
    modes, truth = _modes(predict, [s.spectrum for s in bright]), np.array([s.truth for s in bright])
    rows["null, shuffled truths"] = {"n": len(bright), "within 0.01": metrics.chance(modes, truth, GOOD)}
    return rows


def _reversed(s: Spectrum) -> Spectrum:
    return type(s)(s.flux.flip(1), s.ivar, s.mask, s.wavelength)


def _flat(real: RealSpectrum) -> Spectrum:
    """A constant with the noise of the real spectrum."""
    s = real.spectrum
    noise = torch.randn(s.flux.shape, generator=torch.Generator().manual_seed(len(real.id)))
    sigma = torch.where(s.ivar > 0, s.ivar.clamp(min=1e-12).rsqrt(), 0.0)
    return type(s)(s.flux.median() + sigma * noise, s.ivar, s.mask, s.wavelength)


def _stars_and_sky(predict: Predict, spectra: Sequence[RealSpectrum]) -> Table:
    stars = np.array([predict(s.spectrum).mode < 0.005 for s in spectra if s.kind == "star"])
    empty = [predict(s.spectrum) for s in spectra if s.kind == "sky"]
    sky = Redshifts.of(empty, np.zeros(len(empty))).peak
    return {
        "stars": {"n": len(stars), "mode below 0.005": metrics.mean(stars)},
        "sky": {
            "n": len(sky),
            "highest peak probability": metrics.percentile(sky, 100),
            "peak below 0.5": metrics.mean(sky < 0.5),
        },
    }


def _decoded(decode: Decode, objects: Sequence[RealSpectrum]) -> Report:
    """How far decoded spectra are from the data, and their lines."""
    chi2, found = [], []
    for number, s in enumerate(objects):
        good = ~s.spectrum.mask & (s.spectrum.ivar > 0)
        sigma = torch.where(good, s.spectrum.ivar, torch.nan).rsqrt()
        arrays = [
            t.double().numpy()
            for t in (s.spectrum.wavelength, decode(s.spectrum).flux, s.spectrum.flux, sigma)
        ]
        wavelength, flux, data, noise = arrays
        chi2.append(metrics.residual_rms(flux, data, noise)[0] ** 2)
        lines = compare(wavelength, flux, data, data, noise, np.array([s.truth]), (s.kind,))
        found.append(LineFluxes(lines.row + number, lines.name, lines.ratio, lines.signal_to_noise))
    values, rows = np.array(chi2), {"all": np.full(len(objects), True)} | _rows(objects)
    return {
        "spectra decoded": {name: _chi2(values[chosen]) for name, chosen in rows.items()},
        "line fluxes decoded": _lines(found, np.array([s.kind for s in objects], dtype=str)),
    }


def _chi2(values: Floats) -> Row:
    return {
        "n": len(values),
        "reduced chi2 of (decoded - data)": metrics.median(values),
        "between 0.8 and 1.3": metrics.mean((values >= 0.8) & (values <= 1.3)),
    }


def _lines(found: Sequence[LineFluxes], kind: Array) -> Table:
    if not found:
        return {}
    lines = LineFluxes.joined(found)
    samples = {"all": np.full(len(lines.row), True)} | by_class(kind[lines.row])
    return {name: line_reconstruction(lines[chosen]) for name, chosen in samples.items()}


def _score(predict: Predict, cases: Sequence[tuple[Spectrum, float]]) -> Row:
    return _scored(_modes(predict, [spectrum for spectrum, _ in cases]), np.array([z for _, z in cases]))


def _scored(modes: Floats, truth: Floats) -> Row:
    """A spectrum that could not be read counts as wrong."""
    error = np.abs(redshift_errors(modes, truth))
    return {
        "n": len(error),
        "within 0.01": metrics.mean(error < GOOD),
        "within 0.003": metrics.mean(error < 0.003),
        "within 0.01 by chance": metrics.chance(modes, truth, GOOD),
    }


def _modes(predict: Predict, spectra: Sequence[Spectrum]) -> Floats:
    """NaN for a spectrum that the model refuses."""
    modes = []
    for spectrum in spectra:
        try:
            modes.append(predict(spectrum).mode)
        except AIONError:
            modes.append(float("nan"))
    return np.array(modes)


def _real(id: str, spectrum: Spectrum, z: str, label: str) -> RealSpectrum:
    kinds = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star", "SKY": "sky"}
    good = ~spectrum.mask & (spectrum.ivar > 0)
    ratio: Tensor = (spectrum.flux * spectrum.ivar.sqrt())[good]
    survey = type(spectrum).__name__.removesuffix("Spectrum")
    signal_to_noise = float(ratio.median()) if len(ratio) else 0.0
    return RealSpectrum(
        id, spectrum, float(z) if z else None, kinds[label.split("/")[0]], survey, signal_to_noise
    )
