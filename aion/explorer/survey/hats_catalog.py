"""A HATS catalog where it lies, on disk or at an address: what it says of itself, and its files.

https://www.ivoa.net/documents/Notes/HATS/ and https://hats.readthedocs.io
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aion.errors import InputError
from aion.explorer.survey.row_files import open_binary

_PROPERTIES = ("hats.properties", "properties")


def is_hats(place: str) -> bool:
    """Whether it is an address, or a folder that says that it holds a HATS catalog or several."""
    return "://" in place or any(
        (Path(place) / name).is_file() for name in (*_PROPERTIES, "collection.properties")
    )


@dataclass(frozen=True)
class HatsCatalog:
    """A catalog, or the main one of a collection. Made by `open`."""

    root: str
    """Its folder or address."""
    stated: Mapping[str, str]
    """Its properties."""
    pixels: tuple[tuple[int, int], ...]
    """(order, pixel) of each partition, by order and then by pixel."""

    @classmethod
    def open(cls, place: str) -> Self:
        """That of a folder or an address. ``hats://HOST/path`` is what a web server has there, as
        ``https://HOST/path``.

        Raises:
            InputError: there is none, or one whose partitions lie in several files each.
        """
        root = place.rstrip("/").replace("hats://", "https://", 1)
        collection = _properties(root, ("collection.properties",))
        if collection:
            root = f"{root}/{collection['hats_primary_table_url']}"
        stated = _properties(root, _PROPERTIES)
        if not stated:
            raise InputError(f"{place} is no HATS catalog: it has no hats.properties")
        if stated.get("hats_npix_suffix") == "/":
            raise InputError(
                f"{place} keeps each partition in a folder of files; one file for each is expected"
            )
        return cls(root, stated, tuple(_pixels(root)))

    @property
    def name(self) -> str:
        """For people."""
        return self.stated.get("obs_collection") or self.root.rpartition("/")[2]

    @property
    def position_columns(self) -> tuple[str, str]:
        """Of right ascension and declination, degrees."""
        return self.stated.get("hats_col_ra", "ra"), self.stated.get("hats_col_dec", "dec")

    def file(self, order: int, pixel: int) -> str:
        """Of a partition, below the root."""
        suffix = self.stated.get("hats_npix_suffix", ".parquet")
        return f"dataset/Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}{suffix}"


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
    try:
        with open_binary(f"{root}/partition_info.csv") as stream:
            rows = list(csv.DictReader(stream.read().decode().splitlines()))
    except FileNotFoundError as exc:
        raise InputError(f"{root} is no complete HATS catalog: it has no partition_info.csv") from exc
    return sorted((int(row["Norder"]), int(row["Npix"])) for row in rows)
