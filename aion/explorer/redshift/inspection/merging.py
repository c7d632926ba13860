"""Decisions of several people on the same objects: where they disagree, and one answer where they do not.

The criteria and the columns are those of the merging of DESI's visual inspections (Lan et al. 2023,
arXiv:2208.08516): qualities that differ by two or more, |Δz| / (1 + z) of 0.0033 or more, different classes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aion.explorer.redshift.inspection.decisions import ISSUES, Decision, main_kind
from aion.io.write import Column

REDSHIFTS_APART = 0.0033
"""Of |Δz| / (1 + z): 1,000 km/s."""
QUALITIES_APART = 2
MERGED: dict[str, type] = {
    "TARGETID": str,
    "best_z": float,
    "best_quality": float,
    "best_spectype": str,
    "all_VI_issues": str,
    "all_VI_comments": str,
    "N_VI": int,
    "merger_comment": str,
}
"""Columns of a merged table and what they hold."""


@dataclass(frozen=True)
class ComparedObject:
    """One object that several people inspected."""

    object_id: str
    decisions: tuple[Decision, ...]
    """One of each person."""
    reasons: tuple[str, ...]
    """In what they disagree, for people; empty: they agree."""


def compare(decisions: Iterable[Decision], kinds: Mapping[str, str]) -> list[ComparedObject]:
    """Every object that two people or more gave a quality, in the order in which they first occur.

    Args:
        kinds: Object -> class of its catalog, which a decision without a class means.
    """
    by_object: dict[str, list[Decision]] = {}
    for one in decisions:
        if one.is_inspected:
            by_object.setdefault(one.object_id, []).append(one)
    return [
        ComparedObject(id, tuple(several), tuple(_reasons(several, kinds.get(id, ""))))
        for id, several in by_object.items()
        if len(several) > 1
    ]


def merged_columns(
    compared: Sequence[ComparedObject], kinds: Mapping[str, str], resolved: Mapping[str, Decision]
) -> list[Column]:
    """One row for each object, with the columns of DESI's merged tables: means of redshift and quality where
    people agree, what was ``resolved`` (object -> decision) where they do not, and nothing before that."""
    rows = [_merged(one, kinds.get(one.object_id, ""), resolved.get(one.object_id)) for one in compared]
    columns = zip(*rows, strict=True) if rows else ((),) * len(MERGED)
    return [
        Column(name, np.array(list(values), dtype=kind))
        for (name, kind), values in zip(MERGED.items(), columns, strict=True)
    ]


def _merged(one: ComparedObject, kind: str, resolved: Decision | None) -> tuple[object, ...]:
    decisions = one.decisions if not one.reasons else (resolved,) if resolved is not None else ()
    redshifts = [decision.z for decision in decisions if decision.z is not None]
    z = float(np.mean(redshifts)) if redshifts else np.nan
    qualities = [decision.quality for decision in decisions if decision.quality is not None]
    quality = float(np.mean(qualities)) if qualities else np.nan
    said = [*one.decisions, *([resolved] if resolved else [])]
    issues = "".join(letter for letter in ISSUES if any(letter in decision.issues for decision in said))
    comments = " ".join(dict.fromkeys(decision.comment for decision in one.decisions if decision.comment))
    note = resolved.comment if resolved else "; ".join(one.reasons)
    chosen = (decisions[0].kind or main_kind(kind)) if decisions else ""
    return one.object_id, z, quality, chosen, issues, comments, len(one.decisions), note


def _reasons(decisions: Sequence[Decision], kind: str) -> Iterable[str]:
    redshifts = [one.z for one in decisions if one.z is not None]
    if redshifts:
        low, high = min(redshifts), max(redshifts)
        if (high - low) / (1 + low) >= REDSHIFTS_APART:
            yield f"z {low:.4f} and {high:.4f}"
        if len(redshifts) < len(decisions):
            yield "not all accepted a redshift"
    qualities = [one.quality for one in decisions if one.quality is not None]
    if max(qualities) - min(qualities) >= QUALITIES_APART:
        yield f"quality {min(qualities)} and {max(qualities)}"
    kinds = list(dict.fromkeys(one.kind or main_kind(kind) for one in decisions))
    if len(kinds) > 1:
        yield "class " + " and ".join(one or "not said" for one in kinds)
