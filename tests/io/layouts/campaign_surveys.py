"""Spectra as surveys publish them: AAT surveys, DEEP2, LAMOST, SDSS, APOGEE, Euclid, WEAVE, MaNGA."""

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
    WAVELENGTH,
    fits_bytes,
    layout,
    table_hdu,
)
from tests.io.layouts.campaign_spectra import FIRST, LAST, SPECUTILS, STEP, line, row

HALF = PIXELS // 2
LOG_FIRST, LOG_STEP = 3.568, 8e-4
LOG_WAVELENGTH = 10 ** (LOG_FIRST + LOG_STEP * np.arange(PIXELS))
NO_DATA = 1 << 24
"""Bit of SDSS SPPIXMASK that speaks of single pixels."""
LOG_RANGE = (LOG_WAVELENGTH[0], LOG_WAVELENGTH[-1])


@layout(
    "two arms, and the same two by another extraction",
    "https://github.com/spacetelescope/mosviz, deimos_spectrum1D_reader (DEEP2 spec1d: Bxspf-B, Bxspf-R)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def deep2_spec1d() -> bytes:
    hdus = []
    for extraction in ("Bxspf", "Horne"):
        for arm, part in (("B", slice(None, HALF)), ("R", slice(HALF, None))):
            hdus.append(
                table_hdu(
                    f"{extraction}-{arm}",
                    {"OBJNO": "13006694"},
                    SPEC=row(FLUX[part].astype("f4")),
                    LAMBDA=row(WAVELENGTH[part].astype("f4")),
                    IVAR=row(np.where(BAD, 0, 1 / ERROR**2)[part].astype("f4")),
                    CRMASK=row(np.zeros(HALF, "i2")),
                    SKYSPEC=row(FLUX[part].astype("f4") * 30),
                )
            )
    return fits_bytes(*hdus)


@layout(
    "rows of an image that ROW cards name, and a reference pixel in the middle",
    f"{SPECUTILS}/gama.py and https://www.gama-survey.org (flux 1e-17, error, counts, their error, sky)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    ra=212.5,
    dec=-0.7,
    z=0.13,
)
def gama_aat() -> bytes:
    hdu = fits.PrimaryHDU(np.stack([FLUX, ERROR, FLUX * 60, ERROR * 60, FLUX * 200]).astype("f4"))
    middle = {"CRPIX1": 251.0, "CRVAL1": FIRST + 250 * STEP, "CD1_1": STEP, "CDELT1": STEP}
    rows = ("SPECTRUM", "ERROR", "SPECTRUM_NOCAL", "ERROR_NOCAL", "SKY")
    hdu.header.update(middle | {"CTYPE1": "WAVELENGTH", "CUNIT1": "Angstroms", "WCSDIM": 2})
    hdu.header.update({f"ROW{number}": title for number, title in enumerate(rows, 1)})
    hdu.header.update({"ORIGIN": "GAMA", "GAMANAME": "GAMAJ141000.00-004200.0", "SPECID": "G15_Y2_001_007"})
    hdu.header.update({"RA": 212.5, "DEC": -0.7, "Z": 0.13, "NQ": 4})
    return fits_bytes(hdu)


@layout(
    "rows of an image: flux, variance, sky",
    f"{SPECUTILS}/sixdfgs_reader.py, 6dFGS-split (OBSRA, OBSDEC, Z, Z_HELIO, QUALITY)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    z=0.05,
)
def sixdfgs_split() -> bytes:
    hdu = fits.PrimaryHDU(np.stack([FLUX, ERROR**2, FLUX * 30]).astype("f4"))
    cards = {"OBSRA": 55.1, "OBSDEC": -30.2, "Z": 0.05, "Z_HELIO": 0.05, "QUALITY": 4}
    hdu.header.update(line(CTYPE1="Wavelength", CUNIT1="Angstroms") | cards)
    return fits_bytes(hdu)


@layout(
    "a picture of the sky in front, spectra with their variance as second row behind",
    f"{SPECUTILS}/twodfgrs_reader.py (IMAGE = SKYCHART, then IMAGE = SPECTRUM: spectrum, variance, sky)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def twodfgrs_sky_chart_first() -> bytes:
    chart = fits.PrimaryHDU(np.ones((49, 49), "i2"))
    chart.header.update({"IMAGE": "SKYCHART", "SEQNUM": 221011, "NAME": "TGS221Z011"})
    spectrum = fits.ImageHDU(np.stack([FLUX, ERROR**2, FLUX * 30]).astype("f4"))
    spectrum.header.update(line() | {"IMAGE": "SPECTRUM", "Z": 0.1148, "QUALITY": 4})
    return fits_bytes(chart, spectrum)


@layout(
    "a second row that is the sky, no error",
    f"{SPECUTILS}/twoslaq_lrg.py (2SLAQ-LRG: planes science, sky; CD1_1)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=np.inf,
)
def twoslaq_lrg() -> bytes:
    hdu = fits.PrimaryHDU(np.stack([FLUX, FLUX * 30])[:, None].astype("f4"))
    cards = {"MSTITLE": "2dF-SDSS LRG/QSO survey", "BANDID1": "spectrum", "BANDID2": "sky"}
    hdu.header.update({"CRPIX1": 1.0, "CRVAL1": FIRST, "CD1_1": STEP, "CTYPE1": "LINEAR"} | cards)
    return fits_bytes(hdu)


@layout(
    "variance and a mask that has nothing to do with pixels of the spectrum",
    f"{SPECUTILS}/sami.py (SAMI aperture spectrum: VARIANCE; BIN_MASK 1 = spaxel in the aperture)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=PIXELS,
)
def sami_aperture() -> bytes:
    hdu = fits.PrimaryHDU(FLUX / 10)
    hdu.header.update(line(CTYPE1="WAVE", CUNIT1="Angstrom", BUNIT="10**(-16) erg /s /cm**2 /angstrom"))
    bins = np.zeros((50, 50), "i4")
    bins[20:30, 20:30] = 1
    return fits_bytes(
        hdu, fits.ImageHDU((ERROR / 10) ** 2, name="VARIANCE"), fits.ImageHDU(bins, name="BIN_MASK")
    )


@layout(
    "two arms with a gap, coadded, before the single exposures",
    "https://github.com/hypergravity/laspec (LAMOST MRS: Information, COADD_B, COADD_R, B-<lmjm>, R-<lmjm>)",
    wavelength=(4950, 6800),
    flux=8.0,
    error=0.4,
)
def lamost_mrs() -> bytes:
    def arm(name: str, first: float, last: float, scale: float) -> fits.BinTableHDU:
        flat = np.full(HALF, scale)
        return table_hdu(
            name,
            FLUX=row(8 * flat),
            IVAR=row(1 / (0.4 * flat) ** 2),
            WAVELENGTH=row(np.linspace(first, last, HALF)),
            ANDMASK=row(np.zeros(HALF, "i4")),
            ORMASK=row(np.zeros(HALF, "i4")),
        )

    return fits_bytes(
        table_hdu("Information", LMJM=np.array([84420148])),
        arm("COADD_B", 4950, 5350, 1),
        arm("COADD_R", 6300, 6800, 1),
        arm("B-84420148", 4950, 5350, 0.5),
        arm("R-84420148", 6300, 6800, 0.5),
    )


@layout(
    "coadd, catalog row, lines and exposures in one file",
    "https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html (full)",
    wavelength=LOG_RANGE,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
    z=0.15,
    kind="GALAXY",
)
def sdss_spec_with_exposures() -> bytes:
    def spectrum(name: str, factor: float, pixels: slice, **more: Any) -> fits.BinTableHDU:
        return table_hdu(
            name,
            flux=(FLUX * factor)[pixels].astype("f4"),
            loglam=np.log10(LOG_WAVELENGTH)[pixels].astype("f4"),
            ivar=(1 / (ERROR * factor) ** 2)[pixels].astype("f4"),
            **more,
        )

    whole = slice(None)
    clean = np.zeros(PIXELS, "i4")
    coadd = {
        "and_mask": BAD * NO_DATA,
        "or_mask": clean + 1,
        "wdisp": FLUX,
        "sky": FLUX * 9,
        "model": FLUX * 3,
    }
    spall = table_hdu("SPALL", PLUG_RA=np.array([150.1]), Z=np.array([0.15]), CLASS=np.array(["GALAXY"]))
    lines = table_hdu("SPZLINE", LINENAME=np.array(["H_alpha"]), LINEZ=np.array([0.3]))
    primary = fits.PrimaryHDU()
    primary.header.update({"PLUG_RA": 150.1, "PLUG_DEC": 2.2, "PLATEID": 501, "MJD": 52235, "FIBERID": 7})
    return fits_bytes(
        primary,
        spectrum(
            "COADD",
            1.0,
            whole,
            **{key: np.asarray(value, "i4" if "mask" in key else "f4") for key, value in coadd.items()},
        ),
        spall,
        lines,
        spectrum("B1-00013388", 2.0, slice(0, 250), mask=clean[:250]),
        spectrum("R1-00013388", 2.0, slice(250, 500), mask=clean[250:]),
    )


@layout(
    "spectra of a plate in the rows of images, log10 wavelengths",
    "https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/PLATE4/spPlate.html",
    wavelength=LOG_RANGE,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
    objects=2,
)
def sdss_spplate() -> bytes:
    flux = fits.PrimaryHDU(np.stack([FLUX, FLUX * 2]).astype("f4"))
    cards = {"CRPIX1": 1, "CRVAL1": LOG_FIRST, "CD1_1": LOG_STEP, "COEFF0": LOG_FIRST, "COEFF1": LOG_STEP}
    flux.header.update(cards | {"DC-FLAG": 1, "BUNIT": "1E-17 erg/cm^2/s/Ang", "PLATEID": 501, "MJD": 52235})
    both = np.ones((2, 1), "f4")
    plugmap = table_hdu(
        "PLUGMAP", FIBERID=np.array([1, 2]), RA=np.array([150.1, 150.2]), DEC=np.array([2.2, 2.3])
    )
    return fits_bytes(
        flux,
        fits.ImageHDU(both * (1 / ERROR**2).astype("f4"), name="IVAR"),
        fits.ImageHDU((both * BAD * NO_DATA).astype("i4"), name="ANDMASK"),
        fits.ImageHDU(np.ones((2, PIXELS), "i4"), name="ORMASK"),
        fits.ImageHDU(both * np.ones(PIXELS, "f4"), name="WAVEDISP"),
        plugmap,
        fits.ImageHDU(both * (FLUX * 9).astype("f4"), name="SKY"),
    )


@layout(
    "wavelengths by cards CRVAL, CDELT, NPIXELS of a table",
    f"{SPECUTILS}/sdss_v.py, mwmVisit (one row a visit; pixel_flags 0 = good)",
    wavelength=LOG_RANGE,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    objects=2,
)
def sdss5_mwmvisit_boss() -> bytes:
    both = np.ones((2, 1), "f4")
    table = table_hdu(
        "BOSS/APO",
        {
            "CRVAL": LOG_FIRST,
            "CDELT": LOG_STEP,
            "CTYPE": "LOG-LINEAR",
            "CUNIT": "Angstrom",
            "NPIXELS": PIXELS,
        },
        sdss_id=np.array([54321000, 54321000]),
        mjd=np.array([59800, 59801]),
        snr=np.array([20.0, 20.0]),
        telescope=np.array(["apo25m", "apo25m"]),
        flux=both * FLUX.astype("f4"),
        ivar=both * (1 / ERROR**2).astype("f4"),
        pixel_flags=(both * BAD).astype("i8"),
    )
    primary = fits.PrimaryHDU()
    primary.header.update({"SDSS_ID": 54321000, "RA": 198.4346, "DEC": 66.676, "V_ASTRA": "0.6.0"})
    empty = [fits.BinTableHDU(name=name) for name in ("BOSS/LCO", "APOGEE/APO", "APOGEE/LCO")]
    return fits_bytes(primary, table, *empty)


@layout(
    "near infrared in log10 steps",
    f"{SPECUTILS}/apogee.py, apStar (15 145 to 16 950 Å; first row the coadd)",
    refused=r"(?i)cover|infrared|outside|10 ?4[0-9]{2}",
)
def apogee_apstar() -> bytes:
    header = {"CRPIX1": 1, "CRVAL1": 4.179, "CDELT1": 1e-4, "CTYPE1": "LOG-LINEAR", "DC-FLAG": 1}
    hdus = []
    units = ("Flux (10^-17 erg/s/cm^2/Ang)", "Err (10^-17 erg/s/cm^2/Ang)", "Mask")
    for values, unit in zip((FLUX, ERROR, np.zeros(PIXELS)), units, strict=True):
        hdu = fits.ImageHDU(np.stack([values] * 4))
        hdu.header.update(header | {"BUNIT": unit})
        hdus.append(hdu)
    primary = fits.PrimaryHDU()
    primary.header.update({"OBJID": "2M00001653+5540107", "RA": 0.0689, "DEC": 55.67, "NVISITS": 2})
    return fits_bytes(primary, *hdus)


@layout(
    "near infrared, a scale of the flux in a card, an HDU for each object",
    "Euclid Q1 DpdSirCombinedSpectra (<k>_META, <k>_COMBINED1D_SIGNAL; FSCALE 1e-16; 11 900 to 19 002 Å)",
    refused=r"(?i)cover|infrared|outside|10 ?4[0-9]{2}",
)
def euclid_sir_combined() -> bytes:
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"FITS_DEF": "sir.combinedSpectra", "TILE_ID": 102160339, "N_OBJ": 1, "LRANGE": "RGS"}
    )
    meta = fits.ImageHDU(name="0_META")
    meta.header.update({"OBJ_ID": 2703103336655111, "RA_OBJ": 270.31, "DEC_OBJ": 66.55, "N_DITH": 4})
    signal = table_hdu(
        "0_COMBINED1D_SIGNAL",
        {"FSCALE": 1e-16, "WMIN": 11900.0, "BINWIDTH": 14.2, "BINCOUNT": PIXELS},
        WAVELENGTH=(np.linspace(11900, 19002, PIXELS), "Angstrom"),
        SIGNAL=(FLUX, "erg/s/cm2/Angstrom"),
        MASK=np.zeros(PIXELS, "i4"),
        QUALITY=np.ones(PIXELS),
        VAR=(ERROR**2, "erg2/s2/cm4/Angstrom2"),
        NDITH=np.full(PIXELS, 4, "i4"),
    )
    return fits_bytes(primary, meta, signal)


@layout(
    "counts beside the curve that makes them fluxes",
    "https://github.com/iprafols/SQUEzE (WEAVE L1: RED_DATA x RED_SENSFUNC; TARGID in FIBTABLE)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    ra=150.1,
    dec=2.2,
    objects=2,
)
def weave_l1_stack() -> bytes:
    both = np.ones((2, 1), "f4")
    response = np.linspace(2e-18, 9e-18, PIXELS)  # erg/s/cm2/Å for a count
    counts, sigma = FLUX * 1e-17 / response, ERROR * 1e-17 / response
    images = []
    for name, values in (
        ("RED_DATA", counts),
        ("RED_IVAR", 1 / sigma**2),
        ("RED_DATA_NOSS", counts * 30),
        ("RED_IVAR_NOSS", 1 / sigma**2),
        ("RED_SENSFUNC", response),
    ):
        image = fits.ImageHDU(both * values.astype("f4"), name=name)
        image.header.update(line(CTYPE1="WAVE", CUNIT1="Angstrom"))
        images.append(image)
    fibers = table_hdu(
        "FIBTABLE",
        TARGID=np.array(["t1", "t2"]),
        TARGRA=np.array([150.1, 150.2]),
        TARGDEC=np.array([2.2, 2.3]),
        TARGUSE=np.array(["T", "T"]),
    )
    return fits_bytes(*images, fibers)


@layout(
    "a cube with its wavelengths in an HDU",
    f"{SPECUTILS}/manga.py (MaNGA LOGCUBE: FLUX, IVAR, MASK, WAVE)",
    refused=r"(?i)cube|spaxel|integral|3-?d",
)
def manga_logcube() -> bytes:
    ones = np.ones((PIXELS, 12, 12), "f4")
    flux = fits.ImageHDU(ones * FLUX[:, None, None].astype("f4"), name="FLUX")
    flux.header.update(
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "WAVE-LOG", "CUNIT3": "Angstrom"}
    )
    flux.header.update({"CRVAL3": FIRST, "CRPIX3": 1, "CD3_3": 0.8, "BUNIT": "1E-17 erg/s/cm^2/Ang/spaxel"})
    mask = fits.ImageHDU(np.zeros(ones.shape, "i4"), name="MASK")
    wavelength = fits.ImageHDU(LOG_WAVELENGTH, name="WAVE")
    return fits_bytes(fits.PrimaryHDU(), flux, fits.ImageHDU(ones, name="IVAR"), mask, wavelength)
