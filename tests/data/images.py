"""Twins of images: Legacy Survey and HSC cutouts, the Multimodal Universe, an array with its bands."""

import io

import h5py
import numpy as np
from astropy.io import fits

from tests.data.sky import DEC, RA, galaxy, packed, wcs_cards


def mmu_hdf5() -> bytes:
    """One row of the Multimodal Universe Legacy Survey set."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        cube = np.stack([galaxy(100, peak) for peak in (0.5, 1, 1.5, 2)])[None]
        file.create_dataset("image_array", data=cube, compression="gzip", compression_opts=9)
        file.create_dataset("image_ivar", data=np.full(cube.shape, 2500, np.float32), compression="gzip")
        file["image_band"] = np.array([[b"des-g", b"des-r", b"des-i", b"des-z"]])
        file["image_scale"] = np.full((1, 4), 0.262, np.float32)
        file["object_id"] = np.array([b"1234p567-8901"])
        file["ra"], file["dec"], file["EBV"], file["FLUX_R"] = [RA], [DEC], [0.05], [12.0]
    return stream.getvalue()


def ls_cutout() -> bytes:
    """Legacy Survey viewer cutout of g, r, z with inverse variance and mask bits; gzipped."""
    header = wcs_cards(
        120, 0.262, SURVEY="LegacySurvey", VERSION="DR9", BANDS="grz", BAND0="g", BAND1="r", BAND2="z"
    )
    hdus: list = []
    for kind in ("IMAGE", "INVVAR", "MASKBITS"):
        header["IMAGETYP"] = kind
        pixels = {
            "IMAGE": np.stack([galaxy(120, peak) for peak in (0.5, 1, 2)]),
            "INVVAR": np.full((3, 120, 120), 2500, np.float32),
        }
        data = pixels.get(kind, np.zeros((120, 120), np.int16))
        hdus.append(fits.ImageHDU(data, header) if hdus else fits.PrimaryHDU(data, header))
    return packed(hdus, zipped=True)


def ls_subimage() -> bytes:
    """Legacy Survey viewer subimage: two bricks, the smaller one first."""
    hdus: list = [fits.PrimaryHDU()]
    for brick, size in (("1500p020", 60), ("1501p022", 100)):
        for band in "gr":
            for kind in ("image", "invvar"):
                header = wcs_cards(size, 0.262, BRICK=brick, BAND=band, IMAGETYP=kind, BRICK_X0=0, BRICK_Y0=0)
                hdus.append(
                    fits.ImageHDU(
                        galaxy(size, 1) if kind == "image" else np.full((size, size), 2500, np.float32),
                        header,
                    )
                )
    return packed(hdus, zipped=True)


def ls_brick() -> bytes:
    """A brick coadd of one band, tile-compressed as the survey's."""
    header = wcs_cards(300, 0.262, BRICKNAM="1501p022", FILTER="r", IMTYPE="image", MAGZERO=22.5)
    return packed(
        [
            fits.PrimaryHDU(),
            fits.CompImageHDU(galaxy(300, 2), header, compression_type="RICE_1", quantize_level=-0.02),
        ]
    )


def hsc_band(band: str) -> bytes:
    """HSC cutout of one band: IMAGE, MASK, VARIANCE."""
    header = wcs_cards(100, 0.168)
    mask = np.zeros((100, 100), np.int32)
    mask[:5] = 2  # bit 1
    planes = wcs_cards(100, 0.168, MP_BAD=0, MP_SAT=1, MP_DETECTED=5)
    hdus = [fits.ImageHDU(galaxy(100, 50), header, name="IMAGE"), fits.ImageHDU(mask, planes, name="MASK")]
    hdus.append(fits.ImageHDU(np.full((100, 100), 0.25, np.float32), header, name="VARIANCE"))
    return packed(
        [fits.PrimaryHDU(header=fits.Header({"FILTER": band, "FLUXMAG0": 63095734448.0194})), *hdus],
        zipped=True,
    )


def cube_npz() -> bytes:
    """g, r, i, z, y planes with the names of their bands and variance."""
    stream = io.BytesIO()
    cube = np.stack([galaxy(96, 30) for _ in range(5)])
    np.savez_compressed(
        stream, images=cube, filters=np.array(list("grizy")), variance=np.full(cube.shape, 0.5, np.float32)
    )
    return stream.getvalue()
