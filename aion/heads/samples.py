"""Labels of a person's own joined to the embeddings of a catalog: which objects, which vectors, which of them
are one object on the sky, and what their photometry alone says.

n labels. Positions in degrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.catalog import ALL, SAME_OBJECT, Catalog, has_positions, views_of
from aion.catalog.label_tables import find_column, join_column
from aion.errors import InputError
from aion.heads.head import Floats, Kind
from aion.modalities import Z

FEWEST = 50
"""Labels from which a head is trained."""
FEWEST_OF_CLASS = 10
"""Objects on the sky of a class from which it is one; of fewer, it is left out."""
MOST_LEARNED = 100
"""Classes of a head; more take longer than anybody waits."""
MOST = 10_000
"""Labels that are used; of more, so many drawn at random."""
MOST_CLASSES = 20
"""Different values of a column of whole numbers up to which it holds classes."""
SEED = 20_261
SOFTENING = 0.1
"""Nanomaggies; of the asinh magnitudes that fluxes become (Lupton et al. 1999)."""


@dataclass(frozen=True, eq=False)
class LabeledObjects:
    """n objects with a label each, their vectors, and what there is to compare with."""

    ids: NDArray[Any]
    """(n,) text."""
    vectors: Floats
    """(n, D) of one view."""
    labels: NDArray[Any]
    """(n,) numbers, or texts of classes."""
    groups: NDArray[np.int64]
    """(n,) equal for what is one object on the sky."""
    photometry: pd.DataFrame
    """(n, columns) magnitudes of the catalog, missing where unknown; without columns where it has none."""
    label: str
    kind: Kind
    unit: str
    is_log: bool
    view: str
    streams: tuple[tuple[str, ...], ...]
    """Sets of token keys that the vectors are made from."""
    sha256: str
    """Of the weights."""
    origin: str
    """For people."""
    grouped_by: str
    """How it is known what is one object, for people."""
    left_out: tuple[str, ...] = ()
    """A sentence for each kind of object that is not among them."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class LabelChoice:
    """Which column, and how it is taken."""

    column: str
    kind: Kind | None = None
    """None: as `detect_kind` says."""
    is_log: bool = False
    """Whether log10 of it is learned."""
    unit: str = ""
    view: str = ALL
    id_column: str | None = None
    """Of the other table."""
    group: str | None = None
    """Column, of the same table, that is equal for what is one object; None: by position."""


def detect_kind(values: "pd.Series[Any]") -> Kind:
    """Whether a column holds numbers or classes: text, truth values, and few different whole numbers are
    classes."""
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return "class"
    known = values.dropna()
    is_whole = bool(len(known)) and bool(np.all(np.mod(known, 1) == 0))
    return "class" if is_whole and known.nunique() <= MOST_CLASSES else "number"


def label_objects(catalog: Catalog, choice: LabelChoice, other: pd.DataFrame | None = None) -> LabeledObjects:
    """Those of a catalog that have a label, of its own table or of another with the same ids.

    Raises:
        InputError: there is no such column or view, or too few labels, or they are all the same.
    """
    if choice.view not in catalog.indexes:
        raise InputError(
            f"the catalog has no vectors of {choice.view!r}; it has {', '.join(catalog.indexes)}"
        )
    values = _column(catalog, choice.column, other, choice.id_column)
    kind = choice.kind or detect_kind(values)
    labels, problem = (_numbers if kind == "number" else _classes)(values, choice)
    rows = np.flatnonzero(~pd.isna(labels))
    left_out = _counted(len(labels) - len(rows), problem)
    if len(rows) > MOST:
        left_out += (f"{len(rows) - MOST:,} more that were not drawn",)
        rows = np.sort(np.random.default_rng(SEED).permutation(rows)[:MOST])
    groups, grouped_by = _groups(catalog, rows, choice, other)
    if kind == "class":
        is_rare = _are_rare(labels[rows], groups)
        left_out += _counted(is_rare.sum(), f"of a class with fewer than {FEWEST_OF_CLASS} objects")
        rows, groups = rows[~is_rare], groups[~is_rare]
    _refuse_few(labels[rows], choice.column, kind, left_out)
    return LabeledObjects(
        ids=catalog.table["id"].astype(str).to_numpy()[rows],
        vectors=np.asarray(catalog.indexes[choice.view].rows(rows), dtype=np.float32),
        labels=labels[rows].astype(float) if kind == "number" else labels[rows],
        groups=groups,
        photometry=magnitudes(catalog.table.iloc[rows], without=choice.column),
        label=choice.column,
        kind=kind,
        unit="dex" if choice.is_log else choice.unit,
        is_log=choice.is_log,
        view=choice.view,
        streams=streams_of(catalog, choice.view),
        sha256=catalog.manifest.model_sha256,
        origin=f"{len(rows):,} {catalog.manifest.label} objects",
        grouped_by=grouped_by,
        left_out=left_out,
    )


def streams_of(catalog: Catalog, view: str) -> tuple[tuple[str, ...], ...]:
    """Sets of token keys that the vectors of a view are made from."""
    read = [[key for key in held if key != Z.token_key] for held in catalog.manifest.stream_sets]
    return tuple(sorted({tuple(sorted(views_of(held).get(view, ()))) for held in read} - {()}))


def magnitudes(table: pd.DataFrame, *, without: str = "") -> pd.DataFrame:
    """What the photometry of a catalog says: fluxes as asinh magnitudes, magnitudes and reddening as they
    are; r and g-r of what was seen where the table has no others."""
    found = {}
    for name in map(str, table):
        if name == without or not pd.api.types.is_numeric_dtype(table[name]):
            continue
        values = table[name].to_numpy(float)
        if "FLUX" in name.upper():
            soft = np.arcsinh(values / (2 * SOFTENING)) + np.log(SOFTENING)
            found[name] = 22.5 - 2.5 / np.log(10) * soft
        elif name.lower().endswith("_mag") or name == "EBV":
            found[name] = values
    if not found:
        names = [name for name in ("mag_r", "g_r") if name in table and name != without]
        found = {name: table[name].to_numpy(float) for name in names}
    held = pd.DataFrame(found, index=range(len(table)))
    return held.loc[:, held.notna().any()]


def _column(
    catalog: Catalog, column: str, other: pd.DataFrame | None, id_column: str | None
) -> "pd.Series[Any]":
    """(rows of the catalog,)"""
    if other is None:
        return catalog.table[find_column(catalog.table, column)]
    values = join_column(catalog.table["id"].astype(str), other, column, id_column)
    if values.isna().all():
        raise InputError(
            f"no object of the catalog has a value in {column!r}: "
            "the ids of the two tables have nothing in common"
        )
    return values


def _numbers(values: "pd.Series[Any]", choice: LabelChoice) -> tuple[NDArray[Any], str]:
    """(n,) NaN where there is no label; and what these are called."""
    if not pd.api.types.is_numeric_dtype(values):
        raise InputError(f"{choice.column!r} holds text, not numbers; take it as classes")
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    if not choice.is_log:
        return numbers, "without a number"
    return np.where(numbers > 0, np.log10(np.where(numbers > 0, numbers, 1.0)), np.nan), (
        "without a number above 0, of which there is a logarithm"
    )


def _classes(values: "pd.Series[Any]", choice: LabelChoice) -> tuple[NDArray[Any], str]:
    if choice.is_log:
        raise InputError("classes have no logarithm; take the column as numbers, or leave the logarithm out")
    texts = np.array([_class_name(value) for value in values], dtype=object)
    return texts, "without a class"


def _class_name(value: Any) -> str | None:
    if pd.isna(value) or not str(value).strip():
        return None
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value)) if is_whole else str(value).strip()


def _are_rare(labels: NDArray[Any], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) True = of a class of too few objects."""
    objects = pd.Series(groups).groupby(labels).nunique()
    rare: NDArray[np.bool_] = np.isin(labels.astype(str), objects.index[objects < FEWEST_OF_CLASS])
    return rare


def _refuse_few(labels: NDArray[Any], column: str, kind: Kind, left_out: Sequence[str]) -> None:
    if len(labels) < FEWEST:
        without = f" (left out: {', '.join(left_out)})" if left_out else ""
        raise InputError(
            f"{len(labels)} objects have a label in {column!r} that can be learned{without}; {FEWEST} or "
            "more are needed to train a head and to say how good it is"
        )
    if kind == "number" and np.ptp(labels.astype(float)) == 0:
        raise InputError(
            f"all {len(labels):,} objects have the same number in {column!r}; there is nothing to learn"
        )
    if kind == "class" and len(set(labels)) > MOST_LEARNED:
        raise InputError(
            f"{column!r} holds {len(set(labels)):,} classes with {FEWEST_OF_CLASS} objects or more; up to "
            f"{MOST_LEARNED} can be learned: join some of them, or take the column as numbers"
        )
    if kind == "class" and len(set(labels)) < 2:
        raise InputError(
            f"{column!r} holds one class with {FEWEST_OF_CLASS} objects or more, {labels[0]!r}; "
            "two or more are needed"
        )


def _groups(
    catalog: Catalog, rows: NDArray[np.int64], choice: LabelChoice, other: pd.DataFrame | None
) -> tuple[NDArray[np.int64], str]:
    """(n,) and how they are known."""
    if choice.group is not None:
        values = _column(catalog, choice.group, other, choice.id_column).iloc[rows]
        alone = pd.Series([f"row {row}" for row in rows])
        names = values.reset_index(drop=True).astype(object).where(values.notna().to_numpy(), alone)
        return pd.factorize(names.astype(str))[0].astype(np.int64), f"the same {choice.group} is one object"
    table = catalog.table.iloc[rows]
    if not has_positions(table):
        return np.arange(len(rows)), "every id is an object; the catalog has no positions"
    return _by_position(table), f"positions within {SAME_OBJECT:g}″ are one object"


def _by_position(table: pd.DataFrame) -> NDArray[np.int64]:
    """(n,) chains of positions within `SAME_OBJECT`; what has no position is by itself."""
    from sklearn.cluster import DBSCAN

    ra, dec = (np.radians(table[name].to_numpy(float)) for name in ("ra", "dec"))
    places = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    known = np.flatnonzero(np.isfinite(places).all(1))
    groups = np.arange(len(table)) + len(table)
    chord = 2 * np.sin(np.radians(SAME_OBJECT / 3600) / 2)
    groups[known] = DBSCAN(eps=chord, min_samples=1).fit_predict(places[known])
    return groups.astype(np.int64)


def _counted(count: Any, what: str) -> tuple[str, ...]:
    return (f"{int(count):,} {what}",) if count else ()


def label_columns(table: pd.DataFrame) -> Sequence[str]:
    """Columns that may hold labels: with more than one value, ids and places on maps left out."""
    dropped = ("id", "ra", "dec", "umap_1", "umap_2", "pca_1", "pca_2", "has_image", "has_spectrum")
    return [str(name) for name in table if name not in dropped and _varies(table[name])]


def _varies(values: "pd.Series[Any]") -> bool:
    return len(values) > 0 and not bool((values == values.iloc[0]).all())
