"""Everything else that specutils reads: spectra with a FITS WCS, IRAF, GAMA, 2dF, 6dF, OzDES, WiggleZ, APOGEE, MaNGA, JWST ...

https://specutils.readthedocs.io/en/stable/spectrum1d.html#list-of-loaders
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.nddata import InverseVariance, StdDevUncertainty, VarianceUncertainty

from aion.errors import FormatError
from aion.io.fits_file import FitsFile, Hdu, cards
from aion.io.objects import Overrides
from aion.io.registry import Found, reader
from aion.io.rows import plausible_redshift, position
from aion.io.spectra import SpectrumArrays, build_spectrum, ivar_of
from aion.io.units import medium_of

LARGEST_LOG10 = 6.0
"""Wavelengths above this are no log10 of Å: some programs convert them and leave IRAF's DC-FLAG = 1, which says they are, in its place."""


@reader("FITS spectrum (specutils)", FitsFile, matches=lambda file: True)
def read_with_specutils(file: FitsFile, overrides: Overrides) -> list[Found]:
    """Spectra of a FITS file of none of the kinds above.

    Raises:
        FormatError: specutils does not know it either; says what its HDUs are.
    """
    spectra = _spectra(file)
    header = {key: value for hdu in reversed(file.hdus) for key, value in cards(hdu.header).items()}
    found = []
    for spectrum in spectra:
        for arrays in _each_line(spectrum, header):
            found.append(build_spectrum(arrays, overrides))
    ra, dec = position(header.get("RA"), header.get("DEC"))
    z = next(
        (
            z
            for z in map(plausible_redshift, (header.get(card) for card in ("Z", "REDSHIFT", "Z_HELIO")))
            if z is not None
        ),
        None,
    )
    if len(found) == 1 and ra is not None:
        return [replace(found[0], ra=ra, dec=dec, z_reference=z)]
    return found


def _spectra(file: FitsFile) -> list[Any]:
    """What specutils makes of the file; it wants one with a name on disk."""
    from specutils import Spectrum, SpectrumList

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.fits"
        path.write_bytes(_bytes(file))
        for kind in (Spectrum, SpectrumList):
            try:
                read = kind.read(str(path))
            except Exception as exc:
                problem = exc
                continue
            return list(read) if kind is SpectrumList else [read]
    hdus = "; ".join(f"{hdu.name or 'an HDU without a name'}: {_told(hdu)}" for hdu in file.hdus[:6])
    raise FormatError(
        f"the FITS file holds {hdus}. Expected are a spectrum, an image (bands, height, width) or a table of SDSS, DESI, the Legacy Survey "
        "or HSC, or a spectrum that specutils reads"
    ) from problem


def _told(hdu: Hdu) -> str:
    """Its pixels or columns in a few words."""
    if hdu.shape:
        return "x".join(map(str, hdu.shape)) + " values"
    return f"columns {', '.join(sorted(hdu.columns)[:6])}" if hdu.columns else "empty"


def _bytes(file: FitsFile) -> bytes:
    stream = file.primary.hdu.fileinfo()["file"]
    stream.seek(0)
    return bytes(stream.read())


def _each_line(spectrum: Any, header: dict[str, Any]) -> list[SpectrumArrays]:
    """Spectra in the rows of a specutils object; an image cube is none."""
    flux = np.asarray(spectrum.flux.value, dtype=np.float64)
    wavelength = spectrum.spectral_axis
    if flux.ndim > 2:
        raise FormatError(f"the file holds a cube of spectra {flux.shape}; extract one spectrum first")
    sigma = _sigma(spectrum.uncertainty, flux.shape)
    mask = (
        np.asarray(spectrum.mask)
        if spectrum.mask is not None and np.shape(spectrum.mask) == flux.shape
        else None
    )
    flux = np.atleast_2d(flux)
    sigma, mask = (np.atleast_2d(part) if part is not None else None for part in (sigma, mask))
    return [
        SpectrumArrays(
            wavelength=np.asarray(wavelength.value, dtype=np.float64),
            flux=flux[i],
            ivar=ivar_of(None, sigma[i] if sigma is not None else None),
            mask=mask[i].astype(np.float64) if mask is not None else None,
            mask_note="specutils: True = bad",
            wavelength_unit=str(wavelength.unit),
            log10=header.get("DC-FLAG") == 1 and float(np.nanmax(wavelength.value)) < LARGEST_LOG10,
            flux_unit=str(spectrum.flux.unit),
            medium=medium_of(header),
        )
        for i in range(len(flux))
    ]


def _sigma(uncertainty: Any, shape: tuple[int, ...]) -> Any:
    """Standard deviation of each pixel; None without."""
    if not isinstance(uncertainty, (StdDevUncertainty, VarianceUncertainty, InverseVariance)):
        return None
    values = np.asarray(uncertainty.represent_as(StdDevUncertainty).array, dtype=np.float64)
    return values if values.shape == shape else None
