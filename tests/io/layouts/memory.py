"""Objects in memory: tables of astropy and pandas, HDU lists, spectra of specutils, mappings, open files."""

import io
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.nddata import InverseVariance, StdDevUncertainty, VarianceUncertainty
from astropy.table import QTable, Table
from specutils import Spectrum

from tests.io.layouts import BAD, ERROR, FLUX, GOOD, MEDIAN_FLUX, WAVELENGTH, layout, table_hdu

RIGHT = {"wavelength": (3700.0, 9200.0), "flux": MEDIAN_FLUX, "error": 0.4}
FLUX_UNIT = 1e-17 * u.erg / u.s / u.cm**2 / u.AA
ASTROPY = "https://docs.astropy.org/en/stable/table/"
SPECUTILS = "https://specutils.readthedocs.io/en/stable/spectrum.html: mask True is bad"


@layout("in memory", ASTROPY, ra=150.1, dec=2.2, **RIGHT)
def astropy_table() -> Table:
    table = Table(
        {"wavelength": WAVELENGTH / 10, "flux": FLUX, "error": ERROR}, meta={"RA": 150.1, "DEC": 2.2}
    )
    table["wavelength"].unit = "nm"
    return table


@layout("in memory", ASTROPY + ": a masked value has none", **RIGHT | {"flux": None}, good=GOOD)
def astropy_masked_table() -> Table:
    table = Table({"wavelength": WAVELENGTH, "flux": FLUX, "error": ERROR}, masked=True)
    table["flux"].mask = BAD
    return table


@layout("in memory", ASTROPY + "mixin_columns.html", **RIGHT)
def astropy_qtable() -> QTable:
    flux = {
        name: (values * FLUX_UNIT).to("W/(m2 um)") for name, values in (("flux", FLUX), ("flux_err", ERROR))
    }
    return QTable({"spectral_axis": (WAVELENGTH * u.AA).to("um"), **flux})


@layout(
    "in memory", ASTROPY + ": a row for each object", objects=2, ra=150.1, dec=2.2, z=0.15, id="7", **RIGHT
)
def astropy_table_of_two_objects() -> Table:
    arrays = {"wavelength": WAVELENGTH, "flux": FLUX, "ivar": ERROR**-2}
    rows = {name: np.tile(values, (2, 1)) for name, values in arrays.items()}
    return Table({"object_id": [7, 8], "ra": [150.1, 150.2], "dec": [2.2, 2.3], "z": [0.15, 0.2], **rows})


@layout("in memory", "https://docs.astropy.org/en/stable/io/fits/", good=GOOD, **RIGHT)
def hdu_list_of_a_table() -> fits.HDUList:
    table = table_hdu("SPECTRUM", WAVE=WAVELENGTH, FLUX=FLUX, ERR=ERROR, QUAL=BAD.astype(np.int32))
    return fits.HDUList([fits.PrimaryHDU(), table])


@layout("in memory", "https://docs.astropy.org/en/stable/io/fits/: an HDU alone", **RIGHT)
def table_hdu_alone() -> fits.BinTableHDU:
    return table_hdu("SPECTRUM", WAVE=WAVELENGTH, FLUX=FLUX, ERR=ERROR)


def specutils_spectrum(name: str, uncertainty: Any, unit: Any, axis: u.Quantity = WAVELENGTH * u.AA) -> None:
    """Registers a Spectrum with this uncertainty; `axis` in any spectral unit."""

    def build() -> Spectrum:
        equivalencies = u.spectral_density(WAVELENGTH * u.AA)
        flux = (FLUX * FLUX_UNIT).to(unit, equivalencies=equivalencies)
        scale = (np.ones(len(FLUX)) * FLUX_UNIT).to(unit, equivalencies=equivalencies).value
        return Spectrum(flux=flux, spectral_axis=axis, uncertainty=uncertainty(scale), mask=BAD)

    build.__name__ = f"specutils_{name}"
    layout("in memory", SPECUTILS, good=GOOD, **RIGHT)(build)


def deviation(scale: np.ndarray) -> StdDevUncertainty:
    return StdDevUncertainty(ERROR * scale)


def variance(scale: np.ndarray) -> VarianceUncertainty:
    return VarianceUncertainty((ERROR * scale) ** 2)


def inverse_variance(scale: np.ndarray) -> InverseVariance:
    return InverseVariance((ERROR * scale) ** -2)


specutils_spectrum("spectrum", deviation, FLUX_UNIT)
specutils_spectrum("spectrum_of_variance_in_nm", variance, FLUX_UNIT, WAVELENGTH / 10 * u.nm)
specutils_spectrum("spectrum_of_ivar_in_jansky", inverse_variance, u.Jy)


@layout("in memory", "https://pandas.pydata.org/docs/reference/frame.html", **RIGHT)
def pandas_frame_of_pixels() -> pd.DataFrame:
    return pd.DataFrame({"wavelength": WAVELENGTH, "flux": FLUX, "err": ERROR})


@layout(
    "in memory", "https://pandas.pydata.org/docs/: SPARCL's to_pandas", objects=2, ra=150.1, z=0.15, **RIGHT
)
def pandas_frame_of_objects() -> pd.DataFrame:
    spectrum = {"wavelength": [WAVELENGTH] * 2, "flux": [FLUX] * 2, "ivar": [ERROR**-2] * 2}
    return pd.DataFrame(
        {"sparcl_id": ["a", "b"], "ra": [150.1, 1.0], "dec": [2.2, 1.0], "redshift": [0.15, 1.0]} | spectrum
    )


@layout("in memory", "mappings of arrays", good=GOOD, ra=150.1, dec=2.2, **RIGHT)
def mapping_of_arrays() -> dict[str, Any]:
    return {"wave": WAVELENGTH, "flux": FLUX, "sigma": ERROR, "mask": BAD, "ra": 150.1, "dec": 2.2}


@layout("in memory", "mappings of quantities", **RIGHT)
def mapping_of_quantities() -> dict[str, Any]:
    return {"wavelength": WAVELENGTH / 10 * u.nm, "flux": FLUX * FLUX_UNIT, "error": ERROR * FLUX_UNIT}


@layout("in memory", "mappings of lists, as JSON gives them", **RIGHT)
def mapping_of_lists() -> dict[str, Any]:
    return {"lambda": WAVELENGTH.tolist(), "flux": FLUX.tolist(), "ivar": (ERROR**-2).tolist()}


@layout("in memory", "https://docs.python.org/3/library/io.html", **RIGHT)
def open_file() -> io.BytesIO:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu_list_of_a_table()[1]]).writeto(stream)
    stream.seek(0)
    return stream


@layout("in memory", "nothing", refused=r"None")
def nothing_at_all() -> None:
    return None


@layout("in memory", "something else", refused=r"(?i)object")
def something_else() -> object:
    return object()


@layout("in memory", "a number", refused=r"(?i)\bint\b|42")
def a_number() -> int:
    return 42
