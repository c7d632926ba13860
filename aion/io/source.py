"""A path, bytes or an open file -> the bytes of one file, unpacked and within limits. Knows no astronomy."""

import bz2
import hashlib
import io
import lzma
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aion.errors import FormatError

MAX_FILE_BYTES = 512 * 2**20
"""Largest file that is taken; a DESI healpix of coadds or a Legacy Survey brick fits."""
MAX_UNPACKED_BYTES = 2**30
"""Most that a compressed file may unpack to, whatever its kind."""
XZ_MEMORY = 2**28
"""Bytes of memory that unpacking xz may take; its highest setting takes 65 MB."""

_PACKED: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (  # first bytes, kind of file, what undoes it
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(wbits=31)),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY)),
)
_ENDING = re.compile(
    r"(?<=.)\.(fits?|parquet|hdf5|h5|csv|ecsv|tsv|txt|dat|npz|npy|json|xml|vot)?(\.(gz|fz|bz2|xz))?$", re.I
)
NO_FLUXES = (
    "download the FITS version: a picture has no fluxes. Cutouts are at "
    "https://www.legacysurvey.org/viewer/fits-cutout?ra=..&dec=..&layers=ls-dr10&bands=grz and "
    "https://hsc-release.mtk.nao.ac.jp/das_cutout/pdr3/ , spectra (spec-*.fits) at skyserver.sdss.org"
)
_NO_PICKLES = "save it as npz or FITS: pickles can run code and are never opened"
_UNPACK = "unpack it first and give the files in it"
_FOREIGN = (  # pattern of the first bytes, what it is, what to do
    (rb"\x89PNG", "a PNG picture", NO_FLUXES),
    (rb"\xff\xd8\xff", "a JPEG picture", NO_FLUXES),
    (rb"GIF8", "a GIF picture", NO_FLUXES),
    (rb"II\*\0|MM\0\*", "a TIFF picture", NO_FLUXES),
    (rb"RIFF....WEBP", "a WebP picture", NO_FLUXES),
    (rb"BM....\0\0\0\0", "a BMP picture", NO_FLUXES),
    (rb"....ftyp(?:heic|avif|mif1)", "a HEIF picture", NO_FLUXES),
    (rb"%PDF", "a PDF document", "give the data behind it, as FITS or a table"),
    (rb"\x80[\x02-\x05]", "a Python pickle", _NO_PICKLES),
    (rb".{257}ustar", "a tar archive", _UNPACK),
    (rb"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (rb"Rar!", "a RAR archive", _UNPACK),
    (rb"\x28\xb5\x2f\xfd", "a Zstandard file", _UNPACK),
    (rb"\x1f\x9d", "a file of compress (.Z)", _UNPACK),
    (rb"\xd0\xcf\x11\xe0", "an old Excel workbook", "export the sheet as CSV"),
    (rb"#ASDF", "an ASDF file", "export it as FITS or ECSV"),
    (rb"ARROW1", "an Arrow file", "save it as Parquet"),
    (rb"SQLite format", "a SQLite database", "export the table as CSV or FITS"),
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
        return _ENDING.sub("", Path(self.name).name)


def load(source: Any, name: str | None) -> File | None:
    """The file behind a path, bytes or an open file; None for anything else.

    Raises:
        FormatError: it is missing, empty, too large, or of a kind that is never read.
    """
    if isinstance(source, (str, os.PathLike)):
        data, name = _read_path(source), name or Path(source).name
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, io.IOBase) or (hasattr(source, "read") and hasattr(source, "seek")):
        data, name = _read_stream(source), name or Path(str(getattr(source, "name", "") or "upload")).name
    else:
        return None
    name = name or "upload"
    check_size(len(data), name)
    if not data:
        raise FormatError(
            f"{name} is empty; a FITS, Parquet, HDF5, npz or table file with an object in it is expected"
        )
    unpacked = unpack(data, name)
    for start, what, advice in _FOREIGN:
        if re.match(start, unpacked[:512], re.DOTALL):
            raise FormatError(f"{name} is {what}, which holds no data that can be read here; {advice}")
    return File(name, unpacked, hashlib.sha256(data).hexdigest())


def check_size(size: int, name: str) -> None:
    """Raises FormatError for a file above MAX_FILE_BYTES."""
    if size > MAX_FILE_BYTES:
        raise FormatError(
            f"{name} has {size / 2**20:,.0f} MB; files up to {MAX_FILE_BYTES / 2**20:,.0f} MB are read: "
            "cut out the objects you need"
        )


def check_unpacked(size: int, what: str) -> None:
    """Raises FormatError for something that says it unpacks to more than MAX_UNPACKED_BYTES."""
    if size > MAX_UNPACKED_BYTES or size < 0:
        raise FormatError(
            f"{what} unpacks to {size / 2**20:,.0f} MB; up to {MAX_UNPACKED_BYTES / 2**20:,.0f} MB are read: "
            "cut out the objects you need"
        )


def unpack(data: bytes, name: str) -> bytes:
    """Gzip, bzip2 and xz are undone, up to MAX_UNPACKED_BYTES; everything else is passed on."""
    magic, kind, decompressor = next((row for row in _PACKED if data.startswith(row[0])), (b"", "", None))
    if decompressor is None:
        return data
    parts: list[bytes] = []
    while data.startswith(magic):  # files put one after the other are one, as for gunzip
        unpacking = decompressor()
        try:
            parts.append(unpacking.decompress(data, MAX_UNPACKED_BYTES + 1))
        except (zlib.error, OSError, lzma.LZMAError) as exc:
            raise FormatError(f"{name} is a damaged {kind} file ({exc}); download it again") from exc
        check_unpacked(sum(map(len, parts)), name)
        if not unpacking.eof:
            raise FormatError(f"{name} is a {kind} file that ends early; download it again")
        data = unpacking.unused_data
    return b"".join(parts)


def _read_path(source: str | os.PathLike[str]) -> bytes:
    if re.match(r"(?:https?|ftp|s3)://", str(source)):
        raise FormatError(f"{str(source)[:200]} is an address; download the file first and give its path")
    path = Path(source)
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
    if data == b"" and getattr(stream, "seekable", bool)() and stream.tell():
        raise FormatError("the file was read to its end before; go back to its start with seek(0)")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise FormatError(f"the file gives {type(data).__name__} instead of bytes; open it in binary mode")
    return bytes(data)


def as_stream(data: bytes) -> io.BytesIO:
    """The bytes as an open file."""
    return io.BytesIO(data)
