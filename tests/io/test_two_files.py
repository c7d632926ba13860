"""The flux of a spectrum in one file and its error in another, given together, are one spectrum."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from aion.errors import FormatError, ModalityError
from aion.io import read
from tests.io.compare import check
from tests.io.layouts import (
    BAD,
    ERROR,
    FLUX,
    GOOD,
    MEDIAN_FLUX,
    PIXELS,
    WAVELENGTH,
    Expected,
    fits_bytes,
    table_hdu,
)
from tests.io.layouts.wcs_spectra import FLUX_HDU, image

RIGHT = Expected(wavelength=(3700, 9200), flux=MEDIAN_FLUX, error=0.4, good=PIXELS)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def text(name: str, values: np.ndarray) -> bytes:
    rows = "\n".join(f"{at:.6f} {value:.6f}" for at, value in zip(WAVELENGTH, values, strict=True))
    return f"# wavelength {name}\n{rows}\n".encode()


def named(name: str, values: np.ndarray) -> bytes:
    """An image in an HDU of this name, with the WCS of the flux."""
    return fits_bytes(fits.PrimaryHDU(), image(values, name, **FLUX_HDU))


PAIRS = {
    "images in HDUs named by their role": (named("FLUX", FLUX), named("ERROR", ERROR)),
    "an image of the variance": (named("SCI", FLUX), named("VARIANCE", ERROR**2)),
    "an image of the inverse variance": (fits_bytes(image(FLUX, **FLUX_HDU)), named("IVAR", ERROR**-2)),
    "text tables": (text("flux", FLUX), text("error", ERROR)),
    "FITS tables": (
        fits_bytes(table_hdu(WAVELENGTH=WAVELENGTH, FLUX=FLUX)),
        fits_bytes(table_hdu(WAVELENGTH=WAVELENGTH, IVAR=ERROR**-2)),
    ),
    "images in two units": (
        named("FLUX", FLUX),
        fits_bytes(image(10 * ERROR, "ERROR", **FLUX_HDU | {"BUNIT": "1e-18 erg/s/cm2/Angstrom"})),
    ),
    "text tables in two units": (
        text("flux[1e-17erg/s/cm2/Angstrom]", FLUX),
        text("error[1e-18erg/s/cm2/Angstrom]", 10 * ERROR),
    ),
    "an image and a table": (fits_bytes(image(FLUX, **FLUX_HDU)), text("flux_err", ERROR)),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("order", [1, -1], ids=["flux first", "error first"])
def test_a_flux_file_and_an_error_file_are_one_spectrum(pair: str, order: int, tmp_path: Path) -> None:
    files = [written(tmp_path, f"{i}.dat", data) for i, data in enumerate(PAIRS[pair])]
    check(lambda: read(files[::order]), RIGHT)


def bare(values: np.ndarray) -> bytes:
    """An image in an HDU without a name."""
    return fits_bytes(image(values, **FLUX_HDU))


@pytest.mark.parametrize(
    ("flux", "error"),
    [("q1_F.fits", "q1_E.fits"), ("q1nF.fits", "q1nE.fits"), ("q1.fits", "q1_err.fits"),
     ("q1.flux.fits.gz", "q1.sig.fits.gz")],
)  # fmt: skip
def test_names_say_which_of_two_files_has_the_error(flux: str, error: str, tmp_path: Path) -> None:
    files = [written(tmp_path, error, bare(ERROR)), written(tmp_path, flux, bare(FLUX))]
    check(lambda: read(files), RIGHT)


def test_names_say_which_error_belongs_to_which_of_several_fluxes(tmp_path: Path) -> None:
    given = {"a.fits": FLUX, "b.fits": 2 * FLUX, "a_ivar.fits": ERROR**-2, "b_ivar.fits": (2 * ERROR) ** -2}
    files = [written(tmp_path, name, bare(values)) for name, values in given.items()]
    ratios = [float((one.modalities[0].ivar.sqrt()).median()) for one in read(files)]
    assert ratios == pytest.approx([2.5, 1.25])


def test_a_name_that_only_sounds_like_an_error_is_a_spectrum_of_its_own(tmp_path: Path) -> None:
    files = [written(tmp_path, name, bare(FLUX)) for name in ("q1.fits", "q2_std.fits")]
    assert len(read(files)) == 2


def test_a_mask_file_marks_the_pixels_of_the_flux_file(tmp_path: Path) -> None:
    spectrum = fits_bytes(image(FLUX, **FLUX_HDU), image(ERROR, "ERROR"))
    files = [written(tmp_path, "0", spectrum), written(tmp_path, "1", named("MASK", BAD.astype(np.int16)))]
    check(lambda: read(files), Expected(wavelength=(3700, 9200), error=0.4, good=GOOD))


def test_an_error_file_of_another_length_is_refused_with_both_lengths(tmp_path: Path) -> None:
    files = [written(tmp_path, "0", named("FLUX", FLUX)), written(tmp_path, "1", named("ERROR", ERROR[:400]))]
    with pytest.raises((FormatError, ModalityError), match=r"500.*400|400.*500"):
        read(files)


def test_an_error_file_alone_is_refused_as_one_without_flux(tmp_path: Path) -> None:
    with pytest.raises((FormatError, ModalityError), match="flux"):
        read(written(tmp_path, "0", text("error", ERROR)))
