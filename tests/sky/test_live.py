"""The real archives answer as the fake one does: ``make test-live``, skipped where they cannot be reached.

What they hold does not change within a data release, so that these tests know it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from aion.errors import NothingThereError
from aion.io import read
from aion.io.plate_fiber import PlateFiber
from aion.sky.archive import Archive
from aion.sky.fallback import fetch_with_fallback
from aion.sky.legacy import fetch_hsc_image, fetch_image, fetch_photometry
from aion.sky.resolve import resolve
from aion.sky.services import Services
from aion.sky.sparcl import fetch_spectrum, spectra_near
from aion.sky.survey_files import fetch_desi_row, fetch_sdss_file

COSMOS = (150.1, 2.2)
"""Where the Legacy Surveys, HSC and DESI have been."""
QUASAR, QUASAR_Z = "0274-51913-0057", 0.30281
QUASAR_AT = (160.38658, -0.84930)

Ask = Callable[..., Archive]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Gives an archive with an empty cache, once each of these services can be reached."""
    if os.environ.get("AION_TEST_LIVE") != "yes":
        pytest.skip("asks the real archives: make test-live")
    services = Services(cache=tmp_path)

    def archive_with(*names: str) -> Archive:
        for name in names:
            url = getattr(services, name)
            try:
                requests.head(url, timeout=10)
            except requests.RequestException as exc:
                pytest.skip(f"{url} cannot be reached: {type(exc).__name__}")
        return Archive(services)

    return archive_with


def test_sesame_knows_a_galaxy(ask: Ask) -> None:
    place = resolve("NGC 4151", ask("sesame"))
    assert (place.ra, place.dec) == pytest.approx((182.6357, 39.4057), abs=1e-3)


def test_the_viewer_sends_images_that_are_read(ask: Ask) -> None:
    archive = ask("viewer")
    for fetch, name in ((fetch_image, "LegacySurveyImage"), (fetch_hsc_image, "HSCImage")):
        [target] = read(fetch(*COSMOS, archive).open())
        assert [type(one).__name__ for one in target.modalities] == [name]


def test_the_viewer_sends_rows_of_tractor(ask: Ask) -> None:
    [target] = read(fetch_photometry(*QUASAR_AT, 2.0, ask("viewer")).open())
    assert "LegacySurveyFluxG" in {type(one).__name__ for one in target.modalities}


def test_the_viewer_has_no_image_off_its_footprint(ask: Ask) -> None:
    with pytest.raises(NothingThereError):
        fetch_image(266.4, -29.0, ask("viewer"))


def test_sparcl_finds_and_sends_a_spectrum_of_sdss(ask: Ask) -> None:
    archive = ask("sparcl")
    found = next(one for one in spectra_near(*QUASAR_AT, 2.0, archive) if one.id == QUASAR)
    assert found.z == pytest.approx(QUASAR_Z, abs=1e-4)
    assert read(fetch_spectrum(found, archive).open())[0].id == QUASAR


def test_the_files_of_sdss_have_the_same_spectrum(ask: Ask) -> None:
    fiber = PlateFiber.of_text(QUASAR)
    assert fiber is not None
    [target] = read(fetch_sdss_file(fiber, ask("sdss")).open())
    assert (target.ra, target.dec) == pytest.approx(QUASAR_AT, abs=1e-4)
    assert target.z_reference == pytest.approx(QUASAR_Z, abs=1e-4)


def test_the_files_of_desi_have_what_sparcl_finds(ask: Ask) -> None:
    archive = ask("sparcl", "desi")
    found = next(one for one in spectra_near(*COSMOS, 60.0, archive) if one.survey == "DESI")
    [of_file], [of_sparcl] = (
        read(fetch(found, archive).open()) for fetch in (fetch_desi_row, fetch_with_fallback)
    )
    assert of_file.id == of_sparcl.id and of_file.z_reference == of_sparcl.z_reference
    assert of_file.snr == pytest.approx(of_sparcl.snr, rel=0.1)
