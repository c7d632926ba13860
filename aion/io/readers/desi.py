"""DESI coadds, spectra and redshift files; many targets in each.

Data models: https://desidatamodel.readthedocs.io/en/latest/DESI_SPECTRO_REDUX/ and below it
SPECPROD/healpix/SURVEY/PROGRAM/PIXGROUP/PIXNUM/coadd-…, spectra-…, redrock-SURVEY-PROGRAM-PIXNUM.html
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aion.errors import FormatError, ModalityError
from aion.io.content import Array, Record, Table
from aion.io.fits_file import FitsFile
from aion.io.objects import Entry, Overrides
from aion.io.registry import Found, reader
from aion.io.roles import Role
from aion.io.rows import facts, photometry, text_of
from aion.io.spectra import SpectrumArrays, build_spectrum

GRID_START, GRID_STEP, GRID_PIXELS = 3600.0, 0.8, 7781
"""Å, Å: 3600 to 9824 Å, the grid that all arms lie on."""
FLUX_UNIT = "10**-17 erg/(s cm2 Angstrom)"


def is_coadd(file: FitsFile) -> bool:
    """A fibre map, and at least one arm with wavelengths and fluxes."""
    return "FIBERMAP" in file.names and bool(_arms(file))


@reader("DESI coadd", FitsFile, matches=is_coadd)
def read_coadd(file: FitsFile, overrides: Overrides) -> list[Found]:
    """Every target with data; arms, and exposures in spectra files, joined by inverse variance on a grid."""
    fibermap = _table(file, "FIBERMAP")
    arms = [_Arm.of(file, name, len(fibermap)) for name in _arms(file)]
    targets = _targets(fibermap)
    grid = f"{GRID_PIXELS} pixels of {GRID_STEP} Å from {GRID_START:.0f} Å"
    notes = (*_arm_entries(arms), Entry("grid", grid, "detected", "arms joined by inverse variance"))
    redshifts = _redshifts(file)
    found, problem = [], None
    for target, rows in targets.items():
        try:
            spectrum = build_spectrum(_merged(arms, rows), overrides)
        except ModalityError as exc:
            problem = exc
            continue
        row = Record(dict(fibermap.row(rows[0]).values) | redshifts.get(target, {}), fibermap.units)
        found.append(_target(spectrum, target, row, notes))
    if not found:
        raise problem or FormatError("the DESI file has no targets")
    if len(found) < len(targets):
        left_out = Entry("targets without data", f"{len(targets) - len(found)} of {len(targets)}", "dropped")
        found = [replace(item, entries=(*item.entries, left_out)) for item in found]
    return found


@reader("DESI redrock", FitsFile, matches=lambda file: bool({"REDSHIFTS", "ZBEST"} & file.names))
def read_redrock(file: FitsFile, overrides: Overrides) -> list[Found]:
    """Redshifts (for comparison), classes and the photometry of the fibre map; no spectra."""
    del overrides  # nothing in such a file can be read in two ways
    redshifts = _redshifts(file)
    fibermap = _table(file, "FIBERMAP") if "FIBERMAP" in file.names else None
    rows = (
        {target: fibermap.row(i[0]) for target, i in _targets(fibermap).items()}
        if fibermap is not None
        else {}
    )
    found = []
    for target, values in redshifts.items():
        row = rows.get(target, Record({}))
        found.append(_target(Found(None), target, Record(dict(row.values) | values, row.units), ()))
    return found


@dataclass(frozen=True)
class _Arm:
    """One camera; arrays (spectra, pixels) on the grid, and which pixels of the grid they are."""

    name: str
    index: NDArray[np.intp]
    flux: Array
    ivar: Array
    bad: Array
    resampled: bool

    @classmethod
    def of(cls, file: FitsFile, name: str, rows: int) -> "_Arm":
        wavelength = _image(file, f"{name}_WAVELENGTH").astype(np.float64)
        flux = np.atleast_2d(_image(file, f"{name}_FLUX")).astype(np.float64)
        ivar = np.atleast_2d(_image(file, f"{name}_IVAR")).astype(np.float64)
        bad = (
            np.atleast_2d(_image(file, f"{name}_MASK")) != 0
            if f"{name}_MASK" in file.names
            else np.zeros(flux.shape, bool)
        )
        if wavelength.ndim != 1 or not flux.shape == ivar.shape == bad.shape == (rows, len(wavelength)):
            shapes = f"wavelength {wavelength.shape}, flux {flux.shape}, ivar {ivar.shape}, mask {bad.shape}"
            raise FormatError(f"arm {name} does not fit {rows} rows of the fibre map: {shapes}")
        bad = bad | ~np.isfinite(flux) | ~np.isfinite(ivar) | (ivar <= 0)
        flux, ivar = np.where(bad, 0.0, flux), np.where(bad, 0.0, ivar)
        steps = (wavelength - GRID_START) / GRID_STEP
        if not np.isfinite(steps).all() or (np.diff(steps) <= 0).any():
            raise FormatError(f"the wavelengths of arm {name} do not increase")
        index = np.rint(steps).astype(np.intp)
        on_grid = bool(np.abs(steps - index).max() < 0.05) and bool((np.diff(index) == 1).all())
        if not on_grid:
            index = np.arange(int(np.ceil(steps[0])), int(np.floor(steps[-1])) + 1)
            flux, ivar, bad = (
                np.stack([np.interp(index, steps, line) for line in part.astype(np.float64)])
                for part in (flux, ivar, bad)
            )
            bad = bad > 0
        inside = (index >= 0) & (index < GRID_PIXELS)
        return cls(
            name,
            index[inside],
            flux[:, inside],
            np.where(bad, 0.0, ivar)[:, inside],
            bad[:, inside],
            not on_grid,
        )


def _merged(arms: list[_Arm], rows: list[int]) -> SpectrumArrays:
    """Mean over arms and exposures, weighted by inverse variance; bad where no arm has a good pixel."""
    weight, weighted = np.zeros(GRID_PIXELS), np.zeros(GRID_PIXELS)
    for arm in arms:
        weight[arm.index] += arm.ivar[rows].sum(0)
        weighted[arm.index] += (arm.ivar[rows] * arm.flux[rows]).sum(0)
    return SpectrumArrays(
        wavelength=(GRID_START + GRID_STEP * np.arange(GRID_PIXELS)).astype(np.float64),
        flux=np.divide(weighted, weight, out=np.zeros(GRID_PIXELS), where=weight > 0),
        ivar=weight,
        mask=(weight <= 0).astype(float),
        mask_sense=("bad", "pixels without a good value in any arm"),
        wavelength_unit="Angstrom",
        flux_unit=FLUX_UNIT,
        medium=("vacuum", "DESI stores vacuum wavelengths"),
        survey="DESI",
    )


def _target(spectrum: Found, target: str, row: Record, notes: tuple[Entry, ...]) -> Found:
    """A target's spectrum (if any) with its photometry, position, class and redshift."""
    scalars, scalar_entries = photometry(row)
    known = facts(row)
    kind = "/".join(filter(None, (text_of(row.get(name) or "") for name in ("spectype", "subtype"))))
    entries = (*spectrum.entries, *notes, *scalar_entries, *known.entries)
    if text_of(row.get("objtype") or "") == "SKY":
        entries, kind = (
            (*entries, Entry("target", "sky fibre", "header", "OBJTYPE = SKY: there is no object")),
            "SKY",
        )
    return replace(
        spectrum,
        id=target,
        modalities=(*spectrum.modalities, *scalars),
        entries=entries,
        ra=known.ra,
        dec=known.dec,
        z_reference=known.z,
        kind=kind,
    )


def _arms(file: FitsFile) -> list[str]:
    names = (name.removesuffix("_WAVELENGTH") for name in sorted(file.names) if name.endswith("_WAVELENGTH"))
    return [name for name in names if {f"{name}_FLUX", f"{name}_IVAR"} <= file.names]


def _arm_entries(arms: list[_Arm]) -> tuple[Entry, ...]:
    names = [arm.name for arm in arms]
    missing = [name for name in ("B", "R", "Z") if name not in names and "BRZ" not in names]
    note = f"{', '.join(missing)} missing: no data there" if missing else ""
    entries = [
        Entry("arms", ", ".join(names), "header", note),
        Entry(
            "uncertainty",
            ", ".join(f"HDU {name}_IVAR" for name in names),
            "header",
            str(Role.INVERSE_VARIANCE),
        ),
    ]
    note = f"its pixels are not those of the {GRID_STEP} Å grid"
    entries += [Entry("resampled", arm.name, "detected", note) for arm in arms if arm.resampled]
    return tuple(entries)


def _targets(fibermap: Table) -> dict[str, list[int]]:
    """TARGETID as text -> its rows, in the order of the file."""
    if not fibermap.has("targetid"):
        raise FormatError("the DESI fibre map has no TARGETID column")
    rows: dict[str, list[int]] = {}
    for i, target in enumerate(fibermap.columns["targetid"]):
        rows.setdefault(str(int(target)), []).append(i)
    return rows


def _redshifts(file: FitsFile) -> dict[str, dict[str, object]]:
    """TARGETID -> redshift columns, from the redrock table of this file if it has one."""
    hdu = file.find("REDSHIFTS", "ZBEST")
    if hdu is None:
        return {}
    table = hdu.table()
    wanted = [name for name in ("z", "zerr", "zwarn", "spectype", "subtype", "deltachi2") if table.has(name)]
    return {
        target: {name: table.columns[name][i[0]] for name in wanted} for target, i in _targets(table).items()
    }


def _table(file: FitsFile, name: str) -> Table:
    hdu = file.find(name)
    if hdu is None or not hdu.is_table:
        raise FormatError(f"HDU {name} of the DESI file is not a table")
    return hdu.table()


def _image(file: FitsFile, name: str) -> Array:
    hdu = file.find(name)
    if hdu is None:
        raise FormatError(f"the DESI file has no HDU {name}")
    return hdu.image()
