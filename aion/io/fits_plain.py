"""FITS files in plain form, straight from their bytes: where HDUs lie, and the arrays in them.

Whatever is in another form is None here and astropy's to read: files that are damaged or follow no standard,
compressed images, scaled numbers, arrays of rows of several lengths.
FITS standard 4.0, sections 3.3, 7.1 and 7.3: https://fits.gsfc.nasa.gov/fits_standard.html
"""

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aion.io.fits_header import BLOCK, CARD, END, Header

_PIXELS = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
"""BITPIX -> numpy."""
_FIELDS = {"L": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
"""Letter of TFORMn -> numpy."""
_CONVENTIONS = ("ZIMAGE", "GROUPS")
"""Cards of HDUs that are not what they look like: compressed images, random groups."""
_HALVES = {"I": 1 << 15, "J": 1 << 31, "K": 1 << 63, 16: 1 << 15, 32: 1 << 31, 64: 1 << 63}
"""Letter or BITPIX -> TZEROn or BZERO of whole numbers without a sign."""


@dataclass(frozen=True, eq=False)
class Block:
    """A header and the bytes of its data."""

    header: Header
    data: memoryview

    @property
    def is_table(self) -> bool:
        return self.header.get("XTENSION") == "BINTABLE"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its array in numpy order; empty without data."""
        return tuple(self.header[f"NAXIS{i}"] for i in range(self.header["NAXIS"], 0, -1))


def blocks_of(data: bytes) -> list[Block] | None:
    """All HDUs of a file."""
    blocks: list[Block] = []
    start = 0
    while start < len(data):
        block = _block(data, start, is_first=not blocks)
        if block is None:
            return None
        blocks.append(block[0])
        start = block[1]
    return blocks


def pixels(block: Block) -> NDArray[Any] | None:
    """The array of an image."""
    header, bits = block.header, block.header["BITPIX"]
    zero, is_scaled = header.get("BZERO", 0), header.get("BSCALE", 1) != 1 or "BLANK" in header
    if block.is_table or is_scaled or zero not in (0, _HALVES.get(bits, 0)):
        return None
    stored = np.frombuffer(block.data, _PIXELS[bits]).reshape(block.shape)
    return _native(stored, is_unsigned=zero != 0)


def stored_columns(block: Block) -> list[NDArray[Any]] | None:
    """(rows, ...) of each column of a table, text as bytes; None also for a table without rows."""
    header = block.header
    count = header.get("TFIELDS")
    if not block.is_table or type(count) is not int or not 0 < count < 1000 or not math.prod(block.shape):
        return None
    found = [_field(header, i) for i in range(1, count + 1)]
    fields = [field for field in found if field is not None]
    kind = np.dtype([(str(i), field.kind, field.shape) for i, field in enumerate(fields)])
    rows, width = block.shape
    if len(fields) < count or kind.itemsize != width:
        return None
    stored = np.frombuffer(block.data[: rows * width], kind)
    values = [field.values(stored[str(i)]) for i, field in enumerate(fields)]
    there = [one for one in values if one is not None]
    return there if len(there) == count else None


class _Field(NamedTuple):
    """A column as it is stored."""

    letter: str
    """Of TFORMn."""
    kind: str
    """For numpy."""
    shape: tuple[int, ...]
    """Of the values in one row."""
    is_unsigned: bool
    """Whether half of the range is taken from whole numbers before they are stored, as TZEROn says."""

    def values(self, stored: NDArray[Any]) -> NDArray[Any] | None:
        """In this machine's byte order; None for truths of which some are neither T nor F."""
        if self.letter == "L":
            return stored == ord("T") if np.isin(stored, [ord("T"), ord("F")]).all() else None
        return _native(stored, is_unsigned=self.is_unsigned)


def _block(data: bytes, start: int, *, is_first: bool) -> tuple[Block, int] | None:
    """The HDU that begins here, and where the next one does."""
    end = data.find(END.encode(), start)
    while end >= 0 and (end - start) % CARD:
        end = data.find(END.encode(), end + 1)
    begin = end + CARD + (start - end - CARD) % BLOCK
    if end < 0 or data[end + CARD : begin].strip(b" ") or not data[start:end].isascii():
        return None
    text = data[start:end].decode("ascii")
    if not text.isprintable() or not text.startswith("SIMPLE  = " if is_first else "XTENSION= "):
        return None
    header = Header(text)
    size = _size(header, is_first=is_first)
    if size is None or begin + size > len(data):
        return None
    return Block(header, memoryview(data)[begin : begin + size]), begin + size + -size % BLOCK


def _size(header: Header, *, is_first: bool) -> int | None:
    """Bytes of data behind a header."""
    axes = header.get("NAXIS")
    kind = "IMAGE" if is_first and header["SIMPLE"] is True else header.get("XTENSION")
    if kind not in ("IMAGE", "BINTABLE") or type(axes) is not int or not 0 <= axes < 1000:
        return None
    sides: list[Any] = [header.get(f"NAXIS{i}") for i in range(1, axes + 1)]
    more, groups, bits = header.get("PCOUNT", 0), header.get("GCOUNT", 1), header.get("BITPIX", 0)
    sizes = (*sides, more, groups, bits)
    if any(type(one) is not int for one in sizes) or min((*sides, more, 0)) < 0 or groups != 1:
        return None
    is_odd = bits != 8 or axes != 2 if kind == "BINTABLE" else bits not in _PIXELS or more != 0
    if is_odd or any(card in header for card in _CONVENTIONS):
        return None
    return (abs(bits) // 8) * (math.prod(sides) + more) if sides else 0


def _field(header: Header, number: int) -> _Field | None:
    """How a column is stored; None where its numbers are scaled, or more than one array is in a row."""
    form = re.fullmatch(r"(\d*)([LABIJKED])", str(header.get(f"TFORM{number}", "")))
    repeat = int(form[1] or 1) if form else 0
    if form is None or not 0 < repeat <= header["NAXIS1"] or header.get(f"TSCAL{number}", 1) != 1:
        return None
    letter, zero, sides = form[2], header.get(f"TZERO{number}", 0), header.get(f"TDIM{number}")
    if zero not in (0, _HALVES.get(letter, 0)) or (sides is not None and repeat == 1):
        return None
    shape = (repeat,) if sides is None else tuple(int(side) for side in re.findall(r"\d+", str(sides)))[::-1]
    if math.prod(shape) != repeat or (letter == "A" and shape != (repeat,)):
        return None
    if letter == "A":
        return _Field(letter, f"S{repeat}", (), False)
    return _Field(letter, _FIELDS[letter], () if repeat == 1 else shape, zero != 0)


def _native(stored: NDArray[Any], *, is_unsigned: bool) -> NDArray[Any]:
    """A copy in this machine's byte order."""
    values = stored.astype(stored.dtype.newbyteorder("="))
    if not is_unsigned:
        return values
    whole: NDArray[Any] = values.view(f"u{values.itemsize}")
    whole ^= whole.dtype.type(1 << (8 * values.itemsize - 1))
    return whole
