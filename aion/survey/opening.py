"""Whatever is named -> a source: a HATS catalog, or files, folders and zips with files in them."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from aion.errors import InputError
from aion.io import Overrides
from aion.survey.contract import kept_columns
from aion.survey.hats_catalog import is_hats
from aion.survey.hats_source import open_hats
from aion.survey.row_files import row_partitions
from aion.survey.sources import FILES, FILES_BYTES, FilePartition, InputFile, Partition, SurveySource


def open_source(
    paths: Sequence[str | Path], *, overrides: Overrides | None = None, strict: bool = False
) -> SurveySource:
    """Folders with all that is in them, zip files and single files.

    Args:
        overrides: Values that replace what would be detected, of every file.
        strict: Whether an object of which anything would have to be assumed is left out.

    Raises:
        InputError: there is nothing of that name, or no file in it.
    """
    overrides = overrides or Overrides()
    hats = [str(path) for path in paths if is_hats(str(path))]
    if hats and len(paths) > 1:
        raise InputError(f"{hats[0]} is a HATS catalog; name one, and nothing else with it")
    if hats:
        return open_hats(hats[0], overrides, strict)
    files = sorted({file for path in paths for file in _files_in(Path(path))}, key=lambda one: one.name)
    if not files:
        raise InputError(
            f"{', '.join(map(str, paths))}: there are no files in it; name files, folders or a zip"
        )
    partitions, kept = _partitions(files, overrides, strict)
    shared = _shared_folder(files)
    return SurveySource(
        partitions,
        "files",
        [(one.name.removeprefix(shared), one.size) for one in files],
        kept,
        settings={"overrides": list(overrides.texts), "strict": strict},
    )


def _partitions(
    files: Sequence[InputFile], overrides: Overrides, strict: bool
) -> tuple[list[Partition], dict[str, pa.DataType]]:
    """Files of rows by themselves, and the others in groups; and the columns that are kept of the former."""
    by_rows = {
        file: None if file.member else row_partitions(str(file.path), overrides, strict) for file in files
    }
    partitions: list[Partition] = []
    kept: dict[str, pa.DataType] = {}
    for is_plain, some in groupby(files, key=lambda file: by_rows[file] is None):
        if is_plain:
            partitions += [FilePartition(tuple(group), overrides, strict) for group in _groups(list(some))]
            continue
        for found in (by_rows[file] for file in some):
            if found is not None:
                partitions += found[0]
                kept |= dict(kept_columns(found[1]).values())
    return partitions, kept


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
    with zipfile.ZipFile(path) as archive:
        held = [one for one in archive.infolist() if not one.is_dir()]
    if all(one.filename.endswith(".npy") for one in held):
        return []
    visible = [one for one in held if not re.search(r"(^|/)(\.|__MACOSX/)", one.filename)]
    return [InputFile(path, one.filename, one.file_size) for one in visible]


def _groups(files: Sequence[InputFile]) -> Iterable[list[InputFile]]:
    """Files in their order, at most `FILES` and about `FILES_BYTES` together, namesakes in one."""
    group: list[InputFile] = []
    for file in files:
        full = len(group) >= FILES or sum(one.size for one in group) + file.size > FILES_BYTES
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
