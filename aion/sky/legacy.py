"""Images and photometry from the viewer of the Legacy Surveys: nanomaggies per pixel, and rows of Tractor.

https://www.legacysurvey.org/viewer/urls
"""

from dataclasses import dataclass
from functools import partial
from io import BytesIO

import numpy as np
from astropy.io import fits
from astropy.table import Table, vstack

from aion.errors import NothingThereError
from aion.io.sky_grid import celestial, center_of
from aion.sky.archive import Archive, Request
from aion.sky.boxes import boxes
from aion.sky.cache import Answer
from aion.sky.fetched import Fetched
from aion.sky.fits_answer import fits_problem
from aion.sky.search_progress import SearchProgress
from aion.sphere import separation

SIZE = 160
"""Pixels along a side: the model's field of 96 and what is around it."""
OFF_CENTER = 2.0
"""Arcsec: an image that is centered farther from what was asked for shows something else."""


@dataclass(frozen=True)
class Layer:
    """One set of images of the viewer."""

    name: str
    survey: str
    """As in ``ACKNOWLEDGMENTS``."""
    bands: str
    pixel_scale: float
    """Arcsec."""
    has_ivar: bool


LEGACY = Layer("ls-dr10", "Legacy Surveys", "griz", 0.262, has_ivar=True)
"""North of declination 32 it has the pixels of DR9, without i."""
HSC = Layer("hsc-dr3", "HSC", "grz", 0.168, has_ivar=False)


def fetch_image(ra: float, dec: float, archive: Archive, progress: SearchProgress | None = None) -> Fetched:
    """The image of the Legacy Surveys with its inverse variance, as the viewer sends it.

    Raises:
        NothingThereError: no survey of them reaches there.
        ArchiveError: the viewer does not answer, or with something else.
    """
    return _cutout(LEGACY, ra, dec, "Legacy Surveys image", archive, progress)


def fetch_hsc_image(
    ra: float, dec: float, archive: Archive, progress: SearchProgress | None = None
) -> Fetched:
    """The image of HSC; raises as `fetch_image` does.

    The answer does not say that it is one nor in which unit, so that these cards are added to its header.
    """
    return _cutout(HSC, ra, dec, "HSC image", archive, progress)


def fetch_photometry(
    ra: float, dec: float, radius: float, archive: Archive, progress: SearchProgress | None = None
) -> Fetched:
    """The row of Tractor (DR10) that is nearest to a position, within `radius` (arcsec), as a FITS table.

    Raises:
        NothingThereError: there is none.
        ArchiveError: the viewer does not answer, or with something else.
    """
    answers: list[Answer] = []
    for ra_low, ra_high, dec_low, dec_high in boxes(ra, dec, radius):
        if ra_high - ra_low >= 360:  # of such a box the viewer takes the middle, which is elsewhere
            raise NothingThereError("no photometry: Tractor (DR10) cannot be searched around a pole")
        box = {"ralo": ra_low, "rahi": ra_high, "declo": dec_low, "dechi": dec_high}
        params = {name: f"{value:.6f}" for name, value in box.items()}
        problem = partial(_no_rows, ra=ra, dec=dec, radius=radius)
        request = Request("viewer", "ls-dr10/cat.fits", params, step="photometry", problem=problem)
        try:
            answers.append(archive.ask(request, progress))
        except NothingThereError:
            continue
    tables = [(answer, _table(answer.data)) for answer in answers]
    rows = [(answer, table) for answer, table in tables if table is not None and len(table)]
    if not rows:
        raise NothingThereError(f"no photometry: Tractor (DR10) has nothing within {radius:g} arcsec")
    table = vstack([one for _, one in rows], metadata_conflicts="silent")
    distance = separation(_column(table, "ra"), _column(table, "dec"), ra, dec)
    nearest = int(np.argmin(distance))
    if distance[nearest] > radius:
        raise NothingThereError(f"no photometry: Tractor (DR10) has nothing within {radius:g} arcsec")
    row = table[[nearest]]
    where = float(_column(row, "ra")[0]), float(_column(row, "dec")[0])
    note = f"the nearest of {len(table)} rows" if len(table) > 1 else ""
    stream = BytesIO()
    row.write(stream, format="fits")
    name, data = _name("tractor-dr10", ra, dec), stream.getvalue()
    return Fetched.of(rows[0][0], name, "Legacy Surveys", where, service="viewer", data=data, note=note)


def _cutout(
    layer: Layer, ra: float, dec: float, step: str, archive: Archive, progress: SearchProgress | None
) -> Fetched:
    params = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": layer.name, "pixscale": layer.pixel_scale}
    params |= {"size": SIZE, "bands": layer.bands} | ({"invvar": ""} if layer.has_ivar else {})
    outside = {500: f"no {step}: {layer.name} does not reach there, or the viewer is failing (500)"}
    request = Request(
        "viewer",
        "fits-cutout",
        params,
        step=step,
        problem=partial(_no_cutout, layer=layer, ra=ra, dec=dec),
        nothing=outside,
    )
    answer = archive.ask(request, progress)
    name = _name(layer.name, ra, dec)
    if layer is not HSC:
        return Fetched.of(answer, name, layer.survey, (ra, dec), service="viewer")
    note = "SURVEY and MAGZERO were added: the answer does not state them"
    data = _with_cards(answer.data)
    return Fetched.of(answer, name, layer.survey, (ra, dec), service="viewer", data=data, note=note)


def _no_cutout(data: bytes, layer: Layer, ra: float, dec: float) -> str | None:
    """What is wrong with bytes that should be an image of a place.

    Raises:
        NothingThereError: no pixel of it was observed.
    """
    problem = fits_problem(data)
    if problem is not None:
        return problem
    with fits.open(BytesIO(data)) as hdus:
        pixels = hdus[0].data
        if pixels is None or pixels.ndim < 2:
            return "sent FITS without an image; try again later"
        if layer.has_ivar and len(hdus) < 2:
            return "sent an image without the inverse variance; try again"
        center = center_of(pixels.shape, celestial(hdus[0].header))
        away = float("inf") if center[0] is None else float(separation(*center, ra, dec))
        if not away <= OFF_CENTER:
            return f"sent an image of another place, {away:.1f} arcsec from what was asked for"
        if not np.any(np.nan_to_num(pixels)):
            raise NothingThereError(f"no {layer.survey} image: {layer.name} has no pixels there")
    return None


def _with_cards(data: bytes) -> bytes:
    """An HSC image that says that it is one, and its zero-point."""
    with fits.open(BytesIO(data)) as hdus:
        header = hdus[0].header
        header["SURVEY"] = ("HSC", "added by AION Explorer: the layer was asked for")
        header["MAGZERO"] = (27.0, "added by AION Explorer: of HSC coadds")
        stream = BytesIO()
        hdus.writeto(stream)
    return stream.getvalue()


def _no_rows(data: bytes, ra: float, dec: float, radius: float) -> str | None:
    """What is wrong with bytes that should be rows around a place.

    Raises:
        NothingThereError: the viewer says that there are none.
    """
    if data.startswith(b"No catalog sources"):
        raise NothingThereError("no photometry")
    problem = fits_problem(data)
    table = None if problem else _table(data)
    if table is None or not len(table):
        return problem
    away = separation(_column(table, "ra"), _column(table, "dec"), ra, dec)
    return "sent rows of another place; try again later" if away.min() > 2 * radius else None


def _table(data: bytes) -> Table | None:
    with fits.open(BytesIO(data)) as hdus:
        tables = [i for i, hdu in enumerate(hdus) if isinstance(hdu, fits.BinTableHDU)]
    return Table.read(BytesIO(data), hdu=tables[0], format="fits") if tables else None


def _column(table: Table, name: str) -> np.ndarray:
    """By its name in any case."""
    return np.asarray(table[next(one for one in table.colnames if one.lower() == name)], np.float64)


def _name(what: str, ra: float, dec: float) -> str:
    return f"{what}-{ra:.5f}{dec:+.5f}.fits"
