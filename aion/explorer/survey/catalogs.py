"""Catalogs that are there: what is to be said of one, whether it is whole, several as one, and the table of
one without what is for machines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aion.catalog.columns import HEALPIX, P_Z, PICTURE, SPECTRUM, TOKENS, VECTOR
from aion.catalog.folder import row_files
from aion.catalog.manifest import MANIFEST, Manifest
from aion.errors import IndexMismatchError, InputError
from aion.explorer.survey.assembly import assemble, read_failures
from aion.explorer.survey.contract import Failure
from aion.explorer.survey.work import WorkFolder
from aion.maps import MAPS

MACHINE = (TOKENS, VECTOR, PICTURE, SPECTRUM, P_Z, HEALPIX)
"""What names of columns begin with that are not in a table for people."""
PART = 5_000
"""Rows of a catalog that are in memory while it is merged with others."""


@dataclass(frozen=True)
class CatalogFacts:
    """What is to be said of a catalog."""

    manifest: Manifest
    columns: tuple[str, ...]
    failures: int
    size: int
    """Bytes of its rows."""

    def sentences(self) -> list[str]:
        """For people."""
        manifest = self.manifest
        weights = manifest.details.get("weights", {}).get("title", "unknown")
        kinds = [", ".join(held) for held in manifest.stream_sets]
        return [
            f"{manifest.label}: {manifest.rows:,} objects in {self.size / 1e6:,.1f} MB",
            f"left out: {self.failures:,}",
            f"weights: {weights} ({manifest.model_sha256[:12]}…)",
            f"vectors: {', '.join(manifest.dimensions)}",
            f"read of the objects: {'; or '.join(kinds[:5])}{' ...' if len(kinds) > 5 else ''}",
            f"columns: {', '.join(self.columns)}",
        ]


def read_facts(folder: Path) -> CatalogFacts:
    """Of the catalog in a folder.

    Raises:
        InputError: there is none.
    """
    manifest, files = Manifest.read(folder), row_files(folder)
    columns = tuple(dict.fromkeys(name for path in files for name in pq.read_schema(path).names))
    size = sum(path.stat().st_size for path in files)
    return CatalogFacts(manifest, columns, len(read_failures(folder)), size)


def find_problems(folder: Path) -> list[str]:
    """What is wrong with the catalog in a folder: a sentence for each file that is damaged or does not fit.

    Raises:
        InputError: there is none.
    """
    manifest, problems, rows, ids = Manifest.read(folder), [], 0, Counter[str]()
    for path in row_files(folder):
        try:
            table = pq.read_table(path, partitioning=None)
        except (OSError, ValueError) as exc:
            problems.append(f"{path.relative_to(folder)} cannot be read: {exc}")
            continue
        rows += len(table)
        ids.update(table["id"].to_pylist())
        lacking = [view for view in manifest.dimensions if table[f"{VECTOR}{view}"].null_count]
        problems += [f"{path.relative_to(folder)} has rows without a vector of {view}" for view in lacking]
        places = table[HEALPIX].combine_chunks() if HEALPIX in table.column_names else None
        if places is not None and not _are_sorted(places):
            problems.append(f"{path.relative_to(folder)} is not in the order of the sky")
    if rows != manifest.rows:
        problems.append(f"its files hold {rows:,} objects, and its manifest says {manifest.rows:,}")
    twice = [id for id, count in ids.items() if count > 1]
    return problems + ([f"{len(twice):,} ids are there twice, such as {twice[0]}"] if twice else [])


def export_table(folder: Path) -> pa.Table:
    """The rows of a catalog without tokens, vectors and pictures.

    Raises:
        InputError: there is none.
    """
    Manifest.read(folder)
    parts = []
    for path in row_files(folder):
        names = [name for name in pq.read_schema(path).names if not name.startswith(MACHINE)]
        parts.append(pq.read_table(path, columns=names, partitioning=None))
    return pa.concat_tables(parts, promote_options="permissive")


def merge(folders: Sequence[Path], out: Path) -> Manifest:
    """All rows of several catalogs as one in a new folder.

    Raises:
        InputError: one of them is none, or the new folder holds something.
        IndexMismatchError: they were made by different weights.
    """
    manifests = [Manifest.read(folder) for folder in folders]
    weights = {one.model_sha256 for one in manifests}
    if len(weights) > 1:
        raise IndexMismatchError(
            f"these catalogs were made by {len(weights)} different weights, whose vectors cannot be "
            "compared; make them again with the same"
        )
    plan: dict[str, Any] = {"input": [one.details.get("run", {}) for one in manifests]}
    work = WorkFolder(out)
    if (out / MANIFEST).is_file():
        raise InputError(f"{out} holds a catalog already; choose another folder")
    work.open(plan)
    number = _write_parts(folders, work)
    details = {**manifests[0].details, "run": plan, "merged": len(folders)}
    label = " and ".join(dict.fromkeys(one.label for one in manifests))
    simulated = all(one.simulated for one in manifests)
    manifest = replace(manifests[0], label=label, simulated=simulated, details=details)
    parts = [work.part(part) for part in range(number)]
    assemble(work, parts, (), manifest, width=next(iter(manifests[0].dimensions.values())))
    work.remove()
    return Manifest.read(out)


def _write_parts(folders: Sequence[Path], work: WorkFolder) -> int:
    """The rows of all as the files of partitions, whose number comes back; places on maps are made anew."""
    files = [(folder, path) for folder in folders for path in row_files(folder)]
    schema = pa.unify_schemas([pq.read_schema(path).remove_metadata() for _, path in files])
    maps = {f"{name}_{axis}" for name in MAPS for axis in (1, 2)}
    schema = pa.schema([field for field in schema if field.name not in maps])
    number, told = 0, set[Path]()
    for folder, path in files:
        for batch in pq.ParquetFile(path).iter_batches(PART):
            held = pa.Table.from_batches([batch])
            columns = [
                held[field.name].cast(field.type)
                if field.name in held.column_names
                else pa.nulls(len(held), field.type)
                for field in schema
            ]
            failures: list[Failure] = [] if folder in told else read_failures(folder)
            told.add(folder)
            work.write(number, pa.table(columns, schema=schema), failures)
            number += 1
    return number


def _are_sorted(places: pa.Array) -> bool:
    return bool(pc.all(pc.less_equal(places[:-1], places[1:]), min_count=0).as_py())
