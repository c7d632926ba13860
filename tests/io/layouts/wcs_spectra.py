"""Spectra in images: a WCS or another HDU gives the wavelengths."""

from astropy.io import fits

from tests.io.layouts import ERROR, FLUX, MEDIAN_FLUX, WAVELENGTH, fits_bytes, layout


@layout(
    "wavelengths in another HDU",
    "https://github.com/linetools/linetools, XSpectrum1D.write_to_fits",
    case="linetools_flux_error_wavelength_hdus.fits",
    wavelength=(3700, 9200),
    flux=MEDIAN_FLUX,
    error=0.4,
    good=len(FLUX),
)
def linetools_hdus() -> bytes:
    return fits_bytes(
        fits.PrimaryHDU(FLUX),
        fits.ImageHDU(ERROR, name="ERROR"),
        fits.ImageHDU(WAVELENGTH, name="WAVELENGTH"),
    )
