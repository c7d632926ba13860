"""What is read from the bytes of a FITS file is what astropy reads of it; all else is left to astropy."""

import io
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from aion.io.content import native
from aion.io.fits_file import open_fits
from aion.io.fits_header import Header, cards
from aion.io.fits_plain import blocks_of, pixels, stored_columns

random = np.random.default_rng(1)
WHOLE = random.integers(-99, 99, (4, 6))
PLAIN = {
    "E": fits.Column("a", "E", array=random.normal(size=4)),
    "D": fits.Column("a", "1D", array=random.normal(size=4), unit="nanomaggy"),
    "arrays": fits.Column("a", "6E", array=random.normal(size=(4, 6))),
    "arrays of two dimensions": fits.Column("a", "6J", dim="(3, 2)", array=WHOLE.reshape(4, 2, 3)),
    "bytes": fits.Column("a", "B", array=WHOLE[:, 0].astype(np.uint8)),
    "whole numbers with a null": fits.Column("a", "I", null=-1, array=WHOLE[:, 0]),
    "unsigned, 16 bits": fits.Column("a", "I", bzero=1 << 15, array=np.array([0, 1, 40_000, 65_535], "u2")),
    "unsigned, 32 bits": fits.Column("a", "2J", bzero=1 << 31, array=np.full((4, 2), 3 << 30, "u4")),
    "unsigned, 64 bits": fits.Column("a", "K", bzero=1 << 63, array=np.array([0, 1, 3 << 62, 7], "u8")),
    "truths": fits.Column("a", "3L", array=WHOLE[:, :3] > 0),
    "text": fits.Column("a", "9A", array=["GALAXY", " b ", "", "a\0b"]),
    "one letter": fits.Column("a", "A", array=list("abcd")),
}
OTHERS = {
    "of several lengths": fits.Column("a", "PE()", array=np.array([[1.0], [2, 3], [], [4]], dtype=object)),
    "bits": fits.Column("a", "9X", array=WHOLE[:, :1] > np.arange(9)),
    "texts in a row": fits.Column("a", "6A", dim="(3,2)", array=np.array([["ab", "c"]] * 4)),
    "complex": fits.Column("a", "C", array=WHOLE[:, 0] + 1j),
}


def file_of(*hdus: Any) -> bytes:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(stream)
    return stream.getvalue()


def by_astropy(data: bytes) -> np.ndarray[Any, Any]:
    return native(fits.open(io.BytesIO(data))[1].data.field("a"))


@pytest.mark.parametrize("what", PLAIN)
def test_a_plain_column_is_read_from_the_bytes_as_astropy_reads_it(what):
    data = file_of(fits.BinTableHDU.from_columns([PLAIN[what], fits.Column("b", "E", array=np.ones(4))]))
    hdu = open_fits(data).hdus[1]
    assert hdu.block is not None and stored_columns(hdu.block) is not None
    values, expected = hdu.table().columns["a"], by_astropy(data)
    assert values.dtype.kind == expected.dtype.kind and values.dtype.isnative and values.flags.writeable
    assert values.dtype == expected.dtype or values.dtype.kind == "U"  # whose width means nothing
    np.testing.assert_array_equal(values, expected)
    assert hdu.table().units == ({"a": "nanomaggy"} if what == "D" else {})


@pytest.mark.parametrize("what", OTHERS)
def test_a_column_in_another_form_is_left_to_astropy(what):
    data = file_of(fits.BinTableHDU.from_columns([OTHERS[what], fits.Column("b", "E", array=np.ones(4))]))
    hdu = open_fits(data).hdus[1]
    assert hdu.block is not None and stored_columns(hdu.block) is None
    table = hdu.table()
    np.testing.assert_array_equal(table.columns["b"], np.ones(4))
    assert ("a" in table.columns) == (what not in ("bits", "complex"))


def test_scaled_numbers_of_a_table_are_left_to_astropy():
    data = file_of(fits.BinTableHDU.from_columns([PLAIN["whole numbers with a null"]]))
    scaled = data.replace(b"TNULL1  =                   -1", b"TSCAL1  =                  0.5")
    hdu = open_fits(scaled).hdus[1]
    assert hdu.block is not None and stored_columns(hdu.block) is None
    np.testing.assert_array_equal(hdu.table().columns["a"], WHOLE[:, 0] * 0.5)


def test_truths_that_are_neither_are_left_to_astropy():
    data = bytearray(file_of(fits.BinTableHDU.from_columns([PLAIN["truths"]])))
    data[-2880] = 0
    (_, block) = blocks_of(bytes(data)) or ()
    assert stored_columns(block) is None


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "f4", "f8", "u2", "u4", "u8"])
def test_an_image_has_the_pixels_that_astropy_reads(kind):
    expected = random.integers(0, 99, (3, 5)).astype(kind)
    data = file_of(fits.ImageHDU(expected, name="sky"))
    hdu = open_fits(data).hdus[1]
    assert hdu.block is not None and pixels(hdu.block) is not None
    assert (hdu.name, hdu.shape, hdu.is_table) == ("SKY", (3, 5), False)
    values = hdu.image()
    assert values.dtype == expected.dtype and values.flags.writeable
    np.testing.assert_array_equal(values, expected)


def test_what_follows_another_convention_is_opened_by_astropy():
    image = np.arange(10_000, dtype=np.int32).reshape(100, 100)
    whole = file_of(fits.ImageHDU(image))
    assert blocks_of(whole) is not None
    assert blocks_of(file_of(fits.CompImageHDU(image))) is None
    assert blocks_of(whole[:-2880]) is None, "cut"
    assert blocks_of(whole + b"more") is None
    assert (
        blocks_of(whole.replace(b"BITPIX  =                   32", b"BITPIX  =                   31")) is None
    )
    assert blocks_of(whole.replace(b"END".ljust(80), b"END,".ljust(80))) is None


LINES = (
    "SIMPLE  =                    T / conforms",
    "WHOLE   =                 -042 / a / b",
    "FLOAT   =           1.5000E-03",
    "POINT   =                  .5  /",
    "DOUBLE  =              1.5D+03 / D in place of E",
    "COMPLEX =           (1.0, 2.0)",
    "TEXT    = 'O''Hara / x '       / said",
    "EMPTY   = ''                   / nothing",
    "SPACES  = '   '",
    "QUOTE   = ''''",
    "UNDEF   =                      / no value",
    "COLON   = 'AXIS: north'",
    "COMMENT of wavelengths = in air",
    "HISTORY as it came",
    "        = blank",
    "TEXT    = 'again   '",
    "DATE-OBS= '2020-01-01'",
    "R_OK    =                    F",
)
ODD = (
    "DP1     = 'AXIS.1: 2'",
    "HIERARCH ESO DET CHIP = 'x' / long",
    "lower   =                    7",
    "CLOSE   =-0.5 / no space",
    "LONG    = 'one, &'",
    "CONTINUE  'and more' / end",
)


@pytest.mark.parametrize("lines", [LINES, (*LINES, *ODD)], ids=["usual", "odd"])
def test_every_card_is_what_astropy_makes_of_it(lines):
    text = "".join(line.ljust(80) for line in lines)
    expected = fits.Header.fromstring(text)
    header = Header(text)
    assert (
        list(map(tuple, header.cards))[:-1]
        == [(card.keyword.upper(), card.value, card.comment) for card in expected.cards][:-1]
    )
    assert {key: header[key] for key in header if key not in ("", "COMMENT", "HISTORY")} == {
        key.upper(): expected[key] for key in expected if key not in ("", "COMMENT", "HISTORY")
    }
    assert cards(header) == cards(expected)
    assert header["UNDEF"] is None and "NOTHERE" not in header and header.get("NOTHERE", 3) == 3
