"""Small simulated twins of every survey format, one object or a few in each:
``python -m tests.data.make`` writes them beside this file.

Noise is rounded so that the files compress.
Nothing here is real: the same line spectrum and the same Gaussian galaxy everywhere.
"""

from pathlib import Path

from tests.data import images, spectra, tables

HERE = Path(__file__).parent
FILES = {
    "sdss_spec.fits": spectra.sdss_spec,
    "boss_spec.fits": spectra.boss_spec,
    "spspec.fits": spectra.spspec,
    "desi_coadd.fits": lambda: spectra.desi([0, 1], "BRZ"),
    "desi_spectra.fits": lambda: spectra.desi([0, 1, 0], "BZ"),
    "desi_redrock.fits": lambda: spectra.desi([1, 0], "", redshifts=True),
    "mmu_desi.parquet": spectra.mmu_parquet,
    "mmu_legacysurvey.hdf5": images.mmu_hdf5,
    "sparcl.json": spectra.sparcl_json,
    "ls_cutout.fits.gz": images.ls_cutout,
    "ls_subimage.fits.gz": images.ls_subimage,
    "ls_brick.fits.fz": images.ls_brick,
    "hsc_g.fits.gz": lambda: images.hsc_band("HSC-G"),
    "hsc_r.fits.gz": lambda: images.hsc_band("HSC-R2"),
    "cube.npz": images.cube_npz,
    "photometry.ecsv": lambda: tables.photometry("ascii.ecsv"),
    "photometry.csv": lambda: tables.photometry("ascii.csv"),
    "photometry.fits": lambda: tables.photometry("fits"),
    "photometry.vot": lambda: tables.photometry("votable"),
    "tractor.fits": tables.tractor,
    "spectrum.ecsv": lambda: spectra.spectrum_table("ascii.ecsv"),
    "spectrum.csv": lambda: spectra.spectrum_table("csv"),
    "spectrum.txt": lambda: spectra.spectrum_table("txt"),
    "spectrum.vot": lambda: spectra.spectrum_table("votable"),
    "wcs_spectrum.fits": spectra.wcs_spectrum,
}


if __name__ == "__main__":
    for name, make in FILES.items():
        (HERE / name).write_bytes(make())
        print(f"{name:24s} {(HERE / name).stat().st_size / 1000:8.1f} kB")
