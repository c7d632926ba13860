"""What is required is installed, and what is imported is required."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.sources import ROOT, SOURCES, each, imports, inside, module_name


def requirements(name: str) -> list[Requirement]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-survey.txt", "requirements-dev.txt", "requirements-docs.txt"]
)
def test_every_requirement_is_installed_at_a_version_it_admits(name: str) -> None:
    wrong = [
        str(need)
        for need in requirements(name)
        if not need.specifier.contains(version(need.name), prereleases=True)
    ]
    assert not wrong


@each(SOURCES)
def test_every_library_we_import_is_required(source: Path) -> None:
    name = module_name(source)
    needs = requirements("requirements.txt") + (
        requirements("requirements-training.txt") if inside(name, "aion.training") else []
    )
    needs += requirements("requirements-map.txt") if name == "aion.maps" else []
    needs += (
        requirements("requirements-survey.txt")
        if inside(name, "aion.explorer.survey") or name == "aion.lance_index"
        else []
    )
    known = (
        {need.name.replace("-", "_").lower().removesuffix("_learn") for need in needs}
        | {"PIL", "faiss", "sklearn", "aion"}
        | sys.stdlib_module_names
    )
    assert not {other.split(".")[0] for other in imports(source)} - known
