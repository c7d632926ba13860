"""Text of a FITS header -> its cards, each value when it is asked for.

Cards in the fixed format are read here, which is quick; all others by astropy, which knows what people write.
FITS standard 4.0, section 4: https://fits.gsfc.nasa.gov/fits_standard.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from astropy.io.fits.card import Undefined

CARD, BLOCK = 80, 2880
"""Bytes of a card and of a block, of which headers and data have a whole number each."""
END = "END".ljust(CARD)
_COMMENTARY = ("", "COMMENT", "HISTORY")
_LINES = re.compile(r".{80}(?:CONTINUE.{72})*")
_USUAL = re.compile(
    r"(?=.{8}= )[A-Z0-9_-]+ *=(?! *'[A-Za-z_][\w.]*: +[+-]?[.\d]).{71}|(?:COMMENT |HISTORY | {8}).{72}"
)
"""Cards with a keyword of the standard where it should be: none of HIERARCH, nor ``DP1 = 'AXIS.1: 2'``, of
which the keyword is DP1.AXIS.1."""
_TEXT = r"'([^']*(?:''[^']*)*)'"
_DECIMAL = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)"
_CARD = re.compile(rf".{{8}}= *(?:{_TEXT}|([+-]?\d+)|{_DECIMAL}|([TF])) *(?:/ *(.*))?")


class Card(NamedTuple):
    """One line of a header."""

    keyword: str
    """Upper-case."""
    value: Any
    comment: str


class Header(Mapping[str, Any]):
    """Keyword, upper-case -> value, None where the card has none; the first of a keyword that is repeated."""

    def __init__(self, header: str | fits.Header) -> None:
        """``header``: text of whole cards, without END; or what astropy made of it."""
        self._lines = _lines(header) if isinstance(header, str) else _astropy_lines(header)
        self._first = dict(reversed(self._lines))

    @property
    def cards(self) -> Iterator[Card]:
        """All of them, in order."""
        return (_card(keyword, line) for keyword, line in self._lines)

    def __getitem__(self, keyword: str) -> Any:
        value = _card(keyword, self._first[keyword]).value
        return None if isinstance(value, Undefined) else value

    def __contains__(self, keyword: object) -> bool:
        return keyword in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)


def _lines(text: str) -> list[tuple[str, str | fits.Card]]:
    """Keyword of each card, and its text or what astropy makes of it where it is none of the usual."""
    lines = _LINES.findall(text)
    cards_of = (line if _USUAL.fullmatch(line) else fits.Card.fromstring(line) for line in lines)
    return [(card[:8].rstrip() if isinstance(card, str) else card.keyword.upper(), card) for card in cards_of]


def _astropy_lines(header: fits.Header) -> list[tuple[str, str | fits.Card]]:
    return [(card.keyword.upper(), card) for card in header.cards]


def _card(keyword: str, line: str | fits.Card) -> Card:
    if isinstance(line, str) and keyword in _COMMENTARY:
        return Card(keyword, line[8:].rstrip(), "")
    plain = _CARD.fullmatch(line) if isinstance(line, str) else None
    if plain is None:
        return _unusual(keyword, fits.Card.fromstring(line) if isinstance(line, str) else line)
    text, whole, decimal, truth, comment = plain.groups()
    value = (
        text.replace("''", "'").rstrip()
        if text is not None
        else int(whole)
        if whole is not None
        else float(decimal)
        if decimal is not None
        else truth == "T"
    )
    return Card(keyword, value, (comment or "").rstrip())


def _unusual(keyword: str, card: fits.Card) -> Card:
    """What astropy makes of a card; one whose value it cannot read, such as IRAF's INDEF, has none."""
    try:
        return Card(keyword, card.value, card.comment)
    except fits.VerifyError:
        return Card(keyword, None, "")


_NOT_THE_TARGETS = {
    "RA": re.compile(r"telescope|\bhours?\b|^\[?h(r|rs)?\]", re.IGNORECASE),
    "DEC": re.compile("telescope", re.IGNORECASE),
    "Z": re.compile(r"zenith|air ?mass|altitude|height|\bmag|km/?s", re.IGNORECASE),
    "REDSHIFT": re.compile("km/?s", re.IGNORECASE),
}
"""Comments that say that a number is of the telescope, in hours, or no redshift."""


def cards(header: Header | fits.Header) -> dict[str, Any]:
    """Header as a plain dict of numbers and text; its comments under COMMENTS, its history left out.

    So are RA, DEC and Z whose comments say that they are not the target's.
    """
    listed = list(header.cards)
    comments = "\n".join(str(card.value) for card in listed if card.keyword == "COMMENT")
    found: dict[str, Any] = {"COMMENTS": comments} if comments else {}
    for card in listed:
        other = _NOT_THE_TARGETS.get(card.keyword) if isinstance(card.value, (int, float)) else None
        if other is not None and other.search(card.comment):
            continue
        if card.keyword not in _COMMENTARY and isinstance(card.value, (str, int, float, bool, np.generic)):
            found[card.keyword.upper()] = card.value
    return found
