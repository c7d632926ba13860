"""Images as archives hand them out: HSC, Rubin, SDSS, Pan-STARRS, MegaCam, SkyMapper, Euclid."""

from typing import Any

import numpy as np
from astropy.io import fits

from tests.io.layouts import fits_bytes, layout

SIZE = 100


def sky(scale: float, **cards: Any) -> dict[str, Any]:
    """Cards of a tangential WCS with (150.1, 2.2) in the middle; ``scale``: arcsec per pixel."""
    step = scale / 3600
    return {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": 150.1,
        "CRVAL2": 2.2,
        "CRPIX1": SIZE / 2 + 0.5,
        "CRPIX2": SIZE / 2 + 0.5,
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "CD1_1": -step,
        "CD1_2": 0.0,
        "CD2_1": 0.0,
        "CD2_2": step,
    } | cards


def galaxy(peak: float) -> np.ndarray:
    """A round source with this peak in the middle."""
    y, x = np.indices((SIZE, SIZE)) - SIZE // 2
    return peak * np.exp(-(x**2 + y**2) / 50.0)


def masked_image(unit: str, peak: float, scale: float) -> list[fits.ImageHDU]:
    """HDUs IMAGE, MASK, VARIANCE of the LSST pipelines; the first two rows are NaN and flagged NO_DATA."""
    pixels = galaxy(peak).astype("f4")
    pixels[:2] = np.nan
    image = fits.ImageHDU(pixels, name="IMAGE")
    flags = np.zeros((SIZE, SIZE), "i4")
    flags[:2] = 1 << 8
    flags[50, 50] = 1 << 5
    mask = fits.ImageHDU(flags, name="MASK")
    variance = fits.ImageHDU(np.full((SIZE, SIZE), (peak / 100) ** 2, "f4"), name="VARIANCE")
    for hdu in (image, mask, variance):
        hdu.header.update(sky(scale))
    if unit:
        image.header["BUNIT"] = unit
    mask.header.update({"MP_BAD": 0, "MP_SAT": 1, "MP_DETECTED": 5, "MP_NO_DATA": 8})
    return [image, mask, variance]


@layout(
    "image, mask and variance, the zero-point in the first header",
    "https://hsc-release.mtk.nao.ac.jp/das_cutout/pdr3 (cutout-HSC-I-*.fits: FLUXMAG0, then the image)",
    bands=("HSC-I",),
    maximum=4.0,
    missing=2 * SIZE,
    ra=150.1,
    dec=2.2,
)
def hsc_das_cutout() -> bytes:
    primary = fits.PrimaryHDU()
    primary.header.update({"FILTER": "HSC-I", "FLUXMAG0": 63095734448.0194, "EXPID": 0})  # zero-point 27
    return fits_bytes(primary, *masked_image("", 4.0, 0.168))


@layout(
    "another zero-point by FLUXMAG0",
    "https://hsc-release.mtk.nao.ac.jp (CORR and calexp images: FLUXMAG0 of each image)",
    bands=("HSC-I",),
    maximum=4.0,
)
def hsc_fluxmag0_of_zero_point_30() -> bytes:
    primary = fits.PrimaryHDU()
    primary.header.update({"FILTER": "HSC-I", "FLUXMAG0": 1e12})
    return fits_bytes(primary, *masked_image("", 4.0 * 10 ** (0.4 * 3), 0.168))


@layout(
    "nanojansky",
    "https://dp1.lsst.io (deep_coadd: IMAGE in nJy, MASK with MP_ cards, VARIANCE; no card names the band)",
    settings=("survey=HSC", "bands=i"),
    bands=("HSC-I",),
    maximum=10.0,
    missing=2 * SIZE,
)
def rubin_deep_coadd() -> bytes:
    return fits_bytes(fits.PrimaryHDU(), *masked_image("nJy", 10.0 * 10 ** (0.4 * (31.4 - 27)), 0.2))


@layout(
    "no band is named",
    "https://dp1.lsst.io (deep_coadd: IMAGE in nJy; no card names the band)",
    refused=r"(?i)band",
)
def rubin_deep_coadd_without_band() -> bytes:
    return fits_bytes(fits.PrimaryHDU(), *masked_image("nJy", 10.0, 0.2))


@layout(
    "a calibration vector and tables behind the image",
    "https://data.sdss.org/datamodel/files/BOSS_PHOTOOBJ/frames/RERUN/RUN/CAMCOL/frame.html (nanomaggies)",
    bands=("DES-R",),
    maximum=1.5,
)
def sdss_frame() -> bytes:
    image = fits.PrimaryHDU(galaxy(1.5).astype("f4"))
    image.header.update(sky(0.396, FILTER="r", BUNIT="nanomaggy", NMGY=0.005, TELESCOP="2.5m"))
    sky_table = fits.BinTableHDU.from_columns([fits.Column("ALLSKY", "4E", array=np.ones((1, 4)))])
    return fits_bytes(image, fits.ImageHDU(np.full(SIZE, 0.005, "f4")), sky_table)


@layout(
    "asinh magnitudes instead of fluxes",
    "Pan-STARRS1 stacks (BSOFTEN, BOFFSET; zero-point FPA.ZP + 2.5 log EXPTIME)",
    bands=("DES-R",),
    maximum=1.5,
)
def panstarrs_stack_asinh() -> bytes:
    softening, offset, exposure = 120.0, 3.0, 500.0
    counts = galaxy(1.5) * 10 ** (0.4 * 2.5) * exposure  # zero-point 25 a second, nanomaggies 22.5
    compressed = 2.5 / np.log(10) * np.arcsinh((counts - offset) / (2 * softening))
    image = fits.PrimaryHDU(compressed.astype("f4"))
    image.header.update(sky(0.25, BSOFTEN=softening, BOFFSET=offset, EXPTIME=exposure))
    image.header["HIERARCH FPA.FILTERID"] = "r.00000"
    image.header["HIERARCH FPA.ZP"] = 25.0
    return fits_bytes(image)


@layout(
    "a zero-point under another name, and a filter with its number",
    "CFHT MegaPipe and UNIONS stacks (PHOTZP 30; FILTER r.MP9602)",
    settings=("survey=Legacy Survey",),
    bands=("DES-R",),
    maximum=1.5,
)
def cfht_megapipe() -> bytes:
    image = fits.PrimaryHDU((galaxy(1.5) * 10 ** (0.4 * 7.5)).astype("f4"))
    image.header.update(sky(0.186, FILTER="r.MP9602", PHOTZP=30.0, INSTRUME="MegaPrime"))
    return fits_bytes(image)


@layout(
    "a zero-point of one exposure",
    "SkyMapper SIA cutouts (ZPAPPROX, EXPTIME 100 s: the zero-point is of the counts)",
    bands=("DES-G",),
    maximum=1.5,
)
def skymapper_cutout() -> bytes:
    image = fits.PrimaryHDU((galaxy(1.5) * 10 ** (0.4 * (27.947 - 22.5))).astype("f4"))
    image.header.update(sky(0.497, FILTER="g", ZPAPPROX=27.947, EXPTIME=100.0, QAFWHM=1.68))
    return fits_bytes(image)


@layout(
    "a band that no model has",
    "Euclid Q1 MER mosaics (FILTER VIS, MAGZERO 23.9: microjansky)",
    refused=r"(?i)VIS\b",
)
def euclid_mer_vis() -> bytes:
    image = fits.PrimaryHDU(galaxy(1.5).astype("f4"))
    image.header.update(sky(0.1, FILTER="VIS", MAGZERO=23.9, INSTRUME="VIS", TELESCOP="Euclid"))
    return fits_bytes(image)
