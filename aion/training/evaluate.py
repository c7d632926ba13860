"""What the embedded model can do: on simulated objects it never saw, and on real spectra. Writes metrics and the model card."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

from aion.codecs.manager import CodecManager
from aion.codecs.scalar import GridScalarCodec
from aion.modalities import HSCImage, Image, LegacySurveyImage, Spectrum, Z
from aion.model import AION
from aion.redshift import RedshiftPDF, redshift_pdfs
from aion.training import metrics, real
from aion.training.config import EmbeddedConfig
from aion.training.masked_modeling import IMAGES, SPECTRA
from aion.training.simulate.survey import Objects, Pictures, SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import object_tokens

Report = dict[str, dict[str, object]]
HELD_OUT_SEED = 900_000_000
"""Added to the seed of the run: training never draws from here."""
BATCH = 20


@dataclass(frozen=True)
class Weights:
    """A model with its codecs and redshift grid."""

    model: AION
    manager: CodecManager
    buckets: Tensor

    @classmethod
    def load(cls, folder: Path) -> "Weights":
        """From a folder in the published layout."""
        manager = CodecManager("cpu", folder)
        codec = manager.codec(Z)
        assert isinstance(codec, GridScalarCodec)
        return cls(AION.from_pretrained(folder), manager, codec.get_buffer("_quantizer.buckets"))

    @torch.no_grad()
    def redshifts(self, tokens: Mapping[str, Tensor]) -> list[RedshiftPDF]:
        """Densities of B objects from their tokens."""
        context = self.model.context(tokens)
        return redshift_pdfs(self.model.predict(context, Z)["tok_z"], self.buckets)

    def of_spectrum(self, spectrum: Spectrum) -> RedshiftPDF:
        """The density of one spectrum."""
        return self.redshifts(self.manager.encode(spectrum))[0]


def simulated(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig) -> Report:
    """All numbers on held-out simulation."""
    batches = []
    for number in range(-(-config.held_out // BATCH)):
        generator = Generator().manual_seed(config.seed * 1_000_003 + HELD_OUT_SEED + number)
        batches.append(_answer(weights, survey.draw(BATCH, generator)))
    everything = {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}
    report: Report = {}
    snr, z, kind = everything["snr"], everything["z"], everything["kind"]
    for name, chosen in {
        "galaxies": (kind == "galaxy") & (snr >= 3),
        "quasars": (kind == "quasar") & (snr >= 3),
        "all, S/N 1-3": (kind != "star") & (snr >= 1) & (snr < 3),
    }.items():
        report[f"simulated spectra: {name}"] = dict(metrics.spectroscopic(everything["from spectrum"][chosen], z[chosen]))
    stars = [pdf.mode < 0.005 for pdf in everything["from spectrum"][(kind == "star") & (snr >= 3)]]
    report["simulated spectra: stars"] = {"n": len(stars), "mode below 0.005": float(np.mean(stars))}
    galaxies = (kind == "galaxy") & (everything["mag"] < 21)
    for name in ("photometry", "image", "image and photometry"):
        report[f"simulated galaxies, r < 21, from {name}"] = dict(metrics.photometric(everything[f"from {name}"][galaxies], z[galaxies]))
    report["spectrum tokens"] = {"n": len(z), "rms of (decoded - truth) / noise, median": float(np.median(everything["spectrum rms"]))}
    for camera in ("Legacy Survey", "HSC"):
        numbers = [batch[f"{camera} image"][0] for batch in batches]
        report[f"{camera} image tokens"] = {key: float(np.median([n[key] for n in numbers])) for key in numbers[0]}
    return report


def real_spectra(weights: Weights, folder: Path) -> Report:
    """All numbers on the real spectra in ``folder``."""
    return {"real spectra": real.evaluate(weights.of_spectrum, real.load(folder), float(weights.buckets[-1]))}


def to_markdown(report: Mapping[str, Mapping[str, object]]) -> str:
    """One table for all sections."""
    rows = [f"| {section} | {key} | {_shown(value)} |" for section, values in report.items() for key, value in values.items()]
    return "| on | quantity | value |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def write(report: Report, folder: Path) -> None:
    """``metrics.json`` beside the weights, sections that were not measured now kept as they were."""
    path = folder / "metrics.json"
    known: Report = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | report, indent=2) + "\n")


def _answer(weights: Weights, objects: Objects) -> dict[str, np.ndarray]:
    tokens = object_tokens(weights.manager, objects)
    scalars = {key: value for key, value in tokens.items() if key not in SPECTRA + IMAGES}
    spectrum = {key: tokens[key] for key in SPECTRA if key in tokens}
    image = {"tok_image": tokens["tok_image"]}
    legacy = {key: value for key, value in scalars.items() if key.startswith(("tok_flux", "tok_shape_", "tok_ebv"))}
    assert objects.legacy is not None and objects.hsc is not None
    return {
        "snr": objects.signal_to_noise.numpy(),
        "z": objects.z.double().numpy(),
        "kind": np.array(objects.kind),
        "mag": (22.5 - 2.5 * torch.log10(objects.true_fluxes[:, 1])).numpy(),
        "from spectrum": _array(weights.redshifts(spectrum)),
        "from photometry": _array(weights.redshifts(legacy)),
        "from image": _array(weights.redshifts(image)),
        "from image and photometry": _array(weights.redshifts(image | legacy)),
        "spectrum rms": np.array([_spectrum_error(weights, objects, spectrum)]),
        "Legacy Survey image": _image_error(weights, LegacySurveyImage, objects.legacy, tokens),
        "HSC image": _image_error(weights, HSCImage, objects.hsc, tokens),
    }


def _spectrum_error(weights: Weights, objects: Objects, tokens: Mapping[str, Tensor]) -> float:
    modality = as_modality(objects.spectra, torch.device("cpu"))
    decoded = weights.manager.decode(tokens, type(modality), wavelength=modality.wavelength)
    sigma = torch.where(modality.ivar > 0, modality.ivar.rsqrt(), torch.nan)
    arrays = (decoded.flux, objects.spectra.truth, sigma)
    return metrics.spectrum_reconstruction(*(a.double().numpy() for a in arrays))


def _image_error(weights: Weights, cls: type[Image], pictures: Pictures, tokens: Mapping[str, Tensor]) -> np.ndarray:
    decoded = weights.manager.decode(tokens, cls)
    arrays = (decoded.flux, pictures.flux, pictures.truth)
    numbers = metrics.image_reconstruction(*(a.double().numpy() for a in arrays))
    return np.array([numbers], dtype=object)


def _array(pdfs: Sequence[RedshiftPDF]) -> np.ndarray:
    array = np.empty(len(pdfs), dtype=object)
    array[:] = pdfs
    return array


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
