"""Cards of objects: all in one file, each found by its place in it."""

import base64
import json

import numpy as np
import pytest

from aion.explorer.catalogs import cards


def card(sheet: bytes, id: str) -> tuple[dict[str, object], bytes]:
    """What a browser reads for an object."""
    size = int.from_bytes(sheet[:4], "little")
    head = json.loads(sheet[4 : 4 + size])
    row = head["ids"].index(id)
    start, end = (4 + size + place for place in (head["ends"][row - 1] if row else 0, head["ends"][row]))
    line, picture = sheet[start:end].split(b"\n", 1)
    return json.loads(line), picture


@pytest.fixture
def sheet(catalog):
    return cards.sheet(catalog)


def test_every_object_has_a_card_with_its_own_picture(sheet, catalog):
    for id in catalog.table["id"]:
        assert card(sheet, id)[1] == (catalog.picture(id) or b"")
    last = catalog.table["id"].iloc[-1]
    assert sheet.endswith(catalog.picture(last))


def test_a_card_says_what_is_known_of_an_object(sheet):
    assert card(sheet, "object 2")[0]["lines"] == ["quasar", "z 0.3636 · r 20.11 mag"]
    assert card(sheet, "object 3")[0]["lines"] == ["galaxy"], "neither z nor a positive flux"


def test_the_spectrum_of_a_card_rises_as_the_spectrum_does_and_is_left_out_without_one(sheet):
    levels = np.frombuffer(base64.b64decode(str(card(sheet, "object 1")[0]["spectrum"])), dtype=np.uint8)
    assert len(levels) == 40 and (np.diff(levels.astype(int)) >= 0).all() and levels[-1] == 255
    assert "spectrum" not in card(sheet, "object 2")[0]


def test_gaps_of_a_small_spectrum_are_zero_and_one_low_pixel_does_not_flatten_the_rest():
    levels = cards._levels(np.array([[np.nan, -1000.0, 0.0, 10.0], [np.nan] * 4]))
    assert levels[0, 0] == 0 and levels[0, 1] == 1 and levels[0, 3] == 255 and 40 < levels[0, 2] < 60
    assert not levels[1].any()
