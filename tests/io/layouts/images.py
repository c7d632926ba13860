"""Images: bands, zero-points, missing pixels, and pictures, which hold no fluxes."""

import io
from typing import Any

import numpy as np
from astropy.io import fits
from PIL import Image as Picture

from tests.io.layouts import fits_bytes, layout

SIZE = 110
ROW, COLUMN = np.indices((SIZE, SIZE))
GALAXY = np.exp(-((ROW - 55) ** 2 + (COLUMN - 55) ** 2) / 50.0)
"""1 at its center."""
WCS = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRVAL1": 150.1,
    "CRVAL2": 2.2,
    "CRPIX1": 55.5,
    "CRPIX2": 55.5,
    "CD1_1": -0.262 / 3600,
    "CD1_2": 0.0,
    "CD2_1": 0.0,
    "CD2_2": 0.262 / 3600,
}
GRZ = ("DES-G", "DES-R", "DES-Z")
CUBE = np.array([GALAXY, 2 * GALAXY, 4 * GALAXY])
NOT_A_PICTURE = r"(?i)picture"


def image_bytes(data: np.ndarray, **cards: Any) -> bytes:
    hdu = fits.PrimaryHDU(data)
    hdu.header.update(cards)
    return fits_bytes(hdu)


@layout(
    "band and zero-point",
    "DES headers of https://github.com/temuller/hostphot: FILTER names the filter, MAGZERO 30 is AB",
    case="decam_filter_string_without_band.fits",
    bands=("DES-G",),
    maximum=0.2,
)
def decam_filter_string() -> bytes:
    return image_bytes(GALAXY * 200, **WCS, FILTER="g DECam SDSS c0001 4720.0 1520.0", MAGZERO=30.0)


@layout(
    "band and zero-point",
    "DECam Community Pipeline, https://noirlab.edu/science/data-services: r DECam SDSS c0002",
    bands=("DES-R",),
    maximum=1.0,
)
def decam_filter_string_r() -> bytes:
    return image_bytes(GALAXY, **WCS, FILTER="r DECam SDSS c0002 6415.0 1480.0", MAGZERO=22.5)


@layout(
    "axes",
    "no definition: (height, width, 3) floats without bands",
    case="fits_cube_bands_last_axis.fits",
    bands=GRZ,
    refused=r"(?i)\(bands, height, width\)|bands?",
)
def cube_with_bands_last() -> bytes:
    return image_bytes(np.moveaxis(CUBE, 0, -1))


@layout(
    "missing pixels",
    "FITS 4.0 section 4.4.2: BSCALE, BZERO, BLANK, https://fits.gsfc.nasa.gov/fits_standard.html",
    case="int16_bscale_bzero_blank.fits",
    bands=("DES-R",),
    maximum=1.0,
    missing=8 * SIZE,
    ra=150.1,
)
def scaled_integers_with_blank() -> bytes:
    stored = np.round((GALAXY + 1.0) / 1e-4).astype(np.int16)
    stored[:8] = -32768
    hdu = fits.PrimaryHDU(stored)
    hdu.header.update(WCS | {"FILTER": "r", "BUNIT": "nanomaggy", "BLANK": -32768})
    raw = bytearray(
        fits_bytes(hdu)
    )  # astropy drops BSCALE of integers that it is given: the cards are put in by hand
    for name, value in (("BSCALE", 1e-4), ("BZERO", -1.0)):
        place = raw.index(b"END" + b" " * 77)
        raw[place : place + 160] = fits.Card(name, value).image.encode() + b"END".ljust(80)
    return bytes(raw)


@layout(
    "names",
    "no definition: npz with image and bands",
    ending="npz",
    case="float16_grz.npz",
    bands=GRZ,
    maximum=4.0,
)
def float16_npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, image=CUBE.astype(np.float16), bands=np.array(["g", "r", "z"]))
    return stream.getvalue()


def npy_bytes(data: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, data)
    return stream.getvalue()


RGB = (255 * np.moveaxis(CUBE / 4, 0, -1)).astype(np.uint8)


@layout(
    "pictures", "8-bit (height, width, 3)", ending="npy", case="uint8_rgb_array.npy", refused=NOT_A_PICTURE
)
def rgb_in_npy() -> bytes:
    return npy_bytes(RGB)


@layout("pictures", "8-bit (3, height, width), as torch has them", ending="npy", refused=NOT_A_PICTURE)
def rgb_in_npy_with_channels_first() -> bytes:
    return npy_bytes(np.moveaxis(RGB, -1, 0))


@layout("pictures", "8-bit (height, width, 4): with transparency", ending="npy", refused=NOT_A_PICTURE)
def rgba_in_npy() -> bytes:
    return npy_bytes(np.dstack([RGB, np.full((SIZE, SIZE), 255, np.uint8)]))


@layout("pictures", "BITPIX 8, (3, height, width): as STIFF and GIMP write FITS", refused=NOT_A_PICTURE)
def rgb_in_fits() -> bytes:
    return image_bytes(np.moveaxis(RGB, -1, 0))


@layout("pictures", "8-bit image in npz", ending="npz", refused=NOT_A_PICTURE)
def rgb_in_npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, image=RGB)
    return stream.getvalue()


def picture_file(kind: str) -> None:
    """Registers a picture in a file format of pictures."""

    def build() -> bytes:
        stream = io.BytesIO()
        Picture.fromarray(RGB).save(stream, format=kind)
        return stream.getvalue()

    build.__name__ = f"screenshot_{kind.lower()}"
    layout(
        "pictures", "https://www.legacysurvey.org/viewer, cutout.jpg and screenshots", refused=NOT_A_PICTURE
    )(build)


for picture_format in ("PNG", "JPEG", "TIFF", "WEBP", "BMP"):
    picture_file(picture_format)


@layout(
    "range of a codec",
    "https://github.com/legacysurvey/legacypipe/issues/756: FLUX_G of 1e9 is told of where it is encoded",
    ending="csv",
    case="tractor_flux_1e9.csv",
    objects=2,
    id="1",
    ra=191.19,
    dec=23.78,
)
def tractor_with_huge_fluxes() -> bytes:
    head = "objid,ra,dec,FLUX_G,FLUX_R,FLUX_Z,FLUX_IVAR_G\n"
    return (head + "1,191.19,23.78,1e9,1e9,1e9,4.0\n2,191.20,23.80,12.5,20.1,31.0,4.0\n").encode()
