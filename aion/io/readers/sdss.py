"""SDSS, BOSS and eBOSS spectra: ``spec`` and ``spec-lite`` files, and the older ``spSpec``. Wavelengths in
vacuum, bins of 1e-4 in log10.

Data models: https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html
and https://classic.sdss.org/dr7/dm/flatFiles/spSpec.php
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.io.content import Record, numbers
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_header import cards
from aion.io.objects import Entry, Overrides
from aion.io.registry import Found, reader
from aion.io.roles import Role
from aion.io.rows import number, plausible_redshift, position, text_of
from aion.io.spectra import SpectrumArrays, build_spectrum, ivar_of
from aion.io.units import medium_of

PIXEL_BITS = 0xFFFF0000
"""Mask bits that speak of one pixel (NEARBADPIXEL ... REDMONSTER); the 16 below speak of fibre or camera
and are set on half of a spectrum or all of it. https://www.sdss4.org/dr17/algorithms/bitmasks/#SPPIXMASK"""
NOT_AN_OBJECT = 0b1010000001
"""Bits of ZWARNING: SKY (0), UNPLUGGED (7), NODATA (9); the redshift then means nothing."""
BUNIT = "1E-17 erg/cm^2/s/Ang"


def is_spec(file: FitsFile) -> bool:
    """HDU 1 is the coadd of SDSS, BOSS, eBOSS or SDSS-V."""
    return len(file.hdus) > 1 and {"flux", "loglam", "ivar", "and_mask"} <= set(file.hdus[1].columns)


def is_spspec(file: FitsFile) -> bool:
    """Rows flux, continuum-subtracted flux, noise, mask in the primary image of a fibre of SDSS-I."""
    primary, wanted = file.primary, {"COEFF0", "COEFF1", "PLATEID", "FIBERID"}
    return len(primary.shape) == 2 and 3 <= primary.shape[0] <= 6 and wanted <= set(primary.header)


@reader("SDSS spec", FitsFile, matches=is_spec)
def read_spec(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One spectrum; position, class and redshift from the row of specObj or spAll beside it."""
    coadd, header = file.hdus[1].table().whole(), cards(file.primary.header)
    flux_unit = coadd.unit("flux") or header.get("BUNIT", BUNIT)
    mask, note = _pixel_mask(coadd)
    found = build_spectrum(
        SpectrumArrays(
            wavelength=numbers(coadd.get("loglam"), "loglam"),
            flux=numbers(coadd.get("flux"), "flux"),
            ivar=numbers(coadd.get("ivar"), "ivar"),
            mask=mask,
            mask_sense=("bad", note),
            wavelength_unit="Angstrom",
            scale="log10",
            flux_unit=str(flux_unit),
            medium=medium_of(header) or ("vacuum", "SDSS stores vacuum wavelengths"),
            survey="SDSS",
            entries=(
                Entry("wavelength", "column loglam", "header"),
                Entry("flux", "column flux", "header"),
                Entry("uncertainty", "column ivar", "header", str(Role.INVERSE_VARIANCE)),
            ),
        ),
        overrides,
    )
    row = _catalog_row(file.hdus[2:])
    return [_identified(found, header, row)]


@reader("SDSS-I spSpec", FitsFile, matches=is_spspec)
def read_spspec(file: FitsFile, overrides: Overrides) -> list[Found]:
    """One spectrum of SDSS-I/II; its header has position and redshift."""
    rows, header = file.primary.image(), cards(file.primary.header)
    pixels = np.arange(rows.shape[1])
    found = build_spectrum(
        SpectrumArrays(
            wavelength=(float(header["COEFF0"]) + float(header["COEFF1"]) * pixels).astype(np.float64),
            flux=numbers(rows[0], "flux"),
            ivar=ivar_of(None, numbers(rows[2], "noise")),
            mask=(rows[3].astype(np.int64) & PIXEL_BITS).astype(float) if len(rows) > 3 else None,
            mask_sense=("bad", "row 4, bits of single pixels"),
            wavelength_unit="Angstrom",
            scale="log10",
            flux_unit=str(header.get("BUNIT", BUNIT)),
            medium=medium_of(header) or ("vacuum", "SDSS stores vacuum wavelengths"),
            survey="SDSS",
            entries=(
                Entry("wavelength", "cards COEFF0, COEFF1", "header"),
                Entry("flux", "row 1", "header"),
                Entry("uncertainty", "row 3", "header", str(Role.ERROR)),
            ),
        ),
        overrides,
    )
    row = Record(
        {key.lower(): value for key, value in header.items()}
        | {"plug_ra": header.get("RAOBJ"), "plug_dec": header.get("DECOBJ")}
    )
    return [_identified(found, header, row)]


def _pixel_mask(coadd: Record) -> tuple[NDArray[Any] | None, str]:
    """Bits of and_mask that speak of single pixels; none of them where they are set on every pixel."""
    and_mask = coadd.get("and_mask")
    if and_mask is None:
        return None, ""
    bits = np.asarray(and_mask, dtype=np.int64)
    whole_fibre = int(((bits & 0xFFFF) != 0).sum())
    note = "bits 16-31 of and_mask, which speak of single pixels"
    note += f"; {whole_fibre} pixels have bits of the whole fibre, not used" if whole_fibre else ""
    return (bits & PIXEL_BITS).astype(float), note


def _catalog_row(hdus: tuple[Hdu, ...]) -> Record:
    """The specObj or spAll row of this fibre; empty without one."""
    table = next(
        (hdu.table() for hdu in hdus if {"z", "class"} <= set(hdu.columns) and hdu.count("NAXIS2") == 1), None
    )
    return table.row(0) if table is not None else Record({})


def _identified(found: Found, header: Mapping[str, Any], row: Record) -> Found:
    """The same with plate-mjd-fiber, position, class and redshift. RA and DEC of the header are the
    telescope's, not the object's."""
    stated = Record(
        {key.lower(): value for key, value in header.items()}
        | {k: v for k, v in row.values.items() if number(v) is not None}
    )
    name = _spectrum_id(stated)
    ra, dec = position(stated.get("plug_ra"), stated.get("plug_dec"))
    z, warning = plausible_redshift(row.get("z")), int(number(row.get("zwarning")) or 0)
    kind = "/".join(part for part in (text_of(row.get(key) or "") for key in ("class", "subclass")) if part)
    entries: tuple[Entry, ...] = ()
    if z is not None and warning & NOT_AN_OBJECT:
        entries, z, kind = (
            (Entry("redshift", f"{z:.5f}", "dropped", f"ZWARNING = {warning}: a fibre without an object"),),
            None,
            "SKY",
        )
    elif warning:
        entries = (Entry("ZWARNING", str(warning), "header", "the survey's pipeline doubts the redshift"),)
    return replace(
        found, id=name, ra=ra, dec=dec, z_reference=z, entries=(*found.entries, *entries), kind=kind
    )


def _spectrum_id(stated: Record) -> str | None:
    """plate-mjd-fiber, or field-mjd-catalogid of SDSS-V."""
    plate, mjd, fiber = (
        number(stated.get(*names)) for names in (("plate", "plateid"), ("mjd",), ("fiberid",))
    )
    field, catalog = number(stated.get("field", "fieldid")), stated.get("catalogid")
    if field is not None and mjd is not None and catalog is not None:
        return f"{int(field)}-{int(mjd)}-{int(catalog)}"  # a catalogid is too long for a float
    if plate is not None and mjd is not None and fiber is not None:
        return f"{int(plate):04d}-{int(mjd)}-{int(fiber):04d}"
    return None
