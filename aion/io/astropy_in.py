"""VOTable bytes, and tables of astropy in memory or from its readers -> a Table."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import votable
from astropy.io.votable.tree import Param
from astropy.table import Table as AstropyTable
from astropy.table.meta import get_header_from_yaml
from astropy.utils.masked import Masked

from aion.errors import FormatError
from aion.io.columns import STATED, Notes, notes_of, plain, table_of
from aion.io.content import Table, lower_names, native
from aion.io.source import as_stream

_CARD_OF_UCD = (
    ("pos.eq.ra", "RA"),
    ("pos.eq.dec", "DEC"),
    ("src.redshift", "REDSHIFT"),
    ("meta.id;meta.main", "ID"),
)
"""What a PARAM is by its UCD (https://www.ivoa.net/documents/UCD1+/), and the card that it is read under."""


def open_votable(data: bytes) -> Table:
    """The longest table of a VOTable; its PARAMs and INFOs are cards, and OTHER_TABLES names the rest.

    Raises:
        FormatError: a web page, a picture, another XML file, data elsewhere, or a query that failed.
    """
    if not re.search(rb"<(?:\w+:)?VOTABLE", data[:4096], re.IGNORECASE):
        raise FormatError(_other_markup(data[:4096].lower()))
    if re.search(rb"<!ENTITY|<STREAM[^>]*\bhref", data, re.IGNORECASE):
        raise FormatError("the VOTable refers to data outside the file; save it with its data inside")
    file = votable.parse(as_stream(data), verify="ignore")
    infos = {str(info.name).upper(): info for part in (file, *file.resources) for info in part.infos}
    status = infos.get("QUERY_STATUS")
    if status is not None and str(status.value).upper() == "ERROR":
        said = " ".join(str(status.content or "").split())[:500]
        raise FormatError(
            f"the VOTable holds no data: the service answered {said or 'ERROR'!r}; correct the query"
        )
    tables = [table for table in file.iter_tables() if table.fields and len(table.array)]
    if not tables:
        raise FormatError(
            "the VOTable holds no table with rows; ask the service again, or download the data themselves"
        )
    first = max(tables, key=lambda table: len(table.array))
    others = [table for table in tables if table is not first]
    params = [param for resource in file.resources for param in resource.params]
    params += [param for param in first.iter_fields_and_params() if isinstance(param, Param)]
    meta = {name: plain(info.value) for name, info in infos.items()} | _cards(params)
    if others:
        meta["OTHER_TABLES"] = ", ".join(
            f"{other.name or other.ID or 'unnamed'} ({len(other.array)} rows)" for other in others
        )
    return from_astropy(first.to_table(use_names_over_ids=True), "VOTable", meta)


def _other_markup(start: bytes) -> str:
    if re.search(rb"<svg\b", start):
        return "this is an SVG picture, which has no fluxes; download the data behind it, as FITS or a table"
    if re.search(rb"<!doctype html|<html|<head|<body", start):
        return (
            "this is a web page; a VOTable is expected: download the file itself, not the page that shows it"
        )
    return "this is an XML file of another kind; a VOTable is expected: download the file itself"


def _cards(params: Iterable[Param]) -> dict[str, Any]:
    """PARAMs by their names, and position, redshift and id under the names of FITS cards too."""
    named: dict[str, Any] = {}
    by_ucd: dict[str, Any] = {}
    for param in params:
        value = param.value
        if np.ma.is_masked(value) or value is None:
            continue
        named[str(param.name or param.ID).upper()] = plain(value)
        ucd = str(param.ucd or "").lower().replace("_", ".")
        if ucd.split(";")[0] == "pos.eq" and np.size(value) == 2:  # Target.Pos of the Spectrum data model
            by_ucd |= {"RA": _degrees(value[0], param.unit), "DEC": _degrees(value[1], param.unit)}
        card = next((card for start, card in _CARD_OF_UCD if ucd.startswith(start)), None)
        if card is not None:
            by_ucd.setdefault(card, _degrees(value, param.unit) if card in ("RA", "DEC") else plain(value))
    return by_ucd | named


def _degrees(value: Any, unit: Any) -> Any:
    """An angle in degrees; text, such as ``10:00:00``, as it is."""
    if unit is None or not np.issubdtype(np.asarray(value).dtype, np.number):
        return plain(value)
    return float(u.Quantity(value, unit).to_value(u.deg))


def notes_of_fields(votable_text: bytes) -> Notes:
    """What the FIELDs of a VOTable without rows say: the metadata of VOParquet."""
    first = votable.parse(as_stream(votable_text), verify="ignore").get_first_table()
    stated = [(each.name, {kind: getattr(each, kind) for kind in STATED}) for each in first.fields]
    return notes_of(stated, _cards(first.params))


def notes_of_yaml(lines: Iterable[str]) -> Notes:
    """What astropy writes beside tables in Parquet and HDF5, in the language of ECSV headers."""
    header = get_header_from_yaml(lines)
    return notes_of([(column["name"], column) for column in header["datatype"]], header.get("meta", {}))


def from_astropy(table: AstropyTable, origin: str, meta: Mapping[str, Any] | None = None) -> Table:
    """Columns of a table of astropy, masked values missing; coordinates become RA and Dec in degrees."""
    parts = [part for name in table.colnames for part in _parts(name, table[name])]
    names = lower_names(name for name, _ in parts)
    columns = {name: native(bare(values)) for name, (_, values) in zip(names, parts, strict=True)}
    stated = [(name, _stated(values)) for name, (_, values) in zip(names, parts, strict=True)]
    return table_of(columns, notes_of(stated, {**table.meta, **(meta or {})}), origin)


def _stated(values: Any) -> dict[str, Any]:
    """What a column says of itself; text of times says nothing."""
    info = getattr(values, "info", None)
    if info is None:
        return {}
    return {**(info.meta or {}), "unit": info.unit, "description": info.description}


def bare(values: Any) -> Any:
    """Values without their unit; a mask of astropy's own kind as one of numpy."""
    if isinstance(values, Masked):
        return np.ma.MaskedArray(np.asarray(values.unmasked), mask=values.mask)
    return values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)


def _parts(name: str, values: Any) -> list[tuple[str, Any]]:
    """A column as it is; coordinates as two, times as text."""
    if hasattr(values, "icrs"):  # SkyCoord
        return [("ra", values.icrs.ra.to(u.deg)), ("dec", values.icrs.dec.to(u.deg))]
    return [(name, values.isot if hasattr(values, "isot") else values)]
