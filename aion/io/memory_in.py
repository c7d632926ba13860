"""Objects in memory (astropy, specutils, pandas, numpy, arrow, mappings) -> content, as from a file."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.io import fits
from astropy.table import Row
from astropy.table import Table as AstropyTable

from aion.errors import FormatError
from aion.io.arrays_in import record, structured
from aion.io.astropy_in import from_astropy
from aion.io.columns import Notes, plain_cards, table_of
from aion.io.content import Records, Table, native
from aion.io.fits_file import FitsFile, open_fits
from aion.io.fits_header import cards
from aion.io.objects import SkyObject
from aion.io.parsing import Content, rows_or_pixels
from aion.io.source import check_size
from aion.io.tables_in import from_arrow
from aion.modalities import Modality

_HDUS = (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU, fits.BinTableHDU, fits.TableHDU)
_UNCERTAINTIES = {"std": ("error", 1), "var": ("variance", 2), "ivar": ("ivar", -2)}
"""`uncertainty_type` of astropy.nddata -> column, and the power of the flux unit that it is in."""
_SPECTRAL = ("length", "frequency", "energy", "wavenumber")
_NAME_THEM = "give a mapping that says it, such as {'wavelength': ..., 'flux': ..., 'error': ...}"


def sources_in(source: Any) -> list[Any]:
    """What was handed in, one by one.

    Raises:
        FormatError: there is nothing, or bare arrays that do not say what they are.
    """
    if not isinstance(source, (list, tuple)) or isinstance(source, fits.HDUList):
        return [source]
    if not source:
        raise FormatError("no file was given; give at least one")
    if all(isinstance(one, (np.ndarray, list, tuple, int, float)) and not _has_fields(one) for one in source):
        raise FormatError(
            f"{len(source)} arrays or numbers do not say which is the wavelength, the flux or its error; "
            f"{_NAME_THEM}"
        )
    return list(source)


def name_of(source: Any) -> str:
    """What reports call an object in memory."""
    file_name = source.filename() if isinstance(source, fits.HDUList) else None
    if file_name:
        return Path(file_name).name
    return "record" if isinstance(source, Mapping) else type(source).__name__


def open_object(source: Any) -> Content:
    """The content of an object that holds a table, HDUs, a spectrum or named arrays; it is left as it is.

    Raises:
        FormatError: it is none of those.
    """
    return rows_or_pixels(_opened(source))


def _opened(source: Any) -> Content:
    if isinstance(source, (fits.HDUList, *_HDUS)):
        return _of_hdus(source)
    if isinstance(source, AstropyTable):
        return from_astropy(source, "table")
    if isinstance(source, Row):
        return from_astropy(source.table[source.index : source.index + 1], "table")
    if _has_fields(source):
        return structured(np.atleast_1d(np.asarray(source)), "array")
    if isinstance(source, np.ndarray):
        return _of_array(source)
    if isinstance(source, pa.Table):
        return from_arrow(source, "table")
    if _is_a(source, "pandas", "DataFrame"):
        return replace(from_arrow(pa.Table.from_pandas(source), "table"), meta=plain_cards(source.attrs))
    if _is_a(source, "pandas", "Series"):
        return Records((record(source.to_dict(), "memory"),))
    if _is_a(source, "specutils", "Spectrum", "Spectrum1D"):
        return _of_spectrum(source)
    return Records(tuple(record(one, "memory") for one in _mappings(source)))


def _is_a(source: Any, package: str, *names: str) -> bool:
    """Whether it is of a class of a package that need not be imported to find out."""
    classes = [cls for cls in type(source).__mro__ if cls.__module__.partition(".")[0] == package]
    return any(cls.__name__ in names for cls in classes)


def _has_fields(source: Any) -> bool:
    return isinstance(source, (np.ndarray, np.void)) and bool(source.dtype.names) and source.ndim < 2


def _of_hdus(source: Any) -> FitsFile:
    """The HDUs as the file that they would be."""
    hdus = list(source) if isinstance(source, fits.HDUList) else [source]
    info = hdus[0].fileinfo() if hdus else None
    if info and info["file"].closed:
        raise FormatError(
            "the FITS file of these HDUs is closed; read them while it is open, or give its path"
        )
    check_size(sum(int(hdu.size) for hdu in hdus), "the FITS file in memory")
    if not hdus or not isinstance(hdus[0], fits.PrimaryHDU):
        hdus.insert(0, fits.PrimaryHDU())
    stream = io.BytesIO()
    fits.HDUList([hdu.copy() for hdu in hdus]).writeto(stream, output_verify="silentfix+ignore")
    return open_fits(stream.getvalue())


def _of_array(array: np.ndarray[Any, Any]) -> Records:
    if array.ndim < 3:
        raise FormatError(
            f"an array of shape {array.shape} does not say what it holds; {_NAME_THEM}, "
            "or {'image': ..., 'bands': ['g', 'r', 'z']}"
        )
    return Records((record({"array": array}, "memory"),))


def _of_spectrum(spectrum: Any) -> Table:
    """A `specutils.Spectrum`, flux (n,) or (rows, n), as a table of pixels or of rows.

    Its mask (True = bad) is in the fluxes: those of bad pixels are NaN.
    """
    axis, unit = spectrum.spectral_axis, spectrum.flux.unit
    if axis.unit.physical_type not in _SPECTRAL:
        raise FormatError(
            f"the spectral axis is in {axis.unit or 'no unit'}; "
            "wavelengths, frequencies or energies are expected"
        )
    flux = np.asarray(spectrum.flux.value, dtype=np.float64)
    if flux.ndim > 2:
        raise FormatError(
            f"the flux has shape {flux.shape}; take one spectrum of the cube, such as spectrum[y, x]"
        )
    if spectrum.mask is not None:
        flux = np.where(np.asarray(spectrum.mask, dtype=bool), np.nan, flux)
    columns = {"wavelength": native(np.broadcast_to(axis.value, flux.shape)), "flux": flux}
    units = {"wavelength": str(axis.unit), "flux": str(unit)}
    uncertainty = spectrum.uncertainty
    if uncertainty is not None:
        if uncertainty.uncertainty_type not in _UNCERTAINTIES:
            raise FormatError(
                "the uncertainty of the spectrum does not say what it is; make it a StdDevUncertainty, "
                "VarianceUncertainty or InverseVariance"
            )
        name, power = _UNCERTAINTIES[uncertainty.uncertainty_type]
        columns[name] = native(uncertainty.quantity.to_value(unit**power))
        units[name] = str(unit**power)
    header = spectrum.meta.get("header", {})
    meta = {**(cards(header) if isinstance(header, fits.Header) else header), **spectrum.meta}
    meta = plain_cards({key: value for key, value in meta.items() if key != "header"})
    if float(spectrum.redshift) != 0:
        meta.setdefault("REDSHIFT", float(spectrum.redshift))
    return table_of(columns, Notes(units, meta=meta), "spectrum")


def _mappings(source: Any) -> list[Mapping[str, Any]]:
    """A mapping, public attributes, or something with ``.records`` (as SPARCL's results) -> mappings."""
    if isinstance(source, SkyObject):
        raise FormatError("a SkyObject has been read already; analyze or encode it as it is")
    if isinstance(source, Modality):
        raise FormatError(
            f"{type(source).__name__} is a modality already; encode it as it is, with no reading"
        )
    inner = source.get("records") if isinstance(source, Mapping) else getattr(source, "records", None)
    if isinstance(inner, (list, tuple)):
        return [one for entry in inner for one in _mappings(entry)]
    if isinstance(source, Mapping):
        if not source:
            raise FormatError("the record is empty; named arrays, such as flux and wavelength, are expected")
        return [source]
    has_attributes = hasattr(source, "__dict__") and not isinstance(source, (type, ModuleType))
    attributes = vars(source) if has_attributes else {}
    public = {name: value for name, value in attributes.items() if not name.startswith("_")}
    if not public:
        raise FormatError(
            f"a {type(source).__name__} cannot be read; give a path, bytes, an open file, "
            "a table of astropy or pandas, FITS HDUs, a Spectrum of specutils, or a record with named arrays"
        )
    return [public]
