"""HATS catalogs as hats-import writes those of the Multimodal Universe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def write_hats(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    order: int = 1,
    group: int | None = None,
    name: str = "spectra",
) -> None:
    """A file for each pixel, in row groups of so many rows."""
    from hats.pixel_math import compute_spatial_index

    index = compute_spatial_index([row["ra"] for row in rows], [row["dec"] for row in rows])
    pixels: dict[int, list[dict[str, object]]] = {}
    for row, place in sorted(zip(rows, index.tolist(), strict=True), key=lambda pair: pair[1]):
        pixels.setdefault(place >> 2 * (29 - order), []).append({"_healpix_29": place, **row})
    schema = pa.Table.from_pylist(list(rows)).schema.insert(0, pa.field("_healpix_29", pa.int64()))
    for pixel, held in pixels.items():
        path = folder / "dataset" / f"Norder={order}" / "Dir=0" / f"Npix={pixel}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(held, schema), path, row_group_size=group)
    lines = [f"{order},{pixel},{len(held)}" for pixel, held in sorted(pixels.items())]
    (folder / "partition_info.csv").write_text("\n".join(["Norder,Npix,num_rows", *lines]) + "\n")
    (folder / "hats.properties").write_text(
        f"obs_collection={name}\ndataproduct_type=object\nhats_col_ra=ra\nhats_col_dec=dec\n"
        f"hats_nrows={len(rows)}\nhats_order={order}\n"
    )
