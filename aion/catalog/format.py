"""The folder of a catalog, written and read here only. What lies in row i is of object i everywhere.

catalog.json        the manifest
objects.parquet     one row per object: id, class, z, mag_r, survey ..., and its place on maps of embeddings
tokens.npz          token key -> (n, tokens), -1 where an object has none
vectors.npz         view -> (n, D) unit vectors in half precision
VIEW.index          of many objects, the index of a view's vectors; that of few is made on loading
pictures.parquet    id, picture: a small WebP or JPEG, upright, null without an image
spectra.npz         wavelength (m,) and flux (n, m): small spectra, NaN where not covered
"""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion.catalog.views import ALL
from aion.errors import InputError
from aion.search import Index

MANIFEST = "catalog.json"
VERSION = 2
"""Of the files; a folder of another is refused."""
Arrays = Mapping[str, NDArray[Any]]
"""Name -> an array with a row for each object."""


@dataclass(frozen=True)
class Manifest:
    """What is said of a catalog as a whole."""

    label: str
    """What its objects are, for people: ``"simulated"``."""
    model_sha256: str
    """Of the weights that made tokens and vectors."""
    simulated: bool = False
    """Whether its objects, and so their redshifts, come from a simulation."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Of who made it, as plain values."""
    version: int = VERSION


@dataclass(frozen=True, eq=False)
class Previews:
    """What is shown of n objects at a glance."""

    pictures: Sequence[bytes | None]
    """Small encoded pictures, upright."""
    wavelength: NDArray[np.float32]
    """(m,) Å."""
    flux: NDArray[np.float16]
    """(n, m) small spectra, NaN where not covered."""


def read_folder(folder: Path) -> tuple[Manifest, pd.DataFrame, Arrays, Arrays]:
    """Its manifest, its table, tokens by key, and vectors by view.

    Raises:
        InputError: files are missing, damaged or of another version, or do not belong together.
    """
    try:
        stated = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if stated.get("version") != VERSION:
            raise InputError(
                f"the catalog in {folder} was written by another version of this program; "
                "make it again with this one"
            )
        table = pd.read_parquet(folder / "objects.parquet")
        tokens, vectors = _arrays(folder / "tokens.npz"), _arrays(folder / "vectors.npz")
        manifest = Manifest(**stated)
    except InputError:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError, TypeError) as exc:
        raise InputError(f"{folder} is not a catalog: {exc}") from exc
    if ALL not in vectors or any(len(rows) != len(table) for rows in (*tokens.values(), *vectors.values())):
        raise InputError(
            f"{folder}: the table, the tokens and the vectors list different objects; build the catalog again"
        )
    return manifest, table, tokens, vectors


def read_index(folder: Path, view: str, vectors: NDArray[Any], ids: Sequence[str]) -> Index:
    """The index of a view's vectors (n, D): that of the folder, or a new one where it has none.

    Raises:
        IndexMismatchError: the one in the folder is of other vectors.
    """
    path = folder / f"{view}.index"
    return Index.load(path, vectors, ids) if path.is_file() else Index.build(vectors, ids)


def read_previews(folder: Path) -> Previews:
    """Its pictures and small spectra."""
    return Previews(
        pq.read_table(folder / "pictures.parquet")["picture"].to_pylist(), **_arrays(folder / "spectra.npz")
    )


def write_folder(
    folder: Path,
    manifest: Manifest,
    table: pd.DataFrame,
    tokens: Arrays,
    indexes: Mapping[str, Index],
    previews: Previews,
) -> None:
    """All of it, into a new folder that is there when all of it is.

    Raises:
        FileExistsError: there is one; it stays as it is.
    """
    ids: dict[str, Any] = {key: rows.astype(np.int16) for key, rows in tokens.items()}
    halved: dict[str, Any] = {view: index.vectors().astype(np.float16) for view, index in indexes.items()}
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        table.to_parquet(made / "objects.parquet", index=False)
        np.savez_compressed(made / "tokens.npz", **ids)
        np.savez(made / "vectors.npz", **halved)  # noise to a compressor
        for view, index in indexes.items():
            if not index.is_exact:
                index.save(made / f"{view}.index")
        pictures = pa.table(
            {"id": pa.array(table["id"], pa.string()), "picture": pa.array(previews.pictures, pa.binary())}
        )
        pq.write_table(pictures, made / "pictures.parquet", compression="none")  # they are compressed already
        np.savez_compressed(
            made / "spectra.npz", wavelength=previews.wavelength, flux=previews.flux.astype(np.float16)
        )
        (made / MANIFEST).write_text(
            json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        if folder.exists():
            raise FileExistsError(f"{folder} is there already")
        made.chmod(0o755)  # temporary folders are their owner's alone
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
