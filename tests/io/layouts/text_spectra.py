"""Spectra in text: where names and units stand, how numbers are written, several objects in one table."""

import io

import numpy as np
from astropy.table import MaskedColumn, Table

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

VACUUM = (3700.0, 9200.0)
RIGHT = {"wavelength": VACUUM, "flux": MEDIAN_FLUX, "error": 0.4}


def lines(*columns: np.ndarray, between: str = " ", form: str = "{:.6g}") -> str:
    """One line for each pixel."""
    return (
        "\n".join(between.join(form.format(value) for value in row) for row in zip(*columns, strict=True))
        + "\n"
    )


@layout(
    "names",
    "https://lime-stable.readthedocs.io, SHOC579_MANGA38-35.txt: 1 in pixel_mask is bad",
    ending="txt",
    case="err_flux_and_pixel_mask_columns.txt",
    good=GOOD,
    **RIGHT,
)
def lime_text() -> bytes:
    return ("# wave flux err_flux pixel_mask\n" + lines(WAVELENGTH, FLUX, ERROR, BAD.astype(int))).encode()


@layout(
    "units",
    "https://pyspeckit.readthedocs.io, examples/sample_sdss.txt",
    ending="txt",
    case="names_line_then_units_line_in_comments.txt",
    **RIGHT,
)
def names_then_units_in_comments() -> bytes:
    head = "# lambda flux err\n# angstroms 1e-17erg/s/cm2/angstrom 1e-17erg/s/cm2/angstrom\n"
    return (head + lines(WAVELENGTH, FLUX, ERROR)).encode()


@layout("units", "the same, in nm and W/m2/um", ending="dat", **RIGHT)
def names_then_other_units_in_comments() -> bytes:
    head = "# wavelength flux error\n# nm W/m2/um W/m2/um\n"
    return (head + lines(WAVELENGTH / 10, FLUX * 1e-16, ERROR * 1e-16)).encode()


@layout(
    "units",
    "https://cds.unistra.fr/vizier/catstd: TSV with units and dashes; 0.1nm is the Å, 10-20 is 1e-20",
    ending="tsv",
    case="vizier_tsv_units_and_dashes.tsv",
    wavelength=VACUUM,
    flux=MEDIAN_FLUX / 10,
    error=0.04,
)
def vizier_tsv() -> bytes:
    head = (
        "#RESOURCE=yCat_1\n#Name: J/A+A/000/1\n#Title: spectra\n"
        "#Column\tlambda\t(F8.2)\tWavelength in vacuum\t[ucd=em.wl]\n"
        "#Column\tFlux\t(E10.4)\tFlux\n#Column\te_Flux\t(E10.4)\terror\n"
        "lambda\tFlux\te_Flux\n0.1nm\t10-20W/m2/nm\t10-20W/m2/nm\n--------\t----------\t----------\n"
    )
    return (head + lines(WAVELENGTH, FLUX, ERROR, between="\t", form="{:10.4f}")).encode()


@layout(
    "units",
    "https://cds.unistra.fr/vizier/catstd, names with semicolons; nm and mW/m2/nm",
    ending="tsv",
    **RIGHT,
)
def vizier_semicolons() -> bytes:
    head = "#RESOURCE=yCat_2\nlambda;Flux;e_Flux\nnm;mW/m2/nm;mW/m2/nm\n-----;-----;-----\n"
    return (head + lines(WAVELENGTH / 10, FLUX * 1e-16, ERROR * 1e-16, between=";")).encode()


def with_commas(head: str) -> bytes:
    return (head + lines(WAVELENGTH, FLUX, ERROR, between=";", form="{:.4f}").replace(".", ",")).encode()


EUROPEAN = "spreadsheets of a European locale: decimal comma, semicolons"


@layout("numbers", EUROPEAN, ending="csv", case="semicolons_and_decimal_commas.csv", refused="point", **RIGHT)
def decimal_commas() -> bytes:
    return with_commas("wavelength;flux;error\n")


@layout(
    "numbers",
    EUROPEAN,
    ending="csv",
    case="semicolons_and_decimal_commas_no_header.csv",
    refused="point",
    **RIGHT,
)
def decimal_commas_without_names() -> bytes:
    return with_commas("")


@layout("numbers", "Fortran writes 1.0D-17", ending="txt", **RIGHT)
def fortran_exponents() -> bytes:
    body = lines(WAVELENGTH, FLUX * 1e-17, ERROR * 1e-17, form="{:.6e}").replace("e", "D")
    return ("# wavelength flux error\n" + body).encode()


@layout(
    "medium, order and masked values",
    "https://docs.astropy.org/en/stable/io/ascii/ecsv.html: an empty value is masked; meta says the medium",
    ending="ecsv",
    case="decreasing_microns_air_masked.ecsv",
    wavelength=(in_vacuum(3700), in_vacuum(9200)),
    error=0.4,
    good=490,
    ra=150.1,
    dec=2.2,
    z=0.15,
)
def ecsv_decreasing_in_air() -> bytes:
    unit = "1e-17 erg / (Angstrom s cm2)"
    table = Table({"wave": WAVELENGTH[::-1] * 1e-4, "flux": FLUX[::-1], "error": ERROR})
    table["flux"] = MaskedColumn(table["flux"], mask=np.arange(PIXELS) % 50 == 0)
    for name, text in (("wave", "um"), ("flux", unit), ("error", unit)):
        table[name].unit = text
    table.meta = {"MEDIUM": "air", "ra": 150.1, "dec": 2.2, "z": 0.15}
    stream = io.StringIO()
    table.write(stream, format="ascii.ecsv")
    return stream.getvalue().encode()


@layout(
    "names",
    "https://skyserver.sdss.org, CSV of a spectrum: BestFit is a model, no uncertainty",
    ending="csv",
    case="skyserver_spectrum.csv",
    wavelength=VACUUM,
    flux=MEDIAN_FLUX,
    error=np.inf,
)
def skyserver_csv() -> bytes:
    body = lines(WAVELENGTH, FLUX, FLUX * 1.2, np.full(PIXELS, 5.0), between=",")
    return ("Wavelength,Flux,BestFit,SkyFlux\n" + body).encode()


@layout(
    "names",
    "no names: wavelength and flux, as WISeREP and the TNS give",
    ending="dat",
    **RIGHT | {"error": np.inf},
)
def two_columns_alone() -> bytes:
    return lines(WAVELENGTH, FLUX).encode()


@layout("names", "no names: wavelength, flux and error", ending="ascii", **RIGHT)
def three_columns_alone() -> bytes:
    return lines(WAVELENGTH, FLUX, ERROR, between="\t").encode()


@layout("names", "units in the names, as spreadsheets and jdaviz users write them", ending="csv", **RIGHT)
def units_in_names() -> bytes:
    head = "Wavelength (nm),Flux (W/m^2/um),Uncertainty (W/m^2/um)\n"
    return (head + lines(WAVELENGTH / 10, FLUX * 1e-16, ERROR * 1e-16, between=",")).encode()


@layout("names", "units in brackets of a comment, as ESO and Gaia users' tables", ending="txt", **RIGHT)
def units_in_brackets_of_a_comment() -> bytes:
    head = "# Wavelength[um] Flux[erg/s/cm2/A] Error[erg/s/cm2/A]\n"
    return (head + lines(WAVELENGTH * 1e-4, FLUX * 1e-17, ERROR * 1e-17)).encode()


@layout(
    "names",
    "a header of cards in comments, as IRAF's wspectext and WISeREP write",
    ending="txt",
    ra=150.1,
    **RIGHT,
)
def cards_in_comments() -> bytes:
    head = "# OBJECT = SN 2011fe\n# RA = 150.1\n# DEC = 2.2\n# EXPTIME = 900.\n# wavelength flux flux_err\n"
    return (head + lines(WAVELENGTH, FLUX, ERROR)).encode()


@layout(
    "several objects",
    "SPARCL and TAP results: a row for each pixel",
    ending="csv",
    objects=3,
    id="A1",
    **RIGHT,
)
def long_table_of_three_objects() -> bytes:
    bodies = [
        "\n".join(f"{name},{line}" for line in lines(WAVELENGTH, FLUX * scale, ERROR, between=",").split())
        for name, scale in (("A1", 1.0), ("A2", 2.0), ("A3", 3.0))
    ]
    return ("object_id,wavelength,flux,error\n" + "\n".join(bodies) + "\n").encode()


@layout(
    "several objects",
    "desispec and lsdb exports: TARGETID repeats, its rows lie between those of others",
    objects=2,
    id="39627785483846390",
    ra=150.1,
    dec=2.2,
    **RIGHT,
)
def long_table_of_interleaved_targets() -> bytes:
    first = np.tile([True, False], PIXELS)
    place = {"RA": np.where(first, 150.1, 150.2), "DEC": np.full(2 * PIXELS, 2.2)}
    ids = 39627785483846390 + np.where(first, 0, 1)
    spectrum = {"WAVELENGTH": np.repeat(WAVELENGTH, 2), "FLUX": np.where(first, 1, 2) * np.repeat(FLUX, 2)}
    return fits_bytes(table_hdu(TARGETID=ids, **place, **spectrum, IVAR=np.full(2 * PIXELS, 6.25)))


@layout(
    "several objects", "an id that is the same in each row is of one object", ending="csv", id="A1", **RIGHT
)
def long_table_of_one_object() -> bytes:
    body = "\n".join(f"A1,{line}" for line in lines(WAVELENGTH, FLUX, ERROR, between=",").split())
    return f"object_id,wavelength,flux,error\n{body}\n".encode()


@layout("several objects", "a running number of the pixel is no id", ending="csv", **RIGHT)
def index_column_before_the_names() -> bytes:
    return (
        ",wavelength,flux,error\n" + lines(np.arange(PIXELS), WAVELENGTH, FLUX, ERROR, between=",")
    ).encode()
