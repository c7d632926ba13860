"""The published package's codecs, made and used once for all tests of this folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from aion.modalities import DESISpectrum, HSCImage, LegacySurveyImage, Modality, SDSSSpectrum
from tests.codecs.published import SCRIPT
from tests.codecs.samples import EVERY_MODALITY, arrays, sizes
from tests.upstream import run_upstream

FULL = {
    "full_image": {
        "quantizer_levels": [7, 5, 5, 5, 5],
        "hidden_dims": 512,
        "embedding_dim": 5,
        "n_compressions": 2,
        "num_consecutive": 4,
    },
    "full_spectrum": {
        "encoder_depths": [3, 3, 27, 3],
        "encoder_dims": [64, 128, 256, 512],
        "decoder_depths": [3, 9, 3, 3],
        "decoder_dims": [256, 128, 64, 2],
        "latent_channels": 512,
        "embedding_dim": 10,
        "dim": 10,
        "codebook_size": 1024,
    },
}


@dataclass(frozen=True)
class Published:
    """What the published package saved and answered."""

    folder: Path
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]

    def tokens(self, key: str) -> torch.Tensor:
        """Tokens it made of the sample `key`."""
        return torch.tensor(self.outputs[f"{key}/tokens"]).long()

    def decoded(self, key: str) -> dict[str, torch.Tensor]:
        """Fields it decoded from those tokens."""
        start = f"{key}/decoded/"
        return {
            name.removeprefix(start): torch.tensor(v)
            for name, v in self.outputs.items()
            if name.startswith(start)
        }

    def fields(self, key: str) -> dict[str, np.ndarray]:
        """Arrays that it was given."""
        return {
            name.split("/", 1)[1]: values
            for name, values in self.inputs.items()
            if name.startswith(f"{key}/")
        }

    def sample(self, key: str, modality: type[Modality]) -> Modality:
        """The same sample, ours."""
        bands = {"bands": self.inputs[f"bands:{key}"].tolist()} if f"bands:{key}" in self.inputs else {}
        return modality(**self.fields(key), **bands)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Codecs of the published package with random weights: its files, inputs and answers."""
    folder = tmp_path_factory.mktemp("published")
    given: dict[str, np.ndarray] = {}
    for modality in EVERY_MODALITY:
        given |= {f"{modality.token_key}/{name}": values for name, values in arrays(modality).items()}
    for modality in (LegacySurveyImage, HSCImage):
        given[f"bands:{modality.token_key}"] = np.array(modality.survey_bands)
    for modality in (DESISpectrum, SDSSSpectrum):
        given |= as_in_training(modality)
    given |= _more_images()
    given |= {f"full_image/{name}": values[:1] for name, values in arrays(LegacySurveyImage).items()}
    given |= {
        "bands:full_image": given["bands:tok_image"],
        "decode:full_spectrum": given["decode:tok_spectrum_desi"][:1],
    }
    given |= {
        f"full_spectrum/{name}": given[f"tok_spectrum_desi/{name}"][:1]
        for name in ("flux", "ivar", "mask", "wavelength")
    }
    given["latent"] = np.random.default_rng(5).normal(0, 0.02, (2, 10, 40)).astype(np.float32)
    every_size = {modality.name: sizes(modality) for modality in EVERY_MODALITY} | FULL
    outputs = run_upstream(SCRIPT, folder=str(folder), sizes=json.dumps(every_size), **given)
    return Published(folder, given, outputs)


def as_in_training(modality: type[DESISpectrum] | type[SDSSSpectrum]) -> dict[str, np.ndarray]:
    """Arrays padded to the length that spectra had in training,
    which the published package leaves to its caller."""
    key, fields = modality.token_key, arrays(modality)
    fill = {"flux": 0.0, "ivar": 0.0, "mask": True, "wavelength": 99999.0}
    missing = modality.padded_length - fields["flux"].shape[1]
    padded = {
        name: np.pad(values, ((0, 0), (0, missing)), constant_values=fill[name])
        for name, values in fields.items()
    }
    padded = {
        name: values if name == "mask" else values.astype(np.float32) for name, values in padded.items()
    }
    inside = np.tile(np.linspace(3700, 9700, 300, dtype=np.float32), (2, 1))
    return {f"{key}/{name}": values for name, values in padded.items()} | {f"decode:{key}": inside}


def _more_images() -> dict[str, np.ndarray]:
    """Subsets of the bands, in other orders, and images larger than the field, even and odd."""
    random = np.random.default_rng(3)
    cases = {
        "ls_grz": (["DES-Z", "DES-G", "DES-R"], (2, 3, 96, 96)),
        "ls_one": (["DES-R"], (1, 1, 160, 160)),
        "ls_odd": (["DES-G", "DES-R", "DES-I", "DES-Z"], (1, 4, 101, 130)),
        "hsc_gri": (["HSC-G", "HSC-R", "HSC-I"], (2, 3, 97, 96)),
    }
    made = {
        f"{key}/flux": random.normal(0.5, 9.0, shape).astype(np.float32) for key, (_, shape) in cases.items()
    }
    return (
        made
        | {f"bands:{key}": np.array(bands) for key, (bands, _) in cases.items()}
        | {"extra": np.array(list(cases))}
    )
