"""Objects with p(z): from the folder of a catalog that keeps it, from an HDF5 file of qp, or from the model
asked about a catalog's tokens; and their true redshifts, from a column or from another table."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion.catalog import Catalog
from aion.catalog.columns import P_Z, REDSHIFT, is_light
from aion.catalog.folder import row_files
from aion.catalog.label_tables import IDS, find_column, join_column
from aion.catalog.manifest import MANIFEST, Manifest
from aion.errors import AIONError, InputError
from aion.explorer.engine import Engine
from aion.explorer.results import MeasuredObject
from aion.io.write import hdf5

Floats = NDArray[np.floating[Any]]
BATCH = 32
"""Objects that the model is asked about before it is told how far it is."""


@dataclass(frozen=True, eq=False)
class Sample:
    """N objects with p(z) on one grid."""

    table: pd.DataFrame
    """One row each: ``id``, and whatever else is known of it."""
    probability: Floats
    """(N, bins), each adding up to 1."""
    edges: Floats
    """(bins + 1,)."""
    origin: str
    """For people."""
    sha256: str = ""
    """Of the weights; empty where it is not known."""
    is_recalibrated: bool = False
    """Whether p(z) was corrected already."""
    truth: Floats = field(default_factory=lambda: np.zeros(0))
    """(N,) true redshifts, once they are joined."""
    left_out: tuple[str, ...] = ()
    """A sentence for each kind of object that is not among them."""

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, chosen: NDArray[Any]) -> "Sample":
        """Some of them, by a mask or by rows."""
        return replace(
            self,
            table=self.table.iloc[np.arange(len(self))[chosen]].reset_index(drop=True),
            probability=self.probability[chosen],
            truth=self.truth[chosen] if len(self.truth) else self.truth,
        )

    @property
    def candidates(self) -> list[str]:
        """Columns that may hold true redshifts, those named like one first."""
        return truth_columns(self.table.drop(columns=[name for name in REDSHIFT if name in self.table]))


def truth_columns(table: pd.DataFrame) -> list[str]:
    """Columns with a number that are no ids, those named like a redshift first."""
    names = [str(name) for name in table if str(name).lower() not in IDS and _redshifts(table[name]).any()]
    return sorted(names, key=lambda name: not name.lower().startswith(("z", "redshift")))


def read_p_z(path: Path) -> Sample:
    """Of the folder of a catalog that was made with ``aion batch --p-z``, or of an HDF5 file as qp keeps
    histograms, in which ``ancil/id`` says which object each is.

    Raises:
        InputError: it is neither, or holds no p(z).
    """
    if (path / MANIFEST).is_file():
        return _of_folder(path)
    if path.is_file() and path.open("rb").read(8) == b"\x89HDF\r\n\x1a\n":
        return _of_qp(path.read_bytes(), path.name)
    raise InputError(
        f"{path} holds no p(z); the folder of a catalog made with aion batch --p-z, "
        "or an HDF5 file that qp reads, is expected"
    )


def ask_model(
    catalog: Catalog,
    engine: Engine,
    rows: Sequence[int],
    progress: Callable[[float], None] = lambda share: None,
) -> Sample:
    """p(z) of some rows of a catalog, without recalibration, by the tokens that are kept of them."""
    ids = [str(catalog.table["id"].iloc[row]) for row in rows]
    pdfs, kept = [], []
    for first in range(0, len(ids), BATCH):
        progress(first / len(ids))
        answers = engine.embed_objects([catalog.entry(id) for id in ids[first : first + BATCH]])
        for row, answer in zip(rows[first : first + BATCH], answers, strict=True):
            if isinstance(answer, AIONError):
                continue
            assert isinstance(answer, MeasuredObject)
            kept.append(row)
            pdfs.append(answer.recalibrated(None).redshift.probability)
    edges = engine.redshift_edges
    missing = len(ids) - len(kept)
    return Sample(
        table=catalog.table.iloc[kept].reset_index(drop=True),
        probability=np.array(pdfs).reshape(len(kept), len(edges) - 1),
        edges=edges,
        origin=f"{len(kept):,} of {len(catalog):,} {catalog.manifest.label} objects, read by the model again",
        sha256=engine.info.sha256,
        left_out=(f"{missing:,} that the model cannot read",) if missing else (),
    )


def join_truths(
    sample: Sample, column: str, other: pd.DataFrame | None = None, id_column: str | None = None
) -> Sample:
    """Those of the objects that have a true redshift, with it.

    Args:
        column: Which holds it, of the sample's own table or of the ``other``.
        other: Another table of the same objects.
        id_column: Its column of ids; None: see `aion.catalog.label_tables`.

    Raises:
        InputError: there is no such column, an id is there twice, or nothing is left.
    """
    if other is None:
        values = sample.table[find_column(sample.table, column)]
    else:
        values = join_column(sample.table["id"].astype(str), other, column, id_column)
    known = _redshifts(values)
    if not known.any():
        are_joined = other is None or bool(values.notna().any())
        why = "it holds no number above -1" if are_joined else "ids of the two tables have nothing in common"
        raise InputError(f"no object has a true redshift in {column!r}: {why}")
    truth = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    missing = int((~known).sum())
    left_out = (*sample.left_out, *([f"{missing:,} without a true redshift"] if missing else []))
    return replace(replace(sample, truth=truth)[known], left_out=left_out)


def write_p_z(sample: Sample) -> bytes:
    """As ``qp.read`` takes it: histograms, with ids, truths and which weights made them."""
    meta = {"pdf_name": np.array([b"hist"]), "pdf_version": np.array([0]), "bins": sample.edges[None]}
    ancil: dict[str, NDArray[Any]] = {
        "id": np.array([str(id).encode() for id in sample.table["id"]]),
        "weights": np.array([sample.sha256.encode()] * len(sample)),
    }
    if len(sample.truth):
        ancil["z_true"] = sample.truth
    return hdf5({"meta": meta, "data": {"pdfs": sample.probability / np.diff(sample.edges)}, "ancil": ancil})


def _redshifts(values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """(n,) which are numbers that a redshift can be."""
    if pd.api.types.is_bool_dtype(values):
        return np.full(len(values), False)
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    fits: NDArray[np.bool_] = np.isfinite(numbers) & (numbers > -1)
    return fits


def _of_folder(folder: Path) -> Sample:
    manifest = Manifest.read(folder)
    edges = np.array(manifest.details.get("redshift_edges", []), dtype=float)
    tables = []
    for path in row_files(folder):
        schema = pq.read_schema(path)
        if P_Z not in schema.names or len(edges) == 0:
            raise InputError(f"the catalog in {folder} keeps no p(z); make it with aion batch --p-z")
        light = [one.name for one in schema if is_light(one.name, one.type)]
        tables.append(pq.read_table(path, columns=[*light, P_Z], partitioning=None))
    frames = [table.drop_columns(P_Z).to_pandas() for table in tables]
    p = np.concatenate([_matrix(table[P_Z].combine_chunks(), len(edges) - 1) for table in tables])
    has = p.sum(1) > 0
    sample = Sample(
        table=pd.concat(frames, ignore_index=True),
        probability=p / np.where(has, p.sum(1), 1.0)[:, None],
        edges=edges,
        origin=f"{int(has.sum()):,} {manifest.label} objects",
        sha256=manifest.model_sha256,
        is_recalibrated=bool(manifest.details.get("recalibration")),
        left_out=() if has.all() else (f"{int((~has).sum()):,} without p(z)",),
    )
    return sample[has]


def _matrix(column: Any, bins: int) -> NDArray[np.float64]:
    """(n, bins) of a fixed list; zeros where a row has none."""
    found = np.zeros((len(column), bins))
    known = np.flatnonzero(np.asarray(column.is_valid()))
    found[known] = column.flatten().to_numpy(zero_copy_only=False).reshape(len(known), bins)
    return found


def _of_qp(data: bytes, name: str) -> Sample:
    import h5py

    try:
        with h5py.File(io.BytesIO(data)) as file:
            edges, density = np.ravel(file["meta/bins"][()]), np.atleast_2d(file["data/pdfs"][()])
            ancil = {key: held[()] for key, held in file.get("ancil", {}).items()}
    except (KeyError, OSError, AttributeError, ValueError) as exc:
        raise InputError(f"{name} is no file of histograms as qp writes it: {exc}") from exc
    if density.shape[1:] != (len(edges) - 1,) or not (np.diff(edges) > 0).all():
        raise InputError(f"{name}: {density.shape[1]} densities a row do not fit {len(edges)} edges of bins")
    p = density * np.diff(edges)
    if not (np.isfinite(p).all() and (p >= 0).all() and (p.sum(1) > 0).all()):
        raise InputError(f"{name} holds densities that are negative, infinite or nothing at all")
    columns = {key: [_text(one) for one in held] for key, held in ancil.items() if np.ndim(held) == 1}
    table = pd.DataFrame({key: held for key, held in columns.items() if len(held) == len(p)})
    if "id" not in table:
        table["id"] = [str(row) for row in range(len(p))]
    weights = set(table["weights"]) if "weights" in table else set()
    return Sample(
        table,
        p / p.sum(1, keepdims=True),
        edges,
        f"{len(p):,} objects of {name}",
        sha256=str(weights.pop()) if len(weights) == 1 else "",
        is_recalibrated="recalibration" in table and bool((table["recalibration"] != "").any()),
    )


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
