"""A catalog with labels, and what is learned of it once for all tests."""

from pathlib import Path

import pytest

from aion.catalog import Catalog
from aion.heads.report import HeadReport
from aion.heads.samples import LabelChoice, label_objects
from aion.heads.training import train_head
from tests.explorer.conftest import engine, here, settings, spectrum_file  # noqa: F401  # fixtures
from tests.heads.labeled import labeled_catalog


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return labeled_catalog(tmp_path_factory.mktemp("made") / "catalog")


@pytest.fixture(scope="session")
def of_numbers(catalog: Catalog) -> HeadReport:
    return train_head(label_objects(catalog, LabelChoice("mass", unit="dex", view="spectrum")))


@pytest.fixture(scope="session")
def of_classes(catalog: Catalog) -> HeadReport:
    return train_head(label_objects(catalog, LabelChoice("class", view="spectrum")))


@pytest.fixture
def head_file(of_numbers: HeadReport, tmp_path: Path) -> Path:
    path = tmp_path / "mass.safetensors"
    path.write_bytes(of_numbers.head.to_bytes())
    return path
