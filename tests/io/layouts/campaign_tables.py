"""Catalog tables, records and text files: Gaia, HSC, Data Lab, SPARCL, HETDEX, supernovae."""

import io
import json
from typing import Any

import h5py
import numpy as np

from tests.io.layouts import BAD, ERROR, FLUX, GOOD, MEDIAN_FLUX, WAVELENGTH, layout
from tests.io.layouts.campaign_spectra import FIRST, LAST


@layout(
    "the word null for what is missing, below an ECSV header",
    "https://cdn.gea.esac.esa.int/Gaia/gdr3/gaia_source (GaiaSource_*.csv: ECSV 1.0 header, commas, null)",
    ending="csv",
    objects=2,
    ra=45.004978,
    dec=0.021048,
    id="549755818112",
    values=(
        ("ra", 45.004978),
        ("dec", 0.021048),
        ("parallax", 0.354),
        ("phot_g_mean_flux", 1653.7),
        ("phot_rp_mean_flux", 1200.5),
    ),
)
def gaia_source_bulk_csv() -> bytes:
    columns = (
        "source_id",
        "ra",
        "dec",
        "parallax",
        "phot_g_mean_flux",
        "phot_bp_mean_flux",
        "phot_rp_mean_flux",
    )
    header = ["# %ECSV 1.0", "# ---", "# delimiter: ','", "# datatype:"]
    header += [f"# - {{name: {c}, datatype: {'int64' if c == 'source_id' else 'float64'}}}" for c in columns]
    rows = [
        "549755818112,45.004978,0.021048,0.354,1653.7,null,1200.5",
        "1275606125952,45.005,0.0199,null,137.2,90.1,120.2",
    ]
    return "\n".join([*header, ",".join(columns), *rows, ""]).encode()


@layout(
    "a hash before the first name",
    "https://hsc-release.mtk.nao.ac.jp/datasearch (CSV of CAS: '# object_id', *_isnull)",
    ending="csv",
    objects=2,
    ra=150.1,
    dec=2.2,
    id="42063891789082245",
    values=(("a_g", 0.08), ("g_cmodel_mag", 22.5), ("r_cmodel_mag", 21.25)),
)
def hsc_cas_csv() -> bytes:
    return (
        b"# object_id,ra,dec,a_g,g_cmodel_mag,g_cmodel_mag_isnull,r_cmodel_mag,r_cmodel_mag_isnull\n"
        b"42063891789082245,150.1,2.2,0.08,22.5,False,21.25,False\n"
        b"42063891789082246,150.2,2.3,0.08,23.5,False,,True\n"
    )


@layout(
    "lower case, with fluxes without the dust beside the measured ones",
    "https://datalab.noirlab.edu (ls_dr10.tractor as CSV: flux_g, dered_flux_g, mag_g; inf for no magnitude)",
    ending="csv",
    objects=2,
    ra=150.1,
    dec=2.2,
    id="10995475726336001",
    values=(("FLUX_G", 3.5), ("FLUX_R", 7.25), ("FLUX_Z", 11.5), ("EBV", 0.025)),
)
def data_lab_tractor_csv() -> bytes:
    return (
        b"ls_id,ra,dec,type,dered_flux_g,flux_g,flux_r,flux_z,flux_ivar_g,flux_ivar_r,flux_ivar_z,mag_g,ebv\n"
        b"10995475726336001,150.1,2.2,EXP,3.8,3.5,7.25,11.5,900,400,100,21.14,0.025\n"
        b"10995475726336002,150.2,2.3,PSF,-0.1,-0.1,0.2,0.4,900,400,100,inf,0.025\n"
    )


@layout(
    "names that end in 1d, a unit with a factor",
    "https://github.com/HETDEX/hetdex_api (detections.get_spectrum: wave1d, spec1d, spec1d_err)",
    ending="ecsv",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def hetdex_spec1d() -> bytes:
    unit = "1e-17 erg / (Angstrom s cm2)"
    columns = (("wave1d", "Angstrom"), ("spec1d", unit), ("spec1d_err", unit))
    header = ["# %ECSV 1.0", "# ---", "# datatype:"]
    header += [f"# - {{name: {name}, unit: {given}, datatype: float64}}" for name, given in columns]
    rows = [f"{w:.6f} {f:.6f} {e:.6f}" for w, f, e in zip(WAVELENGTH, FLUX, ERROR, strict=True)]
    return "\n".join([*header, "wave1d spec1d spec1d_err", *rows, ""]).encode()


@layout(
    "W/m2/nm over nm in a VOTable",
    "Gaia DR3 DataLink, XP_SAMPLED: wavelength nm, flux W/m2/nm",
    ending="vot",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
)
def gaia_xp_sampled() -> bytes:
    field = '<FIELD datatype="double" name="{}" unit="{}" ucd="{}"/>'.format
    rows = "".join(
        f"<TR><TD>{w / 10}</TD><TD>{f * 1e-19}</TD><TD>{e * 1e-19}</TD></TR>"
        for w, f, e in zip(WAVELENGTH, FLUX, ERROR, strict=True)
    )
    unit = "W.m**-2.nm**-1"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><VOTABLE version="1.4" '
        'xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE name="XP_SAMPLED">'
        + field("wavelength", "nm", "em.wl")
        + field("flux", unit, "phot.flux.density;em.opt")
        + field("flux_error", unit, "stat.error;phot.flux.density")
        + f"<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    ).encode()


@layout(
    "JSON with pairs of strings",
    "https://github.com/astrocatalogs (Open Supernova Catalog: spectra of data, u_wavelengths, u_fluxes)",
    ending="json",
    refused="no record",
)
def open_supernova_catalog() -> bytes:
    spectrum = {
        "u_wavelengths": "Angstrom",
        "u_fluxes": "erg/s/cm^2/Angstrom",
        "time": "55620.1",
        "data": [[f"{w:.4f}", f"{f * 1e-17:.6e}"] for w, f in zip(WAVELENGTH, FLUX, strict=True)],
    }
    redshift = [{"value": "0.00124", "kind": "heliocentric"}]
    target = {"name": "SN2011aa", "redshift": redshift, "spectra": [spectrum]}
    return json.dumps({"SN2011aa": target}).encode()


@layout(
    "a FITS header in comments above two columns without names",
    "https://github.com/astrocatalogs/sne-external-spectra (TNS, Liverpool Telescope SPRAT)",
    ending="ascii",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    ra=186.11268,
    dec=13.23283,
)
def tns_sprat_ascii() -> bytes:
    header = [
        "# XTENSION= 'IMAGE   '           / IMAGE extension",
        "# NAXIS1  =                  500 / length of data axis 1",
        "# RA      = '12:24:27.042'       / [HH:MM:SS.ss] Apparent RA where telescope is po",
        "# DEC     = '13:13:58.19'        / [DD:MM:SS.ss] Apparent Dec where telescope is p",
        "# CUNIT1  = 'Angstroms'          / Units for axis 1",
        "# END",
    ]
    lines = [f"{w:.3f} {f * 1e-17:.6e}" for w, f in zip(WAVELENGTH, FLUX, strict=True)]
    return "\n".join([*header, *lines, ""]).encode()


@layout(
    "a format that is not read",
    "https://github.com/astropy/specutils/tree/main/specutils/io/asdf (a Spectrum in ASDF)",
    ending="asdf",
    refused=r"ASDF",
)
def specutils_asdf() -> bytes:
    return (
        b"#ASDF 1.0.0\n#ASDF_STANDARD 1.6.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n--- !core/asdf-1.1.0\n"
        b"spectrum: !<tag:astropy.org:specutils/spectra/spectrum-1.0.0>\n"
        b"  flux: !unit/quantity-1.2.0 {unit: !unit/unit-1.0.0 Jy, value: [1.0, 2.0]}\n...\n"
    )


OF_SPARCL: dict[str, Any] = {
    "wavelength": (FIRST, LAST),
    "flux": MEDIAN_FLUX,
    "error": 0.4,
    "good": GOOD,
    "ra": 150.1,
    "dec": 2.2,
    "z": 0.15,
    "kind": "GALAXY",
}
"""What is read of its record."""


@layout(
    "a record with a redshift and two ids",
    "https://sparclclient.readthedocs.io (retrieve().records: sparcl_id, specid, redshift, mask 0 = good)",
    **OF_SPARCL,
)
def sparcl_record() -> dict[str, Any]:
    return {
        "sparcl_id": "00001c36-1e4f-11ee-9dd4-525400f334e1",
        "specid": 39633145543328570,
        "data_release": "DESI-EDR",
        "ra": 150.1,
        "dec": 2.2,
        "redshift": 0.15,
        "spectype": "GALAXY",
        "wavelength": WAVELENGTH,
        "flux": FLUX,
        "ivar": 1 / ERROR**2,
        "mask": BAD.astype("i4"),
        "model": FLUX * 2,
    }


@layout(
    "the answer of SPARCL as it comes: a header and a record",
    "https://astrosparcl.datalab.noirlab.edu/sparc (POST spectras/, format=json)",
    ending="json",
    **OF_SPARCL,
)
def sparcl_answer() -> bytes:
    values = sparcl_record().items()
    record = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values}
    header = {"status": {"success": [record["sparcl_id"]], "info": [], "warnings": []}, "error": None}
    return json.dumps([header, record]).encode()


@layout(
    "a row for each object, padded with -1",
    "https://github.com/MultimodalUniverse/MultimodalUniverse, scripts/sdss (spectrum_mask True = bad)",
    ending="hdf5",
    wavelength=(FIRST, LAST),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
    z=0.15,
    objects=2,
)
def multimodal_universe_sdss() -> bytes:
    stream = io.BytesIO()
    pad = ((0, 0), (0, 12))
    both = np.ones((2, 1))
    columns = {
        "spectrum_lambda": np.pad(both * WAVELENGTH, pad, constant_values=-1),
        "spectrum_flux": np.pad(both * FLUX, pad),
        "spectrum_ivar": np.pad(both / ERROR**2, pad),
        "spectrum_mask": np.pad(both * BAD, pad, constant_values=1).astype(bool),
        "spectrum_lsf_sigma": np.pad(both * ERROR, pad),
        "object_id": np.array([b"299489676975171584", b"299489676975171585"]),
        "ra": np.array([150.1, 150.2]),
        "dec": np.array([2.2, 2.3]),
        "Z": np.array([0.15, 0.16]),
    }
    with h5py.File(stream, "w") as file:
        for name, values in columns.items():
            file[name] = values
    return stream.getvalue()
