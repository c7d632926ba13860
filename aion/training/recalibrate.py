"""The recalibration file of weights: objects of the simulation that nothing else draws, read once from each
set of data, and the corrections of `aion.recalibration` that make their true redshifts likeliest. Every batch
is kept, so that a run goes on where it stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from aion.modalities import HSCImage, LegacySurveyImage, Spectrum
from aion.recalibration import (
    FEWEST,
    Correction,
    Recalibration,
    fit_power,
    fit_smoothing,
    smoothed,
    surprise,
)
from aion.redshift import MULTIMODAL, RedshiftPDF
from aion.redshift_scores import Array, Columns, Floats, Redshifts, coverage_error
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Weights
from aion.training.evaluate.held_out import magnitudes
from aion.training.evaluate.report import Table
from aion.training.evaluate.samples import BOTH, by_class
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import scalar_tokens

RECALIBRATION_SEED = 970_000_000
"""Added to the seed of the run: training, evaluation and the reference catalog draw from elsewhere."""
BATCH = 50
"""Objects drawn and read together: one spectrograph, one camera."""
BATCHES = (*range(59), *range(60, 220, 2))
"""Numbers of those that are read: from the 60th on none with images, which take three times as long."""
FAINTEST = 0.1
"""S/N to which noise is added to every fourth batch of spectra: the survey ends at 0.7, real data do not."""
DROPPED = 0.3
"""Share of the numbers of a catalog that half of the batches lack: real tables rarely have them all."""
WITHOUT_IMAGES = (("photometry",), ("spectrum",), ("photometry", "spectrum"))
"""Sets of data that are read of every batch without images."""
WITH_IMAGES = (
    ("image",),
    ("image", "photometry"),
    ("image", "spectrum"),
    ("image", "photometry", "spectrum"),
)
"""Of every batch with images."""
ALIKE = (
    (("photometry",),),
    (("image",),),
    (("image", "photometry"),),
    (("spectrum",),),
    (("photometry", "spectrum"), *WITH_IMAGES[2:]),
)
"""Sets of data that share their corrections."""
SNR_BINS = ((-np.inf, 0.3), (0.3, 0.5), (0.5, 1.0), (1.0, 3.0), (3.0, 5.0), (5.0, 10.0), (10.0, np.inf))
"""Within which spectra have one correction."""
MISSED, SURE = 0.01, 0.9
"""|dz| from which a redshift is missed, and the peak probability from which that is a sure miss."""
_HSC = ("tok_mag_", "tok_a_", "tok_shape1", "tok_shape2")

Batch = dict[str, np.ndarray]
"""``z``, ``kind``, ``snr``, ``mag`` (r, AB) and ``survey`` (B,), ``edges`` (bins + 1,), and p(z) (B, bins) by
the names of the data it is from, joined by "+"."""


def gather(folder: Path, numbers: Sequence[int], read: Callable[[int], Mapping[str, Any]]) -> list[Batch]:
    """Batches of these numbers that ``read`` gives now or gave before."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in tqdm(numbers, desc="batches of objects", mininterval=5.0):
        path = folder / f"{number:04d}.npz"
        if not path.exists():
            unfinished = path.with_suffix(".unfinished.npz")
            np.savez(unfinished, **read(number))
            unfinished.replace(path)
    return [dict(np.load(folder / f"{number:04d}.npz")) for number in numbers]


@torch.no_grad()
def read_batch(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, number: int) -> Batch:
    """Objects and their p(z): of even numbers spectra and photometry, every second of them with noise added;
    of odd ones with images."""
    generator = Generator().manual_seed(config.seed * 1_000_003 + RECALIBRATION_SEED + number)
    with_images = number % 2 == 1
    objects = survey.draw(BATCH, generator, with_images=with_images)
    spectra = as_modality(objects.spectra, torch.device("cpu"))
    if number % 4 == 0:
        spectra = fainter(spectra, objects.signal_to_noise, generator)
    parts = {
        "spectrum": weights.manager.encode(spectra),
        "photometry": _numbers(weights, objects, number, generator),
        **({"image": _image(weights, objects, number)} if with_images else {}),
    }
    found: Batch = {
        "z": objects.z.double().numpy(),
        "kind": np.array(objects.kind),
        "survey": np.full(BATCH, objects.spectra.survey),
        "snr": signal_to_noise(spectra),
        "mag": magnitudes(objects),
    }
    for names in WITH_IMAGES if with_images else WITHOUT_IMAGES:
        pdfs = weights.redshifts({key: ids for name in names for key, ids in parts[name].items()})
        found["edges"] = pdfs[0].edges
        found["+".join(names)] = np.stack([one.probability for one in pdfs]).astype(np.float32)
    return found


def fainter(spectra: Spectrum, snr: Tensor, generator: Generator) -> Spectrum:
    """B spectra of S/N (B,) with Gaussian noise added to any S/N from `FAINTEST` to 1 and to their own."""
    drawn = FAINTEST ** torch.rand(len(snr), generator=generator)
    extra = ((snr / torch.minimum(drawn, snr)) ** 2 - 1)[:, None]
    known = spectra.ivar > 0
    sigma = torch.where(known, (extra / spectra.ivar.clamp(min=1e-12)).sqrt(), 0.0)
    noise = sigma * torch.randn(spectra.flux.shape, generator=generator)
    return type(spectra)(spectra.flux + noise, spectra.ivar / (1 + extra), spectra.mask, spectra.wavelength)


def signal_to_noise(spectra: Spectrum) -> np.ndarray:
    """(B,) median per good pixel, as files of spectra are read."""
    good = ~spectra.mask & (spectra.ivar > 0)
    ratio = torch.where(good, spectra.flux * spectra.ivar.sqrt(), torch.nan)
    return ratio.nanmedian(1).values.double().numpy()


def _image(weights: Weights, objects: Objects, number: int) -> dict[str, Tensor]:
    assert objects.legacy is not None and objects.hsc is not None
    if _with_hsc(number):
        return weights.manager.encode(HSCImage(objects.hsc.flux, HSCImage.survey_bands))
    return weights.manager.encode(LegacySurveyImage(objects.legacy.flux, LegacySurveyImage.survey_bands))


def _numbers(weights: Weights, objects: Objects, number: int, generator: Generator) -> dict[str, Tensor]:
    """Of the survey of the batch; of half of the batches not all."""
    scalars = scalar_tokens(weights.manager, objects.scalars)
    mine = {
        key: ids
        for key, ids in scalars.items()
        if key.startswith(_HSC) == _with_hsc(number) and bool((ids >= 0).all())
    }
    if number % 16 < 8:
        return mine
    return {key: ids for key, ids in mine.items() if torch.rand((), generator=generator) >= DROPPED}


def _with_hsc(number: int) -> bool:
    return number % 8 >= 4


def fit(batches: Sequence[Batch], sha256: str) -> Recalibration:
    """Of every set of data; judged on every second group of four batches, which nothing was fitted on.

    Where no spectrum was read, p(z) is smoothed as makes the truths likeliest; where one was, it is raised to
    a power as well, by the S/N, as galaxies and quasars ask for: the truths of stars lie in one bin.
    """
    halves = [[one for i, one in enumerate(batches) if i // 4 % 2 == half] for half in (0, 1)]
    corrections = []
    for sets in ALIKE:
        fitted, others = (_sample(half, sets) for half in halves)
        for snr in (*SNR_BINS, None) if "spectrum" in sets[0] else (None,):
            if len(fitted.within(snr).z) >= FEWEST:
                found = _correction(fitted.within(snr), snr, with_spectrum="spectrum" in sets[0])
                judged = _judged(found, others.within(snr))
                corrections += [replace(found, data=sets[0], judged=judged)]
                corrections += [replace(found, data=data) for data in sets[1:]]
    count = sum(len(batch["z"]) for batch in halves[0])
    return Recalibration(sha256, f"{count:,} simulated objects", tuple(corrections))


def table(found: Recalibration) -> Table:
    """What every correction does to the objects that it was not fitted on."""
    return {
        f"{one.sentence}: {kind}": {
            "n": row["n"],
            **{f"{name}, {when}": row[when][name] for name in row["before"] for when in ("before", "after")},
        }
        for one in found.corrections
        for kind, row in one.judged.items()
    }


@dataclass(frozen=True)
class _Sample(Columns):
    """Objects with p(z) from one set of data."""

    z: Floats
    kind: Array
    snr: Floats
    probability: Floats
    edges: Floats
    """The same row for each."""

    def within(self, snr: tuple[float, float] | None) -> "_Sample":
        return self if snr is None else self[(self.snr >= snr[0]) & (self.snr < snr[1])]


def _sample(batches: Sequence[Batch], sets: Sequence[Sequence[str]]) -> _Sample:
    """All objects of all sets."""
    parts = [(batch, "+".join(data)) for batch in batches for data in sets if "+".join(data) in batch]
    return _Sample.joined(
        [
            _Sample(
                batch["z"],
                batch["kind"],
                batch["snr"],
                batch[key].astype(float),
                np.broadcast_to(batch["edges"], (len(batch["z"]), len(batch["edges"]))),
            )
            for batch, key in parts
        ]
    )


def _correction(sample: _Sample, snr: tuple[float, float] | None, *, with_spectrum: bool) -> Correction:
    used = sample[sample.kind != "star"] if with_spectrum else sample
    edges = used.edges[0]
    width = fit_smoothing(used.probability, edges, used.z)
    smooth = smoothed(used.probability, edges, width)
    power = fit_power(smooth, edges, used.z) if with_spectrum else 1.0
    return Correction((), snr, width, power, n=len(used.z), regions_of_peaks=not with_spectrum)


def _judged(found: Correction, others: _Sample) -> dict[str, dict[str, Any]]:
    """Class -> numbers before and after, of objects that the correction was not fitted on."""
    parts = by_class(others.kind) | {BOTH: others.kind != "star"}
    rows: dict[str, dict[str, Any]] = {}
    for kind, chosen in parts.items():
        part = others[chosen]
        if len(part.z):
            after = found.apply(part.probability, part.edges[0])
            rows[kind] = {
                "n": len(part.z),
                "before": _numbers_of(part.probability, part),
                "after": _numbers_of(after, part),
            }
            if found.regions_of_peaks:
                rows[kind]["before"] |= _regions_of(part.probability, part, of_peaks=False)
                rows[kind]["after"] |= _regions_of(after, part, of_peaks=True)
    return rows


def _numbers_of(probability: Floats, part: _Sample) -> dict[str, float]:
    edges = part.edges[0]
    answers = Redshifts.of_arrays(probability, edges, part.z)
    missed = np.abs(answers.error) >= MISSED
    numbers = {
        "-ln p": float(surprise(probability, edges, part.z).mean()),
        "CRPS": float(answers.crps.mean()),
        "68 % region covers": float(np.mean(answers.level <= 0.68)),
        "largest coverage error": coverage_error(answers),
        "misses beyond 0.01 with peak probability > 0.9": float(np.sum(missed & (answers.peak > SURE))),
    }
    return {name: round(value, 4) for name, value in numbers.items()}


def _regions_of(probability: Floats, part: _Sample, *, of_peaks: bool) -> dict[str, float]:
    """Of the regions as they are shown, which are the densest bins or follow the peaks."""
    pdfs = [RedshiftPDF(part.edges[0], one, regions_of_peaks=of_peaks) for one in probability]
    is_parted = np.array([len(pdf.ci68) > 1 for pdf in pdfs])
    has_one_peak = np.array([MULTIMODAL not in pdf.flags for pdf in pdfs])
    numbers = {
        "68 % region as shown covers": _held(pdfs, part.z, 0.68),
        "95 % region as shown covers": _held(pdfs, part.z, 0.95),
        "68 % region in one piece": 1 - is_parted.mean(),
        "in several without a second peak": float(np.mean(is_parted & has_one_peak)),
    }
    return {name: round(float(value), 4) for name, value in numbers.items()}


def _held(pdfs: Sequence[RedshiftPDF], truth: Floats, level: float) -> float:
    inside = [
        any(low <= z <= high for low, high in pdf.region(level)) for pdf, z in zip(pdfs, truth, strict=True)
    ]
    return float(np.mean(inside))
