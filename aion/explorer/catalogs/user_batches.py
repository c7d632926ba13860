"""A batch of one's own objects as it is kept: a table with a row for each, with what the model says of it and what is shown of it."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion import previews
from aion.constants import CODEC_FIELD, NANOMAGGY_ZERO_POINT
from aion.explorer.catalogs import catalog
from aion.explorer.catalogs.catalog import CatalogEntry
from aion.explorer.engine import Engine
from aion.explorer.results import Known
from aion.io import SkyObject
from aion.modalities import MODALITIES, Image, Scalar, Spectrum

_CLASSES = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star"}
"""What surveys call the classes of the reference catalog."""
"""Pixels on a side of a small picture, cut from the middle: what the model reads."""
_SURVEYS = {"tok_image": "Legacy Survey", "tok_image_hsc": "HSC", "tok_spectrum_sdss": "SDSS", "tok_spectrum_desi": "DESI"}


def embedded(engine: Engine, things: Sequence[SkyObject]) -> pd.DataFrame:
    """Columns: id, problem (why it is not in the catalog), left_out and row (JSON), picture, spectrum, "tokens <key>" and "vector <view>",
    each missing where the object has none."""
    answers = engine.known(things)
    vectors = iter(_views(engine, [answer for answer in answers if isinstance(answer, Known)]))
    rows = []
    for thing, answer in zip(things, answers, strict=True):
        if isinstance(answer, Known):
            rows.append(_row(thing, answer) | {f"vector {view}": vector for view, vector in next(vectors).items()})
        else:
            rows.append({"id": thing.id, "problem": str(answer) or type(answer).__name__})
    return pd.DataFrame(rows)


def _views(engine: Engine, objects: Sequence[Known]) -> list[dict[str, NDArray[np.float32]]]:
    """View -> (D,) vector of each object; the model is asked only about parts, not again about all of an object."""
    streams = [catalog.views_of(known.used) for known in objects]
    vectors = [
        {view: known.embedding for view, held in views.items() if len(held) == len(known.used)}
        for known, views in zip(objects, streams, strict=True)
    ]
    for view in {view for views in streams for view in views}:
        parts = [i for i, views in enumerate(streams) if view in views and view not in vectors[i]]
        entries = [CatalogEntry("", dict(objects[i].tokens), None, "", {}) for i in parts]
        use = {name for i in parts for name in streams[i][view]}
        for i, vector in zip(parts, engine.embed(entries, use=use), strict=True):
            vectors[i][view] = vector
    return vectors


def _row(thing: SkyObject, known: Known) -> dict[str, Any]:
    image = next((one for one in thing.modalities if isinstance(one, Image)), None)
    spectrum = next((one for one in thing.modalities if isinstance(one, Spectrum)), None)
    left_out = {name: why for name, why in known.ignored.items() if why and name not in ("tok_z", *known.tokens)}
    return {
        "id": thing.id,
        "left_out": json.dumps({MODALITIES[name].name if name in MODALITIES else name: why for name, why in left_out.items()}),
        "row": json.dumps(_facts(thing)),
        "picture": None if image is None else _picture(image),
        "spectrum": None if spectrum is None else previews.small_spectra(spectrum)[0].astype(np.float32),
        **{f"tokens {name}": ids.astype(np.int16) for name, ids in known.tokens.items()},
    }


def _facts(thing: SkyObject) -> dict[str, Any]:
    """What the table of the catalog says of an object, without what is not known."""
    keys = {type(one).token_key: one for one in thing.modalities}
    surveys = [name for token_key, name in _SURVEYS.items() if token_key in keys]
    numbers = {one.name: one.value.item() for one in thing.modalities if isinstance(one, Scalar) and one.value.numel() == 1}
    kind, _, subtype = str(thing.extras.get("class") or "").partition("/")  # SDSS: "GALAXY/STARBURST"
    snr = thing.extras.get("snr")
    facts: dict[str, Any] = {
        "class": _CLASSES.get(kind.upper(), kind) or None,
        "subtype": subtype or None,
        "z": thing.z_reference,
        "ra": thing.ra,
        "dec": thing.dec,
        "mag_r": _magnitude(numbers),
        "survey": next((name for name in surveys if name in ("Legacy Survey", "HSC")), None),
        "spectrograph": next((name for name in surveys if name in ("SDSS", "DESI")), None),
        "snr": None if snr is None else float(snr),
        **numbers,
    }
    return {name: value for name, value in facts.items() if value is not None and (isinstance(value, str) or np.isfinite(value))}


def _picture(image: Image) -> bytes:
    """An upright WebP of a batch of one in the colors of the Analyze page."""
    flux = image.flux[0].numpy()
    top, left = (max(size - CODEC_FIELD, 0) // 2 for size in flux.shape[-2:])
    field = flux[:, top : top + CODEC_FIELD, left : left + CODEC_FIELD]
    return previews.picture(field, image.bands)


def _magnitude(numbers: dict[str, float]) -> float | None:
    """r, AB: of a flux in nanomaggies, else of HSC."""
    flux = numbers.get("FLUX_R", 0.0)
    return NANOMAGGY_ZERO_POINT - 2.5 * float(np.log10(flux)) if flux > 0 else numbers.get("r_cmodel_mag")


def keep(path: Path, part: pd.DataFrame) -> None:
    """Write it so that it is there whole or not at all, whoever else writes the same."""
    beside = path.with_name(f"{path.name}.{threading.get_ident()}")
    part.to_parquet(beside, index=False)
    beside.replace(path)
