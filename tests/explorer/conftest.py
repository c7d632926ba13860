"""An engine with tiny random weights, objects to give it,
and a catalog of a few objects made with the same weights."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from aion.catalog import Catalog, Manifest, Previews
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.io import Entry, ImageFrame, Report, SkyObject
from aion.modalities import HSCImage, LegacySurveyFluxG, LegacySurveyFluxR, LegacySurveyImage, SDSSSpectrum, Z
from tests.spectrum_files import write_sdss_spectrum

N = 12
"""Objects in the catalog."""


def image(seed: int = 0) -> LegacySurveyImage:
    """A round blob in four bands, 110 x 104 pixels, with a NaN outside the middle."""
    y, x = np.mgrid[:110, :104]
    blob = np.exp(-((x - 52) ** 2 + (y - 55) ** 2) / 60) * np.array([1, 2, 3, 4])[:, None, None]
    noise = np.random.default_rng(seed).normal(0, 0.02, (4, 110, 104))
    return LegacySurveyImage(
        flux=(blob + noise).astype(np.float32), bands=["DES-G", "DES-R", "DES-I", "DES-Z"]
    )


def spectrum(seed: int = 0, n: int = 3841) -> SDSSSpectrum:
    """A line on a continuum with noise;
    the first 20 pixels are masked and pixels 100-102 have no inverse variance."""
    generator = np.random.default_rng(seed)
    wavelength = 10 ** (3.5801 + 1e-4 * np.arange(n))
    flux = 10 + 20 * np.exp(-(((wavelength - 6000) / 8) ** 2)) + generator.normal(0, 1, n)
    ivar = np.ones(n)
    ivar[100:103] = 0
    return SDSSSpectrum(flux=flux, ivar=ivar, mask=np.arange(n) < 20, wavelength=wavelength)


def sky_object(seed: int = 0, *extra: object, id: str | None = None) -> SkyObject:
    """Image, spectrum and two fluxes, with a report that assumes one thing and measured another."""
    entries = (Entry("medium", "vacuum", "assumed"), Entry("flux", "1e-17", "header"))
    report = Report("SDSS spec", "spec.fits", "f" * 64, entries)
    modalities = (
        image(seed),
        spectrum(seed),
        LegacySurveyFluxG(value=[5.0 + seed]),
        LegacySurveyFluxR(value=[9.0]),
        *extra,
    )
    return SkyObject(
        id or f"object {seed}",
        modalities,
        (report,),
        z_reference=0.25,
        frames={"tok_image": ImageFrame(0.262)},
    )


def gray(level: int) -> bytes:
    """A picture of one brightness, 0 to 255."""
    stream = io.BytesIO()
    Image.new("RGB", (96, 96), (level, level, level)).save(stream, "WEBP", lossless=True)
    return stream.getvalue()


def fan(center: np.ndarray, row: int, count: int) -> np.ndarray:
    """(count, D) unit vectors of which ``row`` is ``center`` and the others lie ever farther from it,
    no two equally far.

    Made by hand: those of a tiny model are nearly one, so that their order is an accident of rounding.
    """
    aside = np.eye(len(center))[0] - center[0] * center
    angle = np.insert(0.02 * np.arange(1, count) ** 2, row, 0.0)[:, None]
    return (np.cos(angle) * center + np.sin(angle) * aside / np.linalg.norm(aside)).astype(np.float32)


@pytest.fixture(scope="session")
def settings(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Tiny weights and a catalog made with them, of objects 0 ... N-1:
    even ones lack the spectrum and number 4 the picture.

    The vectors are a `fan` around object 1, those of images around object 3.
    """
    folder = tmp_path_factory.mktemp("catalog")
    engine = Engine(
        Settings(model=str(tiny_weights), device="cpu", precision="float32", catalog=folder / "none")
    )
    targets = [sky_object(i) for i in range(N)]
    targets = [
        SkyObject(t.id, t.modalities[:1] + t.modalities[2:], t.reports) if i % 2 == 0 else t
        for i, t in enumerate(targets)
    ]
    objects = engine.embed_objects(targets)
    table = pd.DataFrame(
        {
            "id": [t.id for t in targets],
            "class": ["galaxy", "star", "quasar"] * (N // 3),
            "z": np.linspace(0, 2, N),
        }
    )
    table["survey"], table["FLUX_R"] = "Legacy Survey", [9.0, -1.0] * (N // 2)
    table.loc[3, "z"] = np.nan
    image = engine.embed([targets[3]], use=["tok_image"])[0]
    vectors = zip(fan(objects[1].embedding, 1, N), fan(image, 3, N), strict=True)
    flux = np.where(np.arange(N)[:, None] % 2 == 0, np.nan, np.arange(N)[:, None] + np.linspace(0, 1, 40))
    Catalog.build(
        folder / "catalog",
        Manifest("simulated", engine.info.sha256, simulated=True),
        table,
        [one.tokens for one in objects],
        [{"all": whole, "image": of_image} for whole, of_image in vectors],
        Previews(
            [gray(10 * i) if i != 4 else None for i in range(N)],
            np.linspace(3700, 9700, 40, dtype=np.float32),
            flux,
        ),
    ).save(folder / "catalog")
    engine.close()
    return Settings(model=str(tiny_weights), device="cpu", precision="float32", catalog=folder / "catalog")


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    engine = Engine(settings)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def catalog(settings: Settings) -> Catalog:
    return Catalog.load(settings.catalog)


@pytest.fixture
def make_object():
    """`sky_object`: a seed, more modalities, an id."""
    return sky_object


@pytest.fixture
def redshift_modality() -> Z:
    return Z(value=torch.tensor([0.3]))


@pytest.fixture
def hsc_image() -> HSCImage:
    flux = np.random.default_rng(1).normal(5, 1, (5, 96, 96)).astype(np.float32)
    return HSCImage(flux=flux, bands=["HSC-G", "HSC-R", "HSC-I", "HSC-Z", "HSC-Y"])


@pytest.fixture
def spectrum_file(tmp_path: Path) -> Path:
    """An SDSS spec-lite file of object 1."""
    path = tmp_path / "anything.fits"
    write_sdss_spectrum(path, sky_object(1).modalities[1], z=0.25, fiber=7, ra=10.0, dec=1.0)
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The environment that the command finds its weights and catalog in."""
    monkeypatch.setenv("AION_MODEL", settings.model)
    monkeypatch.setenv("AION_CATALOG", str(settings.catalog))
    monkeypatch.setenv("AION_DEVICE", "cpu")
