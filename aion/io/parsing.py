"""Bytes -> content, chosen by the first bytes. Errors of libraries leave here as a FormatError."""

import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zipfile import BadZipFile

import numpy as np
from astropy.io.fits import VerifyError

from aion.errors import AIONError, FormatError, explained_fault
from aion.io import arrays_in, astropy_in, tables_in, text_in
from aion.io.content import Records, Table
from aion.io.fits_file import FitsFile, open_fits
from aion.io.source import File
from aion.io.spectrum_records import holds_arrays

Content = FitsFile | Table | Records

DAMAGE = (ValueError, OSError, EOFError, ArithmeticError, BadZipFile, VerifyError, zlib.error)
"""What libraries raise on damaged bytes, beside errors of any type from lines of their own."""
EXPECTED = "a FITS, Parquet, HDF5, npz, npy, JSON, VOTable, ECSV or CSV file is expected"
_KINDS: tuple[tuple[bytes, str, Callable[[bytes], FitsFile | Table | Records]], ...] = (
    (b"SIMPLE  =", "FITS", open_fits),
    (b"\x89HDF\r\n\x1a\n", "HDF5", tables_in.open_hdf5),
    (b"PAR1", "Parquet", tables_in.open_parquet),
    (b"PK\x03\x04", "npz", arrays_in.open_npz),
    (b"\x93NUMPY", "npy", arrays_in.open_npy),
    (b"{", "JSON", arrays_in.open_json),
    (b"[", "JSON", arrays_in.open_json),
    (b"<", "VOTable", astropy_in.open_votable),
    (b"", "a table", text_in.open_text),
)


def parse(file: File) -> Content:
    """The content of a file; tables whose rows hold whole spectra or images come as records.

    Raises:
        FormatError: damaged, too large when unpacked, or of no known kind.
    """
    start = file.data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    kind, open_it = next((kind, opener) for magic, kind, opener in _KINDS if start.startswith(magic))
    with foreign_errors(f"{file.name} cannot be read as {kind}", f"if it is not damaged, {EXPECTED}"):
        try:
            return rows_or_pixels(open_it(file.data))
        except FormatError as exc:  # openers do not know the name of the file, and a person gave several
            raise FormatError(f"{file.name}: {exc}") from exc


def rows_or_pixels(content: Content) -> Content:
    """A table whose rows hold whole spectra or images as records; everything else as it is."""
    if isinstance(content, Table) and holds_arrays(content):
        return Records(tuple(content.rows()))
    return content


@contextmanager
def foreign_errors(what: str, advice: str) -> Iterator[None]:
    """Errors of astropy, pyarrow, h5py ... on damaged bytes become a FormatError that begins with `what`.

    Infinities in the data are found and reported, so that numpy need not warn of them; what libraries warn
    of is left to the filters of the process, which threads share and nobody may change for a while.

    Raises:
        FaultError: a line of ours failed; the log has its traceback.
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except AIONError:
        raise
    except Exception as exc:
        reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:200]
        if _is_of_the_data(exc):
            raise FormatError(f"{what}: {reason}; {advice}") from exc
        raise explained_fault(exc) from exc


def _is_of_the_data(exc: Exception) -> bool:
    """Whether bytes or values that are not what they claim to be raise this; a slip of ours does not.

    On damaged files libraries raise errors of any type, TypeError and KeyError among them, but from lines
    of their own.
    """
    if isinstance(exc, DAMAGE):
        return True
    frames = [frame for frame, _ in traceback.walk_tb(exc.__traceback__)]
    return not str(frames[-1].f_globals["__name__"]).startswith("aion.")
