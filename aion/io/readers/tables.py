"""Tables of any kind (ECSV, CSV, VOTable, FITS, Parquet): one spectrum, a pixel in each row, or photometry, an object in each row."""

from dataclasses import replace

from aion.errors import FormatError
from aion.io.content import FLUX_NAMES, WAVELENGTH_NAMES, Record, Records, Table
from aion.io.fits_file import FitsFile
from aion.io.objects import Entry, Overrides
from aion.io.readers.records import read_arrays, spectrum_arrays
from aion.io.registry import ROWS_WITHOUT_PHOTOMETRY, Found, check_count, reader
from aion.io.rows import facts, number, photometry, text_of
from aion.io.spectra import build_spectrum
from aion.io.units import medium_of

FEWEST_ROWS = 30
"""Rows below which a table with wavelength and flux columns is not taken for a spectrum."""
SHOWN_COLUMNS, SHOWN_ROWS = 12, 10


def is_spectrum(table: Table) -> bool:
    """A column of wavelengths and one of fluxes, both numbers, and enough rows."""
    names = [
        next((name for name in group if table.has(name)), None) for group in (WAVELENGTH_NAMES, FLUX_NAMES)
    ]
    return len(table) >= FEWEST_ROWS and all(
        name is not None and table.columns[name].ndim == 1 for name in names
    )


def has_photometry(table: Table) -> bool:
    """A column with the published name of one of the model's scalars."""
    modalities, entries = photometry(table.row(0))
    return bool(modalities or entries)


@reader("Spectrum table", Table, matches=is_spectrum)
def read_spectrum(table: Table, overrides: Overrides) -> list[Found]:
    """One spectrum; medium, redshift, position and id from the table's metadata where it has them."""
    whole = table.whole()
    descriptions = [table.descriptions[name] for name in WAVELENGTH_NAMES if name in table.descriptions]
    found = build_spectrum(
        spectrum_arrays(whole, medium=medium_of(table.meta, *table.columns, *descriptions)), overrides
    )
    known = facts(Record({str(key).lower(): _parsed(value) for key, value in table.meta.items()}))
    return [replace(found, id=known.id, ra=known.ra, dec=known.dec, z_reference=known.z)]


@reader("Photometry table", Table, matches=has_photometry)
def read_photometry_table(table: Table, overrides: Overrides) -> list[Found]:
    """Each row with at least one scalar of the model is an object."""
    del overrides
    check_count(len(table))
    found, empty = [], []
    for number_of_row, row in enumerate(table.rows(), start=1):
        modalities, entries = photometry(row)
        known = facts(row)
        if modalities:
            kind = text_of(row.get("class", "spectype") or "")
            found.append(
                Found(known.id, modalities, (*entries, *known.entries), known.ra, known.dec, known.z, kind)
            )
        else:
            empty.append(f"{known.id} (row {number_of_row})" if known.id else f"row {number_of_row}")
    if not found:
        raise FormatError(
            f"none of the {len(table)} rows has a value that the model reads: they are all missing"
        )
    if empty:
        which = ", ".join(empty[:SHOWN_ROWS]) + (" ..." if len(empty) > SHOWN_ROWS else "")
        left_out = Entry(
            ROWS_WITHOUT_PHOTOMETRY,
            f"{len(empty)} of {len(table)}",
            "dropped",
            f"{which}: every value is missing",
        )
        found = [replace(one, entries=(*one.entries, left_out)) for one in found]
    return found


@reader("Table", Table, matches=lambda table: True)
def refuse_table(table: Table, overrides: Overrides) -> list[Found]:
    """Raises FormatError: says which columns there are and which are expected."""
    del overrides
    names = list(table.columns)
    shown = ", ".join(names[:SHOWN_COLUMNS]) + (" ..." if len(names) > SHOWN_COLUMNS else "")
    raise FormatError(
        f"the {table.origin or 'table'} has {len(table)} rows of {shown}; wavelength, flux and ivar of a spectrum, or columns such as "
        "FLUX_G, FLUX_R, EBV, g_cmodel_mag, phot_g_mean_flux are expected: rename the columns"
    )


@reader("FITS table", FitsFile, matches=lambda file: any(_readable(hdu.columns) for hdu in file.tables()))
def read_fits_table(file: FitsFile, overrides: Overrides) -> list[Found]:
    """The first table with a spectrum or photometry; rows may also hold whole spectra."""
    hdu = next(hdu for hdu in file.tables() if _readable(hdu.columns))
    table = hdu.table()
    table = replace(
        table,
        meta={key.upper(): value for key, value in file.primary.header.items() if key} | dict(table.meta),
    )
    if table.holds_arrays() and not is_spectrum(table):
        return read_arrays(Records(tuple(table.rows())), overrides)
    return read_spectrum(table, overrides) if is_spectrum(table) else read_photometry_table(table, overrides)


def _readable(columns: set[str]) -> bool:
    spectrum = bool(columns & set(WAVELENGTH_NAMES)) and bool(columns & set(FLUX_NAMES))
    row = Record(dict.fromkeys(columns, float("nan")))
    return spectrum or bool(photometry(row)[1])


def _parsed(value: object) -> object:
    """Numbers in metadata are often text."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.strip().isdigit() else number(float(value))
    except ValueError:
        return value
