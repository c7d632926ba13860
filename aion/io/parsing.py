"""Bytes -> content, chosen by the first bytes. Every library's error on bad bytes leaves here as a FormatError."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from astropy.utils.exceptions import AstropyWarning

from aion.errors import AIONError, FormatError
from aion.io import arrays_in, tables_in
from aion.io.content import Records, Table
from aion.io.fits_file import FitsFile, open_fits
from aion.io.source import File

Content = FitsFile | Table | Records

EXPECTED = "a FITS, Parquet, HDF5, npz, npy, JSON, VOTable, ECSV or CSV file is expected"
_KINDS = (
    (b"SIMPLE  =", "FITS", open_fits),
    (b"\x89HDF\r\n\x1a\n", "HDF5", tables_in.open_hdf5),
    (b"PAR1", "Parquet", tables_in.open_parquet),
    (b"PK\x03\x04", "npz", arrays_in.open_npz),
    (b"\x93NUMPY", "npy", arrays_in.open_npy),
    (b"{", "JSON", arrays_in.open_json),
    (b"[", "JSON", arrays_in.open_json),
    (b"<", "VOTable", tables_in.open_votable),
)


def parse(file: File) -> Content:
    """The content of a file; tables whose rows hold whole spectra or images come as records.

    Raises:
        FormatError: damaged, too large when unpacked, or of no known kind.
    """
    start = file.data[:64].lstrip(b"\xef\xbb\xbf \t\r\n") if not file.data.startswith((b"\x89", b"\x93")) else file.data[:64]
    kind, open_it = next(((kind, opener) for magic, kind, opener in _KINDS if start.startswith(magic)), ("text", tables_in.open_text))
    with foreign_errors(f"{file.name} cannot be read as {'a table' if kind == 'text' else kind}", f"if it is not damaged, {EXPECTED}"):
        content = _opened(file, open_it)
        if isinstance(content, Table) and content.holds_arrays():
            return Records(tuple(content.rows()))
        return content


def _opened(file: File, open_it: Callable[[bytes], Content]) -> Content:
    """The openers do not know the name of the file, and a person gave several."""
    try:
        return open_it(file.data)
    except FormatError as exc:
        raise FormatError(f"{file.name}: {exc}") from exc


@contextmanager
def foreign_errors(what: str, advice: str) -> Iterator[None]:
    """Errors of astropy, pyarrow, h5py ... become a FormatError that begins with `what`; their warnings are not passed on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            warnings.simplefilter("ignore", RuntimeWarning)  # numpy on infinities in the data, which are found and reported
            warnings.simplefilter("ignore", UserWarning)
            yield
    except AIONError:
        raise
    except Exception as exc:
        reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:200]
        raise FormatError(f"{what}: {reason}; {advice}") from exc
