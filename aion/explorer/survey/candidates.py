"""Which rows of a HATS catalog have what is asked for, in one catalog or in two whose positions are matched.

Of every file its footer is read, the positions where two are matched, and the smallest part of a column that
says whether a row has it where the footer does not say so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion.catalog.healpix import ORDER
from aion.errors import InputError
from aion.explorer.survey.crossmatch import nearest_within, pixels_around
from aion.explorer.survey.hats_catalog import HatsCatalog
from aion.explorer.survey.row_files import open_binary

KINDS: Mapping[str, tuple[str, ...]] = {
    "spectrum": ("spectrum", "tok_spectrum"),
    "image": ("image", "tok_image"),
}
"""What can be asked for -> what names of its columns begin with, as the Multimodal Universe and aion-hats
name them."""
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Those of one file."""

    pixel: tuple[int, int]
    """(order, pixel) of the file."""
    rows: Rows
    """(n,) increasing."""
    group_size: float
    """Rows of a row group, the least that can be read."""
    partners: Rows = field(default_factory=lambda: np.empty((0, 2), np.int64))
    """(n, 2) number of the other catalog's file and row in it; (0, 2) where there is one catalog."""
    apart: NDArray[np.floating[Any]] = field(default_factory=lambda: np.empty(0))
    """(n,) arcsec to the partner."""

    def chosen(self, numbers: Rows) -> "Candidates":
        """Some of them."""
        partners = self.partners[numbers] if len(self.partners) else self.partners
        apart = self.apart[numbers] if len(self.apart) else self.apart
        return Candidates(self.pixel, self.rows[numbers], self.group_size, partners, apart)


def column_kind(column: str) -> str | None:
    """What a column holds of what can be asked for."""
    return next((kind for kind, starts in KINDS.items() if column.startswith(starts)), None)


def find_candidates(
    catalogs: Sequence[HatsCatalog], kinds: Sequence[str], progress: Callable[[int, int], None]
) -> list[Candidates]:
    """Of every file of the first catalog, in the order of the sky; of a second one, each is matched with
    what lies nearest.

    Raises:
        InputError: a kind is in none of the catalogs.
    """
    shares = _shares(catalogs, kinds)
    first, *others = catalogs
    partner = _Partner(others[0], shares[1]) if others else None
    found = []
    for number, pixel in enumerate(sorted(first.pixels, key=_start)):
        found.append(_of_file(first, pixel, shares[0], partner))
        progress(number + 1, len(first.pixels))
    return found


def _shares(catalogs: Sequence[HatsCatalog], kinds: Sequence[str]) -> list[list[str]]:
    """Which of the kinds each catalog gives: the first that has it."""
    columns = [schema_of(one).names for one in catalogs]
    held = [{column_kind(name) for name in names} for names in columns]
    shares: list[list[str]] = [[] for _ in catalogs]
    for kind in kinds:
        giver = next((i for i, has in enumerate(held) if kind in has), None)
        if giver is None:
            known = "; ".join(
                f"{one.name}: {', '.join(names)}" for one, names in zip(catalogs, columns, strict=True)
            )
            raise InputError(f"no column of the catalog has an object's {kind}; it has {known}")
        shares[giver].append(kind)
    return shares


def schema_of(catalog: HatsCatalog) -> pa.Schema:
    """The columns of a catalog, by its first file."""
    with open_partition(catalog, catalog.pixels[0]) as file:
        return file.schema_arrow


@contextmanager
def open_partition(catalog: HatsCatalog, pixel: tuple[int, int]) -> Iterator[pq.ParquetFile]:
    """The file of a partition."""
    with open_binary(f"{catalog.root}/{catalog.file(*pixel)}") as stream:
        yield pq.ParquetFile(stream)


def _of_file(
    catalog: HatsCatalog, pixel: tuple[int, int], kinds: Sequence[str], partner: "_Partner | None"
) -> Candidates:
    with open_partition(catalog, pixel) as file:
        keep = _has(file, kinds)
        size = file.metadata.num_rows / max(file.num_row_groups, 1)
        if partner is None:
            return Candidates(pixel, np.flatnonzero(keep), size)
        ra, dec = _positions(file, catalog)
    partners, apart = partner.match(ra, dec)
    rows = np.flatnonzero(keep & np.isfinite(apart))
    return Candidates(pixel, rows, size, partners[rows], apart[rows])


class _Partner:
    """The catalog that another is matched with; keeps the positions of the files that were needed last."""

    def __init__(self, catalog: HatsCatalog, kinds: Sequence[str]) -> None:
        self._catalog, self._kinds = catalog, kinds
        self._order = sorted(range(len(catalog.pixels)), key=lambda number: _start(catalog.pixels[number]))
        self._starts = np.array([_start(catalog.pixels[number]) for number in self._order])
        self._held: dict[int, tuple[Rows, NDArray[Any], NDArray[Any]]] = {}

    def match(self, ra: NDArray[Any], dec: NDArray[Any]) -> tuple[Rows, NDArray[Any]]:
        """(n, 2) file and row of the nearest that has the kinds, and (n,) arcsec to it, NaN without."""
        places = np.searchsorted(self._starts, np.unique(pixels_around(ra, dec)), "right") - 1
        needed = [self._order[place] for place in np.unique(places) if place >= 0]
        self._held = {number: self._held.get(number) or self._read(number) for number in needed}
        if not any(len(rows) for rows, *_ in self._held.values()):
            return np.full((len(ra), 2), -1), np.full(len(ra), np.nan)
        parts = [(np.full(len(held[0]), number), *held) for number, held in self._held.items()]
        files, rows, other_ra, other_dec = (np.concatenate(part) for part in zip(*parts, strict=True))
        nearest, apart = nearest_within(ra, dec, (other_ra, other_dec))
        return np.stack([files[nearest], rows[nearest]], axis=1), apart

    def _read(self, number: int) -> tuple[Rows, NDArray[Any], NDArray[Any]]:
        with open_partition(self._catalog, self._catalog.pixels[number]) as file:
            rows = np.flatnonzero(_has(file, self._kinds))
            ra, dec = _positions(file, self._catalog)
        return rows, ra[rows], dec[rows]


def _positions(file: pq.ParquetFile, catalog: HatsCatalog) -> tuple[NDArray[Any], NDArray[Any]]:
    names = list(catalog.position_columns)
    table = file.read(columns=names, use_threads=False)
    ra, dec = (table[name].to_numpy().astype(float) for name in names)
    return ra, dec


def _start(pixel: tuple[int, int]) -> int:
    """Where on the sky a partition begins."""
    return pixel[1] << 2 * (ORDER - pixel[0])


def _has(file: pq.ParquetFile, kinds: Sequence[str]) -> NDArray[np.bool_]:
    """(n,) whether a row has each of the kinds."""
    keep = np.ones(file.metadata.num_rows, dtype=bool)
    for kind in kinds:
        columns = [name for name in file.schema_arrow.names if column_kind(name) == kind]
        keep &= np.any([_has_column(file, name) for name in columns], axis=0)
    return keep


def _has_column(file: pq.ParquetFile, name: str) -> NDArray[np.bool_]:
    footer = file.metadata
    leaves = [n for n in range(len(footer.schema)) if footer.schema.column(n).path.split(".")[0] == name]
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    sizes = [sum(group.column(leaf).total_compressed_size for group in groups) for leaf in leaves]
    leaf = leaves[int(np.argmin(sizes))]
    statistics = [group.column(leaf).statistics for group in groups]
    if all(one is not None and one.has_null_count and one.null_count == 0 for one in statistics):
        return np.ones(footer.num_rows, dtype=bool)
    path = footer.schema.column(leaf).path.split(".list.")[0]
    column = file.read(columns=[path], use_threads=False)[name].combine_chunks()
    return _is_there(column)


def _is_there(column: pa.Array) -> NDArray[np.bool_]:
    """(n,) whether a value is neither null nor empty, a structure by its first part."""
    valid: NDArray[np.bool_] = column.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_struct(column.type):
        return valid & _is_there(pc.struct_field(column, 0))
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        lengths = pc.fill_null(pc.list_value_length(column), 0)
        valid &= lengths.to_numpy(zero_copy_only=False) > 0
    return valid
