"""Simulated objects -> tokens on disk, in shards made in any order. Knows no network but the codecs.

A shard is a dictionary of int16 tensors (objects, tokens) by token key, -1 where the object has none,
with the truths of `LABELS` (objects,): the redshift token, and what the object is and looks like, as
numbers of the simulator's lists.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from aion.codecs.manager import CodecManager
from aion.modalities import HSCImage, LegacySurveyImage, Modality, ScalarModalities
from aion.training.config import EmbeddedConfig
from aion.training.simulate.morphology import LABELS as MORPHOLOGIES
from aion.training.simulate.population import KINDS
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality, redshift_bins, with_empty_sky

POOLS = ("photometry", "spectra", "images")
LABELS = ("bins", "kind", "morphology")
"""What a shard holds beside tokens."""
SHARD = 250
"""Objects per file."""
Shard = dict[str, Tensor]


def scalar_tokens(manager: CodecManager, scalars: dict[str, Tensor]) -> Shard:
    """Tokens (B, 1) of every column, -1 where the value is missing."""
    shard = {}
    for name, values in scalars.items():
        cls = ScalarModalities[name]
        known = values.isfinite()
        tokens = torch.full((len(values), 1), -1)
        if known.any():
            tokens[known] = manager.encode(cls(values[known]))[cls.token_key].cpu()
        shard[cls.token_key] = tokens
    return shard


def object_tokens(manager: CodecManager, objects: Objects) -> Shard:
    """Tokens of everything an object has, the spectrum of the other survey too if there is a twin."""
    spectra = [objects.spectra] if objects.twin is None else [objects.spectra, objects.twin]
    modalities: list[Modality] = [as_modality(part, manager.device) for part in spectra]
    if objects.legacy is not None and objects.hsc is not None:
        modalities.append(LegacySurveyImage(objects.legacy.flux, LegacySurveyImage.survey_bands))
        modalities.append(HSCImage(objects.hsc.flux, HSCImage.survey_bands))
    encoded = {key: tokens.cpu() for key, tokens in manager.encode(*modalities).items()}
    return encoded | scalar_tokens(manager, objects.scalars)


def make_shards(config: EmbeddedConfig, survey: SimulatedSurvey, manager: CodecManager, folder: Path) -> None:
    """Every shard that is not there yet."""
    sizes = {
        "photometry": config.photometry_sample,
        "spectra": config.spectra_sample,
        "images": config.image_sample,
    }
    wanted = [(pool, number) for pool in POOLS for number in range(-(-sizes[pool] // SHARD))]
    folder.mkdir(parents=True, exist_ok=True)
    for pool, number in tqdm(wanted, desc="tokenize", mininterval=5.0):
        path = folder / f"{pool}-{number:04d}.pt"
        if path.exists():
            continue
        generator = Generator().manual_seed(
            config.seed * 1_000_003 + 500_000_000 + 1_000_000 * POOLS.index(pool) + number
        )
        count = min(SHARD, sizes[pool] - number * SHARD)
        shard = _DRAW[pool](config, survey, manager, count, generator)
        torch.save({key: tokens.to(torch.int16) for key, tokens in shard.items()}, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)


def load_pool(folder: Path, pool: str) -> Shard:
    """All shards of a pool as one; objects without a stream that others have get -1."""
    parts = [torch.load(path, weights_only=True) for path in sorted(folder.glob(f"{pool}-*.pt"))]
    keys = sorted({key for part in parts for key in part})
    width = {key: next(part[key].shape[1:] for part in parts if key in part) for key in keys}
    absent = {key: lambda n, key=key: torch.full((n, *width[key]), -1, dtype=torch.int16) for key in keys}
    return {
        key: torch.cat([part[key] if key in part else absent[key](len(part["bins"])) for part in parts])
        for key in keys
    }


def _photometry(
    config: EmbeddedConfig, survey: SimulatedSurvey, manager: CodecManager, count: int, generator: Generator
) -> Shard:
    z, scalars = survey.draw_photometry(count, generator)
    return scalar_tokens(manager, scalars) | {"bins": redshift_bins(z, config)}


def _spectra(
    config: EmbeddedConfig, survey: SimulatedSurvey, manager: CodecManager, count: int, generator: Generator
) -> Shard:
    objects = survey.draw(count, generator, with_images=False, with_twin=True)
    spectra, z = with_empty_sky(objects.spectra, objects.z, generator, config)
    empty = z != objects.z
    shard = object_tokens(manager, replace(objects, spectra=spectra))
    own = as_modality(spectra, manager.device).token_key
    # what else is known of an empty fibre's target would give its redshift away
    shard |= {key: torch.where(empty[:, None], -1, value) for key, value in shard.items() if key != own}
    return shard | _labels(objects) | {"bins": redshift_bins(z, config)}


def _images(
    config: EmbeddedConfig, survey: SimulatedSurvey, manager: CodecManager, count: int, generator: Generator
) -> Shard:
    objects = survey.draw(count, generator, with_twin=True)
    return object_tokens(manager, objects) | _labels(objects) | {"bins": redshift_bins(objects.z, config)}


def _labels(objects: Objects) -> Shard:
    return {
        "kind": torch.tensor([KINDS.index(name) for name in objects.kind]),
        "morphology": torch.tensor([MORPHOLOGIES.index(name) for name in objects.morphology]),
    }


Draw = Callable[[EmbeddedConfig, SimulatedSurvey, CodecManager, int, Generator], Shard]
_DRAW: dict[str, Draw] = {"photometry": _photometry, "spectra": _spectra, "images": _images}


def streams_of(pools: Iterable[Shard]) -> tuple[str, ...]:
    """Token keys that occur, in order."""
    return tuple(sorted({key for pool in pools for key in pool} - set(LABELS)))
