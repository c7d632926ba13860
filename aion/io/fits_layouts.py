"""HDUs of a FITS file -> records of named arrays: the spectra in tables, images, rows of images and beside a WCS.

FITS WCS for spectra: Greisen et al. 2006, A&A 446, 747. IRAF: onedspec.package (equispec, apall, DC-FLAG).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.errors import FormatError
from aion.io.content import Array, Record, Table
from aion.io.fits_file import FitsFile, Hdu, cards
from aion.io.roles import Label, Role, label
from aion.io.rows import identifier
from aion.io.spectrum_records import FEWEST_VALUES, holds_spectrum

LARGEST_LOG10 = 6.0
"""Wavelengths above this are no log10 of Å: some programs convert them and leave DC-FLAG = 1, which says they are."""
MOST_ROWS = 24
"""Rows of an image that are taken for spectra where nothing says what they are; more are a slit or a cube."""
_NOT_SPECTRAL = ("PIXEL", "RA", "DEC", "GLON", "GLAT", "MULTISPE")
"""CTYPE1 of axes that have no wavelengths, or as MULTISPE have them elsewhere."""
_LAMOST_ROWS = (Role.FLUX, Role.INVERSE_VARIANCE, Role.WAVELENGTH, Role.MASK, Role.OTHER)
"""Rows of the primary image up to DR7: http://www.lamost.org/dr7/v2.0/doc/lr-data-production-description"""
_ROW_CARDS = ("ROW", "ARRAY", "BANDID", "NAME")
"""Cards that say what row i of an image is; GAMA, SDSS-I, IRAF's apall."""


def spectrum_records(file: FitsFile) -> list[tuple[Hdu, Record]]:
    """One record for each spectrum or table row with one, and its HDU; of tables if they have any, else of images.

    Raises:
        FormatError: there are fluxes, but not what wavelengths they are at.
    """
    header = cards(file.primary.header)
    found = [(hdu, record) for hdu in file.tables() for record in _table_records(hdu, header)]
    main = _flux_hdu(file)
    return found or ([(main, record) for record in _image_records(file, main, header)] if main else [])


# tables


def has_spectrum_columns(hdu: Hdu) -> bool:
    """Whether a table has a column of wavelengths and one of fluxes."""
    ucds, utypes = hdu.column_cards("TUCD"), hdu.column_cards("TUTYP")
    roles = {label(name, ucds.get(name, ""), utypes.get(name, "")).role for name in hdu.columns}
    return {Role.WAVELENGTH, Role.FLUX} <= roles


def _table_records(hdu: Hdu, header: Mapping[str, Any]) -> Iterator[Record]:
    if not has_spectrum_columns(hdu):
        return
    table = hdu.table()
    table = replace(table, meta=dict(header) | dict(table.meta))
    in_rows = any(
        column.dtype == object or (column.ndim > 1 and column.shape[1] >= FEWEST_VALUES)
        for name, column in table.columns.items()
        if label(name, table.ucds.get(name, ""), table.utypes.get(name, "")).role is Role.FLUX
    )
    places = {name: f"column {name} of {hdu.title}" for name in table.columns}
    for record in table.rows() if in_rows else [table.whole()]:
        record = replace(record, places=places)
        if holds_spectrum(record):
            yield record


# images


@dataclass(frozen=True)
class _Axis:
    """Wavelengths that the header of an image gives its pixels."""

    values: NDArray[np.float64]
    scale: str
    unit: str | None
    place: str


def _flux_hdu(file: FitsFile) -> Hdu | None:
    """The HDU whose name says that it is the flux; else the first that no name says is something else."""
    images = [hdu for hdu in file.images() if hdu.shape[-1] >= FEWEST_VALUES or hdu.shape[0] >= FEWEST_VALUES]
    named = [hdu for hdu in images if label(hdu.name).role is Role.FLUX and not label(hdu.name).group]
    unnamed = [hdu for hdu in images if label(hdu.name).role is Role.OTHER]
    return next(iter((*named, *unnamed)), None)


def _image_records(file: FitsFile, main: Hdu, header: Mapping[str, Any]) -> Iterator[Record]:
    stated = dict(header) | cards(main.header)
    pixels = main.image()
    bands = pixels if pixels.ndim == 3 and "BANDID1" in stated else None
    pixels = bands[0] if bands is not None else np.squeeze(pixels)
    if pixels.ndim > 2:
        raise FormatError(
            f"{main.title} is a cube of {'x'.join(map(str, pixels.shape))}; extract one spectrum from it"
        )
    if pixels.ndim == 2 and pixels.shape[1] < FEWEST_VALUES <= pixels.shape[0]:
        pixels = pixels.T
    beside = [(hdu, label(hdu.name)) for hdu in file.images() if hdu is not main]
    if bands is not None:
        yield from _apertures(main, bands, stated)
    elif pixels.ndim == 2 and (roles := _row_roles(pixels, stated)):
        yield _with_axis(_rows_record(main, pixels, roles, stated), main, stated, pixels.shape[-1])
    else:
        rows = np.atleast_2d(pixels)
        targets = _targets(file, len(rows))
        if len(rows) > MOST_ROWS and "APNUM1" not in stated and targets is None:
            raise FormatError(
                f"{main.title} has {len(rows)} rows of {rows.shape[1]} pixels and no table of its targets; "
                "extract the spectrum of the object first"
            )
        for i in range(len(rows)):
            record = _with_axis(_one_row(main, rows, i, beside, stated), main, stated, rows.shape[1])
            if targets is None:
                yield record
            elif _is_target(target := targets.row(i)):
                yield replace(
                    record,
                    values={**target.values, **record.values},
                    units={**target.units, **record.units},
                    places={**dict.fromkeys(target.values, target.origin), **record.places},
                )


def _targets(file: FitsFile, rows: int) -> Table | None:
    """The table that says of each row of the fluxes what it is of: a fibre map, a plug map, FIBRES of 2dfdr."""
    for hdu in file.tables():
        if hdu.count("NAXIS2") == rows and identifier(Record(dict.fromkeys(hdu.columns))):
            table = hdu.table()
            radians = {"ra": "rad", "dec": "rad"} if hdu.name == "FIBRES" else {}  # as 2dfdr writes them
            return replace(table, units={**radians, **table.units}, origin=hdu.title)
    return None


def _is_target(row: Record) -> bool:
    """2dF's TYPE is P for an object; other fibres look at the sky, at guide stars, or nowhere."""
    return str(row.get("type") or "P").strip() in ("P", "") or row.name("magnitude", "theta") is None


def _one_row(
    main: Hdu, rows: Array, i: int, beside: Sequence[tuple[Hdu, Label]], stated: Mapping[str, Any]
) -> Record:
    """Row i of the flux with what other HDUs of its shape, or of its length, say of it."""
    values: dict[str, Any] = {"flux": rows[i]}
    places = {"flux": main.title + (f", row {i + 1}" if len(rows) > 1 else "")}
    for hdu, one in beside:
        if one.role is Role.OTHER or not hdu.name:
            continue
        other = np.squeeze(hdu.image())
        if other.shape == (rows.shape[1],):
            values[hdu.name.lower()] = other
        elif other.shape == rows.shape:
            values[hdu.name.lower()] = other[i]
        places[hdu.name.lower()] = hdu.title
    units = {hdu.name.lower(): str(hdu.header["BUNIT"]) for hdu, _ in beside if "BUNIT" in hdu.header}
    if "BUNIT" in stated:
        units["flux"] = str(stated["BUNIT"])
    return Record(values, units, "FITS", meta=stated, places=places)


def _row_roles(pixels: Array, stated: Mapping[str, Any]) -> dict[int, Role]:
    """What the rows of one image are, from cards, or from a first row that only wavelengths can be."""
    for card in _ROW_CARDS:
        texts = [str(stated.get(f"{card}{i + 1}", stated.get(f"{card}{i}", ""))) for i in range(len(pixels))]
        roles = {i: label(text.split(" - ")[0]).role for i, text in enumerate(texts) if text}
        if Role.FLUX in roles.values():
            return {i: role for i, role in roles.items() if role is not Role.OTHER}
    if str(stated.get("TELESCOP", "")).strip() == "LAMOST" and len(pixels) == len(_LAMOST_ROWS):
        return dict(enumerate(_LAMOST_ROWS))
    first = pixels[0].astype(np.float64)
    steps = np.diff(first)
    rising = bool(np.isfinite(first).all() and (first > 0).all() and ((steps > 0).all() or (steps < 0).all()))
    if not rising or len(pixels) not in (2, 3) or _axis(stated, pixels.shape[1]) is not None:
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
    units = {"flux": str(stated["BUNIT"])} if "BUNIT" in stated else {}
    if Role.WAVELENGTH in roles.values() and "CUNIT1" in stated:
        units["wavelength"] = str(stated["CUNIT1"])
    return Record(values, units, "FITS", meta=stated, places=places)


def _apertures(main: Hdu, bands: Array, stated: Mapping[str, Any]) -> Iterator[Record]:
    """IRAF's apall: (bands, apertures, pixels), of which BANDIDn says what each is; the first is the spectrum."""
    count, apertures, length = bands.shape
    roles = {i: _band_role(str(stated.get(f"BANDID{i + 1}", ""))) for i in range(1, count)}
    for aperture in range(apertures):
        rows = {0: Role.FLUX} | {i: role for i, role in roles.items() if role is not Role.OTHER}
        yield _with_axis(_rows_record(main, bands[:, aperture], rows, stated), main, stated, length)


def _band_role(text: str) -> Role:
    """``sigma - background median, weights variance`` is an error; ``raw - …`` counts; ``background - …`` the sky."""
    return label(text.split(" - ")[0].strip()).role


# wavelengths of pixels


def _with_axis(record: Record, main: Hdu, stated: Mapping[str, Any], length: int) -> Record:
    """The same with the wavelengths of the WCS, where no array has them.

    Raises:
        FormatError: there are none anywhere.
    """
    if any(label(name).role is Role.WAVELENGTH for name in record.values):
        return record
    axis = _axis(stated, length)
    if axis is None:
        names = ", ".join(record.places.values())
        raise FormatError(
            f"{main.title} has {length} pixels and nothing says what wavelengths they are at: no cards CRVAL1 and CDELT1 or "
            f"CD1_1, no HDU or row of wavelengths (there are: {names}); give a file with its wavelengths"
        )
    name = {"linear": "wavelength", "log10": "log_wavelength"}[axis.scale]
    return replace(
        record,
        values={**record.values, name: axis.values},
        units=dict(record.units) | ({name: axis.unit} if axis.unit else {}),
        places={**record.places, name: axis.place},
    )


def _axis(stated: Mapping[str, Any], length: int) -> _Axis | None:
    """Wavelengths from COEFF0 and COEFF1 (log10 of Å), or from the WCS of the first axis; None without."""
    pixels = np.arange(length, dtype=np.float64)
    if _number(stated, "COEFF0") is not None and _number(stated, "COEFF1") is not None:
        values = stated["COEFF0"] + stated["COEFF1"] * pixels
        return _Axis(values, "log10", "Angstrom", "cards COEFF0, COEFF1")
    step_card = next((card for card in ("CD1_1", "CDELT1") if _number(stated, card) not in (None, 0)), None)
    start, kind = _number(stated, "CRVAL1"), str(stated.get("CTYPE1", "")).strip().upper()
    if start is None or step_card is None or kind.startswith(_NOT_SPECTRAL):
        return None
    step, reference = float(stated[step_card]), _number(stated, "CRPIX1")
    offset = (pixels + 1 - (1.0 if reference is None else reference)) * step
    unit, place = _unit(stated), f"cards CRVAL1, {step_card}, CRPIX1"
    if kind.endswith("-LOG") and start > 0:
        return _Axis(start * np.exp(offset / start), "linear", unit, f"{place}, CTYPE1 = {kind}")
    values = start + offset
    is_log = stated.get("DC-FLAG") == 1 or "LOG" in kind
    if is_log and float(values.max()) < LARGEST_LOG10:
        return _Axis(values, "log10", unit, place)
    return _Axis(values, "linear", unit, place)


def _unit(stated: Mapping[str, Any]) -> str | None:
    """CUNIT1, or ``units=`` in IRAF's WAT1 cards."""
    if str(stated.get("CUNIT1", "")).strip():
        return str(stated["CUNIT1"]).strip()
    text = "".join(str(stated.get(f"WAT1_{i:03d}", "")) for i in range(1, 10))
    match = re.search(r"units\s*=\s*(\"[^\"]*\"|\S+)", text)
    return match[1].strip('"') if match else None


def _number(stated: Mapping[str, Any], card: str) -> float | None:
    value = stated.get(card)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
