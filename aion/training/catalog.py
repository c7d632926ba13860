"""The reference catalog: held-out simulated objects as tokens, with truth, thumbnails, embeddings and search indexes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from astropy.visualization import make_lupton_rgb
from torch import Generator, Tensor

from aion.embedding import pool
from aion.search import Index
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Weights
from aion.training.masked_modeling import IMAGES, SPECTRA
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.tokenize import object_tokens

CATALOG_SEED = 950_000_000
"""Added to the seed of the run: neither training nor evaluation draws from here."""
BATCH = 20
VIEWS = ("all", "spectrum", "image", "photometry")
"""Which of an object's streams an embedding was made from; a query is compared with the view that holds what it has."""
_HSC = ("tok_mag_", "tok_a_", "tok_shape1", "tok_shape2")


def build(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, folder: Path) -> None:
    """Draw, tokenize, embed and index ``config.catalog`` objects into ``folder``."""
    tables, tokens, pictures = [], [], []
    for number in range(-(-config.catalog // BATCH)):
        generator = Generator().manual_seed(config.seed * 1_000_003 + CATALOG_SEED + number)
        objects = survey.draw(BATCH, generator)
        with_hsc = number % 3 == 2
        shard = {k: v for k, v in object_tokens(weights.manager, objects).items() if _of_survey(k, with_hsc)}
        tables.append(_table(objects, number, with_hsc))
        tokens.append(shard)
        pictures.append(_thumbnails(objects, with_hsc))
    table = pd.concat(tables, ignore_index=True)
    keys = sorted({key for shard in tokens for key in shard})
    joined = {key: _joined(tokens, key) for key in keys}
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / "objects.parquet")
    arrays: dict[str, Any] = {key: value.numpy().astype(np.int16) for key, value in joined.items()}
    np.savez_compressed(folder / "tokens.npz", **arrays)
    np.savez_compressed(folder / "thumbnails.npz", rgb=np.concatenate(pictures))
    sha256 = str(weights.model.sha256)
    for view in VIEWS:
        vectors = embeddings(weights, joined, view)
        Index.build(vectors, list(table["id"]), None, model_sha256=sha256).save(folder / "index" / view)
        if view == "all":
            np.save(folder / "embeddings.npy", vectors.astype(np.float16))
    about = {"label": "simulated", "model_sha256": sha256, "seed": config.seed, "objects": len(table), "views": VIEWS}
    (folder / "catalog.json").write_text(json.dumps(about, indent=2) + "\n")


def streams_of(view: str, keys: list[str]) -> list[str]:
    """Token keys that a view reads."""
    parts = {"spectrum": [k for k in keys if k in SPECTRA], "image": [k for k in keys if k in IMAGES]}
    scalars = [k for k in keys if k not in SPECTRA + IMAGES]
    return {"all": keys, "photometry": scalars, **parts}[view]


@torch.no_grad()
def embeddings(weights: Weights, tokens: Mapping[str, Tensor], view: str) -> np.ndarray:
    """(n, D) unit vectors from the streams of a view; objects with the same streams are embedded together."""
    keys = streams_of(view, list(tokens))
    count = len(next(iter(tokens.values())))
    vectors = torch.zeros(count, weights.model.config.dim)
    present = torch.stack([(tokens[key] >= 0).all(1) for key in keys])
    groups: dict[tuple[bool, ...], list[int]] = {}
    for row in range(count):
        groups.setdefault(tuple(present[:, row].tolist()), []).append(row)
    for pattern, rows in groups.items():
        chosen = [key for key, there in zip(keys, pattern, strict=True) if there]
        for part in torch.split(torch.tensor(rows), BATCH):
            vectors[part] = pool(weights.model.context({key: tokens[key][part].long() for key in chosen}))
    return vectors.numpy()


def _of_survey(key: str, with_hsc: bool) -> bool:
    if key in IMAGES:
        return (key == "tok_image_hsc") == with_hsc
    if key in SPECTRA:
        return True
    return key.startswith(_HSC) == with_hsc


def _table(objects: Objects, number: int, with_hsc: bool) -> pd.DataFrame:
    count = len(objects.kind)
    columns: dict[str, object] = {
        "id": [f"SIM-{number * BATCH + row:05d}" for row in range(count)],
        "kind": list(objects.kind),
        "subtype": list(objects.subtype),
        "morphology": list(objects.morphology),
        "z": objects.z.double().numpy(),
        "survey": "HSC" if with_hsc else "Legacy Survey",
        "spectrograph": objects.spectra.survey,
        "snr": objects.signal_to_noise.numpy(),
        "mag_r": (22.5 - 2.5 * torch.log10(objects.true_fluxes[:, 1])).numpy(),
        "has_image": True,
        "has_spectrum": True,
    }
    mine = {name: values.numpy() for name, values in objects.scalars.items() if name.endswith("_cmodel_mag") == with_hsc}
    return pd.DataFrame(columns | {k: v for k, v in mine.items() if k.startswith("FLUX_") or k.endswith("_cmodel_mag") or k == "EBV"})


def _thumbnails(objects: Objects, with_hsc: bool) -> np.ndarray:
    """(B, 96, 96, 3) uint8, first row lowest as in FITS; reddest, middle and bluest band."""
    pictures = objects.hsc if with_hsc else objects.legacy
    assert pictures is not None
    chosen = (2, 1, 0) if with_hsc else (3, 1, 0)
    rgb = []
    for flux in pictures.flux.double().numpy():
        red, green, blue = (flux[i] * weight for i, weight in zip(chosen, (0.7, 1.0, 1.5), strict=True))
        spread = 3 * float(np.median(np.abs(green - np.median(green)))) + 0.12 * float(np.percentile(green, 99.7))
        rgb.append(make_lupton_rgb(red, green, blue, stretch=spread, Q=6))
    return np.stack(rgb)


def _joined(shards: list[dict[str, Tensor]], key: str) -> Tensor:
    width = next(shard[key].shape[1] for shard in shards if key in shard)
    return torch.cat([shard.get(key, torch.full((BATCH, width), -1)) for shard in shards])
