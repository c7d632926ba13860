"""Results -> the bytes of files: JSON, CSV, ECSV, FITS, HDF5, npy, Parquet. Columns lower case, ids text.

Everything carries its provenance: the model's id, revision and SHA-256, and that decoded is not observed.
"""

import hashlib
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from aion.catalog import Catalog
from aion.constants import NANOMAGGY_ZERO_POINT
from aion.exact_redshift import ExactRedshift, NotRefined
from aion.explorer.export import tables
from aion.explorer.export.origins import acknowledgments, origins
from aion.explorer.results import Analysis, Floats, ImageResult, ModelInfo, SpectrumResult
from aion.io import Report
from aion.io.write import Card, Column, OutputTable, Picture, csv, ecsv, fits_bytes, hdf5, votable
from aion.lines import line_label

FLUX_UNIT = "1e-17 erg / (s cm2 Angstrom)"


def to_dict(analysis: Analysis, reports: Sequence[Report] = ()) -> dict[str, Any]:
    """The analysis as plain values, with the ``reports`` of its object. NaN becomes None."""
    pdf = analysis.redshift
    inputs = {
        "id": analysis.id,
        "files": [
            {"source": report.source, "format": report.format, "sha256": report.sha256} for report in reports
        ],
        "used": list(analysis.used),
        "ignored": analysis.ignored,
        "z_reference": analysis.z_reference,
    }
    redshift = {
        "mode": pdf.mode,
        "median": pdf.median,
        "mean": pdf.mean,
        "ci68": [list(interval) for interval in pdf.ci68],
        "ci95": [list(interval) for interval in pdf.ci95],
        "peaks": [
            {"z": peak.z, "probability": peak.probability, "low": peak.low, "high": peak.high}
            for peak in pdf.peaks
        ],
        "exact": [_exact(answer) for answer in analysis.exact],
        "flags": list(pdf.flags),
        "prior": analysis.prior,
        "recalibration": analysis.recalibration,
    }
    neighbors = [
        {"id": found.id, "similarity": found.similarity, "z": found.z, "class": found.kind}
        for found in analysis.neighbors
    ]
    plain = {
        "inputs": inputs,
        "report": {
            "files": [report.to_dict() for report in reports],
            "notes": list(analysis.notes),
            "acknowledgments": acknowledgments(reports),
        },
        "trust": [
            {"name": check.name, "value": check.value, "passed": check.passed} for check in analysis.trust
        ],
        "redshift": redshift,
        "neighbors": neighbors,
        "reconstruction": _reconstruction(analysis),
        "model": {
            "id": analysis.model.id,
            "revision": analysis.model.revision,
            "sha256": analysis.model.sha256,
        },
    }
    finite: dict[str, Any] = without_nan(plain)
    return finite


def to_json(analysis: Analysis, reports: Sequence[Report] = ()) -> str:
    """`to_dict` as a JSON text."""
    return json.dumps(to_dict(analysis, reports), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def pdf_csv(analysis: Analysis) -> bytes:
    """p(z), one row per bin."""
    return csv(_pdf_columns(analysis))


def pdf_ecsv(analysis: Analysis, reports: Sequence[Report] = ()) -> bytes:
    """p(z), one row per bin, with point estimates and provenance in the header."""
    pdf = analysis.redshift
    points = {"mode": pdf.mode, "median": pdf.median, "mean": pdf.mean, "flags": list(pdf.flags)}
    about = {"origins": origins(reports), "acknowledgments": acknowledgments(reports)}
    fetched = {name: sentences for name, sentences in about.items() if sentences}
    return ecsv(_pdf_columns(analysis), _provenance(analysis) | points | fetched)


def pdf_hdf5(analysis: Analysis) -> bytes:
    """p(z) as ``qp.read`` takes it: one histogram, the id and the point estimates beside it."""
    pdf, model = analysis.redshift, analysis.model
    meta = {"pdf_name": np.array([b"hist"]), "pdf_version": np.array([0]), "bins": pdf.edges[None]}
    text = {"id": analysis.id, "weights": model.sha256, "prior": analysis.prior or ""}
    text["recalibration"] = analysis.recalibration or ""
    points = {"zmode": pdf.mode, "zmedian": pdf.median, "zmean": pdf.mean}
    ancil = {name: np.array([value.encode()]) for name, value in text.items()} | {
        name: np.array([value]) for name, value in points.items()
    }
    return hdf5({"meta": meta, "data": {"pdfs": pdf.density[None]}, "ancil": ancil})


def decoded_fits(analysis: Analysis, reports: Sequence[Report] = ()) -> bytes:
    """What the tokens decode to: image cubes in nanomaggies per pixel, spectra against vacuum Å, numbers.
    ``SYNTH = T``: not observed."""
    parts: list[OutputTable | Picture] = [_picture(image) for image in analysis.images]
    parts += [_table(spectrum) for spectrum in analysis.spectra]
    if analysis.scalars:
        names, units = [s.name for s in analysis.scalars], [s.unit for s in analysis.scalars]
        originals = [math.nan if s.original is None else s.original for s in analysis.scalars]
        columns = (
            Column("name", names),
            Column("unit", units),
            Column("original", originals, "", "given to the model"),
            Column("decoded", [s.decoded for s in analysis.scalars], "", "what the token stands for"),
        )
        parts.append(OutputTable("SCALARS", columns))
    cards: dict[str, Card] = {
        "SYNTH": (True, "decoded from tokens, not observed"),
        "AIONVER": (analysis.model.versions["aion"], "version of the software"),
        "AIONMOD": (analysis.model.title, "weights"),
        "AIONREV": (analysis.model.revision or "folder", "revision of the weights"),
        "AIONSHA": (analysis.model.sha256[:32], "SHA-256 of the weights, start"),
        "OBJECT": (analysis.id, "id in the input"),
        "ZMODE": (analysis.redshift.mode, "mode of the redshift density"),
    }
    notice = [analysis.model.notice] if analysis.model.notice else []
    history = [*notice, f"read by the model: {', '.join(analysis.used)}", *analysis.notes]
    return fits_bytes(parts, cards, history=[*history, *origins(reports), *acknowledgments(reports)])


def spectrum_votable(analysis: Analysis, spectrum: SpectrumResult) -> bytes:
    """One spectrum, with what the tokens decode to beside it."""
    about = {"object": analysis.id, "survey": spectrum.survey, "model": analysis.model.title}
    return votable(_table(spectrum).columns, about | {"sha256": analysis.model.sha256})


def embeddings_npy(vectors: ArrayLike) -> bytes:
    """(n, D) float32, in the order given."""
    stream = io.BytesIO()
    np.save(stream, np.asarray(vectors, dtype=np.float32), allow_pickle=False)
    return stream.getvalue()


def result_files(
    analysis: Analysis,
    reports: Sequence[Report],
    catalog: Catalog | None,
    around: tuple[float, float] | None = None,
) -> dict[str, bytes]:
    """Ending of a file's name -> its content; with the neighbors where there is a catalog of them, and their
    distance from ``around`` (RA and Dec, degrees: where the object is in the sky of that catalog)."""
    files = {
        "json": to_json(analysis, reports).encode(),
        "pz.csv": pdf_csv(analysis),
        "pz.ecsv": pdf_ecsv(analysis, reports),
        "pz.hdf5": pdf_hdf5(analysis),
        "decoded.fits": decoded_fits(analysis, reports),
        "embedding.npy": embeddings_npy([analysis.embedding]),
    }
    if catalog is not None:
        files |= {
            f"neighbors.{end}": tables.neighbors_file(catalog, analysis, end, around)
            for end in ("csv", "ecsv")
        }
    return files


def file_stems(ids: Sequence[str]) -> list[str]:
    """Beginnings of file names, none twice, also where upper and lower case are one.

    An id that cannot stand in a file name as it is gets a part of its hash in place of what is lost.
    """
    stems: list[str] = []
    for id in ids:
        stem = re.sub(r"[^\w.+-]+", "_", id)[:100]
        if stem != id or not id:
            stem = f"{stem or 'object'}-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
        taken, number, first = {other.casefold() for other in stems}, 2, stem
        while stem.casefold() in taken:
            stem, number = f"{first}-{number}", number + 1
        stems.append(stem)
    return stems


@dataclass(frozen=True)
class EmbeddingRow:
    """An object with its vector, and what that was made from."""

    id: str
    vector: Floats
    """(D,)."""
    used: tuple[str, ...]
    """Token keys that the encoder read."""
    reports: tuple[Report, ...] = ()
    """Of the files that it came from; none for an object of a catalog."""

    @classmethod
    def of(cls, analysis: Analysis, reports: Sequence[Report] = ()) -> Self:
        """``reports`` are those of the object that was analyzed."""
        return cls(analysis.id, analysis.embedding, analysis.used, tuple(reports))


def embeddings_parquet(rows: Sequence[EmbeddingRow], model: ModelInfo) -> bytes:
    """Columns ``id`` (text), ``embedding`` (fixed-size list of float32), and lists of text: ``used`` (token
    keys that were read), ``files`` it came from and the ``sha256`` of each. The metadata of the file says
    which weights and which version made it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    vectors = np.stack([row.vector for row in rows]).astype(np.float32)
    texts = pa.list_(pa.string())
    columns = {
        "id": pa.array([row.id for row in rows], pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1]),
        "used": pa.array([row.used for row in rows], texts),
        "files": pa.array([[report.source for report in row.reports] for row in rows], texts),
        "sha256": pa.array([[report.sha256 for report in row.reports] for row in rows], texts),
    }
    metadata = {
        "model_id": model.id,
        "model_revision": model.revision or "",
        "model_sha256": model.sha256,
        "aion_version": model.versions["aion"],
    }
    stream = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), stream)
    return stream.getvalue()


def _exact(answer: ExactRedshift | NotRefined) -> dict[str, Any]:
    """Of one peak, in the order of the peaks."""
    if isinstance(answer, NotRefined):
        return {"not_refined": answer.reason}
    lines = [
        {
            "line": line_label(one.line),
            "flux": one.flux,
            "flux_error": one.error,
            "equivalent_width": one.equivalent_width,
            "equivalent_width_error": one.equivalent_width_error,
        }
        for one in answer.lines
    ]
    return {
        "z": answer.z,
        "error": answer.error,
        "lines_used": len(answer.used),
        "kind": answer.kind,
        "velocity_width": answer.velocity_width,
        "improvement": answer.improvement,
        "lead": answer.lead,
        "lines": lines,
    }


def _reconstruction(analysis: Analysis) -> dict[str, Any]:
    """Per modality, how far the decoded data are from the original; None where there is no original."""
    kept: dict[str, Any] = {}
    for image in analysis.images:
        rms, ratio = image.residual_rms, image.flux_ratio
        kept[f"{image.survey} image"] = {
            "bands": list(image.bands),
            "residual_rms_nanomaggies": None if rms is None else list(rms),
            "flux_ratio": None if ratio is None else list(ratio),
        }
    for spectrum in analysis.spectra:
        kept[f"{spectrum.survey} spectrum"] = {
            "reduced_chi2": spectrum.reduced_chi2,
            "pixels": len(spectrum.wavelength),
            "masked": int(spectrum.bad.sum()),
        }
    for scalar in analysis.scalars:
        kept[scalar.name] = {"original": scalar.original, "decoded": scalar.decoded, "unit": scalar.unit}
    return kept


def _pdf_columns(analysis: Analysis) -> list[Column]:
    pdf = analysis.redshift
    return [
        Column("z", pdf.z, "", "bin mid-point"),
        Column("z_low", pdf.edges[:-1], "", "lower edge of the bin"),
        Column("z_high", pdf.edges[1:], "", "upper edge of the bin"),
        Column("probability", pdf.probability, "", "mass in the bin; sums to 1"),
        Column("density", pdf.density, "", "probability per unit redshift; integrates to 1"),
    ]


def _provenance(analysis: Analysis) -> dict[str, Any]:
    model = analysis.model
    return {
        "object": analysis.id,
        "used": list(analysis.used),
        "model": model.id,
        "revision": model.revision,
        "sha256": model.sha256,
        "notice": model.notice,
        "prior": analysis.prior,
        "recalibration": analysis.recalibration,
        "aion_version": model.versions["aion"],
    }


def _picture(image: ImageResult) -> Picture:
    cards: dict[str, Card] = {
        "SURVEY": (image.survey, "whose bands these are"),
        "BANDS": (",".join(image.bands), "planes in order"),
        "MAGZERO": (NANOMAGGY_ZERO_POINT, "AB magnitude of 1 nanomaggy"),
    }
    cards |= {name: (value, "of the input, moved to this field") for name, value in image.wcs.items()}
    if image.pixel_scale:
        cards["PIXSCALE"] = (image.pixel_scale, "arcsec per pixel")
    return Picture(f"{image.survey} image".upper(), image.decoded.astype(np.float32), "nanomaggy", cards)


def _table(spectrum: SpectrumResult) -> OutputTable:
    """The decoded flux, beside the original where there is one."""
    columns = [
        Column("wavelength", spectrum.wavelength, "Angstrom", "vacuum, observed frame"),
        Column("decoded", spectrum.decoded, FLUX_UNIT, "decoded from tokens, not observed"),
        Column("mask", spectrum.bad, "", "True = bad in the input"),
    ]
    if spectrum.flux is not None and spectrum.sigma is not None and spectrum.residual is not None:
        columns += [
            Column("flux", spectrum.flux, FLUX_UNIT, "observed, as given"),
            Column("sigma", spectrum.sigma, FLUX_UNIT, "1 / sqrt(ivar)"),
            Column("residual", spectrum.residual, "", "(flux - decoded) / sigma"),
        ]
    return OutputTable(
        f"{spectrum.survey} spectrum".upper(),
        tuple(columns),
        {"SURVEY": (spectrum.survey, "whose grid this is")},
    )


def without_nan(value: Any) -> Any:
    """The same nest of values without NaN and infinity, which JSON does not know."""
    if isinstance(value, dict):
        return {key: without_nan(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(held) for held in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
