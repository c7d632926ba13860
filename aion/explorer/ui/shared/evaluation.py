"""The evaluation that lies beside weights, as tables for pages."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from aion.explorer.results import ModelInfo

METRICS = "metrics.json"


def read_evaluation(info: ModelInfo) -> dict[str, Any]:
    """What ``python -m aion.training evaluate`` wrote; empty without it."""
    found = json.loads(beside(info, METRICS) or "{}")
    return found if isinstance(found, dict) and {"bars", "about"} <= found.keys() else {}


def details(samples: dict[str, dict[str, object]]) -> pd.DataFrame:
    """One row per sample, one column per quantity; a number that could not be measured is empty."""
    table = pd.DataFrame([{"Sample": sample, **row} for sample, row in samples.items()])
    return table.rename(columns={"n": "N"}).map(
        lambda value: float(f"{value:.4g}") if isinstance(value, float) else value
    )


def beside(info: ModelInfo, name: str) -> str | None:
    """The text of a file in the folder of the weights; None where there is none."""
    path = Path(info.id) / name
    return path.read_text(encoding="utf-8") if path.is_file() else None
