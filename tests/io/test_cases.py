"""Every file of the development cases, next to the real data, is read or refused as its index says."""

from pathlib import Path

import numpy as np
import pytest

from aion.io import read
from tests.io.compare import check
from tests.io.layouts import Expected, in_vacuum

LINEAR = (3700.0, 8698.0)
CASES = {
    "lamost_dr8_real.fits.gz": Expected(
        wavelength=(3699.986, 9097.04),
        snr=6.59,
        ra=332.321523,
        dec=-2.122024,
        z=-0.00106647,
        kind="STAR/A2",
        good=3908,
        says=("medium: vacuum .*VACUUM", "mask: non-zero = bad"),
    ),
    "aaomega_marz_linear_air.fits": Expected(
        wavelength=(in_vacuum(3700.0), in_vacuum(8698.0)),
        error=0.4,
        ra=float(np.degrees(0.61784656)),
        dec=float(np.degrees(-0.50440015)),
    ),
    "linetools_flux_error_wavelength_hdus.fits": Expected(wavelength=(3700, 9200), error=0.4, good=5000),
    "fuse_far_uv_without_unit.fits": Expected(refused=r"(?i)wavelength[ _]unit"),
    "bunit_1e-20_per_bare_A.fits": Expected(wavelength=(3700, 3700 + 1.5 * 3599), flux=7.751),
    "calspec_flam_staterror.fits": Expected(wavelength=(1150, 10147), flux=8420, error=800),
    "pypeit_coadd1d_mask_1_is_good.fits": Expected(good=3110, error=0.4, ra=150.1, dec=2.2),
    "err_flux_and_pixel_mask_columns.txt": Expected(wavelength=LINEAR, error=0.4, good=2400),
    "names_line_then_units_line_in_comments.txt": Expected(wavelength=LINEAR, flux=7.9, error=0.4),
    "vizier_tsv_units_and_dashes.tsv": Expected(wavelength=LINEAR, flux=0.788, error=0.04),
    "semicolons_and_decimal_commas.csv": Expected(wavelength=LINEAR, error=0.4, refused="point"),
    "semicolons_and_decimal_commas_no_header.csv": Expected(wavelength=LINEAR, error=0.4, refused="point"),
    "decreasing_microns_air_masked.ecsv": Expected(
        wavelength=(3701.05298, 8700.38906), error=0.4, good=2450, ra=150.1, dec=2.2, z=0.15
    ),
    "iraf_equispec_two_apertures.fits": Expected(objects=2, wavelength=LINEAR, flux=7.881, error=np.inf),
    "rows_wavelength_flux_error.fits": Expected(wavelength=LINEAR, error=0.4, refused="(?i)wavelength"),
    "bunit_unknown_loglinear.fits": Expected(
        wavelength=(3700, 3700 * 10 ** (0.00015 * 2499)), flux=7.881, says=("flux unit: .*assumed",)
    ),
    **{
        f"wcs1d_uncertainty_hdu_{name}.fits": Expected(wavelength=LINEAR, flux=7.881, error=0.4, noisy=500)
        for name in ("ERROR", "INVVAR", "IVAR", "ERR")
    },
    "sdss5_speclite_field_catalogid.fits": Expected(
        ra=210.25, dec=52.5, z=0.15, id="112360-60000-27021598150202075", kind="GALAXY/STARFORMING", error=0.4
    ),
    "sdss5_mwmStar_boss.fits": Expected(ra=198.4346, dec=67.1104, id="54321000", good=4348, error=0.4),
    "lsdb_desi_nested_arms.parquet": Expected(
        wavelength=(3600, 9824), error=0.4, ra=45.02, dec=0.03, z=0.15, id="39627785483846390"
    ),
    # INDEX.csv says where the errors come from; nJy, as the data model defines them, gives their size.
    "pfsObject_fluxtbl_nm_nJy.fits": Expected(wavelength=(3800, 10198.4), flux=7.342, error=0.4),
    "vipers_waves_fluxes_noise.fits": Expected(
        wavelength=(5514, 9483.84), error=0.4, ra=30.5, dec=-5.1, z=0.15, id="101123456"
    ),
    "desi_cframe_b0.fits": Expected(
        objects=3,
        wavelength=(3600, 5800),
        error=0.4,
        id="39627785483846390",
        ra=45.0,
        dec=0.0,
        refused="(?i)coadd|camera",
    ),
    "desi_coadd_without_r_camera.fits": Expected(
        objects=2, id="39627652591521792", ra=150.1, dec=2.2, error=0.5, says=("R missing",)
    ),
    "skyserver_spectrum.csv": Expected(wavelength=(3801.894, 8910.457), flux=8.2),
    # 198.0235 counts of zero-point 30: INDEX.csv gives the 0.200 before noise.
    "decam_filter_string_without_band.fits": Expected(bands=("DES-G",), maximum=0.19802),
    "uint8_rgb_array.npy": Expected(refused="picture"),
    "fits_cube_bands_last_axis.fits": Expected(
        bands=("DES-G", "DES-R", "DES-Z"), refused=r"(?i)\(bands, height, width\)|bands?"
    ),
    "int16_bscale_bzero_blank.fits": Expected(bands=("DES-R",), missing=880, maximum=1.0011),
    "float16_grz.npz": Expected(bands=("DES-G", "DES-R", "DES-Z"), maximum=3.977),
    "tractor_flux_1e9.csv": Expected(objects=2, id="1", ra=191.19, dec=23.78),
}
"""File -> the right answer, of its INDEX.csv."""


@pytest.mark.parametrize("file", CASES)
def test_a_development_case_is_read_as_its_index_says(file: str, real_data: Path) -> None:
    path = real_data.parent / "cases" / file
    if not path.is_file():
        pytest.skip("there is no folder of cases next to the real data")
    check(lambda: read(path), CASES[file])
