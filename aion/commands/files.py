"""Files that are named on the command line -> objects."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aion.errors import ChoiceNeededError, InputError

if TYPE_CHECKING:
    from aion.io import Overrides, SkyObject


def add_files(parser: argparse.ArgumentParser, *, may_be_none: bool = False) -> None:
    """The files, and how they are read."""
    parser.add_argument(
        "files",
        nargs="*" if may_be_none else "+",
        metavar="FILE",
        help="FITS, ECSV, CSV, VOTable, HDF5, Parquet or npz; any name",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="in place of what is detected, such as medium=air",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="refuse files of which anything, such as the medium, would have to be assumed",
    )


def read_files(files: Sequence[str], overrides: "Overrides", *, strict: bool) -> "list[SkyObject]":
    """The objects of the files.

    Raises:
        InputError: no such file, or none that can be read; with the options that would decide what is open.
    """
    from aion.io import read

    for file in files:
        if not Path(file).is_file():
            raise InputError(f"there is no file {file}")
    try:
        objects = read([Path(file) for file in files], overrides=overrides, strict=strict)
    except InputError as exc:
        choose = _settings(exc.choices) if isinstance(exc, ChoiceNeededError) else ""
        raise InputError(f"{', '.join(files)}: {exc}{choose}") from exc
    if not objects:
        raise InputError(f"no object was found in {', '.join(files)}")
    return objects


def _settings(choices: Sequence[str]) -> str:
    """``; choose with --set medium=vacuum or --set medium=air``, and so for each setting that is open."""
    by_name: dict[str, list[str]] = {}
    for choice in choices:
        by_name.setdefault(choice.partition("=")[0], []).append(f"--set {choice}")
    return "; choose with " + ", ".join(map(" or ".join, by_name.values())) if by_name else ""
