"""Images by kinds of misreading: HDUs, grids, zero-points, filters, axes, integers."""

import io
from typing import Any

import numpy as np
from astropy.io import fits

from tests.io.layouts import fits_bytes, layout
from tests.io.layouts.images import CUBE, GALAXY, GRZ, SIZE, WCS, image_bytes, npy_bytes


def plane(peak: float, name: str = "", **cards: Any) -> fits.ImageHDU:
    """One band in an HDU; its galaxy has this peak."""
    hdu = fits.ImageHDU((peak * GALAXY).astype("f4"), name=name)
    hdu.header.update(WCS | cards)
    return hdu


def flux_at(zero_point: float, nanomaggies: float = 1.0) -> float:
    """Stored value of a flux in a file of this zero-point."""
    return float(nanomaggies * 10 ** (0.4 * (zero_point - 22.5)))


def scaled(pixels: np.ndarray, **cards: float) -> bytes:
    """Stored integers with BSCALE, BZERO and BLANK, which astropy does not write of integers."""
    hdu = fits.PrimaryHDU(pixels)
    hdu.header.update(WCS | {"FILTER": "r", "BUNIT": "nanomaggy"})
    data = fits_bytes(hdu)
    header = fits.Header.fromstring(data[: data.index(b"END" + b" " * 77) + 80].decode())
    length = len(header.tostring())
    header.update(cards)
    return header.tostring().encode() + data[length:]


@layout(
    "one HDU for each band",
    "DES cutouts, https://des.ncsa.illinois.edu/desaccess: one image in each extension",
    bands=GRZ,
    maximum=4.0,
    ra=150.1,
    says=(
        r"bands: DES-G, DES-R, DES-Z \(header; from the name of the HDU",
        r"alignment: 0\.00 pixels",
        r"HDU 4 \(PSF\).*dropped",
    ),
)
def bands_in_hdus_named_by_them() -> bytes:
    planes = [plane(peak, name, BUNIT="nanomaggy") for peak, name in zip((1, 2, 4), GRZ, strict=True)]
    return fits_bytes(*planes, fits.ImageHDU(np.ones((15, 15), "f4"), name="PSF"))


@layout(
    "one HDU for each band",
    "no definition: FILTER and a zero-point of its own in each HDU, and a table",
    bands=("DES-G", "DES-R", "DES-Z"),
    maximum=4.0,
    says=("DES-Z: MAGZERO = 25", "DES-G: MAGZERO = 30", "HDU 4.*a table of 1 rows"),
)
def bands_in_hdus_with_zero_points_of_their_own() -> bytes:
    planes = [plane(flux_at(30), FILTER="g", MAGZERO=30.0), plane(flux_at(27, 2), FILTER="r", MAGZERO=27.0)]
    table = fits.BinTableHDU.from_columns([fits.Column("ID", "J", array=[1])], name="CATALOG")
    return fits_bytes(*planes, plane(flux_at(25, 4), FILTER="z", MAGZERO=25.0), table)


@layout(
    "cards of one HDU are not those of the next",
    "no definition: the image in the first HDU has a WCS and a zero-point, the second has none",
    bands=("DES-G", "DES-R"),
    maximum=2.0,
    says=("alignment: unknown", r"DES-G: MAGZERO = 30", r"DES-R: the file does not say"),
)
def first_hdu_with_cards_of_its_own() -> bytes:
    first = fits.PrimaryHDU(flux_at(30) * GALAXY)
    first.header.update(WCS | {"FILTER": "DES-G", "MAGZERO": 30.0})
    return fits_bytes(first, fits.ImageHDU(2 * GALAXY, fits.Header({"FILTER": "DES-R"})))


@layout(
    "HDUs that do not say their bands",
    "no definition",
    refused=r"3 images \(A 110x110, B 110x110, C 110x110\).*set bands",
)
def hdus_without_bands() -> bytes:
    return fits_bytes(*(plane(1, name) for name in ("A", "B", "C")))


@layout(
    "HDUs that do not say their bands",
    "no definition: a person names them, and the zero-points are still the ones of the headers",
    settings=("bands=g,r,z",),
    bands=GRZ,
    maximum=4.0,
    says=("MAGZERO = 30", "bands: g, r, z \\(you set"),
)
def hdus_without_bands_that_a_person_names() -> bytes:
    return fits_bytes(
        *(plane(flux_at(30, peak), name, MAGZERO=30.0) for peak, name in ((1, "A"), (2, "B"), (4, "C")))
    )


@layout(
    "an image without cards",
    "no definition: fits.writeto(name, array)",
    refused="1 plane and does not say which band",
)
def pixels_alone_in_a_file() -> bytes:
    return fits_bytes(fits.PrimaryHDU(GALAXY.astype("f4")))


@layout(
    "an image without cards",
    "no definition: what imcopy of IRAF leaves of an image whose pixels are counted from its middle",
    settings=("bands=r",),
    bands=("DES-R",),
    maximum=1.0,
    says=(r"bands: r \(you set",),
)
def pixels_that_are_counted_alone_in_a_file() -> bytes:
    image = fits.PrimaryHDU(GALAXY.astype("f4"))
    image.header.update({"CTYPE1": "LINEAR", "CRVAL1": -SIZE / 2, "CRPIX1": 0.0, "CD1_1": 1.0})
    return fits_bytes(image)


@layout(
    "one band in two HDUs",
    "CCDs of a mosaic, such as DECam instcal",
    refused=r"the band r twice \(HDU 1.*HDU 2",
)
def ccds_of_a_mosaic() -> bytes:
    return fits_bytes(plane(1, "S1", FILTER="r"), plane(1, "N1", FILTER="r"))


@layout(
    "HDUs that are not the image",
    "drizzled HST images, https://hst-docs.stsci.edu/drizzpac: SCI, WHT, CTX",
    settings=("bands=i", "survey=HSC"),
    bands=("HSC-I",),
    maximum=1.0,
    says=(r"PHOTFLAM.*PHOTPLAM.*zero-point 25\.9", r"HDU 2 \(WHT\).*dropped", r"HDU 3 \(CTX\).*dropped"),
)
def hubble_drizzled() -> bytes:
    flam, pivot = 7.0332e-20, 8045.0  # ACS F814W: AB 25.945
    zero_point = -2.5 * np.log10(flam) - 21.1 - 5 * np.log10(pivot) + 18.6921
    primary = fits.PrimaryHDU()
    primary.header.update({"FILTER1": "CLEAR1L", "FILTER2": "F814W", "INSTRUME": "ACS", "EXPTIME": 500.0})
    science = plane(
        10 ** (0.4 * (zero_point - 27)), "SCI", BUNIT="ELECTRONS/S", PHOTFLAM=flam, PHOTPLAM=pivot
    )
    return fits_bytes(primary, science, plane(1, "WHT"), plane(1, "CTX"))


@layout(
    "bands that are not aligned",
    "no definition: 3 pixels apart",
    refused=r"shifted by up to 3\.00 pixels \(0\.79",
)
def shifted_bands() -> bytes:
    return fits_bytes(plane(1, "g"), plane(1, "r", CRPIX1=WCS["CRPIX1"] + 3))


@layout("bands that are not aligned", "no definition: 2 degrees", refused=r"rotated.*by up to 2\.\d\d pixels")
def rotated_bands() -> bytes:
    cos, sin = np.cos(np.radians(2)) * 0.262 / 3600, np.sin(np.radians(2)) * 0.262 / 3600
    return fits_bytes(plane(1, "g"), plane(1, "r", CD1_1=-cos, CD1_2=sin, CD2_1=sin, CD2_2=cos))


@layout("bands that are not aligned", "no definition", refused=r'pixels of 0\.272" in place of 0\.262"')
def bands_of_two_pixel_scales() -> bytes:
    return fits_bytes(plane(1, "g"), plane(1, "r", CD1_1=-0.272 / 3600, CD2_2=0.272 / 3600))


@layout(
    "bands that are aligned",
    "no definition: 0.05 pixels apart",
    bands=("DES-G", "DES-R"),
    maximum=2.0,
    says=(r"alignment: 0\.05 pixels \(detected",),
)
def bands_within_a_tenth_of_a_pixel() -> bytes:
    return fits_bytes(plane(1, "g"), plane(2, "r", CRPIX1=WCS["CRPIX1"] + 0.05))


@layout(
    "bands without a position",
    "no definition",
    bands=("DES-G", "DES-R"),
    maximum=2.0,
    says=(r"alignment: unknown \(assumed; no WCS shows that the bands are aligned",),
)
def bands_without_wcs() -> bytes:
    return fits_bytes(*(fits.ImageHDU(peak * GALAXY, name=name) for peak, name in ((1, "g"), (2, "r"))))


def zero_point(
    name: str, source: str, says: str, zero_point: float, *, band: str = "DES-R", **cards: Any
) -> None:
    """Registers an image of which the cards give this zero-point."""

    def build() -> bytes:
        return image_bytes(flux_at(zero_point) * GALAXY, **(WCS | {"FILTER": "r"} | cards))

    build.__name__ = name
    layout("zero-point", source, bands=(band,), maximum=1.0, says=(says,))(build)


zero_point(
    "bunit_nmgy", "photutils and MMU", "flux unit.*BUNIT = nmgy, zero-point 22.500", 22.5, BUNIT="nmgy"
)
zero_point("bunit_maggies", "kcorrect", r"BUNIT = maggies, zero-point -?0\.000", 0.0, BUNIT="maggies")
zero_point("bunit_ujy", "Euclid, COSMOS2020", "BUNIT = uJy, zero-point 23.900", 23.9, BUNIT="uJy")
zero_point("bunit_mjy", "millijansky", "BUNIT = mJy, zero-point 16.400", 16.4, BUNIT="mJy")
zero_point(
    "bunit_megajansky_per_steradian",
    "JWST i2d: MJy/sr, times the area of a pixel",
    r"BUNIT = MJy/sr, zero-point 23\.3",
    8.9 - 2.5 * np.log10(1e6 * np.radians(0.262 / 3600) ** 2),
    BUNIT="MJy/sr",
)
zero_point(
    "photzp", "MegaPipe, UNIONS", "PHOTZP = 30", 30.0, PHOTZP=30.0, INSTRUME="MegaPrime", ABMAGLIM=24.5
)
zero_point("magzp", "ZTF reference images", "MAGZP = 26.3", 26.3, MAGZP=26.3, EXPTIME=30.0)
zero_point("zeropnt", "names of arrays and of IRAF", "ZEROPNT = 28", 28.0, ZEROPNT=28.0)
zero_point(
    "panstarrs_cutout",
    "https://outerspace.stsci.edu/display/PANSTARRS/PS1+Image+Cutout+Service (linear, FPA.ZP is of a second)",
    r"FPA\.ZP = 25, EXPTIME = 500, zero-point 31\.747",
    25 + 2.5 * np.log10(500),
    **{"EXPTIME": 500.0, "HIERARCH FPA.ZP": 25.0, "HIERARCH FPA.FILTERID": "r.00000", "FILTER": ""},
)
zero_point(
    "hubble_total_electrons",
    "HST flt: ELECTRONS of the whole exposure",
    r"PHOTFLAM.*EXPTIME = 500",
    25.9429 + 2.5 * np.log10(500),
    PHOTFLAM=7.0332e-20
    * 10 ** (0.4 * (-2.5 * np.log10(7.0332e-20) - 21.1 - 5 * np.log10(8045.0) + 18.6921 - 25.9429)),
    PHOTPLAM=8045.0,
    BUNIT="ELECTRONS",
    EXPTIME=500.0,
)
zero_point(
    "casu_magzpt_is_a_choice",
    "http://casu.ast.cam.ac.uk/surveys-projects/wfcam/technical/photometric-properties",
    r"flux unit.*assumed; MAGZPT = 25\.3 for counts per second, EXPTIME = 720.*but MAGZPT = 25\.3 for counts",
    25.3 + 2.5 * np.log10(720),
    MAGZPT=25.3,
    EXPTIME=720.0,
)
zero_point(
    "cards_that_contradict_each_other",
    "no definition",
    r"flux unit.*assumed; BUNIT = nanomaggy.*but MAGZERO = 30 is zero-point 30\.000",
    22.5,
    BUNIT="nanomaggy",
    MAGZERO=30.0,
)


@layout(
    "zero-point",
    "no definition: counts of a CCD",
    bands=("DES-R",),
    maximum=5e7,
    says=(r"flux unit.*assumed.*unlikely: the brightest pixel would have magnitude 3\.3.*image_flux_scale",),
)
def counts_that_cannot_be_nanomaggies() -> bytes:
    return image_bytes(5e7 * GALAXY.astype("f8"), **WCS, FILTER="r", ABMAGLIM=24.0)


@layout("zero-point", "images of magnitudes", refused=r"pixels are magnitudes \(BUNIT = mag")
def image_in_magnitudes() -> bytes:
    return image_bytes(22 - GALAXY, **WCS, FILTER="r", BUNIT="mag/arcsec2")


def named_filter(name: str, says: str, band: str, **cards: Any) -> None:
    """Registers an image whose filter is named by these cards."""

    def build() -> bytes:
        return image_bytes(GALAXY, **(WCS | {"BUNIT": "nanomaggy"} | cards))

    build.__name__ = name
    layout("filter", "headers of the archives", bands=(band,), maximum=1.0, says=(says,))(build)


ALIKE = r"\(assumed; read as {}, which the codec was trained on; the filters are alike, not the same"
named_filter("filter_sdss_g", "band: SDSS g " + ALIKE.format("DES-G"), "DES-G", FILTER="SDSS g")
named_filter("filter_g_sdss_of_vst", "band: VST r", "DES-R", FILTER="r_SDSS", INSTRUME="OMEGACAM")
named_filter("filter_gmos", "band: GMOS g", "DES-G", FILTER2="g_G0301", FILTER1="open1-6", INSTRUME="GMOS-N")
named_filter("filter_bare_of_sdss", "band: SDSS i", "DES-I", FILTER="i", ORIGIN="SDSS")
named_filter("filter_hsc_r2", "bands: HSC-R2", "HSC-R", FILTER="HSC-R2", BUNIT="counts")
named_filter("filter_insflnam", "bands: z", "DES-Z", INSFLNAM="z")
named_filter("filter_band_card", "bands: g .*from BAND", "DES-G", BAND="g")
named_filter("filter_des_own", r"bands: DES-G \(header; from FILTER\)", "DES-G", FILTER="DES-G")
named_filter(
    "filter_prime", "band: Pan-STARRS r", "DES-R", **{"FILTER": "CLEAR", "HIERARCH FPA.FILTERID": "r.00000"}
)


@layout("filter", "HST", refused=r"F814W: no band that the codec reads \(DES-G, .*set bands")
def filter_of_hubble() -> bytes:
    return image_bytes(GALAXY, **WCS, FILTER="F814W")


@layout("filter", "Johnson-Cousins", refused=r"R_Bessel: no band that the codec reads")
def filter_of_bessell() -> bytes:
    return image_bytes(GALAXY, **WCS, FILTER="R_Bessel")


@layout(
    "axes",
    "radio images: NAXIS 4, (1, 1, height, width)",
    settings=("bands=r",),
    bands=("DES-R",),
    maximum=1.0,
    says=(
        r"axes: \(1, 1, 110, 110\) \(detected; HDU 0: read as 1x110x110",
        "BUNIT = Jy/beam has no AB magnitude",
    ),
)
def radio_axes() -> bytes:
    return image_bytes(GALAXY[None, None], **WCS, BUNIT="Jy/beam", CTYPE3="FREQ", CTYPE4="STOKES")


@layout(
    "axes",
    "no definition",
    ending="npz",
    bands=("DES-G", "DES-R", "DES-I", "DES-Z"),
    maximum=4.0,
    says=(r"axes: \(110, 110, 4\)",),
)
def bands_last_in_npz() -> bytes:
    stream = io.BytesIO()
    np.savez(
        stream, image=np.stack([GALAXY, 2 * GALAXY, 3 * GALAXY, 4 * GALAXY], -1), bands=np.array(list("griz"))
    )
    return stream.getvalue()


@layout(
    "missing pixels",
    "FITS 4.0 section 4.4.2.5: BLANK without a scale",
    bands=("DES-R",),
    maximum=900,
    missing=SIZE,
)
def integers_with_blank_alone() -> bytes:
    pixels = np.round(900 * GALAXY).astype(">i2")
    pixels[0] = -999
    return scaled(pixels, BLANK=-999)


@layout(
    "missing pixels",
    "unsigned integers: BZERO 32768 with BLANK",
    bands=("DES-R",),
    maximum=32768,
    missing=SIZE,
)
def unsigned_integers_with_blank() -> bytes:
    pixels = np.round(900 * GALAXY - 900).astype(">i2")
    pixels[0] = -32768
    return scaled(pixels, BSCALE=1, BZERO=32768, BLANK=-32768)


@layout(
    "missing pixels", "tile-compressed, quantized, NaN: astropy and fpack", bands=("DES-R",), missing=3 * SIZE
)
def tile_compressed_with_nan() -> bytes:
    pixels = GALAXY.astype("f4") + np.random.default_rng(1).normal(0, 0.01, (SIZE, SIZE)).astype("f4")
    pixels[:3] = np.nan
    hdu = fits.CompImageHDU(pixels, compression_type="RICE_1", quantize_level=64)
    hdu.header.update(WCS | {"FILTER": "r", "BUNIT": "nanomaggy"})
    return fits_bytes(hdu)


@layout("missing pixels", "tile-compressed integers", bands=("DES-R",), maximum=900)
def tile_compressed_integers() -> bytes:
    hdu = fits.CompImageHDU(np.round(900 * GALAXY).astype("i2"), compression_type="GZIP_1")
    hdu.header.update(WCS | {"FILTER": "r", "BUNIT": "nanomaggy"})
    return fits_bytes(hdu)


@layout("numbers", "16-bit floats", ending="npy", bands=GRZ, maximum=4.0)
def float16_npy() -> bytes:
    return npy_bytes(CUBE.astype("f2"))
