"""A spectrum of SDSS has one name, whether its file or SPARCL says it."""

import json

import numpy as np
import pytest

from aion.io import read
from aion.io.plate_fiber import PlateFiber


@pytest.mark.parametrize(
    ("number", "text", "run"),
    [  # as the SPECOBJ tables of these files have them
        (299537231322834944, "0266-51630-0174", 26),
        (1889260376156039168, "1678-53433-0001", 26),
        (4115179090830708736, "3655-55240-0054", 1300),
        (8201160311803500544, "7284-56683-0383", 1302),
        (12094551627018819584, "10742-58198-0490", 1302),
        (12808260571419138048, "11376-58430-0084", 1302),
    ],
)
def test_specobjid_has_plate_mjd_and_fiber_in_its_bits(number: int, text: str, run: int) -> None:
    fiber = PlateFiber.of_specobjid(number)
    assert fiber is not None and fiber.text == text
    assert fiber.specobjid(run) % 2**64 == number
    assert PlateFiber.of_specobjid(number - 2**64) == fiber


@pytest.mark.parametrize("number", [0, 5, 39627835576420141, 1237650000000])
def test_other_numbers_are_no_specobjid(number: int) -> None:
    assert PlateFiber.of_specobjid(number) is None


def record(release: str, specid: int) -> bytes:
    wavelength = 10 ** (3.6 + 1e-4 * np.arange(300))
    arrays = {"wavelength": wavelength.tolist(), "flux": [1.0] * 300, "ivar": [4.0] * 300}
    about = {"sparcl_id": "a", "data_release": release, "specid": specid, "targetid": 1237650762925899877}
    return json.dumps([about | arrays]).encode()


def test_a_record_of_sparcl_is_named_as_the_file_of_sdss_is() -> None:
    [found] = read(record("BOSS-DR17", 12094551627018819584 - 2**64))
    assert found.id == "10742-58198-0490"
    [report] = found.reports
    [entry] = [one for one in report.entries if one.what == "id"]
    assert "specObjID -6352192446690732032" in entry.note


def test_a_number_that_is_no_specobjid_stays_as_it_is() -> None:
    assert read(record("DESI-DR1", 39627835576420141))[0].id == "1237650762925899877"
    assert read(record("BOSS-DR17", 17))[0].id == "1237650762925899877"
