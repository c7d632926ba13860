"""Files of spectra as surveys write them, for tests of whole ways through the program."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from aion.modalities import Spectrum


def write_sdss_spectrum(
    path: Path, spectrum: Spectrum, *, z: float, fiber: int, ra: float, dec: float
) -> None:
    """An SDSS spec-lite file of the first spectrum of a batch, of plate 266."""
    wavelength, flux, ivar = (
        values[0].double().numpy() for values in (spectrum.wavelength, spectrum.flux, spectrum.ivar)
    )
    bits = spectrum.mask[0].numpy().astype(np.int32)
    coadd = Table(
        {"flux": flux, "loglam": np.log10(wavelength), "ivar": ivar, "and_mask": bits, "or_mask": bits}
    )
    about = Table(
        {
            "Z": [z],
            "PLATE": [266],
            "MJD": [51602],
            "FIBERID": [fiber],
            "PLUG_RA": [ra],
            "PLUG_DEC": [dec],
            "CLASS": ["GALAXY"],
        }
    )
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU(coadd, name="COADD"), fits.BinTableHDU(about, name="SPECOBJ")]
    fits.HDUList(hdus).writeto(path)
