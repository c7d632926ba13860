"""The reference catalog: held-out simulated objects as tokens, with truth, previews, maps and vectors.

`aion.catalog` says which files there are, and which vector is made from which streams.
"""

import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from aion import previews
from aion.catalog import Catalog, EmbeddedObject, Manifest, Previews, Tokens, Vector, vectors_of, views_of
from aion.codecs.manager import CodecManager
from aion.constants import NANOMAGGY_ZERO_POINT
from aion.embedding import pool
from aion.modalities import HSCImage, LegacySurveyImage
from aion.model import AION
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Weights
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import scalar_tokens

CATALOG_SEED = 950_000_000
"""Added to the seed of the run: neither training nor evaluation draws from here."""
BATCH = 50
"""Objects drawn, tokenized and embedded together; every third batch is seen by HSC, the
others by the Legacy Survey."""
_HSC = ("tok_mag_", "tok_a_", "tok_shape1", "tok_shape2")


def build(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, folder: Path) -> None:
    """Draw, tokenize and embed ``config.catalog`` objects into ``folder``, replacing what lies there."""
    firsts = tqdm(range(0, config.catalog, BATCH), mininterval=5.0)
    parts = [_part(weights.manager, survey, config, first) for first in firsts]
    objects = [one for part in parts for one in _embedded(weights.model, part.tokens)]
    shown = Previews(
        [picture for part in parts for picture in part.pictures],
        previews.wavelength(),
        np.concatenate([part.spectra for part in parts]),
    )
    shutil.rmtree(folder, ignore_errors=True)
    Catalog.build(
        folder,
        Manifest("simulated", str(weights.model.sha256), simulated=True, details={"seed": config.seed}),
        pd.concat([part.table for part in parts], ignore_index=True),
        [one.tokens for one in objects],
        vectors_of(objects, views_of, partial(_embed, weights.model)),
        shown,
    ).save(folder)


def _embedded(model: AION, tokens: Mapping[str, Tensor]) -> list[EmbeddedObject]:
    """Objects that have the same streams."""
    count = len(next(iter(tokens.values())))
    rows = [{key: ids[row].numpy() for key, ids in tokens.items()} for row in range(count)]
    pairs = zip(rows, _embed(model, rows), strict=True)
    return [EmbeddedObject(row, tuple(row), {}, vector) for row, vector in pairs]


@torch.no_grad()
def _embed(model: AION, objects: Sequence[Tokens]) -> list[Vector]:
    """Unit vectors; objects of the same streams share a pass."""
    vectors: dict[int, Vector] = {}
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, tokens in enumerate(objects):
        alike[tuple(tokens)].append(i)
    for streams, members in alike.items():
        for some in (members[first : first + BATCH] for first in range(0, len(members), BATCH)):
            stacked = {
                key: torch.from_numpy(np.stack([objects[i][key] for i in some])).long() for key in streams
            }
            vectors |= zip(some, pool(model.context(stacked)).numpy(), strict=True)
    return [vectors[i] for i in range(len(objects))]


@dataclass(frozen=True)
class _Part:
    """Some objects of the catalog."""

    table: pd.DataFrame
    tokens: Mapping[str, Tensor]
    pictures: list[bytes]
    spectra: np.ndarray


@torch.no_grad()
def _part(manager: CodecManager, survey: SimulatedSurvey, config: EmbeddedConfig, first: int) -> _Part:
    """The objects from number ``first`` on, seen by one imaging survey and one spectrograph."""
    number = first // BATCH
    generator = Generator().manual_seed(config.seed * 1_000_003 + CATALOG_SEED + number)
    objects = survey.draw(min(BATCH, config.catalog - first), generator)
    with_hsc = number % 3 == 2
    pictures = objects.hsc if with_hsc else objects.legacy
    assert pictures is not None
    camera = HSCImage if with_hsc else LegacySurveyImage
    image = camera(pictures.flux, camera.survey_bands)
    spectra = as_modality(objects.spectra, torch.device("cpu"))
    tokens = {key: ids.cpu() for key, ids in manager.encode(spectra, image).items()}
    scalars = scalar_tokens(manager, objects.scalars)
    numbers = {key: ids for key, ids in scalars.items() if key.startswith(_HSC) == with_hsc}
    shown = [previews.picture(flux, image.bands) for flux in pictures.flux.double().numpy()]
    return _Part(_table(objects, first, with_hsc), tokens | numbers, shown, previews.small_spectra(spectra))


def _table(objects: Objects, first: int, with_hsc: bool) -> pd.DataFrame:
    count = len(objects.kind)
    columns: dict[str, object] = {
        "id": [f"SIM-{first + row:05d}" for row in range(count)],
        "class": list(objects.kind),
        "subtype": list(objects.subtype),
        "morphology": list(objects.morphology),
        "z": objects.z.double().numpy(),
        "survey": "HSC" if with_hsc else "Legacy Survey",
        "spectrograph": objects.spectra.survey,
        "snr": objects.signal_to_noise.numpy(),
        "mag_r": (NANOMAGGY_ZERO_POINT - 2.5 * torch.log10(objects.true_fluxes[:, 1])).numpy(),
        "has_image": True,
        "has_spectrum": True,
    }
    mine = {
        name: values.numpy()
        for name, values in objects.scalars.items()
        if name.endswith("_cmodel_mag") == with_hsc
    }
    return pd.DataFrame(
        columns
        | {k: v for k, v in mine.items() if k.startswith("FLUX_") or k.endswith("_cmodel_mag") or k == "EBV"}
    )
