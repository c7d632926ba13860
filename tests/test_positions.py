"""Positions on the sky as people write them become degrees, or a sentence that says what is wrong."""

import pytest
from astropy.coordinates import SkyCoord

from aion.errors import InputError
from aion.positions import parse_angle, parse_position

HERE = (150.1020833, 2.2058333)  # 10h00m24.5s +02d12m21s


@pytest.mark.parametrize(
    "text",
    [
        "150.1020833 2.2058333",
        "150.1020833, 2.2058333",
        " 150.1020833,+2.2058333 ",
        "150.1020833;2.2058333",
        "1.501020833e2 2.2058333",
        "150.1020833° +2.2058333°",
        "150.1020833d 2.2058333d",
        "150.1020833 deg, 2.2058333 deg",
        "10:00:24.5 +02:12:21",
        "10:00:24.5 02:12:21",
        "10:00:24.5, 2:12:21.0",
        "10:00:24.5+02:12:21",
        "10h00m24.5s +02d12m21s",
        "10h00m24.5s+02d12m21s",
        "10h 00m 24.5s, +02d 12m 21s",
        "10H00M24.5S +02D12M21S",
        "10h00m24.5s +02°12′21″",
        "10h00m24.5s +02d12'21\"",
        "150d06m07.5s +02d12m21s",
        "10 00 24.5 +02 12 21",
        "10 00 24.5 02 12 21",
        "10\t00\t24.5\t02\t12\t21",
        "J100024.50+021221.0",
        "SDSS J100024.50+021221.0",
        "SDSSJ100024.50+021221.0",
        "sdss j100024.50+021221.0",
        "SDSS-V J100024.50+021221.0",
        "2MASS J10002450+0212210",
        "J 100024.5+021221",
    ],
)
def test_a_position_is_read_however_it_is_written(text: str) -> None:
    assert parse_position(text) == pytest.approx(HERE, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["10:00:24.5 -00:12:21", "23h59m59.999s +89d59m59.9s", "0 0 0 -0 0 1.5", "12 30 00.25 -89 59 59"]
)
def test_positions_with_minutes_are_those_of_astropy(text: str) -> None:
    there = SkyCoord(text, unit=("hourangle", "deg"))
    assert parse_position(text) == pytest.approx((there.ra.deg, there.dec.deg), abs=1e-10)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("DESI J150.1021+02.2058", (150.1021, 2.2058)),
        ("J005.0021-02.2058", (5.0021, -2.2058)),
        ("SDSS J000000.00-001221.0", (0.0, -0.2058333)),
        ("10 −20", (10.0, -20.0)),
        ("0.0001 -0.5", (0.0001, -0.5)),
        ("360 90", (0.0, 90.0)),
        ("1e-05 -9e-05", (1e-05, -9e-05)),
    ],
)
def test_names_of_desi_are_degrees_and_signs_are_kept(text: str, position: tuple[float, float]) -> None:
    assert parse_position(text) == pytest.approx(position, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["", "M 31", "NGC 1275", "3C 273", "0957+561", "PSR J0437-4715", "SDSS J1000+0212", "39627835576420301",
     "150.1", "1 2 3", "10 20 30 40", "10 20 30 40 50", "nan nan", "inf 2", "150,1 2,2", "PKS B1234+567",
     "2024-05-01", "150.1 2.2 5", "10:00 +02:12"],
)  # fmt: skip
def test_text_that_is_no_position_is_none(text: str) -> None:
    assert parse_position(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("150.1 -90.5", r"the declination of '150.1 -90.5' is -90.5 degrees; it must lie between -90 and 90"),
        ("10 00 24.5 +92 12 21", "declination .* is 92.2058 degrees"),
        ("DESI J150.1021+99.2058", "declination .* is 99.2058 degrees"),
        ("360.5 2", "right ascension of '360.5 2' is 360.5 degrees; it must lie between 0 and 360 degrees"),
        ("-1 2", "right ascension .* is -1 degrees"),
        ("150:06:07.5 +02:12:21", "right ascension .* is 2251.53 degrees; .* between 0 and 24 hours"),
        ("J250024.50+021221.0", "right ascension .* is 375.102 degrees"),
        ("10:60:24.5 +02:12:21", "minutes and seconds of '10:60:24.5 .02:12:21' must be below 60"),
        ("J100024.50+021271.0", "must be below 60"),
    ],
)
def test_what_is_no_place_on_the_sky_is_refused_with_its_number(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_position(text)


def test_long_texts_are_answered_at_once() -> None:
    assert parse_position("J" + "1 " * 5000 + "+") is None
    assert parse_position("a-" * 20000 + " J") is None


def test_an_angle_with_minutes_is_degrees_or_nothing() -> None:
    assert parse_angle("-00:30:00") == -0.5
    assert parse_angle("01h30m00s", hour=15.0) == 22.5
    assert parse_angle("22d30m00s", hour=15.0) == 22.5
    assert parse_angle("22.5") is None and parse_angle("01:75:00") is None
