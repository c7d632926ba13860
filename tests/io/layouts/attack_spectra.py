"""Spectra whose names, units, parts or frames mean something else than they seem to at first sight."""

import json
from typing import Any

import astropy.units as u
import numpy as np
from astropy.io import fits

from tests.io.layouts import (
    BAD,
    ERROR,
    FLUX,
    MEDIAN_FLUX,
    PIXELS,
    WAVELENGTH,
    fits_bytes,
    in_vacuum,
    layout,
    table_hdu,
)

CGS = "1e-17 erg/s/cm2/Angstrom"
BLUE, RED = WAVELENGTH < 5500, WAVELENGTH > 5400
SEVERAL = "several spectra in one"
REST = "of the rest frame; .* multiply by 1 \\+ z"


def text(head: str, *columns: Any) -> bytes:
    rows = "\n".join(" ".join(f"{value:.8g}" for value in row) for row in zip(*columns, strict=True))
    return f"{head}\n{rows}\n".encode()


def pixels(name: str = "", cards: Any = None, where: Any = slice(None), **more: Any) -> fits.BinTableHDU:
    """Wavelength, flux and error in a table; keywords replace or add columns."""
    columns = {"wave": (WAVELENGTH, "Angstrom"), "flux": (FLUX, CGS), "err": (ERROR, CGS)} | more
    there = {key: value for key, value in columns.items() if value is not None}
    return table_hdu(name, cards, **{key: (value[0][where], value[1]) for key, value in there.items()})


def no_uncertainty(name: str, column: str, value: float, unit: str, source: str) -> None:
    """A column of that name which is no error of the flux; none is known then."""

    def build() -> bytes:
        return fits_bytes(pixels(err=None, **{column: (np.full(PIXELS, value), unit)}))

    build.__name__ = name
    says = (f"not used: column {column}",)
    layout("uncertainty", source, flux=MEDIAN_FLUX, error=np.inf, says=says)(build)


no_uncertainty("sigma_in_km_per_s", "sigma", 70.0, "km/s", "instrumental resolution, as of MILES and pPXF")
no_uncertainty("sigma_in_angstrom", "sigma", 1.1, "Angstrom", "dispersion of the line-spread function")
no_uncertainty("error_in_percent", "error", 5.0, "%", "relative errors")
no_uncertainty("error_in_magnitudes", "flux_err", 0.05, "mag", "errors of magnitudes")
no_uncertainty("error_of_another_quantity", "flux_err", 0.4, "mJy", "of a flux per Hz, beside one per Å")


@layout("mask sense", "badpix, bpm: bad pixel mask", good=PIXELS - 3 * PIXELS // 5)
def bad_pixels_in_the_majority() -> bytes:
    return fits_bytes(pixels(badpix=((np.arange(PIXELS) % 5 < 3).astype("i4"), None)))


@layout("arms", "units of FITS columns", refused="one flux unit")
def arms_in_two_flux_units() -> bytes:
    stored = {
        name: (values * 1e-17, "erg/s/cm2/Angstrom") for name, values in (("flux", FLUX), ("err", ERROR))
    }
    return fits_bytes(pixels("BLUE", where=BLUE), pixels("RED", where=RED, **stored))


@layout("arms", "AIRORVAC of each arm", refused="one medium")
def arms_in_two_media() -> bytes:
    return fits_bytes(pixels("BLUE", {"AIRORVAC": "air"}, BLUE), pixels("RED", {"AIRORVAC": "vac"}, RED))


@layout("arms", "quantities of astropy", refused="one wavelength unit")
def arms_in_nm_and_angstrom() -> dict[str, Any]:
    arms = {"b": (WAVELENGTH[BLUE] / 10 * u.nm, BLUE), "r": (WAVELENGTH[RED] * u.AA, RED)}
    return {
        f"{arm}_{name}": values
        for arm, (wavelength, here) in arms.items()
        for name, values in (("wave", wavelength), ("flux", FLUX[here]), ("ivar", 1 / ERROR[here] ** 2))
    }


@layout("several objects", "a row for each target", wavelength=(3700, 9200), id="11", objects=2)
def targets_of_two_ranges_in_rows() -> bytes:
    waves = np.stack([WAVELENGTH, np.linspace(9300, 10400, PIXELS)])
    table = table_hdu(
        targetid=np.array([11, 12]), wave=(waves, "Angstrom"), flux=(np.stack([FLUX, FLUX]), CGS)
    )
    return fits_bytes(table)


@layout("several objects", "an HDU for each star", wavelength=(3700, 5500), id="HD 1", objects=2)
def stars_of_two_ranges_in_hdus() -> bytes:
    waves = np.linspace(3700, 5500, PIXELS), np.linspace(5600, 9200, PIXELS)
    return fits_bytes(
        *(pixels(f"STAR{i}", {"OBJECT": f"HD {i}"}, wave=(w, "Angstrom")) for i, w in enumerate(waves, 1))
    )


@layout("several objects", "a long table without a usual name for the id", ending="txt", refused=SEVERAL)
def long_table_with_an_unknown_id() -> bytes:
    return text("star wave flux err", np.repeat([1, 2], PIXELS), *np.tile([WAVELENGTH, FLUX, ERROR], 2))


@layout("several objects", "a long table with an object of few rows", ending="txt", refused=SEVERAL)
def long_table_with_a_short_object() -> bytes:
    rows = [np.r_[values, values[100:120]] for values in (WAVELENGTH, FLUX, ERROR)]
    return text("id wave flux err", np.r_[np.full(PIXELS, 1), np.full(20, 2)], *rows)


@layout("several objects", "photometry of many catalogs, as VizieR gives it", ending="txt", refused=SEVERAL)
def photometry_in_a_few_filters() -> bytes:
    wavelength = np.repeat([3543.0, 4770, 6231, 7625, 9134], 16)
    return text("wavelength flux flux_err", wavelength, np.full(80, 8.0), np.full(80, 0.4))


@layout("several parts", "orders of an echelle, one below the other", ending="txt", wavelength=(3700, 9220))
def orders_that_overlap_a_little() -> bytes:
    wavelength = np.concatenate([np.linspace(a, a + 120, 60) for a in np.arange(3700.0, 9200, 100)])
    return text("wave flux err", wavelength, np.full(len(wavelength), 8.0), np.full(len(wavelength), 0.4))


def rest_frame(name: str, head: str) -> None:
    def build() -> bytes:
        return text(head, WAVELENGTH, FLUX, ERROR)

    build.__name__ = name
    layout("rest frame", head.splitlines()[0], ending="txt", refused=REST)(build)


rest_frame("rest_frame_in_a_comment", "# Rest-frame wavelength in Angstrom\n# wave flux err")
rest_frame("divided_by_one_plus_z_in_a_comment", "# wavelengths divided by (1+z)\n# wave flux err")


@layout("rest frame", "SPECSYS: Greisen et al. 2006, table 12", refused=REST)
def specsys_of_the_source() -> bytes:
    return fits_bytes(pixels(cards={"SPECSYS": "SOURCE"}))


@layout("rest frame", "unit of the column", refused=REST)
def rest_frame_in_the_unit() -> bytes:
    return fits_bytes(pixels(wave=(WAVELENGTH, "Angstrom, rest frame")))


@layout(
    "rest frame", "the rest frame of the Sun is none of the source", ending="txt", wavelength=(3700, 9200)
)
def heliocentric_rest_frame() -> bytes:
    return text("# wavelengths in the heliocentric rest frame\n# wave flux err", WAVELENGTH, FLUX, ERROR)


@layout(
    "medium",
    "comments with a negation",
    ending="txt",
    wavelength=(in_vacuum(3700), in_vacuum(9200)),
    says=("medium: air",),
)
def not_converted_to_vacuum() -> bytes:
    head = "# wavelengths have not been converted to vacuum\n# wave flux err"
    return text(head, WAVELENGTH, FLUX, ERROR)


@layout("names", "three columns without names", ending="txt", says=(r"uncertainty: error \(assumed",))
def third_column_without_a_name() -> bytes:
    return text("", WAVELENGTH, FLUX, ERROR)


def logarithmic_axis(name: str, **cards: str) -> None:
    """The pixels are even in log10, and CTYPE1 says WAVE-LOG, which in FITS has CRVAL1 in Å."""

    def build() -> bytes:
        hdu = fits.PrimaryHDU(FLUX.astype("f4"))
        step = np.log10(9200 / 3700) / (PIXELS - 1)
        hdu.header.update(
            {"CTYPE1": "WAVE-LOG", "CRVAL1": np.log10(3700), "CDELT1": step, "CRPIX1": 1} | cards
        )
        return fits_bytes(hdu)

    build.__name__ = name
    layout("wavelength axis", "CTYPE1 of programs that store log10", wavelength=(3700, 9200))(build)


logarithmic_axis("wave_log_with_crval_in_log10")
logarithmic_axis("wave_log_with_crval_in_log10_and_unit", CUNIT1="log(Angstrom)")


@layout(
    "wavelength axis",
    "IRAF: label=Pixel before the dispersion is known",
    refused="nothing says what wavelengths",
)
def iraf_axis_of_pixels() -> bytes:
    hdu = fits.PrimaryHDU(np.resize(FLUX, 4096).astype("f4"))
    hdu.header.update(
        {"CTYPE1": "LINEAR", "CRVAL1": 1024.0, "CDELT1": 1.0, "WAT1_001": "wtype=linear label=Pixel"}
    )
    return fits_bytes(hdu)


@layout(
    "another survey", "an own number called specid, as SPARCL's", ending="json", flux=MEDIAN_FLUX, error=0.4
)
def own_specid_in_cgs() -> bytes:
    arrays = {"wavelength": WAVELENGTH, "flux": FLUX * 1e-17, "error": ERROR * 1e-17}
    return json.dumps({"specid": 5} | {name: list(values) for name, values in arrays.items()}).encode()


@layout("another survey", "columns of SDSS with a unit of their own", flux=10 * MEDIAN_FLUX, error=4.0)
def sdss_columns_in_another_unit() -> bytes:
    loglam, ivar = np.log10(WAVELENGTH), 1 / ERROR**2
    unit = "1e-16 erg/s/cm2/Angstrom"
    return fits_bytes(table_hdu(flux=(FLUX, unit), loglam=loglam, ivar=ivar, and_mask=np.zeros(PIXELS, "i4")))


@layout(
    "another survey",
    "five rows in a file of LAMOST, but not in its order",
    refused="nothing says what they are",
)
def own_rows_under_lamost() -> bytes:
    hdu = fits.PrimaryHDU(np.stack([WAVELENGTH, FLUX, ERROR, BAD, BAD]).astype("f4"))
    hdu.header["TELESCOP"] = "LAMOST"
    return fits_bytes(hdu)


def unusable_axis(name: str, source: str, **cards: Any) -> None:
    """Values between 3700 and 9200 along an axis that is not one of wavelengths, or not linear."""

    def build() -> bytes:
        hdu = fits.PrimaryHDU(FLUX.astype("f4"))
        hdu.header.update({"CRVAL1": 3700.0, "CDELT1": 11.0, "CRPIX1": 1.0} | cards)
        return fits_bytes(hdu)

    build.__name__ = name
    layout("wavelength axis", source, refused="nothing says what wavelengths")(build)


unusable_axis("velocity_without_a_unit", "CTYPE1 = VELO of radio astronomy", CTYPE1="VELO")
unusable_axis("time_without_a_unit", "CTYPE1 = TIME: a light curve", CTYPE1="TIME")
unusable_axis("grism_axis", "Greisen et al. 2006, section 5", CTYPE1="AWAV-GRI", CUNIT1="Angstrom", PV1_0=3e5)


@layout("wavelength axis", "CTYPE1 = FREQ, whose unit is Hz where none is stated", wavelength=(3700, 9200))
def frequencies_without_a_unit() -> bytes:
    frequency = np.linspace(2.99792458e18 / 9200, 2.99792458e18 / 3700, PIXELS)
    hdu = fits.PrimaryHDU(FLUX.astype("f4"))
    step = frequency[1] - frequency[0]
    hdu.header.update({"CTYPE1": "FREQ", "CRVAL1": frequency[0], "CDELT1": step, "CRPIX1": 1.0})
    return fits_bytes(hdu)


@layout("units", "a column named frequency without a unit", ending="txt", refused="frequency has no unit")
def frequency_column_without_a_unit() -> bytes:
    return text("frequency flux err", np.linspace(326.0, 810.0, PIXELS), FLUX, ERROR)


@layout("uncertainty", "a column error with the unit of a variance", flux=MEDIAN_FLUX, error=np.inf)
def error_in_the_unit_of_a_variance() -> bytes:
    return fits_bytes(pixels(err=(ERROR**2, "1e-34 erg2/s2/cm4/Angstrom2")))


def commented(comment: str) -> bytes:
    hdu = pixels()
    hdu.header["COMMENT"] = comment
    return fits_bytes(hdu)


@layout("rest frame", "COMMENT of FITS", refused=REST)
def rest_frame_in_a_fits_comment() -> bytes:
    return commented("Wavelengths shifted to the rest frame of the galaxy")


@layout("medium", "COMMENT of FITS", wavelength=(in_vacuum(3700), in_vacuum(9200)), says=("medium: air",))
def air_in_a_fits_comment() -> bytes:
    return commented("Wavelengths are in air")


@layout(
    "uncertainty", "an error in erg/s/cm2/Å without a unit, beside a flux with one", refused="not in one unit"
)
def error_in_cgs_without_a_unit() -> bytes:
    return fits_bytes(pixels(err=(ERROR * 1e-17, None)))


@layout("several objects", "fluxes that differ in their number", ending="txt", refused="flux_1, flux_2")
def numbered_fluxes() -> bytes:
    return text("wave flux_1 flux_2", WAVELENGTH, FLUX, 2 * FLUX)


@layout("several objects", "JSON with an object under each key", ending="json", refused="a_flux, b_flux")
def objects_under_letters() -> bytes:
    return json.dumps({key: {"wave": list(WAVELENGTH), "flux": list(FLUX)} for key in "ab"}).encode()


@layout("rest frame", "name of the only wavelengths", refused=REST)
def rest_frame_in_the_only_name() -> bytes:
    return fits_bytes(pixels(wave=None, rest_wave=(WAVELENGTH, "Angstrom")))


@layout("rest frame", "wavelengths of both frames", ending="txt", wavelength=(3700, 9200))
def wavelengths_of_both_frames() -> bytes:
    return text("lam_rest observed_wavelength flux err", WAVELENGTH / 1.1, WAVELENGTH, FLUX, ERROR)


@layout(
    "several parts", "JSON of pixels", ending="json", wavelength=(3700, 9200), flux=MEDIAN_FLUX, error=0.4
)
def a_json_object_for_each_pixel() -> bytes:
    rows = zip(WAVELENGTH, FLUX, ERROR, strict=True)
    return json.dumps([{"wavelength": w, "flux": f, "error": e} for w, f, e in rows]).encode()


@layout("mask", "good and bad in words", ending="txt", error=0.4, says=(r"not used: flag .*a mask in words",))
def mask_in_words() -> bytes:
    lines = [
        f"{w:.6g} {f:.6g} {e:.6g} {'bad' if b else 'good'}"
        for w, f, e, b in zip(WAVELENGTH, FLUX, ERROR, BAD, strict=True)
    ]
    return "\n".join(["wave flux err flag", *lines]).encode()


def doppler_corrected(name: str, value: str, **expected: Any) -> None:
    def build() -> bytes:
        hdu = fits.PrimaryHDU(FLUX.astype("f4"))
        step = WAVELENGTH[1] - WAVELENGTH[0]
        hdu.header.update({"CTYPE1": "LINEAR", "CRVAL1": 3700.0, "CDELT1": step, "DOPCOR01": value})
        return fits_bytes(hdu)

    build.__name__ = name
    layout("rest frame", "IRAF, noao.onedspec.dopcor", **expected)(build)


doppler_corrected("doppler_corrected_to_rest", "0.1", refused=REST)
doppler_corrected("doppler_corrected_to_the_sun", "-6.5E-5", wavelength=(3700, 9200))


@layout("rest frame", "comments on lines", ending="txt", wavelength=(3700, 9200))
def rest_wavelengths_of_lines_in_a_comment() -> bytes:
    head = "# rest wavelengths of the lines are from NIST\n# wave flux err"
    return text(head, WAVELENGTH, FLUX, ERROR)
