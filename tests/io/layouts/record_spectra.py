"""Spectra in Parquet, HDF5 and VOTable: the Multimodal Universe, LSDB."""

import io
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.io.layouts import BAD, ERROR, FLUX, GOOD, MEDIAN_FLUX, PIXELS, WAVELENGTH, layout
from tests.io.layouts.survey_spectra import LOGLAM, SDSS_GRID, VIPERS_RIGHT, log_grid


@layout(
    "nested columns",
    "https://github.com/astronomy-commons/lsdb/issues/1260: DESI spectra as lists of structures",
    ending="parquet",
    case="lsdb_desi_nested_arms.parquet",
    wavelength=(3600, 9824),
    error=0.4,
    id="39627785483846390",
    ra=45.02,
    dec=0.03,
    z=0.15,
)
def lsdb_nested_arms() -> bytes:
    row: dict[str, Any] = {"targetid": [39627785483846390], "ra": [45.02], "dec": [0.03], "z": [0.15]}
    for arm, low, high, step in (("b", 3600, 5800, 8.0), ("r", 5760, 7624, 8.0), ("z", 7520, 9824, 8.0)):
        wavelength = np.arange(low, high + 1, step)
        flux = 8.0 + 2.0 * np.sin(wavelength / 300.0)
        names = ("wavelength", "flux", "ivar", "mask")
        pixels = zip(wavelength.tolist(), flux.tolist(), [6.25] * len(flux), [0] * len(flux), strict=True)
        row[f"{arm}_spectrum"] = [[dict(zip(names, pixel, strict=True)) for pixel in pixels]]
    stream = io.BytesIO()
    pq.write_table(pa.table(row), stream)
    return stream.getvalue()


@layout(
    "nested columns",
    "https://nested-pandas.readthedocs.io: one spectrum of each object, a list in each field of a structure",
    ending="parquet",
    objects=2,
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
    id="7",
    ra=150.1,
    dec=2.2,
)
def nested_spectrum_of_two_objects() -> bytes:
    fields = {"wavelength": WAVELENGTH, "flux": FLUX, "flux_error": ERROR}
    spectrum = {name: values.tolist() for name, values in fields.items()}
    row = {"object_id": [7, 8], "ra": [150.1, 150.2], "dec": [2.2, 2.3], "spectrum": [spectrum, spectrum]}
    stream = io.BytesIO()
    pq.write_table(pa.table(row), stream)
    return stream.getvalue()


def hdf5_bytes(**datasets: Any) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, values in datasets.items():
            file.create_dataset(name, data=np.asarray(values))
    return stream.getvalue()


MMU = "https://github.com/MultimodalUniverse/MultimodalUniverse/blob/main/scripts"


@layout(
    "Multimodal Universe",
    f"{MMU}/vipers/build_parent_sample.py: noise is a standard deviation, fluxes are cgs",
    ending="h5",
    objects=2,
    wavelength=(5514, 9484),
    **VIPERS_RIGHT,
)
def mmu_vipers() -> bytes:
    wavelength = np.tile(np.linspace(5514, 9484, PIXELS), (2, 1))
    parts = {"wave": wavelength, "flux": np.tile(FLUX, (2, 1)) * 1e-17, "noise": np.full((2, PIXELS), 4e-18)}
    parts["mask"] = np.tile(BAD, (2, 1))
    spectrum = {f"spectrum_{name}": values.astype(np.float32) for name, values in parts.items()}
    place = {"ra": [30.5, 31.0], "dec": [-5.1, -5.2], "redshift": [0.15, 0.2], "z": [0.15, 0.2]}
    return hdf5_bytes(**spectrum, **place, redflag=[4.5, 3.5], object_id=[101123456.0, 101123457.0])


@layout(
    "Multimodal Universe",
    f"{MMU}/sdss/build_parent_sample.py: rows are padded with wavelength -1; mask True is bad",
    ending="hdf5",
    objects=2,
    wavelength=SDSS_GRID,
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    ra=150.1,
    dec=2.2,
    z=0.15,
)
def mmu_sdss() -> bytes:
    def padded(values: np.ndarray, fill: float) -> np.ndarray:
        return np.tile(np.pad(values, (0, 20), constant_values=fill), (2, 1)).astype(np.float32)

    spectrum = {
        "spectrum_lambda": padded(10**LOGLAM, -1),
        "spectrum_flux": padded(FLUX, 8.0),
        "spectrum_ivar": padded(ERROR**-2, 0.0),
        "spectrum_lsf_sigma": padded(np.ones(PIXELS), 1.0),
        "spectrum_mask": padded(BAD, 1.0).astype(bool),
    }
    place = {"ra": [150.1, 150.2], "dec": [2.2, 2.3], "PLUG_RA": [150.1, 150.2], "PLUG_DEC": [2.2, 2.3]}
    return hdf5_bytes(
        **spectrum, **place, Z=[0.15, 0.2], ZWARNING=[0, 0], object_id=[b"299489676975171584"] * 2
    )


@layout(
    "Multimodal Universe",
    f"{MMU}/galah/build_parent_sample.py: four arms in a row; norm_ is the normalized spectrum",
    ending="hdf5",
    wavelength=(4713, 7887),
    flux=MEDIAN_FLUX,
    error=0.4,
    ra=150.1,
    dec=2.2,
)
def mmu_galah() -> bytes:
    arms = [
        np.linspace(*ends, PIXELS // 4) for ends in ((4713, 4903), (5648, 5873), (6478, 6737), (7585, 7887))
    ]
    wavelength = np.concatenate([*arms, [-1.0] * 10])[None]
    flux, ivar = np.pad(FLUX, (0, 10))[None], np.pad(ERROR**-2, (0, 10))[None]
    spectrum = {"lambda": wavelength, "flux": flux, "flux_ivar": ivar, "lsf_sigma": ivar * 0 + 1}
    normalized = {"norm_lambda": wavelength + 3, "norm_flux": flux / 8, "norm_ivar": ivar * 64}
    columns = {f"spectrum_{name}": values for name, values in (spectrum | normalized).items()}
    return hdf5_bytes(**columns, ra=[150.1], dec=[2.2], object_id=[131116000501005])


@layout(
    "Multimodal Universe",
    f"{MMU}/apogee/build_parent_sample.py: 1.51 to 1.70 micron is outside the codec's range",
    ending="hdf5",
    refused="good pixels between 3500 and 10462 Å",
)
def mmu_apogee() -> bytes:
    spectrum = {"lambda": log_grid(4.179, 1.03e-4), "flux": FLUX, "ivar": ERROR**-2, "mask": BAD}
    columns = {f"spectrum_{name}": values[None] for name, values in spectrum.items()}
    continuum = {
        "spectrum_pseudo_continuum_flux": FLUX[None] / 8,
        "spectrum_pseudo_continuum_ivar": ERROR[None],
    }
    return hdf5_bytes(**columns, **continuum, ra=[150.1], dec=[2.2], object_id=[b"2M10002400+0212000"])


@layout(
    "Multimodal Universe",
    f"{MMU}/chandra/chandra.py: X-rays, 0.5 to 8 keV, in bins of energy",
    ending="hdf5",
    refused="without wavelengths",
)
def mmu_chandra() -> bytes:
    energy = np.linspace(0.5, 8.0, PIXELS)
    bins = {"ene": energy, "ene_lo": energy - 0.01, "ene_hi": energy + 0.01}
    spectrum = bins | {"flux": FLUX * 1e-6, "flux_err": ERROR * 1e-6}
    columns = {f"spectrum_{name}": values[None] for name, values in spectrum.items()}
    return hdf5_bytes(**columns, flux_aper_b=[1e-13], hard_hm=[0.1], object_id=[b"2CXO J000000.0+000000"])


@layout(
    "Multimodal Universe",
    f"{MMU}/desi/build_parent_sample.py, first version: the ends of the survey's grid of 0.8 Å in each row",
    ending="hdf5",
    wavelength=(3600, 9824),
    error=0.4,
    ra=150.1,
    dec=2.2,
    z=0.15,
    id="39627785483846390",
    refused=r"(?i)\b(no|without|what|which) wavelengths?\b",
)
def mmu_desi_ends_of_the_grid() -> bytes:
    grid = np.arange(3600.0, 9824.4, 0.8)
    spectrum = {"flux": 8.0 + 2.0 * np.sin(grid[None] / 300.0), "ivar": np.full((1, len(grid)), 6.25)}
    rest = {"lambda_min": [3600.0], "lambda_max": [9824.0], "lsf_sigma": [1.1], "lsf": np.full((1, 11), 0.1)}
    columns = {
        f"spectrum_{name}": np.asarray(values, np.float32) for name, values in (spectrum | rest).items()
    }
    place = {"ra": [150.1], "dec": [2.2], "TARGETID": [39627785483846390], "object_id": [39627785483846390]}
    return hdf5_bytes(**columns, **place, Z=[0.15], ZWARN=[0])


@layout(
    "Multimodal Universe",
    "https://huggingface.co/datasets/MultimodalUniverse/desi: a struct of lists",
    ending="parquet",
    wavelength=(3600, 9824),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=GOOD,
    z=0.15,
    id="39627785483846390",
)
def mmu_desi_parquet() -> bytes:
    spectrum = {
        "flux": FLUX,
        "ivar": ERROR**-2,
        "lsf_sigma": ERROR,
        "lambda": np.linspace(3600, 9824, PIXELS),
    }
    lists = {name: values.tolist() for name, values in spectrum.items()} | {"mask": BAD.tolist()}
    stream = io.BytesIO()
    row = {
        "spectrum": [lists],
        "Z": [0.15],
        "ZERR": [1e-5],
        "ZWARN": [True],
        "object_id": ["39627785483846390"],
    }
    pq.write_table(pa.table(row), stream)
    return stream.getvalue()
