"""The table of a catalog's folder as the bytes of a file: what people read of it, without tokens, vectors and
pictures."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from aion.catalog.manifest import Manifest
from aion.explorer.export.tables import MIME, table_file
from aion.explorer.survey.catalogs import export_table

CATALOG_MIME = {"parquet": "application/vnd.apache.parquet", **MIME}
"""Ending of a file -> its type; these are the formats there are."""


def catalog_file(folder: Path, ending: str) -> bytes:
    """Lists are texts with semicolons where the format has none.

    Raises:
        InputError: there is no catalog in the folder.
    """
    table = export_table(folder)
    if ending == "parquet":
        stream = io.BytesIO()
        pq.write_table(table, stream)
        return stream.getvalue()
    manifest, frame = Manifest.read(folder), table.to_pandas()
    for field in table.schema:
        if pa.types.is_nested(field.type):
            frame[field.name] = ["; ".join(held) for held in frame[field.name]]
    return table_file(frame, ending, {"catalog": manifest.label, "weights_sha256": manifest.model_sha256})
