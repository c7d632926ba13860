"""Files of several groups, tables or planes, and values that stand for others: packed, missing, per band."""

import io
from typing import Any

import h5py
import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.io.votable.tree import Resource, VOTableFile
from astropy.table import Table

from tests.io.layouts import ERROR, FLUX, MEDIAN_FLUX, PIXELS, WAVELENGTH, fits_bytes, layout, table_hdu

NOISY = FLUX + np.random.default_rng(1).normal(0, 0.4, PIXELS)
MIDDLE = (np.arange(PIXELS) >= 50) & (np.arange(PIXELS) < 450)
SKY = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRVAL1": 150.0,
    "CRVAL2": 2.0,
    "CRPIX1": 60.5,
    "CRPIX2": 60.5,
}


def text(head: str, *columns: Any) -> bytes:
    rows = "\n".join(" ".join(f"{value:.8g}" for value in row) for row in zip(*columns, strict=True))
    return f"{head}\n{rows}\n".encode()


def hdf5(**groups: dict[str, Any]) -> bytes:
    """Groups of datasets; keys that begin with ``@`` are attributes of the group."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, members in groups.items():
            group = file.create_group(name) if name != "root" else file
            for key, value in members.items():
                if key.startswith("@"):
                    group.attrs[key[1:]] = value
                else:
                    group[key] = value
    return stream.getvalue()


def one_plane(name: str = "", peak: float = 3.0, scale: float = 0.262, **cards: Any) -> fits.ImageHDU:
    hdu = fits.ImageHDU(np.zeros((120, 120), "f4"), name=name)
    hdu.data[60, 60] = peak
    hdu.header.update(SKY | {"CDELT1": -scale / 3600, "CDELT2": scale / 3600} | cards)
    return hdu


def flux_of(factor: float) -> dict[str, Any]:
    return {"flux": factor * FLUX, "ivar": 1 / ERROR**2, "@redshift": factor / 10}


@layout(
    "several objects", "HDF5 with a group for each object", ending="h5", objects=2, id="0", z=0.1, error=0.4
)
def groups_that_are_numbers() -> bytes:
    return hdf5(**{str(i): {"wave": WAVELENGTH} | flux_of(i + 1) for i in range(2)})


@layout("several objects", "HDF5 with wavelengths for all groups", ending="h5", objects=2, id="obj_1", z=0.1)
def numbered_groups_beside_one_axis() -> bytes:
    return hdf5(root={"wave": WAVELENGTH}, obj_1=flux_of(1), obj_2=flux_of(2))


@layout(
    "packed numbers",
    "scale_factor, _FillValue: https://cfconventions.org, 8.1",
    ending="h5",
    flux=MEDIAN_FLUX,
)
def packed_as_in_netcdf() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["wavelength"] = WAVELENGTH
        file["flux"] = np.rint(FLUX * 1000).astype("i4")
        file["flux"].attrs["scale_factor"] = 1e-3
    return stream.getvalue()


@layout("several tables", "VOTable with a table of the target in front", ending="vot", flux=MEDIAN_FLUX)
def spectrum_in_the_second_table() -> bytes:
    unit = u.Unit("1e-17 erg / (s cm2 AA)")
    tables = (
        Table({"name": ["A"], "ra": [150.0], "dec": [2.0]}),
        Table({"wavelength": WAVELENGTH * u.AA, "flux": FLUX * unit}),
    )
    file, resource, stream = VOTableFile(), Resource(), io.BytesIO()
    resource.tables.extend(from_table(table).get_first_table() for table in tables)
    file.resources.append(resource)
    file.to_xml(stream)
    return stream.getvalue()


@layout(
    "missing values", "ends of a resampled spectrum", ending="txt", good=400, says=("missing pixels: 100",)
)
def zeros_at_both_ends() -> bytes:
    return text("# wave flux", WAVELENGTH, np.where(MIDDLE, NOISY, 0.0))


@layout("missing values", "-9999 beside an error", ending="txt", good=400, error=0.4)
def flux_of_minus_9999() -> bytes:
    return text("# wave flux err", WAVELENGTH, np.where(MIDDLE, NOISY, -9999.0), ERROR)


@layout(
    "names",
    "IRAF's listpix: pixel, wavelength, flux",
    ending="txt",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
)
def pixel_numbers_in_front_without_names() -> bytes:
    return text("", np.arange(1, PIXELS + 1), WAVELENGTH, FLUX, ERROR)


@layout(
    "zero-point", "a zero-point for each band", ending="npz", bands=("DES-G", "DES-R", "DES-Z"), maximum=3.0
)
def zero_points_of_the_bands_in_npz() -> bytes:
    cube = np.zeros((3, 120, 120), "f4")
    cube[:, 60, 60] = 10.0, 15.849, 3 * 3.981
    stream = io.BytesIO()
    np.savez(stream, image=cube, bands=np.array(["g", "r", "z"]), zeropoint=np.array([25.0, 25.5, 24.0]))
    return stream.getvalue()


@layout("zero-point", "MAGSYS = Vega", refused="Vega magnitudes")
def zero_point_of_vega() -> bytes:
    return fits_bytes(one_plane(FILTER="r", MAGZERO=25.0, MAGSYS="Vega"))


@layout("filter", "VISTA, VIRCAM", bands=("HSC-Y",), says=("band: VISTA y .assumed",))
def filter_of_vista() -> bytes:
    return fits_bytes(one_plane(scale=0.339, FILTER="Y", INSTRUME="VIRCAM"))


@layout("filter", "Johnson and Cousins", refused="R: no band that the codec reads")
def filters_of_johnson_and_cousins() -> bytes:
    cards = SKY | {"CDELT1": -0.262 / 3600, "CDELT2": 0.262 / 3600, "BANDS": "B,V,R,I"}
    hdu = fits.PrimaryHDU(np.ones((4, 120, 120), "f4"))
    hdu.header.update(cards)
    return fits_bytes(hdu)


@layout("HDUs", "uncertainty and coverage, as Spitzer and WISE call them", bands=("DES-R",), maximum=3.0)
def uncertainty_and_coverage_of_an_image() -> bytes:
    return fits_bytes(
        one_plane("R", FILTER="r"), *(one_plane(f"{n}_R", 7.0, FILTER="r") for n in ("UNC", "COV"))
    )


@layout("survey", "DECam reduced with the pipeline of HSC and Rubin", bands=("DES-G",), maximum=0.04755)
def decam_in_the_layout_of_hsc() -> bytes:
    primary = fits.PrimaryHDU()
    primary.header.update(
        INSTRUME="DECam", FILTER="g DECam SDSS c0001 4720.0 1520.0", FLUXMAG0=10 ** (0.4 * 27)
    )
    return fits_bytes(primary, one_plane("IMAGE"), one_plane("MASK", 0.0), one_plane("VARIANCE", 1.0))


@layout(
    "several HDUs",
    "a template and the sky beside the spectrum",
    flux=MEDIAN_FLUX,
    says=(r"not used: HDU 1 .TEMPLATE",),
)
def spectrum_between_template_and_sky() -> bytes:
    columns = {"wave": (WAVELENGTH, "Angstrom"), "flux": (FLUX, "1e-17 erg/s/cm2/Angstrom")}
    others = columns | {"flux": (5 * FLUX, "1e-17 erg/s/cm2/Angstrom")}
    return fits_bytes(
        table_hdu("TEMPLATE", **others), table_hdu("SPECTRUM", **columns), table_hdu("SKY", **others)
    )
