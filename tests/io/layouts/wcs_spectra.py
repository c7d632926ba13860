"""Spectra in images: a WCS, another HDU or a row of the array gives the wavelengths."""

from collections.abc import Callable

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
    in_vacuum,
    layout,
    table_hdu,
)

STEP = float(WAVELENGTH[1] - WAVELENGTH[0])
UNIT = "1e-17 erg/s/cm2/Angstrom"
NOISY = np.where((np.arange(PIXELS) >= 100) & (np.arange(PIXELS) < 200), 2.0, 0.4)
"""100 pixels are five times as noisy."""
WCS1D = "https://specutils.readthedocs.io/en/stable/, loader wcs1d-fits"
FITS_SPECTRAL_WCS = "Greisen et al. 2006, https://doi.org/10.1051/0004-6361:20053818"


def image(data: np.ndarray, name: str = "", **cards: object) -> fits.ImageHDU | fits.PrimaryHDU:
    """An image; the primary one without a name."""
    hdu = fits.ImageHDU(data, name=name) if name else fits.PrimaryHDU(data)
    hdu.header.update(cards)
    return hdu


def linear(start: float = 3700.0, step: float = STEP) -> dict[str, float]:
    """Cards of wavelengths that begin at the first pixel."""
    return {"CRVAL1": start, "CRPIX1": 1.0, "CDELT1": step}


FLUX_HDU = linear() | {"CTYPE1": "WAVE", "CUNIT1": "Angstrom", "BUNIT": UNIT}


def uncertainty_in_hdu(name: str, values: np.ndarray, source: str, case: str = "") -> None:
    """Registers a 1-D image with its uncertainty in an HDU of this name."""

    def build() -> bytes:
        return fits_bytes(image(FLUX, **FLUX_HDU), image(values, name))

    build.__name__ = f"wcs1d_uncertainty_hdu_{name.lower()}"
    expected = {"wavelength": (3700, 9200), "flux": MEDIAN_FLUX, "error": 0.4, "good": PIXELS, "noisy": 100}
    layout("uncertainty in an HDU", source, case=case, **expected)(build)


for hdu_name in ("ERROR", "ERR"):
    uncertainty_in_hdu(hdu_name, NOISY, WCS1D, f"wcs1d_uncertainty_hdu_{hdu_name}.fits")
for hdu_name in ("INVVAR", "IVAR"):
    uncertainty_in_hdu(hdu_name, NOISY**-2, WCS1D, f"wcs1d_uncertainty_hdu_{hdu_name}.fits")
uncertainty_in_hdu("SIGMA", NOISY, "https://www.sdss4.org/dr17/irspec/spectral_combination/, 'sigma' images")
uncertainty_in_hdu("STD", NOISY, "https://specutils.readthedocs.io, wcs1d-fits writer: uncertainty_type std")
uncertainty_in_hdu("UNCERT", NOISY, "https://docs.astropy.org/en/stable/nddata/ccddata.html, HDU UNCERT")
uncertainty_in_hdu("VARIANCE", NOISY**2, "https://www.aao.gov.au/science/software/2dfdr, HDU VARIANCE")
uncertainty_in_hdu("VAR", NOISY**2, "https://dragons.readthedocs.io, HDU VAR of AstroData")
uncertainty_in_hdu("STAT", NOISY**2, "https://mpdaf.readthedocs.io/en/latest/obj.html: STAT is the variance")


@layout(
    "wavelengths in another HDU",
    "https://github.com/linetools/linetools, XSpectrum1D.write_to_fits",
    case="linetools_flux_error_wavelength_hdus.fits",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=len(FLUX),
)
def linetools_hdus() -> bytes:
    return fits_bytes(
        fits.PrimaryHDU(FLUX),
        fits.ImageHDU(ERROR, name="ERROR"),
        fits.ImageHDU(WAVELENGTH, name="WAVELENGTH"),
    )


def wavelengths_in_hdu(name: str, values: np.ndarray, source: str) -> None:
    """Registers FLUX and IVAR images whose wavelengths are in an HDU of this name."""

    def build() -> bytes:
        return fits_bytes(image(FLUX, "FLUX"), image(ERROR**-2, "IVAR"), image(values, name))

    build.__name__ = f"wavelengths_in_hdu_{name.lower()}"
    expected = {"wavelength": (3700, 9200), "flux": MEDIAN_FLUX, "error": 0.4, "good": PIXELS}
    layout("wavelengths in another HDU", source, **expected)(build)


wavelengths_in_hdu(
    "WAVE", WAVELENGTH, "https://www.sdss.org/dr18/manga/manga-data/data-model/, LOGCUBE: WAVE"
)
wavelengths_in_hdu(
    "LOGLAM", np.log10(WAVELENGTH), "https://data.sdss.org/datamodel, spFrame: log10 of Angstrom"
)
wavelengths_in_hdu("LAMBDA", WAVELENGTH, "https://www.eso.org/sci/software/pipelines/, extracted spectra")


NO_WAVELENGTHS = r"(?i)\b(no|without|what|which) wavelengths?\b"


@layout(
    "no wavelengths", FITS_SPECTRAL_WCS + ": without CTYPE1 an axis counts pixels", refused=NO_WAVELENGTHS
)
def image_of_one_axis_alone() -> bytes:
    return fits_bytes(image(np.tile(FLUX, 8)))


@layout("no wavelengths", FITS_SPECTRAL_WCS + ": PIXEL is no spectral axis", refused=NO_WAVELENGTHS)
def image_whose_axis_is_called_pixel() -> bytes:
    return fits_bytes(image(np.tile(FLUX, 20), **linear(1.0, 1.0), CTYPE1="PIXEL"))


@layout("no wavelengths", "linetools layout without its HDU WAVELENGTH", refused=NO_WAVELENGTHS)
def flux_and_error_hdus_alone() -> bytes:
    flux = np.tile(FLUX, 20)
    return fits_bytes(image(flux), image(np.full_like(flux, 0.4), "ERROR"))


@layout(
    "unit",
    "ESO and MUSE write 10**(-20)*erg/s/cm**2/Angstrom; A, the ampere of FITS, is never meant",
    case="bunit_1e-20_per_bare_A.fits",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
)
def bunit_1e20_per_bare_a() -> bytes:
    return fits_bytes(image(FLUX * 1e3, **FLUX_HDU | {"BUNIT": "10**(-20)*erg/s/cm**2/A"}))


@layout(
    "unit",
    "IRAF onedspec, DC-FLAG 1: CRVAL1 and CDELT1 are log10 of Angstrom",
    case="bunit_unknown_loglinear.fits",
    wavelength=(3700, 3700 * 10 ** (0.00075 * (PIXELS - 1))),
    flux=MEDIAN_FLUX,
    says=("flux unit: .*assumed",),
)
def bunit_unknown_loglinear() -> bytes:
    cards = linear(np.log10(3700.0), 0.00075) | {"CTYPE1": "LINEAR", "DC-FLAG": 1, "BUNIT": "DU/PIXEL"}
    return fits_bytes(image(FLUX, **cards))


@layout(
    "medium",
    FITS_SPECTRAL_WCS + ": AWAV is the wavelength in air, meter without CUNIT1 given",
    wavelength=(in_vacuum(4750.0), in_vacuum(4750.0 + 9.2 * (PIXELS - 1))),
    error=0.4,
)
def awav_in_meters() -> bytes:
    cards = linear(4750e-10, 9.2e-10) | {
        "CTYPE1": "AWAV",
        "CUNIT1": "m",
        "BUNIT": "10**(-20)*erg/s/cm**2/Angstrom",
    }
    return fits_bytes(image(FLUX * 1e3, "DATA", **cards), image((ERROR * 1e3) ** 2, "STAT"))


IRAF = "IRAF noao.onedspec, https://iraf.readthedocs.io/en/latest/tasks/noao/onedspec/specwcs.html"
EQUISPEC = {
    "WCSDIM": 2,
    "CTYPE1": "LINEAR",
    "CTYPE2": "LINEAR",
    "CD1_1": STEP,
    "CD2_2": 1.0,
    "LTM1_1": 1.0,
    "LTM2_2": 1.0,
    "WAT0_001": "system=equispec",
    "WAT1_001": "wtype=linear label=Wavelength units=angstroms",
    "WAT2_001": "wtype=linear",
    "APNUM1": "1 1 96.40 103.95",
    "APNUM2": "2 1 96.40 103.95",
    "DC-FLAG": 0,
}


@layout(
    "several spectra",
    IRAF,
    case="iraf_equispec_two_apertures.fits",
    objects=2,
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=np.inf,
)
def equispec_two_apertures() -> bytes:
    cards = linear() | EQUISPEC | {"BUNIT": "erg/cm2/s/A"}
    return fits_bytes(image(np.array([FLUX, 0.5 * FLUX]) * 1e-17, **cards))


@layout(
    "several spectra",
    IRAF + ": apall, one BANDID for all apertures, CUNIT1 as before the calibration",
    objects=2,
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=np.inf,
)
def equispec_two_apertures_of_one_band() -> bytes:
    cards = {
        "CUNIT1": "pixel",
        "CUNIT2": "pixel",
        "BANDID1": "spectrum - background fit, weights none, clean no",
    }
    cards |= linear() | EQUISPEC | {"BUNIT": "erg/cm2/s/A"}
    return fits_bytes(image(np.array([FLUX, 0.5 * FLUX]) * 1e-17, **cards))


@layout(
    "several spectra",
    IRAF + ": apall, BANDID of each plane",
    objects=2,
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def apall_two_apertures_four_bands() -> bytes:
    planes = [FLUX, 1.1 * FLUX, np.full(PIXELS, 3.0), ERROR]
    data = np.array([[plane, 0.5 * plane] for plane in planes])  # (bands, apertures, pixels)
    bands = {
        "BANDID1": "spectrum - background fit, weights variance, clean yes",
        "BANDID2": "spectrum - background fit, weights none, clean no",
        "BANDID3": "background - background fit",
        "BANDID4": "sigma - background fit, weights variance, clean yes",
    }
    return fits_bytes(image(data * 1e-17, **linear(), **EQUISPEC, **bands, BUNIT="erg/cm2/s/A"))


@layout(
    "uncertainty",
    IRAF + ": apall without a sigma band",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=np.inf,
)
def apall_bands_without_sigma() -> bytes:
    data = np.array([FLUX, 1.1 * FLUX, np.full(PIXELS, 3.0)])[:, None, :]
    bands = {
        "BANDID1": "spectrum - background fit, weights variance, clean no",
        "BANDID2": "raw - background fit, weights none, clean no",
        "BANDID3": "background - background fit",
    }
    return fits_bytes(image(data, **linear(), CD1_1=STEP, CTYPE1="LINEAR", **bands))


def rows(source: str, **expected: object) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """An image whose rows are the parts of one spectrum."""
    return layout("wavelengths in rows", source, wavelength=(3700, 9200), flux=MEDIAN_FLUX, **expected)


@rows(
    "pyspeckit, https://github.com/astropy/specutils/issues/139",
    case="rows_wavelength_flux_error.fits",
    error=0.4,
)
def rows_wavelength_flux_error() -> bytes:
    return fits_bytes(image(np.array([WAVELENGTH, FLUX, ERROR]), CTYPE1="WAVEREST", CUNIT1="angstroms"))


@rows("IRTF library, https://irtfweb.ifa.hawaii.edu/~spex/IRTF_Spectral_Library/: Spextool's rows", error=0.4)
def rows_of_spextool_in_microns() -> bytes:
    spectrum = np.array(
        [WAVELENGTH * 1e-4, FLUX * 1e-16, ERROR * 1e-16]
    )  # 1e-17 erg/s/cm2/Å is 1e-16 W m-2 um-1
    return fits_bytes(image(spectrum, XUNITS="um", YUNITS="Wm-2um-1", WAVETYPE="Vacuum"))


@rows("two rows, as numpy users write them", error=np.inf)
def rows_wavelength_flux() -> bytes:
    return fits_bytes(image(np.array([WAVELENGTH, FLUX])))


@rows("columns of an image, as text tables are turned into FITS", error=0.4)
def columns_wavelength_flux_error() -> bytes:
    return fits_bytes(image(np.array([WAVELENGTH, FLUX, ERROR]).T))


def fibers(count: int) -> fits.BinTableHDU:
    """2dF's table of fibers: positions in radians."""
    names = [f"GAL-{i + 1}" for i in range(count)]
    ra, dec = np.full(count, 0.61784656) + 0.01 * np.arange(count), np.full(count, -0.50440015)
    return table_hdu("FIBRES", NAME=names, RA=ra, DEC=dec, TYPE=["P"] * count, MAGNITUDE=np.full(count, 18.6))


AAOMEGA = (
    "https://github.com/astropy/specutils, aaomega_2df.py: FIBRES in radians; Marz takes air unless VACUUM"
)
MIDDLE = {
    "CRVAL1": (WAVELENGTH[0] + WAVELENGTH[-1]) / 2,
    "CRPIX1": (PIXELS + 1) / 2,
    "CDELT1": STEP,
    "CTYPE1": "Wavelength",
    "CUNIT1": "Angstroms",
    "TELESCOP": "Anglo-Australian Telescope",
}


@layout(
    "medium and position",
    AAOMEGA,
    case="aaomega_marz_linear_air.fits",
    wavelength=(in_vacuum(3700.0), in_vacuum(9200.0)),
    flux=MEDIAN_FLUX,
    error=0.4,
    ra=np.degrees(0.61784656),
    dec=np.degrees(-0.50440015),
)
def aaomega_one_fiber_in_air() -> bytes:
    parts = (image(ERROR**2, "VARIANCE"), image(np.zeros(PIXELS), "SKY"), fibers(1))
    return fits_bytes(image(FLUX, **MIDDLE), *parts)


@layout(
    "several spectra",
    AAOMEGA,
    objects=3,
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=np.degrees(0.61784656),
    dec=np.degrees(-0.50440015),
)
def aaomega_three_fibers_in_vacuum() -> bytes:
    flux = np.array([FLUX, 0.5 * FLUX, 2 * FLUX])
    flux[:, BAD] = np.nan  # as 2dfdr writes bad pixels
    cards = MIDDLE | {"VACUUM": True, "INSTRUME": "AAOMEGA-2dF"}
    return fits_bytes(image(flux, **cards), image(np.full(flux.shape, 0.16), "VARIANCE"), fibers(3))


@layout("mask", "https://dragons.readthedocs.io: DQ 0 is good", wavelength=(3700, 9200), error=0.4, good=GOOD)
def quality_in_hdu_dq() -> bytes:
    parts = (image(ERROR**2, "VAR"), image(BAD.astype(np.int16) * 8, "DQ"))
    return fits_bytes(fits.PrimaryHDU(), image(FLUX, "SCI", **FLUX_HDU), *parts)


@layout(
    "mask",
    "X-shooter, https://www.eso.org/sci/software/pipelines/: nm, ERRS, QUAL of which 0 is good",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
)
def quality_in_hdu_qual() -> bytes:
    cards = linear(370.0, STEP / 10) | {"CTYPE1": "LINEAR", "CUNIT1": "nm", "BUNIT": "erg/s/cm2/Angstrom"}
    parts = (image(ERROR * 1e-17, "ERRS"), image(BAD.astype(np.int32) * 1024, "QUAL"))
    return fits_bytes(image(FLUX * 1e-17, **cards), *parts)
