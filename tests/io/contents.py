"""What tests of tables share: bytes or text -> the content that a reader is given."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from aion.io.content import Records, Table
from aion.io.parsing import parse
from aion.io.source import load


def content_of(data: bytes | str) -> Table | Records:
    return parse(load(data.encode() if isinstance(data, str) else data, None))


def table_of(data: bytes | str) -> Table:
    content = content_of(data)
    assert isinstance(content, Table)
    return content


def values(table: Table) -> dict[str, list]:
    return {name: column.tolist() for name, column in table.columns.items()}


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()
