"""FITS bytes -> HDUs that hand out native arrays on demand. Checks sizes before anything is unpacked.

What is in plain form is read from the bytes; for anything else astropy opens the file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from aion.errors import FormatError
from aion.io.content import Table, lower_names, native
from aion.io.fits_header import Header, cards
from aion.io.fits_plain import Block, blocks_of, pixels, stored_columns
from aion.io.source import as_stream, check_unpacked


class _Astropy:
    """The file as astropy opens it, when it is first needed."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def hdus(self) -> Sequence[Any]:
        stream = as_stream(self.data)
        found: Sequence[Any] = fits.open(
            stream, memmap=False, lazy_load_hdus=False, ignore_missing_simple=False
        )
        return found


@dataclass(frozen=True, eq=False)
class Hdu:
    """One header and its data."""

    name: str
    """EXTNAME, upper-case; empty without one."""
    header: Header
    number: int
    """0 for the primary HDU."""
    file: _Astropy
    block: Block | None
    """None where only astropy can tell what it is."""

    @property
    def is_table(self) -> bool:
        if self.block is not None:
            return self.block.is_table
        return isinstance(self._hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(
            self._hdu, fits.CompImageHDU
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the image, numpy order; empty for tables and headers without data."""
        if self.is_table:
            return ()
        if self.block is not None:
            return self.block.shape
        return tuple(getattr(self._hdu, "shape", ()))  # kinds that astropy does not know have none

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
        stored = pixels(self.block) if self.block is not None else None
        values = native(self._hdu.data) if stored is None else stored
        if values.dtype.kind == "u" and blank is not None:  # astropy overlooks BLANK of unsigned integers
            return np.where(values == blank + zero, np.nan, values.astype(np.float32))
        return values

    def table(self) -> Table:
        """The columns that hold numbers or text, lower-case names."""
        check_unpacked(self.count("NAXIS1") * self.count("NAXIS2"), f"the table in HDU {self.name}")
        stored = stored_columns(self.block) if self.block is not None else None
        found = (
            self._unpacked() if stored is None else dict(zip(self.columns, map(native, stored), strict=True))
        )
        numbered = enumerate(self.columns, start=1)
        found = {name: self._without_nulls(i, found[name]) for i, name in numbered if name in found}
        stated = (self.header.get(f"TUNIT{i + 1}") for i in range(len(self.columns)))
        units = {name: str(unit) for name, unit in zip(self.columns, stated, strict=True) if unit}
        notes = (self.column_cards(card) for card in ("TUCD", "TUTYP", "TCOMM"))
        return Table(found, units, cards(self.header), "FITS", *notes)

    def _without_nulls(self, number: int, values: NDArray[Any]) -> NDArray[Any]:
        """Whole numbers of a column, those missing that are its TNULLn."""
        null, zero = self.header.get(f"TNULL{number}"), self.header.get(f"TZERO{number}", 0)
        if values.dtype.kind not in "iu" or not isinstance(null, int):
            return values
        return native(np.ma.masked_equal(values, null + int(zero)))

    def _unpacked(self) -> dict[str, NDArray[Any]]:
        """The columns by astropy."""
        rows = getattr(self._hdu, "data", None)
        if not isinstance(rows, fits.FITS_rec):
            raise FormatError(
                f"HDU {self.name or 'without a name'} is not a table that can be read; download the file "
                "again"
            )
        found: dict[str, NDArray[Any]] = {}
        for i, (name, column) in enumerate(zip(self.columns, rows.columns, strict=True)):
            values = rows.field(i)
            letter = column.format.lstrip("0123456789")[:1]
            if letter in "PQ":
                found[name] = _ragged(values)
            elif values.dtype.kind in "biufUS" and letter != "X":
                found[name] = native(values)
        return found

    @property
    def _hdu(self) -> Any:
        return self.file.hdus[self.number]


@dataclass(frozen=True)
class FitsFile:
    """All HDUs of a FITS file."""

    hdus: tuple[Hdu, ...]
    data: bytes
    """All of it."""

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
    file = _Astropy(data)
    blocks = blocks_of(data)
    if blocks is not None:
        hdus = [
            Hdu(_name(block.header.get("EXTNAME")), block.header, i, file, block)
            for i, block in enumerate(blocks)
        ]
    else:
        _check_whole(file)
        hdus = [Hdu(_name(hdu.name), Header(hdu.header), i, file, None) for i, hdu in enumerate(file.hdus)]
    return FitsFile(tuple(hdus), data)


def _check_whole(file: _Astropy) -> None:
    end = 0
    for i, hdu in enumerate(file.hdus):
        if not hasattr(hdu, "fileinfo"):
            raise FormatError(f"HDU {i} of the FITS file is damaged; download it again")
        place = hdu.fileinfo()
        end = int(place["datLoc"]) + min(
            int(hdu.size), int(place["datSpan"])
        )  # compressed images are smaller than their size says
        if end > len(file.data):
            raise FormatError(
                f"the FITS file ends early, in HDU {i}: {len(file.data):,} of at least {end:,} bytes; "
                "download it again"
            )
    rest = file.data[end + -end % 2880 :]
    if rest.startswith(b"XTENSION"):
        last = len(file.hdus) - 1
        raise FormatError(f"the FITS file is cut or damaged after HDU {last}; download it again")


def _name(stated: Any) -> str:
    return str(stated or "").strip().upper().removeprefix("PRIMARY")
