"""Comments of a text table -> names and units of its columns, cards, numbers for missing values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aion.io.text_cells import are_units, is_number

_CARD = re.compile(r"([A-Za-z_][\w-]*)\s*(?:=|:(?!//))\s*(.*)")
_FITS_VALUE = re.compile(r"('[^']*'|[TF]|[+-]?[\d.eE+-]+)\s*/.*")
_NUMBER_CARD = re.compile(r"([A-Za-z_]\w*)\s+([+-]?\d\S*|[TF])")
_IN_A_ROW = re.compile(r"([A-Za-z_]\w*)\s*=\s*('[^']*'|\"[^\"]*\"|[^\s,;]+)")
_NUMBERED = re.compile(r"(?:col(?:umn)?\.?\s*)?(\d+)\s*[:=.)-]?\s+([A-Za-z]\S*)\s*(.*)", re.IGNORECASE)
_NAMES_OF_SPECTRA = re.compile(r"wav|lam|flux|freq|\bwl\b|\bra\b|mag", re.IGNORECASE)
_WORDS_OF_PROSE = {"a", "of", "by", "the", "for", "from", "in", "with", "and", "on", "at", "is", "are"}
_INTRODUCTION = re.compile(r"(?:the )?(?:columns?|names?|fields?)(?: names)?(?: are)?\s*[:=]\s*", re.I)
_GONE = r"\b(?:missing|null|no ?data|undefined|fill|not (?:available|measured))\b"
_SENTINEL = r"(-\d+(?:\.\d*)?|9{2,}(?:\.\d*)?)(?![\w-])"
_VIZIER_COLUMN = re.compile(r"Column\t(\S+)\t\([^)]*\)\t([^\t]*)(?:\t\[ucd=(.*)\])?")


@dataclass(frozen=True)
class TextHeader:
    """What lines or comments say of the columns, which are as many as the rows have cells."""

    names: Sequence[str]
    units: Sequence[str] = ()
    descriptions: dict[str, str] = field(default_factory=dict)


def names_in(comments: Sequence[str], count: int, split: Callable[[str], list[str]]) -> TextHeader | None:
    """The comment that names `count` columns, with one of units after it; or lines ``1 NUMBER Text [unit]``.

    Args:
        comments: Without their marks.
        count: Cells of a row.
        split: How rows are set apart.
    """
    numbered = [match for match in map(_NUMBERED.fullmatch, comments) if match]
    if count > 1 and [int(match[1]) for match in numbered] == list(range(1, count + 1)):
        return _of_list(numbered)
    found = ((i, _cells(comment, count, split)) for i, comment in enumerate(comments))
    rows = {i: row for i, row in found if row is not None}
    units = {i for i, row in rows.items() if are_units(row)}
    named = [i for i in rows if i not in units] or list(rows)
    named = [i for i in named if _NAMES_OF_SPECTRA.search(comments[i])] or [
        i for i in named if not _WORDS_OF_PROSE & set(comments[i].lower().split())
    ]
    if not named:
        return None
    last = named[-1]
    return TextHeader(rows[last], rows[last + 1] if last + 1 in units else ())


def _cells(comment: str, count: int, split: Callable[[str], list[str]]) -> list[str] | None:
    """The cells of a comment that may name or measure columns: `count` of them, no number among them."""
    comment = _INTRODUCTION.sub("", comment)
    if not comment or "=" in comment or re.match(r"[\w ]+:\s", comment):  # a card
        return None
    at_marks = re.split(r"\s*[,;|\t]\s*", comment)
    ways = (split(comment), split_at_blanks(comment), joined_words(comment), at_marks)
    cells = next((cells for cells in ways if len(cells) == count), None)
    if cells is None or any(is_number(cell) for cell in cells if cell not in ("", "--", "1")):
        return None
    return [cell.strip(",;") for cell in cells]


def split_at_blanks(line: str) -> list[str]:
    """What blanks set apart; in quotes they do not."""
    if '"' not in line:
        return line.split()
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]


def joined_words(line: str) -> list[str]:
    """As `split_at_blanks`, units in brackets beside their names: ``wave [nm] flux (erg / s)`` has two."""
    return [name.strip() for name in re.findall(r"[^\s\[(]+(?:\s*\[[^\]]*\]|\s*\([^)]*\))?", line)]


def _of_list(numbered: Sequence[re.Match[str]]) -> TextHeader:
    """Columns listed with their numbers."""
    brackets = [re.search(r"[\[(]([^\])]*)[\])]\s*$", f"{match[2]} {match[3]}") for match in numbered]
    names = [re.sub(r"[\[(].*", "", match[2]).strip(",:;") for match in numbered]
    descriptions = {match[2].lower(): match[3].strip() for match in numbered}
    return TextHeader(names, [bracket[1] if bracket else "" for bracket in brackets], descriptions)


def vizier_columns(comments: Sequence[str]) -> dict[str, dict[str, str]]:
    """Lower-case name -> description and UCD: VizieR's ``Column name (format) text [ucd=...]``, with tabs."""
    found = [match for match in map(_VIZIER_COLUMN.match, comments) if match]
    return {match[1].lower(): {"description": match[2], "ucd": match[3]} for match in found}


def comment_cards(comments: Sequence[str]) -> dict[str, Any]:
    """``VACUUM = T``, ``AIRORVAC: vac``, ``RA=1, DEC=2``, ``REDSHIFT 0.1`` -> cards; all under COMMENTS."""
    cards: dict[str, Any] = {}
    for comment in comments:
        card = _CARD.fullmatch(comment)
        several = _IN_A_ROW.findall(comment)
        if len(several) > 1 and several[0][0] == comment.split("=")[0].strip():
            cards |= {name.upper(): value.strip("'\"") for name, value in several}
        elif card:
            value = _FITS_VALUE.fullmatch(card[2])
            cards[card[1].upper()] = (value[1] if value else card[2]).strip("'\" ")
        elif _NUMBER_CARD.fullmatch(comment):
            name, number = comment.split()
            cards[name.upper()] = number
    return cards | ({"COMMENTS": "\n".join(comments)} if comments else {})


def missing_numbers(comments: Sequence[str]) -> frozenset[float]:
    """Numbers that the comments say stand for missing values: ``missing = -9999``, ``-99 means no data``."""
    text = "\n".join(comments).lower()
    after = re.findall(rf"{_GONE}[^\d+\n-]*{_SENTINEL}", text)
    before = re.findall(rf"{_SENTINEL}\s*(?:=|:|is|are|means?|for)\s*(?:\w+ )?{_GONE}", text)
    return frozenset(float(number) for number in (*after, *before))
