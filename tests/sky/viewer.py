"""The fake's viewer of the Legacy Surveys: cutouts, rows of Tractor, names.

It answers as https://github.com/legacysurvey/imagine does (``map/views.py``), its slips included: bands it
does not know, or with commas, mean the layer's own; sizes end at 3000 without a word; an unknown layer is a
text of status 200; a place that no image reaches is an error of the server.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from math import asin, cos, degrees, log2, radians, sin

import numpy as np
from astropy.io import fits
from scipy.ndimage import map_coordinates
from werkzeug import Response

from tests.sky.question import Question, as_json, page, server_error, text
from tests.sky.simulated_pixels import BANDS, STAMP_SCALE, random, sky_noise, stamp
from tests.sky.simulated_sky import CROWD, SPECTRA, TARGETS, WITHOUT_I, Target, distance, named, offset
from tests.sky.tractor import rows_in_box, tractor_fits

MOST_PIXELS = 3000
HOLE = (85.0, 5.0, 10.0)
"""RA, Dec and radius, degrees: no image reaches there."""
COSMOS = (149.0, 151.5, 1.0, 3.5)
"""RA and Dec, degrees, from and to: the field of HSC."""
SPLIT = 32.375
"""Dec, degrees: north of it, and of the Galaxy, the images are of DR9, which has no i band there."""
STRIPE = 0.05
"""Degrees around `WITHOUT_I` in which the i band was not observed."""
HSC_COUNTS = 10 ** ((27.0 - 22.5) / 2.5)
"""Of one nanomaggy."""


@dataclass(frozen=True)
class Layer:
    """A set of images."""

    name: str
    bands: str
    pixel_scale: float = 0.262
    version: str = ""
    """Empty: the header does not say what it is, nor has it an inverse variance or a catalog."""


LAYERS = {
    layer.name: layer
    for layer in (
        Layer("ls-dr9", "grz", version="DR9"),
        Layer("ls-dr10", "griz", version="DR10"),
        Layer("ls-dr11", "griz", version="DR11"),
        Layer("hsc-dr3", "grz", 0.168),
    )
}


def answer(question: Question) -> Response:
    """Whatever the viewer is asked."""
    if question.path in ("fits-cutout", "cutout.fits"):
        return cutout(question.args)
    catalog = re.fullmatch(r"([\w+-]+)/cat\.fits", question.path)
    if catalog:
        return tractor(catalog[1], question.args)
    if question.path == "namequery/":
        return name_query(question.args)
    return page(404, "Not Found")


def cutout(args: dict[str, str]) -> Response:
    """FITS (band, y, x), or (y, x) of one band; the inverse variance in a second HDU where there is one."""
    layer = LAYERS.get(args.get("layer", "ls-dr9"))
    if layer is None:
        return text("no such layer")
    try:
        ra, dec = float(args["ra"]), float(args["dec"])
    except (KeyError, ValueError):
        return text("Need ra,dec keywords", 400)
    try:
        scale = float(args.get("pixscale", layer.pixel_scale))
        size = min(int(args.get("size", "256")), MOST_PIXELS)
    except ValueError:
        return server_error()
    asked = args.get("bands", layer.bands)
    bands = asked if set(asked) <= set(layer.bands) else layer.bands
    if not reaches(layer, ra, dec) or size < 1 or scale <= 0 or not bands:
        return server_error()
    planes, weights = zip(*(_plane(layer, band, ra, dec, scale, size) for band in bands), strict=True)
    header = _header(layer, bands, ra, dec, scale, size)
    hdus: list[fits.PrimaryHDU | fits.ImageHDU] = [fits.PrimaryHDU(_cube(planes), _typed(header, "IMAGE"))]
    # the inverse variance of binned images is not kept
    if "invvar" in args and layer.version and log2(scale / layer.pixel_scale) < 1:
        hdus.append(fits.ImageHDU(_cube(weights), _typed(header, "INVVAR")))
    stream = BytesIO()
    fits.HDUList(hdus).writeto(stream)
    name = f"cutout_{ra:.4f}_{dec:.4f}.fits"
    return Response(
        stream.getvalue(),
        content_type="image/fits",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def tractor(layer: str, args: dict[str, str]) -> Response:
    """Rows of a box; a text of status 200 where there are none."""
    if layer not in LAYERS:
        return text("no such layer")
    try:
        box = [float(args[name]) for name in ("ralo", "rahi", "declo", "dechi")]
    except (KeyError, ValueError):
        return text("no ra,dec bbox")
    if not LAYERS[layer].version:
        return text(f"no catalog for layer {layer}")
    rows = rows_in_box(*box)
    if rows is None:
        return server_error()
    if not rows:
        return text("No catalog sources in layer and RA,Dec box")
    return Response(
        tractor_fits(rows, LAYERS[layer].bands, is_north(*box[1:3])),
        content_type="image/fits",
        headers={"Content-Disposition": f'attachment; filename="cat-{layer}.fits"'},
    )


def name_query(args: dict[str, str]) -> Response:
    """JSON with a position and a name, or with an error; of status 200 both."""
    if "obj" not in args:
        return server_error()
    words = args["obj"].split()
    if not words:
        return as_json({"ra": CROWD.ra, "dec": CROWD.dec, "name": CROWD.name})
    if len(words) == 2 and words[0].lower() in ("target", "targetid"):
        if not words[1].isdigit():
            return server_error()
        one = next((s.target for s in SPECTRA if s.healpix and s.targetid == int(words[1])), None)
        if one is None:
            return as_json({"error": f"DESI targetid {words[1]} not found"})
        return as_json({"ra": one.ra, "dec": one.dec, "name": f"DESI Targetid {words[1]}"})
    if len(words) == 2 and all(re.fullmatch(r"[+-]?\d+(\.\d*)?", word) for word in words):
        return as_json({"ra": float(words[0]), "dec": float(words[1]), "name": args["obj"]})
    target = named(args["obj"])
    if target is None:
        return as_json({"error": "Not found"})
    return as_json({"ra": target.ra, "dec": target.dec, "name": args["obj"]})


def reaches(layer: Layer, ra: float, dec: float) -> bool:
    """Whether a layer has images there."""
    if layer.version:
        return distance(ra, dec, *HOLE[:2]) > HOLE[2]
    return COSMOS[0] <= ra % 360 <= COSMOS[1] and COSMOS[2] <= dec <= COSMOS[3]


def is_north(ra: float, dec: float) -> bool:
    """Whether the images there are of the northern telescopes."""
    lat, lat_pole = radians(dec), radians(27.12825)  # the pole of the Galaxy
    step = radians(ra - 192.85948)
    galactic = asin(sin(lat) * sin(lat_pole) + cos(lat) * cos(lat_pole) * cos(step))
    return dec >= SPLIT and degrees(galactic) > 0


def _plane(
    layer: Layer, band: str, ra: float, dec: float, scale: float, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """(size, size) pixels and their inverse variance. Values stay those of a pixel of the layer's own scale,
    whatever scale is asked for: the viewer interpolates, it does not integrate."""
    blank = np.zeros((size, size), np.float32)
    without_i = is_north(ra, dec) or distance(ra, dec, WITHOUT_I.ra, WITHOUT_I.dec) < STRIPE
    if band == "i" and without_i:
        return blank, blank
    sigma = sky_noise()[BANDS.index(band)]
    noise = random(layer.name, round(ra, 5), round(dec, 5), scale, size, band)
    plane = sigma * noise.standard_normal((size, size), np.float32)
    for target in TARGETS:
        if target.is_imaged:
            _draw(plane, target, band, ra, dec, scale)
    if layer.version:
        return plane, np.full_like(plane, sigma**-2)
    return plane * np.float32(HSC_COUNTS * (layer.pixel_scale / STAMP_SCALE) ** 2), blank


def _draw(plane: np.ndarray, target: Target, band: str, ra: float, dec: float, scale: float) -> None:
    """The target's stamp takes the place of what is there; `plane` changes."""
    size = len(plane)
    east, north = offset(target.ra, target.dec, ra, dec)
    reach = (size * scale + 96 * STAMP_SCALE) / 3600
    if max(abs(east), abs(north)) > reach:
        return
    pixels = stamp(target.example)[BANDS.index(band)]
    x0, y0 = (size - 1) / 2 - east * 3600 / scale, (size - 1) / 2 + north * 3600 / scale
    half = 48 * STAMP_SCALE / scale
    rows, columns = (
        np.arange(max(0, int(middle - half)), min(size, int(middle + half) + 2)) for middle in (y0, x0)
    )
    if not len(rows) or not len(columns):
        return
    y, x = ((part - middle) * scale / STAMP_SCALE + 47.5 for part, middle in ((rows, y0), (columns, x0)))
    where = np.round(np.stack(np.meshgrid(y, x, indexing="ij")), 4)
    drawn = map_coordinates(pixels, where, order=1, cval=np.nan)
    part = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    np.copyto(part, drawn, where=np.isfinite(drawn))


def _header(layer: Layer, bands: str, ra: float, dec: float, scale: float, size: int) -> fits.Header:
    """North up, east left, in a gnomonic projection."""
    header = fits.Header()
    if layer.version:
        header["SURVEY"], header["VERSION"] = "LegacySurvey", layer.version
    header["IMAGETYP"] = "image"
    header["BANDS"] = bands
    for i, band in enumerate(bands):
        header[f"BAND{i}"] = band
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRVAL1"], header["CRVAL2"] = ra, dec
    header["CRPIX1"] = header["CRPIX2"] = (size + 1) / 2
    header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = -scale / 3600, 0.0, 0.0, scale / 3600
    header["IMAGEW"] = header["IMAGEH"] = size
    return header


def _typed(header: fits.Header, kind: str) -> fits.Header:
    header = header.copy()
    header["IMAGETYP"] = kind
    return header


def _cube(planes: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.stack(planes) if len(planes) > 1 else planes[0]
