"""One catalog in memory: its table, what the model sees of each object, neighbors, previews.
Everything is looked up by id, a string."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion import maps
from aion.catalog.format import (
    MANIFEST,
    Arrays,
    Manifest,
    Previews,
    read_folder,
    read_index,
    read_previews,
    write_folder,
)
from aion.catalog.neighbors import Filters, Neighbor, SmallSpectrum
from aion.catalog.views import ALL, Tokens, Vector, views_of
from aion.constants import NANOMAGGY_ZERO_POINT
from aion.errors import IndexMismatchError, InputError
from aion.io import SkyObject
from aion.modalities import Z
from aion.search import Index

ALIKE = 0.8
"""Share of the streams that two vectors must have in common to be compared:
without two of its numbers an object moves little."""


class Catalog:
    """Objects in a fixed order. Made by `load` or `build`; never changes."""

    def __init__(
        self, folder: Path, manifest: Manifest, table: pd.DataFrame, tokens: Arrays, vectors: Arrays
    ) -> None:
        self.folder = folder
        """Where it is kept."""
        self.manifest = manifest
        self.table = _completed(table)
        """One row per object: id, class, z (both missing where not known) and whatever else was measured:
        mag_r, survey ..."""
        self._rows = {name: row for row, name in enumerate(self.table["id"])}
        self._tokens = tokens
        self.indexes: Mapping[str, Index] = {
            view: read_index(folder, view, rows, list(self.table["id"])) for view, rows in vectors.items()
        }
        """View -> embeddings made from a part of what is known, in the order of the table."""
        self.index = self.indexes[ALL]
        """Embeddings of everything that is known of each object."""

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether there is one in the folder, be it damaged."""
        return (folder / MANIFEST).is_file()

    @classmethod
    def load(cls, folder: str | Path, *, model_sha256: str | None = None) -> "Catalog":
        """The catalog in a folder; ``model_sha256`` None accepts one of any weights.

        Raises:
            InputError: the folder is not there, or its files do not belong together.
            IndexMismatchError: it was made by other weights than those asked for.
        """
        catalog = cls(Path(folder), *read_folder(Path(folder)))
        made_by = catalog.manifest.model_sha256
        if model_sha256 not in (None, made_by):
            raise IndexMismatchError(
                f"the catalog in {folder} was made by weights {made_by[:12]}…, "
                f"these are {str(model_sha256)[:12]}…; build it again with these"
            )
        return catalog

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
        """All of n objects in memory, which `save` keeps.

        Args:
            folder: Where it is to be kept.
            table: One row per object with its ``id``; places on maps of the embeddings are added.
            vectors: View -> unit vector, for each object, `ALL` among them;
                a view of the catalog is one that every object has.
        """
        shared = [view for view in vectors[0] if all(view in held for held in vectors)]
        matrices = {view: np.stack([held[view] for held in vectors]) for view in shared}
        widths = {key: len(ids) for tokens in objects for key, ids in tokens.items()}
        ids = {
            key: np.stack([tokens.get(key, np.full(width, -1)) for tokens in objects])
            for key, width in sorted(widths.items())
        }
        catalog = cls(folder, manifest, table.assign(**maps.columns(matrices[ALL])), ids, matrices)
        catalog.previews = previews
        return catalog

    def save(self, folder: Path) -> None:
        """Into a new folder, from memory. Raises FileExistsError: there is one."""
        write_folder(folder, self.manifest, self.table, self._tokens, self.indexes, self.previews)

    def __len__(self) -> int:
        return len(self.table)

    def __contains__(self, id: str) -> bool:
        return id in self._rows

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
    def _stream_sets(self) -> set[frozenset[str]]:
        """What is known of the objects, without the redshift, which is never read."""
        keys = [key for key in self._tokens if key != Z.token_key]
        present = np.stack([(self._tokens[key] >= 0).all(axis=1) for key in keys], axis=1)
        return {
            frozenset(key for key, has in zip(keys, row, strict=True) if has)
            for row in np.unique(present, axis=0)
        }

    def row(self, id: str) -> int:
        """Position in the table, the tokens and the index. Raises InputError: no such object."""
        try:
            return self._rows[str(id)]
        except KeyError as exc:
            raise InputError(f"the catalog has no object {id!r}") from exc

    def row_of(self, id: str, tokens: Tokens) -> int | None:
        """Where this very object is: of the same id, and known by the same tokens but for the redshift;
        None where it is not here."""
        if id not in self:
            return None
        held = {key: ids for key, ids in self.entry(id).tokens.items() if key != Z.token_key}
        if held.keys() != tokens.keys():
            return None
        same = all(np.array_equal(ids, tokens[key]) for key, ids in held.items())
        return self._rows[id] if same else None

    def entry(self, id: str) -> SkyObject:
        """One object, as tokens."""
        row = self.row(id)
        held = {key: rows[row].astype(np.int64) for key, rows in self._tokens.items()}
        stated = self.table.iloc[row].dropna()
        ra, dec, z = (float(stated[name]) if name in stated else None for name in ("ra", "dec", "z"))
        tokens = {key: ids for key, ids in held.items() if not (ids < 0).any()}
        return SkyObject(
            str(id), ra=ra, dec=dec, z_reference=z, kind=str(stated.get("class", "")), tokens=tokens
        )

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
        keep = (filters or Filters()).keep(self.table)
        if len(vectors) == 1:
            ((view, vector),) = vectors.items()
            where = None if keep.all() else keep
            matches = self.indexes[view].query(vector, k if exclude is None else k + 1, where)
            others = [match for match in matches if match.row != exclude][:k]
            return self.as_neighbors([one.row for one in others], [one.similarity for one in others])
        if exclude is not None:
            keep[exclude] = False
        cosines = np.mean(
            [self.indexes[view].similarities(vector) for view, vector in vectors.items()], axis=0
        )
        return self.first(cosines, keep, k)

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
        told = zip(found["id"], similarities, redshifts, found["class"].fillna(""), strict=True)
        return tuple(Neighbor(str(id), float(similarity), z, str(kind)) for id, similarity, z, kind in told)

    def picture(self, id: str) -> bytes | None:
        """A small encoded picture, upright; None where the object has no image."""
        return self.previews.pictures[self.row(id)]

    def small_spectrum(self, id: str) -> SmallSpectrum | None:
        """Its spectrum on a few pixels; None where the object has none."""
        row = self.previews.flux[self.row(id)].astype(np.float32)
        return SmallSpectrum(self.previews.wavelength, row) if np.isfinite(row).any() else None

    @cached_property
    def previews(self) -> Previews:
        """Pictures and small spectra of all objects, read when the first one is looked at."""
        return read_previews(self.folder)


def _completed(objects: pd.DataFrame) -> pd.DataFrame:
    """The table with ``class`` and ``z``, and where they can be known ``mag_r`` and ``g_r``,
    of fluxes in nanomaggies or of HSC (AB)."""

    def column(name: str) -> "pd.Series[Any]":
        return objects[name].astype(float) if name in objects else pd.Series(np.nan, objects.index)

    g, r = (
        NANOMAGGY_ZERO_POINT - 2.5 * np.log10(flux.where(flux > 0))
        for flux in map(column, ("FLUX_G", "FLUX_R"))
    )
    hsc_g, hsc_r = map(column, ("g_cmodel_mag", "r_cmodel_mag"))
    measured = pd.DataFrame({"mag_r": r.fillna(hsc_r), "g_r": (g - r).fillna(hsc_g - hsc_r)})
    measured = measured.dropna(axis=1, how="all")
    kind = objects["class"].astype(object) if "class" in objects else None
    table = objects.assign(**{"id": objects["id"].astype(str), "class": kind, "z": column("z")})
    return table.assign(**{name: measured[name] for name in measured if name not in table})
