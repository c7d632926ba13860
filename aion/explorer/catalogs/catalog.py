"""A catalog: a folder of objects known to the model as tokens, with redshifts, previews and embeddings. Knows nothing of the model.

The reference catalog is made by ``aion.training``, one of a person's own objects by ``own_catalog``; here they are read and written.
Everything in a catalog is looked up by id, a string. Only the id is always known of an object.

    catalog.json        label, hash of the weights, views
    objects.parquet     one row per object: id, class, z, mag_r, survey ..., and its place on maps of the embeddings
    tokens.npz          token key -> (n, tokens), -1 where an object has none
    pictures.parquet    id, picture: a small WebP or JPEG, upright, null without an image; read when the first one is looked at
    spectra.npz         wavelength (m,) and flux (n, m): small spectra, NaN where not covered; read when the first one is looked at
    index/<view>/       unit vectors made from some of what is known of each object
"""

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion.constants import NANOMAGGY_ZERO_POINT
from aion.errors import IndexMismatchError, InputError, SearchError
from aion.explorer.results import Neighbor, SmallSpectrum
from aion.modalities import MODALITIES, Image, Spectrum, Z
from aion.search import Index

ALL = "all"
"""The view that every catalog has: vectors made from all that is known of each object."""

ALIKE = 0.8
"""Share of the streams that two vectors must have in common to be compared: without two of its numbers an object moves little."""

Tokens = dict[str, NDArray[np.integer[Any]]]
"""Token key -> (n, tokens) ids, rows of -1 where an object has none."""


@dataclass(frozen=True, eq=False)
class CatalogEntry:
    """One object of the catalog, as the model sees it."""

    id: str
    tokens: dict[str, NDArray[np.int64]]
    """Token key -> (n,) ids; only the streams this object has."""
    z: float | None
    """Redshift in the catalog, for comparison; never given to the model."""
    kind: str
    """``"galaxy"``, ``"quasar"``, ``"star"`` or whatever the catalog says; empty where it is not known."""
    row: dict[str, Any]
    """Its row of the table, column -> value."""


@dataclass(frozen=True)
class Filters:
    """Which objects may be an answer; an empty field admits all. They take part in a search, which so gives as many as were asked."""

    classes: tuple[str, ...] = ()
    surveys: tuple[str, ...] = ()
    z: tuple[float, float] | None = None
    """Lowest and highest redshift; objects without one do not pass."""
    mag_r: tuple[float, float] | None = None
    """Brightest and faintest r magnitude, AB."""

    def keep(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,) True = passes; a column that the table lacks filters nothing."""
        keep = np.ones(len(table), dtype=bool)
        for column, chosen in (("class", self.classes), ("survey", self.surveys)):
            if chosen and column in table:
                keep &= table[column].isin(chosen).to_numpy()
        for column, bounds in (("z", self.z), ("mag_r", self.mag_r)):
            if bounds is not None and column in table:
                keep &= table[column].between(*bounds).to_numpy()
        return keep


class Catalog:
    """Objects in a fixed order. Made by `load`; never changes."""

    def __init__(self, folder: Path, table: pd.DataFrame, about: dict[str, Any], tokens: Tokens, indexes: dict[str, Index]) -> None:
        self.folder = folder
        self.table = table
        """One row per object: id, class, z (both missing where not known) and whatever else was measured: mag_r, survey ..."""
        self.label = str(about.get("label", ""))
        """Where the objects come from, for people: ``"simulated"``."""
        self.model_sha256 = str(about["model_sha256"])
        """Of the weights that made tokens and embeddings."""
        self.index = indexes[ALL]
        """Embeddings of everything that is known of each object."""
        self.indexes: Mapping[str, Index] = indexes
        """View -> embeddings made from a part of what is known, in the order of the table."""
        self._tokens = tokens
        self._rows = {name: row for row, name in enumerate(table["id"])}

    @classmethod
    def load(cls, folder: str | Path, *, model_sha256: str | None = None) -> "Catalog":
        """The catalog in a folder; ``model_sha256`` None accepts one of any weights.

        Raises:
            InputError: the folder is not there, or its files do not belong together.
            IndexMismatchError: its index was made by other weights than its tokens, or than those asked for.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
            table = _table(pd.read_parquet(folder / "objects.parquet"))
            with np.load(folder / "tokens.npz", allow_pickle=False) as arrays:
                tokens = {key: arrays[key] for key in arrays.files}
            made_by = model_sha256 or str(about["model_sha256"])
            indexes = {view: Index.load(folder / "index" / view, model_sha256=made_by) for view in about["views"]}
            everything = indexes[ALL]
        except IndexMismatchError:
            raise
        except (OSError, KeyError, json.JSONDecodeError, SearchError) as exc:
            raise InputError(f"{folder} is not a catalog: {exc}") from exc
        if tuple(table["id"]) != everything.ids or any(len(rows) != len(table) for rows in tokens.values()):
            raise InputError(f"{folder}: the table, the tokens and the index list different objects; build the catalog again")
        return cls(folder, table, about, tokens, indexes)

    def __len__(self) -> int:
        return len(self.table)

    def __contains__(self, id: str) -> bool:
        return id in self._rows

    def views_of(self, streams: Collection[str]) -> dict[str, list[str]]:
        """View of this catalog -> those of the streams that it is made from; only views with any."""
        return {view: held for view, held in views_of(streams).items() if view in self.indexes}

    def comparable(self, streams: Collection[str]) -> dict[str, list[str]]:
        """View -> those of the streams whose vector can be compared with the view's, because both are made from the same kinds of data.

        Everything, where objects of the catalog have these streams, give or take one in five; else spectra alone and images alone, or,
        where there are neither, catalog numbers if objects have these.
        """
        if self._has_alike(ALL, streams):
            return {ALL: list(streams)}
        parts = {view: held for view, held in self.views_of(streams).items() if view != ALL}
        if len(parts) == 1 and "photometry" in parts and self._has_alike("photometry", streams):
            return parts
        return {view: held for view, held in parts.items() if view != "photometry"}

    def searched(self, streams: Collection[str]) -> dict[str, list[str]]:
        """`comparable`; where that is nothing the nearest that there is, catalog numbers of another kind or everything, made from all."""
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
        return {frozenset(key for key, has in zip(keys, row, strict=True) if has) for row in np.unique(present, axis=0)}

    def row(self, id: str) -> int:
        """Position in the table, the tokens and the index. Raises InputError: no such object."""
        try:
            return self._rows[str(id)]
        except KeyError as exc:
            raise InputError(f"the catalog has no object {id!r}") from exc

    def entry(self, id: str) -> CatalogEntry:
        """Everything about one object but its picture."""
        row = self.row(id)
        held = {key: rows[row].astype(np.int64) for key, rows in self._tokens.items()}
        present = {key: tokens for key, tokens in held.items() if not (tokens < 0).any()}
        values: dict[str, Any] = {str(name): value for name, value in self.table.iloc[row].to_dict().items()}
        z, kind = values["z"], values["class"]
        return CatalogEntry(str(id), present, None if pd.isna(z) else float(z), "" if pd.isna(kind) else str(kind), values)

    def neighbors(
        self, vectors: Mapping[str, NDArray[Any]], k: int, filters: Filters | None = None, *, but: str | None = None
    ) -> tuple[Neighbor, ...]:
        """The ``k`` objects most similar, best first, among those that pass; without the one called ``but``.

        Args:
            vectors: View -> unit vector (D,) of the query made from that part of it, as `searched` says; several count alike.
        """
        keep = (filters or Filters()).keep(self.table)
        if but in self._rows:
            keep[self._rows[but]] = False
        if len(vectors) == 1:
            [(view, vector)] = vectors.items()
            matches = self.indexes[view].query(vector, k, keep)
            return self.as_neighbors([match.row for match in matches], [match.similarity for match in matches])
        cosines = np.mean([self.indexes[view].similarities(vector) for view, vector in vectors.items()], axis=0)
        rows = np.flatnonzero(keep)
        best = rows[np.argsort(-cosines[rows], kind="stable")[:k]]
        return self.as_neighbors(best.tolist(), cosines[best].tolist())

    def as_neighbors(self, rows: Collection[int], similarities: Collection[float]) -> tuple[Neighbor, ...]:
        """Rows of the table with how similar each is."""
        found = self.table.iloc[list(rows)]
        redshifts = [None if np.isnan(z) else float(z) for z in found["z"].astype(float)]
        told = zip(found["id"], similarities, redshifts, found["class"].fillna(""), strict=True)
        return tuple(Neighbor(str(id), float(similarity), z, str(kind)) for id, similarity, z, kind in told)

    def hold(self) -> "Catalog":
        """Itself, with pictures and spectra in memory, so that its folder may go."""
        _ = self._pictures, self._spectra
        return self

    def picture(self, id: str) -> bytes | None:
        """A small encoded picture, upright; None where the object has no image."""
        held: bytes | None = self._pictures[self.row(id)].as_py()
        return held

    def small_spectrum(self, id: str) -> SmallSpectrum | None:
        """Its spectrum on a few pixels; None where the object has none."""
        wavelength, flux = self._spectra
        row = flux[self.row(id)].astype(np.float32)
        return SmallSpectrum(wavelength, row) if np.isfinite(row).any() else None

    def previews(self) -> "Previews":
        """Pictures and small spectra of all objects, in the order of the table."""
        return Previews(self._pictures.to_pylist(), *self._spectra)

    @cached_property
    def _pictures(self) -> Any:
        return pq.read_table(self.folder / "pictures.parquet", columns=["picture"])["picture"].combine_chunks()

    @cached_property
    def _spectra(self) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        with np.load(self.folder / "spectra.npz", allow_pickle=False) as arrays:
            return arrays["wavelength"], arrays["flux"]


@dataclass(frozen=True, eq=False)
class Previews:
    """What is shown of n objects at a glance."""

    pictures: Sequence[bytes | None]
    """Small encoded pictures, upright."""
    wavelength: NDArray[np.float32]
    """(m,) Å."""
    flux: NDArray[np.float16]
    """(n, m) small spectra, NaN where not covered."""


def views_of(streams: Collection[str]) -> dict[str, list[str]]:
    """View -> those of the streams that it is made from; only views with any."""
    spectra = [key for key in streams if issubclass(MODALITIES[key], Spectrum)]
    images = [key for key in streams if issubclass(MODALITIES[key], Image)]
    numbers = [key for key in streams if key not in spectra + images]
    parts = {ALL: list(streams), "spectrum": spectra, "image": images, "photometry": numbers}
    return {view: held for view, held in parts.items() if held}


def write(
    folder: Path, table: pd.DataFrame, tokens: Tokens, vectors: Mapping[str, NDArray[Any]], previews: Previews, about: Mapping[str, Any]
) -> None:
    """A catalog into a new folder, which is there when all of it is.

    Args:
        table: One row per object with its ``id``.
        vectors: View -> (n, D) unit vectors of all objects, `ALL` among them.
        about: ``label``, ``model_sha256`` of the weights that made it, and what else to keep.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    for view, rows in vectors.items():
        Index.build(rows, list(table["id"]), model_sha256=str(about["model_sha256"])).save(made / "index" / view)
    table.to_parquet(made / "objects.parquet", index=False)
    arrays: dict[str, Any] = {key: ids.astype(np.int16) for key, ids in tokens.items()}
    np.savez_compressed(made / "tokens.npz", **arrays)
    pictures = pa.table({"id": pa.array(table["id"], pa.string()), "picture": pa.array(previews.pictures, pa.binary())})
    pq.write_table(pictures, made / "pictures.parquet", compression="none")  # they are compressed already
    np.savez_compressed(made / "spectra.npz", wavelength=previews.wavelength, flux=previews.flux.astype(np.float16))
    known = {**about, "objects": len(table), "views": list(vectors)}
    (made / "catalog.json").write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)


def _table(objects: pd.DataFrame) -> pd.DataFrame:
    """The stored table with the names people read: ``class``; ``mag_r`` from FLUX_R (nanomaggies) if not stored, ``g_r`` (both AB)."""
    table = objects.rename(columns={"kind": "class"})
    table["id"] = table["id"].astype(str)
    table["class"] = table["class"].astype(object) if "class" in table else None
    table["z"] = table["z"].astype(float) if "z" in table else np.nan
    if "mag_r" not in table and "FLUX_R" in table:
        flux = table["FLUX_R"].astype(float)
        table["mag_r"] = NANOMAGGY_ZERO_POINT - 2.5 * np.log10(flux.where(flux > 0))
    if {"FLUX_G", "FLUX_R"} <= set(table):
        ratio = table["FLUX_R"].astype(float) / table["FLUX_G"].where(table["FLUX_G"] > 0).astype(float)
        table["g_r"] = 2.5 * np.log10(ratio.where(ratio > 0))
    if {"g_cmodel_mag", "r_cmodel_mag"} <= set(table):
        color = (table["g_cmodel_mag"] - table["r_cmodel_mag"]).astype(float)
        table["g_r"] = table["g_r"].fillna(color) if "g_r" in table else color
    return table
