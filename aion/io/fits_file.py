"""FITS bytes -> HDUs that hand out native arrays on demand. Checks sizes before anything is unpacked."""

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from aion.errors import FormatError
from aion.io.content import Table, lower_names, native
from aion.io.source import as_stream, check_unpacked


@dataclass(frozen=True, eq=False)
class Hdu:
    """One header and its data."""

    name: str
    """EXTNAME, upper-case; empty without one."""
    header: fits.Header
    hdu: Any
    number: int = 0
    """0 for the primary HDU."""

    @property
    def is_table(self) -> bool:
        return isinstance(self.hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(
            self.hdu, fits.CompImageHDU
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the image, numpy order; empty for tables and headers without data."""
        return (
            () if self.is_table else tuple(getattr(self.hdu, "shape", ()))
        )  # kinds that astropy does not know have none

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Lower-case column names; empty for images."""
        count = min(self.count("TFIELDS") if self.is_table else 0, 999)
        return tuple(lower_names(self.header.get(f"TTYPE{i + 1}", "") for i in range(count)))

    def column_cards(self, card: str) -> dict[str, str]:
        """Lower-case column name -> text of its card (``"TUCD"``, ``"TUTYP"``, ``"TCOMM"``)."""
        there = [key for key in self.header if key.startswith(card) and key[len(card) :].isdigit()]
        texts = {int(key[len(card) :]): str(self.header[key]).strip() for key in there}
        return {name: texts[i] for i, name in enumerate(self.columns, start=1) if i in texts}

    @property
    def title(self) -> str:
        """For people: its number and name."""
        return f"HDU {self.number}" + (f" ({self.name})" if self.name else "")

    def count(self, card: str) -> int:
        """The whole number of a card; 0 without."""
        value = self.header.get(card)
        return value if isinstance(value, int) else 0

    def image(self) -> NDArray[Any]:
        """The pixels, native byte order.

        Raises:
            FormatError: there are none, or they unpack to too much.
        """
        if not self.shape or 0 in self.shape:
            raise FormatError(f"HDU {self.name or 'without a name'} holds no pixels")
        check_unpacked(math.prod(self.shape) * 8, f"the image in HDU {self.name or 'without a name'}")
        blank, zero = self.header.get("BLANK"), self.header.get("BZERO", 0)
        pixels = native(self.hdu.data)
        if pixels.dtype.kind == "u" and blank is not None:  # astropy overlooks BLANK of unsigned integers
            return np.where(pixels == blank + zero, np.nan, pixels.astype(np.float32))
        return pixels

    def table(self) -> Table:
        """The columns that hold numbers or text, lower-case names."""
        check_unpacked(self.count("NAXIS1") * self.count("NAXIS2"), f"the table in HDU {self.name}")
        columns: dict[str, NDArray[Any]] = {}
        units: dict[str, str] = {}
        rows = getattr(self.hdu, "data", None)
        if not isinstance(rows, fits.FITS_rec):
            raise FormatError(
                f"HDU {self.name or 'without a name'} is not a table that can be read; download the file "
                "again"
            )
        for i, (name, column) in enumerate(zip(self.columns, rows.columns, strict=True)):
            values = rows.field(i)
            letter = column.format.lstrip("0123456789")[:1]
            if letter in "PQ":
                columns[name] = _ragged(values)
            elif values.dtype.kind in "biufUS" and letter != "X":
                columns[name] = native(values)
            units |= {name: str(column.unit)} if column.unit else {}
        notes = (self.column_cards(card) for card in ("TUCD", "TUTYP", "TCOMM"))
        return Table(columns, units, cards(self.header), "FITS", *notes)


@dataclass(frozen=True)
class FitsFile:
    """All HDUs of a FITS file."""

    hdus: tuple[Hdu, ...]

    @property
    def names(self) -> set[str]:
        return {hdu.name for hdu in self.hdus}

    @property
    def primary(self) -> Hdu:
        return self.hdus[0]

    def find(self, *names: str) -> Hdu | None:
        """The first HDU with one of these names."""
        return next((hdu for name in names for hdu in self.hdus if hdu.name == name), None)

    def images(self) -> list[Hdu]:
        """HDUs with pixels."""
        return [hdu for hdu in self.hdus if hdu.shape and 0 not in hdu.shape]

    def tables(self) -> list[Hdu]:
        """HDUs with rows."""
        return [hdu for hdu in self.hdus if hdu.is_table and hdu.count("NAXIS2") > 0]


def _ragged(rows: Any) -> NDArray[Any]:
    """Arrays of a column whose rows have lengths of their own."""
    arrays = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        arrays[i] = native(row)
    return arrays


def open_fits(data: bytes) -> FitsFile:
    """Raises FormatError: the file ends before its data does."""
    hdus = fits.open(as_stream(data), memmap=False, lazy_load_hdus=False, ignore_missing_simple=False)
    end = 0
    for i, hdu in enumerate(hdus):
        if not hasattr(hdu, "fileinfo"):
            raise FormatError(f"HDU {i} of the FITS file is damaged; download it again")
        place = hdu.fileinfo()
        end = int(place["datLoc"]) + min(
            int(hdu.size), int(place["datSpan"])
        )  # compressed images are smaller than their size says
        if end > len(data):
            raise FormatError(
                f"the FITS file ends early, in HDU {i}: {len(data):,} of at least {end:,} bytes; download "
                "it again"
            )
    rest = data[end + -end % 2880 :]
    if rest.startswith(b"XTENSION"):
        raise FormatError(f"the FITS file is cut or damaged after HDU {len(hdus) - 1}; download it again")
    return FitsFile(tuple(Hdu(_name(hdu), hdu.header, hdu, i) for i, hdu in enumerate(hdus)))


def _name(hdu: Any) -> str:
    return str(hdu.name or "").strip().upper().removeprefix("PRIMARY")


_NOT_THE_TARGETS = {
    "RA": re.compile(r"telescope|\bhours?\b|^\[?h(r|rs)?\]", re.IGNORECASE),
    "DEC": re.compile("telescope", re.IGNORECASE),
    "Z": re.compile(r"zenith|air ?mass|altitude|height|\bmag|km/?s", re.IGNORECASE),
    "REDSHIFT": re.compile("km/?s", re.IGNORECASE),
}
"""Comments that say that a number is of the telescope, in hours, or no redshift."""


def cards(header: fits.Header) -> dict[str, Any]:
    """Header as a plain dict of numbers and text; its comments under COMMENTS, its history left out.

    So are RA, DEC and Z whose comments say that they are not the target's.
    """
    skipped = ("", "COMMENT", "HISTORY")
    comments = "\n".join(str(card.value) for card in header.cards if card.keyword == "COMMENT")
    found: dict[str, Any] = {"COMMENTS": comments} if comments else {}
    for card in header.cards:
        other = _NOT_THE_TARGETS.get(card.keyword) if isinstance(card.value, (int, float)) else None
        if other is not None and other.search(card.comment):
            continue
        if card.keyword not in skipped and isinstance(card.value, (str, int, float, bool, np.generic)):
            found[card.keyword.upper()] = card.value
    return found
