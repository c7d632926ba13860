"""Which weights speak, in words and numbers; and the files that lie beside them."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import aion
from aion import hub
from aion.explorer.engine.networks import Networks
from aion.explorer.results import ModelInfo
from aion.explorer.settings import BESIDE, NO_RECALIBRATION, Settings
from aion.recalibration import RECALIBRATION, Recalibration

MODEL_CARD, METRICS = "model_card.json", "metrics.json"


def describe(settings: Settings, networks: Networks) -> ModelInfo:
    """Id, hash, title, size, device, precision, streams and versions."""
    source, device = networks.model.source, networks.device
    card = read_beside(networks, MODEL_CARD)
    packages = {name: version(name) for name in ("torch", "numpy", "safetensors", "faiss-cpu", "astropy")}
    return ModelInfo(
        id=settings.model,
        revision=source.revision if source else None,
        sha256=networks.model.sha256 or "",
        title=str(card.get("title", settings.model)),
        notice=card.get("notice"),
        parameters=sum(parameter.numel() for parameter in networks.model.parameters()),
        device=str(device) if device.type == "cpu" else f"{device} ({torch.cuda.get_device_name(device)})",
        precision=str(networks.dtype).removeprefix("torch."),
        reads=networks.reads,
        writes=networks.writes,
        versions={"aion": aion.__version__, "python": platform.python_version(), **packages},
    )


def read_beside(networks: Networks, name: str) -> dict[str, Any]:
    """A JSON file in the folder of the weights; empty where there is none."""
    source = networks.model.source
    return hub.read_config(source, name) if source and source.is_folder and source.has(name) else {}


def find_recalibration(settings: Settings, networks: Networks) -> Recalibration | None:
    """What the settings say that p(z) is corrected with; of weights of the Hub only a file that is named.

    Raises:
        ConfigError: the file is not there, damaged, or belongs to other weights.
    """
    source, sha256 = networks.model.source, networks.model.sha256
    if settings.recalibration == NO_RECALIBRATION:
        return None
    if settings.recalibration != BESIDE:
        return Recalibration.read(Path(settings.recalibration).expanduser(), sha256=sha256)
    if source is None or not source.is_folder or not source.has(RECALIBRATION):
        return None
    return Recalibration.read(source.file(RECALIBRATION), sha256=sha256)
