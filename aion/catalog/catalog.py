"""One catalog: its table, what the model sees of each object, neighbors, previews. Everything is looked up by
id, a string. Only the table is read when it is opened; the rest where it is asked for."""

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion import maps
from aion.catalog.columns import PICTURE, SPECTRUM, vector_column
from aion.catalog.filters import FilteredTable, Filters
from aion.catalog.manifest import MANIFEST, Manifest
from aion.catalog.neighbors import Neighbor, SmallSpectrum
from aion.catalog.rows import Rows, RowsInFolder, RowsInMemory, read_whole
from aion.catalog.table import as_frame, stack_views, tabulate
from aion.catalog.threshold import best_by_threshold
from aion.catalog.view_indexes import Report, ViewIndexes
from aion.catalog.views import ALL, Tokens, Vector, views_of
from aion.errors import IndexMismatchError, InputError
from aion.ids import Ids
from aion.io import SkyObject
from aion.modalities import Z
from aion.vector_index import VectorIndex

ALIKE = 0.8
"""Share of the streams that two vectors must have in common to be compared:
without two of its numbers an object moves little."""


@dataclass(frozen=True, eq=False)
class Previews:
    """What is shown of n objects at a glance."""

    pictures: Sequence[bytes | None]
    """Small encoded pictures, upright."""
    wavelength: NDArray[np.float32]
    """(m,) Å."""
    flux: NDArray[np.floating[Any]]
    """(n, m) small spectra, NaN where not covered."""


class Catalog:
    """Objects in a fixed order, that of `aion.catalog.folder`. Made by `load` or `build`; never changes.

    Raises:
        InputError: its rows are not those of its manifest, or an id is given twice.
    """

    def __init__(self, folder: Path, manifest: Manifest, rows: Rows, cache: Path | None = None) -> None:
        self.folder = folder
        """Where it is kept."""
        self.manifest = manifest
        self._rows = rows
        light = rows.light()
        if len(light) != manifest.rows or ALL not in manifest.dimensions:
            raise InputError(
                f"{folder}: the rows and the manifest list different objects; build the catalog again"
            )
        self._ids = Ids(light["id"])
        self.table = as_frame(light)
        """One row per object: id, class, z (both missing where not known) and whatever else was measured:
        mag_r, survey ..."""
        self.indexes: Mapping[str, VectorIndex] = ViewIndexes(rows, manifest.dimensions, self._ids, cache)
        """View -> embeddings made from a part of what is known, in the order of the table."""

    @property
    def index(self) -> VectorIndex:
        """Embeddings of everything that is known of each object."""
        return self.indexes[ALL]

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether there is one in the folder, be it damaged."""
        return (folder / MANIFEST).is_file()

    @classmethod
    def load(
        cls, folder: str | Path, *, model_sha256: str | None = None, cache: Path | None = None
    ) -> "Catalog":
        """The catalog in a folder.

        Args:
            model_sha256: Of the weights that it is expected to be of; None: any.
            cache: Where its indexes are kept if nobody may write into the folder.

        Raises:
            InputError: the folder is not there, or its files do not belong together.
            IndexMismatchError: it was made by other weights than those asked for.
        """
        place = Path(folder)
        manifest = Manifest.read(place)
        if model_sha256 not in (None, manifest.model_sha256):
            raise IndexMismatchError(
                f"the catalog in {folder} was made by weights {manifest.model_sha256[:12]}…, "
                f"these are {str(model_sha256)[:12]}…; build it again with these"
            )
        return cls(place, manifest, RowsInFolder(place), cache)

    @classmethod
    def build(
        cls,
        folder: Path,
        manifest: Manifest,
        table: pd.DataFrame,
        objects: Sequence[Tokens],
        vectors: Sequence[Mapping[str, Vector]],
        previews: Previews,
    ) -> "Catalog":
        """All of n objects in memory, which `save` keeps; they are sorted as a folder keeps them.

        Args:
            folder: Where it is to be kept.
            table: One row per object with its ``id``; places on maps of the embeddings are added.
            vectors: View -> unit vector, for each object, `ALL` among them;
                a view of the catalog is one that every object has.
        """
        matrices = stack_views(vectors)
        widths = {key: len(ids) for tokens in objects for key, ids in tokens.items()}
        stated = table.assign(id=table["id"].astype(str), **maps.columns(matrices[ALL]))
        rows = tabulate(stated, objects, widths, matrices, previews.pictures, previews.flux)
        complete = replace(
            manifest,
            rows=len(rows),
            widths=dict(sorted(widths.items())),
            dimensions={view: matrix.shape[1] for view, matrix in matrices.items()},
            stream_sets=tuple(sorted({tuple(sorted(tokens)) for tokens in objects})),
            wavelength=tuple(np.asarray(previews.wavelength, float).tolist()),
        )
        return cls(folder, complete, RowsInMemory(rows))

    def save(self, folder: Path) -> None:
        """Into a new folder that is there when all of it is. Raises FileExistsError: there is one."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
        try:
            self._rows.write(made, self.manifest)
            if folder.exists():
                raise FileExistsError(f"{folder} is there already")
            made.chmod(0o755)  # temporary folders are their owner's alone
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def in_memory(self) -> "Catalog":
        """The same, which needs its folder no more."""
        rows = read_whole(self._rows) if isinstance(self._rows, RowsInFolder) else self._rows
        return Catalog(self.folder, self.manifest, rows)

    def prepare(self, report: Report = lambda step, share: None) -> None:
        """Make now what would be made when it is first asked for and takes long."""
        if isinstance(self.indexes, ViewIndexes):
            self.indexes.make_missing(report)

    def write_tables(self, report: Report = lambda step, share: None) -> None:
        """A table of LanceDB for each view, beside the rows, which is asked from then on: by several
        processes, and where there are more vectors than one of them holds.

        Raises:
            ConfigError: LanceDB is not installed.
        """
        assert isinstance(self.indexes, ViewIndexes)
        self.indexes.write_tables(self.table, report)

    @property
    def ids_sha256(self) -> str:
        """Of the ids of its objects, in any order: catalogs of the same objects by other weights have the
        same."""
        return self._ids.sha256

    def __len__(self) -> int:
        return len(self.table)

    def __contains__(self, id: str) -> bool:
        return id in self._ids

    def views_of(self, streams: Collection[str]) -> dict[str, list[str]]:
        """View of this catalog -> those of the streams that it is made from; only views with any."""
        return {view: held for view, held in views_of(streams).items() if view in self.indexes}

    def comparable(self, streams: Collection[str]) -> dict[str, list[str]]:
        """View -> those of the streams whose vector can be compared with the view's,
        because both are made from the same kinds of data.

        Everything, where objects of the catalog have these streams, give or take one in five; else spectra
        alone and images alone, or, where there are neither, catalog numbers if objects have these.
        """
        if self._has_alike(ALL, streams):
            return {ALL: list(streams)}
        parts = {view: held for view, held in self.views_of(streams).items() if view != ALL}
        if len(parts) == 1 and "photometry" in parts and self._has_alike("photometry", streams):
            return parts
        return {view: held for view, held in parts.items() if view != "photometry"}

    def searched(self, streams: Collection[str]) -> dict[str, list[str]]:
        """`comparable`; where that is nothing the nearest that there is,
        catalog numbers of another kind or everything, made from all."""
        only_numbers = "photometry" in self.indexes and set(views_of(streams)) == {ALL, "photometry"}
        return self.comparable(streams) or {"photometry" if only_numbers else ALL: list(streams)}

    def _has_alike(self, view: str, streams: Collection[str]) -> bool:
        """Whether vectors of a view are made from nearly the same streams."""
        given = set(streams)
        made_from = [set(self.views_of(held).get(view, ())) for held in self._stream_sets]
        return any(len(given & held) >= ALIKE * len(given | held) for held in made_from)

    @cached_property
    def _stream_sets(self) -> list[set[str]]:
        """What is known of the objects, without the redshift, which is never read."""
        return [set(held) - {Z.token_key} for held in self.manifest.stream_sets]

    @cached_property
    def rows_by_streams(self) -> Mapping[tuple[str, ...], NDArray[np.int64]]:
        """The different sets of token keys that objects have, each sorted, without the redshift, which is
        never read -> the rows of these objects."""
        sets = {tuple(sorted(held)) for held in self._stream_sets}
        if len(sets) <= 1:
            return {held: np.arange(len(self)) for held in sets}
        keys = sorted({key for held in sets for key in held})
        patterns, which = np.unique([self._has(key) for key in keys], axis=1, return_inverse=True)
        return {
            tuple(key for key, is_there in zip(keys, pattern, strict=True) if is_there): np.flatnonzero(
                which.ravel() == number
            )
            for number, pattern in enumerate(patterns.T)
        }

    def _has(self, column: str) -> NDArray[np.bool_]:
        """(n,) which objects have a value in a column, which may be none of this catalog."""
        if column not in self.columns:
            return np.zeros(len(self), dtype=bool)
        pieces = self._rows.pieces(column)
        return np.concatenate([piece.is_valid().to_numpy(zero_copy_only=False) for piece in pieces])

    def row(self, id: str) -> int:
        """Position in the table, the tokens and the index. Raises InputError: no such object."""
        row = self._ids.row(str(id))
        if row is None:
            raise InputError(f"the catalog has no object {id!r}")
        return row

    def row_of(self, id: str, tokens: Tokens) -> int | None:
        """Where this very object is: of the same id, and known by the same tokens but for the redshift;
        None where it is not here."""
        if id not in self:
            return None
        held = {key: ids for key, ids in self.entry(id).tokens.items() if key != Z.token_key}
        if held.keys() != tokens.keys():
            return None
        same = all(np.array_equal(ids, tokens[key]) for key, ids in held.items())
        return self.row(id) if same else None

    def entry(self, id: str) -> SkyObject:
        """One object, as tokens."""
        row = self.row(id)
        held = self._rows.values(row, tuple(self.manifest.widths))
        known = {key: ids["token"] if isinstance(ids, dict) else ids for key, ids in held.items()}
        tokens = {key: np.atleast_1d(ids).astype(np.int64) for key, ids in known.items() if ids is not None}
        stated = self.table.iloc[row].dropna()
        ra, dec, z, snr = (
            float(stated[name]) if name in stated else None for name in ("ra", "dec", "z", "snr")
        )
        kind = str(stated.get("class", ""))
        return SkyObject(str(id), ra=ra, dec=dec, z_reference=z, kind=kind, snr=snr, tokens=tokens)

    def values(self, id: str, names: Sequence[str]) -> dict[str, Any]:
        """Of one object, those of the columns ``names`` that there are, also of what the table has not; None
        where unknown."""
        return self._rows.values(self.row(id), names)

    def column(self, name: str) -> list[Any]:
        """(n,) values of a column that the table has not, such as ``flags``; None where unknown."""
        if name not in self.columns:
            return [None] * len(self)
        return [value for piece in self._rows.pieces(name) for value in piece.to_pylist()]

    @property
    def columns(self) -> Sequence[str]:
        """Names of all columns, also of what the table has not."""
        return self._rows.names

    def vectors_of_view(self, view: str) -> Iterator[NDArray[np.float32]]:
        """(m, D) of some rows after the others, from the first to the last, also of a view that not every
        object has: NaN where there is none."""
        for piece in self._rows.pieces(vector_column(view)):
            width, is_known = piece.type.list_size, piece.is_valid().to_numpy(zero_copy_only=False)
            found = np.full((len(piece), width), np.nan, dtype=np.float32)
            found[is_known] = piece.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
            yield found

    def neighbors(
        self,
        vectors: Mapping[str, NDArray[Any]],
        k: int,
        filters: Filters | None = None,
        *,
        exclude: int | None = None,
    ) -> tuple[Neighbor, ...]:
        """The ``k`` objects most similar, best first, of those that pass, without the one in row ``exclude``.

        Args:
            vectors: View -> unit vector (D,) of the query made from that part of it, as `searched` says;
                several count alike.
        """
        if len(vectors) == 1:
            ((view, vector),) = vectors.items()
            where = self.where(filters)
            matches = self.indexes[view].query(vector, k if exclude is None else k + 1, where)
            others = [match for match in matches if match.row != exclude][:k]
            return self.as_neighbors([one.row for one in others], [one.similarity for one in others])
        shares = [(view, vector, 1 / len(vectors)) for view, vector in vectors.items()]
        return self.nearest_together(shares, k, self.where(filters, () if exclude is None else (exclude,)))

    def where(self, filters: Filters | None, exclude: Sequence[int] = ()) -> FilteredTable | None:
        """The rows that pass without those to exclude, as an index takes them; None: all do."""
        found = FilteredTable(self.table, filters or Filters(), tuple(exclude))
        return found if found.exclude or found.filters.conditions(self.table.columns) else None

    def nearest_together(
        self,
        shares: Sequence[tuple[str, NDArray[Any], float]],
        k: int,
        where: FilteredTable | None,
        *,
        least: bool = False,
    ) -> tuple[Neighbor, ...]:
        """The ``k`` objects whose weighted sum of cosines is highest, or lowest, best first.

        Args:
            shares: View, vector (D,) of the query and weight, above 0.
        """
        sign = -1 if least else 1
        held = [(self.indexes[view], sign * np.asarray(vector), weight) for view, vector, weight in shares]

        def score(rows: NDArray[np.int64]) -> NDArray[Any]:
            total: NDArray[Any] = sum(weight * (index.rows(rows) @ vector) for index, vector, weight in held)
            return total

        def bound(limits: Sequence[float]) -> float:
            return float(sum(weight * limit for (_, _, weight), limit in zip(held, limits, strict=True)))

        queries = [(index, vector) for index, vector, _ in held]
        found = None if self.index.is_exact else best_by_threshold(queries, score, bound, k, where)
        if found is not None:
            return self.as_neighbors(found[0].tolist(), (sign * found[1]).tolist())
        cosines = np.sum([weight * index.similarities(vector) for index, vector, weight in held], axis=0)
        keep = np.ones(len(self), dtype=bool) if where is None else where.keep
        return self.first(sign * cosines, keep, k, least=least)

    def first(
        self, scores: NDArray[Any], keep: NDArray[np.bool_], k: int, *, least: bool = False
    ) -> tuple[Neighbor, ...]:
        """The ``k`` objects of highest scores (n,), or lowest, best first, among those to ``keep`` (n,)."""
        rows = np.flatnonzero(keep)
        best = rows[np.argsort(scores[rows] if least else -scores[rows], kind="stable")[:k]]
        return self.as_neighbors(best.tolist(), scores[best].tolist())

    def as_neighbors(self, rows: Collection[int], similarities: Collection[float]) -> tuple[Neighbor, ...]:
        """Rows of the table with how similar each is."""
        found = self.table.iloc[list(rows)]
        redshifts = [None if np.isnan(z) else float(z) for z in found["z"].astype(float)]
        told = zip(
            found["id"], similarities, redshifts, found["class"].astype(object).fillna(""), strict=True
        )
        return tuple(Neighbor(str(id), float(similarity), z, str(kind)) for id, similarity, z, kind in told)

    def picture(self, id: str) -> bytes | None:
        """A small encoded picture, upright; None where the object has no image."""
        picture: bytes | None = self._rows.values(self.row(id), (PICTURE,)).get(PICTURE)
        return picture

    def small_spectrum(self, id: str) -> SmallSpectrum | None:
        """Its spectrum on a few pixels; None where the object has none."""
        flux = self._rows.values(self.row(id), (SPECTRUM,)).get(SPECTRUM)
        if flux is None:
            return None
        return SmallSpectrum(np.array(self.manifest.wavelength, np.float32), np.array(flux, np.float32))
