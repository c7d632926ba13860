"""Spectra whose columns say by UCD what they are: phase 3 of ESO, and VOTables."""

import io

from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import Table

from tests.io.layouts import BAD, ERROR, FLUX, GOOD, MEDIAN_FLUX, WAVELENGTH, fits_bytes, layout, table_hdu
from tests.io.layouts.campaign_spectra import CGS, FIRST, FROM_AIR, LAST, row


@layout(
    "wavelengths in air, said by the UCD of their column alone",
    "ESO science data product standard 8 (TUCD1 = em.wl;obs.atmos is air); X-shooter phase 3",
    wavelength=FROM_AIR,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
)
def eso_phase3_xshooter_air() -> bytes:
    table = table_hdu(
        "SPECTRUM",
        {"TUCD1": "em.wl;obs.atmos", "TUCD2": "phot.flux.density;em.wl;src.net;meta.main"},
        WAVE=(row(WAVELENGTH / 10), "nm"),
        FLUX=(row(FLUX * 1e-17), CGS),
        ERR=(row(ERROR * 1e-17), CGS),
        QUAL=row(BAD.astype("i4")),
        SNR=row(FLUX / ERROR),
        FLUX_REDUCED=(row(FLUX * 100), "adu"),
        ERR_REDUCED=(row(ERROR * 100), "adu"),
    )
    primary = fits.PrimaryHDU()
    primary.header.update({"INSTRUME": "XSHOOTER", "RA": 150.1, "DEC": 2.2, "PRODCATG": "SCIENCE.SPECTRUM"})
    return fits_bytes(primary, table)


@layout(
    "a continuum and a second flux beside the main one, all three of them fluxes by their UCD",
    "ESO phase 3 of XQ-100: FLUX (meta.main), CONTINUUM (spect.continuum), FLUX_TELL_CORR",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def eso_phase3_continuum() -> bytes:
    density = "phot.flux.density;em.wl;"
    ucds = ("em.wl", f"{density}src.net;meta.main", f"stat.error;{density}src.net")
    ucds += (f"{density}spect.continuum", f"{density}src.net", f"stat.error;{density}src.net")
    table = table_hdu(
        "SPECTRUM",
        {f"TUCD{i + 1}": ucd for i, ucd in enumerate(ucds)},
        WAVE=(row(WAVELENGTH / 10), "nm"),
        FLUX=(row(FLUX * 1e-16), "erg cm**(-2) s**(-1) nm**(-1)"),
        ERR_FLUX=(row(ERROR * 1e-16), "erg cm**(-2) s**(-1) nm**(-1)"),
        CONTINUUM=(row(FLUX * 3e-16), "erg cm**(-2) s**(-1) nm**(-1)"),
        FLUX_TELL_CORR=(row(FLUX * 2e-16), "erg cm**(-2) s**(-1) nm**(-1)"),
        ERR_FLUX_TELL_CORR=(row(ERROR * 2e-16), "erg cm**(-2) s**(-1) nm**(-1)"),
    )
    return fits_bytes(table)


@layout(
    "fluxes by UCD whose names say that some are a model and the sky",
    "VOTables of pipelines that give every flux the UCD phot.flux.density",
    ending="xml",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def votable_model_and_sky_by_name() -> bytes:
    columns = {"wave": WAVELENGTH, "model": FLUX * 3, "sky": FLUX * 9, "flux": FLUX, "flux_err": ERROR}
    table = Table(columns)
    table["wave"].unit = "Angstrom"
    document = from_table(table)
    density = "phot.flux.density;em.wl"
    ucds = ("em.wl", density, density, density, f"stat.error;{density}")
    for field, ucd in zip(document.get_first_table().fields, ucds, strict=True):
        field.ucd = ucd
    stream = io.BytesIO()
    document.to_xml(stream)
    return stream.getvalue()


@layout(
    "wavelengths in vacuum, with those in air in another column",
    "ESO phase 3, ESPRESSO: WAVE (em.wl: vacuum) beside WAVE_AIR, FLUX beside FLUX_EL (electrons)",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def eso_phase3_espresso_both_media() -> bytes:
    table = table_hdu(
        "SPECTRUM",
        {"TUCD1": "em.wl;obs.atmos", "TUCD2": "em.wl"},
        WAVE_AIR=(row(WAVELENGTH / 1.00028), "angstrom"),
        WAVE=(row(WAVELENGTH), "angstrom"),
        FLUX=(row(FLUX * 1e-17), CGS),
        ERR=(row(ERROR * 1e-17), CGS),
        FLUX_EL=(row(FLUX * 700), "electron"),
        ERR_EL=(row(ERROR * 700), "electron"),
    )
    return fits_bytes(table)
