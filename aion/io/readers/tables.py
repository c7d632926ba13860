"""Tables of any kind (ECSV, CSV, VOTable, FITS, Parquet): one spectrum, a pixel in each row, or photometry,
an object in each row."""

from dataclasses import replace

from aion.errors import FormatError
from aion.io.content import Record, Table
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_layouts import has_spectrum_columns
from aion.io.objects import Entry, Overrides
from aion.io.registry import ROWS_WITHOUT_PHOTOMETRY, Found, check_count, reader
from aion.io.rows import advice_for_positions, facts, kind_of, photometry, with_header
from aion.io.spectrum_records import FEWEST_ROWS, holds_spectrum, objects_in, read_spectrum

SHOWN_COLUMNS, SHOWN_ROWS = 12, 10


def is_spectrum(table: Table) -> bool:
    """A column of wavelengths and one of fluxes, both numbers, and enough rows."""
    return len(table) >= FEWEST_ROWS and holds_spectrum(table.whole())


def has_photometry(table: Table) -> bool:
    """A column with the published name of one of the model's scalars."""
    modalities, entries = photometry(table.row(0))
    return bool(modalities or entries)


@reader("Spectrum table", Table, matches=is_spectrum)
def read_spectra(table: Table, overrides: Overrides) -> list[Found]:
    """One spectrum, or one for each object where a column of ids says that the rows are of several.

    Medium, redshift, position and id from the metadata of the table where it has them.
    """
    records = objects_in(table)
    check_count(len(records))
    if len(records) == 1:
        records = [with_header(records[0], table.meta)]
    found = []
    for record in records:
        known, one = facts(record), read_spectrum(record, overrides)
        placed = replace(
            one, id=known.id, ra=known.ra, dec=known.dec, z_reference=known.z, kind=kind_of(record)
        )
        found.append(replace(placed, entries=(*one.entries, *known.entries)))
    return found


@reader("Photometry table", Table, matches=has_photometry)
def read_photometry_table(table: Table, overrides: Overrides) -> list[Found]:
    """Each row with at least one scalar of the model is an object."""
    del overrides
    check_count(len(table))
    found, empty, why = [], [], ""
    for number_of_row, row in enumerate(table.rows(), start=1):
        modalities, entries = photometry(row)
        known = facts(row)
        if modalities:
            kind = kind_of(row)
            found.append(
                Found(known.id, modalities, (*entries, *known.entries), known.ra, known.dec, known.z, kind)
            )
        else:
            empty.append(f"{known.id} (row {number_of_row})" if known.id else f"row {number_of_row}")
            why = why or "; ".join(f"{entry.what}: {entry.note}" for entry in entries[:3])
    if not found:
        raise FormatError(f"none of the {len(table)} rows has a value that the model reads; {why}")
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
        f"the {table.origin or 'table'} has {len(table)} rows of {shown}; wavelength, flux and ivar of a "
        "spectrum, or columns such as "
        "FLUX_G, FLUX_R, EBV, g_cmodel_mag, phot_g_mean_flux are expected: rename the columns"
        f"{advice_for_positions(names)}"
    )


@reader("FITS table", FitsFile, matches=lambda file: _photometry_hdu(file) is not None)
def read_fits_photometry(file: FitsFile, overrides: Overrides) -> list[Found]:
    """The first table with photometry of a file without a spectrum."""
    hdu = _photometry_hdu(file)
    assert hdu is not None
    return read_photometry_table(hdu.table(), overrides)


def _photometry_hdu(file: FitsFile) -> Hdu | None:
    if any(has_spectrum_columns(hdu) for hdu in file.tables()):
        return None
    rows = ((hdu, Record(dict.fromkeys(hdu.columns, float("nan")))) for hdu in file.tables())
    return next((hdu for hdu, row in rows if photometry(row)[1]), None)
