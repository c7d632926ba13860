"""Whatever is named -> a source: a HATS catalog, or files, folders and zips with files in them."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from aion.errors import InputError
from aion.explorer.survey.contract import kept_columns
from aion.explorer.survey.hats_catalog import is_hats
from aion.explorer.survey.hats_source import open_hats
from aion.explorer.survey.pipeline import read_partition
from aion.explorer.survey.row_files import row_partitions
from aion.explorer.survey.sources import (
    FILES,
    FILES_BYTES,
    FilePartition,
    InputFile,
    Partition,
    PartitionInput,
    ReadPartition,
    SurveySource,
)
from aion.io import Overrides


def open_source(
    paths: Sequence[str | Path],
    *,
    overrides: Overrides | None = None,
    strict: bool = False,
    most: int | None = None,
) -> SurveySource:
    """Folders with all that is in them, zip files and single files.

    Args:
        overrides: Values that replace what would be detected, of every file.
        strict: Whether an object of which anything would have to be assumed is left out.
        most: Objects of a partition, for a person who looks on. Files that go into one partition are read at
            once and cut by their objects; of more files, so many are a partition. None: as `FILES` and
            `row_files.ROWS` say.

    Raises:
        InputError: there is nothing of that name, or no file in it.
    """
    overrides = overrides or Overrides()
    hats = [str(path) for path in paths if is_hats(str(path))]
    if hats and len(paths) > 1:
        raise InputError(f"{hats[0]} is a HATS catalog; name one, and nothing else with it")
    if hats:
        return open_hats(hats[0], overrides, strict)
    files = list_files(paths)
    if not files:
        raise InputError(
            f"{', '.join(map(str, paths))}: there are no files in it; name files, folders or a zip"
        )
    partitions, kept = _partitions(files, overrides, strict, most)
    shared = _shared_folder(files)
    return SurveySource(
        partitions,
        "files",
        [(one.name.removeprefix(shared), one.size) for one in files],
        kept,
        settings={"overrides": list(overrides.texts), "strict": strict},
    )


def list_files(paths: Sequence[str | Path]) -> list[InputFile]:
    """All files in folders and zips, in the order of their names.

    Raises:
        InputError: there is nothing of that name.
    """
    return sorted({file for path in paths for file in _files_in(Path(path))}, key=lambda one: one.name)


def _partitions(
    files: Sequence[InputFile], overrides: Overrides, strict: bool, most: int | None
) -> tuple[list[Partition], dict[str, pa.DataType]]:
    """Files of rows by themselves, and the others in groups; and the columns that are kept of the former."""
    by_rows = {
        file: None if file.member else row_partitions(str(file.path), overrides, strict, most)
        for file in files
    }
    partitions: list[Partition] = []
    kept: dict[str, pa.DataType] = {}
    for is_plain, some in groupby(files, key=lambda file: by_rows[file] is None):
        if is_plain:
            partitions += _of_files(list(some), overrides, strict, most)
            continue
        for found in (by_rows[file] for file in some):
            if found is not None:
                partitions += found[0]
                kept |= dict(kept_columns(found[1]).values())
    return partitions, kept


def _of_files(
    files: list[InputFile], overrides: Overrides, strict: bool, most: int | None
) -> Sequence[Partition]:
    groups = list(_groups(files, FILES))
    if most is not None and len(groups) == 1:
        return _cut_objects(FilePartition(tuple(groups[0]), overrides, strict), most)
    groups = groups if most is None else list(_groups(files, most))
    return [FilePartition(tuple(group), overrides, strict) for group in groups]


def _cut_objects(whole: FilePartition, most: int) -> Sequence[Partition]:
    """What files hold, read now; what is wrong with them is told with the first objects."""
    given, inputs = read_partition(whole), tuple(whole.inputs)
    parts = []
    for first in range(0, max(len(given.targets), 1), most):
        targets = given.targets[first : first + most]
        name = f"{targets[0].id} and {len(targets) - 1} more" if targets else whole.name
        failures = given.failures if first == 0 else ()
        parts.append(ReadPartition(name, PartitionInput(targets, failures), inputs))
    return parts


def _files_in(path: Path) -> Iterable[InputFile]:
    if path.is_dir():
        inside = (one for one in path.rglob("*") if one.is_file())
        visible = (
            one for one in inside if not any(part.startswith(".") for part in one.relative_to(path).parts)
        )
        return [file for one in visible for file in _files_in(one)]
    if not path.is_file():
        raise InputError(f"there is no file or folder {path}")
    members = _members(path)
    return members or [InputFile(path, size=path.stat().st_size)]


def _members(path: Path) -> list[InputFile]:
    """What is in a zip; nothing for other files, of which npz is one."""
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return []
    try:
        with zipfile.ZipFile(path) as archive:
            held = [one for one in archive.infolist() if not one.is_dir()]
    except zipfile.BadZipFile:  # whoever reads it says so
        return []
    if any(one.flag_bits & 1 for one in held):
        raise InputError(f"{path.name} is encrypted; unpack it and give its files")
    if all(one.filename.endswith(".npy") for one in held):
        return []
    visible = [one for one in held if not re.search(r"(^|/)(\.|__MACOSX/)", one.filename)]
    return [InputFile(path, one.filename, one.file_size) for one in visible]


def _groups(files: Sequence[InputFile], most: int) -> Iterable[list[InputFile]]:
    """Files in their order, at most so many and about `FILES_BYTES` together, namesakes in one."""
    group: list[InputFile] = []
    for file in files:
        full = len(group) >= most or sum(one.size for one in group) + file.size > FILES_BYTES
        if group and full and _stem(group[-1]) != _stem(file):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _stem(file: InputFile) -> str:
    """The name up to the first point of its last part."""
    folder, _, name = file.name.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _shared_folder(files: Sequence[InputFile]) -> str:
    """The beginning that the names of all files have in common, up to a slash."""
    first, last = files[0].name, files[-1].name  # they are sorted
    count = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return first[: first.rfind("/", 0, count or len(first)) + 1]
