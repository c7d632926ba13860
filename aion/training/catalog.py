"""The reference catalog: held-out simulated objects as tokens, with truth, previews, maps and search indexes.

`aion.explorer.catalogs.catalog` says which files there are; it reads them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from aion import maps, previews
from aion.codecs.manager import CodecManager
from aion.constants import NANOMAGGY_ZERO_POINT
from aion.embedding import pool
from aion.modalities import HSCImage, LegacySurveyImage
from aion.search import Index
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Weights
from aion.training.masked_modeling import IMAGES, SPECTRA
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from aion.training.tokenize import scalar_tokens

CATALOG_SEED = 950_000_000
"""Added to the seed of the run: neither training nor evaluation draws from here."""
BATCH = 50
"""Objects drawn, tokenized and embedded together; every third batch is seen by HSC, the others by the Legacy Survey."""
VIEWS = ("all", "spectrum", "image", "photometry")
"""Which of an object's streams an embedding was made from; a query is compared with the view that holds what it has."""
_HSC = ("tok_mag_", "tok_a_", "tok_shape1", "tok_shape2")


def build(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, folder: Path) -> None:
    """Draw, tokenize, embed and index ``config.catalog`` objects into ``folder``."""
    parts = [_part(weights.manager, survey, config, first) for first in tqdm(range(0, config.catalog, BATCH), desc="draw", mininterval=5.0)]
    table = pd.concat([part.table for part in parts], ignore_index=True)
    tokens = {key: _joined(parts, key) for key in sorted({key for part in parts for key in part.tokens})}
    sha256 = str(weights.model.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    for view in tqdm(VIEWS, desc="embed", mininterval=5.0):
        vectors = embeddings(weights, tokens, view)
        Index.build(vectors, list(table["id"]), None, model_sha256=sha256).save(folder / "index" / view)
        if view == "all":
            table = table.assign(**maps.columns(vectors))
    table.to_parquet(folder / "objects.parquet", index=False)
    arrays: dict[str, Any] = {key: value.numpy().astype(np.int16) for key, value in tokens.items()}
    np.savez_compressed(folder / "tokens.npz", **arrays)
    pictures = pd.DataFrame({"id": table["id"], "picture": [picture for part in parts for picture in part.pictures]})
    pictures.to_parquet(folder / "pictures.parquet", index=False, compression=None)  # they are compressed already
    np.savez_compressed(folder / "spectra.npz", wavelength=previews.wavelength(), flux=np.concatenate([part.spectra for part in parts]))
    about = {"label": "simulated", "model_sha256": sha256, "seed": config.seed, "objects": len(table), "views": VIEWS}
    (folder / "catalog.json").write_text(json.dumps(about, indent=2) + "\n")


def streams_of(view: str, keys: list[str]) -> list[str]:
    """Token keys that a view reads."""
    parts = {"spectrum": [k for k in keys if k in SPECTRA], "image": [k for k in keys if k in IMAGES]}
    scalars = [k for k in keys if k not in SPECTRA + IMAGES]
    return {"all": keys, "photometry": scalars, **parts}[view]


@torch.no_grad()
def embeddings(weights: Weights, tokens: Mapping[str, Tensor], view: str) -> np.ndarray:
    """(n, D) unit vectors from the streams of a view; every object must have one of them."""
    keys = streams_of(view, list(tokens))
    vectors = []
    for part in torch.split(torch.arange(len(tokens[keys[0]])), BATCH):  # drawn together, so alike in what they have
        batch = {key: tokens[key][part].long() for key in keys}
        vectors.append(pool(weights.model.context({key: ids for key, ids in batch.items() if (ids >= 0).any()})))
    return torch.cat(vectors).numpy()


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
    image = (HSCImage if with_hsc else LegacySurveyImage)(pictures.flux, (HSCImage if with_hsc else LegacySurveyImage).survey_bands)
    spectra = as_modality(objects.spectra, torch.device("cpu"))
    tokens = {key: ids.cpu() for key, ids in manager.encode(spectra, image).items()}
    numbers = {key: ids for key, ids in scalar_tokens(manager, objects.scalars).items() if key.startswith(_HSC) == with_hsc}
    shown = [previews.picture(flux, image.bands) for flux in pictures.flux.double().numpy()]
    return _Part(_table(objects, first, with_hsc), tokens | numbers, shown, previews.small_spectra(spectra))


def _table(objects: Objects, first: int, with_hsc: bool) -> pd.DataFrame:
    count = len(objects.kind)
    columns: dict[str, object] = {
        "id": [f"SIM-{first + row:05d}" for row in range(count)],
        "kind": list(objects.kind),
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
    mine = {name: values.numpy() for name, values in objects.scalars.items() if name.endswith("_cmodel_mag") == with_hsc}
    return pd.DataFrame(columns | {k: v for k, v in mine.items() if k.startswith("FLUX_") or k.endswith("_cmodel_mag") or k == "EBV"})


def _joined(parts: list[_Part], key: str) -> Tensor:
    """(n, tokens) of all parts, -1 in those that lack the stream."""
    width = next(part.tokens[key].shape[1] for part in parts if key in part.tokens)
    return torch.cat([part.tokens.get(key, torch.full((len(part.table), width), -1)) for part in parts])
