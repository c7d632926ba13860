"""Twins of catalogs: a table of photometry in four formats, and a tractor catalog."""

import io

import numpy as np
from astropy.io import fits
from astropy.table import Table

from tests.data.sky import DEC, RA, TARGETS, packed


def photometry(kind: str) -> bytes:
    """Three objects: one complete, one with sentinels, one with nothing."""
    table = Table(
        {"TARGETID": [*TARGETS, 5], "RA": [RA, RA + 1, RA + 2], "DEC": [DEC] * 3, "Z": [0.25, -99.0, 0.5]}
    )
    for i, band in enumerate(("G", "R", "Z")):
        table[f"FLUX_{band}"] = np.array([1.0 + i, -99.0 if i else 2.0, np.nan])
        table[f"FLUX_{band}"].unit = "nanomaggy" if kind == "ascii.ecsv" else None
    table["EBV"], table["g_cmodel_mag"] = [0.03, 0.04, np.nan], [21.0, 9999.0, np.nan]
    stream = io.BytesIO() if kind in ("fits", "votable") else io.StringIO()
    table.write(stream, format=kind)
    written = stream.getvalue()
    return written if isinstance(written, bytes) else written.encode()


def tractor() -> bytes:
    """One row of a Legacy Survey tractor catalog, lower-case names as in the survey's files."""
    row = {
        "release": np.array([9011], np.int16),
        "brickid": np.array([607466], np.int32),
        "objid": np.array([2657], np.int32),
    }
    row |= {
        "type": ["REX"],
        "ra": [105.48977],
        "dec": [56.6693],
        "ebv": [0.0514],
        "parallax": [0.0],
        "parallax_ivar": [0.0],
    }
    row |= {
        "flux_g": [3.237],
        "flux_ivar_g": [400.0],
        "flux_r": [5.947],
        "flux_w4": [-339.6],
        "flux_ivar_w4": [0.0],
        "shape_r": [0.388],
    }
    return packed([fits.PrimaryHDU(), fits.BinTableHDU(Table(row))])
