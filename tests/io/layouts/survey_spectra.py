"""Spectra in the FITS files of surveys: LAMOST, SDSS-V, DESI, PFS, VIPERS."""

from typing import Any

import numpy as np
from astropy.io import fits

from tests.io.layouts import (
    BAD,
    ERROR,
    FLUX,
    GOOD,
    MEDIAN_FLUX,
    PIXELS,
    fits_bytes,
    layout,
    table_hdu,
)
from tests.io.layouts.table_spectra import LIGHT, arrays, primary

VACUUM = (3700.0, 9200.0)
LOGLAM = 3.5623 + 1e-4 * np.arange(PIXELS)
SDSS_GRID = (10 ** LOGLAM[0], 10 ** LOGLAM[-1])
HALF = np.arange(PIXELS) < 32
"""Pixels at the blue end that a pipeline left empty."""


def log_grid(start: float, step: float) -> np.ndarray:
    return 10 ** (start + step * np.arange(PIXELS))


LAMOST_GRID = log_grid(3.5682, 7e-4)
LAMOST_CARDS = {
    "TELESCOP": "LAMOST",
    "OBSID": 101013,
    "DESIG": "LAMOST J220917.16-020719.2",
    "RA": 332.321523,
    "DEC": -2.122024,
    "VACUUM": True,
    "COEFF0": 3.5682,
    "COEFF1": 7e-4,
    "CRVAL1": 3.5682,
    "CD1_1": 7e-4,
    "CRPIX1": 1,
    "CTYPE1": "LINEAR",
    "DC-FLAG": 1,
    "CLASS": "STAR",
    "SUBCLASS": "A2",
    "Z": -0.00106647,
}
LAMOST = {
    "wavelength": (float(LAMOST_GRID[0]), float(LAMOST_GRID[-1])),
    "flux": MEDIAN_FLUX,
    "error": 0.4,
    "good": GOOD,
    "ra": 332.321523,
    "dec": -2.122024,
    "z": -0.00106647,
    "kind": "STAR/A2",
    "says": ("medium: vacuum .*VACUUM",),
}


@layout(
    "header of a table with array rows",
    "https://www.lamost.org/dr8/v2.0/doc/lr-data-production-description",
    case="lamost_dr8_real.fits.gz",
    **LAMOST,
)
def lamost_dr8() -> bytes:
    masks = {"ANDMASK": BAD.astype(float), "ORMASK": np.ones(PIXELS)}
    columns = arrays(
        FLUX=FLUX, IVAR=ERROR**-2, WAVELENGTH=LAMOST_GRID, **masks, NORMALIZATION=FLUX * 0 - 9999
    )
    return fits_bytes(primary(**LAMOST_CARDS), table_hdu("COADD", **columns))


DR7 = "http://dr7.lamost.org/doc/lr-data-production-description: rows flux, ivar, wavelength, andmask, ormask"


@layout("rows of surveys", DR7, **LAMOST)
def lamost_dr5_five_rows() -> bytes:
    data = np.array([FLUX, ERROR**-2, LAMOST_GRID, BAD * 1.0, np.ones(PIXELS)], np.float32)
    hdu = fits.PrimaryHDU(data)
    rows = {
        f"ROW{i + 1}": name for i, name in enumerate(("Flux", "Inverse", "Wavelength", "Andmask", "Ormask"))
    }
    hdu.header.update(LAMOST_CARDS | rows)
    return fits_bytes(hdu)


@layout("rows of surveys", DR7 + "; a star whose header has no VACUUM", **LAMOST | {"says": ()})
def lamost_dr3_five_rows() -> bytes:
    data = np.array([FLUX, ERROR**-2, LAMOST_GRID, BAD * 1.0, BAD * 1.0], np.float32)
    hdu = fits.PrimaryHDU(data)
    hdu.header.update({key: value for key, value in LAMOST_CARDS.items() if key != "VACUUM"})
    return fits_bytes(hdu)


@layout(
    "several tables",
    "https://www2.keck.hawaii.edu/inst/lris/: blue and red arm in a table each",
    wavelength=(3200, 10000),
    error=0.4,
    says=(r"(?i)join",),
)
def lris_blue_and_red() -> bytes:
    arms = []
    for name, low, high in (("BLUE", 3200, 5700), ("RED", 5600, 10000)):
        columns = {"WAVE": (np.linspace(low, high, PIXELS), "Angstrom"), "FLUX": FLUX, "SIGMA": ERROR}
        arms.append(table_hdu(name, **columns))
    return fits_bytes(*arms)


SPECLITE = "https://github.com/sdss/datamodel, specLite (DR19)"


@layout(
    "header and names of SDSS-V",
    SPECLITE + ": the header's RA is the field's",
    case="sdss5_speclite_field_catalogid.fits",
    wavelength=SDSS_GRID,
    flux=MEDIAN_FLUX,
    error=0.4,
    ra=210.25,
    dec=52.5,
    z=0.15,
    kind="GALAXY/STARFORMING",
    id="112360-60000-27021598150202075",
)
def sdss5_speclite() -> bytes:
    zero, one = np.zeros(PIXELS, np.int32), np.ones(PIXELS)
    spectrum = {
        "FLUX": (FLUX, "10^-17 ergs/s/cm^2/Angs"),
        "LOGLAM": (LOGLAM, "log10(Angs)"),
        "IVAR": ERROR**-2,
    }
    rest = {"WDISP": one, "SKY": one, "WRESL": one, "MODEL": FLUX}
    coadd = table_hdu("COADD", **spectrum, AND_MASK=zero, OR_MASK=zero, **rest)
    row = {"FIELD": [112360], "MJD": [60000], "CATALOGID": [27021598150202075], "SDSS_ID": [54321000]}
    place = {"RACAT": [210.25], "DECCAT": [52.5], "FIBER_RA": [210.25], "FIBER_DEC": [52.5]}
    result = {
        "CLASS": ["GALAXY"],
        "SUBCLASS": ["STARFORMING"],
        "Z": [0.15],
        "ZWARNING": [0],
        "TARGET_INDEX": [77],
    }
    header = {
        "TELESCOP": "SDSS 2.5-M",
        "FIELDID": 112360,
        "MJD": 60000,
        "RA": 211.0,
        "DEC": 53.0,
        "VACUUM": True,
    }
    plug = {"PLUG_RA": 210.25, "PLUG_DEC": 52.5}
    spall = table_hdu("SPALL", PROGRAMNAME=["bhm"], **row, **place, **result)
    return fits_bytes(primary(**header, **plug), coadd, spall)


MWM = "https://data.sdss.org/sas/dr19/spectro/astra, mwmStar; specutils test_sdss_v.py"
MWM_COLUMNS = ("wavelength", "flux", "ivar", "pixel_flags", "continuum")


def mwm_star(boss: str) -> bytes:
    """Four HDUs, of which one holds the star."""
    spectrum = arrays(
        wavelength=log_grid(3.5523, 8e-4),
        flux=np.where(HALF, np.nan, FLUX),
        ivar=np.where(HALF, 0.0, 6.25),
        pixel_flags=np.zeros(PIXELS, np.int32),
        continuum=FLUX,
    )
    tables = []
    for name in ("BOSS/APO", "BOSS/LCO", "APOGEE/APO", "APOGEE/LCO"):
        columns = {
            "sdss_id": np.array([54321000]),
            "telescope": ["apo25m"],
            "snr": np.array([20.0]),
        } | spectrum
        hdu = table_hdu(name, {"CUNIT": "Angstrom (Vacuum)", "CRVAL": 3.5523, "CDELT": 8e-4}, **columns)
        if name != boss:
            hdu = fits.BinTableHDU(hdu.data[:0], hdu.header)
        tables.append(hdu)
    return fits_bytes(primary(SDSS_ID=54321000, RA=198.4346, DEC=67.1104, V_RAD="NaN"), *tables)


MWM_RIGHT = {
    "wavelength": (10**3.5523, 10 ** (3.5523 + 8e-4 * (PIXELS - 1))),
    "error": 0.4,
    "good": PIXELS - 32,
    "ra": 198.4346,
    "dec": 67.1104,
    "id": "54321000",
}


@layout("header and names of SDSS-V", MWM, case="sdss5_mwmStar_boss.fits", **MWM_RIGHT)
def mwm_star_boss_apo() -> bytes:
    return mwm_star("BOSS/APO")


@layout("header and names of SDSS-V", MWM, **MWM_RIGHT)
def mwm_star_boss_lco() -> bytes:
    return mwm_star("BOSS/LCO")


@layout(
    "unit and uncertainty",
    "https://github.com/Subaru-PFS/datamodel/blob/master/datamodel.txt: FLUXTBL is in nm and nJy",
    case="pfsObject_fluxtbl_nm_nJy.fits",
    wavelength=(3800, 10200),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def pfs_object() -> bytes:
    wavelength = np.linspace(380.0, 1020.0, PIXELS)
    nanojansky = 1e-17 * (wavelength * 10) ** 2 / LIGHT * 1e32
    spectrum = {"lambda": wavelength, "flux": FLUX * nanojansky, "fluxVariance": (ERROR * nanojansky) ** 2}
    empty = fits.ImageHDU(np.zeros(10, np.float32), name="FLUX")
    return fits_bytes(primary(), empty, table_hdu("FLUXTBL", **spectrum, mask=BAD.astype(np.int32)))


@layout(
    "unit and uncertainty",
    "https://github.com/Subaru-PFS/datamodel, FLUX_TABLE is the most precise; nm in vacuum, nJy",
    wavelength=(3800, 10200),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
)
def pfs_object_flux_table() -> bytes:
    wavelength = np.linspace(380.0, 1020.0, PIXELS)
    nanojansky = 1e-17 * (wavelength * 10) ** 2 / LIGHT * 1e32
    linear = {"CRPIX1": 1.0, "CRVAL1": 380.0, "CDELT1": wavelength[1] - wavelength[0]}
    images = [fits.ImageHDU(FLUX * nanojansky * 1.1, name=name) for name in ("FLUX", "MASK", "SKY")]
    for hdu in images:
        hdu.header.update(linear)
    target = table_hdu(
        "TARGET", {"catId": 1, "tract": 1, "objId": 42, "ra": 150.1, "dec": 2.2}, fiberFlux=[1.0]
    )
    spectrum = {"wavelength": wavelength, "flux": FLUX * nanojansky, "error": ERROR * nanojansky}
    table = table_hdu("FLUX_TABLE", {"DAMD_VER": 1}, **spectrum, mask=BAD.astype(np.int64))
    return fits_bytes(primary(), *images[:2], target, images[2], table)


VIPERS_RIGHT = {"ra": 30.5, "dec": -5.1, "z": 0.15, "error": 0.4, "flux": MEDIAN_FLUX, "good": GOOD}


@layout(
    "cards of the header",
    "http://vipers.inaf.it, PDR-2 spectra",
    case="vipers_waves_fluxes_noise.fits",
    wavelength=(5514, 9484),
    id="101123456",
    **VIPERS_RIGHT,
)
def vipers() -> bytes:
    cgs = "erg/cm**2/s/Angstrom"
    wavelength = (np.linspace(5514, 9484, PIXELS), "Angstrom")
    flux = {name: (values * 1e-17, cgs) for name, values in (("FLUXES", FLUX), ("NOISE", ERROR))}
    cards = {
        "ID": "101123456",
        "RA": 30.5,
        "DEC": -5.1,
        "REDSHIFT": 0.15,
        "REDFLAG": 4.5,
        "NORM": 1.0,
        "MAG": 21.5,
    }
    return fits_bytes(
        table_hdu("", cards, WAVES=wavelength, **flux, EDIT=FLUX * 1e-17, MASK=BAD.astype(np.int16))
    )


@layout(
    "several spectra",
    "https://desidatamodel.readthedocs.io/en/latest/DESI_SPECTRO_REDUX/SPECPROD/exposures/NIGHT/EXPID/cframe",
    case="desi_cframe_b0.fits",
    objects=3,
    wavelength=(3600, 5800),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    id="39627785483846390",
    ra=45.0,
    dec=0.0,
)
def desi_cframe() -> bytes:
    rows = (3, 1)
    flux = fits.ImageHDU(np.tile(FLUX, rows), name="FLUX")
    flux.header.update({"BUNIT": "10**-17 erg/(s cm2 Angstrom)", "CAMERA": "b0", "FLAVOR": "science"})
    ids = 39627785483846390 + np.arange(3)
    place = {"TARGET_RA": 45 + 0.1 * np.arange(3), "TARGET_DEC": 0.1 * np.arange(3)}
    return fits_bytes(
        flux,
        fits.ImageHDU(np.tile(ERROR**-2, rows), name="IVAR"),
        fits.ImageHDU(np.tile(BAD.astype(np.int32), rows), name="MASK"),
        fits.ImageHDU(np.linspace(3600.0, 5800.0, PIXELS), name="WAVELENGTH"),
        table_hdu("FIBERMAP", TARGETID=ids, **place, FIBER=np.arange(3, dtype=np.int32)),
    )


@layout(
    "several spectra",
    "https://github.com/desihub/desispec/issues/1303: a coadd of a petal without its r camera",
    case="desi_coadd_without_r_camera.fits",
    objects=2,
    id="39627652591521792",
    ra=150.1,
    dec=2.2,
    error=0.5,
    says=("R missing",),
)
def desi_coadd_without_r() -> bytes:
    fibermap = table_hdu(
        "FIBERMAP",
        TARGETID=39627652591521792 + np.arange(2),
        TARGET_RA=np.array([150.1, 150.2]),
        TARGET_DEC=np.array([2.2, 2.2]),
        OBJTYPE=["TGT", "TGT"],
    )
    arms: list[Any] = []
    for arm, low, count in (("B", 5600.0, 251), ("Z", 7520.0, 226)):
        values = {"WAVELENGTH": low + 0.8 * np.arange(count), "FLUX": np.tile(FLUX[:count], (2, 1))}
        values |= {"IVAR": np.full((2, count), 4.0), "MASK": np.zeros((2, count), np.int32)}
        arms += [fits.ImageHDU(data, name=f"{arm}_{name}") for name, data in values.items()]
    return fits_bytes(primary(), fibermap, *arms)
