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
from aion.constants import CODEC_FIELD
from aion.errors import FaultError, InputError, explained_fault
from aion.explorer.engine import Engine
from aion.explorer.engine.reconstruction import SURVEYS
from aion.io import SkyObject
from aion.modalities import MODALITIES, Image, Scalar, Spectrum

_CLASSES = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star"}
"""What surveys call the classes of the reference catalog."""


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
    left_out = {
        name: why for name, why in entry.ignored.items() if why and name not in ("tok_z", *entry.tokens)
    }
    names = {name: MODALITIES[name].name if name in MODALITIES else name for name in left_out}
    return {
        "id": target.id,
        "problems": [f"embedded without its {names[name]}: {why}" for name, why in left_out.items()],
        "is_fault": False,
        "row": json.dumps(_facts(target)),
        "picture": None if image is None else _picture(image),
        "spectrum": None if spectrum is None else previews.small_spectra(spectrum)[0].astype(np.float32),
        **{f"tokens {name}": ids.astype(np.int16) for name, ids in entry.tokens.items()},
    }


def _facts(target: SkyObject) -> dict[str, Any]:
    """What the table of the catalog says of an object, without what is not known."""
    numbers = {
        one.name: one.value.item()
        for one in target.modalities
        if isinstance(one, Scalar) and one.value.numel() == 1
    }
    kind, _, subtype = target.kind.partition("/")  # SDSS: "GALAXY/STARBURST"
    facts: dict[str, Any] = {
        "class": _CLASSES.get(kind.upper(), kind) or None,
        "subtype": subtype or None,
        "z": target.z_reference,
        "ra": target.ra,
        "dec": target.dec,
        "survey": next((SURVEYS[one.token_key] for one in target.modalities if isinstance(one, Image)), None),
        "spectrograph": next(
            (SURVEYS[one.token_key] for one in target.modalities if isinstance(one, Spectrum)), None
        ),
        "snr": target.snr,
        **numbers,
    }
    return {
        name: value
        for name, value in facts.items()
        if value is not None and (isinstance(value, str) or np.isfinite(value))
    }


def _picture(image: Image) -> bytes:
    """An upright WebP of a batch of one in the colors of the Analyze page."""
    flux = image.flux[0].numpy()
    top, left = (max(size - CODEC_FIELD, 0) // 2 for size in flux.shape[-2:])
    field = flux[:, top : top + CODEC_FIELD, left : left + CODEC_FIELD]
    return previews.picture(field, image.bands)


def keep(path: Path, part: pd.DataFrame) -> None:
    """Write it so that it is there whole or not at all, whoever else writes the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    part.to_parquet(beside, index=False)
    beside.replace(path)
