"""What heads say of many objects, as tables: of a catalog by the vectors that it has, of others by those that
an engine makes for each head."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.catalog import Catalog
from aion.catalog.columns import vector_column
from aion.catalog.views import Views, views_of
from aion.errors import InputError
from aion.heads.head import Floats, Head, Predictions
from aion.modalities import Z

PREFIX = "head_"
"""What names of the columns of heads begin with beside those of a catalog."""


@dataclass(frozen=True, eq=False)
class AppliedHeads:
    """What heads say of the n objects of a catalog, as columns that can stand beside its own."""

    table: pd.DataFrame
    """(n, columns) in the order of the catalog, without ids; missing where a head says nothing."""
    heads: Mapping[str, Head]
    """Name of the first column of each head, with which its others begin."""
    notes: tuple[str, ...] = ()
    """A sentence for each head that says nothing of all objects, or of some."""

    @property
    def meanings(self) -> dict[str, tuple[str, str]]:
        """Column -> unit, and what it is."""
        return {
            column: meaning
            for name, head in self.heads.items()
            for column, meaning in column_meanings(head, name).items()
        }

    @property
    def origins(self) -> dict[str, str]:
        """Name -> which head that is, for the header of a file."""
        return {name: f"by the head {head.digest}" for name, head in self.heads.items()}


def apply_heads(heads: Iterable[Head], catalog: Catalog) -> AppliedHeads:
    """The columns of `apply_to_catalog` for each, under names that neither the catalog nor another head
    has."""
    different = {head.digest: head for head in heads}.values()
    taken = {*map(str, catalog.columns), *map(str, catalog.table)}
    tables, held, notes = [pd.DataFrame(index=range(len(catalog)))], dict[str, Head](), list[str]()
    for name, head in _named(list(different), taken).items():
        try:
            tables.append(apply_to_catalog(head, catalog, name).drop(columns="id"))
        except InputError as exc:
            notes.append(str(exc))
        else:
            held[name] = head
            notes += why_some_are_empty(head, catalog)
    return AppliedHeads(pd.concat(tables, axis=1), held, tuple(notes))


def apply_to_catalog(head: Head, catalog: Catalog, name: str = "") -> pd.DataFrame:
    """A row for each object, as `predictions_table` has it; values are missing of an object without the data
    that the head reads, or whose vectors are made from others.

    Raises:
        InputError: it says nothing of any of them, as `why_not_catalog` says; vectors are of another width.
    """
    problem = why_not_catalog(head, catalog)
    if problem is not None:
        raise InputError(f"the head of {head.facts.title} cannot be applied to this catalog: {problem}")
    views = np.full(len(catalog), "", dtype=object)
    for streams, rows in catalog.rows_by_streams.items():
        views[rows] = _view(head, catalog, streams) or ""
    ids, parts = catalog.table["id"].astype(str).to_numpy(), []
    for view in sorted({_view(head, catalog, streams) or "" for streams in _stream_sets(catalog)} - {""}):
        first = 0
        for vectors in catalog.vectors_of_view(view):
            is_read = (views[first : first + len(vectors)] == view) & np.isfinite(vectors).all(axis=1)
            rows = first + np.flatnonzero(is_read)
            parts.append(predictions_table(head, ids[rows], head.predict(vectors[is_read]), name))
            parts[-1].index = rows
            first += len(vectors)
    found = pd.concat(parts).reindex(range(len(catalog)))
    outside = found.columns[-1]
    return found.assign(**{"id": ids, outside: found[outside].eq(True)})


def why_not_catalog(head: Head, catalog: Catalog) -> str | None:
    """Why a head says nothing of any object of a catalog: it is of other weights, or no vector is made from
    the data of training. None: it says something of some."""
    reasons = [_why_not(head, catalog, streams) for streams in _stream_sets(catalog)]
    if not reasons:
        return "it is not noted what the vectors of this catalog are made from"
    return None if None in reasons else reasons[0]


def why_some_are_empty(head: Head, catalog: Catalog) -> list[str]:
    """A sentence on the objects of which a head says nothing, with the reason of most of them; none where it
    says something of all."""
    counts = Counter[str]()
    for streams, rows in catalog.rows_by_streams.items():
        if (problem := _why_not(head, catalog, streams)) is not None:
            counts[problem] += len(rows)
    if not counts:
        return []
    problem = max(counts, key=counts.__getitem__)
    counted = f"{counts.total():,} of {len(catalog):,} objects"
    reason = ":" if len(counts) == 1 else f", of {counts[problem]:,} of these because"
    return [f"the head of {head.facts.title} says nothing of {counted}{reason} {problem}"]


def column_meanings(head: Head, name: str = "") -> dict[str, tuple[str, str]]:
    """Column of `predictions_table` -> unit, and what it is, of the first with the hash of the head."""
    facts, name = head.facts, name or head.facts.title
    if facts.kind == "number":
        found = {
            name: (facts.unit, f"{facts.title}, predicted by the head {head.digest}"),
            f"{name}_error": (facts.unit, "half of the region that holds 68 % of held-out labels"),
        }
    else:
        found = {
            name: ("", f"{facts.title}, the most probable class by the head {head.digest}"),
            f"{name}_probability": ("", "that this class is right"),
            **{f"{name}_p({kind})": ("", f"probability of {kind}") for kind in facts.classes},
        }
    return found | {f"{name}_outside": ("", "outside of the objects of training: an extrapolation")}


def predictions_table(
    head: Head, ids: Sequence[str] | NDArray[Any], found: Predictions, name: str = ""
) -> pd.DataFrame:
    """``id``, the label's value, its error (of classes the probability of the value, and of each class), and
    whether the object lies outside of those of training.

    Args:
        name: Of the value, with which the others begin; empty: the label.
    """
    values = (
        [found.values, found.errors]
        if head.facts.kind == "number"
        else [found.values, 1 - found.errors, *found.probabilities.T]
    )
    columns = zip(column_meanings(head, name), [*values, found.outside], strict=True)
    return pd.DataFrame({"id": np.asarray(ids, dtype=object), **dict(columns)})


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


def _stream_sets(catalog: Catalog) -> list[list[str]]:
    """The different sets of token keys that were read of its objects."""
    return [[key for key in held if key != Z.token_key] for held in catalog.manifest.stream_sets]


def _view(head: Head, catalog: Catalog, streams: Collection[str]) -> str | None:
    """The view whose vectors, of objects with these streams, are made from what the head reads of them."""
    read = set(head.reads(streams) or ())
    same = (view for view, held in views_of(streams).items() if set(held) == read)
    return next((view for view in same if vector_column(view) in catalog.columns), None)


def _why_not(head: Head, catalog: Catalog, streams: Collection[str]) -> str | None:
    """Why it says nothing of objects with these streams; None: it does."""
    problem = head.why_not(catalog.manifest.model_sha256, streams, of="these objects")
    if problem is None and _view(head, catalog, streams) is None:
        read, others = head.reads(streams) or [], ", ".join(streams)
        return f"it reads {', '.join(read)}; of these objects vectors are made from {others}"
    return problem


def _named(heads: Sequence[Head], taken: Collection[str]) -> dict[str, Head]:
    """Each by the name of its first column, the label where that is clear, else with its hash; none of its
    columns is among those that are taken, be it in other capitals, as files have them."""
    plain = [f"{PREFIX}{head.facts.title}" for head in heads]
    wanted = Counter(
        column for head, name in zip(heads, plain, strict=True) for column in _lower_columns(head, name)
    )
    taken, named = {name.lower() for name in taken}, dict[str, Head]()
    for head, name in zip(heads, plain, strict=True):
        columns = _lower_columns(head, name)
        if taken & columns or any(wanted[column] > 1 for column in columns):
            name = f"{name}_{head.digest[:8]}"
        while taken & _lower_columns(head, name):
            name = f"{PREFIX}{name}"
        taken |= _lower_columns(head, name)
        named[name] = head
    return named


def _lower_columns(head: Head, name: str) -> set[str]:
    return {column.lower() for column in column_meanings(head, name)}
