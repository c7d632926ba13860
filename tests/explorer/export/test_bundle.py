"""A bundle that is unpacked anywhere gives the numbers and the figures of the page again."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aion.errors import InputError
from aion.explorer import figures
from aion.explorer.export import bundle
from aion.explorer.export.analysis import to_json
from aion.explorer.export.reproduce import Recipe
from aion.explorer.figures import ImageView, Shown, ShownImage, View
from aion.explorer.redshift.prior import Gaussian, with_prior
from aion.io import Overrides, read
from aion.lines import LineSet

DATA = Path(__file__).parents[2] / "data"
USE = ("tok_spectrum_sdss", "tok_image")
PRIOR = Gaussian(0.3, 0.5)
SHOWN = Shown(
    0.2,
    "grid",
    True,
    View(LineSet(frozenset({"emission"}), True), rest=True, smoothing=5),
    (ShownImage("blink", ImageView("DES-R", 2.0)),),
)


@pytest.fixture(scope="module")
def made(engine):
    """The analysis of a spectrum and a cutout, what was read, and its bundle as a zip."""
    paths = [DATA / "sdss_spec.fits", DATA / "ls_cutout.fits.gz"]
    (target,) = read(paths, overrides=Overrides(medium="vacuum"))
    analysis = with_prior(engine.analyze(target, use=USE), PRIOR)
    recipe = Recipe(
        target.id,
        tuple(path.name for path in paths),
        engine.info.sha256,
        {},
        Overrides(medium="vacuum"),
        USE,
        PRIOR,
        SHOWN,
    )
    inputs = [(path.name, path.read_bytes()) for path in paths]
    content = bundle.bundle(analysis, recipe, target.reports, inputs, engine.catalog)
    return analysis, target, zipfile.ZipFile(io.BytesIO(content))


def cells(archive):
    """The code of its notebook, cell by cell."""
    return [
        cell["source"]
        for cell in json.loads(archive.read("analysis.ipynb"))["cells"]
        if cell["cell_type"] == "code"
    ]


def test_the_bundle_holds_results_what_they_were_made_of_and_a_notebook(made, engine):
    analysis, target, archive = made
    assert archive.testzip() is None
    settings = json.loads(archive.read("settings.json"))
    files = {
        "inputs/sdss_spec.fits": target.reports[0].sha256,
        "inputs/ls_cutout.fits.gz": target.reports[1].sha256,
    }
    assert settings["files"] == files and settings["figures"]["z"] == 0.2
    assert settings["figures"]["view"]["smoothing"] == 5
    assert settings["versions"]["torch"] and settings["model"]["sha256"] == analysis.model.sha256
    assert archive.read("analysis.json").decode() == to_json(analysis, target.reports)
    neighbors = pd.read_csv(io.BytesIO(archive.read("neighbors.csv")), dtype={"id": str})
    assert list(neighbors["id"]) == [neighbor.id for neighbor in analysis.neighbors]
    tables = {"pz.csv", "pz.ecsv", "pz.hdf5", "neighbors.ecsv", "embedding.npy", "embedding.parquet"}
    assert tables | set(files) | {"decoded.fits", "figures.html", "analysis.py"} <= set(archive.namelist())


def test_the_notebook_of_an_unpacked_bundle_gives_the_numbers_and_figures_of_the_page(
    here, made, tmp_path, monkeypatch
):
    analysis, _, archive = made
    archive.extractall(tmp_path / "unpacked")
    monkeypatch.chdir(tmp_path / "unpacked")
    drawn, names = [], {}
    monkeypatch.setattr("plotly.graph_objects.Figure.show", lambda figure: drawn.append(figure))
    for cell in cells(archive):
        exec(compile(cell, "cell", "exec"), names)
    again = names["analysis"]
    names["engine"].close()
    np.testing.assert_allclose(again.redshift.density, analysis.redshift.density, rtol=1e-5)
    np.testing.assert_allclose(again.embedding, np.load("embedding.npy")[0], atol=1e-6)
    assert [neighbor.id for neighbor in again.neighbors] == [neighbor.id for neighbor in analysis.neighbors]
    assert [figure.to_json() for figure in drawn] == [
        figure.to_json() for figure in figures.on_page(again, SHOWN).values()
    ]
    assert drawn[0].layout.yaxis.type == "log" and "Rest wavelength" in drawn[1].layout.xaxis2.title.text
    assert drawn[2].frames


def test_a_file_that_was_changed_is_told_before_it_is_read(here, made, tmp_path, monkeypatch):
    _, _, archive = made
    archive.extractall(tmp_path / "unpacked")
    monkeypatch.chdir(tmp_path / "unpacked")
    (tmp_path / "unpacked" / "inputs" / "sdss_spec.fits").write_bytes(b"another")
    with pytest.raises(InputError, match="is not the file that the numbers were made from"):
        exec(compile(cells(archive)[0], "cell", "exec"), {})


def test_files_that_are_too_large_are_named_and_left_out(made, engine, monkeypatch):
    analysis, target, _ = made
    monkeypatch.setattr(bundle, "LIMIT", 3)
    recipe = Recipe(target.id, ("a.fits",), engine.info.sha256)
    with zipfile.ZipFile(
        io.BytesIO(bundle.bundle(analysis, recipe, (), [("a.fits", b"flux")], None))
    ) as archive:
        assert not any(name.startswith("inputs/") for name in archive.namelist())
        assert list(json.loads(archive.read("settings.json"))["files"]) == ["inputs/a.fits"]
        assert "are not in the bundle" in json.loads(archive.read("analysis.ipynb"))["cells"][0]["source"]


def test_two_files_of_one_name_are_both_there_and_none_lies_outside(made, engine):
    analysis, target, _ = made
    recipe = Recipe(target.id, (), engine.info.sha256)
    inputs = [("a.fits", b"one"), ("../../a.fits", b"two")]
    with zipfile.ZipFile(io.BytesIO(bundle.bundle(analysis, recipe, (), inputs, None))) as archive:
        assert archive.read("inputs/a.fits") == b"one" and archive.read("inputs/2/a.fits") == b"two"
