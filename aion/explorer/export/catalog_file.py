"""The table of a catalog's folder as the bytes of a file: what people read of it, without tokens, vectors and
pictures."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from aion.catalog.manifest import Manifest
from aion.explorer.export.tables import MIME, table_file
from aion.explorer.survey.catalogs import export_table
from aion.heads import AppliedHeads

CATALOG_MIME = {"parquet": "application/vnd.apache.parquet", **MIME}
"""Ending of a file -> its type; these are the formats there are."""


def catalog_file(folder: Path, ending: str, heads: AppliedHeads | None = None) -> bytes:
    """Lists are texts with semicolons where the format has none.

    Args:
        heads: What heads say of its objects: further columns, each with its unit and which head it is of.

    Raises:
        InputError: there is no catalog in the folder.
    """
    table = export_table(folder)
    if heads is not None:
        table = _with_heads(table, heads)
    if ending == "parquet":
        stream = io.BytesIO()
        pq.write_table(table, stream)
        return stream.getvalue()
    manifest, frame = Manifest.read(folder), table.to_pandas()
    for field in table.schema:
        if pa.types.is_nested(field.type):
            frame[field.name] = ["; ".join(held) for held in frame[field.name]]
    about = {"catalog": manifest.label, "weights_sha256": manifest.model_sha256}
    if heads is None:
        return table_file(frame, ending, about)
    return table_file(frame, ending, about | heads.origins, heads.meanings)


def _with_heads(table: pa.Table, heads: AppliedHeads) -> pa.Table:
    """The same with their columns, whose fields say what they are."""
    added = pa.Table.from_pandas(heads.table, preserve_index=False)
    for name, (unit, meaning) in heads.meanings.items():
        field = added.schema.field(name).with_metadata({"unit": unit, "description": meaning})
        table = table.append_column(field, added[name])
    return table
