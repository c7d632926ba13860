"""The rows of some objects: what a model says of each, what surveys say of it, and what is shown of it.
A function of the objects, the weights and the reference catalog, and of nothing else."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from aion import previews
from aion.catalog import EmbeddedObject, Vector, views_of
from aion.catalog.columns import HEALPIX, P_Z, PICTURE, SPECTRUM, vector_column
from aion.catalog.healpix import healpix
from aion.constants import CODEC_FIELD, NANOMAGGY_ZERO_POINT
from aion.errors import AIONError, FaultError, InputError
from aion.exact_redshift import NOT_READ, NotRefined, refine, surest
from aion.explorer.engine import Engine
from aion.explorer.engine.reconstruction import SURVEYS, coverage, observed_pixels
from aion.explorer.results import MeasuredObject
from aion.explorer.survey.contract import Contract, Failure, tabulate_rows
from aion.io import SkyObject
from aion.modalities import MODALITIES, Image, Scalar, Spectrum
from aion.redshift import RedshiftPDF

CLASSES = {"GALAXY": "galaxy", "QSO": "quasar", "STAR": "star"}
"""What surveys call the classes of the reference catalog."""
VOTERS = 12
"""Neighbors whose classes are counted."""
_CENTRAL = {"z_lo68": 0.16, "z_hi68": 0.84, "z_lo95": 0.025, "z_hi95": 0.975}
"""Columns of the ends of central intervals -> share of the probability below."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What the model says of one object."""

    target: SkyObject
    measured: MeasuredObject | AIONError
    vectors: Mapping[str, Vector]
    """View -> unit vector."""
    votes: Mapping[str, float] | None
    """Class -> share of the neighbors; None without a reference catalog."""


def embed(
    targets: Sequence[SkyObject],
    engine: Engine,
    contract: Contract,
    kept: Sequence[Mapping[str, Any]] = (),
) -> tuple[pa.Table, list[Failure]]:
    """A row for each object that can be used, in order, and why there is none of the others.

    Args:
        kept: Columns of the input that are kept, of each object; empty without any.

    Raises:
        AIONError: it is not an object that the model cannot be asked about.
    """
    return tabulate_readings(read_by_model(targets, engine), contract, kept)


def read_by_model(targets: Sequence[SkyObject], engine: Engine) -> list[Reading]:
    """What needs the engine, one pass of its encoder for each different part of an object."""
    answers = engine.embed_objects(targets)
    measured = [answer for answer in answers if isinstance(answer, MeasuredObject)]
    vectors = iter(engine.vectors(measured, views_of, can_wait=True))
    readings = []
    for target, answer in zip(targets, answers, strict=True):
        if isinstance(answer, MeasuredObject):
            held = next(vectors)
            readings.append(Reading(target, answer, held, _votes(engine, answer, held)))
        elif isinstance(answer, (InputError, FaultError)):
            readings.append(Reading(target, answer, {}, None))
        else:
            raise answer
    return readings


def tabulate_readings(
    readings: Sequence[Reading], contract: Contract, kept: Sequence[Mapping[str, Any]] = ()
) -> tuple[pa.Table, list[Failure]]:
    """As `embed`, of what the model has read already."""
    rows, failures = [], []
    extras = kept or [{}] * len(readings)
    for reading, extra in zip(readings, extras, strict=True):
        target, measured = reading.target, reading.measured
        if isinstance(measured, AIONError):
            is_fault = isinstance(measured, FaultError)
            failures.append(Failure(target.id, _sources(target), str(measured), is_fault, is_fault))
        else:
            rows.append({**_row(reading, measured, with_p_z=contract.redshift_bins > 0), **extra})
    return tabulate_rows(_placed(rows), contract.schema), failures


def _row(reading: Reading, measured: MeasuredObject, *, with_p_z: bool) -> dict[str, Any]:
    target = reading.target
    image = next((one for one in target.modalities if isinstance(one, Image)), None)
    spectrum = next((one for one in target.modalities if isinstance(one, Spectrum)), None)
    tokens = {
        key: int(ids[0]) if MODALITIES[key].num_tokens == 1 else ids for key, ids in measured.tokens.items()
    }
    return {
        "id": target.id,
        **gather_facts(target, image, spectrum),
        **redshift_row(measured.redshift),
        **_exact_row(target, measured),
        "coverage": None if spectrum is None else coverage(spectrum),
        "votes": None if reading.votes is None else json.dumps(reading.votes),
        **tokens,
        **{vector_column(view): vector for view, vector in reading.vectors.items()},
        PICTURE: None if image is None else draw_picture(image),
        SPECTRUM: None if spectrum is None else previews.small_spectra(spectrum)[0],
        **({P_Z: measured.redshift.probability} if with_p_z else {}),
        "notes": [*measured.notes, *tell_left_out(measured)],
        "sources": [report.source for report in target.reports],
        "sha256": [report.sha256 for report in target.reports],
    }


def redshift_row(pdf: RedshiftPDF) -> dict[str, Any]:
    """The columns of the redshift, but for what the model is not asked for: coverage and votes."""
    best, *others = pdf.peaks
    return {
        "z_best": best.z,
        "z_mode": pdf.mode,
        "z_median": pdf.median,
        "z_mean": pdf.mean,
        **dict(zip(_CENTRAL, pdf.quantiles(list(_CENTRAL.values())).tolist(), strict=True)),
        "n_peaks": len(pdf.peaks),
        "p_best": best.probability,
        "z_2": others[0].z if others else None,
        "p_2": others[0].probability if others else None,
        "flags": list(pdf.flags),
    }


def _exact_row(target: SkyObject, measured: MeasuredObject) -> dict[str, Any]:
    """The columns of the exact redshift within the best peak; empty without a spectrum."""
    pdf = measured.redshift
    spectra = [one for one in target.modalities if isinstance(one, Spectrum)]
    if not spectra:
        return {}
    answer = surest(
        [
            refine(*observed_pixels(one), pdf, pdf.peaks[:1])[0]
            if one.token_key in measured.used
            else NOT_READ
            for one in spectra
        ]
    )
    if isinstance(answer, NotRefined):
        return {"not_refined": answer.reason}
    error = answer.error if np.isfinite(answer.error) else None
    return {"z_exact": answer.z, "z_exact_error": error, "exact_lines": len(answer.used)}


def gather_facts(target: SkyObject, image: Image | None, spectrum: Spectrum | None) -> dict[str, Any]:
    """What is said of an object, without what is not known."""
    numbers = {
        one.name: one.value.item()
        for one in target.modalities
        if isinstance(one, Scalar) and one.value.numel() == 1
    }
    kind, _, subtype = target.kind.partition("/")  # SDSS: "GALAXY/STARBURST"
    facts: dict[str, Any] = {
        **numbers,
        **_magnitudes(numbers),
        "class": CLASSES.get(kind.upper(), kind) or None,
        "subtype": subtype or None,
        "z": target.z_reference,
        "ra": target.ra,
        "dec": target.dec,
        "survey": None if image is None else SURVEYS[image.token_key],
        "spectrograph": None if spectrum is None else SURVEYS[spectrum.token_key],
        "snr": target.snr,
    }
    return {
        name: value
        for name, value in facts.items()
        if value is not None and (isinstance(value, str) or np.isfinite(value))
    }


def _magnitudes(numbers: Mapping[str, float]) -> dict[str, float]:
    """AB magnitude in r and color g - r, of fluxes in nanomaggies, else of HSC."""
    fluxes = {band: numbers.get(f"FLUX_{band.upper()}", 0.0) for band in "gr"}
    held = {band: numbers.get(f"{band}_cmodel_mag") for band in "gr"}
    held |= {band: NANOMAGGY_ZERO_POINT - 2.5 * np.log10(flux) for band, flux in fluxes.items() if flux > 0}
    known = {band: value for band, value in held.items() if value is not None}
    color = {"g_r": known["g"] - known["r"]} if len(known) == 2 else {}
    return ({"mag_r": known["r"]} if "r" in known else {}) | color


def tell_left_out(measured: EmbeddedObject) -> list[str]:
    """A sentence for each kind of data that the model did not read."""
    return [
        f"embedded without its {MODALITIES[key].name if key in MODALITIES else key}: {why}"
        for key, why in measured.ignored.items()
        if why and key not in ("tok_z", *measured.tokens)
    ]


def _votes(
    engine: Engine, measured: MeasuredObject, vectors: Mapping[str, Vector]
) -> dict[str, float] | None:
    """Class -> share of the neighbors in the reference catalog, most first."""
    catalog = engine.catalog
    if catalog is None:
        return None
    used = set(measured.used)
    compared = {
        view: measured.embedding if set(held) == used else vectors[view]
        for view, held in catalog.searched(measured.used).items()
    }
    if len(compared) == 1:  # without a look at the whole table, as there is nothing to filter
        [(view, vector)] = compared.items()
        rows = [match.row for match in catalog.indexes[view].query(vector, VOTERS)]
        kinds = catalog.table["class"].iloc[rows].tolist()
    else:
        kinds = [one.kind for one in catalog.neighbors(compared, VOTERS)]
    counts = Counter(kind for kind in kinds if isinstance(kind, str) and kind)
    return {kind: round(count / len(kinds), 4) for kind, count in counts.most_common()}


def draw_picture(image: Image) -> bytes:
    """An upright WebP of a batch of one in the colors of the Analyze page."""
    flux = image.flux[0].numpy()
    top, left = (max(size - CODEC_FIELD, 0) // 2 for size in flux.shape[-2:])
    return previews.picture(flux[:, top : top + CODEC_FIELD, left : left + CODEC_FIELD], image.bands)


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with where on the sky each is."""
    places = [i for i, row in enumerate(rows) if "ra" in row and "dec" in row]
    if places:
        ra, dec = (np.array([rows[i][name] for i in places]) for name in ("ra", "dec"))
        for i, pixel in zip(places, healpix(ra, dec).tolist(), strict=True):
            rows[i][HEALPIX] = pixel
    return rows


def _sources(target: SkyObject) -> str:
    return ", ".join(report.source for report in target.reports)
