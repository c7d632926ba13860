"""Spectra as instruments, pipelines and programs write them: ESO, Gemini, Keck, HST, JWST, MUSE."""

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

FIRST, LAST = WAVELENGTH[0], WAVELENGTH[-1]
STEP = WAVELENGTH[1] - WAVELENGTH[0]
FROM_AIR = (3701.053, 9202.524)
"""What 3700 and 9200 Å in air are in vacuum."""
CGS = "erg cm**(-2) s**(-1) angstrom**(-1)"
SPECUTILS = "https://github.com/astropy/specutils/blob/main/specutils/io/default_loaders"
LIGHT = 2.99792458e18
"""Å/s"""


def row(values: Any) -> np.ndarray:
    """One row that holds an array."""
    return np.asarray(values)[None]


def line(start: float = FIRST, step: float = STEP, **cards: Any) -> dict[str, Any]:
    """Cards of a linear wavelength axis."""
    return {"CRPIX1": 1.0, "CRVAL1": start, "CDELT1": step, "CD1_1": step} | cards


@layout(
    "fluxed beside counts, optimal beside boxcar, mask 1 = good",
    "https://pypeit.readthedocs.io/en/stable/out_spec1D.html (SpecObj: OPT_FLAM 1e-17, OPT_MASK True = good)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def pypeit_spec1d() -> bytes:
    columns = {}
    for kind, factor in (("BOX", 1.1), ("OPT", 1.0)):
        columns |= {
            f"{kind}_WAVE": WAVELENGTH,
            f"{kind}_COUNTS": FLUX * 50,
            f"{kind}_COUNTS_IVAR": np.full(PIXELS, 1 / 20.0**2),
            f"{kind}_COUNTS_SKY": FLUX * 9,
            f"{kind}_MASK": ~BAD,
            f"{kind}_FLAM": FLUX * factor,
            f"{kind}_FLAM_SIG": ERROR * factor,
            f"{kind}_FLAM_IVAR": 1 / (ERROR * factor) ** 2,
        }
    cards = {"DMODCLS": "SpecObj", "DMODVER": "1.1.8", "SLITID": 185, "NAME": "SPAT0176-SLIT0185-DET01"}
    primary = fits.PrimaryHDU()
    primary.header.update({"PYP_SPEC": "keck_lris_blue", "DMODCLS": "SpecObjs", "NSPEC": 1, "FLUXED": True})
    return fits_bytes(primary, table_hdu("SPAT0176-SLIT0185-DET01", cards, **columns))


@layout(
    "extensions of one name in versions: SCI, VAR, DQ",
    "https://github.com/GeminiDRSoftware/DRAGONS (GMOS longslit 1-D; AWAV in nm, VAR variance, DQ 0 = good)",
    wavelength=FROM_AIR,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def gemini_dragons_sci_var_dq() -> bytes:
    cards = line(FIRST / 10, STEP / 10, CTYPE1="AWAV", CUNIT1="nm", EXTVER=1)
    science = fits.ImageHDU(FLUX * 1e-17, name="SCI")
    variance = fits.ImageHDU((ERROR * 1e-17) ** 2, name="VAR")
    quality = fits.ImageHDU(BAD.astype("u2") * 8, name="DQ")
    for hdu in (science, variance, quality):
        hdu.header.update(cards)
    science.header["BUNIT"] = "erg / (Angstrom cm2 s)"
    primary = fits.PrimaryHDU()
    primary.header.update({"INSTRUME": "GMOS-N", "OBJECT": "target"})
    return fits_bytes(primary, science, variance, quality)


@layout(
    "planes that BANDID cards name",
    "IRAF apextract.apall with extras = yes: spectrum, raw, background, sigma (Keck LRIS and ESI reductions)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def iraf_apall_four_bands() -> bytes:
    planes = np.stack([FLUX, FLUX * 1.2, FLUX * 40, ERROR])[:, None] * 1e-17
    hdu = fits.PrimaryHDU(planes.astype(">f4"))
    hdu.header.update(
        {
            "BANDID1": "spectrum - background fit, weights variance, clean yes",
            "BANDID2": "raw - background fit, weights none, clean no",
            "BANDID3": "background - background fit",
            "BANDID4": "sigma - background fit, weights variance, clean yes",
            "APNUM1": "1 1 87.11 94.79",
            "CTYPE1": "MULTISPE",
            "CTYPE2": "MULTISPE",
            "WCSDIM": 3,
            "BUNIT": "erg/cm2/s/A",
            "WAT0_001": "system=multispec",
            "WAT1_001": "wtype=multispec label=Wavelength units=angstroms",
            "WAT2_001": f'wtype=multispec spec1 = "1 1 0 {FIRST} {STEP:.12f} {PIXELS} 0. 87.11 94.79"',
        }
    )
    return fits_bytes(hdu)


@layout(
    "far ultraviolet",
    f"{SPECUTILS}/hst_cos.py (HST COS x1d: rows FUVA and FUVB)",
    refused=r"(?i)3500|cover|ultraviolet|outside",
)
def hst_cos_x1d() -> bytes:
    wavelength = np.stack([np.linspace(1279.0, 1429.0, PIXELS), np.linspace(1126.0, 1276.0, PIXELS)])
    return fits_bytes(
        table_hdu(
            "SCI",
            SEGMENT=np.array(["FUVA", "FUVB"]),
            EXPTIME=(np.array([600.0, 600.0]), "s"),
            NELEM=np.array([PIXELS, PIXELS]),
            WAVELENGTH=(wavelength, "Angstrom"),
            FLUX=(np.stack([FLUX, FLUX]) * 1e-17, "erg /s /cm**2 /Angstrom"),
            ERROR=(np.stack([ERROR, ERROR]) * 1e-17, "erg /s /cm**2 /Angstrom"),
            GROSS=(np.stack([FLUX, FLUX]), "count /s"),
            NET=(np.stack([FLUX, FLUX]), "count /s"),
            DQ=np.zeros((2, PIXELS), "i2"),
        )
    )


@layout(
    "bits of a mask of which some do no harm",
    f"{SPECUTILS}/hst_stis.py (HST STIS x1d: pixels with DQ & SDQFLAGS are bad; 1024 is no serious flag)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
)
def hst_stis_x1d_g750l() -> bytes:
    quality = np.where(BAD, 16, 0)
    quality[::7] |= 1024
    table = table_hdu(
        "SCI",
        {"SDQFLAGS": 31743},
        SPORDER=np.array([1], "i2"),
        NELEM=np.array([PIXELS], "i2"),
        WAVELENGTH=(row(WAVELENGTH), "Angstroms"),
        GROSS=(row(FLUX * 3), "Counts/s"),
        BACKGROUND=(row(FLUX), "Counts/s"),
        NET=(row(FLUX * 2), "Counts/s"),
        FLUX=(row(FLUX * 1e-17), "erg/s/cm**2/Angstrom"),
        ERROR=(row(ERROR * 1e-17), "erg/s/cm**2/Angstrom"),
        NET_ERROR=(row(ERROR * 2), "Counts/s"),
        DQ=row(quality.astype("i2")),
    )
    primary = fits.PrimaryHDU()
    primary.header.update({"TELESCOP": "HST", "INSTRUME": "STIS", "RA_TARG": 150.1, "DEC_TARG": 2.2})
    return fits_bytes(primary, table)


@layout(
    "a first wavelength and a step in columns",
    "IUE NEWSIPS, MXLO: one row, WAVELENGTH and DELTAW are scalars; 1150 to 1980 Å",
    refused=r"(?i)3500|cover|ultraviolet|outside|1150",
)
def iue_mxlo() -> bytes:
    return fits_bytes(
        table_hdu(
            "MELO",
            APERTURE=np.array(["LARGE"]),
            NPOINTS=np.array([PIXELS], "i2"),
            WAVELENGTH=(np.array([1150.0], "f4"), "ANGSTROM"),
            DELTAW=(np.array([1.676], "f4"), "ANGSTROM"),
            NET=(row(FLUX.astype("f4")), "FN"),
            SIGMA=(row(ERROR.astype("f4") * 1e-14), "ERG/CM2/S/A"),
            QUALITY=row(np.zeros(PIXELS, "i2")),
            FLUX=(row(FLUX.astype("f4") * 1e-14), "ERG/CM2/S/A"),
        )
    )


@layout(
    "microjansky over microns, beside the 2-D spectrum",
    "https://github.com/gbrammer/msaexp/blob/main/msaexp/slit_combine.py (NIRSpec PRISM, spec.fits)",
    flux=8.0,
    error=0.4,
)
def msaexp_prism_spec() -> bytes:
    wavelength = np.geomspace(6000.0, 53000.0, PIXELS)
    microjansky = 1e-17 * wavelength**2 / LIGHT / 1e-29  # 1e-17 erg/s/cm2/Å -> µJy
    spectrum = table_hdu(
        "SPEC1D",
        {"GRATING": "PRISM", "FILTER": "CLEAR", "SRCNAME": "2750_449"},
        wave=(wavelength / 1e4, "um"),
        flux=(8.0 * microjansky, "uJy"),
        err=(0.4 * microjansky, "uJy"),
        sky=(99 * microjansky, "uJy"),
        path_corr=np.full(PIXELS, 1.7),
        R=np.full(PIXELS, 100.0),
    )
    plane = np.ones((31, PIXELS), "f4")
    return fits_bytes(
        spectrum,
        *(fits.ImageHDU(plane, name=name) for name in ("SCI", "WHT", "PROFILE")),
        table_hdu("PROF1D", profile=np.ones(31), pfit=np.ones(31)),
    )


@layout(
    "jansky over microns beside surface brightness",
    f"{SPECUTILS}/jwst_reader.py (x1d: EXTRACT1D; DQ bit 1 = DO_NOT_USE)",
    flux=8.0,
    error=0.4,
    good=GOOD,
    ra=53.1,
    dec=-27.8,
)
def jwst_x1d_prism() -> bytes:
    wavelength = np.geomspace(6000.0, 53000.0, PIXELS)
    jansky = 1e-17 * wavelength**2 / LIGHT / 1e-23
    spectrum = table_hdu(
        "EXTRACT1D",
        {"SRCTYPE": "POINT", "SOURCEID": 2651, "SPORDER": 1},
        WAVELENGTH=(wavelength / 1e4, "um"),
        FLUX=(8.0 * jansky, "Jy"),
        FLUX_ERROR=(0.4 * jansky, "Jy"),
        FLUX_VAR_POISSON=((0.3 * jansky) ** 2, "Jy^2"),
        SURF_BRIGHT=(8.0 * jansky * 1e6, "MJy/sr"),
        SB_ERROR=(0.4 * jansky * 1e6, "MJy/sr"),
        DQ=BAD.astype("i4"),
        BACKGROUND=(np.zeros(PIXELS), "MJy/sr"),
        NPIXELS=np.full(PIXELS, 5.0),
    )
    primary = fits.PrimaryHDU()
    primary.header.update({"TELESCOP": "JWST", "INSTRUME": "NIRSPEC", "TARG_RA": 53.1, "TARG_DEC": -27.8})
    return fits_bytes(primary, spectrum)


@layout(
    "infrared",
    "https://github.com/gbrammer/msaexp/blob/main/msaexp/slit_combine.py (NIRSpec G395M, spec.fits)",
    refused=r"(?i)cover|infrared|outside|10 ?4[0-9]{2}",
)
def msaexp_g395m_spec() -> bytes:
    spectrum = table_hdu(
        "SPEC1D",
        {"GRATING": "G395M", "FILTER": "F290LP"},
        wave=(np.linspace(2.87, 5.2, PIXELS), "um"),
        flux=(FLUX, "uJy"),
        err=(ERROR, "uJy"),
    )
    return fits_bytes(spectrum, fits.ImageHDU(np.ones((31, PIXELS), "f4"), name="SCI"))


@layout(
    "a frequency axis",
    f"{SPECUTILS}/tabular_fits.py, tabular_fits_writer (wunit THz, funit Jy)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def specutils_tabular_frequency() -> bytes:
    jansky = 1e-17 * WAVELENGTH**2 / LIGHT * 1e23
    return fits_bytes(
        table_hdu(
            frequency=((LIGHT / WAVELENGTH / 1e12)[::-1], "THz"),
            flux=((FLUX * jansky)[::-1], "Jy"),
            uncertainty=((ERROR * jansky)[::-1], "Jy"),
        )
    )


@layout(
    "a wavelength axis in meters, and the names STD and MASK",
    f"{SPECUTILS}/wcs_fits.py, wcs1d_fits_writer (WCS.to_fits turns Å to m; mask 1 = bad, BFORM L)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def specutils_wcs1d_std_mask() -> bytes:
    flux = fits.PrimaryHDU(FLUX * 1e-17)
    flux.header.update(line(FIRST * 1e-10, STEP * 1e-10, CTYPE1="WAVE", CUNIT1="m", EXTNAME="FLUX"))
    flux.header["BUNIT"] = "erg / (Angstrom s cm2)"
    mask = fits.ImageHDU(BAD.astype("u1"), name="MASK")
    mask.header["BFORM"] = "L"
    return fits_bytes(flux, fits.ImageHDU(ERROR * 1e-17, name="STD"), mask)


@layout(
    "variance beside a spectrum in air",
    "https://github.com/musevlt/mpdaf (Spectrum.write: DATA, STAT = variance, DQ 1 = bad; AWAV)",
    wavelength=FROM_AIR,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def muse_mpdaf_spectrum() -> bytes:
    data = fits.ImageHDU((FLUX * 1e3).astype("f4"), name="DATA")
    data.header.update(line(CTYPE1="AWAV", CUNIT1="Angstrom", BUNIT="10**(-20)*erg/s/cm**2/Angstrom"))
    variance = fits.ImageHDU(((ERROR * 1e3) ** 2).astype("f4"), name="STAT")
    variance.header.update({"BUNIT": "(10**(-20)*erg/s/cm**2/Angstrom)**2"})
    return fits_bytes(data, variance, fits.ImageHDU(BAD.astype("u1"), name="DQ"))


@layout(
    "a file of images, cubes and spectra of one source, which names the spectrum it goes by",
    "https://github.com/musevlt/mpdaf/blob/master/lib/mpdaf/sdetect/source.py (REFSPEC, tables Z and LINES)",
    wavelength=FROM_AIR,
    flux=MEDIAN_FLUX,
    error=0.4,
    ra=53.1,
    dec=-27.8,
    z=0.42,
    id="1487",
)
def muse_mpdaf_source() -> bytes:
    primary = fits.PrimaryHDU()
    primary.header.update({"ID": 1487, "RA": 53.1, "DEC": -27.8, "FORMAT": "0.6", "REFSPEC": "MUSE_TOT"})
    redshifts = table_hdu("Z", Z_DESC=np.array(["MUSE"]), Z=np.array([0.42]), Z_ERR=np.array([0.001]))
    spectra = []
    for name, factor in (("MUSE_SKY", 30e3), ("MUSE_TOT", 1e3)):
        data = fits.ImageHDU((FLUX * factor).astype("f4"), name=f"SPE_{name}_DATA")
        data.header.update(line(CTYPE1="AWAV", CUNIT1="Angstrom", BUNIT="10**(-20)*erg/s/cm**2/Angstrom"))
        spectra += [data, fits.ImageHDU(((ERROR * 1e3) ** 2).astype("f4"), name=f"SPE_{name}_STAT")]
    white = fits.ImageHDU(np.ones((25, 25), "f4"), name="IMA_MUSE_WHITE_DATA")
    cube = fits.ImageHDU(np.ones((50, 25, 25), "f4"), name="CUB_MUSE_DATA")
    return fits_bytes(primary, redshifts, *spectra, white, cube)
