"""Decisions <-> files: CSV, ECSV and FITS with our column names or those of prospect, and results of Marz.

The columns of prospect are its ``utilities.vi_file_fields``, those of Marz its ``ResultsGenerator``
(https://github.com/desihub/prospect, https://github.com/Samreay/Marz), whose positions are in radians.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from aion.errors import FormatError
from aion.explorer.redshift.inspection.cells import (
    UNKNOWN,
    id_in,
    issues_in,
    kind_in,
    quality_in,
    redshift_in,
    whole_number_in,
)
from aion.explorer.redshift.inspection.decisions import ISSUES, SECURE_FROM, Decision, main_kind
from aion.explorer.redshift.inspection.queues import QueueObject
from aion.io.content import Record, Records, Table
from aion.io.objects import Source
from aion.io.parsing import Content, parse
from aion.io.rows import text_of
from aion.io.source import File, load
from aion.io.write import Column, OutputTable, ecsv, fits_bytes, text_of_fits
from aion.io.write import csv as csv_bytes

Names = Literal["aion", "prospect", "marz"]
"""Whose column names."""
ENDINGS: dict[Names, tuple[str, ...]] = {
    "aion": ("csv", "ecsv", "fits"),
    "prospect": ("csv", "ecsv", "fits"),
    "marz": ("mz",),
}
"""Of the files that are written with these names."""
OURS = (
    "id",
    "ra",
    "dec",
    "z",
    "quality",
    "class",
    "issues",
    "comment",
    "person",
    "time",
    "z_catalog",
    "class_catalog",
    "z_model",
    "snr",
)
PROSPECT = (
    "TARGETID",
    "EXPID",
    "NIGHT",
    "TILEID",
    "Spec_version",
    "Redrock_version",
    "Template_version",
    "Redrock_spectype",
    "Redrock_z",
    "Redrock_deltachi2",
    "VI_scanner",
    "VI_quality",
    "VI_issue",
    "VI_z",
    "VI_spectype",
    "VI_comment",
)
MARZ = (
    "ID",
    "Name",
    "RA",
    "DEC",
    "Mag",
    "Type",
    "AutoTID",
    "AutoTN",
    "AutoZ",
    "AutoXCor",
    "FinTID",
    "FinTN",
    "FinZ",
    "QOP",
    "Comment",
)
NOT_INSPECTED = -1
"""The quality, in a FITS file, of what was not inspected."""
MARZ_STAR = 6
"""QOP of a star that is sure."""
MARZ_TEMPLATES = {"GALAXY": "Galaxy", "QSO": "Quasar", "STAR": "Star"}
MARZ_QUASAR = "12"
"""Its one template of quasars; of galaxies and stars it has several, and a person chose none."""


@dataclass(frozen=True)
class InspectionRow:
    """One person's decision with what else is known of the object."""

    decision: Decision
    known: QueueObject
    place: int
    """In its queue, from 1."""


def write_decisions(rows: Sequence[InspectionRow], names: Names, ending: str, label: str) -> bytes:
    """A file of decisions; ``label``: of their queue. Nothing is lost with our names and those of prospect.
    Marz has no issues, and one quality less: 0 becomes 1, which it calls the same."""
    if names == "marz":
        return _marz(rows, label).encode()
    columns = _our_columns(rows) if names == "aion" else _prospect_columns(rows)
    if ending == "csv":
        return csv_bytes(columns)
    if ending == "ecsv":
        return ecsv(columns, {"queue": label})
    return fits_bytes([OutputTable("INSPECTION", tuple(columns))], {}, history=[f"queue: {label}"])


def read_decisions(source: Source, *, name: str | None = None) -> list[Decision]:
    """What is in a file of ours, of prospect or of Marz, in its order; rows that say nothing are left out.

    An empty redshift or class of prospect is what Redrock says, as in the merging of DESI's inspections.

    Raises:
        FormatError: it is none of these, or a row holds what cannot be.
    """
    file = _loaded(source, name)
    person, rows = _lines(file.data) or ("", _parsed_rows(parse(file)))
    found = []
    for number, row in enumerate(rows, start=1):
        read = _reader_of(row)
        if read is None:
            raise FormatError(
                f"{file.name} has no decisions: columns id and quality (ours), TARGETID and VI_quality "
                f"(prospect) or Name and QOP (Marz) are expected; it has {', '.join(row)}"
            )
        try:
            decision = read(row, person)
        except ValueError as exc:
            raise FormatError(f"{file.name}, row {number}: {exc}") from exc
        if not decision.is_empty:
            found.append(decision)
    if not found:
        raise FormatError(f"{file.name} holds no decision")
    return found


def table_rows(source: Source) -> Iterator[dict[str, str]]:
    """Rows of any table as texts, by lower-case names."""
    file = _loaded(source, None)
    _, rows = _lines(file.data) or ("", _parsed_rows(parse(file)))
    return rows


def _loaded(source: Source, name: str | None) -> File:
    file = load(source, name)
    if file is None:
        raise FormatError(f"a file of decisions is expected, not {type(source).__name__}")
    return file


def _our_columns(rows: Sequence[InspectionRow]) -> list[Column]:
    decisions, known = [row.decision for row in rows], [row.known for row in rows]
    quality = [NOT_INSPECTED if one.quality is None else one.quality for one in decisions]
    values: dict[str, Sequence[object]] = {
        "id": [one.object_id for one in decisions],
        "ra": [one.ra for one in known],
        "dec": [one.dec for one in known],
        "z": [one.z for one in decisions],
        "quality": quality,
        "class": [one.kind for one in decisions],
        "issues": [one.issues for one in decisions],
        "comment": [one.comment for one in decisions],
        "person": [one.person for one in decisions],
        "time": [one.time for one in decisions],
        "z_catalog": [one.z_catalog for one in known],
        "class_catalog": [one.kind for one in known],
        "z_model": [one.z_model for one in known],
        "snr": [one.snr for one in known],
    }
    numbers = {"ra", "dec", "z", "z_catalog", "z_model", "snr"}
    meanings = {
        "z": "redshift that was accepted",
        "quality": "0 to 4 as in the visual inspection of DESI, -1: not inspected",
        "issues": ", ".join(f"{letter}: {name}" for letter, name in ISSUES.items()),
        "z_model": "redshift of the best peak of p(z), exact where lines hold one",
    }
    return [
        Column(
            name,
            np.array(values[name], dtype=float if name in numbers else int if name == "quality" else str),
            "deg" if name in ("ra", "dec") else "",
            meanings.get(name, ""),
        )
        for name in OURS
    ]


def _prospect_columns(rows: Sequence[InspectionRow]) -> list[Column]:
    table = [
        {
            **dict.fromkeys(PROSPECT, UNKNOWN),
            "TARGETID": row.decision.object_id,
            "Redrock_spectype": row.known.kind,
            "Redrock_z": _fixed(row.known.z_catalog) or UNKNOWN,
            "VI_scanner": row.decision.person,
            "VI_quality": UNKNOWN if row.decision.quality is None else str(row.decision.quality),
            "VI_issue": row.decision.issues,
            "VI_z": _fixed(row.decision.z) or (UNKNOWN if row.decision.is_inspected else ""),
            "VI_spectype": row.decision.kind,
            "VI_comment": row.decision.comment,
        }
        for row in rows
    ]
    columns = []
    for name in PROSPECT:
        values = np.array([row[name] for row in table], dtype=str)
        whole = name in ("EXPID", "NIGHT", "TILEID") or (name == "TARGETID" and _are_whole(values))
        columns.append(Column(name, values.astype(np.int64) if whole else values))
    return columns


def _are_whole(values: "np.ndarray[tuple[int], np.dtype[np.str_]]") -> bool:
    """Whether they are TARGETIDs, which prospect expects; other ids are text."""
    return all(re.fullmatch(r"-?\d{1,18}", value) for value in values.tolist())


def _marz(rows: Sequence[InspectionRow], label: str) -> str:
    table = [list(MARZ), *([_marz_cell(text) for text in _marz_row(row)] for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(MARZ))]
    padded = [",  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in table]
    secure = sum((row.decision.quality or 0) >= SECURE_FROM for row in rows)
    persons = "+".join(sorted({row.decision.person for row in rows}))
    now = datetime.now(UTC)
    return "\n".join(
        [
            f'# Results generated by {persons} for file [[{label}]] at {now:%Y-%m-%d %H:%M} (JSON: "'
            f'{now:%Y-%m-%dT%H:%M:%S.000Z}") at version {{{{AION Explorer}}}}',
            f"# Redshift quality > 2 for {secure} out of {len(rows)} targets, a success rate of "
            f" {100 * secure / max(len(rows), 1):.1f}%",
            f"#{padded[0]}",
            *(f" {line}" for line in padded[1:]),
            "",
        ]
    )


def _marz_row(row: InspectionRow) -> list[str]:
    decision, known = row.decision, row.known
    kind = decision.kind or main_kind(known.kind)
    is_sure_star = kind == "STAR" and (decision.quality or 0) >= SECURE_FROM
    qop = 0 if decision.quality is None else MARZ_STAR if is_sure_star else max(decision.quality, 1)
    position = ["" if one is None else f"{math.radians(one):.6f}" for one in (known.ra, known.dec)]
    automatic = ["0", "", _fixed(known.z_model) or "0", "0"]
    template = [MARZ_QUASAR if kind == "QSO" else "0", MARZ_TEMPLATES.get(kind, "")]
    final = [*template, _fixed(decision.z) or (UNKNOWN if qop else "0"), str(qop), decision.comment]
    return [f"{row.place:04d}", decision.object_id, *position, "", known.kind, *automatic, *final]


def _marz_cell(text: str) -> str:
    """Marz has no quotes."""
    return re.sub(r"[,\n#]+", " ", text)


def _fixed(z: float | None) -> str:
    return "" if z is None else f"{z:.5f}"


def _lines(data: bytes) -> tuple[str, Iterator[dict[str, str]]] | None:
    """Who wrote a CSV or a file of Marz, where it says so, and its rows; None for other files."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if text.startswith("# %ECSV") or text.lstrip().startswith(("<", "{", "[", "SIMPLE")):
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    start = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if start and "," in lines[start - 1]:  # the names of Marz are the last comment
        start, lines[start - 1] = start - 1, lines[start - 1].lstrip("#")
    by = re.search(r"# Results generated by (.*?) for file \[\[", text)
    names = "".join(lines[start : start + 1])
    mark = max(",;\t", key=names.count)
    _refuse_twice(names.split(mark))
    rows = csv.DictReader(io.StringIO("\n".join(lines[start:])), skipinitialspace=True, delimiter=mark)
    plain = ({_lower(name): (value or "").strip() for name, value in row.items() if name} for row in rows)
    return by.group(1) if by else "", plain


def _refuse_twice(names: Sequence[str]) -> None:
    """Raises FormatError: two columns have the same name."""
    lower = [_lower(name) for name in names if _lower(name)]
    twice = next((name for name in lower if lower.count(name) > 1), None)
    if twice is not None:
        raise FormatError(f"two columns are called {twice!r}; rename or remove one")


def _parsed_rows(content: Content) -> Iterator[dict[str, str]]:
    found: Iterable[Record] = ()
    if isinstance(content, Records):
        found = content.items
    elif isinstance(content, Table):
        found = content.rows()
    elif content.tables():
        found = content.tables()[0].table().rows()
    for row in found:
        yield {_lower(name): _text(value) for name, value in row.values.items()}


def _lower(name: str) -> str:
    return name.strip().lower()


def _text(value: object) -> str:
    """A cell as text; numbers with all their digits, empty where there is none."""
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if math.isfinite(value) else ""
    return text_of_fits(text_of(value))


def _reader_of(row: Mapping[str, str]) -> Callable[[Mapping[str, str], str], Decision] | None:
    """What reads rows with these names; None where nothing does."""
    readers: dict[tuple[str, str], Callable[[Mapping[str, str], str], Decision]] = {
        ("targetid", "vi_quality"): _of_prospect,
        ("name", "qop"): _of_marz,
        ("id", "quality"): _of_ours,
    }
    return next((read for names, read in readers.items() if all(name in row for name in names)), None)


def _of_ours(row: Mapping[str, str], person: str) -> Decision:
    return Decision(
        row["id"],
        row.get("person", "") or person,
        redshift_in(row.get("z", "")),
        quality_in(row["quality"]),
        kind_in(row.get("class", "")),
        issues_in(row.get("issues", "")),
        row.get("comment", ""),
        row.get("time", ""),
    )


def _of_prospect(row: Mapping[str, str], person: str) -> Decision:
    quality = quality_in(row["vi_quality"])
    said = row.get("vi_z", "")
    z = redshift_in(said) if said or quality is None else redshift_in(row.get("redrock_z", ""))
    return Decision(
        id_in(row["targetid"]),
        row.get("vi_scanner", "") or person,
        z,
        quality,
        kind_in(row.get("vi_spectype", "")) or main_kind(row.get("redrock_spectype", "") if quality else ""),
        issues_in(row.get("vi_issue", "")),
        row.get("vi_comment", ""),
    )


def _of_marz(row: Mapping[str, str], person: str) -> Decision:
    qop = whole_number_in(row["qop"]) or 0
    if qop not in (0, 1, 2, 3, 4, MARZ_STAR):
        raise ValueError(f"QOP is {qop}; Marz has 0 to 4 and 6")
    template = row.get("fintn", "").lower()
    kind = next((kind for kind, name in MARZ_TEMPLATES.items() if name.lower() in template), "")
    return Decision(
        row["name"] or row.get("id", ""),
        person,
        redshift_in(row.get("finz", "")) if qop else None,
        4 if qop == MARZ_STAR else qop or None,
        "STAR" if qop == MARZ_STAR else kind if qop else "",
        "",
        row.get("comment", ""),
    )
