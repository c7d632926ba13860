"""A fair sample of HATS catalogs, copied beside the catalog that is to be made of it.

Objects are taken in runs, spread evenly along the order of the sky from a place that the seed says: each has
the same chance, all of the sky is in, and few row groups are read. The copy is a HATS catalog itself.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion.errors import ConfigError, InputError
from aion.explorer.survey.candidates import KINDS, Candidates, column_kind, find_candidates, open_partition
from aion.explorer.survey.hats_catalog import HatsCatalog
from aion.explorer.survey.row_files import ROWS
from aion.explorer.survey.work import keep_plan

SAMPLE = "sample"
"""Folder of it, in that of the catalog."""
PLACES = 16
"""Runs at least, so that a small sample is not of one place of the sky."""
UNREAD = ("lsf_sigma", "psf_fwhm")
"""Parts of spectra and images that the model does not read."""
MATCHED = ("matched_id", "matched_arcsec")
"""Columns of a sample of two catalogs: the id in the second, and how far it is."""
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class SamplePlan:
    """Which objects.

    Raises:
        ConfigError: a size below one, a kind of data of another name, or too many catalogs.
    """

    places: tuple[str, ...]
    """Folder or address of one catalog, or of two whose positions are matched."""
    kinds: tuple[str, ...]
    """What each object has, of `KINDS`."""
    size: int = 100_000
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown or not self.kinds:
            raise ConfigError(
                f"--with is {','.join(self.kinds)!r}; it is one of or several of {', '.join(KINDS)}"
            )
        if self.size < 1:
            raise ConfigError(f"--size is {self.size}; at least one object is expected")
        if not 1 <= len(self.places) <= 2:
            raise ConfigError(f"{len(self.places)} catalogs are named; one is, or two that are matched")


def take_sample(
    plan: SamplePlan, out: Path, progress: Callable[[str], None] = lambda sentence: None
) -> tuple[Path, str]:
    """The sample below a catalog's folder, and the name of what it is of. What is there is not read again.

    Raises:
        InputError: no object has what is asked for, or the folder has another sample.
        OSError: a file could not be read this time.
    """
    catalogs = [HatsCatalog.open(place) for place in plan.places]
    name = " and ".join(one.name for one in catalogs)
    folder = out / SAMPLE
    keep_plan(
        folder / "plan.json",
        {"sample": vars(plan) | {"places": list(plan.places), "kinds": list(plan.kinds)}},
        out,
    )
    if (folder / "hats.properties").is_file():
        return folder, name
    candidates = find_candidates(
        catalogs, plan.kinds, lambda done, total: progress(f"looked through {done:,} of {total:,} files")
    )
    chosen = choose_rows(candidates, plan)
    if not chosen:
        raise InputError(f"no object of {name} has {' and '.join(plan.kinds)}")
    columns = [_needed(one, plan.kinds) for one in catalogs]
    for number, some in enumerate(chosen):
        path = folder / HatsCatalog("", {}, ()).file(*some.pixel)
        if not path.is_file():
            _write(path, _rows(catalogs, columns, some))
        progress(f"copied {number + 1:,} of {len(chosen):,} files")
    _finish(folder, name, catalogs[0].position_columns, chosen)
    return folder, name


def choose_rows(candidates: Sequence[Candidates], plan: SamplePlan) -> list[Candidates]:
    """Those of the sample, file by file; all where there are no more than wanted."""
    counts = np.array([len(one.rows) for one in candidates])
    total = int(counts.sum())
    group = np.average([one.group_size for one in candidates], weights=counts) if total else 1
    numbers = spread_runs(total, plan.size, max(PLACES, round(plan.size / max(group, 1))), plan.seed)
    ends = np.cumsum(counts)
    files = np.searchsorted(ends, numbers, "right")
    picked = ((candidates[n], numbers[files == n] - (ends[n] - counts[n])) for n in np.unique(files))
    return [one.chosen(some) for one, some in picked]


def spread_runs(total: int, size: int, count: int, seed: int) -> Rows:
    """``size`` of the numbers below ``total``, in order, in so many runs of which one ends where the next
    could begin; each number has the same chance."""
    if size >= total:
        return np.arange(total)
    if -(-size // count) > total // count:
        count = 1
    edges = np.arange(count + 1)
    firsts, lengths = edges[:-1] * total // count, np.diff(edges * size // count)
    within = np.arange(size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    start = np.random.default_rng(seed).integers(total)
    return np.sort((start + np.repeat(firsts, lengths) + within) % total)


def _needed(catalog: HatsCatalog, kinds: Sequence[str]) -> list[str]:
    """What is read of a catalog: numbers and texts, and what is asked for without what no model reads."""
    with open_partition(catalog, catalog.pixels[0]) as file:
        schema = file.schema_arrow
    names: list[str] = []
    for column in schema:
        kind = column_kind(column.name)
        if kind is None and not pa.types.is_nested(column.type):
            names.append(column.name)
        elif kind in kinds and pa.types.is_struct(column.type):
            names += [f"{column.name}.{part}" for part in column.type.names if part not in UNREAD]
        elif kind in kinds or (kind is None and column.name.startswith("tok_")):
            names.append(column.name)
    return names


def _rows(catalogs: Sequence[HatsCatalog], columns: Sequence[Sequence[str]], some: Candidates) -> pa.Table:
    """The chosen rows of a file, with what the other catalog has of them."""
    table = _read(catalogs[0], some.pixel, some.rows, columns[0])
    if len(catalogs) == 1:
        return table
    files = np.unique(some.partners[:, 0])
    parts, order = [], []
    for number in files:
        mine = np.flatnonzero(some.partners[:, 0] == number)
        rows, back = np.unique(some.partners[mine, 1], return_inverse=True)
        parts.append(_read(catalogs[1], catalogs[1].pixels[number], rows, columns[1]).take(back))
        order.append(mine)
    others = pa.concat_tables(parts, promote_options="permissive").take(np.argsort(np.concatenate(order)))
    return _joined(table, others, some.apart)


def _joined(table: pa.Table, others: pa.Table, apart: NDArray[Any]) -> pa.Table:
    """Both side by side; a name that both have is the first one's."""
    taken = {name.lower() for name in table.column_names}
    ids = next((others[name] for name in ("object_id", "id") if name in others.column_names), None)
    for name in others.column_names:
        if name.lower() not in taken:
            table = table.append_column(name, others[name])
    matched = pa.nulls(len(table), pa.string()) if ids is None else ids.cast(pa.string())
    for name, values in zip(MATCHED, (matched, pa.array(apart, pa.float32())), strict=True):
        table = table.append_column(name, values)
    return table


def _read(catalog: HatsCatalog, pixel: tuple[int, int], rows: Rows, columns: Sequence[str]) -> pa.Table:
    """Some rows of a file, in order, from the row groups that they lie in."""
    with open_partition(catalog, pixel) as file:
        counts = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        ends = np.cumsum(counts)
        groups = np.searchsorted(ends, rows, "right")
        parts = []
        for number in np.unique(groups):
            held = file.read_row_group(int(number), columns=list(columns), use_threads=False)
            parts.append(held.take(rows[groups == number] - (ends[number] - counts[number])))
    return pa.concat_tables(parts)


def _write(path: Path, rows: pa.Table) -> None:
    """There whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        pq.write_table(rows, beside, row_group_size=ROWS, compression="zstd")
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _finish(folder: Path, name: str, position: tuple[str, str], chosen: Sequence[Candidates]) -> None:
    """What makes it a HATS catalog; its properties last, as the sign that all is there."""
    pixels = sorted((*one.pixel, len(one.rows)) for one in chosen)
    lines = [",".join(map(str, pixel)) for pixel in pixels]
    text = "\n".join(["Norder,Npix,num_rows", *lines, ""])
    (folder / "partition_info.csv").write_text(text, encoding="utf-8")
    stated: Mapping[str, Any] = {
        "obs_collection": name,
        "dataproduct_type": "object",
        "hats_nrows": sum(count for *_, count in pixels),
        "hats_col_ra": position[0],
        "hats_col_dec": position[1],
        "hats_order": max(order for order, *_ in pixels),
        "hats_npix_suffix": ".parquet",
        "hats_version": "v1.0",
    }
    beside = folder / ".hats.properties"
    properties = "".join(f"{key}={value}\n" for key, value in stated.items())
    beside.write_text(f"#HATS catalog\n{properties}", encoding="utf-8")
    beside.replace(folder / "hats.properties")
