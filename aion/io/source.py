"""Whatever was handed in -> the bytes of one file, unpacked and within limits, or records in memory. Knows no astronomy."""

import hashlib
import io
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aion.errors import FormatError

MAX_FILE_BYTES = 512 * 2**20
"""Largest file that is taken; a DESI healpix of coadds or a Legacy Survey brick fits."""
MAX_UNPACKED_BYTES = 2**30
"""Most that a compressed file may unpack to, whatever its kind."""

FITS_CUTOUTS = (
    "a picture has no fluxes; download the FITS version: "
    "https://www.legacysurvey.org/viewer/fits-cutout?ra=..&dec=..&layers=ls-dr10&bands=grz of the Legacy Survey, "
    "or https://hsc-release.mtk.nao.ac.jp/das_cutout/pdr3/ of HSC"
)
"""What to do with a picture."""
_GZIP = b"\x1f\x8b"
_FOREIGN = (  # first bytes -> what it is, what to do
    (b"\x89PNG", "a PNG picture", FITS_CUTOUTS),
    (b"\xff\xd8\xff", "a JPEG picture", FITS_CUTOUTS),
    (b"GIF8", "a GIF picture", FITS_CUTOUTS),
    (b"%PDF", "a PDF document", "give the data behind it, as FITS or a table"),
    (b"\x80\x02", "a Python pickle", "save it as npz or FITS: pickles can run code and are never opened"),
    (b"\x80\x03", "a Python pickle", "save it as npz or FITS: pickles can run code and are never opened"),
    (b"\x80\x04", "a Python pickle", "save it as npz or FITS: pickles can run code and are never opened"),
    (b"\x80\x05", "a Python pickle", "save it as npz or FITS: pickles can run code and are never opened"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"BZh", "a bzip2 file", "unpack it first"),
    (b"\xfd7zXZ", "an xz file", "unpack it first"),
    (b"#ASDF", "an ASDF file", "export it as FITS or ECSV"),
    (b"ARROW1", "an Arrow file", "save it as Parquet"),
    (b"SQLite format", "a SQLite database", "export the table as CSV or FITS"),
)


@dataclass(frozen=True)
class File:
    """One file in memory."""

    name: str
    data: bytes
    """Unpacked."""
    sha256: str
    """Of the bytes as they were given."""

    @property
    def stem(self) -> str:
        """Its name without folder and endings, for objects that have no id of their own."""
        name = Path(self.name).name
        return re.sub(
            r"(?<=.)\.(fits?|parquet|hdf5|h5|csv|ecsv|txt|dat|npz|npy|json|xml|vot)?(\.(gz|fz))?$",
            "",
            name,
            flags=re.IGNORECASE,
        )


def load(source: Any, name: str | None) -> File | list[Mapping[str, Any]]:
    """The file behind a path, bytes or an open binary file; records for anything else that carries named values.

    Raises:
        FormatError: it is missing, empty, too large, or of a kind that is never read.
    """
    if isinstance(source, (str, os.PathLike)):
        data, name = _read_path(Path(source)), name or Path(source).name
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif hasattr(source, "read"):
        data, name = _read_stream(source), name or Path(str(getattr(source, "name", "") or "upload")).name
    else:
        return _records(source)
    name = name or "upload"
    check_size(len(data), name)
    if not data:
        raise FormatError(
            f"{name} is empty; a FITS, Parquet, HDF5, npz or table file with an object in it is expected"
        )
    unpacked = unpack(data, name)
    for magic, what, advice in _FOREIGN:
        if unpacked.startswith(magic):
            raise FormatError(f"{name} is {what}, which holds no data that can be read here; {advice}")
    return File(name, unpacked, hashlib.sha256(data).hexdigest())


def check_size(size: int, name: str) -> None:
    """Raises FormatError for a file above MAX_FILE_BYTES."""
    if size > MAX_FILE_BYTES:
        raise FormatError(
            f"{name} has {size / 2**20:,.0f} MB; files up to {MAX_FILE_BYTES / 2**20:,.0f} MB are read: cut out the objects you need"
        )


def check_unpacked(size: int, what: str) -> None:
    """Raises FormatError for something that says it unpacks to more than MAX_UNPACKED_BYTES."""
    if size > MAX_UNPACKED_BYTES or size < 0:
        raise FormatError(
            f"{what} unpacks to {size / 2**20:,.0f} MB; up to {MAX_UNPACKED_BYTES / 2**20:,.0f} MB are read: cut out the objects you need"
        )


def unpack(data: bytes, name: str) -> bytes:
    """Gzip is undone, up to MAX_UNPACKED_BYTES; everything else is passed on."""
    if not data.startswith(_GZIP):
        return data
    gunzip = zlib.decompressobj(wbits=31)
    try:
        unpacked = gunzip.decompress(data, MAX_UNPACKED_BYTES + 1)
    except zlib.error as exc:
        raise FormatError(f"{name} is a damaged gzip file ({exc}); download it again") from exc
    check_unpacked(len(unpacked), name)
    if not gunzip.eof:
        raise FormatError(f"{name} is a gzip file that ends early; download it again")
    return unpacked


def _read_path(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder; give the files in it")
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE_BYTES else b""
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except ValueError as exc:  # a null character in the name
        raise FormatError(f"{str(path)!r} is not the name of a file") from exc
    check_size(size, path.name)
    return data


def _read_stream(stream: Any) -> bytes:
    try:
        data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise FormatError(f"the file cannot be read: {exc}; open it again in binary mode") from exc
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise FormatError(f"the file gives {type(data).__name__} instead of bytes; open it in binary mode")
    return bytes(data)


def _records(source: Any) -> list[Mapping[str, Any]]:
    """A mapping, an object with attributes, or something with ``.records`` (as SPARCL's results) -> mappings."""
    if isinstance(source, Mapping):
        inner = source.get("records")
        return (
            [item for entry in inner for item in _records(entry)]
            if isinstance(inner, (list, tuple))
            else [source]
        )
    if isinstance(getattr(source, "records", None), (list, tuple)):
        return [item for entry in source.records for item in _records(entry)]
    if hasattr(source, "__dict__") and vars(source) and not isinstance(source, type):
        return [vars(source)]
    raise FormatError(
        f"a {type(source).__name__} cannot be read; give a path, bytes, an open binary file or a record with named arrays"
    )


def as_stream(data: bytes) -> io.BytesIO:
    """The bytes as an open file."""
    return io.BytesIO(data)
