"""What the rows of a run hold: the columns of a catalog and those of the input that are kept; what is said
of what is not among them. Knows no file and no engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aion import previews
from aion.catalog.columns import (
    HEALPIX,
    OBJECT,
    P_Z,
    PICTURE,
    RECORD,
    REDSHIFT,
    SCALARS,
    SPECTRUM,
    halves,
    token_type,
    vector_column,
)
from aion.modalities import MODALITIES, Z

VIEWS = ("all", "spectrum", "image", "photometry")
"""Of which a row has a vector each, where the object has these data."""
INPUT = "input_"
"""What the name of a column of the input begins with where a catalog has a column of that name."""
SHOWN_BESIDE = ("rank", "similarity", "separation")
"""Columns that searches put beside those of a catalog."""
SAME = frozenset({"id", "ra", "dec", HEALPIX, *SCALARS, *MODALITIES})
"""Columns of an input that mean what those of a catalog do, and are not kept twice."""
FAILURES = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("why", pa.string()),
        ("may_pass", pa.bool_()),
        ("is_fault", pa.bool_()),
    ]
)
"""Columns of the table of what is not in a catalog."""


@dataclass(frozen=True)
class Failure:
    """An object, or a part of the input, that is not in the catalog."""

    id: str
    """Empty where it is not known which objects there would have been."""
    source: str
    """Name of the file, or of the partition."""
    why: str
    may_pass: bool = False
    """Whether the same work, done again, may go better."""
    is_fault: bool = False
    """Whether this program made a fault."""


@dataclass(frozen=True)
class Contract:
    """The columns of a run."""

    width: int
    """Numbers of a vector."""
    redshift_bins: int = 0
    """Of p(z), where it is kept: 0 = it is not."""
    kept: Mapping[str, pa.DataType] = field(default_factory=dict)
    """Columns of the input -> their types, by the names that they have in the catalog."""

    @property
    def schema(self) -> pa.Schema:
        """Of the rows of a partition, the same for each, whatever its objects have."""
        streams = {key: token_type(of.num_tokens) for key, of in MODALITIES.items() if key != Z.token_key}
        columns = {
            HEALPIX: pa.int64(),
            **SCALARS,
            **OBJECT,
            **REDSHIFT,
            **streams,
            **{vector_column(view): halves(self.width) for view in VIEWS},
            PICTURE: pa.binary(),
            SPECTRUM: halves(len(previews.wavelength())),
            **({P_Z: halves(self.redshift_bins)} if self.redshift_bins else {}),
            **RECORD,
            **self.kept,
        }
        return pa.schema(list(columns.items()))


def kept_columns(schema: pa.Schema) -> dict[str, tuple[str, pa.DataType]]:
    """Column of an input -> the name that it has in a catalog, and its type; if it has one value a row."""
    ours = {*OBJECT, *REDSHIFT, *RECORD, PICTURE, SPECTRUM, P_Z, *SHOWN_BESIDE}
    kept = {}
    for column in schema:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if column.name in SAME or pa.types.is_nested(kind) or column.name.startswith("__index_level_"):
            continue
        name = column.name
        while name in ours:
            name = f"{INPUT}{name}"
        kept[column.name] = (name, kind)
    return kept


def tabulate_rows(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows of named values as a table, null where a row has none."""
    return pa.table(
        [
            _column([row.get(name) for row in rows], kind)
            for name, kind in zip(schema.names, schema.types, strict=True)
        ],
        schema=schema,
    )


def failures_table(failures: Sequence[Failure]) -> pa.Table:
    """As it lies in a catalog's folder."""
    return pa.Table.from_pylist([vars(one) for one in failures], schema=FAILURES)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(kind):
        return _fixed_lists(values, kind)
    if pa.types.is_struct(kind):
        return _token_lists(values, kind)
    return pa.array(values, kind)


def _fixed_lists(values: Sequence[NDArray[Any] | None], kind: pa.DataType) -> pa.Array:
    flat = np.zeros((len(values), kind.list_size), dtype=np.float16)
    for row, value in enumerate(values):
        if value is not None:
            flat[row] = value
    absent = np.array([value is None for value in values], dtype=bool)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), type=kind, mask=pa.array(absent))


def _token_lists(values: Sequence[NDArray[Any] | None], kind: pa.DataType) -> pa.Array:
    held = [np.zeros(0, np.int32) if value is None else value for value in values]
    offsets = np.cumsum([0, *map(len, held)], dtype=np.int32)
    flat = np.concatenate([*held, np.zeros(0, np.int32)]).astype(np.int32)
    absent = pa.array([value is None for value in values], pa.bool_())
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat), type=kind.field(0).type, mask=absent)
    return pa.StructArray.from_arrays([lists], fields=list(kind), mask=absent)
