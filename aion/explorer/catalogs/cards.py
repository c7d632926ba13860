"""What is shown of an object of a catalog while a pointer rests on its point: all objects in one file, which a browser reads in pieces.

Who asks for a range of the file gets the card of one object, a few kilobytes, and no page has to run for it:

    4 bytes       how many bytes of JSON follow, little endian
    JSON          ids, in the order of the catalog; ends of their cards, in bytes from the end of this JSON
    the cards     each a line of JSON: lines, texts to show; spectrum, where there is one, base64 of bytes, 0 not covered, 1 lowest to 255
                  highest, pixels evenly spaced; after the line the bytes of the picture, where there is one
"""

import base64
import json
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.catalog import Catalog

_LINES = (
    (("class", "{}"), ("subtype", "{}")),
    (("z", "z {:.4f}"), ("mag_r", "r {:.2f} mag")),
    (("g_r", "g − r {:.2f}"),),
    (("ra", "RA {:.5f}°"), ("dec", "Dec {:.5f}°")),
)
"""Columns and how their values are told, line by line; what is not known is left out."""
BELOW = 0.25
"""Of the height above zero: as far below it a small spectrum is drawn at most, so that one bad pixel does not flatten the rest."""


def sheet(catalog: Catalog) -> bytes:
    """The file of a catalog."""
    shown = catalog.previews
    lines = [[_told(catalog.table, *column) for column in columns if column[0] in catalog.table] for columns in _LINES]
    cards = []
    for row, (picture, levels) in enumerate(zip(shown.pictures, _levels(shown.flux), strict=True)):
        texts = (" · ".join(column[row] for column in line if column[row]) for line in lines)
        card: dict[str, Any] = {"lines": [text for text in texts if text]}
        if levels.any():
            card["spectrum"] = base64.b64encode(levels.tobytes()).decode()
        cards.append(json.dumps(card, ensure_ascii=False).encode() + b"\n" + (picture or b""))
    head = json.dumps({"ids": list(catalog.table["id"]), "ends": list(accumulate(map(len, cards)))}).encode()
    return b"".join([len(head).to_bytes(4, "little"), head, *cards])


def _told(table: pd.DataFrame, column: str, form: str) -> list[str]:
    """One text for each object; empty where there is no value."""
    values = table[column]
    texts = [form.format(value) if known else "" for value, known in zip(values, values.notna(), strict=True)]
    return [text.replace("-", "−") for text in texts] if pd.api.types.is_numeric_dtype(values.dtype) else texts


def _levels(flux: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """(n, m) heights of small spectra, 1 to 255, from zero or below to the highest; 0 = not covered."""
    values = flux.astype(np.float32)
    covered = np.isfinite(values)
    high = np.where(covered, values, -np.inf).max(axis=1, initial=0.0, keepdims=True)
    low = np.where(covered, values, np.inf).min(axis=1, initial=0.0, keepdims=True)
    low = np.maximum(low, -BELOW * high)
    heights = (np.where(covered, values, 0).clip(low, high) - low) / np.where(high > low, high - low, 1.0)
    return np.where(covered, 1 + np.round(254 * heights), 0).astype(np.uint8)
