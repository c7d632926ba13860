"""HDUs of a FITS file -> records of named arrays: spectra in tables, images, rows of images, beside a WCS.

FITS WCS for spectra: Greisen et al. 2006, A&A 446, 747. IRAF: onedspec.package (equispec, apall, DC-FLAG).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from aion.errors import FormatError
from aion.io.content import Array, Record, Table
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_header import cards
from aion.io.pixel_wavelengths import axis_of
from aion.io.roles import Role, label
from aion.io.rows import names_target
from aion.io.spectrum_records import FEWEST_VALUES, holds_spectrum, objects_in

_ROWS_OF: tuple[tuple[Mapping[str, str | None], tuple[Role, ...]], ...] = (
    # up to DR7: http://www.lamost.org/dr7/v2.0/doc/lr-data-production-description
    ({"TELESCOP": "LAMOST"}, (Role.FLUX, Role.INVERSE_VARIANCE, Role.WAVELENGTH, Role.MASK, Role.OTHER)),
    # https://github.com/astropy/specutils, twodfgrs_reader.py, sixdfgs_reader.py
    ({"IMAGE": "SPECTRUM"}, (Role.FLUX, Role.VARIANCE, Role.SKY)),
    ({"OBSRA": None, "Z_HELIO": None, "QUALITY": None}, (Role.FLUX, Role.VARIANCE, Role.SKY)),
)
"""What the rows of an image are by the data model of a survey, which these cards show (None: any value)."""
_ROW_CARDS = ("ROW", "ARRAY", "BANDID", "NAME")
"""Cards that say what row i of an image is; GAMA, SDSS-I, IRAF's apall."""


def spectrum_records(file: FitsFile) -> list[tuple[Hdu, Record]]:
    """One record for each spectrum or table row with one, and its HDU; of tables, or else of images.

    Raises:
        FormatError: there are fluxes, but not what wavelengths they are at.
    """
    header = cards(file.primary.header)
    found = [(hdu, record) for hdu in file.tables() for record in _table_records(hdu, header)]
    return found or list(_image_records(file, header))


# tables


def has_spectrum_columns(hdu: Hdu) -> bool:
    """Whether a table has a column of fluxes, and wavelengths in another or in its cards."""
    roles = set(_column_roles(hdu).values())
    return Role.FLUX in roles and (Role.WAVELENGTH in roles or {"CRVAL", "CDELT"} <= set(hdu.header))


def _column_roles(hdu: Hdu) -> dict[str, Role]:
    ucds, utypes = hdu.column_cards("TUCD"), hdu.column_cards("TUTYP")
    return {name: label(name, ucds.get(name, ""), utypes.get(name, "")).role for name in hdu.columns}


def _table_records(hdu: Hdu, header: Mapping[str, Any]) -> Iterator[Record]:
    if not has_spectrum_columns(hdu):
        return
    table = hdu.table()
    table = replace(table, meta=dict(header) | dict(table.meta))
    fluxes = [
        table.columns[name]
        for name, role in _column_roles(hdu).items()
        if role is Role.FLUX and name in table.columns
    ]
    in_rows = any(
        column.dtype == object or (column.ndim > 1 and column.shape[1] >= FEWEST_VALUES) for column in fluxes
    )
    places = {name: f"column {name} of {hdu.title}" for name in table.columns}
    for record in table.rows() if in_rows else objects_in(table):
        record = _with_steps(replace(record, places=places), hdu)
        if holds_spectrum(record):
            yield record


def _with_steps(record: Record, hdu: Hdu) -> Record:
    """The same with the wavelengths that a first one and a step give, in cards (SDSS-V) or in the row
    itself (IUE)."""
    cards_of = hdu.header if {"CRVAL", "CDELT"} <= set(hdu.header) else {}
    start, step = cards_of.get("CRVAL", record.get("wavelength")), cards_of.get("CDELT", record.get("deltaw"))
    flux = next(
        (
            v
            for name, v in record.values.items()
            if label(name).role is Role.FLUX and np.size(v) >= FEWEST_VALUES
        ),
        None,
    )
    if (
        flux is None
        or holds_spectrum(record)
        or start is None
        or step is None
        or np.ndim(start)
        or np.ndim(step)
    ):
        return record
    name = "log_wavelength" if "LOG" in str(cards_of.get("CTYPE", "")) else "wavelength"
    values = float(start) + float(step) * np.arange(np.size(flux))
    places = {**record.places, name: f"a first one and a step in {hdu.title}"}
    return replace(record, values={**record.values, name: values}, places=places)


# images


def _flux_hdus(file: FitsFile) -> list[Hdu]:
    """The HDUs whose names say that they are fluxes; else the first that no name says is something else."""
    images = [hdu for hdu in file.images() if max(hdu.shape) >= FEWEST_VALUES]
    named = [hdu for hdu in images if label(hdu.name).role is Role.FLUX]
    unnamed = [hdu for hdu in images if label(hdu.name).role is Role.OTHER]
    unnamed.sort(key=lambda hdu: axis_of(cards(hdu.header), hdu.shape[-1]) is None)
    return [hdu for hdu in named if not _is_cube(hdu)] or named[:1] or unnamed[:1]


def _is_cube(hdu: Hdu) -> bool:
    return sum(side > 1 for side in hdu.shape) > 2 and "BANDID1" not in hdu.header


def _image_records(file: FitsFile, header: Mapping[str, Any]) -> Iterator[tuple[Hdu, Record]]:
    fluxes = _flux_hdus(file)
    if not fluxes:
        return
    main, stated = fluxes[0], dict(header) | cards(fluxes[0].header)
    if _is_cube(main):
        raise FormatError(
            f"{main.title} is a cube of {'x'.join(map(str, main.shape))}; extract one spectrum from it"
        )
    pixels = main.image()
    if pixels.ndim == 3 and "BANDID1" in stated:
        yield from ((main, record) for record in _apertures(main, pixels, stated))
        return
    pixels = np.squeeze(pixels)
    if pixels.ndim == 2 and pixels.shape[1] < FEWEST_VALUES <= pixels.shape[0]:
        pixels = pixels.T
    if pixels.ndim == 2 and (roles := _row_roles(pixels, stated)):
        yield (
            main,
            _with_axis(_rows_record(main, pixels, roles, stated), "flux", main, stated, pixels.shape[-1]),
        )
        return
    count = len(np.atleast_2d(pixels))
    targets = _targets(file, count)
    if count > 1 and targets is None and "APNUM1" not in stated:
        axis = axis_of(stated, pixels.shape[1])
        ends = [10**end if axis.scale == "log10" else end for end in axis.values[[0, -1]]] if axis else []
        cover = f" They cover {ends[0]:.6g} to {ends[1]:.6g} {axis.unit or ''}".rstrip() + "." if axis else ""
        raise FormatError(
            f"{main.title} has {count} rows of {pixels.shape[1]} pixels and nothing says what they are (no "
            "cards APNUM, BANDID, "
            "ROW or ARRAY, no table of targets): give the spectrum of one object, or wavelength, flux and "
            "error in a table." + cover
        )
    rows = {hdu: np.atleast_2d(np.squeeze(hdu.image())) for hdu in file.images() if hdu.name or hdu is main}
    for i in range(count):
        record = _one_row(rows, fluxes, i, stated)
        for hdu in fluxes:
            own = dict(header) | cards(hdu.header)
            record = _with_axis(record, _array_name(hdu), hdu, own, rows[hdu].shape[-1])
        target = targets.row(i) if targets is not None else Record({})
        if not _is_target(target):
            continue
        yield (
            main,
            replace(
                record,
                values={**target.values, **record.values},
                units={**target.units, **record.units},
                places={**dict.fromkeys(target.values, target.origin), **record.places},
            ),
        )


def _array_name(hdu: Hdu) -> str:
    return hdu.name.lower() if label(hdu.name).role is not Role.OTHER else "flux"


def _targets(file: FitsFile, rows: int) -> Table | None:
    """The table that says what each row of the fluxes is of: a fibre map, a plug map, FIBRES of 2dfdr."""
    for hdu in file.tables():
        if hdu.count("NAXIS2") == rows and names_target(hdu.columns):
            table = hdu.table()
            radians = {"ra": "rad", "dec": "rad"} if hdu.name == "FIBRES" else {}  # as 2dfdr writes them
            return replace(table, units={**radians, **table.units}, origin=hdu.title)
    return None


def _is_target(row: Record) -> bool:
    """2dF's TYPE is P for an object; other fibres look at the sky, at guide stars, or nowhere."""
    return row.name("magnitude", "theta") is None or str(row.get("type") or "P").strip() in ("P", "")


def _one_row(rows: Mapping[Hdu, Array], fluxes: Sequence[Hdu], i: int, stated: Mapping[str, Any]) -> Record:
    """Row i of the fluxes with row i, or the only row, of the HDUs that are something of them."""
    count = len(rows[fluxes[0]])
    values: dict[str, Any] = {}
    units: dict[str, str] = {}
    places: dict[str, str] = {}
    for hdu, pixels in rows.items():
        name = _array_name(hdu)
        if pixels.ndim != 2 or len(pixels) not in (1, count) or (name == "flux" and hdu not in fluxes):
            continue
        values[name] = pixels[i if len(pixels) == count else 0]
        places[name] = hdu.title + (f", row {i + 1}" if count > 1 and len(pixels) == count else "")
        unit = stated.get("BUNIT") if hdu is fluxes[0] else hdu.header.get("BUNIT")
        units |= {name: str(unit)} if unit else {}
    return Record(values, units, "FITS", meta=stated, places=places)


def _row_roles(pixels: Array, stated: Mapping[str, Any]) -> dict[int, Role]:
    """What the rows of one image are, from cards, or from a first row that only wavelengths can be."""
    for card, first in product(_ROW_CARDS, (1, 0)):
        texts = [str(stated.get(f"{card}{number}", "")) for number in range(first, first + len(pixels))]
        roles = {i: label(text.split(" - ")[0]).role for i, text in enumerate(texts)}
        if all(texts) and Role.FLUX in roles.values():
            return {i: role for i, role in roles.items() if role is not Role.OTHER}
    for wanted, rows in _ROWS_OF:
        stands = (value in (None, str(stated.get(card)).strip()) for card, value in wanted.items())
        if len(pixels) == len(rows) and wanted.keys() <= stated.keys() and all(stands):
            at = rows.index(Role.WAVELENGTH) if Role.WAVELENGTH in rows else None
            if at is not None and not (np.diff(pixels[at].astype(np.float64)) > 0).all():
                continue
            return dict(enumerate(rows))
    first = pixels[0].astype(np.float64)
    steps = np.diff(first)
    rising = bool(np.isfinite(first).all() and (first > 0).all() and ((steps > 0).all() or (steps < 0).all()))
    if not rising or len(pixels) not in (2, 3) or axis_of(stated, pixels.shape[1]) is not None:
        return {}
    roles = {0: Role.WAVELENGTH, 1: Role.FLUX}
    third = pixels[2].astype(np.float64) if len(pixels) == 3 else np.zeros(1)
    return roles | ({2: Role.ERROR} if (third[np.isfinite(third)] > 0).all() else {})


def _rows_record(main: Hdu, pixels: Array, roles: Mapping[int, Role], stated: Mapping[str, Any]) -> Record:
    names = {role: f"{role.name.lower()}" for role in Role}
    values, places = {}, {}
    for i, role in roles.items():
        if names[role] not in values:
            values[names[role]] = pixels[i]
            places[names[role]] = f"row {i + 1} of {main.title}"
    cards_of = {"flux": ("BUNIT", "YUNITS"), "wavelength": ("CUNIT1", "XUNITS")}  # XUNITS, YUNITS: Spextool
    units = {
        name: str(stated[card])
        for name, cards in cards_of.items()
        for card in cards
        if name in values and card in stated
    }
    return Record(values, units, "FITS", meta=stated, places=places)


def _apertures(main: Hdu, bands: Array, stated: Mapping[str, Any]) -> Iterator[Record]:
    """IRAF's apall: (bands, apertures, pixels); BANDIDn says what each is, the first is the spectrum."""
    count, apertures, length = bands.shape
    roles = {i: _band_role(str(stated.get(f"BANDID{i + 1}", ""))) for i in range(1, count)}
    for aperture in range(apertures):
        rows = {0: Role.FLUX} | {i: role for i, role in roles.items() if role is not Role.OTHER}
        record = _rows_record(main, bands[:, aperture], rows, stated)
        yield _with_axis(record, "flux", main, stated, length, aperture)


def _band_role(text: str) -> Role:
    """``sigma - background median …`` is an error; ``raw - …`` counts; ``background - …`` the sky."""
    return label(text.split(" - ")[0].strip()).role


# wavelengths of pixels


def _with_axis(
    record: Record, flux: str, hdu: Hdu, stated: Mapping[str, Any], length: int, row: int = 0
) -> Record:
    """The same with the wavelengths that the WCS of the HDU gives the flux of this name, where no array
    has them.

    Raises:
        FormatError: there are none anywhere.
    """
    group = label(flux).group
    axes = [
        name
        for name in record.values
        if label(name).role is Role.WAVELENGTH and label(name).group in ((), group)
    ]
    if axes:
        return record
    axis = axis_of(stated, length, row)
    if axis is None:
        names = ", ".join(record.places.values())
        raise FormatError(
            f"{hdu.title} has {length} pixels and nothing says what wavelengths they are at: no cards "
            "CRVAL1 and CDELT1 or "
            f"CD1_1, no HDU or row of wavelengths (there are: {names}); give a file with its wavelengths"
        )
    name = "_".join((*group, {"linear": "wavelength", "log10": "log_wavelength"}[axis.scale]))
    return replace(
        record,
        values={**record.values, name: axis.values},
        units=dict(record.units) | ({name: axis.unit} if axis.unit else {}),
        places={**record.places, name: axis.place},
    )
