"""Files that look like images and are none: pictures and cubes of spectra."""

import io

import h5py
import numpy as np
from astropy.io import fits

from tests.io.layouts import fits_bytes, layout
from tests.io.layouts.images import GALAXY, RGB, WCS, image_bytes, npy_bytes

FITSCUTOUT = r"picture.*legacysurvey\.org/viewer/fits-cutout.*hsc-release"


@layout("pictures", "8-bit (height, width, 3) FITS", refused=FITSCUTOUT)
def rgb_in_fits_with_channels_last() -> bytes:
    return image_bytes(RGB)


@layout("pictures", "8-bit picture in HDF5", ending="hdf5", refused=FITSCUTOUT)
def rgb_in_hdf5() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["image"] = RGB
    return stream.getvalue()


@layout(
    "cubes",
    "MUSE, https://www.eso.org/sci/facilities/paranal/instruments/muse",
    refused=r"cube of spectra, 60 wavelengths \(CTYPE3 = AWAV\) of 12x14",
)
def muse_cube() -> bytes:
    cards = WCS | {"CTYPE3": "AWAV", "CUNIT3": "Angstrom", "CRVAL3": 4750.0, "CD3_3": 1.25, "CRPIX3": 1.0}
    data = fits.ImageHDU(np.ones((60, 12, 14), "f4"), name="DATA")
    data.header.update(cards)
    return fits_bytes(data)


@layout("cubes", "radio: FREQ", refused=r"cube of spectra, 4 wavelengths \(CTYPE3 = FREQ\) of 110x110")
def radio_cube_of_four_channels() -> bytes:
    return image_bytes(np.repeat(GALAXY[None], 4, 0), **WCS, CTYPE3="FREQ", CRVAL3=1.4e9)


@layout("cubes", "an array", ending="npy", refused="is a cube of 40x110x110")
def cube_in_npy() -> bytes:
    return npy_bytes(np.repeat(GALAXY[None], 40, 0))
