"""The files of a catalog's folder: their names and how each is written.

catalog.json                              the manifest, written last
dataset/Norder=K/Dir=D/Npix=N.parquet     rows with a position, by pixels of HEALPix
hats.properties, partition_info.csv, dataset/_metadata ...    what makes these a HATS catalog
unplaced.parquet                          rows without a position: HATS has no place for them
failures.parquet                          what is not in it, and why
index/                                    what is made from the vectors when it is missing

Rows stand in the order of the pixels, by order and number, and then those without a position.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

import aion
from aion.catalog.columns import HEALPIX, PICTURE, SPECTRUM, VECTOR
from aion.catalog.healpix import ORDER
from aion.catalog.manifest import Manifest

DATASET, UNPLACED, FAILURES, INDEX = "dataset", "unplaced.parquet", "failures.parquet", "index"
PARTITIONS = "partition_info.csv"
GROUP = 1_000
"""Rows of a row group: the picture of one object is read with those of its group."""
PARTITION = 50_000
"""Rows of a pixel at most; where there are more it is cut into four."""


def partition_path(order: int, pixel: int) -> Path:
    """Of a pixel's rows, below the folder."""
    return Path(DATASET, f"Norder={order}", f"Dir={pixel // 10_000 * 10_000}", f"Npix={pixel}.parquet")


def partitions(folder: Path) -> list[tuple[int, int]]:
    """(order, pixel) of every file of rows with a position, in their order."""
    names = (
        path.relative_to(folder).parts for path in folder.glob(f"{DATASET}/Norder=*/Dir=*/Npix=*.parquet")
    )
    return sorted((int(name[1][7:]), int(name[3][5:-8])) for name in names)


def row_files(folder: Path) -> list[Path]:
    """The files of all rows, in their order."""
    unplaced = folder / UNPLACED
    placed = [folder / partition_path(*pixel) for pixel in partitions(folder)]
    return [*placed, unplaced] if unplaced.is_file() else placed


def write_rows(path: Path, rows: pa.Table) -> None:
    """One file of rows, there whole or not at all; the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    leaves = _leaves(rows.schema)
    halved = [leaf for name, leaf in leaves if name.startswith(VECTOR) or name == SPECTRUM]
    shared = [leaf for name, leaf in leaves if leaf not in halved and name not in (PICTURE, HEALPIX, "id")]
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        pq.write_table(
            rows,
            beside,
            row_group_size=GROUP,
            compression={leaf: "none" if name == PICTURE else "zstd" for name, leaf in leaves},
            use_dictionary=shared,
            column_encoding=dict.fromkeys(halved, "BYTE_STREAM_SPLIT"),
            write_statistics=[leaf for name, leaf in leaves if leaf == name and name != PICTURE],
        )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def finish(folder: Path, manifest: Manifest) -> None:
    """What makes the rows that lie in a folder a catalog: HATS' own files, and the manifest as the last."""
    pixels = partitions(folder)
    if pixels:
        counts = _write_metadata(folder / DATASET, [partition_path(*pixel) for pixel in pixels])
        lines = [f"{order},{pixel},{rows}" for (order, pixel), rows in zip(pixels, counts, strict=True)]
        text = "\n".join(["Norder,Npix,num_rows", *lines, ""])
        (folder / PARTITIONS).write_text(text, encoding="utf-8")
        properties = "".join(f"{name}={value}\n" for name, value in _properties(manifest, pixels, counts))
        for name in ("hats.properties", "properties"):
            (folder / name).write_text(f"#HATS catalog\n{properties}", encoding="utf-8")
    manifest.write(folder)


def _properties(
    manifest: Manifest, pixels: list[tuple[int, int]], counts: list[int]
) -> Iterable[tuple[str, Any]]:
    """As HATS 1.0 wants them (the IVOA note on hierarchically partitioned catalogs)."""
    return {
        "obs_collection": "".join(c if c.isalnum() else "_" for c in manifest.label) or "catalog",
        "dataproduct_type": "object",
        "hats_nrows": sum(counts),
        "hats_col_ra": "ra",
        "hats_col_dec": "dec",
        "hats_col_healpix": HEALPIX,
        "hats_col_healpix_order": ORDER,
        "hats_npix_suffix": ".parquet",
        "hats_max_rows": max(counts),
        "hats_order": max(order for order, _ in pixels),
        "moc_sky_fraction": f"{sum(1 / (12 * 4**order) for order, _ in pixels):.6g}",
        "hats_builder": f"AION Explorer {aion.__version__}",
        "hats_version": "v1.0",
    }.items()


def _write_metadata(dataset: Path, paths: list[Path]) -> list[int]:
    """The footers of all files in one; rows of each file."""
    footers = []
    for path in paths:
        footer = pq.read_metadata(dataset.parent / path)
        footer.set_file_path(str(path.relative_to(DATASET)))
        footers.append(footer)
    schema = pq.read_schema(dataset.parent / paths[0])
    pq.write_metadata(schema, dataset / "_common_metadata")
    pq.write_metadata(schema, dataset / "_metadata", metadata_collector=footers)
    return [footer.num_rows for footer in footers]


def _leaves(schema: pa.Schema) -> list[tuple[str, str]]:
    """Column and path of each leaf, as Parquet counts them."""
    stream = BytesIO()
    pq.write_table(schema.empty_table(), stream)
    leaves = pq.read_metadata(stream).schema
    paths = [leaves.column(number).path for number in range(len(leaves))]
    return [(path.split(".")[0], path) for path in paths]
