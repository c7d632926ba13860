"""Spectra from SPARCL, and from the files of their surveys where it does not give them and it is known which
file that is.
"""

from dataclasses import replace

from aion.errors import ArchiveError, NothingThereError
from aion.io.plate_fiber import PlateFiber
from aion.sky.archive import Archive
from aion.sky.fetched import Fetched
from aion.sky.search_progress import SearchProgress
from aion.sky.sparcl import ArchiveSpectrum, fetch_spectrum, spectra_by_id
from aion.sky.survey_files import fetch_desi_row, fetch_sdss_file, find_sdss_file

NO_IDENTITY = "of its files those of SDSS could be asked by plate-mjd-fiber, which a position does not tell"


def find_spectrum(
    text: str,
    ids: tuple[int, ...],
    fiber: PlateFiber | None,
    archive: Archive,
    progress: SearchProgress | None,
) -> ArchiveSpectrum:
    """That of an id: what SPARCL says of it, or the file of SDSS.

    Args:
        text: as a person wrote it.
        ids: what it may be called in SPARCL.
        fiber: what it says of a file of SDSS; None: nothing.

    Raises:
        NothingThereError: neither has it.
        ArchiveError: SPARCL does not answer, and no file is known.
    """
    problem: ArchiveError | NothingThereError
    try:
        found = spectra_by_id(ids, archive, progress)
        if found:
            return found[0]
        problem = NothingThereError(
            f"SPARCL knows no public spectrum {text} in SDSS DR17, BOSS DR17 or DESI DR1; check the id"
        )
    except ArchiveError as exc:
        problem = exc
    if fiber is None:
        unknown = "" if isinstance(problem, NothingThereError) else "; a TARGETID alone names no file of DESI"
        raise type(problem)(f"{problem}{unknown}") from problem
    try:
        return find_sdss_file(fiber, archive, progress)
    except (ArchiveError, NothingThereError) as exc:
        raise type(problem)(f"{problem}; {exc}") from exc


def fetch_with_fallback(
    spectrum: ArchiveSpectrum, archive: Archive, progress: SearchProgress | None = None
) -> Fetched:
    """The file of a spectrum: from SPARCL, else from its survey, whose provenance then says why.

    Raises:
        ArchiveError: neither gives it.
    """
    if not spectrum.sparcl_id:
        return _from_survey(spectrum, archive, progress)
    try:
        return fetch_spectrum(spectrum, archive, progress)
    except ArchiveError as exc:
        problem = exc
    try:
        file = _from_survey(spectrum, archive, progress)
    except (ArchiveError, NothingThereError) as exc:
        raise ArchiveError(f"{problem}; {exc}") from exc
    note = "; ".join(filter(None, [f"asked for because {problem}", file.provenance.note]))
    return replace(file, provenance=replace(file.provenance, note=note))


def _from_survey(spectrum: ArchiveSpectrum, archive: Archive, progress: SearchProgress | None) -> Fetched:
    if spectrum.survey == "DESI" and spectrum.id.isdigit():
        return fetch_desi_row(spectrum, archive, progress)
    fiber = PlateFiber.of_text(spectrum.id)
    if fiber is None:
        raise NothingThereError(f"{spectrum.id} does not say in which file of {spectrum.survey} it is")
    return fetch_sdss_file(fiber, archive, progress)
