"""What heads say of many objects, as tables: of a catalog by the vectors that it has, of others by those that
an engine makes for each head."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.catalog import Catalog
from aion.catalog.views import Views
from aion.errors import InputError
from aion.heads.head import Floats, Head, Predictions
from aion.heads.samples import streams_of

PIECE = 10_000
"""Vectors of a catalog that are taken at once."""


def apply_to_catalog(head: Head, catalog: Catalog) -> pd.DataFrame:
    """A row for each object, as `predictions_table` has it.

    Raises:
        InputError: as `why_not_catalog` says.
    """
    problem = why_not_catalog(head, catalog)
    if problem is not None:
        raise InputError(f"the head of {head.facts.title} cannot be applied to this catalog: {problem}")
    view = head.facts.view
    index, ids = catalog.indexes[view], catalog.table["id"].astype(str).to_numpy()
    parts = [
        predictions_table(
            head, ids[first : first + PIECE], head.predict(np.asarray(index.rows(rows), np.float32))
        )
        for first in range(0, len(ids), PIECE)
        for rows in [np.arange(first, min(first + PIECE, len(ids)))]
    ]
    return pd.concat(parts, ignore_index=True)


def why_not_catalog(head: Head, catalog: Catalog) -> str | None:
    """Why a head says nothing of a catalog: it is of other weights, or its vectors are made from other data
    than those of training. None: it does."""
    view, sha256 = head.facts.view, catalog.manifest.model_sha256
    if sha256 != head.facts.sha256:
        return head.why_not(sha256, ())
    if view not in catalog.indexes:
        return f"it reads vectors of {view!r}; the catalog has {', '.join(catalog.indexes)}"
    sets = streams_of(catalog, view)
    other = [held for held in sets if set(head.reads(held) or ()) != set(held)]
    if other or not sets:
        wanted = " or ".join(sorted({", ".join(one) for one in head.facts.streams}))
        found = ", ".join(other[0]) if other else "what nobody has noted"
        return f"it reads {wanted}; vectors of this catalog are made from {found}"
    return None


def predictions_table(head: Head, ids: Sequence[str] | NDArray[Any], found: Predictions) -> pd.DataFrame:
    """``id``, the label's value, its error (of classes the probability of the value, and of each class), and
    whether the object lies outside of those of training."""
    name = head.facts.title
    columns: dict[str, Any] = {"id": np.asarray(ids, dtype=object), name: found.values}
    if head.facts.kind == "number":
        columns[f"{name}_error"] = found.errors
    else:
        columns[f"{name}_probability"] = 1 - found.errors
        columns |= {f"p({kind})": found.probabilities[:, i] for i, kind in enumerate(head.facts.classes)}
    return pd.DataFrame(columns | {f"{name}_outside": found.outside})


def views_for(heads: Sequence[Head]) -> Views:
    """What an engine makes vectors from for these heads: those that read the same share one, under the name
    that `vector_name` gives."""

    def views(streams: Collection[str]) -> Mapping[str, Collection[str]]:
        read = [head.reads(streams) for head in heads]
        return {vector_name(held): held for held in read if held is not None}

    return views


def vector_name(streams: Collection[str]) -> str:
    """Of the vector made from these."""
    return "+".join(sorted(streams))


def predict_one(head: Head, streams: Collection[str], vectors: Mapping[str, Floats]) -> Predictions | None:
    """Of one object that was read from these streams, by what `views_for` asked for; None where the head does
    not read such data."""
    read = head.reads(streams)
    return None if read is None else head.predict(np.asarray(vectors[vector_name(read)])[None])
