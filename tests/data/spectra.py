"""Twins of spectra: SDSS and DESI files, the Multimodal Universe, SPARCL, and plain tables."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

from tests.data.sky import DEC, RA, REDSHIFT, TARGETS, packed, spectrum


def sdss_spec() -> bytes:
    """SDSS spec-lite: one pixel NODATA with ivar 0, bits of the whole fibre on half of the spectrum."""
    loglam = 3.62 + 1e-4 * np.arange(800)
    flux, ivar = spectrum(10**loglam)
    and_mask = np.where(np.arange(800) < 400, 1 << 4, 0).astype(np.int32)
    and_mask[10], ivar[11] = 1 << 24, 0
    names = ("flux", "loglam", "ivar", "and_mask", "or_mask", "wdisp", "sky", "model")
    columns = (
        flux,
        loglam.astype(np.float32),
        ivar,
        and_mask,
        and_mask,
        np.ones(800, np.float32),
        np.zeros(800, np.float32),
        flux,
    )
    coadd = fits.BinTableHDU(Table(dict(zip(names, columns, strict=True))), name="COADD")
    row = {
        "PLATE": [266],
        "MJD": [51630],
        "FIBERID": [174],
        "PLUG_RA": [RA],
        "PLUG_DEC": [DEC],
        "Z": [REDSHIFT],
        "ZWARNING": [0],
    }
    catalog = fits.BinTableHDU(
        Table(row | {"CLASS": ["GALAXY"], "SUBCLASS": ["STARFORMING"]}), name="SPECOBJ"
    )
    header = fits.Header(
        {
            "TELESCOP": "SDSS 2.5-M",
            "RA": 12.3,
            "DEC": 45.6,
            "PLATEID": 266,
            "MJD": 51630,
            "FIBERID": 174,
            "VACUUM": True,
        }
    )
    header["BUNIT"] = "1E-17 erg/cm^2/s/Ang"
    return packed([fits.PrimaryHDU(header=header), coadd, catalog])


def boss_spec() -> bytes:
    """BOSS spec: upper-case columns, HDUs without names, a sky fibre."""
    loglam = 3.62 + 1e-4 * np.arange(400)
    flux, ivar = spectrum(10**loglam)
    columns = {
        "FLUX": flux,
        "LOGLAM": loglam.astype(np.float32),
        "IVAR": ivar,
        "AND_MASK": np.zeros(400, np.int32),
    }
    row = {
        "PLATE": [3655],
        "MJD": [55240],
        "FIBERID": [54],
        "PLUG_RA": [RA],
        "PLUG_DEC": [DEC],
        "Z": [1.234],
        "ZWARNING": [1],
        "CLASS": ["QSO"],
    }
    return packed(
        [
            fits.PrimaryHDU(header=fits.Header({"PLATEID": 3655})),
            fits.BinTableHDU(Table(columns)),
            fits.BinTableHDU(Table(row)),
        ]
    )


def spspec() -> bytes:
    """SDSS-I spSpec: rows flux, continuum-subtracted flux, noise, mask;
    log10 wavelengths in a WCS that claims to be linear."""
    flux, ivar = spectrum(10 ** (3.62 + 1e-4 * np.arange(500)))
    noise = 1 / np.sqrt(ivar)
    mask = np.zeros(500)
    mask[5], noise[6] = 1 << 24, 0
    cards = {
        "COEFF0": 3.62,
        "COEFF1": 1e-4,
        "CRVAL1": 3.62,
        "CD1_1": 1e-4,
        "CRPIX1": 1,
        "CTYPE1": "WAVELENGTH",
        "DC-FLAG": 1,
    }
    cards |= {
        "RAOBJ": RA,
        "DECOBJ": DEC,
        "PLATEID": 266,
        "MJD": 51630,
        "FIBERID": 175,
        "Z": REDSHIFT,
        "TELESCOP": "SDSS 2.5-M",
    }
    header = fits.Header(cards | {"VACUUM": 1, "BUNIT": "1.0E-17 erg/cm/s/Ang"})
    return packed([fits.PrimaryHDU(np.stack([flux, flux * 0, noise, mask]).astype(np.float32), header)])


ARMS = {"B": (5600.0, 251), "R": (5760.0, 301), "Z": (7520.0, 226)}
"""Cut short; B and R overlap as they do in the sky."""


def desi(rows: list[int], arms: str, redshifts: bool = False) -> bytes:
    """DESI coadd or spectra of these targets; in arm B the first pixels of the overlap are masked.
    One target has no photometry."""
    ids = [TARGETS[i] for i in rows]
    columns = {
        "TARGETID": ids,
        "TARGET_RA": [RA + 0.1 * i for i in rows],
        "TARGET_DEC": [DEC] * len(rows),
        "OBJTYPE": ["TGT"] * len(rows),
    }
    for i, band in enumerate(("G", "R", "Z", "W1", "W2")):
        columns |= {
            f"FLUX_{band}": [0.0 if row else 1.5 + i for row in rows],
            f"FLUX_IVAR_{band}": [0.0 if row else 4.0 for row in rows],
        }
    columns |= {
        "EBV": [0.0 if row else 0.03 for row in rows],
        "SHAPE_R": [0.0 if row else 0.6 for row in rows],
    }
    fibermap = fits.BinTableHDU(
        Table({name: np.array(values) for name, values in columns.items()}), name="FIBERMAP"
    )
    if redshifts:
        found = {
            "TARGETID": ids,
            "Z": [REDSHIFT + row for row in rows],
            "ZERR": [1e-5] * len(rows),
            "ZWARN": [4 * row for row in rows],
        }
        return packed(
            [
                fits.PrimaryHDU(),
                fits.BinTableHDU(Table(found | {"SPECTYPE": ["GALAXY"] * len(rows)}), name="REDSHIFTS"),
                fibermap,
            ]
        )
    hdus = [fits.PrimaryHDU(), fibermap]
    for name in arms:
        start, count = ARMS[name]
        wavelength = start + 0.8 * np.arange(count)
        flux, ivar = (np.stack(part) for part in zip(*(spectrum(wavelength) for _ in rows), strict=True))
        mask = np.zeros(flux.shape, np.int32)
        if name == "B":
            mask[:, 200:210] = 1
        for kind, values in (("WAVELENGTH", wavelength), ("FLUX", flux), ("IVAR", ivar), ("MASK", mask)):
            hdus.append(fits.ImageHDU(values, name=f"{name}_{kind}"))
    return packed(hdus)


def mmu_parquet() -> bytes:
    """Two rows of the Multimodal Universe DESI set; ZWARN as it stores it, True = good.
    The second has no photometry."""
    wavelength = 3600 + 0.8 * np.arange(500)
    rows = []
    for _ in range(2):
        flux, ivar = spectrum(wavelength)
        mask = np.zeros(500, bool)
        mask[:3] = True
        rows.append({"flux": flux, "ivar": ivar, "lambda": wavelength.astype(np.float32), "mask": mask})
    columns = {
        "spectrum": pa.array([{name: value.tolist() for name, value in row.items()} for row in rows]),
        "Z": pa.array([0.25, 1.5], pa.float32()),
    }
    columns |= {f"FLUX_{band}": pa.array([2.0, 0.0], pa.float32()) for band in "GRZ"}
    columns |= {f"FLUX_IVAR_{band}": pa.array([1.0, 0.0], pa.float32()) for band in "GRZ"}
    columns |= {
        "EBV": pa.array([0.02, 0.0], pa.float32()),
        "ZWARN": pa.array([False, True]),
        "object_id": pa.array([str(target) for target in TARGETS]),
    }
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def sparcl_json() -> bytes:
    """Two SPARCL records, as its results are saved: a DESI and a BOSS spectrum."""
    records = []
    for release, wavelength in (
        ("DESI-DR1", 3600 + 0.8 * np.arange(300)),
        ("BOSS-DR16", 10 ** (3.6 + 1e-4 * np.arange(300))),
    ):
        flux, ivar = spectrum(wavelength)
        lists = {
            "wavelength": wavelength.round(3).tolist(),
            "flux": flux.round(3).tolist(),
            "ivar": ivar.tolist(),
            "mask": [0] * 299 + [2],
        }
        records.append(
            lists
            | {
                "data_release": release,
                "specid": TARGETS[0] + len(records),
                "redshift": REDSHIFT,
                "ra": RA,
                "dec": DEC,
            }
        )
    return json.dumps({"records": records}).encode()


def spectrum_table(kind: str) -> bytes:
    """The spectrum as a table: ECSV with units, CSV with nm and erg/s/cm2/Å unsaid,
    text without names, VOTable."""
    wavelength = 4000 + 2.0 * np.arange(400)
    flux, ivar = spectrum(wavelength)
    flux, sigma = flux.round(3), np.round(1 / np.sqrt(ivar), 3)
    if kind == "csv":
        rows = [f"{w / 10:.2f},{f}e-17,{s}e-17" for w, f, s in zip(wavelength, flux, sigma, strict=True)]
        return "\n".join(["wave,flux,err", *rows]).encode()
    if kind == "txt":
        lines = [f"{w:.1f} {f} {s}" for w, f, s in zip(wavelength[::-1], flux[::-1], sigma, strict=True)]
        return "\n".join(["# AIRORVAC = air", *lines]).encode()
    table = Table({"wavelength": wavelength, "flux": flux, "ivar": ivar, "mask": np.arange(400) < 4})
    table["wavelength"].unit, table["flux"].unit = "Angstrom", "1e-17 erg / (s cm2 Angstrom)"
    table.meta |= {"VACUUM": True, "REDSHIFT": REDSHIFT} if kind == "ascii.ecsv" else {}
    stream = io.BytesIO() if kind == "votable" else io.StringIO()
    table.write(stream, format=kind)
    written = stream.getvalue()
    return written if isinstance(written, bytes) else written.encode()


def wcs_spectrum() -> bytes:
    """One-dimensional FITS image with a linear wavelength WCS in air, which specutils reads."""
    flux, _ = spectrum(4000 + 2.0 * np.arange(500))
    cards = {
        "CTYPE1": "AWAV",
        "CUNIT1": "Angstrom",
        "CRVAL1": 4000.0,
        "CRPIX1": 1.0,
        "CDELT1": 2.0,
        "WCSDIM": 1,
    }
    return packed([fits.PrimaryHDU(flux, fits.Header(cards | {"BUNIT": "1e-17 erg / (s cm2 Angstrom)"}))])
