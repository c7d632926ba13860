"""The fake's SPARCL: spectra of SDSS, BOSS and DESI.

It answers as https://github.com/astro-datalab/sparclclient expects: ``[header, record, …]``, boxes that do
not reach over RA 0, errors as ``{"errorMessage": …, "errorCode": …}``. What only the server knows, the status
of its errors among it, is a guess.
"""

import pickle
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from werkzeug import Response

from tests.sky.question import Question, as_json, page
from tests.sky.simulated_pixels import example_class, pixels
from tests.sky.simulated_sky import PRIVATE, PUBLIC, SPECTRA, SpectrumEntry

VERSION = "12.0"
RANGES = ("ra", "dec", "redshift", "redshift_err", "exptime", "wavemin", "wavemax")
LISTS = (
    "sparcl_id", "specid", "targetid", "data_release", "datasetgroup", "redshift_warning", "spectype",
    "specprimary", "instrument", "site", "telescope",
)  # fmt: skip
ARRAYS = ("flux", "wavelength", "ivar", "mask", "model")
DEFAULT = ("sparcl_id", "specid", "ra", "dec", "flux", "wavelength")
REFUSED = 400
"""Status of an error: not 200 is all that the client says of it."""


def answer(question: Question) -> Response:
    """Whatever SPARCL is asked."""
    if question.path == "version/":
        return Response(VERSION, content_type="application/json")
    if question.path == "datafields/":
        return as_json(_data_fields())
    if question.method != "POST" or question.path not in ("find/", "spectras/", "missing/"):
        return page(404, "Not Found")
    try:
        if question.path == "find/":
            return as_json(find(question.body or {}, question.args))
        if question.path == "missing/":
            known = {entry.sparcl_id for entry in SPECTRA}
            return as_json([one for one in question.body or [] if one not in known])
        return _sent(retrieve(question.body or [], question.args), question.args.get("format", "pkl"))
    except RefusedError as exc:
        return as_json({"errorMessage": exc.message, "errorCode": exc.code, "traceback": None}, REFUSED)


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def find(body: dict[str, Any], args: dict[str, str]) -> list[dict[str, Any]]:
    """What fits all constraints, ``limit`` of it and not a word about the rest."""
    search: Sequence[Sequence[Any]] = body.get("search", [])
    _check_fields([*body.get("outfields", ()), *(one[0] for one in search)], (*RANGES, *LISTS))
    releases = [name for one in search if one[0] == "data_release" for name in one[1:]]
    allowed = _allowed(releases)
    found = [
        entry
        for entry in SPECTRA
        if entry.release in allowed and all(_fits(_about(entry)[one[0]], one) for one in search)
    ]
    limit = int(args["limit"]) if args.get("limit", "").isdigit() else None
    found = found[:limit]
    outfields = body.get("outfields") or ("sparcl_id",)
    info = [f"Successfully found {len(found)} records in dr_list={sorted(allowed)}"]
    return [_header(info, []), *(_record(entry, outfields) for entry in found)]


def retrieve(ids: Sequence[str], args: dict[str, str]) -> list[dict[str, Any]]:
    """The spectra of these ids, in the archive's own order; a warning in the header for those it has not."""
    allowed = _allowed([one for one in args.get("dataset_list", "").split(",") if one])
    include = [one for one in args.get("include", "").split(",") if one] or DEFAULT
    _check_fields(include, (*RANGES, *LISTS, *ARRAYS))
    found = [entry for entry in SPECTRA if entry.sparcl_id in set(ids) and entry.release in allowed]
    missing = len(set(ids)) - len(found)
    searched = ", ".join(map(repr, sorted(allowed)))
    warnings = [
        f"Some UUIDs were not found. {missing} out of the {len(set(ids))} requested uuids have no records "
        f"available in the SPARCL database associated with DataSets {{{searched}}}."
        f'Use "client.missing()" to get a list of the {missing} unavailable uuids.'
    ]
    info = [f"Successfully found {len(found)} records in dr_list={sorted(allowed)}"]
    records = [_record(entry, include) for entry in sorted(found, key=lambda entry: entry.sparcl_id)]
    return [_header(info, warnings if missing else []), *records]


def _allowed(asked: Sequence[str]) -> tuple[str, ...]:
    """The releases to look in: the public ones where none is named."""
    unknown = sorted(set(asked) - {*PUBLIC, *PRIVATE})
    if unknown:
        raise RefusedError("UNKDR", f"Unknown data release: {', '.join(unknown)}")
    declined = sorted(set(asked) & set(PRIVATE))
    if declined:
        raise RefusedError(
            "NODRACCESS",
            f"uname='ANONYMOUS' is declined access to datasets={declined}; "
            f"drs_requested={sorted(asked)} my_auth={list(PUBLIC)}",
        )
    return tuple(asked) or PUBLIC


def _check_fields(asked: Iterable[str], known: Sequence[str]) -> None:
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise RefusedError("UNKFIELD", f"Unknown fields: {', '.join(unknown)}. Allowed: {', '.join(known)}")


def _fits(value: Any, constraint: Sequence[Any]) -> bool:
    name, *given = constraint
    if name not in RANGES:
        return value in given
    if len(given) != 2:
        raise RefusedError("BADCONST", f"{name} needs two values, from and to; it has {len(given)}")
    return given[0] <= value <= given[1]


@cache
def _about(entry: SpectrumEntry) -> dict[str, Any]:
    """All but the arrays."""
    kind, z = example_class(entry.target.example)
    of_desi = entry.release.startswith("DESI")
    wavelength = pixels(entry).wavelength
    return {
        "sparcl_id": entry.sparcl_id,
        "specid": entry.specid,
        "targetid": entry.targetid,
        "data_release": entry.release,
        "datasetgroup": "DESI" if of_desi else "SDSS_BOSS",
        "ra": entry.target.ra,
        "dec": entry.target.dec,
        "redshift": z,
        "redshift_err": 2e-5,
        "redshift_warning": 4 if pixels(entry).snr < 1.5 else 0,
        "spectype": kind,
        "specprimary": int(entry.is_primary),
        "instrument": "DESI" if of_desi else entry.release.partition("-")[0],
        "site": "kpno" if of_desi else "apo",
        "telescope": "kp4m" if of_desi else "sloan25m",
        "exptime": 3600.0,
        "wavemin": float(wavelength[0]),
        "wavemax": float(wavelength[-1]),
    }


def _record(entry: SpectrumEntry, fields: Iterable[str]) -> dict[str, Any]:
    about, found = _about(entry), pixels(entry)
    arrays = {name: getattr(found, "flux" if name == "model" else name) for name in ARRAYS}
    record = {name: np.asarray(arrays[name]).tolist() if name in ARRAYS else about[name] for name in fields}
    return record | {"_dr": entry.release}


def _header(info: list[str], warnings: list[str]) -> dict[str, Any]:
    return {"status": {"success": True, "info": info, "warnings": warnings}}


def _sent(records: list[dict[str, Any]], form: str) -> Response:
    """JSON where it is asked for; else a pickle, which nobody should open."""
    if form == "json":
        return as_json(records)
    return Response(pickle.dumps(records), content_type="application/octet-stream")


def _data_fields() -> list[dict[str, Any]]:
    """One row for each release and field."""
    return [
        {
            "data_release": release,
            "origdp": name,
            "newdp": name,
            "storage": "S" if name in ARRAYS else "C",
            "default": name in DEFAULT,
            "all": True,
        }
        for release in PUBLIC
        for name in (*LISTS, *RANGES, *ARRAYS)
    ]
