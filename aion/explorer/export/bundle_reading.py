"""A session bundle -> the result that it keeps, to be compared with another. Nothing of it is unpacked to a
disk, unpickled or run, and no file of it is read that says it is larger than such files are."""

import csv
import io
import json
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from aion.catalog import Catalog, Neighbor
from aion.errors import InputError
from aion.explorer.export.analysis import to_dict
from aion.explorer.export.bundle import VERSION, settings_of
from aion.explorer.export.reproduce import Recipe
from aion.explorer.results import Analysis, ImageResult, ScalarResult, SpectrumResult
from aion.explorer.results.comparison import BestRedshift, CatalogIdentity, SavedResult
from aion.io import Report
from aion.io.fits_file import FitsFile, Hdu
from aion.io.parsing import DAMAGE, parse
from aion.io.source import File
from aion.redshift import RedshiftPDF

SETTINGS, ANALYSIS, DENSITY, DECODED = "settings.json", "analysis.json", "pz.csv", "decoded.fits"
MOST_BYTES = {SETTINGS: 2_000_000, ANALYSIS: 50_000_000, DENSITY: 50_000_000, DECODED: 200_000_000}
"""File of a bundle that is read -> most that it may unpack to."""
DAMAGED = (*DAMAGE, LookupError, TypeError, AttributeError, RecursionError)
PACKED_BY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def saved_result(
    analysis: Analysis, recipe: Recipe, reports: Sequence[Report], catalog: Catalog | None
) -> SavedResult:
    """What the bundle of an analysis would keep, with the originals of its images."""
    settings = json.loads(json.dumps(settings_of(analysis, recipe, catalog)))
    parts = (analysis.redshift, analysis.spectra, analysis.images)
    return _result(settings, to_dict(analysis, reports), *parts)


def read_bundle(source: BinaryIO | Path, name: str) -> SavedResult:
    """The result in a zip that the Analyze page gave.

    Args:
        name: of the file, for people.

    Raises:
        InputError: it is no bundle, a damaged one, or of a later version.
    """
    if isinstance(source, Path) and not source.is_file():
        raise InputError(f"there is no file {source}")
    try:
        with zipfile.ZipFile(source) as archive:
            content = {file: _read(archive, file, name) for file in MOST_BYTES}
    except (zipfile.BadZipFile, zlib.error, EOFError) as exc:
        raise InputError(f"{name} is not a zip, or a damaged one: {exc}; download the bundle again") from exc
    with _told_as_damage(name):
        settings, plain = (json.loads(content[file]) for file in (SETTINGS, ANALYSIS))
        is_later = settings.get("bundle", 1) > VERSION
    if is_later:
        raise InputError(f"{name} is a session bundle of a later version than this program reads; update it")
    with _told_as_damage(name):
        drawn = parse(File(DECODED, content[DECODED], ""))
        if not isinstance(drawn, FitsFile):
            raise ValueError(f"{DECODED} is no FITS file")
        spectra = tuple(_spectrum(hdu, plain) for hdu in drawn.hdus if hdu.name.endswith(" SPECTRUM"))
        return _result(settings, plain, _density(content[DENSITY]), spectra, _images(drawn, plain))


@contextmanager
def _told_as_damage(name: str) -> Iterator[None]:
    """What reading raises on content that is not as it was written, as an InputError."""
    try:
        yield
    except DAMAGED as exc:
        raise InputError(
            f"{name} is a damaged session bundle ({type(exc).__name__}: {exc}); make it again on the "
            "Analyze page, under Download"
        ) from exc


def _read(archive: zipfile.ZipFile, file: str, name: str) -> bytes:
    """One file of a bundle, whose size is known before it is unpacked."""
    try:
        about = archive.getinfo(file)
    except KeyError:
        raise InputError(
            f"{name} is no session bundle: it has no {file}. A bundle is the zip that the Analyze page gives "
            "under Download"
        ) from None
    if about.flag_bits & 1 or about.compress_type not in PACKED_BY:
        raise InputError(f"{name}: {file} is encrypted or packed as no bundle is; give the bundle as it was")
    if about.file_size > MOST_BYTES[file]:
        raise InputError(
            f"{name}: {file} unpacks to {about.file_size:,} bytes, more than the {MOST_BYTES[file]:,} that "
            "such a file of a bundle has at most"
        )
    return archive.read(about)


def _result(
    settings: Mapping[str, Any],
    plain: Mapping[str, Any],
    redshift: RedshiftPDF,
    spectra: tuple[SpectrumResult, ...],
    images: tuple[ImageResult, ...],
) -> SavedResult:
    """From plain values, as `settings_of` and `to_dict` give them."""
    model, searched = settings["model"], settings.get("catalog")
    files = {str(file["sha256"]): str(file["source"]) for file in plain["inputs"]["files"]}
    numbers = ((name, held) for name, held in plain["reconstruction"].items() if "unit" in held)
    return SavedResult(
        id=str(plain["inputs"]["id"]),
        title=str(model.get("title") or model["id"]),
        weights=str(model["sha256"]),
        files=files,
        settings=_in_words(settings, plain),
        redshift=redshift,
        best=_best(plain["redshift"]["exact"], redshift),
        spectra=spectra,
        images=images,
        scalars=tuple(
            ScalarResult(str(name), str(held["unit"]), _number(held["original"]), float(held["decoded"]))
            for name, held in numbers
        ),
        neighbors=tuple(
            Neighbor(str(one["id"]), float(one["similarity"]), _number(one["z"]), str(one["class"]))
            for one in plain["neighbors"]
        ),
        catalog=None
        if searched is None
        else CatalogIdentity(str(searched["label"]), int(searched["objects"]), str(searched["ids_sha256"])),
    )


def _in_words(settings: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, str]:
    set_by_person = {f"Set: {name}": str(value) for name, value in settings["overrides"].items()}
    return {
        "Read by the model": ", ".join(sorted(map(str, plain["inputs"]["used"]))),
        "Prior": str(plain["redshift"]["prior"] or "none"),
        "Recalibration": str(plain["redshift"]["recalibration"] or "none"),
        **set_by_person,
        "Number format": str(settings["precision"]),
        "Version": str(settings["versions"]["aion"]),
    }


def _best(exact: Sequence[Mapping[str, Any]], redshift: RedshiftPDF) -> BestRedshift:
    """The exact one of the best peak, or else that peak."""
    if exact and "z" in exact[0] and exact[0]["error"] is not None:
        z, error = float(exact[0]["z"]), float(exact[0]["error"])
        return BestRedshift(z, z - error, z + error, is_exact=True)
    peak = redshift.peaks[0]
    return BestRedshift(peak.z, peak.low, peak.high, is_exact=False)


def _density(content: bytes) -> RedshiftPDF:
    """Raises ValueError: it is none."""
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    low, high, probability = (
        np.array([float(row[column]) for row in rows]) for column in ("z_low", "z_high", "probability")
    )
    edges = np.append(low, high[-1:])
    if not len(rows) or not (np.diff(edges) > 0).all() or not np.isfinite(edges).all():
        raise ValueError(f"{DENSITY} holds no bins that follow one another")
    if not (probability >= 0).all() or not math.isclose(probability.sum(), 1, abs_tol=1e-3):
        raise ValueError(f"the probabilities in {DENSITY} do not sum to 1")
    return RedshiftPDF(edges, probability)


def _spectrum(hdu: Hdu, plain: Mapping[str, Any]) -> SpectrumResult:
    columns, survey = hdu.table().columns, str(hdu.header["SURVEY"])
    chi2 = plain["reconstruction"][f"{survey} spectrum"]["reduced_chi2"]
    return SpectrumResult(
        survey=survey,
        wavelength=columns["wavelength"],
        flux=columns.get("flux"),
        sigma=columns.get("sigma"),
        bad=columns["mask"].astype(bool),
        decoded=columns["decoded"],
        residual=columns.get("residual"),
        reduced_chi2=_number(chi2),
    )


def _images(drawn: FitsFile, plain: Mapping[str, Any]) -> tuple[ImageResult, ...]:
    """Raises ValueError: one has not the planes that it names."""
    found = []
    for hdu in drawn.images():
        survey, bands = str(hdu.header["SURVEY"]), tuple(str(hdu.header["BANDS"]).split(","))
        decoded, kept = hdu.image(), plain["reconstruction"][f"{survey} image"]
        if decoded.ndim != 3 or len(decoded) != len(bands):
            raise ValueError(f"the {survey} image has {decoded.shape} pixels for {len(bands)} bands")
        rms, ratio = kept["residual_rms_nanomaggies"], kept["flux_ratio"]
        found.append(
            ImageResult(
                survey=survey,
                bands=bands,
                original=None,
                decoded=decoded,
                pixel_scale=_number(hdu.header.get("PIXSCALE")),
                residual_rms=_numbers(rms),
                flux_ratio=_numbers(ratio),
            )
        )
    return tuple(found)


def _numbers(values: Sequence[Any] | None) -> tuple[float, ...] | None:
    """NaN for what is none."""
    if values is None:
        return None
    return tuple(math.nan if value is None else float(value) for value in values)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
