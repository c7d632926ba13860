"""The five stages from nothing to shipped weights, each resumable:
simulate -> codecs -> tokenize -> model -> evaluate.

Work files lie under one run folder; the published layout is assembled in
``<run>/export`` and copied to the assets.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor

from aion.codecs.manager import CodecManager
from aion.errors import ConfigError
from aion.hub import WEIGHTS_FILE, sha256
from aion.modalities import LegacySurveyImage, SDSSSpectrum
from aion.model import AION
from aion.training import (
    calibration,
    image_codec,
    initial_weights,
    masked_modeling,
    scalar_codecs,
    spectrum_codec,
    tokenize,
)
from aion.training.card import HISTORY
from aion.training.config import EmbeddedConfig
from aion.training.ingredients import ensure
from aion.training.loop import write_metrics
from aion.training.simulate.survey import SimulatedSurvey


@dataclass(frozen=True)
class Run:
    """One training run: its configuration, its folder, where it computes."""

    config: EmbeddedConfig
    folder: Path
    cache: Path
    device: torch.device
    start: Path | None = None
    """Weights to go on from: their codecs of spectra and numbers stay,
    the one of images is trained anew, the transformer goes on."""

    @property
    def export(self) -> Path:
        """The model in the published layout."""
        return self.folder / "export"

    def recipe(self) -> dict[str, Any]:
        """What decides the files of the run, as JSON holds it."""
        start = None if self.start is None else sha256(self.start / WEIGHTS_FILE)
        return dict(json.loads(json.dumps(asdict(self.config) | {"start": start})))

    def keep_to_one_recipe(self) -> None:
        """Notes the recipe in a new folder.

        Raises:
            ConfigError: the folder holds files of another recipe, which would be gone on with.
        """
        path, recipe = self.folder / "recipe.json", self.recipe()
        if not path.exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise ConfigError(
                    f"{self.folder} holds files of an unknown recipe; choose another folder for this run"
                )
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(recipe, indent=2) + "\n")
        before = json.loads(path.read_text())
        changed = [
            f"{name} was {before.get(name)}, is {recipe.get(name)}"
            for name in recipe | before
            if before.get(name) != recipe.get(name)
        ]
        if changed:
            raise ConfigError(
                f"{self.folder} was begun with another recipe ({'; '.join(changed)}); "
                "choose another folder for this run"
            )

    def survey(self) -> SimulatedSurvey:
        """The simulator, with its ingredients fetched if need be."""
        return SimulatedSurvey.from_ingredients(ensure(self.cache / "ingredients"), self.cache / "training")

    def manager(self) -> CodecManager:
        """The codecs trained so far."""
        return CodecManager(self.device, self.export, local_files_only=True)


def of_one_recipe(stage: Callable[[Run], None]) -> Callable[[Run], None]:
    """The stage, for a folder whose files are all of the run's recipe."""

    @wraps(stage)
    def checked(run: Run) -> None:
        run.keep_to_one_recipe()
        stage(run)

    return checked


@of_one_recipe
def simulate(run: Run) -> None:
    """Fetch and convert the ingredients; draw the photometry that sets the bins of the
    scalar codecs, and describe it."""
    path = run.folder / "photometry.pt"
    if path.exists() or run.start is not None:  # the codecs of numbers stay
        return
    survey, columns = run.survey(), []
    for number in range(-(-run.config.photometry_sample // 500)):
        count = min(500, run.config.photometry_sample - number * 500)
        z, scalars = survey.draw_photometry(
            count, Generator().manual_seed(run.config.seed * 1_000_003 + 400_000_000 + number)
        )
        columns.append(scalars | {"z": z})
    sample = {key: torch.cat([part[key] for part in columns]) for key in columns[0]}
    torch.save(sample, path)
    write_metrics(
        run.folder,
        "simulate",
        {f"{key}: median": float(values.nanmedian()) for key, values in sample.items()},
    )


@of_one_recipe
def codecs(run: Run) -> None:
    """Train the spectrum and image codecs, fit the scalar ones, write them in the published layout."""
    survey = run.survey()
    if run.start is None:
        sample: dict[str, Tensor] = torch.load(run.folder / "photometry.pt", weights_only=True)
        scalar_codecs.fit_all(
            run.config, {key: values for key, values in sample.items() if key != "z"}, run.export
        )
        learner = spectrum_codec.fit(run.config, survey, run.folder / "spectrum", run.device)
        spectrum_codec.fit_decoder(
            run.config, learner.codec, survey, run.folder / "spectrum-decoder", run.device
        )
        learner.codec.save_pretrained(run.export, SDSSSpectrum)
    else:
        shutil.copytree(run.start / "codecs", run.export / "codecs", dirs_exist_ok=True)
        if (run.start / HISTORY).exists():
            shutil.copy(run.start / HISTORY, run.export)
    image = image_codec.fit(run.config, survey, run.folder / "image", run.device)
    image.save_pretrained(run.export, LegacySurveyImage)
    manager = run.manager()
    parameters = {"spectrum parameters": manager.codec(SDSSSpectrum), "image parameters": image}
    write_metrics(
        run.folder,
        "codecs",
        {name: sum(p.numel() for p in module.parameters()) for name, module in parameters.items()},
    )


@of_one_recipe
def tokens(run: Run) -> None:
    """Tokenize the training objects."""
    tokenize.make_shards(run.config, run.survey(), run.manager(), run.folder / "tokens")
    pools = {pool: tokenize.load_pool(run.folder / "tokens", pool) for pool in tokenize.POOLS}
    write_metrics(
        run.folder, "tokenize", {f"{pool}: objects": len(shard["bins"]) for pool, shard in pools.items()}
    )


@of_one_recipe
def model(run: Run) -> None:
    """Train the transformer and write it beside its codecs."""
    pools = {pool: tokenize.load_pool(run.folder / "tokens", pool) for pool in tokenize.POOLS}
    streams = {*tokenize.streams_of(pools.values()), *masked_modeling.SPECTRA}
    if run.start is None:
        learner = spectrum_codec.SpectrumLearner(run.config)
        state = torch.load(run.folder / "spectrum" / "checkpoint.pt", map_location="cpu", weights_only=True)
        learner.load_state_dict(state["modules"])
        fresh = initial_weights.new_model(run.config, tuple(sorted(streams)), learner, run.manager())
    else:
        before = AION.from_pretrained(run.start, local_files_only=True)
        fresh = initial_weights.without_images(before, run.config.seed + 2)
    schedule = run.config.model_schedule if run.start is None else run.config.continued_schedule
    trained = masked_modeling.fit(
        fresh, pools, schedule, run.config.seed + 2, run.folder / "model", run.device
    )
    factors = calibration.fit(trained, pools)
    calibration.apply(trained, factors)
    stored(trained).save_pretrained(run.export)
    write_metrics(
        run.folder, "model", {"parameters": sum(p.numel() for p in trained.parameters())} | asdict(factors)
    )


def stored(model: AION) -> AION:
    """The model with its matrices in half precision, as it is shipped; loading brings them back to single."""
    half = AION(model.config)
    half.load_state_dict(model.state_dict())
    return half.half()
