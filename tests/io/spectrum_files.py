"""A spectrum written as files and objects of every container, for tests/io/test_round_trip.py.

A writer knows only how its container says things, not what `aion.io` makes of them.
"""

import io
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.nddata import InverseVariance, StdDevUncertainty, VarianceUncertainty
from astropy.table import QTable, Table


@dataclass(frozen=True)
class Stored:
    """What a file is to hold: numbers (n,) as stored, in their order, with their names and units."""

    wavelength: np.ndarray
    wavelength_name: str
    wavelength_unit: str
    """As astropy spells it; ``log10(Angstrom)`` and ``ln(Angstrom)`` beside."""
    air: bool
    flux: np.ndarray
    flux_name: str
    flux_unit: str
    uncertainty: np.ndarray
    uncertainty_name: str
    uncertainty_power: int
    """1 of an error, 2 of a variance, -2 of an inverse variance: the power of the flux unit that it is in."""
    mask: np.ndarray | None
    mask_name: str

    @property
    def columns(self) -> dict[str, np.ndarray]:
        masks = {} if self.mask is None else {self.mask_name: self.mask}
        names = (self.wavelength_name, self.flux_name, self.uncertainty_name)
        return dict(zip(names, (self.wavelength, self.flux, self.uncertainty), strict=True)) | masks

    @property
    def units(self) -> dict[str, str]:
        """Of wavelength and flux, and of an error; those of a variance are left to who reads."""
        error = {self.uncertainty_name: self.flux_unit} if self.uncertainty_power == 1 else {}
        return {self.wavelength_name: self.wavelength_unit, self.flux_name: self.flux_unit} | error

    @property
    def card(self) -> dict[str, Any]:
        return {"AIRORVAC": "air"} if self.air else {"VACUUM": True}

    @property
    def is_logarithm(self) -> bool:
        return self.wavelength_unit.startswith("l")


def file_bytes(*hdus: Any) -> bytes:
    first = [] if isinstance(hdus[0], fits.PrimaryHDU) else [fits.PrimaryHDU()]
    stream = io.BytesIO()
    fits.HDUList([*first, *hdus]).writeto(stream)
    return stream.getvalue()


def _letter(values: np.ndarray) -> str:
    return {"f8": "D", "f4": "E", "i4": "J", "b1": "L"}[values.dtype.str[1:]]


def _table(stored: Stored, form: Callable[[np.ndarray], str], shape: Callable[[np.ndarray], Any]) -> bytes:
    columns = [
        fits.Column(name, form(values), array=shape(values), unit=stored.units.get(name))
        for name, values in stored.columns.items()
    ]
    return file_bytes(fits.BinTableHDU.from_columns(columns, header=fits.Header(stored.card)))


def fits_pixel_rows(stored: Stored) -> bytes:
    return _table(stored, _letter, lambda values: values)


def fits_array_rows(stored: Stored) -> bytes:
    return _table(stored, lambda values: f"{len(values)}{_letter(values)}", lambda values: values[None])


def fits_variable_rows(stored: Stored) -> bytes:
    def one_row(values: np.ndarray) -> np.ndarray:
        rows = np.empty(1, dtype=object)
        rows[0] = values
        return rows

    return _table(stored, lambda values: f"P{_letter(values)}({len(values)})", one_row)


def _hdu(values: np.ndarray, name: str, cards: Mapping[str, Any]) -> fits.ImageHDU:
    whole = values.astype("i2") if values.dtype.kind == "b" else values
    return fits.ImageHDU(whole, fits.Header(dict(cards)), name=name)


def _beside(stored: Stored) -> list[fits.ImageHDU]:
    masks = [] if stored.mask is None else [_hdu(stored.mask, stored.mask_name, {})]
    return [_hdu(stored.uncertainty, stored.uncertainty_name, {}), *masks]


def fits_image_hdus(stored: Stored) -> bytes:
    flux = _hdu(stored.flux, stored.flux_name, {"BUNIT": stored.flux_unit, **stored.card})
    wavelength = _hdu(stored.wavelength, stored.wavelength_name, {"BUNIT": stored.wavelength_unit})
    return file_bytes(flux, *_beside(stored), wavelength)


def _on_axis(stored: Stored, cards: Mapping[str, Any]) -> bytes:
    header = fits.Header({**cards, "BUNIT": stored.flux_unit})
    return file_bytes(fits.PrimaryHDU(stored.flux, header), *_beside(stored))


def fits_linear_wcs(stored: Stored) -> bytes:
    first, second = stored.wavelength[:2]
    kind = {"CTYPE1": "AWAV" if stored.air else "WAVE", "CUNIT1": stored.wavelength_unit}
    step = (stored.wavelength[-1] - first) / (len(stored.wavelength) - 1)
    assert np.isclose(step, second - first)
    return _on_axis(stored, {"CRVAL1": first + 9 * step, "CRPIX1": 10.0, "CDELT1": step, **kind})


def fits_wave_log(stored: Stored) -> bytes:
    """Greisen et al. 2006, A&A 446, 747, equation 5: of the natural logarithm."""
    first, last = stored.wavelength[[0, -1]]
    kind = {"CTYPE1": "AWAV-LOG" if stored.air else "WAVE-LOG", "CUNIT1": stored.wavelength_unit}
    step = first * np.log(last / first) / (len(stored.wavelength) - 1)
    return _on_axis(stored, {"CRVAL1": first, "CRPIX1": 1.0, "CDELT1": step, **kind})


def _log10(stored: Stored) -> tuple[float, float]:
    ends = np.log10(stored.wavelength[[0, -1]])
    return float(ends[0]), float(ends[1] - ends[0]) / (len(stored.wavelength) - 1)


def fits_dc_flag(stored: Stored) -> bytes:
    """IRAF's log-linear spectra."""
    start, step = _log10(stored)
    axis = {"CRVAL1": start, "CRPIX1": 1.0, "CD1_1": step, "DC-FLAG": 1, "CTYPE1": "LINEAR"}
    units = {"WAT1_001": "wtype=linear label=Wavelength units=angstroms"}
    return _on_axis(stored, {**axis, **units, **stored.card})


def fits_coeff(stored: Stored) -> bytes:
    """COEFF0 and COEFF1 of idlspec2d."""
    start, step = _log10(stored)
    return _on_axis(stored, {"COEFF0": start, "COEFF1": step, **stored.card})


def fits_rows_of_image(stored: Stored) -> bytes:
    """ROW1 ... name the rows; CUNIT1 and BUNIT are the units."""
    names = {f"ROW{i + 1}": name for i, name in enumerate(stored.columns)}
    units = {"CUNIT1": stored.wavelength_unit, "BUNIT": stored.flux_unit}
    pixels = np.array([values.astype(stored.flux.dtype) for values in stored.columns.values()])
    return file_bytes(fits.PrimaryHDU(pixels, fits.Header({**names, **units, **stored.card})))


def astropy_table(stored: Stored) -> Table:
    table = Table(stored.columns, meta=stored.card)
    for name, unit in stored.units.items():
        if not unit.startswith("l"):
            table[name].unit = unit
    return table


def astropy_qtable(stored: Stored) -> QTable:
    table = QTable(stored.columns, meta=stored.card)
    flux = u.Unit(stored.flux_unit)
    table[stored.flux_name] = stored.flux * flux
    table[stored.uncertainty_name] = stored.uncertainty * flux**stored.uncertainty_power
    if not stored.is_logarithm:
        table[stored.wavelength_name] = stored.wavelength * u.Unit(stored.wavelength_unit)
    return table


def ecsv(stored: Stored) -> bytes:
    stream = io.StringIO()
    astropy_table(stored).write(stream, format="ascii.ecsv")
    return stream.getvalue().encode()


def parquet_of_astropy(stored: Stored) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # astropy writes Parquet to paths only
        path = Path(folder) / "spectrum.parquet"
        astropy_table(stored).write(path, format="parquet")
        return path.read_bytes()


def _lines(stored: Stored, between: str) -> list[str]:
    columns = [v.astype(int) if v.dtype.kind == "b" else v for v in stored.columns.values()]
    return [between.join(repr(value.item()) for value in row) for row in zip(*columns, strict=True)]


def csv_with_units_in_names(stored: Stored) -> bytes:
    units = stored.units
    names = [f"{name} [{units[name]}]" if name in units else name for name in stored.columns]
    return "\n".join([",".join(names), *_lines(stored, ",")]).encode()


def semicolons_and_decimal_commas(stored: Stored) -> bytes:
    units = stored.units
    names = [f"{name} ({units[name]})" if name in units else name for name in stored.columns]
    return "\n".join([";".join(names), *(line.replace(".", ",") for line in _lines(stored, ";"))]).encode()


def vizier_tsv(stored: Stored) -> bytes:
    """https://vizier.cds.unistra.fr/doc/asu.html: names, units, a ruler, tabs."""
    names = list(stored.columns)
    described = [f"#Column\t{name}\t(E23.16)\t" for name in names]
    units = "\t".join(stored.units.get(name, "").replace("Angstrom", "0.1nm") for name in names)
    ruler = "\t".join("-" * 23 for _ in names)
    return "\n".join([*described, "\t".join(names), units, ruler, *_lines(stored, "\t")]).encode()


def votable_by_ucd(stored: Stored) -> bytes:
    """The names say nothing, the UCDs and a description do."""
    columns = dict(zip(("c1", "c2", "c3", "c4"), stored.columns.values(), strict=False))
    document = from_table(Table(columns))
    axis = {"Hz": "em.freq", "THz": "em.freq", "eV": "em.energy"}.get(stored.wavelength_unit, "em.wl")
    kind = {1: "stat.error", 2: "stat.variance"}[stored.uncertainty_power]
    ucds = (
        axis + ";obs.atmos" * stored.air,
        "phot.flux.density",
        f"{kind};phot.flux.density",
        "meta.code.qual",
    )
    texts = ("wavelength in air" if stored.air else "in vacuum", "", "", "")
    units = (*stored.units.values(), None, None)[: len(columns)]
    fields = document.get_first_table().fields
    for field, ucd, text, unit in zip(fields, ucds, texts, units, strict=False):
        field.ucd, field.description = ucd, text or None
        if unit:
            field.unit = u.Unit(unit)
    stream = io.BytesIO()
    document.to_xml(stream, tabledata_format="binary2")
    return stream.getvalue()


def hdf5(stored: Stored) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, values in stored.columns.items():
            file[name] = values
            file[name].attrs["unit"] = stored.units.get(name, "")
    return stream.getvalue()


def npz(stored: Stored) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **stored.columns)
    return stream.getvalue()


def json_record(stored: Stored) -> bytes:
    return json.dumps({name: values.tolist() for name, values in stored.columns.items()}).encode()


def mapping(stored: Stored) -> dict[str, Any]:
    return dict(stored.columns)


def mapping_of_quantities(stored: Stored) -> dict[str, Any]:
    return dict(astropy_qtable(stored))


def pandas_frame(stored: Stored) -> pd.DataFrame:
    columns = {name: values.astype(values.dtype.newbyteorder("=")) for name, values in stored.columns.items()}
    return pd.DataFrame(columns)


def specutils_spectrum(stored: Stored) -> Any:
    from specutils import Spectrum

    kinds = {1: StdDevUncertainty, 2: VarianceUncertainty, -2: InverseVariance}
    return Spectrum(
        flux=stored.flux * u.Unit(stored.flux_unit),
        spectral_axis=stored.wavelength * u.Unit(stored.wavelength_unit),
        uncertainty=kinds[stored.uncertainty_power](stored.uncertainty),
        mask=None if stored.mask is None else stored.mask.astype(bool),
        meta={"header": stored.card},
    )
