"""Spectra as standards define them: IVOA, ESO phase 3, IRAF's dispersions; SDSS and DESI files."""

import io
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import Table

from tests.io.layouts import (
    BAD,
    ERROR,
    FLUX,
    GOOD,
    MEDIAN_FLUX,
    PIXELS,
    WAVELENGTH,
    fits_bytes,
    in_vacuum,
    layout,
    table_hdu,
)
from tests.io.layouts.survey_spectra import LOGLAM, SDSS_GRID
from tests.io.layouts.table_spectra import ERG, PHASE3, VO_SPECTRUM, arrays, primary
from tests.io.layouts.wcs_spectra import IRAF, STEP, image, linear

VACUUM = {"wavelength": (3700.0, 9200.0), "flux": MEDIAN_FLUX}


@layout(
    "roles by utype", VO_SPECTRUM + ", the names say nothing", ending="vot", error=0.4, good=GOOD, **VACUUM
)
def votable_columns_by_utype() -> bytes:
    table = Table(
        {"c1": WAVELENGTH * 1e-10, "c2": FLUX * 1e-16, "c3": ERROR * 1e-16, "c4": BAD.astype(np.int32)}
    )
    roles = (
        "SpectralAxis.Value",
        "FluxAxis.Value",
        "FluxAxis.Accuracy.StatError",
        "FluxAxis.Accuracy.QualityStatus",
    )
    for name, unit in {"c1": "m", "c2": "W/(m2 um)", "c3": "W/(m2 um)"}.items():
        table[name].unit = unit
    document = from_table(table)
    for field, role in zip(document.get_first_table().fields, roles, strict=True):
        field.utype = f"spec:Spectrum.Data.{role}"
    stream = io.BytesIO()
    document.to_xml(stream)
    return stream.getvalue()


@layout(
    "header of a table with array rows",
    PHASE3 + ", section 5: TUTYP, TUCD and names; a variant under a utype of ESO's own is left out",
    wavelength=(in_vacuum(3700), in_vacuum(9200)),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
)
def eso_phase3_by_utype() -> bytes:
    columns = {
        "WAVE": ((WAVELENGTH, "angstrom"), "em.wl;obs.atmos", "spec:Data.SpectralAxis.Value"),
        "FLUX_REDUCED": ((FLUX * 300, "adu"), "phot.flux.density;em.wl", "eso:Data.FluxAxis.Value"),
        "FLUX": ((FLUX * 1e-17, ERG), "phot.flux.density;em.wl;meta.main", "spec:Data.FluxAxis.Value"),
        "ERR": (
            (ERROR * 1e-17, ERG),
            "stat.error;phot.flux.density;meta.main",
            "spec:Data.FluxAxis.Accuracy.StatError",
        ),
        "QUAL": (
            (BAD.astype(np.int32), None),
            "meta.code.qual;meta.main",
            "spec:Data.FluxAxis.Accuracy.QualityStatus",
        ),
    }
    cards: dict[str, Any] = {"VOCLASS": "SPECTRUM V2.0", "VOPUB": "ESO/SAF", "NELEM": PIXELS}
    for i, (_, ucd, utype) in enumerate(columns.values()):
        cards |= {f"TUCD{i + 1}": ucd, f"TUTYP{i + 1}": utype}
    rows = arrays(**{name: values for name, (values, _, _) in columns.items()})
    header = primary(RA=150.1, DEC=2.2, OBJECT="HD 1234", PRODCATG="SCIENCE.SPECTRUM", SPECSYS="TOPOCENT")
    return fits_bytes(header, table_hdu("SPECTRUM", cards, **rows))


# SDSS

SDSS = {"wavelength": (float(SDSS_GRID[0]), float(SDSS_GRID[-1])), "flux": MEDIAN_FLUX, "error": 0.4}
FIBER = {"PLATEID": 1234, "MJD": 53000, "FIBERID": 17}
SINGLE_PIXEL = BAD.astype(np.int32) << 16
"""A bit of and_mask that speaks of one pixel."""


@layout(
    "rows of surveys",
    "https://classic.sdss.org/dr7/dm/flatFiles/spSpec.html: flux, without continuum, noise, mask",
    good=GOOD,
    id="1234-53000-0017",
    z=0.15,
    ra=150.1,
    dec=2.2,
    **SDSS,
)
def sdss_spspec() -> bytes:
    cards = {"COEFF0": float(LOGLAM[0]), "COEFF1": 1e-4, "RAOBJ": 150.1, "DECOBJ": 2.2, "Z": 0.15, **FIBER}
    return fits_bytes(image(np.array([FLUX, FLUX - 8, ERROR, SINGLE_PIXEL]), VACUUM=True, **cards))


@layout(
    "several tables",
    "https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/lite/PLATE4/spec.html",
    good=GOOD,
    id="1234-53000-0017",
    z=0.15,
    ra=150.1,
    dec=2.2,
    kind="GALAXY",
    **SDSS,
)
def sdss_spec_lite() -> bytes:
    coadd = {
        "flux": FLUX,
        "loglam": LOGLAM,
        "ivar": ERROR**-2,
        "and_mask": SINGLE_PIXEL,
        "model": FLUX,
        "sky": FLUX,
    }
    row = {
        "CLASS": ["GALAXY"],
        "Z": [0.15],
        "ZWARNING": np.zeros(1, "i4"),
        "PLUG_RA": [150.1],
        "PLUG_DEC": [2.2],
    }
    place = {"PLATE": np.array([1234], "i4"), "MJD": np.array([53000], "i4"), "FIBERID": np.array([17], "i4")}
    return fits_bytes(
        primary(RA=9.0, DEC=9.0), table_hdu("COADD", **coadd), table_hdu("SPALL", **row, **place)
    )


# DESI

DESI = (
    "https://desidatamodel.readthedocs.io/en/latest/DESI_SPECTRO_REDUX/SPECPROD/healpix/SURVEY/PROGRAM/"
    "PIXGROUP/PIXNUM"
)
IDS = 39627652591521792 + np.arange(2)


def arm(name: str, first: float, count: int, rows: int) -> list[fits.ImageHDU]:
    flux = np.tile(np.interp(first + 0.8 * np.arange(count), WAVELENGTH, FLUX), (rows, 1))
    values = {"WAVELENGTH": first + 0.8 * np.arange(count), "FLUX": flux, "IVAR": np.full((rows, count), 4.0)}
    values |= {"MASK": np.zeros((rows, count), np.int32)}
    return [fits.ImageHDU(data, name=f"{name}_{part}") for part, data in values.items()]


def fiber_map(ids: np.ndarray) -> fits.BinTableHDU:
    place = {"TARGET_RA": 150.1 + 0.1 * (ids - IDS[0]), "TARGET_DEC": np.full(len(ids), 2.2)}
    return table_hdu("FIBERMAP", TARGETID=ids, **place, OBJTYPE=["TGT"] * len(ids))


ARMS = (("B", 3600.0, 2751), ("R", 5760.0, 2326), ("Z", 7520.0, 2881))


@layout(
    "several spectra",
    f"{DESI}/coadd: arms b, r, z",
    objects=2,
    wavelength=(3600, 9824),
    error=0.5,
    id=str(IDS[0]),
)
def desi_coadd() -> bytes:
    arms = [hdu for name, first, count in ARMS for hdu in arm(name, first, count, 2)]
    return fits_bytes(primary(), fiber_map(IDS), *arms)


@layout(
    "several spectra",
    f"{DESI}/spectra: a row for each exposure; those of a target are joined by inverse variance",
    objects=2,
    wavelength=(3600, 9824),
    error=0.5 / np.sqrt(3),
    id=str(IDS[0]),
    ra=150.1,
    dec=2.2,
)
def desi_spectra_of_several_exposures() -> bytes:
    ids = IDS[[0, 1, 0, 1, 0, 1]]
    arms = [hdu for name, first, count in ARMS for hdu in arm(name, first, count, 6)]
    return fits_bytes(primary(), fiber_map(ids), *arms)


@layout("redshifts without spectra", f"{DESI}/redrock: to be given with a coadd", refused="redshifts only")
def desi_redrock() -> bytes:
    redshifts = {
        "TARGETID": IDS,
        "Z": np.array([0.1, 0.2]),
        "ZWARN": np.zeros(2, "i4"),
        "SPECTYPE": ["GALAXY", "QSO"],
    }
    return fits_bytes(primary(), table_hdu("REDSHIFTS", **redshifts), fiber_map(IDS))


# IRAF


@layout("wavelengths by WAT cards", IRAF + ": onedspec, linear", error=np.inf, **VACUUM)
def iraf_onedspec_linear() -> bytes:
    cards = {"CTYPE1": "LINEAR", "CD1_1": STEP, "DC-FLAG": 0, "WCSDIM": 1, "WAT0_001": "system=equispec"}
    units = {"WAT1_001": "wtype=linear label=Wavelength units=angstroms", "BUNIT": "erg/cm2/s/A"}
    return fits_bytes(image(FLUX * 1e-17, **linear(), **cards, **units))


@layout(
    "cards without a number",
    IRAF + ": WTEXTIMAGE writes INDEF for what it does not know",
    error=np.inf,
    **VACUUM,
)
def iraf_indef_cards() -> bytes:
    cards = {"CTYPE1": "LINEAR", "CD1_1": STEP, "IRAF-MAX": 1.0, "BUNIT": "erg/cm2/s/A"}
    data = fits_bytes(image(FLUX * 1e-17, **linear(), **cards))
    number, indefinite = b"IRAF-MAX=                  1.0", b"IRAF-MAX=                INDEF"
    assert number in data
    return data.replace(number, indefinite)


def multispec(rows: list[str], name: str, source: str, **expected: Any) -> None:
    """Registers an image of spectra whose wavelengths are in the WAT2 cards, a function for each aperture."""

    def build() -> bytes:
        data = FLUX if len(rows) == 1 else np.array([FLUX * (i + 1) for i in range(len(rows))])
        text = "wtype=multispec " + " ".join(f'spec{i + 1} = "{row}"' for i, row in enumerate(rows))
        pieces = [text[i : i + 68] for i in range(0, len(text), 68)]
        cards = {"WCSDIM": 2, "CTYPE1": "MULTISPE", "CTYPE2": "MULTISPE", "CD1_1": 1.0, "CD2_2": 1.0}
        cards |= {"WAT0_001": "system=multispec"}
        cards |= {"WAT1_001": "wtype=multispec label=Wavelength units=angstroms", "BUNIT": "erg/cm2/s/A"}
        cards |= {f"WAT2_{i + 1:03d}": piece for i, piece in enumerate(pieces)}
        cards |= {f"APNUM{i + 1}": f"{i + 1} {i + 1}" for i in range(len(rows))}
        return fits_bytes(image(data * 1e-17, **cards))

    build.__name__ = f"iraf_multispec_{name}"
    layout("wavelengths by WAT cards", f"{IRAF}: {source}", **expected)(build)


def polynomial(aperture: int, kind: int, middle: float, half: float, bend: float) -> str:
    """Order 3 over all pixels: IRAF's 1 is Chebyshev, 2 Legendre; both are 1 at the last pixel."""
    head = f"{aperture} {aperture} 2 {middle - half + bend} {STEP} {PIXELS} 0. 10. 20. 1. 0."
    return f"{head} {kind} 3 1. {PIXELS}. {middle} {half} {bend}"


LINEAR = [f"{i} {i} 0 3700. {STEP} {PIXELS} 0. 10. 20." for i in (1, 2)]
LOG = f"1 1 1 {np.log10(3700)} {np.log10(9200 / 3700) / (PIXELS - 1)} {PIXELS} 0. 10. 20."
multispec(LINEAR[:1], "linear", "multispec, dispersion 0", error=np.inf, **VACUUM)
multispec(LINEAR, "linear_two_apertures", "multispec, dispersion 0", objects=2, error=np.inf, **VACUUM)
multispec([LOG], "log", "multispec, dispersion 1", error=np.inf, **VACUUM)
for code, function in ((1, "chebyshev"), (2, "legendre")):
    bent = {"wavelength": (3740.0, 9240.0), "flux": MEDIAN_FLUX, "error": np.inf}
    one, two = polynomial(1, code, 6450, 2750, 40), polynomial(2, code, 6460, 2740, 30)
    multispec([one], function, f"multispec, dispersion 2, {function} polynomial", **bent)
    name = f"{function}_two_apertures"
    multispec([one, two], name, f"multispec, dispersion 2, {function} polynomial", objects=2, **bent)
SPLINE = f"1 1 2 3700. {STEP} {PIXELS} 0. 10. 20. 1. 0. 3 2 1. {PIXELS}. 3700. 5000. 6500. 8000. 9200."
multispec(
    [SPLINE], "cubic_spline", "multispec, dispersion 2, cubic spline", refused="function 3 of IRAF.*dispcor"
)
