"""Rows of Tractor for the imaged part of the simulated sky, with the columns of the survey's files.

https://www.legacysurvey.org/dr10/catalogs/
"""

from io import BytesIO
from math import cos, radians

import numpy as np
from astropy.io import fits
from astropy.table import Table

from tests.sky.simulated_pixels import photometry
from tests.sky.simulated_sky import TARGETS, Target, distance, offset

EXTINCTION = {"g": 3.214, "r": 2.165, "i": 1.592, "z": 1.211, "w1": 0.184, "w2": 0.113}
"""Magnitudes per E(B-V)."""
DEPTH = {"g": 1400.0, "r": 700.0, "i": 400.0, "z": 120.0, "w1": 4.0, "w2": 1.0, "w3": 0.0, "w4": 0.0}
"""Inverse variance of a flux, nanomaggies to the power -2; 0: not measured."""


def cataloged() -> list[Target]:
    return [target for target in TARGETS if target.is_imaged and photometry(target.example)]


def rows_in_box(ralo: float, rahi: float, declo: float, dechi: float) -> list[Target] | None:
    """What is in a box, which may reach over RA 0; None where the viewer cannot make a box of it, as of one
    around a pole: it takes the middle of two corners and the distance between them."""
    vectors = np.array([_vector(ralo, declo), _vector(rahi, dechi)]).mean(axis=0)
    ra, dec = (
        np.degrees(np.arctan2(vectors[1], vectors[0])),
        np.degrees(np.arcsin(vectors[2] / _length(vectors))),
    )
    width, height = distance(ralo, dec, rahi, dec), distance(ra, declo, ra, dechi)
    if width < 1e-12 or height <= 0:
        return None
    found = []
    for target in cataloged():
        east, north = offset(target.ra, target.dec, ra, dec)
        if abs(east) < width / 2 and abs(north) < height / 2:
            found.append(target)
    return found


def rows_in_cone(ra: float, dec: float, radius: float) -> list[Target]:
    """All within `radius`, degrees."""
    return [target for target in cataloged() if distance(target.ra, target.dec, ra, dec) <= radius]


def tractor_table(targets: list[Target], bands: str) -> Table:
    """One row each. Measured bands only: the north has no columns of i."""
    rows = [photometry(target.example) for target in targets]
    count = len(targets)
    ebv = np.array([row["ebv"] for row in rows], np.float32)
    shape = [[row[name] for row in rows] for name in ("shape_r", "shape_e1", "shape_e2")]
    table = Table()
    table["release"] = np.full(count, 10000, np.int16)
    table["brickid"] = np.array([int(target.ra * 1000) for target in targets], np.int32)
    table["brickname"] = [_brick(target) for target in targets]
    table["objid"] = np.arange(count, dtype=np.int32)
    table["brick_primary"] = np.full(count, True)
    table["maskbits"], table["fitbits"] = np.zeros(count, np.int16), np.zeros(count, np.int16)
    table["type"] = ["PSF" if not radius else "SER" for radius in shape[0]]
    table["ra"], table["dec"] = [target.ra for target in targets], [target.dec for target in targets]
    table["ra_ivar"] = table["dec_ivar"] = np.full(count, 1e13, np.float32)
    table["bx"] = table["by"] = np.full(count, 1800.0, np.float32)
    table["dchisq"] = np.ones((count, 5), np.float32)
    table["ebv"] = ebv
    table["mjd_min"], table["mjd_max"] = np.full(count, 56500.0), np.full(count, 58500.0)
    table["ref_cat"], table["ref_id"] = [""] * count, np.zeros(count, np.int64)
    for name in ("pmra", "pmdec", "parallax", "pmra_ivar", "pmdec_ivar", "parallax_ivar", "ref_epoch"):
        table[name] = np.zeros(count, np.float32)
    for band in (*bands, "w1", "w2", "w3", "w4"):
        flux = np.array([row.get(f"flux_{band}", 0.0) for row in rows], np.float32)
        table[f"flux_{band}"] = flux
        table[f"flux_ivar_{band}"] = np.full(count, DEPTH[band], np.float32)
        table[f"mw_transmission_{band}"] = 10 ** (-0.4 * EXTINCTION.get(band, 0.05) * ebv)
    for band in bands:
        table[f"fiberflux_{band}"] = 0.5 * table[f"flux_{band}"]
        table[f"nobs_{band}"] = np.full(count, 4, np.int16)
        table[f"psfsize_{band}"] = np.full(count, 1.2, np.float32)
        table[f"psfdepth_{band}"] = np.full(count, DEPTH[band], np.float32)
    for name, values in zip(("shape_r", "shape_e1", "shape_e2"), shape, strict=True):
        table[name] = np.array(values, np.float32)
        table[f"{name}_ivar"] = np.full(count, 1e4, np.float32)
    table["sersic"], table["sersic_ivar"] = np.full(count, 2.0, np.float32), np.full(count, 10.0, np.float32)
    table["lc_flux_w1"] = np.zeros((count, 15), np.float32)
    return table


def tractor_fits(targets: list[Target], bands: str, is_north: bool) -> bytes:
    """As the viewer sends it: without units."""
    table = tractor_table(targets, bands.replace("i", "") if is_north else bands)
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table)]).writeto(stream)
    return stream.getvalue()


def _brick(target: Target) -> str:
    return f"{round(target.ra * 10):04d}{'m' if target.dec < 0 else 'p'}{round(abs(target.dec) * 10):03d}"


def _vector(ra: float, dec: float) -> np.ndarray:
    lon, lat = radians(ra), radians(dec)
    return np.array([cos(lat) * np.cos(lon), cos(lat) * np.sin(lon), np.sin(lat)])


def _length(vector: np.ndarray) -> float:
    return float(np.sqrt((vector**2).sum()))
