"""Small simulated twins of every survey format, one object or a few in each:
``python tests/data/make.py`` writes them beside this file.

Noise is rounded so that the files compress.
Nothing here is real: the same line spectrum and the same Gaussian galaxy everywhere.
"""

import gzip
import io
import json
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

HERE = Path(__file__).parent
RA, DEC = 150.1, 2.2
REDSHIFT = 0.25
TARGETS = (39627652591521792, 39627652591521793)
"""As long as real ones: a float would round them."""
RNG = np.random.default_rng(7)


def spectrum(wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flux (1e-17 erg/s/cm2/Å) with [O II] to Hα at REDSHIFT, and its inverse variance."""
    flux = 5 + wavelength / 5000
    for rest, peak in ((3728.5, 8), (4862.7, 4), (5008.2, 10), (6564.6, 15)):
        flux = flux + peak * np.exp(-0.5 * ((wavelength - rest * (1 + REDSHIFT)) / 4) ** 2)
    noise = np.round(RNG.normal(0, 0.5, len(wavelength)), 2)
    return (flux + noise).astype(np.float32), np.full(len(wavelength), 4.0, np.float32)


def galaxy(size: int, peak: float) -> np.ndarray:
    """(size, size) Gaussian blob on rounded noise."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return (
        np.round(RNG.normal(0, 0.02, (size, size)), 2) + np.round(peak * np.exp(-(x**2 + y**2) / 50), 2)
    ).astype(np.float32)


def wcs_cards(size: int, scale: float, **more: object) -> fits.Header:
    """TAN projection, north up, east left, RA and DEC in the middle;
    `scale` arcsec per pixel; and other cards."""
    cards = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": RA,
        "CRVAL2": DEC,
        "CRPIX1": (size + 1) / 2,
        "CRPIX2": (size + 1) / 2,
    }
    return fits.Header(
        cards | {"CD1_1": -scale / 3600, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": scale / 3600} | more
    )


def packed(hdus: list, zipped: bool = False) -> bytes:
    """The HDUs as the bytes of a FITS file."""
    stream = io.BytesIO()
    fits.HDUList(hdus).writeto(stream)
    return gzip.compress(stream.getvalue(), mtime=0) if zipped else stream.getvalue()


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


def mmu_hdf5() -> bytes:
    """One row of the Multimodal Universe Legacy Survey set."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        cube = np.stack([galaxy(100, peak) for peak in (0.5, 1, 1.5, 2)])[None]
        file.create_dataset("image_array", data=cube, compression="gzip", compression_opts=9)
        file.create_dataset("image_ivar", data=np.full(cube.shape, 2500, np.float32), compression="gzip")
        file["image_band"] = np.array([[b"des-g", b"des-r", b"des-i", b"des-z"]])
        file["image_scale"] = np.full((1, 4), 0.262, np.float32)
        file["object_id"] = np.array([b"1234p567-8901"])
        file["ra"], file["dec"], file["EBV"], file["FLUX_R"] = [RA], [DEC], [0.05], [12.0]
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


def ls_cutout() -> bytes:
    """Legacy Survey viewer cutout of g, r, z with inverse variance and mask bits; gzipped."""
    header = wcs_cards(
        120, 0.262, SURVEY="LegacySurvey", VERSION="DR9", BANDS="grz", BAND0="g", BAND1="r", BAND2="z"
    )
    hdus: list = []
    for kind in ("IMAGE", "INVVAR", "MASKBITS"):
        header["IMAGETYP"] = kind
        pixels = {
            "IMAGE": np.stack([galaxy(120, peak) for peak in (0.5, 1, 2)]),
            "INVVAR": np.full((3, 120, 120), 2500, np.float32),
        }
        data = pixels.get(kind, np.zeros((120, 120), np.int16))
        hdus.append(fits.ImageHDU(data, header) if hdus else fits.PrimaryHDU(data, header))
    return packed(hdus, zipped=True)


def ls_subimage() -> bytes:
    """Legacy Survey viewer subimage: two bricks, the smaller one first."""
    hdus: list = [fits.PrimaryHDU()]
    for brick, size in (("1500p020", 60), ("1501p022", 100)):
        for band in "gr":
            for kind in ("image", "invvar"):
                header = wcs_cards(size, 0.262, BRICK=brick, BAND=band, IMAGETYP=kind, BRICK_X0=0, BRICK_Y0=0)
                hdus.append(
                    fits.ImageHDU(
                        galaxy(size, 1) if kind == "image" else np.full((size, size), 2500, np.float32),
                        header,
                    )
                )
    return packed(hdus, zipped=True)


def ls_brick() -> bytes:
    """A brick coadd of one band, tile-compressed as the survey's."""
    header = wcs_cards(300, 0.262, BRICKNAM="1501p022", FILTER="r", IMTYPE="image", MAGZERO=22.5)
    return packed(
        [
            fits.PrimaryHDU(),
            fits.CompImageHDU(galaxy(300, 2), header, compression_type="RICE_1", quantize_level=-0.02),
        ]
    )


def hsc_band(band: str) -> bytes:
    """HSC cutout of one band: IMAGE, MASK, VARIANCE."""
    header = wcs_cards(100, 0.168)
    mask = np.zeros((100, 100), np.int32)
    mask[:5] = 2  # bit 1
    planes = wcs_cards(100, 0.168, MP_BAD=0, MP_SAT=1, MP_DETECTED=5)
    hdus = [fits.ImageHDU(galaxy(100, 50), header, name="IMAGE"), fits.ImageHDU(mask, planes, name="MASK")]
    hdus.append(fits.ImageHDU(np.full((100, 100), 0.25, np.float32), header, name="VARIANCE"))
    return packed(
        [fits.PrimaryHDU(header=fits.Header({"FILTER": band, "FLUXMAG0": 63095734448.0194})), *hdus],
        zipped=True,
    )


def cube_npz() -> bytes:
    """g, r, i, z, y planes with the names of their bands and variance."""
    stream = io.BytesIO()
    cube = np.stack([galaxy(96, 30) for _ in range(5)])
    np.savez_compressed(
        stream, images=cube, filters=np.array(list("grizy")), variance=np.full(cube.shape, 0.5, np.float32)
    )
    return stream.getvalue()


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


FILES = {
    "sdss_spec.fits": sdss_spec,
    "boss_spec.fits": boss_spec,
    "spspec.fits": spspec,
    "desi_coadd.fits": lambda: desi([0, 1], "BRZ"),
    "desi_spectra.fits": lambda: desi([0, 1, 0], "BZ"),
    "desi_redrock.fits": lambda: desi([1, 0], "", redshifts=True),
    "mmu_desi.parquet": mmu_parquet,
    "mmu_legacysurvey.hdf5": mmu_hdf5,
    "sparcl.json": sparcl_json,
    "ls_cutout.fits.gz": ls_cutout,
    "ls_subimage.fits.gz": ls_subimage,
    "ls_brick.fits.fz": ls_brick,
    "hsc_g.fits.gz": lambda: hsc_band("HSC-G"),
    "hsc_r.fits.gz": lambda: hsc_band("HSC-R2"),
    "cube.npz": cube_npz,
    "photometry.ecsv": lambda: photometry("ascii.ecsv"),
    "photometry.csv": lambda: photometry("ascii.csv"),
    "photometry.fits": lambda: photometry("fits"),
    "photometry.vot": lambda: photometry("votable"),
    "tractor.fits": tractor,
    "spectrum.ecsv": lambda: spectrum_table("ascii.ecsv"),
    "spectrum.csv": lambda: spectrum_table("csv"),
    "spectrum.txt": lambda: spectrum_table("txt"),
    "spectrum.vot": lambda: spectrum_table("votable"),
    "wcs_spectrum.fits": wcs_spectrum,
}


if __name__ == "__main__":
    for name, make in FILES.items():
        (HERE / name).write_bytes(make())
        print(f"{name:24s} {(HERE / name).stat().st_size / 1000:8.1f} kB")
