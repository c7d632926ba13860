"""Arrays -> bytes of FITS, ECSV, VOTable, CSV and HDF5 files, with units and provenance.

Knows neither surveys nor results.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Card = tuple[str | int | float | bool, str]
"""Value and comment of a FITS header card."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    """Lower case."""
    values: Sequence[Any] | NDArray[Any]
    unit: str = ""
    """As astropy spells it, such as ``"Angstrom"`` or ``"1e-17 erg / (s cm2 Angstrom)"``; empty for none."""
    description: str = ""


@dataclass(frozen=True)
class OutputTable:
    """Columns of one length."""

    name: str
    columns: tuple[Column, ...]
    cards: Mapping[str, Card] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """An array of two or more dimensions, last axis x."""

    name: str
    values: NDArray[Any]
    unit: str
    cards: Mapping[str, Card] = field(default_factory=dict)


def fits_bytes(
    parts: Sequence[OutputTable | Picture], cards: Mapping[str, Card], *, history: Sequence[str] = ()
) -> bytes:
    """A FITS file: an empty primary HDU with ``cards`` and ``history``, then an HDU per part with the cards.

    Text in cards is cut after 60 characters, and comments where the card ends. FITS holds ASCII only: other
    characters of text columns are written as Python escapes (``\\xe9``), which `text_of_fits` reads.
    """
    from astropy.io import fits as astropy_fits

    primary = astropy_fits.PrimaryHDU()
    _put(primary.header, cards)
    for line in history:
        primary.header["HISTORY"] = _ascii(line)
    hdus = [primary]
    for part in parts:
        if isinstance(part, Picture):
            hdu = astropy_fits.ImageHDU(np.asarray(part.values), name=part.name)
            hdu.header["BUNIT"] = part.unit
        else:
            columns = [_ascii_column(one) for one in part.columns]
            hdu = astropy_fits.BinTableHDU(_astropy_table(columns), name=part.name)
            for i, column in enumerate(columns, start=1):
                if column.unit:  # astropy leaves out units that the FITS standard lacks, such as nanomaggies
                    hdu.header.setdefault(f"TUNIT{i}", column.unit)
        _put(hdu.header, {**cards, **part.cards})
        hdus.append(hdu)
    stream = io.BytesIO()
    astropy_fits.HDUList(hdus).writeto(stream, checksum=True)
    return stream.getvalue()


def text_of_fits(text: str) -> str:
    """A cell of text that `fits_bytes` wrote, with the characters that FITS does not hold."""
    return re.sub(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U000[0-9a-f]{5})", lambda one: _character(one[0]), text)


def ecsv(columns: Sequence[Column], meta: Mapping[str, Any]) -> bytes:
    """A table that astropy and TOPCAT read with its units; ``meta`` holds plain values."""
    table = _astropy_table(columns)
    table.meta.update(meta)
    stream = io.StringIO()
    table.write(stream, format="ascii.ecsv")
    return stream.getvalue().encode()


def votable(columns: Sequence[Column], meta: Mapping[str, Any]) -> bytes:
    """A VOTable, for TOPCAT and Aladin; ``meta`` holds plain values, written as INFO elements."""
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import Info

    document = from_table(_astropy_table(columns))
    document.resources[0].infos.extend(Info(name=name, value=str(value)) for name, value in meta.items())
    stream = io.BytesIO()
    # not as TABLEDATA: astropy's writer of it overruns its buffer
    # (https://github.com/astropy/astropy/issues/20419)
    document.to_xml(stream, tabledata_format="binary2")
    return stream.getvalue()


def csv(columns: Sequence[Column]) -> bytes:
    """Comma-separated values under one line of names; units are in the ECSV."""
    stream = io.StringIO()
    _astropy_table(columns).write(stream, format="ascii.csv")
    return stream.getvalue().encode()


def hdf5(groups: Mapping[str, Mapping[str, NDArray[Any]]]) -> bytes:
    """An HDF5 file: group -> data set -> array."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for group, arrays in groups.items():
            for name, values in arrays.items():
                file.create_dataset(f"{group}/{name}", data=values)
    return stream.getvalue()


def _astropy_table(columns: Sequence[Column]) -> Any:
    from astropy.table import Column as AstropyColumn
    from astropy.table import Table as AstropyTable

    return AstropyTable(
        [
            AstropyColumn(  # an empty list still is a column of numbers
                np.asarray(one.values), one.name, unit=one.unit or None, description=one.description
            )
            for one in columns
        ]
    )


def _put(header: Any, cards: Mapping[str, Card]) -> None:
    for name, (value, comment) in cards.items():
        text = _ascii(value)[:60] if isinstance(value, str) else value
        room = 80 - len("KEYWORD = ''" + str(text)) - len(" / ")  # a card has 80 characters
        header[name] = (text, _ascii(comment)[: max(room, 0)])


def _ascii(text: str) -> str:
    """FITS headers hold ASCII only, in one line."""
    return re.sub(r"[^ -~]", "?", " ".join(text.replace("Å", "Angstrom").split()))


def _ascii_column(column: Column) -> Column:
    cells = np.asarray(column.values)
    if cells.dtype.kind == "U" and cells.size:
        cells = np.char.encode(cells, "ascii", "backslashreplace")
    return replace(column, name=_ascii(column.name), unit=_ascii(column.unit), values=cells)


def _character(escape: str) -> str:
    """``\\xe9`` -> ``é``."""
    return chr(int(escape[2:], 16))
