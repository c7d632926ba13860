"""A catalog of a person's own objects: files -> objects -> tokens and embeddings, batch by batch -> a folder
like the reference catalog's.

Every batch is kept on disk when it is done, in a folder named after the content of the files and the weights,
so that what was embedded once is never embedded again. Knows nothing of pages.
"""

import hashlib
import io
import json
import logging
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import aion
from aion import previews
from aion.catalog import VERSION, Catalog, Manifest, Previews
from aion.errors import AIONError, InputError
from aion.explorer.catalogs.user_batches import embed_batch, keep
from aion.explorer.engine import Engine
from aion.io import SkyObject, read_many

BATCH = 16
"""Objects embedded and kept together; between two batches the engine answers others or stops."""
MOST = 20_000
"""Objects of one catalog."""
CATALOG, PARTS, MARKER = "catalog", "parts", ".aion-user-catalog"
"""In the folder of some files: the catalog, when it is complete; the batches; and the sign that the folder
was made here, which is as old as the last question for it."""
KEPT_DAYS = 7
"""After which a folder that nobody asked for is deleted."""
UPLOAD_LABEL = "uploaded"
"""Label of such a catalog."""

_door = threading.Lock()
"""Held while anything of these folders is read, comes or goes: several sessions may ask for the same."""

File = io.BytesIO | Path  # an upload with its ``name``, or a file on disk


@dataclass(frozen=True)
class Problem:
    """Something of the files that is not in the catalog."""

    what: str
    """Name of the file, or id of the object."""
    why: str
    may_pass: bool = False
    """Whether the same work, done again, may go better: a service did not answer."""


@dataclass(frozen=True)
class Progress:
    """How far the work is."""

    step: str
    done: int = 0
    total: int = 0
    unit: str = "objects"
    """Of ``done`` and ``total``: ``"files"`` while they are read, ``"targets"`` while they are fetched."""
    pace: float | None = None
    """Seconds that each takes at present, where that is measured."""


@dataclass(frozen=True)
class CatalogJobResult:
    """A catalog of what could be embedded."""

    catalog: Catalog
    problems: tuple[Problem, ...]
    total: int
    """Objects that were read: more than there are in the catalog and among the problems where the work was
    stopped before its end."""
    complete: bool
    """Whether it went to the end."""


@dataclass(frozen=True, order=True)
class _InputFile:
    """A file as it was given; ordered by name and content, so that the order of an upload does not matter."""

    name: str
    sha256: str
    file: File = field(compare=False)

    @classmethod
    def of(cls, file: File) -> Self:
        name = Path(str(getattr(file, "name", "") or "upload")).name
        if isinstance(file, Path):
            with file.open("rb") as stream:
                return cls(name, hashlib.file_digest(stream, "sha256").hexdigest(), file)
        data = file.getvalue()
        return cls(name, hashlib.sha256(data).hexdigest(), _UploadCopy(data, name))


class _UploadCopy(io.BytesIO):
    """An upload with a place of its own to read from: stopped work may still be reading the same one."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


class StopRequest(Exception):  # noqa: N818 - a person's wish, not an error
    """The work was asked to stop while it read files."""


class CatalogJob:
    """The work on one catalog, in its own thread; the engine does it batch by batch, between other work."""

    def __init__(self, files: Sequence[File], engine: Engine, root: Path) -> None:
        self.progress = Progress("Reading", unit="files")
        self.result: CatalogJobResult | None = None
        """What there is when the work is over; None where nothing could be embedded."""
        self.problem: str | None = None
        """Why there is no catalog; None also where it was told to stop before anything was embedded."""
        self.embedded = 0
        """Objects that the model was asked about: those that were kept before are not."""
        self.since = 0.0
        """Seconds, monotonic, when the first of those was asked about."""
        self._files, self._engine, self._root = tuple(files), engine, root
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aion-own-catalog", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """False also where it was told to stop while it reads: there is nothing to keep, and nobody has to
        wait for the end of a file."""
        return self._thread.is_alive() and not (self.is_stopping and self.progress.unit != "objects")

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End after the present batch; what is embedded stays, and a catalog is made of it."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Until it is over, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.result = self._make()
        except StopRequest:
            return
        except AIONError as exc:
            self.problem = str(exc)
        except Exception as exc:  # a thread has nobody else to tell
            logging.getLogger(__name__).exception("a catalog could not be made")
            reason = getattr(exc, "strerror", None) or exc  # without the path on the server
            self.problem = (
                f"The catalog could not be made ({type(exc).__name__}: {reason}); "
                "the log of the server has the details."
            )

    def _make(self) -> CatalogJobResult:
        sha256 = self._engine.info.sha256
        files = sorted(map(_InputFile.of, self._files))
        folder = self._root / _key(files, sha256)
        forget_old(self._root)
        with _door:
            kept = stored_result(folder, sha256)
        if kept is not None:
            return kept
        targets, problems = self._read(files)
        targets = _with_ids_that_differ(targets)
        batches = [targets[first : first + BATCH] for first in range(0, len(targets), BATCH)]
        parts: list[pd.DataFrame] = []
        for number, batch in enumerate(batches):
            self.progress = Progress("Embedding", min(number * BATCH, len(targets)), len(targets))
            part = self._part(folder / PARTS / f"{number:05d}.parquet", batch)
            if part is None:
                break
            parts.append(part)
        done = sum(map(len, batches[: len(parts)]))
        self.progress = Progress("Drawing the map and saving the catalog", done, len(targets))
        is_final = done == len(targets) and not any(part["is_fault"].any() for part in parts)
        place = folder / (CATALOG if is_final else uuid4().hex)  # what is not saved is like no other
        result = _job_result(place, parts, sha256, [given.name for given in files], problems, len(targets))
        if is_final:
            with _door, suppress(FileExistsError):  # others may have made the same meanwhile
                _claim(folder)
                result.catalog.save(place)
        return result

    def _part(self, path: Path, batch: Sequence[SkyObject]) -> pd.DataFrame | None:
        """What is kept of these objects, or else computed and, where this program made no fault, kept; None
        where it was told to stop."""
        with _door, suppress(FileNotFoundError):
            return pd.read_parquet(path)
        self.since = self.since or time.monotonic()
        if self.is_stopping:
            return None
        part = embed_batch(self._engine, batch)
        if not part["is_fault"].any():
            with _door:
                _claim(path.parent.parent)
                keep(path, part)
        self.embedded += len(batch)
        return part

    def _read(self, files: Sequence[_InputFile]) -> tuple[list[SkyObject], list[Problem]]:
        """The objects of all files, and what could not be read."""
        targets, unread = read_many(self._each(files))
        problems = [Problem(one.source, one.why) for one in unread]
        if not targets:
            raise InputError(
                "no object could be read: " + "; ".join(f"{one.what}: {one.why}" for one in problems[:3])
            )
        if len(targets) > MOST:
            raise InputError(
                f"the files hold {len(targets):,} objects; up to {MOST:,} go into one catalog: choose the "
                "ones you need"
            )
        return targets, problems

    def _each(self, files: Sequence[_InputFile]) -> Iterator[File]:
        for number, given in enumerate(files):
            if self.is_stopping:
                raise StopRequest
            self.progress = Progress(f"Reading {given.name}", number, len(files), "files")
            yield given.file


def _key(files: Sequence[_InputFile], model_sha256: str) -> str:
    """Name of the folder for these files and weights."""
    content = [
        aion.__version__,
        f"catalog {VERSION}",
        model_sha256,
        *(f"{given.name} {given.sha256}" for given in files),
    ]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:32]


def _claim(folder: Path) -> None:
    """Make the folder of some files, or say that it is still asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def stored_result(folder: Path, model_sha256: str) -> CatalogJobResult | None:
    """The catalog that lies in the folder of some files, in memory; None where there is none yet.

    Raises:
        IndexMismatchError: other weights made it.
    """
    if not (folder / CATALOG).is_dir():
        return None
    _claim(folder)
    catalog = Catalog.load(folder / CATALOG, model_sha256=model_sha256).in_memory()  # the folder may go
    details = catalog.manifest.details
    return CatalogJobResult(
        catalog, tuple(Problem(**one) for one in details["problems"]), int(details["total"]), complete=True
    )


def forget_old(root: Path, *, days: float = KEPT_DAYS) -> None:
    """Delete the folders made here that nobody asked for so many days."""
    with _door:
        for marker in root.glob(f"*/{MARKER}"):
            if time.time() - marker.stat().st_mtime > days * 86_400:
                shutil.rmtree(marker.parent, ignore_errors=True)


def forget(catalog: Catalog) -> None:
    """Delete all that is kept of a catalog that was made here, with what was fetched for it; who has it open
    still has it in memory."""
    folder = catalog.folder.parent
    with _door:
        for made_here in (folder, folder.parent):
            if (made_here / MARKER).is_file():
                shutil.rmtree(made_here, ignore_errors=True)


def zip_folder(catalog: Catalog) -> bytes:
    """The folder of a catalog as one file, also where it is gone; unpacked, ``AION_CATALOG`` may name it."""
    stream = io.BytesIO()
    # nearly all of it is compressed already
    with TemporaryDirectory() as place, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        catalog.save(Path(place, "catalog"))
        for path in sorted(path for path in Path(place, "catalog").rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(place))
    return stream.getvalue()


def _job_result(
    folder: Path,
    parts: list[pd.DataFrame],
    sha256: str,
    files: list[str],
    problems: list[Problem],
    total: int,
) -> CatalogJobResult:
    """The catalog of these batches, in memory."""
    if not parts:
        raise StopRequest
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.reindex(columns=[*dict.fromkeys([*rows, "row", "picture", "spectrum"])])
    rows = rows.astype(object).where(rows.notna(), None)
    problems = problems + [
        Problem(id, why) for id, whys in zip(rows["id"], rows["problems"], strict=True) for why in whys
    ]
    rows = rows[rows["row"].notna()].reset_index(drop=True)
    if rows.empty:
        raise InputError(
            "none of the objects could be embedded: "
            + "; ".join(f"{one.what}: {one.why}" for one in problems[:3])
        )
    table = pd.DataFrame(map(json.loads, rows["row"]))
    table.insert(0, "id", rows["id"].astype(str))
    details = {"files": files, "total": total, "problems": [asdict(one) for one in problems]}
    nothing = np.full(len(previews.wavelength()), np.nan)
    catalog = Catalog.build(
        folder,
        Manifest(UPLOAD_LABEL, sha256, details=details),
        table,
        [{key: ids.astype(np.int64) for key, ids in one.items()} for one in _columns(rows, "tokens ")],
        _columns(rows, "vector "),
        Previews(
            rows["picture"].to_list(),
            previews.wavelength(),
            np.stack([nothing if row is None else row for row in rows["spectrum"]]),
        ),
    )
    return CatalogJobResult(catalog, tuple(problems), total, complete=sum(map(len, parts)) == total)


def _columns(rows: pd.DataFrame, prefix: str) -> list[dict[str, NDArray[Any]]]:
    """Name without the prefix -> value, of each row; only what it has."""
    names = [name for name in rows if name.startswith(prefix)]
    return [
        {
            name.removeprefix(prefix): value
            for name, value in zip(names, values, strict=True)
            if value is not None
        }
        for values in rows[names].itertuples(index=False)
    ]


def _with_ids_that_differ(targets: Sequence[SkyObject]) -> list[SkyObject]:
    taken: set[str] = set()
    renamed: list[SkyObject] = []
    for target in targets:
        id, number = target.id, 2
        while id in taken:
            id, number = f"{target.id} ({number})", number + 1
        taken.add(id)
        renamed.append(target if id == target.id else replace(target, id=id))
    return renamed
