"""Spectra in tables: names of columns, units, masks, several tables of one file, cards of the header."""

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

VACUUM = (3700.0, 9200.0)
LIGHT = 2.99792458e18
"""Å/s."""
PER_HERTZ = WAVELENGTH**2 / LIGHT
"""What a flux per Å is multiplied by to be one per Hz."""
VO_SPECTRUM = "IVOA Spectrum data model, https://www.ivoa.net/documents/SpectrumDM/"


def primary(**cards: Any) -> fits.PrimaryHDU:
    hdu = fits.PrimaryHDU()
    hdu.header.update(cards)
    return hdu


def uncertainty_in_column(name: str, values: np.ndarray, source: str, error: float = 0.4) -> None:
    """Registers a table with its uncertainty in a column of this name."""

    def build() -> bytes:
        noise = np.random.default_rng(1).normal(0.0, 0.4, PIXELS)
        return fits_bytes(table_hdu(WAVE=WAVELENGTH, FLUX=FLUX + noise, **{name: values}))

    build.__name__ = f"uncertainty_in_column_{name.lower()}" + ("_relative" if error == np.inf else "")
    layout("uncertainty in a column", source, wavelength=VACUUM, error=error, good=PIXELS)(build)


STANDARD_DEVIATIONS = {
    "ERR_FLUX": "lime, https://lime-stable.readthedocs.io, text spectra",
    "FLUX_ERR": "https://sparcl.readthedocs.io, derived field names",
    "STATERROR": "CALSPEC, www.stsci.edu/hst/instrumentation/reference-data-for-calibration-and-tools",
    "SPECTRUM_NOISE": "MultimodalUniverse, scripts/vipers/build_parent_sample.py",
    "E_FLUX": "VizieR, https://cds.unistra.fr/vizier/catstd/catstd-3.3.htx: e_ is a mean error",
    "EFLUX": "XSHOOTER and KMOS users' tables, as astropy.table writes them",
    "SIGMA_FLUX": "https://github.com/astropy/specutils, names of tabular-fits",
    "UNC": "SpeX Prism Library, https://splat.physics.ucsd.edu/splat/",
    "FLUXERR": "https://github.com/sncosmo, spectrum tables",
    "DFLUX": "https://pyspeckit.readthedocs.io, names of errors",
    "FLUX_STD": "https://specutils.readthedocs.io, tabular-fits of a StdDevUncertainty",
    "NOISE": "VIPERS PDR-2, http://vipers.inaf.it",
    "ERRS": "X-shooter pipeline, https://www.eso.org/sci/software/pipelines/",
    "SIG": "linetools, https://linetools.readthedocs.io, XSpectrum1D: sig",
    "STAT_ERR": "CALSPEC and XSPEC tables",
    "UNCERTAINTY": "https://specutils.readthedocs.io, writer tabular-fits",
    "FLUX_ERROR": "Gaia XP_SAMPLED, https://gea.esac.esa.int/archive/documentation/GDR3/",
    "ERROR": "https://www.stsci.edu/hst, x1d tables of STIS and COS",
}
VARIANCES = {
    "FLUXVARIANCE": "https://github.com/Subaru-PFS/datamodel, FLUXTBL",
    "VAR_FLUX": "https://www.legacysurvey.org and pandas users: var_",
    "VARIANCE": "2dfdr, https://www.aao.gov.au/science/software/2dfdr",
    "FLUX_VAR": "JWST x1d: FLUX_VAR_POISSON and its kin are variances",
}
INVERSES = {
    "IVAR_FLUX": "https://data.sdss.org/datamodel, names of ivar columns",
    "INVVAR": "idlspec2d, https://github.com/sdss/idlspec2d",
    "FLUX_IVAR": "https://desidatamodel.readthedocs.io",
    "WEIGHT": "weights of SExtractor and SWarp: 1/sigma**2, as the scatter of the flux shows",
}
for column, where in STANDARD_DEVIATIONS.items():
    uncertainty_in_column(column, ERROR, where)
for column, where in VARIANCES.items():
    uncertainty_in_column(column, ERROR**2, where)
for column, where in INVERSES.items():
    uncertainty_in_column(column, ERROR**-2, where)
uncertainty_in_column(
    "WEIGHT", np.linspace(0.0, 1.0, PIXELS) + 1e-3, "weights of a fit, 0 to 1", error=np.inf
)


def unit_of_flux(name: str, unit: str, factor: np.ndarray | float, source: str) -> None:
    """Registers a table whose flux is 1e-17 erg/s/cm2/Å times `factor` in this unit."""

    def build() -> bytes:
        columns = {"FLUX": (FLUX * factor, unit), "ERROR": (ERROR * factor, unit)}
        return fits_bytes(table_hdu(WAVELENGTH=(WAVELENGTH, "Angstrom"), **columns))

    build.__name__ = f"flux_in_{name}"
    layout("unit", source, wavelength=VACUUM, flux=MEDIAN_FLUX, error=0.4)(build)


unit_of_flux("millijansky", "mJy", 1e-17 * PER_HERTZ * 1e26, "JWST and IRAM: 1 Jy is 1e-23 erg/s/cm2/Hz")
unit_of_flux("per_hertz", "erg/s/cm**2/Hz", 1e-17 * PER_HERTZ, "FNU of synphot")
unit_of_flux("watt_per_micron", "W/m2/um", 1e-16, "SpeX and NIRSpec; 1e-17 erg/s/cm2/A is 1e-16 W/m2/um")
unit_of_flux(
    "sdss_spelling", "1E-17 erg/cm^2/s/Ang", 1.0, "https://data.sdss.org/datamodel, BUNIT of spec files"
)
unit_of_flux("1e16", "10**-16 erg/s/cm2/Angstrom", 0.1, "MUSE and X-shooter users' tables")
unit_of_flux(
    "fnu_spelling", "FNU", 1e-17 * PER_HERTZ, "https://stsynphot.readthedocs.io: FNU is erg/s/cm2/Hz"
)


def unit_of_wavelength(name: str, unit: str, values: np.ndarray, source: str) -> None:
    """Registers a table of wavelengths in this unit."""

    def build() -> bytes:
        return fits_bytes(table_hdu(SPECTRAL_AXIS=(values, unit), FLUX=FLUX, ERROR=ERROR))

    build.__name__ = f"wavelength_in_{name}"
    layout("unit", source, wavelength=VACUUM, flux=MEDIAN_FLUX, error=0.4)(build)


unit_of_wavelength("meters", "m", WAVELENGTH * 1e-10, VO_SPECTRUM + ": SI units")
unit_of_wavelength("terahertz", "THz", LIGHT / WAVELENGTH * 1e-12, VO_SPECTRUM + ": em.freq")
unit_of_wavelength("electronvolts", "eV", 12398.419843 / WAVELENGTH, VO_SPECTRUM + ": em.energy")
unit_of_wavelength("log_angstrom", "log10(Angstrom)", np.log10(WAVELENGTH), "https://data.sdss.org, LOGLAM")


@layout(
    "unit and uncertainty",
    "https://www.stsci.edu/hst/instrumentation/reference-data-for-calibration-and-tools, CALSPEC; FLAM: cgs",
    case="calspec_flam_staterror.fits",
    wavelength=(1150, 10147),
    flux=MEDIAN_FLUX * 1e3,
    error=800,
)
def calspec() -> bytes:
    flux = {
        "FLUX": (FLUX * 1e-14, "FLAM"),
        "STATERROR": (np.full(PIXELS, 8e-15), "FLAM"),
        "SYSERROR": (FLUX * 1e-16, "FLAM"),
    }
    wavelength = (np.linspace(1150, 10147, PIXELS), "ANGSTROMS")
    rest = {"DATAQUAL": np.ones(PIXELS, np.int16), "TOTEXP": (np.ones(PIXELS), "SEC")}
    fwhm = (np.full(PIXELS, 5.0), "ANGSTROMS")
    return fits_bytes(table_hdu("SCI", WAVELENGTH=wavelength, **flux, FWHM=fwhm, **rest))


@layout(
    "unit",
    "https://github.com/linetools/linetools, NGC4151sic2a.fits: 917 to 1005 is far UV in Å, red in nm",
    case="fuse_far_uv_without_unit.fits",
    asks=("wavelength_unit=nm",),
)
def fuse_far_uv() -> bytes:
    columns = {"WAVE": np.linspace(917, 1005, PIXELS), "FLUX": FLUX * 1e-14, "ERROR": ERROR * 1e-14}
    return fits_bytes(primary(TELESCOP="FUSE", INSTRUME="FUV"), table_hdu(**columns))


@layout(
    "unit",
    "HST COS G130M/1055, without TUNIT: 899 to 1198 is far UV in Å, near infrared in nm",
    asks=("wavelength_unit=nm",),
)
def cos_far_uv() -> bytes:
    columns = {"WAVELENGTH": np.linspace(899, 1198, PIXELS), "FLUX": FLUX * 1e-14, "ERROR": ERROR * 1e-14}
    return fits_bytes(table_hdu(**columns))


MASKED = {"wavelength": VACUUM, "flux": MEDIAN_FLUX, "error": 0.4, "good": GOOD}


@layout(
    "mask sense",
    "https://pypeit.readthedocs.io/en/stable/coadd1d.html, OneSpec: mask 1 is good",
    case="pypeit_coadd1d_mask_1_is_good.fits",
    ra=150.1,
    dec=2.2,
    **MASKED | {"wavelength": (3700, 9200), "good": 400, "flux": None},
)
def pypeit_coadd1d() -> bytes:
    good = (np.arange(PIXELS) % 5 != 3).astype(np.int32)
    columns = {
        "wave": WAVELENGTH,
        "wave_grid_mid": WAVELENGTH,
        "flux": FLUX * good,
        "ivar": 6.25 * good,
        "mask": good,
    }
    cards = {"DMODCLS": "OneSpec", "DMODVER": "1.0.2", "EXT_MODE": "OPT", "FLUXED": True}
    head = primary(DMODCLS="OneSpec", PYP_SPEC="keck_lris_blue", RA=150.1, DEC=2.2)
    return fits_bytes(head, table_hdu("SPECTRUM", cards, **columns))


@layout(
    "mask sense", "PypeIt OneSpec: the class alone says that 1 is good, ivar is not 0 in bad pixels", **MASKED
)
def pypeit_coadd1d_with_ivar_everywhere() -> bytes:
    columns = {"wave": WAVELENGTH, "flux": FLUX, "ivar": ERROR**-2, "mask": (~BAD).astype(np.int32)}
    return fits_bytes(primary(DMODCLS="OneSpec"), table_hdu("SPECTRUM", {"DMODCLS": "OneSpec"}, **columns))


@layout(
    "mask sense",
    "no definition: ivar is 0 exactly where the mask is 0, on most pixels",
    **MASKED | {"good": 200},
)
def mask_that_ivar_shows_to_mark_good_pixels() -> bytes:
    good = (np.arange(PIXELS) % 5 < 2).astype(np.int16)
    return fits_bytes(table_hdu(WAVELENGTH=WAVELENGTH, FLUX=FLUX, IVAR=6.25 * good, MASK=good))


@layout(
    "mask sense",
    "no definition: ivar is 0 exactly where the mask is 1, on most pixels",
    **MASKED | {"good": 200},
)
def mask_that_ivar_shows_to_mark_bad_pixels() -> bytes:
    good = (np.arange(PIXELS) % 5 < 2).astype(np.int16)
    return fits_bytes(table_hdu(WAVELENGTH=WAVELENGTH, FLUX=FLUX, IVAR=6.25 * good, MASK=1 - good))


def mask_in_column(name: str, source: str) -> None:
    """Registers a table whose bad pixels have a bit in a column of this name."""

    def build() -> bytes:
        columns = {"WAVELENGTH": WAVELENGTH, "FLUX": FLUX, "ERROR": ERROR, name: BAD.astype(np.int32) * 4}
        return fits_bytes(table_hdu(**columns))

    build.__name__ = f"mask_in_column_{name.lower()}"
    layout("mask", source, **MASKED)(build)


mask_in_column("PIXEL_MASK", "lime, https://lime-stable.readthedocs.io: 1 is bad")
mask_in_column("DQ", "https://www.stsci.edu/hst, x1d of STIS and COS: 0 is good")
mask_in_column("ANDMASK", "https://www.lamost.org/dr8, AND of the exposures' masks: 0 is good")
mask_in_column(
    "QUAL", "ESO science data products standard, https://www.eso.org/sci/observing/phase3: 0 is good"
)
mask_in_column("FLAG", "https://www.ivoa.net/documents/SpectrumDM/, quality: 0 is good")


def arrays(**columns: Any) -> dict[str, Any]:
    """The columns as one row of arrays."""
    pairs = {name: given if isinstance(given, tuple) else (given, None) for name, given in columns.items()}
    return {name: (np.asarray(values)[None, :], unit) for name, (values, unit) in pairs.items()}


PHASE3 = "ESO science data products standard 8, https://www.eso.org/sci/observing/phase3/p3sdpstd.pdf"
ERG = "erg/cm**2/s/angstrom"


@layout(
    "header of a table with array rows",
    PHASE3 + ": em.wl;obs.atmos is a wavelength in air",
    wavelength=(in_vacuum(3700), in_vacuum(9200)),
    ra=150.1,
    dec=2.2,
    **{name: MASKED[name] for name in ("flux", "error", "good")},
)
def eso_phase3_feros_air() -> bytes:
    ucds = {
        "TUCD1": "em.wl;obs.atmos",
        "TUCD2": "phot.flux.density;em.wl;src.net;meta.main",
        "TUCD3": "stat.error",
    }
    cards = ucds | {"VOCLASS": "SPECTRUM V2.0", "TUTYP1": "spec:Data.SpectralAxis.Value"}
    columns = arrays(
        WAVE=(WAVELENGTH, "angstrom"),
        FLUX=(FLUX * 1e-17, ERG),
        ERR=(ERROR * 1e-17, ERG),
        QUAL=BAD.astype(np.int32),
    )
    return fits_bytes(primary(RA=150.1, DEC=2.2, OBJECT="HD 1234"), table_hdu("SPECTRUM", cards, **columns))


@layout(
    "header of a table with array rows",
    PHASE3 + ": em.wl alone is a wavelength in vacuum",
    ra=150.1,
    dec=2.2,
    **{name: MASKED[name] for name in ("wavelength", "flux", "error")},
)
def eso_phase3_vacuum_nm() -> bytes:
    cards = {"TUCD1": "em.wl", "TUCD2": "phot.flux.density;em.wl", "RA": 150.1, "DEC": 2.2}
    columns = arrays(WAVE=(WAVELENGTH / 10, "nm"), FLUX=(FLUX * 1e-17, ERG), ERR_FLUX=(ERROR * 1e-17, ERG))
    return fits_bytes(primary(), table_hdu("SPECTRUM", cards, **columns))


@layout("roles by utype", VO_SPECTRUM + ", table 1; the names say nothing", **MASKED)
def fits_columns_by_utype() -> bytes:
    roles = ("SpectralAxis.Value", "FluxAxis.Value", "FluxAxis.Accuracy.StatError", "FluxAxis.Quality")
    cards = {f"TUTYP{i + 1}": f"spec:Spectrum.Data.{role}" for i, role in enumerate(roles)}
    columns = {
        "S1": (WAVELENGTH, "Angstrom"),
        "S2": (FLUX, ""),
        "S3": (ERROR, ""),
        "S4": BAD.astype(np.int32),
    }
    return fits_bytes(table_hdu("SPECTRUM", cards, **columns))


@layout(
    "roles by UCD", "https://www.ivoa.net/documents/UCD1+/; the names say nothing", ending="xml", **MASKED
)
def votable_columns_by_ucd() -> bytes:
    table = Table({"c1": WAVELENGTH / 10, "c2": FLUX, "c3": ERROR, "c4": BAD.astype(np.int32)})
    ucds = ("em.wl", "phot.flux.density;em.wl", "stat.error;phot.flux.density;em.wl", "meta.code.qual")
    table["c1"].unit = "nm"
    document = from_table(table)
    for field, ucd in zip(document.get_first_table().fields, ucds, strict=True):
        field.ucd = ucd
    stream = io.BytesIO()
    document.to_xml(stream)
    return stream.getvalue()


for card, medium in {"AIRORVAC": "air", "VACUUM": False, "MEDIUM": "Air"}.items():

    def in_air(card: str = card, medium: object = medium) -> bytes:
        return fits_bytes(table_hdu("SPECTRUM", {card: medium}, WAVE=WAVELENGTH, FLUX=FLUX, ERR=ERROR))

    in_air.__name__ = f"table_in_air_by_card_{card.lower()}"
    layout("medium", "IDL astrolib and SDSS headers", wavelength=(in_vacuum(3700), in_vacuum(9200)))(in_air)


JWST = "https://jwst-pipeline.readthedocs.io/en/latest/jwst/data_products/science_products.html, x1d"


@layout(
    "several tables",
    JWST,
    objects=3,
    wavelength=(6000, 12000),
    flux=MEDIAN_FLUX,
    error=0.4,
    id="11",
    ra=150.1,
)
def jwst_x1d_of_three_sources() -> bytes:
    wavelength = np.linspace(6000.0, 12000.0, PIXELS)
    jansky = 1e-17 * wavelength**2 / LIGHT * 1e23
    tables = []
    for i in range(3):
        columns = {
            "WAVELENGTH": (wavelength * 1e-4, "um"),
            "FLUX": (FLUX * jansky * (i + 1), "Jy"),
            "FLUX_ERROR": (ERROR * jansky, "Jy"),
            "FLUX_VAR_POISSON": ((ERROR * jansky) ** 2, "Jy^2"),
            "SURF_BRIGHT": (FLUX * 1e-3, "MJy/sr"),
            "DQ": np.zeros(PIXELS, np.int32),
            "BACKGROUND": (FLUX * 1e-4, "MJy/sr"),
        }
        cards = {"SOURCEID": 11 + i, "SRCRA": 150.1 + i, "SRCDEC": 2.2, "EXTVER": i + 1}
        tables.append(table_hdu("EXTRACT1D", cards, **columns))
    return fits_bytes(primary(TELESCOP="JWST", INSTRUME="NIRSPEC"), *tables)
