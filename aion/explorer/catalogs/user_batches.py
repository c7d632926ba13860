"""A batch of one's own objects as it is kept: a table with a row for each, with what the model says of it and
what is shown of it."""

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aion import previews
from aion.catalog import EmbeddedObject, views_of
from aion.errors import FaultError, InputError, explained_fault
from aion.explorer.engine import Engine
from aion.io import SkyObject
from aion.modalities import Image, Spectrum
from aion.survey.partition import draw_picture, gather_facts, tell_left_out


def embed_batch(engine: Engine, targets: Sequence[SkyObject]) -> pd.DataFrame:
    """Columns: id, problems (why it, or which part of it, is not in the catalog), is_fault (whether that is a
    fault of this program), row (JSON, missing where it is not in the catalog), picture, spectrum, "tokens
    <key>" and "vector <view>", each missing where it has none.

    Raises:
        AIONError: it is not the object that the model cannot be asked about.
    """
    answers = engine.embed_objects(targets)
    vectors = iter(
        engine.vectors(
            [answer for answer in answers if isinstance(answer, EmbeddedObject)], views_of, can_wait=True
        )
    )
    rows = []
    for target, answer in zip(targets, answers, strict=True):
        if isinstance(answer, EmbeddedObject):
            rows.append(
                _row(target, answer) | {f"vector {view}": vector for view, vector in next(vectors).items()}
            )
            continue
        why = explained_fault(answer)
        if not isinstance(why, (InputError, FaultError)):
            raise why
        rows.append({"id": target.id, "problems": [str(why)], "is_fault": isinstance(why, FaultError)})
    return pd.DataFrame(rows)


def _row(target: SkyObject, entry: EmbeddedObject) -> dict[str, Any]:
    image = next((one for one in target.modalities if isinstance(one, Image)), None)
    spectrum = next((one for one in target.modalities if isinstance(one, Spectrum)), None)
    return {
        "id": target.id,
        "problems": tell_left_out(entry),
        "is_fault": False,
        "row": json.dumps(gather_facts(target, image, spectrum)),
        "picture": None if image is None else draw_picture(image),
        "spectrum": None if spectrum is None else previews.small_spectra(spectrum)[0].astype(np.float32),
        **{f"tokens {name}": ids.astype(np.int16) for name, ids in entry.tokens.items()},
    }


def keep(path: Path, part: pd.DataFrame) -> None:
    """Write it so that it is there whole or not at all, whoever else writes the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    part.to_parquet(beside, index=False)
    beside.replace(path)
