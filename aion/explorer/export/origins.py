"""Where files of archives are from, and what a paper that uses them says, in sentences for every export."""

from collections.abc import Sequence

from aion.io import Report
from aion.sky.services import ACKNOWLEDGMENTS


def origins(reports: Sequence[Report]) -> list[str]:
    """A sentence for each file that was fetched; none for files that a person had."""
    sentences = []
    for report in reports:
        found = report.provenance
        if found is None:
            continue
        away = "" if found.separation is None else f", {found.separation:.2f} arcsec from the place asked for"
        changed = f"; {found.note}" if found.note else ""
        service = f" ({found.service})" if found.service else ""
        asked = f"{report.source}: fetched from {found.url}{service} at {found.time}"
        sentences.append(f"{asked}, SHA-256 of the answer {found.sha256}{away}{changed}")
    return sentences


def acknowledgments(reports: Sequence[Report]) -> list[str]:
    """What to say of each survey whose files were fetched, and of the service where it asks for it."""
    found = [report.provenance for report in reports if report.provenance is not None]
    names = [*(one.survey for one in found), *(one.service for one in found)]
    return [ACKNOWLEDGMENTS[name] for name in dict.fromkeys(names) if name in ACKNOWLEDGMENTS]
