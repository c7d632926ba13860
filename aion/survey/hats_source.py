"""A HATS catalog as a source: its partitions in ranges of rows, on disk or at an address as hf:// or s3://.

https://www.ivoa.net/documents/Notes/HATS/ and https://hats.readthedocs.io
"""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from aion.errors import InputError
from aion.io import Overrides
from aion.survey.contract import kept_columns
from aion.survey.row_files import cut_rows, open_binary
from aion.survey.sources import Partition, SurveySource

_PROPERTIES = ("hats.properties", "properties")


def is_hats(place: str) -> bool:
    """Whether it is an address, or a folder that says that it holds a HATS catalog or several."""
    return "://" in place or any(
        (Path(place) / name).is_file() for name in (*_PROPERTIES, "collection.properties")
    )


def open_hats(place: str, overrides: Overrides, strict: bool) -> SurveySource:
    """All rows of a catalog, or of the main one of a collection.

    Raises:
        InputError: it is none, or one whose partitions lie in several files each.
    """
    root = place.rstrip("/")
    collection = _properties(root, ("collection.properties",))
    if collection:
        root = f"{root}/{collection['hats_primary_table_url']}"
    stated = _properties(root, _PROPERTIES)
    if not stated:
        raise InputError(f"{place} is no HATS catalog: it has no hats.properties")
    suffix = stated.get("hats_npix_suffix", ".parquet")
    if suffix == "/":
        raise InputError(f"{place} keeps each partition in a folder of files; one file for each is expected")
    partitions: list[Partition] = []
    inputs: list[tuple[str, int]] = []
    pixels = _pixels(root)
    kept: dict[str, pa.DataType] = {}
    for order, pixel in pixels:
        name = f"dataset/Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}{suffix}"
        with open_binary(f"{root}/{name}") as stream:
            file = pq.ParquetFile(stream)
            count, schema = file.metadata.num_rows, file.schema_arrow
        partitions += cut_rows(f"{root}/{name}", count, overrides, strict)
        inputs.append((name, count))
        kept |= dict(kept_columns(schema).values())
    settings = {"overrides": list(overrides.texts), "strict": strict}
    return SurveySource(partitions, "HATS catalog", inputs, kept, settings, pixels)


def _properties(root: str, names: tuple[str, ...]) -> dict[str, str]:
    """Of the first of the files that there is; empty without."""
    for name in names:
        try:
            with open_binary(f"{root}/{name}") as stream:
                lines = stream.read().decode().splitlines()
        except FileNotFoundError:
            continue
        pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
        return {key.strip(): value.strip() for key, _, value in pairs}
    return {}


def _pixels(root: str) -> list[tuple[int, int]]:
    """(order, pixel) of each partition, in their order."""
    try:
        with open_binary(f"{root}/partition_info.csv") as stream:
            rows = list(csv.DictReader(stream.read().decode().splitlines()))
    except FileNotFoundError as exc:
        raise InputError(f"{root} is no complete HATS catalog: it has no partition_info.csv") from exc
    return sorted((int(row["Norder"]), int(row["Npix"])) for row in rows)
