"""An engine with tiny random weights and its catalog, and files to make catalogs of."""

from pathlib import Path

import pytest
from astropy.table import Table

from tests.explorer.conftest import engine, here, settings, sky_object  # noqa: F401  # fixtures
from tests.spectrum_files import write_sdss_spectrum

COUNT = 10
"""Spectra of the folder, one of them damaged, beside a table of photometry with two objects."""


def write_spectrum(path: Path, number: int) -> None:
    """An SDSS spec-lite file, somewhere on the sky."""
    place = {"ra": 37.0 * number, "dec": 9.0 * number - 40}
    write_sdss_spectrum(path, sky_object(number).modalities[1], z=0.1 * number, fiber=number + 1, **place)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of many kinds."""
    made = tmp_path_factory.mktemp("files")
    (made / "night 1").mkdir()
    for number in range(COUNT):
        write_spectrum(made / "night 1" / f"spectrum-{number}.fits", number)
    damaged = made / "night 1" / "spectrum-3.fits"
    damaged.write_bytes(damaged.read_bytes()[:5_000])
    table = Table({"id": ["one", "two"], "flux_r": [9.0, 4.0], "flux_g": [5.0, 3.0]})
    table.write(made / "photometry.ecsv")
    (made / ".hidden").write_text("nothing")
    return made


def contents(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of every file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
