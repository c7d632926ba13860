"""Spectra of SDSS, BOSS and DESI from SPARCL: what there is at a position or of an id, and each as a file.

https://astrosparcl.datalab.noirlab.edu ; it searches boxes, not cones, so that distances are computed here.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aion.errors import ArchiveError
from aion.io.plate_fiber import PlateFiber
from aion.sky.archive import Archive, Request
from aion.sky.boxes import boxes
from aion.sky.fetched import Fetched
from aion.sky.search_progress import SearchProgress
from aion.sphere import separation

RELEASES = ("DESI-DR1", "SDSS-DR17", "BOSS-DR17")
"""Public ones: for these no account is asked for."""
LIMIT = 500
"""Records of one search; SPARCL says nothing of those that it leaves out."""
NEAR = 1e-4
"""Degrees by which a position may be rounded."""
_ABOUT = (
    "sparcl_id", "specid", "data_release", "ra", "dec",
    "redshift", "redshift_err", "redshift_warning", "spectype",
)  # fmt: skip
_FOUND = (*_ABOUT, "targetid", "specprimary")
_ARRAYS = ("flux", "wavelength", "ivar", "mask")


@dataclass(frozen=True)
class ArchiveSpectrum:
    """A spectrum that the archive has, and what its survey says of it."""

    sparcl_id: str
    release: str
    """``"DESI-DR1"``, ``"SDSS-DR17"`` or ``"BOSS-DR17"``."""
    id: str
    """TARGETID, or plate-mjd-fiber of SDSS: ``0266-51630-0053``."""
    ra: float
    """Degrees, ICRS."""
    dec: float
    z: float | None
    """Of the survey's pipeline: for comparison only, never given to the model."""
    z_error: float | None
    z_warning: int | None
    """0: the pipeline sees no problem."""
    kind: str
    """Class of the pipeline: ``"GALAXY"``, ``"QSO"`` or ``"STAR"``."""
    is_primary: bool
    """The best of this object by its survey."""

    @property
    def survey(self) -> str:
        """``"DESI"`` or ``"SDSS"``, to whose codec it goes."""
        return "DESI" if self.release.startswith("DESI") else "SDSS"

    def separation(self, ra: float, dec: float) -> float:
        """Arcsec from a position."""
        return float(separation(self.ra, self.dec, ra, dec))


def spectra_near(
    ra: float, dec: float, radius: float, archive: Archive, progress: SearchProgress | None = None
) -> list[ArchiveSpectrum]:
    """All within `radius` (arcsec) of a position, nearest first.

    Raises:
        ArchiveError: SPARCL does not answer, or with something else, or has more than it sends.
    """
    found: dict[str, ArchiveSpectrum] = {}
    for box in boxes(ra, dec, radius):
        search: list[list[Any]] = [["ra", *box[:2]], ["dec", *box[2:]], ["data_release", *RELEASES]]
        found |= {one.sparcl_id: one for one in _find(search, archive, progress)}
    near = [one for one in found.values() if one.separation(ra, dec) <= radius]
    return sorted(near, key=lambda one: one.separation(ra, dec))


def spectra_by_id(
    ids: Iterable[int], archive: Archive, progress: SearchProgress | None = None
) -> list[ArchiveSpectrum]:
    """Those of one TARGETID or specObjID, the primary one first.

    ``specid`` of a DESI spectrum is its TARGETID; ids that are only a ``targetid`` are asked for afterwards.
    """
    numbers = list(ids)
    for name in ("specid", "targetid"):
        found = _find([[name, *numbers], ["data_release", *RELEASES]], archive, progress)
        if found:
            return sorted(found, key=lambda one: not one.is_primary)
    return []


def fetch_spectrum(
    spectrum: ArchiveSpectrum, archive: Archive, progress: SearchProgress | None = None
) -> Fetched:
    """The spectrum as the JSON that SPARCL sends, which `aion.io.read` reads.

    Raises:
        ArchiveError: another spectrum came, or none.
    """
    request = Request(
        "sparcl",
        "spectras/",
        {"include": ",".join((*_ABOUT, *_ARRAYS)), "format": "json"},
        [spectrum.sparcl_id],
        step=f"{spectrum.release} spectrum",
        problem=partial(_wrong_spectrum, sparcl_id=spectrum.sparcl_id),
    )
    answer = archive.ask(request, progress)
    name = f"{spectrum.release}-{spectrum.id}.json"
    place = (spectrum.ra, spectrum.dec)
    return Fetched.of(answer, name, spectrum.survey, place, service="sparcl")


def _find(
    search: Sequence[Sequence[Any]], archive: Archive, progress: SearchProgress | None
) -> list[ArchiveSpectrum]:
    body = {"outfields": list(_FOUND), "search": search}
    problem = partial(_wrong_records, search=search)
    request = Request("sparcl", "find/", {"limit": LIMIT}, body, step="spectra", problem=problem)
    records = _records(archive.ask(request, progress).data)
    if len(records) >= LIMIT:
        raise ArchiveError(
            f"SPARCL has {LIMIT} spectra or more there, and sends no more than these; ask for one by its id"
        )
    return [_spectrum(record) for record in records]


def _wrong_answer(data: bytes) -> str | None:
    try:
        answer = json.loads(data)
    except ValueError:
        return "answers, but not with JSON as SPARCL does; try again later"
    if isinstance(answer, dict):
        return f"refuses: {str(answer.get('errorMessage', answer))[:200]}"
    complete = isinstance(answer, list) and all(isinstance(record, dict) for record in answer)
    needed = {"sparcl_id", "ra", "dec", "data_release"}
    if not complete or not answer or any(not needed <= record.keys() for record in answer[1:]):
        return "answers with other records than SPARCL's; try again later"
    return None


def _wrong_records(data: bytes, search: Sequence[Sequence[Any]]) -> str | None:
    problem = _wrong_answer(data)
    if problem is None and not all(_fits(one, *rule) for one in _records(data) for rule in search):
        problem = "sent spectra that were not asked for; try again later"
    return problem


def _fits(record: dict[str, Any], name: str, *values: Any) -> bool:
    """Whether a record is as it was asked for."""
    value = record.get(name)
    if name in ("ra", "dec"):
        return isinstance(value, float | int) and values[0] - NEAR <= value <= values[1] + NEAR
    return str(value) in map(str, values)


def _wrong_spectrum(data: bytes, sparcl_id: str) -> str | None:
    problem = _wrong_answer(data)
    if problem is not None:
        return problem
    sent = _records(data)
    if [record["sparcl_id"] for record in sent] != [sparcl_id]:
        return f"sent {len(sent)} spectra, and not the one that was asked for; try again later"
    missing = [name for name in _ARRAYS if not isinstance(sent[0].get(name), list)]
    return f"sent a spectrum without its {', '.join(missing)}; try again later" if missing else None


def _records(data: bytes) -> list[dict[str, Any]]:
    """Without the header, which comes first."""
    records: list[dict[str, Any]] = json.loads(data)[1:]
    return records


def _id(record: dict[str, Any]) -> str:
    """That of the spectrum: ``targetid`` of SDSS is of its photometry."""
    specid = record.get("specid")
    if not isinstance(specid, int):
        return str(record["sparcl_id"])
    fiber = PlateFiber.of_specobjid(specid)
    is_desi = str(record["data_release"]).startswith("DESI")
    return str(specid) if is_desi or fiber is None else fiber.text


def _spectrum(record: dict[str, Any]) -> ArchiveSpectrum:
    z, error, warning = (record.get(name) for name in ("redshift", "redshift_err", "redshift_warning"))
    return ArchiveSpectrum(
        sparcl_id=str(record["sparcl_id"]),
        release=str(record["data_release"]),
        id=_id(record),
        ra=float(record["ra"]),
        dec=float(record["dec"]),
        z=None if z is None else float(z),
        z_error=None if error is None else float(error),
        z_warning=None if warning is None else int(warning),
        kind=str(record.get("spectype") or ""),
        is_primary=bool(record.get("specprimary")),
    )
