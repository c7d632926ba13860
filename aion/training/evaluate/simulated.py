"""What the held-out objects tell, as tables: title -> sample -> quantities."""

from dataclasses import fields

import numpy as np

from aion.redshift_scores import Array, Floats
from aion.training import metrics
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import held_out
from aion.training.evaluate.held_out import HeldOut, Pictured
from aion.training.evaluate.report import Report, Table
from aion.training.evaluate.samples import BOTH, BRIGHT, by_class, by_magnitude, by_spectrum
from aion.training.evaluate.weights import Weights
from aion.training.line_fluxes import line_reconstruction
from aion.training.masked_modeling import IMAGES, SPECTRA
from aion.training.metrics import ImageErrors
from aion.training.simulate.images import HSC, LEGACY_SURVEY, Survey
from aion.training.simulate.survey import SimulatedSurvey

NEIGHBORS = 10
CHI2_SHARES = (0.05, 0.16, 0.25, 0.5, 0.75, 0.84, 0.9, 0.95, 0.99)
"""Of the objects, whose reduced chi2 of a reconstruction stays below the value kept for the explorer."""
PHOTOMETRIC_LIMIT = 21.0
"""r, AB, to which photometric redshifts are judged."""


def measure(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig) -> Report:
    """Redshifts, decoded data and embeddings of held-out simulation."""
    return tables(held_out.ask(weights, survey, config))


def tables(found: HeldOut) -> Report:
    """The tables of answers that are there already."""
    seen, lines = found.seen, found.lines
    rows = by_spectrum(seen.kind, seen.survey, seen.snr, BRIGHT)
    rows |= {f"{BOTH}, all": seen.kind != "star"}
    return {
        "simulated: redshifts from spectra": {
            name: metrics.spectroscopic(seen.spectrum[chosen]) for name, chosen in rows.items()
        },
        "simulated: stars": {"S/N >= 3": _stars(found)},
        "simulated: photometric redshifts": _photometric(found),
        "simulated: spectra decoded": {
            name: {
                "n": int(chosen.sum()),
                "rms of (decoded - truth) / sigma": metrics.median(seen.rms[chosen]),
                "reduced chi2 of (decoded - data)": metrics.median(seen.chi2[chosen]),
            }
            for name, chosen in ({"all": np.full(len(seen.z), True)} | rows).items()
        },
        "reconstruction chi2 quantiles": {
            key: metrics.quantiles(chi2, CHI2_SHARES) for key, chi2 in _chi2(found).items() if len(chi2)
        },
        "simulated: line fluxes decoded": {
            name: line_reconstruction(lines[chosen])
            for name, chosen in _of_lines(lines.name, seen.kind[lines.row]).items()
        },
        "simulated: images decoded": _images(found.pictured),
        "simulated: colors of decoded images": _colors(found.pictured),
        "simulated: neighbors": _neighbors(found),
        "simulated: twins": _twins(found.pictured),
        "codes used": {book: metrics.codes_used(counts) for book, counts in found.codes.items()},
    }


def _chi2(found: HeldOut) -> dict[str, Floats]:
    """Reduced chi2 of (decoded - data) of every object by the stream that it was decoded from;
    of an image over all its bands."""
    seen, pictured = found.seen, found.pictured
    spectra = {
        key: seen.chi2[seen.survey == survey] for key, survey in zip(SPECTRA, ("SDSS", "DESI"), strict=True)
    }
    cameras = (pictured.legacy, pictured.hsc)
    return spectra | {
        key: np.mean(errors.residual**2, axis=1) for key, errors in zip(IMAGES, cameras, strict=True)
    }


def _stars(found: HeldOut) -> metrics.Row:
    stars = found.seen.spectrum[(found.seen.kind == "star") & (found.seen.snr >= BRIGHT)]
    return {"n": len(stars.mode), "mode below 0.005": metrics.mean(stars.mode < 0.005)}


def _photometric(found: HeldOut) -> Table:
    seen, pictured = found.seen, found.pictured
    rows: Table = {}
    views = (
        ("fluxes", seen, seen.photometry),
        ("image", pictured, pictured.image),
        ("image and fluxes", pictured, pictured.image_and_fluxes),
    )
    for name, objects, answers in views:
        bright = objects.mag < PHOTOMETRIC_LIMIT
        parts = {
            "galaxies, r < 21": (objects.kind == "galaxy") & bright,
            "quasars, r < 21": (objects.kind == "quasar") & bright,
        }
        parts |= {
            f"galaxies, {label}": (objects.kind == "galaxy") & chosen
            for label, chosen in by_magnitude(objects.mag).items()
        }
        rows |= {f"{name}: {label}": metrics.photometric(answers[chosen]) for label, chosen in parts.items()}
    return rows


def _of_lines(name: Array, kind: Array) -> dict[str, Array]:
    classes = by_class(kind)
    each = {
        f"{plural}, {line}": chosen & (name == line)
        for plural, chosen in classes.items()
        for line in sorted(set(name[chosen].tolist()))
    }
    return {"all": np.full(len(name), True)} | classes | each


def _images(pictured: Pictured) -> Table:
    rows: Table = {}
    for camera, survey, errors in _cameras(pictured):
        rows[f"{camera}, all"] = metrics.image_reconstruction(errors)
        for index, band in enumerate(survey.bands):
            one = ImageErrors(*(getattr(errors, field.name)[:, index] for field in fields(errors)))
            rows[f"{camera}, {band[-1].lower()}"] = metrics.image_reconstruction(one)
        for label, chosen in by_magnitude(pictured.mag).items():
            rows[f"{camera}, {label}"] = metrics.image_reconstruction(errors[chosen])
    return rows


def _colors(pictured: Pictured) -> Table:
    rows: Table = {}
    for camera, survey, errors in _cameras(pictured):
        blue, red = ([band[-1] for band in survey.bands].index(letter) for letter in "GZ")
        rows[f"{camera}, g − z"] = metrics.image_colors(errors, blue, red)
        for label, chosen in by_magnitude(pictured.mag).items():
            rows[f"{camera}, g − z, {label}"] = metrics.image_colors(errors[chosen], blue, red)
    return rows


def _cameras(pictured: Pictured) -> tuple[tuple[str, Survey, ImageErrors], ...]:
    return ("Legacy Survey", LEGACY_SURVEY, pictured.legacy), ("HSC", HSC, pictured.hsc)


def _neighbors(found: HeldOut) -> Table:
    seen, pictured = found.seen, found.pictured
    near = metrics.nearest(seen.vector, NEIGHBORS)
    rows: Table = {"spectrum: same class": metrics.same_label(near, seen.kind)}
    extragalactic = {BOTH: seen.kind != "star"} | by_class(seen.kind)
    rows |= {
        f"spectrum: redshift, {name}": metrics.neighbor_redshifts(near, seen.z, chosen)
        for name, chosen in extragalactic.items()
    }
    galaxies = pictured.kind == "galaxy"
    for camera, vectors in (("Legacy Survey", pictured.legacy_vector), ("HSC", pictured.hsc_vector)):
        rows[f"{camera} image: same class"] = metrics.same_label(
            metrics.nearest(vectors, NEIGHBORS), pictured.kind
        )
        among = metrics.nearest(vectors[galaxies], NEIGHBORS)
        rows[f"{camera} image: same morphology, galaxies"] = metrics.same_label(
            among, pictured.morphology[galaxies]
        )
    return rows


def _twins(pictured: Pictured) -> Table:
    rows: Table = {}
    views = {
        "SDSS": pictured.sdss_vector,
        "DESI": pictured.desi_vector,
        "Legacy Survey": pictured.legacy_vector,
        "HSC": pictured.hsc_vector,
    }
    parts = {"all": np.full(len(pictured.z), True), f"S/N >= {BRIGHT:g}": pictured.snr >= BRIGHT} | by_class(
        pictured.kind
    )
    for query, base in (
        ("SDSS", "DESI"),
        ("DESI", "SDSS"),
        ("Legacy Survey", "HSC"),
        ("HSC", "Legacy Survey"),
    ):
        found = metrics.twin_ranks(views[query], views[base])
        images = query in ("HSC", "Legacy Survey")
        extra = {f"r < {PHOTOMETRIC_LIMIT:g}": pictured.mag < PHOTOMETRIC_LIMIT} if images else {}
        for label, chosen in (parts | extra).items():
            rows[f"{query} among {base}: {label}"] = metrics.ranks(found[chosen], len(found))
    return rows
